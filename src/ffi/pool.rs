//! APR pools: memory, and values that live as long as one.

use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::bindings::{apr_pool_cleanup_null, apr_pool_cleanup_register, apr_pool_t, apr_pstrmemdup};

/// A pool that lives at least for `'p`.
#[derive(Clone, Copy)]
pub(crate) struct Pool<'p> {
    raw: NonNull<apr_pool_t>,
    life: PhantomData<&'p ()>,
}

impl<'p> Pool<'p> {
    /// Wraps a pool of httpd.
    ///
    /// # Safety
    /// `raw` is null or a pool that is not cleared before `'p` ends.
    pub(crate) unsafe fn from_raw(raw: *mut apr_pool_t) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, life: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut apr_pool_t {
        self.raw.as_ptr()
    }

    /// Copies `text` onto the pool as a C string; what follows a NUL inside is invisible to C.
    pub(crate) fn c_string(self, text: &[u8]) -> *mut c_char {
        // SAFETY: the pool lives, and the length is that of `text`; APR appends the NUL.
        unsafe { apr_pstrmemdup(self.as_ptr(), text.as_ptr().cast(), text.len() as _) }
    }

    /// Moves `value` onto the pool; it is dropped when the pool is cleared.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, value: T) -> &'p T {
        let kept = Box::into_raw(Box::new(value));
        // SAFETY: `drop_kept::<T>` takes exactly the pointer given here, once, when the pool is cleared.
        unsafe {
            apr_pool_cleanup_register(
                self.as_ptr(),
                kept.cast(),
                Some(drop_kept::<T>),
                Some(apr_pool_cleanup_null),
            );
        }
        // SAFETY: the box stays until the cleanup runs, and that is not before 'p ends.
        unsafe { &*kept }
    }

    /// As [`Pool::keep`], for what children inherit: only the process that made the value drops it.
    ///
    /// A child clears the pools it inherited while it exits, when other threads of it may still use the value.
    pub(crate) fn keep_in_parent<T: Send + Sync + 'static>(self, value: T) -> &'p T {
        &self.keep(OfProcess { value: ManuallyDrop::new(value), process: std::process::id() }).value
    }

    /// Runs `action` when the pool is cleared.
    pub(crate) fn at_cleanup(self, action: impl FnOnce() + Send + Sync + 'static) {
        self.keep(AtDrop(Some(action)));
    }
}

/// Runs a closure when dropped.
struct AtDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtDrop<F> {
    fn drop(&mut self) {
        if let Some(action) = self.0.take() {
            action();
        }
    }
}

/// A value that only the process that made it drops.
struct OfProcess<T> {
    value: ManuallyDrop<T>,
    process: u32,
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: this is the one place where the value is dropped, and nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

unsafe extern "C" fn drop_kept<T>(data: *mut c_void) -> super::bindings::apr_status_t {
    super::guard::guard("pool cleanup", (), || {
        // SAFETY: `data` is the box that `keep` registered; APR runs a cleanup once.
        drop(unsafe { Box::from_raw(data.cast::<T>()) });
    });
    0
}
