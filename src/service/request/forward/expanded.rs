//! Request bodies that mod_deflate expands: what their headers say about what is left.
//!
//! The filter changes the headers itself, but not before the body is read, and by then the container has them.

use crate::ffi::request::Request;

/// Tells whether mod_deflate will expand the body: its announced length is that of the compressed one.
pub(super) fn is_expanded(request: Request<'_>) -> bool {
    let headers = request.headers_in();
    // First what nearly all requests lack.
    headers.get(c"Content-Encoding").and_then(without_gzip).is_some()
        && headers.get(c"Content-Range").is_none()
        && request.previous().is_none()
        && request.main().is_none()
        && request.has_input_filter(b"deflate")
}

/// The codings that are left of a Content-Encoding when its gzip is taken off; `None` if that is not the outermost.
pub(super) fn without_gzip(value: &[u8]) -> Option<Vec<u8>> {
    let codings = value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii);
    let mut codings: Vec<_> =
        codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")).collect();
    let last = codings.pop()?.to_ascii_lowercase();
    (last == b"gzip" || last == b"x-gzip").then(|| codings.join(&b", "[..]))
}

#[cfg(test)]
mod tests {
    use super::without_gzip;

    #[test]
    fn the_outermost_gzip_is_taken_off() {
        let cases: [(&[u8], Option<&[u8]>); 8] = [
            (b"gzip", Some(b"")),
            (b"X-GZip", Some(b"")),
            (b"br, gzip", Some(b"br")),
            (b"a,b , gzip, identity", Some(b"a, b")),
            (b"gzip, br", None),
            (b"br", None),
            (b"identity", None),
            (b"", None),
        ];
        for (value, left) in cases {
            assert_eq!(without_gzip(value).as_deref(), left, "{}", String::from_utf8_lossy(value));
        }
    }
}
