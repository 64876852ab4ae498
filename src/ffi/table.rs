//! APR tables: headers, notes and environment variables of a request.

use std::ffi::{c_char, CStr};
use std::ptr::NonNull;

use super::bindings::{
    apr_array_header_t, apr_table_addn, apr_table_elts, apr_table_entry_t, apr_table_get, apr_table_setn,
    apr_table_t,
};
use super::pool::Pool;
use super::text::{octets, Life};
use crate::text::is_same_name;

/// What an entry of a table says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'v> {
    Text(&'v [u8]),
    Number(u64),
    /// What the entry before says.
    Same,
}

/// A name that needs no copy, and its value.
pub(crate) type Entry<'v> = (&'static CStr, Value<'v>);

impl Value<'_> {
    /// Octets that it has at most, with a NUL.
    fn room(self) -> usize {
        match self {
            Value::Text(text) => text.len() + 1,
            Value::Number(_) => <u64 as itoa::Integer>::MAX_STR_LEN + 1,
            Value::Same => 0,
        }
    }
}

/// A table that lives for `'p`, with keys compared without case.
#[derive(Clone, Copy)]
pub(crate) struct Table<'p> {
    raw: NonNull<apr_table_t>,
    life: Life<'p>,
}

impl<'p> Table<'p> {
    /// Wraps a table of httpd.
    ///
    /// # Safety
    /// `raw` is null or a table on a pool that [`Pool::from_raw`] would take for `'p`. Its entries are C strings that live
    /// as long, and are replaced, but not changed in place.
    pub(super) unsafe fn from_raw(raw: *mut apr_table_t) -> Option<Self> {
        // SAFETY: the caller promises 'p.
        NonNull::new(raw).map(|raw| Self { raw, life: unsafe { Life::promised() } })
    }

    /// Tells whether there is nothing in it.
    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The first value of `name`.
    #[inline]
    pub(crate) fn get(self, name: &CStr) -> Option<&'p [u8]> {
        // SAFETY: table and name are live. The result is null or a value of the table, which stays where it is for 'p,
        // also when another one takes its place (`from_raw`).
        unsafe { octets(apr_table_get(self.raw.as_ptr(), name.as_ptr()), self.life) }
    }

    /// All entries in order, as far as the table has at least as many when their turn comes. Nothing of the table is held
    /// between two of them, so it may be changed, and may move, meanwhile.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'p [u8], &'p [u8])> {
        (0..self.len()).filter_map(move |index| self.entry(index))
    }

    /// All values of `name`, in order; as [`Table::iter`].
    pub(crate) fn values(self, name: &'static [u8]) -> impl Iterator<Item = &'p [u8]> {
        (0..self.len()).filter_map(move |index| {
            let entry = self.raw_entry(index)?;
            // SAFETY: as in `entry`.
            let key = unsafe { octets(entry.key, self.life) };
            let is_wanted = key.is_some_and(|key| is_same_name(key, name));
            // SAFETY: as above.
            is_wanted.then(|| unsafe { octets(entry.val, self.life) }).flatten()
        })
    }

    /// Number of entries.
    pub(crate) fn len(self) -> usize {
        // SAFETY: `array` is live until the table is changed.
        let length = unsafe { (*self.array()).nelts };
        usize::try_from(length).unwrap_or(0)
    }

    fn entry(self, index: usize) -> Option<(&'p [u8], &'p [u8])> {
        let entry = self.raw_entry(index)?;
        // SAFETY: what the entries of a table point to stays where it is for 'p, also when the table is changed
        // (`from_raw`).
        unsafe { octets(entry.key, self.life).zip(octets(entry.val, self.life)) }
    }

    fn raw_entry(self, index: usize) -> Option<apr_table_entry_t> {
        let array = self.array();
        // SAFETY: `array` is live until the table is changed.
        let (length, entries) = unsafe { ((*array).nelts, (*array).elts.cast::<apr_table_entry_t>()) };
        if index >= usize::try_from(length).unwrap_or(0) {
            return None;
        }
        // SAFETY: the array consists of entries, and `index` is below their number; the entry is copied out of it at once.
        Some(unsafe { *entries.add(index) })
    }

    /// The array inside the table: what it says is to be copied out at once, as adding an entry may move it.
    fn array(self) -> *const apr_array_header_t {
        // SAFETY: the table is live.
        unsafe { apr_table_elts(self.raw.as_ptr()) }
    }

    /// The pool that the table itself is on, whichever request it came from: what is put into the table lives as long.
    fn pool(self) -> Pool<'p> {
        // SAFETY: APR notes a table's pool in its array; the table is on it (`from_raw`).
        unsafe { Pool::from_raw((*self.array()).pool) }.expect("every table is on a pool")
    }

    /// Replaces all values of `name` by `value`.
    pub(crate) fn set(self, name: &[u8], value: &[u8]) {
        let pool = self.pool();
        let (name, value) = (pool.c_string(name), pool.c_string(value));
        // SAFETY: the table is live, and both strings are C strings on its own pool.
        unsafe { apr_table_setn(self.raw.as_ptr(), name, value) };
    }

    /// As [`Table::set`], for names that need no copy.
    pub(crate) fn set_named(self, name: &'static CStr, value: &[u8]) {
        let value = self.pool().c_string(value);
        // SAFETY: the table is live, the value is a C string on its own pool, and the name, in this module's static
        // memory, outlives every such pool (ffi, "Unloading").
        unsafe { apr_table_setn(self.raw.as_ptr(), name.as_ptr(), value) };
    }

    /// Appends `entries`, whatever there is of their names.
    pub(crate) fn add_all(self, entries: &[Entry<'_>]) {
        self.put(entries, apr_table_addn);
    }

    /// Replaces all values of the names by those of `entries`; that searches the table for each of them.
    pub(crate) fn set_all(self, entries: &[Entry<'_>]) {
        self.put(entries, apr_table_setn);
    }

    /// Puts entries into the table, with their values in one piece of its pool.
    fn put(
        self,
        entries: &[Entry<'_>],
        put: unsafe extern "C" fn(*mut apr_table_t, *const c_char, *const c_char),
    ) {
        let room = entries.iter().map(|(_, value)| value.room()).sum();
        let mut free = self.pool().octets(room);
        let mut text = c"".as_ptr();
        for (name, value) in entries {
            let mut copy = |octets: &[u8]| {
                text = free.cast();
                // SAFETY: what is left of the room holds this value and its NUL, as it was added up so, and nobody else
                // knows it.
                unsafe {
                    free.copy_from_nonoverlapping(octets.as_ptr(), octets.len());
                    free = free.add(octets.len());
                    free.write(0);
                    free = free.add(1);
                }
            };
            match value {
                Value::Text(octets) => copy(octets),
                Value::Number(number) => copy(itoa::Buffer::new().format(*number).as_bytes()),
                Value::Same => {}
            }
            // SAFETY: as in `set_named`: the value is a C string on the table's pool. Two entries may share one, which
            // nobody changes in place.
            unsafe { put(self.raw.as_ptr(), name.as_ptr(), text) };
        }
    }

    /// Appends an entry, whatever there is of that name.
    pub(crate) fn add(self, name: &[u8], value: &[u8]) {
        let both = self.pool().c_string_of(&[name, b"\0", value]);
        // SAFETY: the table is live, and name and value are C strings on its own pool: the value begins behind the NUL of
        // the name, also if the name has one inside.
        unsafe { apr_table_addn(self.raw.as_ptr(), both, both.add(name.len() + 1)) };
    }
}
