//! Octets that outlive a restart: httpd reloads modules, but keeps the pool of the process.
//!
//! The build that reads may be another than the one that wrote, so a key ends in the version of its layout: that of the
//! octets and of the record they hang on. A build with a layout of its own finds nothing.

use std::ffi::CStr;
use std::ptr::null_mut;

use super::bindings::{
    apr_palloc, apr_pool_create_ex, apr_pool_destroy, apr_pool_t, apr_pool_userdata_get,
    apr_pool_userdata_set,
};
use super::pool::Pool;

/// One remembered text, as it lies on a sub-pool of the process pool.
#[repr(C)]
struct Remembered {
    pool: *mut apr_pool_t,
    length: usize,
    octets: *const u8,
}

/// Reads what [`remember`] stored under `key`.
pub(crate) fn recall(process: Pool<'static>, key: &'static CStr) -> Option<Vec<u8>> {
    let remembered = find(process, key)?;
    // SAFETY: `remember` stored that many octets there, and they stay until it replaces them.
    Some(unsafe { std::slice::from_raw_parts(remembered.octets, remembered.length) }.to_vec())
}

/// Stores `octets` under `key` for later generations of the server; replaces what was there.
pub(crate) fn remember(process: Pool<'static>, key: &'static CStr, octets: &[u8]) {
    let old = find(process, key).map(|remembered| remembered.pool);
    let mut pool = null_mut();
    // SAFETY: the process pool lives; the new pool is its child.
    let status = unsafe { apr_pool_create_ex(&mut pool, process.as_ptr(), None, null_mut()) };
    if status != 0 || pool.is_null() {
        return;
    }
    // SAFETY: the sizes are those copied; APR's memory is aligned for any type.
    unsafe {
        let copy = apr_palloc(pool, octets.len().max(1) as _).cast::<u8>();
        copy.copy_from_nonoverlapping(octets.as_ptr(), octets.len());
        let record = apr_palloc(pool, size_of::<Remembered>() as _).cast::<Remembered>();
        record.write(Remembered { pool, length: octets.len(), octets: copy });
        // APR copies the key when it is new: this module's code may be unloaded before the process ends.
        apr_pool_userdata_set(record.cast(), key.as_ptr(), None, process.as_ptr());
    }
    if let Some(old) = old {
        // SAFETY: the pool was made here earlier and nothing points to it any more.
        unsafe { apr_pool_destroy(old) };
    }
}

fn find(process: Pool<'static>, key: &'static CStr) -> Option<Remembered> {
    let mut data = null_mut();
    // SAFETY: the process pool lives, and the result goes to a live local variable.
    unsafe { apr_pool_userdata_get(&mut data, key.as_ptr(), process.as_ptr()) };
    if data.is_null() {
        return None;
    }
    // SAFETY: only `remember` stores under this key, always such a record.
    Some(unsafe { data.cast::<Remembered>().read() })
}
