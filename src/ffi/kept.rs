//! What this module keeps for a server or a request: one value in the vector that httpd gives every module.
//!
//! The vector holds a bare pointer, so each value carries its type, and is read as no other.

use std::any::TypeId;
use std::ffi::c_void;

use super::bindings::{ap_conf_vector_t, ap_get_module_config, ap_set_module_config, module};
use super::pool::Pool;
use super::request::Request;
use super::server::{is_configuring, Server};
use super::text::Life;

extern "C" {
    /// The module record, whose index httpd sets when it loads the module; `src/entry` defines it.
    static jk_module: module;
}

/// The module record.
pub(super) fn module_record() -> *const module {
    &raw const jk_module
}

/// A value and its type; the type comes first, so that it can be read before anything else is known.
#[repr(C)]
struct Kept<T> {
    kind: TypeId,
    value: T,
}

impl<T: 'static> Kept<T> {
    fn new(value: T) -> Self {
        Self { kind: TypeId::of::<T>(), value }
    }
}

/// Moves `value` onto `pool` for the vector of a server: what an entry of `create_server_config` returns. Only the
/// process that calls this drops it.
pub(crate) fn for_server<T: Send + Sync + 'static>(pool: Pool<'_>, value: T) -> *mut c_void {
    pointer(pool.keep_in_parent(Kept::new(value)))
}

/// The value behind an entry of a vector; `None` if there is none, or it is of another type.
///
/// # Safety
/// `entry` is null, or comes from this file and lives for that life.
pub(crate) unsafe fn value<'a, T: 'static>(entry: *const c_void, _: Life<'a>) -> Option<&'a T> {
    // SAFETY: every entry made here is a `Kept` of some type, which begins with the `TypeId` of that type, as `repr(C)`
    // says. All entries are of this generation of the module: vectors live no longer than the configuration.
    let kind = unsafe { entry.cast::<TypeId>().as_ref() }?;
    if *kind != TypeId::of::<T>() {
        return None;
    }
    // SAFETY: the type that was put there is `Kept<T>`, as its first field tells; the caller promises 'a. Nobody changes
    // the value: all who reach it get shared references, and `T` is `Sync` ([`for_server`], `keep`).
    unsafe { entry.cast::<Kept<T>>().as_ref() }.map(|kept| &kept.value)
}

impl<'s> Server<'s> {
    /// What this module keeps for the server; that of the main server if the directives gave it nothing of its own.
    pub(crate) fn kept<T: 'static>(self) -> Option<&'s T> {
        // SAFETY: the vector lives as long as the server. httpd fills our place in it with what `create_server_config` and
        // `merge_server_config` returned, and `keep` is the only other way there: all of them put entries of this file
        // there, on the pool of the configuration, which lives as long as its servers. One that `keep` replaces stays.
        unsafe { value(find(self.vector()), self.life()) }
    }

    /// Keeps `value` for the server, in place of what there was.
    ///
    /// # Panics
    /// When children may run: requests read the vector then.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, value: T) -> &'s T {
        assert!(is_configuring(), "servers are set up before children run");
        let kept = self.configuration_pool().keep_in_parent(Kept::new(value));
        // SAFETY: the vector is the server's own, and the value lives on the same pool, the configuration's. The line above
        // proved that the parent is not serving yet, so its one thread, which is here, is the only one ("Servers").
        unsafe { ap_set_module_config(self.vector(), module_record(), pointer(kept)) };
        &kept.value
    }
}

impl<'r> Request<'r> {
    /// What this module keeps for the request.
    pub(crate) fn kept<T: 'static>(self) -> Option<&'r T> {
        // SAFETY: the vector of a request begins empty, and `keep` is the only way into our place in it: what is there is
        // an entry of this file on the request's pool, where it stays also when `keep` replaces it.
        unsafe { value(find(self.vector()), self.pool().life()) }
    }

    /// Keeps `value` for the request, in place of what there was.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, value: T) -> &'r T {
        let kept = self.pool().keep(Kept::new(value));
        // SAFETY: the vector is the request's own and this thread's, and the value lives on the request's pool.
        unsafe { ap_set_module_config(self.vector(), module_record(), pointer(kept)) };
        &kept.value
    }

    fn vector(self) -> *mut ap_conf_vector_t {
        self.read(|r| r.request_config)
    }
}

fn pointer<T>(kept: &Kept<T>) -> *mut c_void {
    std::ptr::from_ref(kept).cast_mut().cast()
}

/// Our entry in a vector of httpd's.
///
/// # Safety
/// `vector` is the live vector of a server or a request.
unsafe fn find(vector: *mut ap_conf_vector_t) -> *const c_void {
    // SAFETY: the caller's promise; the vector has a place for each module that is loaded, and httpd wrote this one's index
    // into its record before it called the module.
    unsafe { ap_get_module_config(vector, module_record()) }
}
