//! httpd's error log.

use std::ffi::CString;
use std::io::Write;

use super::bindings::{jk_log_server, APLOG_CRIT, APLOG_ERR, APLOG_WARNING};
use super::server::Server;

/// Severity of a line in httpd's error log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The module can't work.
    Critical,
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warning,
}

impl Level {
    fn code(self) -> i32 {
        let code = match self {
            Level::Critical => APLOG_CRIT,
            Level::Error => APLOG_ERR,
            Level::Warning => APLOG_WARNING,
        };
        code as i32
    }
}

/// Writes one line to the error log of `server`; without a server, to the main error log or standard error.
pub(crate) fn write(level: Level, server: Option<Server<'_>>, text: &str) {
    let text = c_text(text);
    let server = server.map_or(std::ptr::null(), |server| server.as_ptr().cast_const());
    // SAFETY: `server` is null or live as its handle, `text` ends in NUL, and httpd formats it with "%s" (include/shim.c).
    // Threads may call it side by side: APR writes a line in one piece.
    unsafe { jk_log_server(level.code(), server, text.as_ptr()) };
}

/// Writes one line as httpd writes start-up messages, to standard error and without a stamp, but leaves words that
/// are not ASCII readable.
pub(crate) fn write_terminal(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "?")).unwrap_or_default()
}
