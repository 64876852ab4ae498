//! Local time as text, a clock that processes share, and the number of a thread.

use std::ffi::CString;

/// Formats `seconds` since the epoch in local time as C's `strftime` does; at most 255 octets, else nothing.
pub(crate) fn strftime(format: &[u8], seconds: i64) -> Vec<u8> {
    let Ok(format) = CString::new(format) else { return Vec::new() };
    let clock = seconds as libc::time_t;
    let mut fields = std::mem::MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: both pointers are to live local variables, and localtime_r writes one `tm`.
    let converted = unsafe { libc::localtime_r(&clock, fields.as_mut_ptr()) };
    if converted.is_null() {
        return Vec::new();
    }
    let mut text = [0u8; 256];
    // SAFETY: localtime_r said that it filled `fields`; the name of the zone in it is libc's own, which stays as long as
    // nobody sets another TZ, as in a server that runs nobody does. `format` ends in NUL, and the length given is that of
    // `text`.
    let length =
        unsafe { libc::strftime(text.as_mut_ptr().cast(), text.len(), format.as_ptr(), fields.as_ptr()) };
    text[..length].to_vec()
}

/// Seconds since the epoch. A request asks several times, so it is the cheapest clock there is.
pub(crate) fn seconds() -> i64 {
    // SAFETY: null asks for the result alone.
    unsafe { libc::time(std::ptr::null_mut()) }
}

/// Milliseconds of a clock that nobody sets, the same for all processes.
pub(crate) fn moment() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `timespec`, a live local variable. The clock is one that every Linux has.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// The POSIX thread id of the caller as a number.
pub(crate) fn thread_id() -> u64 {
    // SAFETY: pthread_self takes nothing and returns a number.
    unsafe { libc::pthread_self() as u64 }
}
