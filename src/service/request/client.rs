//! The client's side of an exchange: httpd's request body and output filters.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::error_page;
use crate::ajp::{connection_options, is_hop_by_hop, SendHeaders};
use crate::ffi::guard::panic_point;
use crate::ffi::head::Head;
use crate::ffi::presence::is_process_ending;
use crate::ffi::request::Request;
use crate::ffi::request_body::{Broken, RequestBody};
use crate::ffi::response::{Brigade, Gone, Last, Stage};
use crate::text::{content_length, is_same_name};
use crate::worker::{Client, ClientGone, NobodyWaits, Then};

/// An httpd request as a worker sees its client.
pub(super) struct HttpdClient<'r> {
    request: Request<'r>,
    body: RequestBody<'r>,
    brigade: Brigade<'r>,
    /// What the head of the response was before it was started.
    before: Option<Head<'r>>,
}

impl<'r> HttpdClient<'r> {
    /// The client behind `request`.
    pub(super) fn new(request: Request<'r>) -> Self {
        Self { request, body: request.body(), brigade: request.brigade(), before: None }
    }

    /// The status to answer with when the request body could not be read.
    pub(super) fn body_failure(&self) -> Option<u16> {
        self.body.failure()
    }

    /// Lets a client that still sends have the answer. One whose connection is closed while it sends may lose it; httpd
    /// drains the connections that it closes, and a stream keeps its end meanwhile.
    pub(super) fn finish(&mut self) {
        let request = self.request;
        if request.is_stream() || request.closes_connection() || request.is_aborted() || !self.body.has_rest()
        {
            return;
        }
        if request.response_stage() == Stage::Complete {
            request.flush_connection();
        }
        if !self.body.drain() {
            request.close_connection();
        }
    }

    /// Sets one header the way httpd wants it.
    fn set_header(&self, name: &[u8], value: &[u8]) {
        let headers = self.request.headers_out();
        if is_same_name(name, b"Content-Type") {
            self.request.set_content_type(&lower_media_type(value));
        } else if is_same_name(name, b"Content-Length") {
            // The decoder took only decimal lengths.
            content_length(value).into_iter().for_each(|length| self.request.set_content_length(length));
        } else if is_same_name(name, b"Last-Modified") {
            self.request.set_last_modified(value);
        } else if is_same_name(name, b"Location") {
            headers.set(name, value);
        } else if !is_hop_by_hop(name) {
            headers.add(name, value);
        }
    }
}

impl From<Gone> for ClientGone {
    fn from(_: Gone) -> Self {
        ClientGone
    }
}

impl Client for HttpdClient<'_> {
    fn read_body(&mut self, buffer: &mut [u8]) -> Result<usize, ClientGone> {
        self.body.read(buffer).map_err(|Broken| ClientGone)
    }

    fn start(&mut self, head: &SendHeaders<'_>, added: &[(&[u8], &[u8])]) {
        self.before.get_or_insert_with(|| self.request.head());
        panic_point("head");
        self.request.set_status(head.status, head.reason.as_deref().filter(|reason| !reason.is_empty()));
        let named = named_by_connection(head);
        let ends_here = |name: &[u8]| named.iter().any(|option| is_same_name(option, name));
        // Its body is dropped, and unlike 204 and 304 httpd would announce it.
        let ends_here =
            |name: &[u8]| ends_here(name) || (head.status == 205 && is_same_name(name, b"Content-Length"));
        let headers = head.headers.iter().map(|(name, value)| (*name, &**value));
        for (name, value) in headers.filter(|(name, _)| !ends_here(name)).chain(added.iter().copied()) {
            self.set_header(name, value);
        }
    }

    fn give_way(&mut self, head: &SendHeaders<'_>) {
        error_page::take_over(self.request, head);
    }

    fn reset(&mut self) {
        if let Some(head) = &self.before {
            head.restore();
        }
    }

    fn deliver(&mut self, chunks: &[&[u8]], then: Then) -> Result<(), ClientGone> {
        let chunks = if self.request.is_header_only() { &[] } else { chunks };
        let last = match then {
            Then::More => Last::Nothing,
            Then::Flush => Last::Flush,
            Then::End => Last::End,
        };
        self.brigade.pass(chunks, last)?;
        panic_point("response");
        Ok(())
    }

    fn waits(&mut self) -> Result<(), NobodyWaits> {
        // In this order: a process that ends may have closed the client's socket under this thread.
        if is_process_ending() {
            return Err(NobodyWaits::ProcessEnds);
        }
        match self.request.is_client_gone() {
            true => Err(NobodyWaits::ClientGone),
            false => Ok(()),
        }
    }

    fn abort(&mut self) {
        self.request.cut_response();
    }
}

/// Headers that the container itself declares to be for this hop alone (RFC 9110, section 7.6.1).
fn named_by_connection<'a>(head: &'a SendHeaders<'_>) -> SmallVec<[&'a [u8]; 4]> {
    let values = head.headers.iter().filter(|(name, _)| is_same_name(name, b"Connection"));
    values.flat_map(|(_, value)| connection_options(value)).collect()
}

/// Lower-cases type and subtype, not the parameters.
fn lower_media_type(value: &[u8]) -> Cow<'_, [u8]> {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    if !value[..end].iter().any(u8::is_ascii_uppercase) {
        return Cow::Borrowed(value);
    }
    let mut lowered = value.to_vec();
    lowered[..end].make_ascii_lowercase();
    Cow::Owned(lowered)
}

#[cfg(test)]
mod tests {
    use super::lower_media_type;

    #[test]
    fn parameters_of_a_media_type_keep_their_case() {
        assert_eq!(*lower_media_type(b"Text/HTML; charset=UTF-8"), *b"text/html; charset=UTF-8");
        assert_eq!(*lower_media_type(b"IMAGE/PNG"), *b"image/png");
        assert_eq!(*lower_media_type(b"text/html; charset=UTF-8"), *b"text/html; charset=UTF-8");
    }
}
