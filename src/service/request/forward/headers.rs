//! The headers of a request, and what they say about its body.

use super::expanded::{is_expanded, without_gzip};
use crate::ajp::Headers;
use crate::ffi::request::Request;
use crate::ffi::table::Table;
use crate::text::{content_length, is_same_name, trim_header_value};
use crate::worker::Body;

/// Request headers as the container gets them: all as received, but exactly one statement about the body.
pub(super) struct RequestHeaders<'r> {
    table: Table<'r>,
    body: Body,
    /// mod_deflate expands the body.
    expanded: bool,
}

impl<'r> RequestHeaders<'r> {
    /// The headers of `request`, whose body is `body`.
    pub(super) fn of(request: Request<'r>, body: Body) -> Self {
        Self { table: request.headers_in(), body, expanded: is_expanded(request) }
    }
}

impl Headers for RequestHeaders<'_> {
    fn for_each_cookie(&self, visit: &mut dyn FnMut(&[u8])) {
        // The table knows at once if there is none.
        if self.table.get(c"Cookie").is_some() {
            self.table.values(b"Cookie").for_each(visit);
        }
    }

    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        // A container takes a missing Content-Length as a body of unknown length.
        let mut length_due = self.body == Body::None;
        for (name, value) in self.table.iter() {
            if is_same_name(name, b"Content-Length") {
                if self.body == Body::Unknown || (self.body == Body::None && announced_length(value) > 0) {
                    continue;
                }
                length_due = false;
            }
            if self.body == Body::None && is_same_name(name, b"Transfer-Encoding") {
                continue;
            }
            if self.expanded && is_same_name(name, b"Content-Encoding") {
                let left = without_gzip(value).filter(|left| !left.is_empty());
                left.into_iter().for_each(|left| visit(name, &left));
                continue;
            }
            if self.expanded && is_same_name(name, b"Content-MD5") {
                continue;
            }
            visit(name, value);
        }
        if length_due {
            visit(b"content-length", b"0");
        }
    }
}

/// The length that a Content-Length of a request announces; httpd has refused what is no number before.
pub(super) fn announced_length(value: &[u8]) -> u64 {
    content_length(trim_header_value(value)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::announced_length;

    #[test]
    fn what_is_no_length_announces_nothing() {
        assert_eq!([announced_length(b" 42"), announced_length(b"x")], [42, 0]);
    }
}
