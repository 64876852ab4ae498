//! The table of directives as httpd wants it, made from the rows of [`crate::config::directives`].
//!
//! One trampoline per arity serves all rows: `cmd_data` points to the row.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr::{null, null_mut};
use std::sync::Arc;

use crate::config::directives::{Arity, Directive, Invocation, Place, DIRECTIVES};
use crate::config::Origin;
use crate::ffi::bindings::{
    ap_check_cmd_context, cmd_func, cmd_how, cmd_parms, command_rec, FLAG, JK_ACCESS_CONF, JK_GLOBAL_ONLY,
    JK_RSRC_CONF, RAW_ARGS, TAKE1, TAKE12, TAKE_ARGV,
};
use crate::ffi::guard::guard;
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, Server};
use crate::ffi::text::octets;
use crate::service::ServerSlot;

const COUNT: usize = DIRECTIVES.len();

/// All directives; the empty row ends the table.
pub(super) static COMMANDS: Commands = Commands({
    let mut commands = [END; COUNT + 1];
    let mut index = 0;
    while index < COUNT {
        commands[index] = command(&DIRECTIVES[index]);
        index += 1;
    }
    commands
});

/// The table in static memory.
pub(super) struct Commands([command_rec; COUNT + 1]);

// SAFETY: nobody writes to the table, and what it points to is static.
unsafe impl Sync for Commands {}

impl Commands {
    pub(super) const fn as_ptr(&self) -> *const command_rec {
        self.0.as_ptr()
    }
}

const END: command_rec = command_rec {
    name: null(),
    func: cmd_func { raw_args: None },
    cmd_data: null_mut(),
    req_override: 0,
    args_how: RAW_ARGS,
    errmsg: null(),
};

const fn command(row: &'static Directive) -> command_rec {
    let (args_how, func): (cmd_how, cmd_func) = match row.arity {
        Arity::One => (TAKE1, cmd_func { take1: Some(take1) }),
        Arity::OneOrTwo => (TAKE12, cmd_func { take2: Some(take12) }),
        Arity::Words => (TAKE_ARGV, cmd_func { take_argv: Some(take_argv) }),
        Arity::Line => (RAW_ARGS, cmd_func { raw_args: Some(raw_args) }),
        Arity::Flag => (FLAG, cmd_func { flag: Some(flag) }),
    };
    let places = match row.place {
        Place::Main | Place::Server => JK_RSRC_CONF,
        Place::ServerOrSection => JK_RSRC_CONF | JK_ACCESS_CONF,
    };
    command_rec {
        name: row.name.as_ptr(),
        func,
        cmd_data: std::ptr::from_ref(row).cast_mut().cast::<c_void>(),
        req_override: places as c_int,
        args_how,
        errmsg: row.help.as_ptr(),
    }
}

unsafe extern "C" fn take1(parms: *mut cmd_parms, _: *mut c_void, word: *const c_char) -> *const c_char {
    // SAFETY: httpd hands trampolines live parameters and a C string.
    unsafe { invoke(parms, &[octets(word)]) }
}

unsafe extern "C" fn take12(
    parms: *mut cmd_parms,
    _: *mut c_void,
    first: *const c_char,
    second: *const c_char,
) -> *const c_char {
    // SAFETY: httpd hands trampolines live parameters and C strings, the second one perhaps null.
    unsafe { invoke(parms, &[octets(first), octets(second)]) }
}

unsafe extern "C" fn take_argv(
    parms: *mut cmd_parms,
    _: *mut c_void,
    count: c_int,
    words: *const *mut c_char,
) -> *const c_char {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: httpd hands over `count` C strings.
    let words: Vec<_> = (0..count).map(|index| unsafe { octets(*words.add(index)) }).collect();
    // SAFETY: httpd hands trampolines live parameters.
    unsafe { invoke(parms, &words) }
}

unsafe extern "C" fn raw_args(parms: *mut cmd_parms, _: *mut c_void, line: *const c_char) -> *const c_char {
    // SAFETY: httpd hands trampolines live parameters and a C string.
    unsafe { invoke(parms, &[octets(line)]) }
}

unsafe extern "C" fn flag(parms: *mut cmd_parms, _: *mut c_void, on: c_int) -> *const c_char {
    let word: &[u8] = if on != 0 { b"on" } else { b"off" };
    // SAFETY: httpd hands trampolines live parameters.
    unsafe { invoke(parms, &[Some(word)]) }
}

/// Calls the setter of the row; its complaint becomes httpd's.
///
/// # Safety
/// `parms` is what httpd handed to a trampoline of this file.
unsafe fn invoke(parms: *mut cmd_parms, words: &[Option<&[u8]>]) -> *const c_char {
    // SAFETY: the caller's promise; pool, server and row live at least until this call ends.
    let (parms, pool, server) = unsafe {
        let parms = &*parms;
        (parms, Pool::from_raw(parms.pool), Server::from_raw(parms.server))
    };
    // SAFETY: `info` is the row that `command` stored as cmd_data.
    let row = unsafe { parms.info.cast::<Directive>().as_ref() };
    let (Some(pool), Some(server), Some(row)) = (pool, server, row) else { return null() };
    if row.place == Place::Main {
        // SAFETY: the parameters are live.
        let complaint = unsafe { ap_check_cmd_context(std::ptr::from_ref(parms).cast_mut(), JK_GLOBAL_ONLY) };
        if !complaint.is_null() {
            return complaint;
        }
    }
    let complaint = guard("directive", Some("internal error".to_owned()), || {
        let words: Vec<&[u8]> = words.iter().copied().flatten().collect();
        // SAFETY: the section's path is null or a C string on the configuration's pool.
        let section = unsafe { octets(parms.path) };
        let settings = &mut *server.kept::<ServerSlot>()?.settings.lock();
        let place = (server.is_virtual(), section, origin(parms));
        let resolve = |file: &[u8]| server_root_relative(pool, file);
        row.apply(&mut Invocation::new(settings, &words, place, &resolve)).err()
    });
    complaint.map_or(null(), |text| pool.c_string(format!("{}: {text}", name(row.name)).as_bytes()))
}

fn name(name: &CStr) -> &str {
    name.to_str().unwrap_or_default()
}

/// File and line of the directive.
fn origin(parms: &cmd_parms) -> Origin {
    // SAFETY: the directive is null or lives as long as the configuration; its file name is a C string.
    let (file, line) = unsafe {
        match parms.directive.as_ref() {
            Some(directive) => (octets(directive.filename), directive.line_num),
            None => (None, 0),
        }
    };
    let file: Arc<str> = String::from_utf8_lossy(file.unwrap_or(b"httpd.conf")).into();
    Origin::new(&file, u32::try_from(line).unwrap_or(0))
}
