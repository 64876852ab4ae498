//! What a request says about its response before anything has left: kept, so that a failed attempt leaves nothing.

use std::ffi::c_char;

use super::bindings::{
    apr_array_header_t, apr_table_copy, apr_table_elts, apr_table_make, apr_table_t, apr_time_t,
};
use super::request::{set, Request};

/// Entries that a new table has room for before it grows.
const ROOM: i32 = 8;

/// The head of a request's response as it stood at one moment. What the pointers lead to lives as long as the request.
pub(crate) struct Head<'r> {
    request: Request<'r>,
    status: i32,
    status_line: *const c_char,
    content_type: *const c_char,
    content_encoding: *const c_char,
    content_languages: *mut apr_array_header_t,
    length: i64,
    modified: apr_time_t,
    no_cache: i32,
    /// Null if there were none, as is usual.
    headers: *mut apr_table_t,
    err_headers: *mut apr_table_t,
}

impl<'r> Request<'r> {
    /// What the response's head is now: other modules may have said something about it before us.
    pub(crate) fn head(self) -> Head<'r> {
        let (headers, err_headers) = self.read(|r| (r.headers_out, r.err_headers_out));
        Head {
            request: self,
            status: self.read(|r| r.status),
            status_line: self.read(|r| r.status_line),
            content_type: self.read(|r| r.content_type),
            content_encoding: self.read(|r| r.content_encoding),
            content_languages: self.read(|r| r.content_languages),
            length: self.read(|r| r.clength),
            modified: self.read(|r| r.mtime),
            no_cache: self.read(|r| r.no_cache),
            headers: self.save(headers),
            err_headers: self.save(err_headers),
        }
    }

    /// A copy of one of this request's tables, on its pool; null if it is empty.
    fn save(self, table: *mut apr_table_t) -> *mut apr_table_t {
        // SAFETY: `head` hands over tables of this live request, whose arrays are live until they are changed.
        let is_empty = unsafe { (*apr_table_elts(table)).nelts == 0 };
        if is_empty {
            return std::ptr::null_mut();
        }
        // SAFETY: as above. Names and values, which the copy shares, live as long as the request and are not changed in
        // place (ffi, "Text").
        unsafe { apr_table_copy(self.pool().as_ptr(), table) }
    }

    /// A table with what was saved.
    fn saved(self, table: *mut apr_table_t) -> *mut apr_table_t {
        let pool = self.pool().as_ptr();
        // SAFETY: the pool is the live request's, and `table` null or a copy that was made on it.
        unsafe {
            match table.is_null() {
                true => apr_table_make(pool, ROOM),
                false => apr_table_copy(pool, table),
            }
        }
    }
}

impl Head<'_> {
    /// Makes the head of the request's response what it was; nothing of it may have left.
    pub(crate) fn restore(&self) {
        let request = self.request;
        set!(request, status = self.status);
        set!(request, status_line = self.status_line);
        set!(request, content_type = self.content_type);
        set!(request, content_encoding = self.content_encoding);
        set!(request, content_languages = self.content_languages);
        set!(request, clength = self.length);
        set!(request, mtime = self.modified);
        set!(request, no_cache = self.no_cache);
        set!(request, headers_out = request.saved(self.headers));
        set!(request, err_headers_out = request.saved(self.err_headers));
    }
}
