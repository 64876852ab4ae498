//! The module record that httpd loads, and its hooks. Every entry passes through the guard.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};

use super::directives::COMMANDS;
use crate::ffi::bindings::{
    ap_hook_check_config, ap_hook_child_init, ap_hook_child_status, ap_hook_fixups, ap_hook_handler,
    ap_hook_log_transaction, ap_hook_map_to_storage, ap_hook_monitor, ap_hook_post_config,
    ap_hook_test_config, ap_hook_translate_name, apr_pool_t, module, pid_t, request_rec, server_rec,
    DECLINED, JK_HOOK_FIRST, JK_HOOK_LAST, JK_HOOK_MIDDLE, JK_HOOK_REALLY_FIRST, JK_HOOK_REALLY_LAST,
    JK_MODULE_MAGIC_MAJOR, JK_MODULE_MAGIC_MINOR, MODULE_MAGIC_COOKIE, MPM_CHILD_EXITED,
};
use crate::ffi::guard::guard;
use crate::ffi::kept;
use crate::ffi::pool::Pool;
use crate::ffi::request::Request;
use crate::ffi::response::Stage;
use crate::ffi::server::Server;
use crate::ffi::stream_end;
use crate::ffi::text::Life;
use crate::service::{self, fixups, ServerSlot, Verdict};

/// The module record: httpd writes its index and the load handle into it.
#[repr(transparent)]
pub(crate) struct ModuleRecord(UnsafeCell<module>);

// SAFETY: this module never writes the record. httpd does, as it loads and unloads the module while the parent, in its one
// thread, reads the configuration; whoever reads it later was started after that.
unsafe impl Sync for ModuleRecord {}

/// The record that `LoadModule jk_module` looks up. Its file name is that of the C original, so that
/// `<IfModule mod_jk.c>` matches.
#[no_mangle]
#[allow(non_upper_case_globals)]
pub(crate) static jk_module: ModuleRecord = ModuleRecord(UnsafeCell::new(module {
    version: JK_MODULE_MAGIC_MAJOR as c_int,
    minor_version: JK_MODULE_MAGIC_MINOR as c_int,
    module_index: -1,
    name: c"mod_jk.c".as_ptr(),
    dynamic_load_handle: null_mut(),
    next: null_mut(),
    magic: MODULE_MAGIC_COOKIE as _,
    rewrite_args: None,
    create_dir_config: None,
    merge_dir_config: None,
    create_server_config: Some(create_slot),
    merge_server_config: Some(merge_slots),
    cmds: COMMANDS.as_ptr(),
    register_hooks: Some(register_hooks),
    flags: 0,
}));

/// A list of modules by their files, as hooks name those that come before or after them.
#[repr(transparent)]
struct ModuleNames<const N: usize>([*const c_char; N]);

// SAFETY: the names are static, and nobody writes the list, which httpd takes as a constant.
unsafe impl<const N: usize> Sync for ModuleNames<N> {}

static CORE: ModuleNames<2> = ModuleNames([c"core.c".as_ptr(), null()]);
static MOD_DIR: ModuleNames<2> = ModuleNames([c"mod_dir.c".as_ptr(), null()]);

/// Hooks run in the middle of their phase, as those of the original do, but for fixups, which stand before and behind
/// those of others, and for the log, before which the URI is shown as it came.
unsafe extern "C" fn register_hooks(_pool: *mut apr_pool_t) {
    let middle = JK_HOOK_MIDDLE;
    let [really_first, first] = [JK_HOOK_REALLY_FIRST, JK_HOOK_FIRST];
    let [last, really_last] = [JK_HOOK_LAST, JK_HOOK_REALLY_LAST];
    // SAFETY: httpd calls this in its one thread when it reads the configuration. Functions and lists, which end with null,
    // are this object's; httpd forgets all hooks when it clears the configuration's pool, which unloads the object.
    unsafe {
        ap_hook_check_config(Some(check_config), null(), null(), middle);
        ap_hook_post_config(Some(post_config), null(), null(), middle);
        ap_hook_test_config(Some(test_config), null(), null(), middle);
        ap_hook_child_init(Some(child_init), null(), null(), middle);
        ap_hook_child_status(Some(child_status), null(), null(), middle);
        ap_hook_monitor(Some(monitor), null(), null(), middle);
        ap_hook_translate_name(Some(translate_name), null(), null(), middle);
        ap_hook_map_to_storage(Some(map_to_storage), null(), null(), middle);
        ap_hook_fixups(Some(before_core), null(), CORE.0.as_ptr(), really_first);
        ap_hook_fixups(Some(after_core), CORE.0.as_ptr(), null(), really_first);
        ap_hook_fixups(Some(before_mod_dir), null(), MOD_DIR.0.as_ptr(), last);
        ap_hook_fixups(Some(last_fixup), null(), null(), really_last);
        ap_hook_handler(Some(handler), null(), null(), middle);
        ap_hook_log_transaction(Some(log_transaction), null(), null(), first);
    }
    stream_end::register();
}

unsafe extern "C" fn create_slot(pool: *mut apr_pool_t, _server: *mut server_rec) -> *mut c_void {
    // SAFETY: httpd hands over the pool of the configuration, from which only this thread allocates while it reads.
    let pool = unsafe { Pool::from_raw(pool) };
    keep_slot(pool, || Some(ServerSlot::default()))
}

unsafe extern "C" fn merge_slots(pool: *mut apr_pool_t, base: *mut c_void, own: *mut c_void) -> *mut c_void {
    // SAFETY: httpd hands over the pool of the configuration, from which only this thread allocates while it reads.
    let pool = unsafe { Pool::from_raw(pool) };
    // SAFETY: both are null or come from `create_slot` or an earlier call of this function, and live as long as the
    // configuration that is being read.
    let slots = unsafe {
        (kept::value::<ServerSlot>(base, Life::of(&base)), kept::value::<ServerSlot>(own, Life::of(&own)))
    };
    keep_slot(pool, || slots.0.zip(slots.1).map(|(base, own)| own.inherit(base)))
}

fn keep_slot(pool: Option<Pool<'_>>, slot: impl FnOnce() -> Option<ServerSlot>) -> *mut c_void {
    guard("server configuration", null_mut(), || {
        pool.zip(slot()).map_or(null_mut(), |(pool, slot)| kept::for_server(pool, slot))
    })
}

unsafe extern "C" fn check_config(
    pool: *mut apr_pool_t,
    _log: *mut apr_pool_t,
    _temporary: *mut apr_pool_t,
    server: *mut server_rec,
) -> c_int {
    // SAFETY: httpd hands over the main server and the pool of the configuration (ffi, "Hooks").
    unsafe { run_on_server("check_config", pool, server, service::check_config, service::check_last_good) }
}

unsafe extern "C" fn post_config(
    pool: *mut apr_pool_t,
    _log: *mut apr_pool_t,
    _temporary: *mut apr_pool_t,
    server: *mut server_rec,
) -> c_int {
    // SAFETY: httpd hands over the main server and the pool of the configuration (ffi, "Hooks").
    unsafe { run_on_server("post_config", pool, server, service::post_config, service::build_last_good) }
}

/// The configuration was only read, and found good.
unsafe extern "C" fn test_config(pool: *mut apr_pool_t, server: *mut server_rec) {
    // SAFETY: httpd hands over the main server and the pool of the configuration (ffi, "Hooks").
    let (pool, server) = unsafe { (Pool::from_raw(pool), Server::from_raw(server)) };
    guard("test_config", (), || {
        if let (Some(pool), Some(server)) = (pool, server) {
            service::test_config(pool, server);
        }
    });
}

unsafe extern "C" fn child_init(pool: *mut apr_pool_t, server: *mut server_rec) {
    // SAFETY: httpd hands over the main server and the child's pool, which is below that of the configuration, before it
    // starts other threads.
    let (pool, server) = unsafe { (Pool::from_raw(pool), Server::from_raw(server)) };
    guard("child_init", (), || {
        if let (Some(pool), Some(server)) = (pool, server) {
            service::child_init(pool, server);
        }
    });
}

/// The parent hears of every child that ended, also of one that crashed.
unsafe extern "C" fn child_status(
    server: *mut server_rec,
    pid: pid_t,
    _generation: c_int,
    _slot: c_int,
    state: u32,
) {
    // A child that lost its place in the scoreboard still answers its last requests.
    if state != MPM_CHILD_EXITED {
        return;
    }
    // SAFETY: httpd hands over the main server, in the parent (ffi, "Hooks").
    let server = unsafe { Server::from_raw(server) };
    guard("child_status", (), || {
        if let (Some(server), Ok(pid)) = (server, u32::try_from(pid)) {
            service::child_ended(server, pid);
        }
    });
}

/// The parent has a moment, every ten seconds or so.
unsafe extern "C" fn monitor(_pool: *mut apr_pool_t, server: *mut server_rec) -> c_int {
    // SAFETY: httpd hands over the main server, in the parent (ffi, "Hooks").
    let server = unsafe { Server::from_raw(server) };
    guard("monitor", (), || {
        server.into_iter().for_each(|server| {
            service::hear_in_parent(server);
            service::watch_in_parent(server);
            service::save_in_parent(server);
        });
    });
    DECLINED
}

unsafe extern "C" fn translate_name(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("translate_name", request, service::translate_name) }
}

unsafe extern "C" fn map_to_storage(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("map_to_storage", request, service::map_to_storage) }
}

unsafe extern "C" fn before_core(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("fixup before core", request, fixups::before_core) }
}

unsafe extern "C" fn after_core(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("fixup after core", request, fixups::after_core) }
}

unsafe extern "C" fn before_mod_dir(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("fixup before mod_dir", request, fixups::before_mod_dir) }
}

unsafe extern "C" fn last_fixup(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("last fixup", request, fixups::last) }
}

unsafe extern "C" fn handler(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("handler", request, service::handle) }
}

unsafe extern "C" fn log_transaction(request: *mut request_rec) -> c_int {
    // SAFETY: httpd hands hooks a live request, which is this thread's (ffi, "Hooks" and "One thread").
    unsafe { run_on_request("log_transaction", request, service::log_transaction) }
}

/// Runs a hook of the server's life, and `after_panic` if it does.
///
/// # Safety
/// Pool and server are null, or that of the configuration and its main server, live until this call ends.
unsafe fn run_on_server(
    entry: &str,
    pool: *mut apr_pool_t,
    server: *mut server_rec,
    hook: for<'s> fn(Pool<'s>, Server<'s>) -> Verdict,
    after_panic: for<'s> fn(Pool<'s>, Server<'s>) -> Verdict,
) -> c_int {
    // SAFETY: the caller's promise.
    let (pool, server) = unsafe { (Pool::from_raw(pool), Server::from_raw(server)) };
    let Some((pool, server)) = pool.zip(server) else { return DECLINED };
    run(entry, || Some(hook(pool, server)), || after_panic(pool, server))
}

/// Runs a hook of a request's life.
///
/// # Safety
/// The request is null or live until this call ends, and in the hands of this thread alone.
unsafe fn run_on_request(entry: &str, request: *mut request_rec, hook: fn(Request<'_>) -> Verdict) -> c_int {
    // SAFETY: the caller's promise.
    let Some(request) = (unsafe { Request::from_raw(request) }) else { return DECLINED };
    run(entry, || Some(hook(request)), || give_up(request))
}

/// What becomes of a request whose hook panicked: an error page, unless a response has begun.
fn give_up(request: Request<'_>) -> Verdict {
    match request.response_stage() {
        Stage::Unsent => {
            request.reopen_response();
            Verdict::Status(500)
        }
        Stage::Begun => {
            request.cut_response();
            Verdict::Ok
        }
        Stage::Complete => Verdict::Ok,
    }
}

/// Runs a hook behind the guard, and `after_panic` behind another.
fn run(entry: &str, hook: impl FnOnce() -> Option<Verdict>, after_panic: impl FnOnce() -> Verdict) -> c_int {
    let verdict = guard(entry, None, hook);
    let verdict =
        verdict.unwrap_or_else(|| guard("the end of a failed hook", Verdict::Status(500), after_panic));
    match verdict {
        Verdict::Declined => DECLINED,
        Verdict::Ok => 0,
        Verdict::Status(status) => c_int::from(status),
    }
}
