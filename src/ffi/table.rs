//! APR tables: headers, notes and environment variables of a request.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::bindings::{
    apr_table_addn, apr_table_elts, apr_table_entry_t, apr_table_get, apr_table_setn, apr_table_t,
};
use super::pool::Pool;
use super::text::octets;

/// A table that lives for `'p`, with keys compared without case.
#[derive(Clone, Copy)]
pub(crate) struct Table<'p> {
    raw: NonNull<apr_table_t>,
    pool: Pool<'p>,
    life: PhantomData<&'p ()>,
}

impl<'p> Table<'p> {
    /// Wraps a table of httpd.
    ///
    /// # Safety
    /// `raw` is null or a table whose entries live for `'p`, and `pool` is its pool or one that lives as long.
    pub(super) unsafe fn from_raw(raw: *mut apr_table_t, pool: Pool<'p>) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, pool, life: PhantomData })
    }

    /// The first value of `name`.
    pub(crate) fn get(self, name: &CStr) -> Option<&'p [u8]> {
        // SAFETY: table and name are live; what the table holds lives as long as its pool and is not changed
        // in place.
        unsafe { octets(apr_table_get(self.raw.as_ptr(), name.as_ptr())) }
    }

    /// All entries in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'p [u8], &'p [u8])> {
        (0..self.len()).filter_map(move |index| self.entry(index))
    }

    /// Number of entries.
    pub(crate) fn len(self) -> usize {
        // SAFETY: apr_table_elts returns the live array inside a live table.
        let length = unsafe { (*apr_table_elts(self.raw.as_ptr())).nelts };
        usize::try_from(length).unwrap_or(0)
    }

    fn entry(self, index: usize) -> Option<(&'p [u8], &'p [u8])> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: apr_table_elts returns the live array inside a live table, and `index` is below its length.
        let entry =
            unsafe { *(*apr_table_elts(self.raw.as_ptr())).elts.cast::<apr_table_entry_t>().add(index) };
        // SAFETY: keys and values of a table are C strings on its pool.
        unsafe { octets(entry.key).zip(octets(entry.val)) }
    }

    /// Replaces all values of `name` by `value`.
    pub(crate) fn set(self, name: &[u8], value: &[u8]) {
        let (name, value) = (self.pool.c_string(name), self.pool.c_string(value));
        // SAFETY: both strings are on a pool that lives as long as the table.
        unsafe { apr_table_setn(self.raw.as_ptr(), name, value) };
    }

    /// As [`Table::set`], for names that need no copy.
    pub(crate) fn set_named(self, name: &'static CStr, value: &[u8]) {
        let value = self.pool.c_string(value);
        // SAFETY: the value is on a pool that lives as long as the table, and this module's code, where the name
        // is, outlives all requests.
        unsafe { apr_table_setn(self.raw.as_ptr(), name.as_ptr(), value) };
    }

    /// Appends an entry whose name needs no copy; cheaper than [`Table::set_named`] where there is none yet.
    pub(crate) fn add_named(self, name: &'static CStr, value: &[u8]) {
        let value = self.pool.c_string(value);
        // SAFETY: as in `set_named`.
        unsafe { apr_table_addn(self.raw.as_ptr(), name.as_ptr(), value) };
    }

    /// Appends an entry, whatever there is of that name.
    pub(crate) fn add(self, name: &[u8], value: &[u8]) {
        let (name, value) = (self.pool.c_string(name), self.pool.c_string(value));
        // SAFETY: both strings are on a pool that lives as long as the table.
        unsafe { apr_table_addn(self.raw.as_ptr(), name, value) };
    }
}
