//! APR pools: memory, and values that live as long as one.

use std::ffi::{c_char, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::bindings::{apr_pool_cleanup_null, apr_pool_cleanup_register, apr_pool_t, apr_pstrmemdup};

/// A pool that lives at least for `'p`.
#[derive(Clone, Copy)]
pub struct Pool<'p> {
    raw: NonNull<apr_pool_t>,
    life: PhantomData<&'p ()>,
}

/// A value on a pool, and the process that put it there.
struct Kept<T> {
    value: T,
    process: u32,
}

impl<'p> Pool<'p> {
    /// Wraps a pool of httpd.
    ///
    /// # Safety
    /// `raw` is null or a pool that is not cleared before `'p` ends.
    pub(super) unsafe fn from_raw(raw: *mut apr_pool_t) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, life: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut apr_pool_t {
        self.raw.as_ptr()
    }

    /// Copies `text` onto the pool as a C string; what follows a NUL inside is invisible to C.
    pub(super) fn c_string(self, text: &[u8]) -> *mut c_char {
        // SAFETY: the pool lives, and the length is that of `text`; APR appends the NUL.
        unsafe { apr_pstrmemdup(self.as_ptr(), text.as_ptr().cast(), text.len() as _) }
    }

    /// Moves `value` onto the pool; it is dropped when the pool is cleared by the process that put it there.
    ///
    /// A child that inherited the pool leaves the value alone: other threads of it may still use it while the
    /// child exits.
    pub fn keep<T: Send + Sync + 'static>(self, value: T) -> &'p T {
        let kept = Box::into_raw(Box::new(Kept { value, process: std::process::id() }));
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
        unsafe { &(*kept).value }
    }

    /// Runs `action` when the pool is cleared.
    pub fn at_cleanup(self, action: impl FnOnce() + Send + Sync + 'static) {
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

unsafe extern "C" fn drop_kept<T>(data: *mut c_void) -> super::bindings::apr_status_t {
    super::guard::guard("pool cleanup", (), || {
        let kept = data.cast::<Kept<T>>();
        // SAFETY: `data` is the box that `keep` registered and that nobody freed.
        let same_process = unsafe { (*kept).process } == std::process::id();
        if same_process {
            // SAFETY: as above; APR runs a cleanup once.
            drop(unsafe { Box::from_raw(kept) });
        }
    });
    0
}
