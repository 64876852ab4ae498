//! C strings as octets.

use std::ffi::{c_char, CStr};

/// Borrows the octets of a C string; `None` for null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that stays unchanged for `'a`.
pub(crate) unsafe fn octets<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null; the caller promises a terminated string that outlives 'a.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
