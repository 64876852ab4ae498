//! APR pools: memory, and values that live as long as one.

use std::ffi::{c_char, c_void};
use std::ptr::NonNull;

use super::bindings::{
    apr_palloc, apr_pool_cleanup_null, apr_pool_cleanup_register, apr_pool_t, apr_pstrmemdup, apr_status_t,
};
use super::guard::guard;
use super::text::Life;

/// The pool of the configuration or one below it, alive at least for `'p`. That of the process, on which nothing of this
/// module's code may hang, is a [`super::memory::ProcessPool`].
#[derive(Clone, Copy)]
pub(crate) struct Pool<'p> {
    raw: NonNull<apr_pool_t>,
    life: Life<'p>,
}

impl<'p> Pool<'p> {
    /// Wraps a pool of httpd.
    ///
    /// # Safety
    /// `raw` is null, or the configuration's pool or one below it, which is not cleared before `'p` ends and from which
    /// no other thread allocates before that.
    pub(crate) unsafe fn from_raw(raw: *mut apr_pool_t) -> Option<Self> {
        // SAFETY: the caller promises 'p.
        NonNull::new(raw).map(|raw| Self { raw, life: unsafe { Life::promised() } })
    }

    pub(super) fn as_ptr(self) -> *mut apr_pool_t {
        self.raw.as_ptr()
    }

    /// How long what is on it lives.
    pub(super) fn life(self) -> Life<'p> {
        self.life
    }

    /// Copies `text` onto the pool as a C string; what follows a NUL inside is invisible to C.
    pub(crate) fn c_string(self, text: &[u8]) -> *mut c_char {
        // SAFETY: the pool lives and is ours to allocate from (`from_raw`), and the length is that of `text`; APR
        // appends the NUL.
        unsafe { apr_pstrmemdup(self.as_ptr(), text.as_ptr().cast(), text.len() as _) }
    }

    /// Room for so many octets, which nobody else knows; they are not written yet.
    pub(super) fn octets(self, count: usize) -> *mut u8 {
        // SAFETY: the pool lives and is ours to allocate from (`from_raw`); APR returns that much room, or aborts.
        unsafe { apr_palloc(self.as_ptr(), count as _) }.cast()
    }

    /// Copies `parts`, one behind the other, onto the pool as one C string.
    pub(crate) fn c_string_of(self, parts: &[&[u8]]) -> *mut c_char {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let room = self.octets(length + 1);
        let mut end = room;
        for part in parts {
            // SAFETY: all parts and a NUL fit into the room, which nobody else knows.
            unsafe {
                end.copy_from_nonoverlapping(part.as_ptr(), part.len());
                end = end.add(part.len());
            }
        }
        // SAFETY: as above.
        unsafe { end.write(0) };
        room.cast()
    }

    /// Moves `value` onto the pool; it is dropped when the pool is cleared.
    pub(crate) fn keep<T: Send + Sync + 'static>(self, value: T) -> &'p T {
        let kept = self.room::<T>();
        // SAFETY: the room is large enough and aligned for a `T`, and nobody else knows it.
        unsafe { kept.write(value) };
        // SAFETY: the pool lives and is ours (`from_raw`). `drop_kept::<T>` gets a `T`; APR runs it once, before it takes the
        // pool's memory back, and the function is loaded then (ffi, "Unloading").
        unsafe {
            let (drop, nothing) = (Some(drop_kept::<T> as Cleanup), Some(apr_pool_cleanup_null as Cleanup));
            apr_pool_cleanup_register(self.as_ptr(), kept.cast(), drop, nothing);
        }
        // SAFETY: nobody but the cleanup touches the value as a whole, and that does not run before 'p ends.
        unsafe { &*kept }
    }

    /// Room on the pool for a `T`, aligned as that wants it: APR aligns to eight octets.
    fn room<T>(self) -> *mut T {
        let room = self.octets(size_of::<T>() + align_of::<T>());
        room.wrapping_add(room.align_offset(align_of::<T>())).cast()
    }

    /// As [`Pool::keep`], for what children inherit: only the process that made the value drops it.
    ///
    /// A child clears the pools it inherited while it exits, when other threads of it may still use the value; there
    /// its memory stays until the process ends.
    pub(crate) fn keep_in_parent<T: Send + Sync + 'static>(self, value: T) -> &'p T {
        let kept = Box::into_raw(Box::new(OfProcess { value, process: std::process::id() }));
        // SAFETY: the pool lives and is ours (`from_raw`). The cleanup takes what is boxed here; APR runs it once, when the
        // pool is cleared, and the function is loaded then (ffi, "Unloading").
        unsafe {
            let (end, nothing) =
                (Some(drop_in_parent::<T> as Cleanup), Some(apr_pool_cleanup_null as Cleanup));
            apr_pool_cleanup_register(self.as_ptr(), kept.cast(), end, nothing);
        }
        // SAFETY: nobody but the cleanup touches the box, and that does not run before 'p ends.
        unsafe { &(*kept).value }
    }

    /// Runs `action` when the pool is cleared.
    pub(crate) fn at_cleanup(self, action: impl FnOnce() + Send + Sync + 'static) {
        self.keep(AtDrop(Some(action)));
    }
}

/// What APR calls when a pool is cleared.
type Cleanup = unsafe extern "C" fn(*mut c_void) -> apr_status_t;

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
    value: T,
    process: u32,
}

impl<T> OfProcess<T> {
    /// Drops the box `kept` in the process that made it, and leaves it alone in others.
    ///
    /// # Safety
    /// `kept` comes from `Box::into_raw`, no other call gets it, and in the process that made it nobody uses it any more.
    unsafe fn end(kept: *mut Self) {
        // SAFETY: the box is live, here until the next line and in other processes for good; the number is never written.
        if unsafe { (*kept).process } == std::process::id() {
            // SAFETY: the caller's promise, as this is the process that made it.
            drop(unsafe { Box::from_raw(kept) });
        }
    }
}

/// Ends a value of [`Pool::keep`]; its memory is the pool's.
///
/// # Safety
/// `data` is a `T` that nobody uses any more, and no other call gets it.
unsafe extern "C" fn drop_kept<T>(data: *mut c_void) -> apr_status_t {
    guard("pool cleanup", (), || {
        // SAFETY: the caller's promise.
        unsafe { data.cast::<T>().drop_in_place() };
    });
    0
}

/// Ends a value of [`Pool::keep_in_parent`].
///
/// # Safety
/// As [`OfProcess::end`].
unsafe extern "C" fn drop_in_parent<T>(data: *mut c_void) -> apr_status_t {
    guard("pool cleanup", (), || {
        // SAFETY: the caller's promise.
        unsafe { OfProcess::<T>::end(data.cast()) };
    });
    0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn end(process: u32) -> (*mut OfProcess<Arc<()>>, Arc<()>) {
        let value = Arc::new(());
        let kept = Box::into_raw(Box::new(OfProcess { value: Arc::clone(&value), process }));
        // SAFETY: the box was made right here, and is used below only where it is another process's.
        unsafe { OfProcess::end(kept) };
        (kept, value)
    }

    #[test]
    fn the_process_that_made_a_value_drops_it() {
        let (_, value) = end(std::process::id());
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn in_another_process_value_and_memory_stay() {
        let (kept, value) = end(0);
        assert_eq!(Arc::strong_count(&value), 2);
        // SAFETY: the box is that of process 0, so it was left alone.
        drop(unsafe { Box::from_raw(kept) });
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
