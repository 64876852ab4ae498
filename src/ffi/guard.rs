//! The guard around every entry from C: no panic crosses into httpd.

use std::panic::{catch_unwind, AssertUnwindSafe};

use super::error_log;

/// Runs `body`; a panic becomes a line in the error log and `fallback`.
///
/// State that a panic left half changed belongs to the one request (or directive) that failed: what requests
/// share is atomic or behind locks that don't poison.
pub(crate) fn guard<T>(entry: &str, fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|cause| {
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
