//! The guard around every entry from C: no panic crosses into httpd.

use std::panic::{catch_unwind, AssertUnwindSafe};

use super::error_log;

/// Runs `body`; a panic becomes a line in the error log and `fallback`.
///
/// State that a panic left half changed belongs to the one request (or directive) that failed: what requests
/// share is atomic or behind locks that don't poison.
pub(crate) fn guard<T>(entry: &str, fallback: T, body: impl FnOnce() -> T) -> T {
    let guarded = || {
        panic_point(entry);
        body()
    };
    catch_unwind(AssertUnwindSafe(guarded)).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
        error_log::write(
            error_log::Level::Critical,
            None,
            &format!("mod_jk: internal error in {entry}: {text}"),
        );
        fallback
    })
}

/// A place where a test build panics while the file that MOD_JK_PANIC_POINTS names has it as a line. Every entry is
/// one.
#[cfg(feature = "test-points")]
pub(crate) fn panic_point(place: &str) {
    let file = std::env::var_os("MOD_JK_PANIC_POINTS").unwrap_or_default();
    let ordered = std::fs::read_to_string(file).unwrap_or_default();
    assert!(!ordered.lines().any(|line| line == place), "ordered at {place}");
}

/// A place where a test build can panic.
#[cfg(not(feature = "test-points"))]
pub(crate) fn panic_point(_place: &str) {}
