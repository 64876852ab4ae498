//! use_server_errors: httpd's page, the container's meaning.
//!
//! The container's page is dropped with its headers, but what a status is of no use without stays. "uri-mapping,
//! section 3" and "decisions, row 42".

use crate::ajp::SendHeaders;
use crate::ffi::request::Request;

/// Headers that a status needs to mean anything (RFC 9110, sections 11.6, 15.4 and 15.5; RFC 6585, section 4).
const NEEDED: [(u16, &[&str]); 15] = [
    (300, &["Location"]),
    (301, &["Location"]),
    (302, &["Location"]),
    (303, &["Location"]),
    (305, &["Location"]),
    (307, &["Location"]),
    (308, &["Location"]),
    (401, &["WWW-Authenticate"]),
    (405, &["Allow"]),
    (407, &["Proxy-Authenticate"]),
    (413, &["Retry-After"]),
    (415, &["Accept", "Accept-Encoding"]),
    (416, &["Content-Range"]),
    (429, &["Retry-After"]),
    (503, &["Retry-After"]),
];

/// Leaves the page to httpd, and keeps of `head` what its status needs: whole, however often it came.
pub(super) fn take_over(request: Request<'_>, head: &SendHeaders<'_>) {
    request.set_unknown_status_line(head.status, head.reason.as_deref());
    for (name, value) in head.headers.iter().filter(|(name, _)| is_needed(head.status, name)) {
        if name.eq_ignore_ascii_case(b"Allow") {
            // httpd writes the Allow of a 405 itself, from the methods it knows the resource to have.
            request.allow_methods(value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii));
        }
        request.err_headers_out().add(name, value);
    }
}

fn is_needed(status: u16, name: &[u8]) -> bool {
    let row = NEEDED.iter().find(|(of, _)| *of == status);
    row.is_some_and(|(_, names)| names.iter().any(|needed| needed.as_bytes().eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::is_needed;

    #[test]
    fn a_status_keeps_what_it_needs_and_nothing_else() {
        let cases: [(u16, &[u8], bool); 9] = [
            (401, b"www-authenticate", true),
            (403, b"WWW-Authenticate", false),
            (407, b"Proxy-Authenticate", true),
            (405, b"ALLOW", true),
            (429, b"Retry-After", true),
            (503, b"retry-after", true),
            (416, b"Content-Range", true),
            (500, b"Retry-After", false),
            (401, b"Set-Cookie", false),
        ];
        for (status, name, needed) in cases {
            assert_eq!(is_needed(status, name), needed, "{status} {}", String::from_utf8_lossy(name));
        }
    }
}
