//! What a request says about its response before anything has left: kept, so that a failed attempt leaves nothing.

use std::ffi::c_char;

use super::bindings::{apr_array_header_t, apr_table_copy, apr_table_t, apr_time_t};
use super::request::Request;

/// The head of a response as it stood at one moment.
pub(crate) struct Head {
    status: i32,
    status_line: *const c_char,
    content_type: *const c_char,
    content_encoding: *const c_char,
    content_languages: *mut apr_array_header_t,
    length: i64,
    modified: apr_time_t,
    no_cache: i32,
    headers: *mut apr_table_t,
    err_headers: *mut apr_table_t,
}

impl<'r> Request<'r> {
    /// What the response's head is now: other modules may have said something about it before us.
    pub(crate) fn head(self) -> Head {
        self.read(|r| Head {
            status: r.status,
            status_line: r.status_line,
            content_type: r.content_type,
            content_encoding: r.content_encoding,
            content_languages: r.content_languages,
            length: r.clength,
            modified: r.mtime,
            no_cache: r.no_cache,
            headers: self.copy(r.headers_out),
            err_headers: self.copy(r.err_headers_out),
        })
    }

    /// Makes the response's head what it was; nothing of it may have left.
    pub(crate) fn set_head(self, head: &Head) {
        let (headers, err_headers) = (self.copy(head.headers), self.copy(head.err_headers));
        self.change(|r| {
            r.status = head.status;
            r.status_line = head.status_line;
            r.content_type = head.content_type;
            r.content_encoding = head.content_encoding;
            r.content_languages = head.content_languages;
            r.clength = head.length;
            r.mtime = head.modified;
            r.no_cache = head.no_cache;
            r.headers_out = headers;
            r.err_headers_out = err_headers;
        });
    }

    /// A copy of one of this request's tables, on its pool.
    fn copy(self, table: *mut apr_table_t) -> *mut apr_table_t {
        // SAFETY: both come from this live request or from a copy made here, on the pool of the request, which
        // outlives its handles; names and values, which are shared, are not changed in place.
        unsafe { apr_table_copy(self.pool().as_ptr(), table) }
    }
}
