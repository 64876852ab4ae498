//! URIs on their way out: what is forwarded to the container, and what httpd serves itself.

use std::borrow::Cow;

use memchr::{memchr2, memchr_iter, memmem};

/// Tells whether a decoded URI holds `%` or `\`, which RejectUnsafeURI refuses ("uri-mapping, section 4").
pub fn is_unsafe(uri: &[u8]) -> bool {
    memchr2(b'%', b'\\', uri).is_some()
}

/// Tells whether a decoded URI holds something that a container would decode once more if it got it as it is; what
/// stands at `encoded` does not count.
pub fn decodes_again(uri: &[u8], encoded: &[usize]) -> bool {
    let is_escape =
        |at: usize| uri.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    memchr_iter(b'%', uri).any(|at| is_escape(at) && !encoded.contains(&at))
}

/// Re-encodes a decoded URI as ForwardURIProxy sends it ("uri-mapping, section 7").
pub fn escape_proxy(uri: &[u8]) -> Cow<'_, [u8]> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let Some(first) = uri.iter().position(|octet| !is_plain(*octet)) else { return Cow::Borrowed(uri) };
    let mut escaped = Vec::with_capacity(uri.len() + 16);
    escaped.extend_from_slice(&uri[..first]);
    for octet in &uri[first..] {
        if is_plain(*octet) {
            escaped.push(*octet);
        } else {
            escaped.extend([b'%', HEX[usize::from(octet >> 4)], HEX[usize::from(octet & 15)]]);
        }
    }
    Cow::Owned(escaped)
}

fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"/~$-_.+!*'(),;:@&=".contains(&octet)
}

/// Removes the session path parameter `name` (with its `;`) from `uri`, up to the next `;`, `/` or the end.
///
/// Only its first occurrence goes; `None` if there is none ("uri-mapping, section 11").
pub fn strip_session(uri: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let start = memmem::find(uri, name)?;
    let value = start + name.len();
    let end = memchr2(b';', b'/', &uri[value..]).map_or(uri.len(), |length| value + length);
    Some([&uri[..start], &uri[end..]].concat())
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn proxy_encoding_follows_the_table() {
        let cases: &[(&[u8], &str)] = &[
            (b"/a b", "/a%20b"),
            (b"/%", "/%25"),
            (b"/?", "/%3F"),
            (b"/;x", "/;x"),
            (b"/&", "/&"),
            (b"/\xE4|", "/%E4%7C"),
            (b"/~$-_.+!*'(),;:@&=", "/~$-_.+!*'(),;:@&="),
            (b"/#\"<>\\^`{}[]\x00\x7F", "/%23%22%3C%3E%5C%5E%60%7B%7D%5B%5D%00%7F"),
            (b"/a%2Fb", "/a%252Fb"),
        ];
        for (uri, expected) in cases {
            assert_eq!(escape_proxy(uri).as_bstr(), *expected);
        }
        assert!(matches!(escape_proxy(b"/plain;x=1/y"), Cow::Borrowed(_)));
    }

    /// Decoded once by httpd and sent raw, `%25..` was decoded again by Tomcat.
    #[test]
    fn cve_2007_1860_percent_is_encoded_again() {
        assert_eq!(escape_proxy(b"/app/%2e%2e/manager").as_bstr(), "/app/%252e%252e/manager");
    }

    #[test]
    fn only_escapes_are_decoded_again() {
        for uri in ["/%2e", "/a%41", "/%2Fb%2F"] {
            assert!(decodes_again(uri.as_bytes(), &[1]) == (uri != "/%2e"), "{uri}");
            assert!(decodes_again(uri.as_bytes(), &[]), "{uri}");
        }
        for uri in ["/a%c?d", "/100%", "/%2", "/a"] {
            assert!(!decodes_again(uri.as_bytes(), &[]), "{uri}");
        }
    }

    #[test]
    fn session_is_stripped_up_to_the_next_delimiter() {
        let cases: &[(&str, Option<&str>)] = &[
            ("/a;jsessionid=1", Some("/a")),
            ("/a;jsessionid=1/b", Some("/a/b")),
            ("/a;jsessionid=1;y=2", Some("/a;y=2")),
            ("/a;jsessionidX/b", Some("/a/b")),
            ("/a;jsessionid=1/b;jsessionid=2", Some("/a/b;jsessionid=2")),
            ("/a;JSESSIONID=1", None),
            ("/a", None),
        ];
        for (uri, expected) in cases {
            let stripped = strip_session(uri.as_bytes(), b";jsessionid");
            assert_eq!(stripped.as_deref().map(ByteSlice::as_bstr), expected.map(Into::into), "{uri}");
        }
    }

    #[test]
    fn unsafe_octets_are_percent_and_backslash() {
        assert!(is_unsafe(b"/a%b") && is_unsafe(b"/a\\b") && !is_unsafe(b"/a;b"));
    }
}
