//! The two bodies of a request: what is read from the client, and what is sent to it.

use std::ffi::c_char;
use std::ptr::NonNull;

use super::bindings::{
    ap_bucket_error_create, ap_clear_method_list, ap_get_client_block, ap_get_status_line, ap_pass_brigade,
    ap_set_content_length, ap_set_content_type, ap_set_last_modified, ap_setup_client_block,
    ap_should_client_block, ap_update_mtime, apr_array_push, apr_brigade_cleanup, apr_brigade_create,
    apr_bucket, apr_bucket_alloc_t, apr_bucket_brigade, apr_bucket_eos_create, apr_bucket_flush_create,
    apr_bucket_transient_create, apr_date_parse_http, jk_brigade_append, AP_CONN_CLOSE, M_INVALID,
    REQUEST_CHUNKED_DECHUNK,
};
use super::request::Request;
use super::text::octets;

/// What a status line says where nobody knows better.
const UNKNOWN_REASON: &[u8] = b"Unknown Reason";

/// The client's connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl<'r> Request<'r> {
    /// Prepares reading the request body with chunks decoded; call once, before the others.
    ///
    /// # Errors
    /// The status to answer with when the body's framing can't be accepted.
    pub fn set_up_body(self) -> Result<(), u16> {
        // SAFETY: the request is live.
        match unsafe { ap_setup_client_block(self.as_ptr(), REQUEST_CHUNKED_DECHUNK as i32) } {
            0 => Ok(()),
            status => Err(u16::try_from(status).unwrap_or(400)),
        }
    }

    /// Tells whether the body is chunked, so that its length is unknown.
    pub fn is_body_chunked(self) -> bool {
        self.read(|r| r.read_chunked) != 0
    }

    /// Tells whether a filter of that name, in lower case, is among those that the request body passes through.
    pub fn has_input_filter(self, name: &[u8]) -> bool {
        let mut next = self.read(|r| r.input_filters);
        // SAFETY: filters of a live request form a list that ends with null, each with its record.
        while let Some(filter) = unsafe { next.as_ref() } {
            // SAFETY: the record of a filter is live and has a name.
            if unsafe { octets((*filter.frec).name) } == Some(name) {
                return true;
            }
            next = filter.next;
        }
        false
    }

    /// Tells whether there is a body to read, and answers `Expect: 100-continue`.
    pub fn expects_body(self) -> bool {
        // SAFETY: the request is live.
        unsafe { ap_should_client_block(self.as_ptr()) != 0 }
    }

    /// Reads body octets, waiting for at least one; 0 is the end.
    ///
    /// # Errors
    /// [`Gone`] when the client disconnected, was too slow, or sent an invalid body.
    pub fn read_body(self, buffer: &mut [u8]) -> Result<usize, Gone> {
        // SAFETY: the request is live, and the length is that of the buffer.
        let count =
            unsafe { ap_get_client_block(self.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len() as _) };
        usize::try_from(count).map_err(|_| Gone)
    }

    /// Tells whether the client's connection was aborted.
    pub fn is_aborted(self) -> bool {
        // SAFETY: a request's connection is never null and outlives the request.
        unsafe { (*self.read(|r| r.connection)).aborted != 0 }
    }

    /// Gives the client's connection up: nothing more is sent on it.
    pub fn abort_connection(self) {
        // SAFETY: as above; the connection is served by this thread.
        unsafe { (*self.read(|r| r.connection)).aborted = 1 };
    }

    /// Closes the client's connection after this response.
    pub fn close_connection(self) {
        // SAFETY: as above.
        unsafe { (*self.read(|r| r.connection)).keepalive = AP_CONN_CLOSE };
    }

    /// Keeps this response out of caches, and with it the one that it is a part of.
    pub fn forbid_caching(self) {
        self.change(|r| r.no_cache = 1);
        self.main().into_iter().for_each(Self::forbid_caching);
    }

    /// Sets status and status line; without a reason, httpd's phrase for the status.
    pub fn set_status(self, status: u16, reason: Option<&[u8]>) {
        let reason = reason.or_else(|| Self::phrase(status)).unwrap_or(UNKNOWN_REASON);
        self.set_status_line(status, reason);
        self.change(|r| r.status = i32::from(status));
    }

    /// Sets the status line for an error page of httpd, if httpd has no phrase for the status.
    pub fn set_unknown_status_line(self, status: u16, reason: Option<&[u8]>) {
        if Self::phrase(status).is_none() {
            self.set_status_line(
                status,
                reason.filter(|reason| !reason.is_empty()).unwrap_or(UNKNOWN_REASON),
            );
        }
    }

    fn set_status_line(self, status: u16, reason: &[u8]) {
        let line = [status.to_string().as_bytes(), b" ", reason].concat();
        let line = self.pool().c_string(&line);
        self.change(|r| r.status_line = line);
    }

    /// Replaces the methods that httpd tells the client the resource has.
    pub fn allow_methods<'m>(self, methods: impl Iterator<Item = &'m [u8]>) {
        let list = self.read(|r| r.allowed_methods);
        // SAFETY: a request has a list of methods from its creation on.
        unsafe { ap_clear_method_list(list) };
        // By name and not by number: httpd has no number of its own for HEAD. The bit makes it show the names.
        // SAFETY: as above.
        unsafe { (*list).method_mask = 1 << M_INVALID };
        for method in methods.filter(|method| !method.is_empty()) {
            let name = self.pool().c_string(method);
            // SAFETY: the array in that list holds C strings, and APR returns room for one more.
            unsafe { apr_array_push((*list).method_list).cast::<*const c_char>().write(name) };
        }
    }

    /// httpd's phrase for a status, if it knows the status.
    fn phrase(status: u16) -> Option<&'static [u8]> {
        // SAFETY: the result is a static C string; for unknown statuses that of 500.
        let line = unsafe { octets(ap_get_status_line(i32::from(status))) }?;
        line.strip_prefix(format!("{status} ").as_bytes())
    }

    /// Sets the content type, so that filters by type are added.
    pub fn set_content_type(self, value: &[u8]) {
        let value = self.pool().c_string(value);
        // SAFETY: the value is on the request's pool.
        unsafe { ap_set_content_type(self.as_ptr(), value) };
    }

    /// Sets Content-Length.
    pub fn set_content_length(self, length: u64) {
        // SAFETY: the request is live.
        unsafe { ap_set_content_length(self.as_ptr(), i64::try_from(length).unwrap_or(i64::MAX)) };
    }

    /// Sets Last-Modified from an HTTP date; future dates become now.
    pub fn set_last_modified(self, date: &[u8]) {
        let date = self.pool().c_string(date);
        // SAFETY: request and date are live.
        unsafe {
            ap_update_mtime(self.as_ptr(), apr_date_parse_http(date));
            ap_set_last_modified(self.as_ptr());
        }
    }

    /// A brigade for the response.
    pub fn brigade(self) -> Brigade<'r> {
        // SAFETY: pool and allocator belong to the live request; APR aborts instead of returning null.
        let (raw, allocator) = unsafe {
            let allocator = (*self.read(|r| r.connection)).bucket_alloc;
            (apr_brigade_create(self.pool().as_ptr(), allocator), allocator)
        };
        let raw = NonNull::new(raw).expect("APR has memory or aborts");
        Brigade { request: self, raw, allocator }
    }
}

/// Buckets on their way through the output filters.
pub struct Brigade<'r> {
    request: Request<'r>,
    raw: NonNull<apr_bucket_brigade>,
    allocator: *mut apr_bucket_alloc_t,
}

impl Brigade<'_> {
    fn append(&mut self, bucket: *mut apr_bucket) {
        // SAFETY: brigade and bucket are live, and the bucket is in no other brigade.
        unsafe { jk_brigade_append(self.raw.as_ptr(), bucket) };
    }

    /// Passes `chunks` on, without copying them where filters don't keep them, then `last`.
    ///
    /// # Errors
    /// [`Gone`] when a filter fails or the client's connection is aborted.
    pub fn pass(&mut self, chunks: &[&[u8]], last: Last) -> Result<(), Gone> {
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            // SAFETY: transient buckets point to `chunks`, which outlive this function; filters that keep
            // them longer set them aside, which copies, and what is left is cleaned up below.
            let bucket = unsafe {
                apr_bucket_transient_create(chunk.as_ptr().cast(), chunk.len() as _, self.allocator)
            };
            self.append(bucket);
        }
        self.append_last(last);
        // SAFETY: brigade and filters belong to the live request.
        let status = unsafe { ap_pass_brigade(self.request.read(|r| r.output_filters), self.raw.as_ptr()) };
        // SAFETY: the brigade is live; no bucket that points to `chunks` stays in it.
        unsafe { apr_brigade_cleanup(self.raw.as_ptr().cast()) };
        if status != 0 || self.request.is_aborted() {
            return Err(Gone);
        }
        Ok(())
    }

    fn append_last(&mut self, last: Last) {
        match last {
            Last::Nothing => {}
            Last::Flush => self.append_flush(),
            Last::End => self.append_end(),
            Last::Error(status) => {
                self.append_error(status);
                self.append_end();
            }
        }
    }

    fn append_flush(&mut self) {
        // SAFETY: the allocator belongs to the live connection.
        let bucket = unsafe { apr_bucket_flush_create(self.allocator) };
        self.append(bucket);
    }

    fn append_end(&mut self) {
        // SAFETY: the allocator belongs to the live connection.
        let bucket = unsafe { apr_bucket_eos_create(self.allocator) };
        self.append(bucket);
    }

    fn append_error(&mut self, status: u16) {
        let pool = self.request.pool().as_ptr();
        // SAFETY: pool and allocator belong to the live request; null stands for no text.
        let bucket =
            unsafe { ap_bucket_error_create(i32::from(status), std::ptr::null(), pool, self.allocator) };
        self.append(bucket);
    }
}

/// What closes a brigade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// Nothing.
    Nothing,
    /// What is buffered leaves now.
    Flush,
    /// The response is complete.
    End,
    /// The response breaks off: filters must not finish its body.
    Error(u16),
}
