//! httpd's error log.

use std::ffi::CString;
use std::io::Write;

use super::bindings::{
    jk_log_server, server_rec, APLOG_CRIT, APLOG_DEBUG, APLOG_ERR, APLOG_INFO, APLOG_NOTICE, APLOG_TRACE1,
    APLOG_WARNING,
};
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
    /// What operators want to know of each start.
    Notice,
    /// What operators want to know.
    Info,
    /// Details for finding faults.
    Debug,
    /// Every step.
    Trace,
}

impl Level {
    fn code(self) -> i32 {
        let code = match self {
            Level::Critical => APLOG_CRIT,
            Level::Error => APLOG_ERR,
            Level::Warning => APLOG_WARNING,
            Level::Notice => APLOG_NOTICE,
            Level::Info => APLOG_INFO,
            Level::Debug => APLOG_DEBUG,
            Level::Trace => APLOG_TRACE1,
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

/// The error log of one server, for lines of any thread. Whether a line is written is up to LogLevel.
#[derive(Clone, Debug)]
pub(crate) struct ServerLog(*const server_rec);

// SAFETY: httpd's own threads read a server's record side by side to log ("Servers" in src/ffi/mod.rs says that it does
// not change meanwhile), and nothing else is done with the pointer.
unsafe impl Send for ServerLog {}
// SAFETY: as for Send.
unsafe impl Sync for ServerLog {}

impl ServerLog {
    /// That of `server`; for what is dropped with its configuration.
    pub(crate) fn of(server: Server<'_>) -> Self {
        Self(server.as_ptr().cast_const())
    }

    /// Writes one line.
    pub(crate) fn write(&self, level: Level, text: &[u8]) {
        let text = c_text(&String::from_utf8_lossy(text));
        // SAFETY: the record lives on the configuration's pool, as does what holds this value, and in a child, which ends
        // without destroying that pool, to the end. `text` ends in NUL, and httpd formats it with "%s" (include/shim.c).
        unsafe { jk_log_server(level.code(), self.0, text.as_ptr()) };
    }
}

/// Writes one line as httpd writes start-up messages, to standard error and without a stamp, but leaves words that
/// are not ASCII readable.
pub(crate) fn write_terminal(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "?")).unwrap_or_default()
}
