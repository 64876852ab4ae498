//! Octets that outlive a restart: httpd reloads modules, but keeps the pool of the process.
//!
//! The build that reads may be another than the one that wrote, so a key ends in the version of its layout: that of the
//! octets and of the record they hang on. A build with a layout of its own finds nothing.

use std::ffi::CStr;
use std::ptr::{null_mut, NonNull};

use super::bindings::{
    apr_palloc, apr_pool_create_ex, apr_pool_destroy, apr_pool_t, apr_pool_userdata_get,
    apr_pool_userdata_set,
};
use super::pool::Pool;
use super::process::is_main_thread;
use super::server::{is_restarting, Server};
use super::text::Life;

/// The pool of the httpd process, seen from a generation that lives for `'s`. It outlives this module's code, so all
/// that can be put there is plain octets.
#[derive(Clone, Copy)]
pub(crate) struct ProcessPool<'s> {
    raw: NonNull<apr_pool_t>,
    _life: Life<'s>,
}

/// The name of remembered octets: `mod_jk:`, what they are, and the version of their layout and of [`Remembered`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key(&'static CStr);

impl Key {
    /// A key; one without the prefix does not compile as a constant.
    pub(crate) const fn new(name: &'static CStr) -> Self {
        assert!(matches!(name.to_bytes(), [b'm', b'o', b'd', b'_', b'j', b'k', b':', ..]));
        Self(name)
    }
}

/// One remembered text, as it lies on a sub-pool of the process pool. Who changes this changes the version in all keys.
#[repr(C)]
struct Remembered {
    pool: *mut apr_pool_t,
    length: usize,
    octets: *const u8,
}

impl<'s> Server<'s> {
    /// The pool that lives as long as the httpd process, across restarts; `None` in a thread beside the main one, as one
    /// thread at a time may use a pool.
    pub(crate) fn process_pool(self) -> Option<ProcessPool<'s>> {
        if !is_main_thread() {
            return None;
        }
        let process = self.read(|s| s.process);
        // SAFETY: every server points to the process record, which httpd makes once, with its pool, on that pool.
        let raw = NonNull::new(unsafe { (*process).pool })?;
        Some(ProcessPool { raw, _life: self.life() })
    }
}

impl ProcessPool<'_> {
    /// Reads what [`Self::remember`] stored under `key`.
    pub(crate) fn recall(self, key: Key) -> Option<Vec<u8>> {
        let remembered = self.find(key)?;
        // SAFETY: `remember`, of this build or another with the same layout, stored that many octets there; they stay
        // until it replaces them, which it does not during this call: this is the main thread (`process_pool`), where the
        // value has stayed, as it is not `Send`.
        Some(unsafe { std::slice::from_raw_parts(remembered.octets, remembered.length) }.to_vec())
    }

    /// Stores `octets` under `key` for later generations of the server, in place of what was there. `false` if there is
    /// no memory, and what was there stays.
    pub(crate) fn remember(self, key: Key, octets: &[u8]) -> bool {
        let old = self.find(key).map(|remembered| remembered.pool);
        let mut pool = null_mut();
        // SAFETY: httpd destroys the process pool only when the process ends, and uses it in the main thread, which is here;
        // the new pool is its child.
        let status = unsafe { apr_pool_create_ex(&mut pool, self.raw.as_ptr(), None, null_mut()) };
        if status != 0 || pool.is_null() {
            return false;
        }
        // SAFETY: the sizes are those copied; APR's memory is aligned for any type, and APR aborts instead of returning
        // null. Record and octets lie on the new pool, which only a later call of this function destroys, after it has
        // put another record in the place of this one.
        unsafe {
            let copy = apr_palloc(pool, octets.len().max(1) as _).cast::<u8>();
            copy.copy_from_nonoverlapping(octets.as_ptr(), octets.len());
            let record = apr_palloc(pool, size_of::<Remembered>() as _).cast::<Remembered>();
            record.write(Remembered { pool, length: octets.len(), octets: copy });
            // APR copies the key when it is new: this module's code may be unloaded before the process ends. There is no
            // cleanup, so nothing else of this module is left behind.
            apr_pool_userdata_set(record.cast(), key.0.as_ptr(), None, self.raw.as_ptr());
        }
        if let Some(old) = old {
            // SAFETY: the record that named this pool, as its own, is replaced; nobody else knows the pool.
            unsafe { apr_pool_destroy(old) };
        }
        true
    }

    /// Calls `octets` when the configuration of `pool` goes, in the process that calls this. If that is for a restart, what
    /// it returns is remembered under `key`.
    pub(crate) fn remember_at_restart(
        self,
        pool: Pool<'_>,
        key: Key,
        octets: impl FnOnce() -> Vec<u8> + Send + Sync + 'static,
    ) {
        pool.keep_in_parent(LastWords { process: self.raw, key, octets: Some(Box::new(octets)) });
    }

    fn find(self, key: Key) -> Option<Remembered> {
        let mut data = null_mut();
        // SAFETY: the process pool lives, and the result goes to a live local variable.
        unsafe { apr_pool_userdata_get(&mut data, key.0.as_ptr(), self.raw.as_ptr()) };
        if data.is_null() {
            return None;
        }
        // SAFETY: names with this module's prefix are its own, and `remember` alone stores under one (a `Key` can do
        // nothing else): always a `Remembered`, of the layout whose version the key ends in.
        Some(unsafe { data.cast::<Remembered>().read() })
    }
}

/// What a configuration leaves to the next one.
struct LastWords {
    process: NonNull<apr_pool_t>,
    key: Key,
    octets: Option<Box<dyn FnOnce() -> Vec<u8> + Send + Sync>>,
}

// SAFETY: the pointer is used on drop alone, and there only in the main thread, as for every `ProcessPool`.
unsafe impl Send for LastWords {}
// SAFETY: as for Send; a shared reference gives access to nothing.
unsafe impl Sync for LastWords {}

impl Drop for LastWords {
    fn drop(&mut self) {
        let Some(octets) = self.octets.take() else { return };
        let octets = octets();
        // At the end of the process what was remembered last has gone before the configuration, as its pool is younger.
        if is_restarting() && is_main_thread() {
            // SAFETY: the pool of the process, which outlives every configuration, lives while httpd restarts.
            let process = ProcessPool { raw: self.process, _life: unsafe { Life::promised() } };
            process.remember(self.key, &octets);
        }
    }
}
