//! The table of directives as httpd wants it, made from the rows of [`crate::config::directives`].
//!
//! One trampoline per arity serves all rows: `cmd_data` points to the row.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr::{null, null_mut};
use std::sync::Arc;

use crate::config::directives::{Arity, Directive, Invocation, Place, Section, DIRECTIVES};
use crate::config::Origin;
use crate::ffi::bindings::{
    ap_check_cmd_context, cmd_func, cmd_how, cmd_parms, command_rec, FLAG, JK_ACCESS_CONF, JK_GLOBAL_ONLY,
    JK_RSRC_CONF, RAW_ARGS, TAKE1, TAKE12, TAKE_ARGV,
};
use crate::ffi::guard::guard;
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, Server};
use crate::ffi::text::{octets, Life};
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

// SAFETY: what the table points to is static, and nobody writes to either: httpd takes tables of directives as constants,
// and hands `cmd_data` on without looking at it.
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
        // The field has no `const` in C. `invoke` reads the row behind it, and nobody writes there.
        cmd_data: std::ptr::from_ref(row).cast_mut().cast::<c_void>(),
        req_override: places as c_int,
        args_how,
        errmsg: row.help.as_ptr(),
    }
}

unsafe extern "C" fn take1(parms: *mut cmd_parms, _: *mut c_void, word: *const c_char) -> *const c_char {
    // SAFETY: httpd hands trampolines live parameters of a row of this file, and a C string that stays until they return.
    unsafe { invoke(parms, &[octets(word, Life::of(&word))]) }
}

unsafe extern "C" fn take12(
    parms: *mut cmd_parms,
    _: *mut c_void,
    first: *const c_char,
    second: *const c_char,
) -> *const c_char {
    // SAFETY: as in `take1`; the second word may be null.
    unsafe { invoke(parms, &[octets(first, Life::of(&first)), octets(second, Life::of(&second))]) }
}

unsafe extern "C" fn take_argv(
    parms: *mut cmd_parms,
    _: *mut c_void,
    count: c_int,
    words: *const *mut c_char,
) -> *const c_char {
    let count = usize::try_from(count).unwrap_or(0);
    let life = Life::of(&words);
    // SAFETY: httpd hands over `count` C strings that stay until this function returns.
    let words: Vec<_> = (0..count).map(|index| unsafe { octets(*words.add(index), life) }).collect();
    // SAFETY: as in `take1`.
    unsafe { invoke(parms, &words) }
}

unsafe extern "C" fn raw_args(parms: *mut cmd_parms, _: *mut c_void, line: *const c_char) -> *const c_char {
    // SAFETY: as in `take1`.
    unsafe { invoke(parms, &[octets(line, Life::of(&line))]) }
}

unsafe extern "C" fn flag(parms: *mut cmd_parms, _: *mut c_void, on: c_int) -> *const c_char {
    let word: &[u8] = if on != 0 { b"on" } else { b"off" };
    // SAFETY: as in `take1`.
    unsafe { invoke(parms, &[Some(word)]) }
}

/// Calls the setter of the row; its complaint becomes httpd's.
///
/// # Safety
/// `parms` is what httpd handed to a trampoline of this file.
unsafe fn invoke(parms: *mut cmd_parms, words: &[Option<&[u8]>]) -> *const c_char {
    // SAFETY: the caller's promise. The parameters are copied, so that no reference to httpd's own is left when it is
    // called below.
    let given = unsafe { *parms };
    // SAFETY: pool and server are those of the configuration, live until the directive is read, in the one thread that
    // reads; `info` is what `command` stored as `cmd_data`, a static row.
    let (pool, server, row) = unsafe {
        let row = given.info.cast::<Directive>().cast_const().as_ref();
        (Pool::from_raw(given.pool), Server::from_raw(given.server), row)
    };
    let (Some(pool), Some(server), Some(row)) = (pool, server, row) else { return null() };
    if row.place == Place::Main {
        // SAFETY: the caller's promise; httpd gets back what it handed over.
        let complaint = unsafe { ap_check_cmd_context(parms, JK_GLOBAL_ONLY) };
        if !complaint.is_null() {
            return complaint;
        }
    }
    let complaint = guard("directive", Some("internal error".to_owned()), || {
        let words: Vec<&[u8]> = words.iter().copied().flatten().collect();
        let settings = &mut *server.kept::<ServerSlot>()?.settings.lock();
        let place = (server.is_virtual(), section(&given), origin(&given));
        let resolve = |file: &[u8]| server_root_relative(pool, file);
        row.apply(&mut Invocation::new(settings, &words, place, &resolve)).err()
    });
    complaint.map_or(null(), |text| pool.c_string(format!("{}: {text}", name(row.name)).as_bytes()))
}

fn name(name: &CStr) -> &str {
    name.to_str().unwrap_or_default()
}

/// The section around the directive, if that names something.
fn section(parms: &cmd_parms) -> Option<Section<'_>> {
    // SAFETY: httpd's sections (`<Location>` and such) set the path, null outside, to a C string that stays while the
    // directives in them are read.
    let path = unsafe { octets(parms.path, Life::of(parms)) }?;
    // SAFETY: the directive and the section that holds it are null or nodes of the tree that httpd keeps while it reads
    // its configuration; the name is a C string there.
    let name = unsafe {
        let around = parms.directive.as_ref().and_then(|directive| directive.parent.as_ref());
        around.and_then(|section| octets(section.directive, Life::of(section)))
    };
    Some(Section { name: name.unwrap_or(b"<Location"), path })
}

/// File and line of the directive.
fn origin(parms: &cmd_parms) -> Origin {
    // SAFETY: the directive is null or a node of the tree that httpd keeps while it reads its configuration; its file name
    // is a C string there.
    let (file, line) = unsafe {
        match parms.directive.as_ref() {
            Some(directive) => (octets(directive.filename, Life::of(directive)), directive.line_num),
            None => (None, 0),
        }
    };
    let file: Arc<str> = String::from_utf8_lossy(file.unwrap_or(b"httpd.conf")).into();
    Origin::new(&file, u32::try_from(line).unwrap_or(0))
}
