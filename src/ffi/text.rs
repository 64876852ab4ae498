//! C strings as octets.

use std::ffi::{c_char, CStr};
use std::marker::PhantomData;

/// How long something of httpd's lives, as its handle knows. What belongs to it is borrowed for as long, so that no
/// caller makes a lifetime up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life<'a>(PhantomData<&'a ()>);

impl<'a> Life<'a> {
    /// That of a borrowed value.
    pub(crate) fn of<T: ?Sized>(_: &'a T) -> Self {
        Self(PhantomData)
    }

    /// That of what a C pointer leads to.
    ///
    /// # Safety
    /// It lives for `'a`.
    pub(super) unsafe fn promised() -> Self {
        Self(PhantomData)
    }
}

/// Borrows the octets of a C string for as long as what it belongs to lives; `None` for null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that stays, unchanged, for that life.
pub(crate) unsafe fn octets<'a>(text: *const c_char, _: Life<'a>) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null; the caller promises a terminated string that stays unchanged for 'a.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
