//! The body of a request, read from the client through httpd's input filters.
//!
//! A read that succeeds without octets says nothing: filters that expand or decode do that while too little has
//! come. Only the EOS bucket ends a body. What a filter gives beyond what was asked for stays in the brigade for
//! the next read.

use std::ops::ControlFlow;
use std::ptr::NonNull;

use super::bindings::{
    ap_get_brigade, ap_map_http_request_error, ap_setup_client_block, ap_should_client_block,
    apr_brigade_create, apr_bucket, apr_bucket_brigade, apr_read_type_e, jk_brigade_first, jk_bucket_delete,
    jk_bucket_error_status, jk_bucket_kind, jk_bucket_take, APR_BLOCK_READ, APR_NONBLOCK_READ,
    AP_MODE_READBYTES, JK_BUCKET_DATA, JK_BUCKET_END, JK_BUCKET_ERROR, REQUEST_CHUNKED_DECHUNK,
};
use super::filters::has_filter;
use super::lingering;
use super::request::{set, Request};

/// Reads in a row that succeed without octets; a filter that goes on with that would hold the thread for good.
const EMPTY_READS: u32 = 100_000;

impl<'r> Request<'r> {
    /// Tells whether a body that the headers announce is this request's: sub-requests and pages of an ErrorDocument have
    /// the headers of a body that was sent for another one.
    pub(crate) fn has_own_body(self) -> bool {
        self.main().is_none() && !self.is_error_page()
    }

    /// Prepares reading the request body with chunks decoded; call once, before the others.
    ///
    /// # Errors
    /// The status to answer with when the body's framing can't be accepted.
    pub(crate) fn set_up_body(self) -> Result<(), u16> {
        // SAFETY: the request is live and this thread's.
        match unsafe { ap_setup_client_block(self.as_ptr(), REQUEST_CHUNKED_DECHUNK as i32) } {
            0 => Ok(()),
            status => Err(u16::try_from(status).unwrap_or(400)),
        }
    }

    /// Tells whether the body is chunked, so that its length is unknown.
    pub(crate) fn is_body_chunked(self) -> bool {
        self.read(|r| r.read_chunked) != 0
    }

    /// Tells whether a filter of that name, in lower case, is among those that the request body passes through.
    pub(crate) fn has_input_filter(self, name: &[u8]) -> bool {
        // SAFETY: the list is that of the live request, and this is its thread.
        unsafe { has_filter(self.read(|r| r.input_filters), name) }
    }

    /// The body, of which nothing has been read.
    pub(crate) fn body(self) -> RequestBody<'r> {
        RequestBody { request: self, brigade: None, state: State::Untouched }
    }
}

/// A request body under way. Its brigade is on the request's pool and lives as long as that.
pub(crate) struct RequestBody<'r> {
    request: Request<'r>,
    /// What filters have given and nobody has taken yet; made when they are asked first, as most requests have no body.
    brigade: Option<NonNull<apr_bucket_brigade>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Untouched,
    Open,
    Ended,
    /// It can't be read to its end; this is the status to answer with, unless a filter has answered.
    Failed(u16),
}

impl RequestBody<'_> {
    /// Reads body octets, waiting for at least one; 0 is the end.
    ///
    /// # Errors
    /// When the client disconnected, was too slow, or sent an invalid body, or when a filter fails.
    /// [`RequestBody::failure`] says what to answer.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        match self.state {
            State::Untouched => self.begin(),
            State::Failed(_) => return Err(Broken),
            State::Open | State::Ended => {}
        }
        for _ in 0..EMPTY_READS {
            let length = self.take(buffer)?;
            if length > 0 || self.state == State::Ended || buffer.is_empty() {
                return Ok(length);
            }
            self.fetch(buffer.len())?;
        }
        Err(self.fail(500))
    }

    /// Tells whether the client may still send a part of it. One that waits for leave to send
    /// (`Expect: 100-continue`) and got none does not.
    pub(crate) fn has_rest(&mut self) -> bool {
        if self.state == State::Untouched && self.request.read(|r| r.expecting_100) == 0 {
            self.begin();
        }
        self.state == State::Open
    }

    /// Reads and drops what the client still sends, within bounds; tells whether that was all.
    pub(crate) fn drain(&mut self) -> bool {
        let mut scrap = [0; 8192];
        lingering::drain(|| match self.drop_some(&mut scrap) {
            Ok(length) if self.state == State::Open => ControlFlow::Continue(length),
            Ok(_) => ControlFlow::Break(true),
            Err(Broken) => ControlFlow::Break(false),
        })
    }

    /// Drops what has come, without waiting for more.
    fn drop_some(&mut self, scrap: &mut [u8]) -> Result<usize, Broken> {
        match self.ask(scrap.len(), APR_NONBLOCK_READ) {
            0 | libc::EAGAIN => self.take(scrap),
            _ => Err(self.fail(400)),
        }
    }

    /// The status to answer with when the body can't be read.
    pub(crate) fn failure(&self) -> Option<u16> {
        match self.state {
            State::Failed(status) => Some(status),
            _ => None,
        }
    }

    fn begin(&mut self) {
        // SAFETY: the request is live and this thread's.
        let expected = unsafe { ap_should_client_block(self.request.as_ptr()) != 0 };
        self.state = if expected { State::Open } else { State::Ended };
    }

    /// Asks the filters for octets; returns their status.
    fn ask(&mut self, wanted: usize, block: apr_read_type_e) -> i32 {
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let filters = self.request.read(|r| r.input_filters);
        let brigade = self.brigade().as_ptr();
        // SAFETY: the request and with it its filters are live, this is its thread, and the brigade is live.
        unsafe { ap_get_brigade(filters, brigade, AP_MODE_READBYTES, block, wanted) }
    }

    fn brigade(&mut self) -> NonNull<apr_bucket_brigade> {
        let request = self.request;
        *self.brigade.get_or_insert_with(|| {
            // SAFETY: the pool is the request's, and the allocator its connection's, which outlives it.
            let raw =
                unsafe { apr_brigade_create(request.pool().as_ptr(), (*request.connection()).bucket_alloc) };
            NonNull::new(raw).expect("APR has memory or aborts")
        })
    }

    /// Waits for octets from the filters.
    fn fetch(&mut self, wanted: usize) -> Result<(), Broken> {
        let status = self.ask(wanted, APR_BLOCK_READ);
        // A filter that has answered may well say that all is well, and call what it did not read the end.
        if self.request.has_ended() {
            return Err(self.fail(500));
        }
        if status == 0 {
            return Ok(());
        }
        // SAFETY: it only compares numbers.
        let status = unsafe { ap_map_http_request_error(status, 400) };
        // AP_FILTER_ERROR stays what it is: a filter that has not answered either leaves it to the server.
        Err(self.fail(u16::try_from(status).unwrap_or(500)))
    }

    /// Moves octets that are there into `buffer`, up to its end or that of the body.
    fn take(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        let mut length = 0;
        while length < buffer.len() {
            let Some(bucket) = self.first() else { break };
            // SAFETY: `first` took the bucket from the brigade just now, and nothing has removed it.
            match unsafe { jk_bucket_kind(bucket) } as u32 {
                JK_BUCKET_DATA => length += self.take_from(bucket, &mut buffer[length..])?,
                JK_BUCKET_END => {
                    self.state = State::Ended;
                    break;
                }
                JK_BUCKET_ERROR => {
                    // SAFETY: the bucket is still there, and of the kind that has a status.
                    let status = unsafe { jk_bucket_error_status(bucket) };
                    return Err(self.fail(u16::try_from(status).unwrap_or(500)));
                }
                // SAFETY: the bucket is still there; the brigade is this value's alone, and the pointer ends here.
                _ => unsafe { jk_bucket_delete(bucket) },
            }
        }
        let request = self.request;
        set!(request, read_length = request.read(|r| r.read_length) + length as i64);
        Ok(length)
    }

    fn first(&self) -> Option<*mut apr_bucket> {
        if let State::Ended | State::Failed(_) = self.state {
            return None;
        }
        // SAFETY: the brigade is live (`RequestBody`).
        let bucket = unsafe { jk_brigade_first(self.brigade?.as_ptr()) };
        Some(bucket).filter(|bucket| !bucket.is_null())
    }

    fn take_from(&mut self, bucket: *mut apr_bucket, space: &mut [u8]) -> Result<usize, Broken> {
        let mut length = space.len();
        // SAFETY: the caller has the bucket from `first`, and does not use it afterwards. `length` is that of `space`, and no
        // more octets are written (include/shim.c).
        let status = unsafe { jk_bucket_take(bucket, space.as_mut_ptr().cast(), &mut length) };
        if status == 0 {
            Ok(length)
        } else {
            Err(self.fail(400))
        }
    }

    /// Notes that nothing more can be read: what follows on this connection can't be told from the body.
    fn fail(&mut self, status: u16) -> Broken {
        self.state = State::Failed(status);
        self.request.close_connection();
        Broken
    }
}

/// The body can't be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;
