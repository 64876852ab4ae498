//! The response of a request: its status and headers, and its body on the way through the output filters.

use std::ffi::{c_char, CStr};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::bindings::{
    ap_bucket_error_create, ap_clear_method_list, ap_get_status_line, ap_pass_brigade, ap_set_content_length,
    ap_set_content_type, ap_set_last_modified, ap_update_mtime, apr_array_push, apr_brigade_cleanup,
    apr_brigade_create, apr_bucket, apr_bucket_alloc_t, apr_bucket_brigade, apr_bucket_eos_create,
    apr_bucket_flush_create, apr_bucket_transient_create, apr_date_parse_http, jk_brigade_append,
    AP_CONN_CLOSE, M_INVALID,
};
use super::filters::has_filter;
use super::request::{set, Request};

/// What a status line says where nobody knows better.
const UNKNOWN_REASON: &[u8] = b"Unknown Reason";

/// The client's connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

impl<'r> Request<'r> {
    /// Tells whether the client's connection was aborted.
    pub(crate) fn is_aborted(self) -> bool {
        self.aborted().load(Ordering::Relaxed) != 0
    }

    /// Gives the client's connection up: nothing more is sent on it.
    pub(crate) fn abort_connection(self) {
        self.aborted().store(1, Ordering::Relaxed);
    }

    /// The mark that the connection is gone. mod_http2 sets that of a stream from the thread of its connection,
    /// while this one serves the stream.
    fn aborted(self) -> &'r AtomicU32 {
        let connection = self.connection().cast_mut();
        // SAFETY: the connection is live for 'r (`connection`), and the field an aligned `unsigned`. This module reaches it
        // here alone, as an atomic of that size; httpd's C code loads and stores the whole word, in one instruction each.
        unsafe { AtomicU32::from_ptr(&raw mut (*connection).aborted) }
    }

    /// How far the response is, whoever gives it.
    pub(crate) fn response_stage(self) -> Stage {
        // The filter that writes the head removes itself with that; mod_http2 has its own.
        if self.has_output_filter(b"http_header") || self.has_output_filter(b"h2_c2_response_out") {
            Stage::Unsent
        } else if self.has_ended() {
            Stage::Complete
        } else {
            Stage::Begun
        }
    }

    /// Tells whether the end of a response was given to the filters.
    pub(super) fn has_ended(self) -> bool {
        self.read(|r| r.eos_sent) != 0
    }

    /// Makes room for an error page in place of a response of which nothing has left: its end counts no more.
    pub(crate) fn reopen_response(self) {
        set!(self, eos_sent = 0);
    }

    pub(super) fn has_output_filter(self, name: &[u8]) -> bool {
        // SAFETY: the list is that of the live request, and this is its thread.
        unsafe { has_filter(self.read(|r| r.output_filters), name) }
    }

    /// Cuts a response that has begun, so that the client sees that it is incomplete. One that filters still hold back
    /// is left to the error page that takes its place.
    pub(crate) fn cut_response(self) {
        // mod_cache_disk would keep what came so far as a complete response.
        self.forbid_caching();
        if self.response_stage() != Stage::Begun {
            return;
        }
        self.close_connection();
        // A failure here means that the client is gone already, which is as good.
        let _ = self.brigade().pass(&[], Last::Error(502));
    }

    /// Closes the client's connection after this response.
    pub(crate) fn close_connection(self) {
        // SAFETY: the connection is live (`connection`), and this field of it is the request's thread's (ffi, "One
        // thread"), which is here.
        unsafe { (*self.connection().cast_mut()).keepalive = AP_CONN_CLOSE };
    }

    /// Tells whether nothing more is read on the client's connection behind this request, and httpd will see to it that
    /// the client gets what was sent.
    pub(crate) fn closes_connection(self) -> bool {
        // SAFETY: as in `close_connection`.
        unsafe { (*self.connection()).keepalive == AP_CONN_CLOSE }
    }

    /// Tells whether the request is a stream of a connection with others (HTTP/2).
    pub(crate) fn is_stream(self) -> bool {
        // SAFETY: as in `close_connection`.
        unsafe { !(*self.connection()).master.is_null() }
    }

    /// Sends what httpd holds back of responses on the client's connection.
    pub(crate) fn flush_connection(self) {
        let mut brigade = self.brigade();
        brigade.append_flush();
        // SAFETY: the connection and with it its filters are live, and so is the brigade, which is of its allocator. A
        // failure shows at the next read or write.
        unsafe { ap_pass_brigade((*self.connection()).output_filters, brigade.raw.as_ptr()) };
        // SAFETY: the brigade is live.
        unsafe { apr_brigade_cleanup(brigade.raw.as_ptr().cast()) };
    }

    /// Keeps this response out of caches, and with it the one that it is a part of.
    pub(crate) fn forbid_caching(self) {
        set!(self, no_cache = 1);
        self.main().into_iter().for_each(Self::forbid_caching);
    }

    /// Sets status and status line; without a reason, httpd's phrase for the status.
    pub(crate) fn set_status(self, status: u16, reason: Option<&[u8]>) {
        match (reason, known_status_line(status)) {
            (Some(reason), _) => self.set_status_line(status, reason),
            (None, Some(line)) => set!(self, status_line = line.as_ptr()),
            (None, None) => self.set_status_line(status, UNKNOWN_REASON),
        }
        set!(self, status = i32::from(status));
    }

    /// Sets the status line for an error page of httpd, if httpd has no phrase for the status.
    pub(crate) fn set_unknown_status_line(self, status: u16, reason: Option<&[u8]>) {
        if known_status_line(status).is_none() {
            self.set_status_line(
                status,
                reason.filter(|reason| !reason.is_empty()).unwrap_or(UNKNOWN_REASON),
            );
        }
    }

    fn set_status_line(self, status: u16, reason: &[u8]) {
        let line = self.pool().c_string_of(&[itoa::Buffer::new().format(status).as_bytes(), b" ", reason]);
        set!(self, status_line = line);
    }

    /// Replaces the methods that httpd tells the client the resource has.
    pub(crate) fn allow_methods<'m>(self, methods: impl Iterator<Item = &'m [u8]>) {
        let list = self.read(|r| r.allowed_methods);
        // SAFETY: a request has a list of methods before any hook sees it (ffi, "Hooks").
        unsafe { ap_clear_method_list(list) };
        // By name and not by number: httpd has no number of its own for HEAD. The bit makes it show the names.
        // SAFETY: as above.
        unsafe { (*list).method_mask = 1 << M_INVALID };
        for method in methods.filter(|method| !method.is_empty()) {
            let name = self.pool().c_string(method);
            // SAFETY: the array in that list holds C strings, and APR returns room for one more; the name is on the
            // request's pool, as the list is.
            unsafe { apr_array_push((*list).method_list).cast::<*const c_char>().write(name) };
        }
    }

    /// Sets the content type, so that filters by type are added.
    pub(crate) fn set_content_type(self, value: &[u8]) {
        let value = self.pool().c_string(value);
        // SAFETY: the request is live and this thread's, and the value is on its pool.
        unsafe { ap_set_content_type(self.as_ptr(), value) };
    }

    /// Sets Content-Length.
    pub(crate) fn set_content_length(self, length: u64) {
        // SAFETY: the request is live and this thread's.
        unsafe { ap_set_content_length(self.as_ptr(), i64::try_from(length).unwrap_or(i64::MAX)) };
    }

    /// Sets Last-Modified from an HTTP date; future dates become now.
    pub(crate) fn set_last_modified(self, date: &[u8]) {
        let date = self.pool().c_string(date);
        // SAFETY: the request is live and this thread's, and the date is a C string on its pool.
        unsafe {
            ap_update_mtime(self.as_ptr(), apr_date_parse_http(date));
            ap_set_last_modified(self.as_ptr());
        }
    }

    /// A brigade for the response.
    pub(crate) fn brigade(self) -> Brigade<'r> {
        // SAFETY: the pool is the request's, and the allocator its connection's, which outlives it.
        let (raw, allocator) = unsafe {
            let allocator = (*self.connection()).bucket_alloc;
            (apr_brigade_create(self.pool().as_ptr(), allocator), allocator)
        };
        let raw = NonNull::new(raw).expect("APR has memory or aborts");
        Brigade { request: self, raw, allocator }
    }
}

/// Buckets on their way through the output filters. The brigade is on the request's pool and lives as long as that.
pub(crate) struct Brigade<'r> {
    request: Request<'r>,
    raw: NonNull<apr_bucket_brigade>,
    allocator: *mut apr_bucket_alloc_t,
}

impl Brigade<'_> {
    fn append(&mut self, bucket: *mut apr_bucket) {
        // SAFETY: the brigade is live, and the callers hand over buckets that they have just made, of its allocator.
        unsafe { jk_brigade_append(self.raw.as_ptr(), bucket) };
    }

    /// Passes `chunks` on, without copying them where filters don't keep them, then `last`.
    ///
    /// # Errors
    /// [`Gone`] when a filter fails or the client's connection is aborted.
    pub(crate) fn pass(&mut self, chunks: &[&[u8]], last: Last) -> Result<(), Gone> {
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            // SAFETY: a transient bucket points into `chunks`, which outlive this call. A filter that keeps it longer must
            // set it aside, which copies it (httpd's rule for all filters), and what is left is cleaned up below.
            let bucket = unsafe {
                apr_bucket_transient_create(chunk.as_ptr().cast(), chunk.len() as _, self.allocator)
            };
            self.append(bucket);
        }
        self.append_last(last);
        // SAFETY: the request and with it its filters are live, this is its thread, and the brigade is live.
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
        // SAFETY: the allocator is that of the connection, which outlives the request.
        let bucket = unsafe { apr_bucket_flush_create(self.allocator) };
        self.append(bucket);
    }

    fn append_end(&mut self) {
        // SAFETY: the allocator is that of the connection, which outlives the request.
        let bucket = unsafe { apr_bucket_eos_create(self.allocator) };
        self.append(bucket);
    }

    fn append_error(&mut self, status: u16) {
        let pool = self.request.pool().as_ptr();
        // SAFETY: the pool is the live request's, the allocator its connection's; null stands for no text.
        let bucket =
            unsafe { ap_bucket_error_create(i32::from(status), std::ptr::null(), pool, self.allocator) };
        self.append(bucket);
    }
}

/// httpd's own line for a status, if it knows the status.
fn known_status_line(status: u16) -> Option<&'static CStr> {
    // SAFETY: httpd answers with a C string of its static table, for statuses that it does not know that of 500.
    let line = unsafe { CStr::from_ptr(ap_get_status_line(i32::from(status))) };
    let phrase = line.to_bytes().strip_prefix(itoa::Buffer::new().format(status).as_bytes())?;
    phrase.starts_with(b" ").then_some(line)
}

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has left: what filters still hold gives way to an error page.
    Unsent,
    /// The head has left: there can be no other status any more.
    Begun,
    /// It has come to its end, as the handler's answer or that of a filter: there is nothing to add.
    Complete,
}

/// What closes a brigade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Nothing.
    Nothing,
    /// What is buffered leaves now.
    Flush,
    /// The response is complete.
    End,
    /// The response breaks off: filters must not finish its body.
    Error(u16),
}
