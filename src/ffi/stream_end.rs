//! The end of the answer to a stream of HTTP/2, which waits for what the client still sends.
//!
//! mod_http2 resets a stream that was answered to the end while its client sends, and clients take that for a failure,
//! whatever came before. So an output filter below those that make head and length, to which the answer is always the
//! same, sends the rest and keeps the end until the upload is read. It reads below the filters of the request: their
//! limits and decoders are for bodies that somebody wants.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::ptr::{null_mut, NonNull};

use super::bindings::{
    ap_add_output_filter, ap_filter_t, ap_get_brigade, ap_pass_brigade, ap_register_output_filter,
    apr_brigade_cleanup, apr_brigade_create, apr_brigade_length, apr_brigade_split_ex, apr_bucket_brigade,
    apr_bucket_flush_create, apr_status_t, jk_brigade_append, jk_brigade_end, jk_brigade_first,
    APR_NONBLOCK_READ, AP_FTYPE_TRANSCODE, AP_MODE_READBYTES,
};
use super::guard::guard;
use super::lingering;
use super::request::Request;

/// Its name, in lower case as httpd keeps it.
const NAME: &CStr = c"mod_jk_stream_end";

/// How much is read at once.
const PIECE: i64 = 64 << 10;

/// Tells httpd about the filter.
pub(crate) fn register() {
    // SAFETY: httpd copies the name, and the function lives as long as the module is loaded.
    unsafe {
        ap_register_output_filter(NAME.as_ptr(), Some(pass), None, AP_FTYPE_TRANSCODE);
    }
}

impl<'r> Request<'r> {
    /// Lets the answer to a stream end behind what its client sends. As long as the result lives the end is kept
    /// without reading, so that a handler can give back what it holds.
    pub(crate) fn keep_stream_end(self) -> Option<StreamEnd<'r>> {
        let has_one = || self.has_output_filter(NAME.to_bytes());
        if !self.is_stream() || self.main().is_some() || has_one() {
            return None;
        }
        let (request, connection) = (self.as_ptr(), self.read(|r| r.connection));
        // SAFETY: request and connection are live, and the brigade lives as long as the request.
        let filter = unsafe {
            let kept = apr_brigade_create(self.pool().as_ptr(), (*connection).bucket_alloc);
            ap_add_output_filter(NAME.as_ptr(), kept.cast(), request, connection)
        };
        NonNull::new(filter).map(|filter| StreamEnd { filter, life: PhantomData })
    }
}

/// The end of an answer, kept until this is released or dropped.
pub(crate) struct StreamEnd<'r> {
    filter: NonNull<ap_filter_t>,
    life: PhantomData<Request<'r>>,
}

impl StreamEnd<'_> {
    /// Lets the end leave behind what the client sends. One that is still to come, such as that of an error page, will
    /// do so by itself.
    pub(crate) fn release(self) {
        // SAFETY: filter and brigade live as long as the request.
        unsafe {
            if !jk_brigade_first(self.kept()).is_null() {
                drain(self.filter.as_ptr());
            }
        }
    }

    fn kept(&self) -> *mut apr_bucket_brigade {
        // SAFETY: the filter lives as long as the request.
        unsafe { (*self.filter.as_ptr()).ctx }.cast()
    }
}

impl Drop for StreamEnd<'_> {
    fn drop(&mut self) {
        let (filter, kept) = (self.filter.as_ptr(), self.kept());
        // SAFETY: filters and brigade live as long as the request. A client that has gone has all it wants.
        unsafe {
            (*filter).ctx = null_mut();
            if !jk_brigade_first(kept).is_null() {
                ap_pass_brigade((*filter).next, kept);
                apr_brigade_cleanup(kept.cast());
            }
        }
    }
}

unsafe extern "C" fn pass(filter: *mut ap_filter_t, brigade: *mut apr_bucket_brigade) -> apr_status_t {
    // SAFETY: httpd hands over a live filter of ours and a brigade for it.
    guard("stream end", libc::ECONNABORTED, || unsafe { pass_in_order(filter, brigade) })
}

/// Passes a brigade on, and its end behind what the client sends, or not yet.
///
/// # Safety
/// Filter and brigade are live; the context of the filter is a live brigade or null.
unsafe fn pass_in_order(filter: *mut ap_filter_t, brigade: *mut apr_bucket_brigade) -> apr_status_t {
    // SAFETY: the caller's promise; httpd's lists of filters end with one that passes nothing on.
    unsafe {
        let first_of_end = jk_brigade_end(brigade);
        if first_of_end.is_null() || drop_some(filter, new_brigade(filter)).is_break() {
            return ap_pass_brigade((*filter).next, brigade);
        }
        let kept = (*filter).ctx.cast::<apr_bucket_brigade>();
        let end = apr_brigade_split_ex(brigade, first_of_end, kept);
        jk_brigade_append(brigade, apr_bucket_flush_create((*(*filter).c).bucket_alloc));
        let status = ap_pass_brigade((*filter).next, brigade);
        if status != 0 || !kept.is_null() {
            return status;
        }
        drain(filter);
        ap_pass_brigade((*filter).next, end)
    }
}

/// Reads what the client of the filter's stream still sends, within bounds.
///
/// # Safety
/// The filter is live.
unsafe fn drain(filter: *mut ap_filter_t) {
    // SAFETY: the caller's promise.
    unsafe {
        let scrap = new_brigade(filter);
        lingering::drain(|| drop_some(filter, scrap));
    }
}

/// Drops what the client has sent, without waiting for more. One that waits for leave to send (`Expect: 100-continue`)
/// and got none is at its end.
///
/// # Safety
/// Filter and brigade are live, and the brigade is empty.
unsafe fn drop_some(filter: *mut ap_filter_t, scrap: *mut apr_bucket_brigade) -> ControlFlow<bool, usize> {
    // SAFETY: the caller's promise: connection and request of the filter are live as well.
    unsafe {
        if (*(*filter).r).expecting_100 != 0 {
            return ControlFlow::Break(true);
        }
        let filters = (*(*filter).c).input_filters;
        let status = ap_get_brigade(filters, scrap, AP_MODE_READBYTES, APR_NONBLOCK_READ, PIECE);
        let has_ended = !jk_brigade_end(scrap).is_null();
        let mut length = 0;
        // Of octets that are in memory: it can't fail.
        apr_brigade_length(scrap, 1, &mut length);
        apr_brigade_cleanup(scrap.cast());
        match status {
            0 | libc::EAGAIN if !has_ended => ControlFlow::Continue(length as usize),
            _ => ControlFlow::Break(has_ended),
        }
    }
}

/// A brigade that lives as long as the filter's request.
///
/// # Safety
/// The filter is live.
unsafe fn new_brigade(filter: *mut ap_filter_t) -> *mut apr_bucket_brigade {
    // SAFETY: the caller's promise.
    unsafe { apr_brigade_create((*(*filter).r).pool, (*(*filter).c).bucket_alloc) }
}
