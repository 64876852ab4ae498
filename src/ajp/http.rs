//! What HTTP demands of a response head, so that what a container sends can't break the message apart.
//!
//! Rules: RFC 9110, sections 5.1, 5.5, 5.6.2, 7.6.1 and 8.6; "decisions, rows 19 and 27".

use std::borrow::Cow;

use crate::text::{is_same_name, trim_header_value};

/// Headers about one connection and not the message; HTTP does not let a gateway pass them on.
///
/// Proxy-Authenticate is not among them: whoever asks for it sits behind us and means the client.
const HOP_BY_HOP: [&str; 7] =
    ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"];

/// Whether a header ends at this hop, so that the container's must not reach the client.
pub fn is_hop_by_hop(name: &[u8]) -> bool {
    HOP_BY_HOP.iter().any(|header| is_same_name(header.as_bytes(), name))
}

/// The further headers that a Connection header with this value declares to end at this hop.
pub fn connection_options(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|octet| *octet == b',').map(trim_header_value).filter(|option| !option.is_empty())
}

/// Whether `name` can be a header name: not empty, token characters only.
pub(super) fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|octet| TOKEN_CHARACTERS[usize::from(*octet)])
}

/// By their code.
static TOKEN_CHARACTERS: [bool; 256] = {
    let mut table = [false; 256];
    let mut code = 0;
    while code < 128 {
        table[code] = (code as u8).is_ascii_alphanumeric();
        code += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};

/// A header value or a reason phrase as HTTP can carry it: control characters except TAB become blanks, and those
/// at its ends do not belong to it.
pub(super) fn field_content(text: &[u8]) -> Cow<'_, [u8]> {
    let breaks_apart = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
    if !has_controls(text) || !text.iter().any(breaks_apart) {
        return Cow::Borrowed(trim_header_value(text));
    }
    let blanked: Vec<u8> = text.iter().map(|octet| if breaks_apart(octet) { b' ' } else { *octet }).collect();
    Cow::Owned(trim_header_value(&blanked).to_vec())
}

/// Tells whether there is a control character in `text`, of which TAB is one; looks at eight octets at a time.
fn has_controls(text: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xFF;
    // The highest bit is set of the first octet below 0x20, and of the first that is 0x7F.
    let controls = |word: u64| {
        let low = word.wrapping_sub(EACH * 0x20) & !word;
        let del = word ^ (EACH * 0x7F);
        (low | (del.wrapping_sub(EACH) & !del)) & (EACH * 0x80) != 0
    };
    let mut words = text.chunks_exact(size_of::<u64>());
    let rest = words.remainder();
    words.any(|word| word.try_into().is_ok_and(|word| controls(u64::from_ne_bytes(word))))
        || rest.iter().any(u8::is_ascii_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hop_by_hop_headers_in_any_case() {
        for name in ["connection", "KEEP-ALIVE", "Proxy-Connection", "te", "Trailer", "upgrade"] {
            assert!(is_hop_by_hop(name.as_bytes()), "{name}");
        }
        assert!(is_hop_by_hop(b"Transfer-Encoding"));
        for name in ["Content-Length", "Proxy-Authenticate", "WWW-Authenticate", "Connections", ""] {
            assert!(!is_hop_by_hop(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn options_of_a_connection() {
        let options = |value| connection_options(value).collect::<Vec<_>>();
        assert_eq!(options(b"close"), [b"close"]);
        assert_eq!(options(b" X-A,,x-b\t, "), [b"X-A", b"x-b"]);
        assert!(options(b"").is_empty());
    }

    #[test]
    fn tokens() {
        for name in ["X", "Set-Cookie", "x_1.2~", "!#$%&'*+-.^_`|~"] {
            assert!(is_token(name.as_bytes()), "{name}");
        }
        for name in ["", " X", "X ", "a b", "a:b", "a\r\nb", "a\0", "a\"b", "ä", "a/b", "a(b)", "\u{7f}"] {
            assert!(!is_token(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn control_characters_are_found_wherever_they_stand() {
        for (octet, at) in (0..=255_u8).flat_map(|octet| (0..17).map(move |at| (octet, at))) {
            for around in [b' ', b'~', 0x80, 0xFF] {
                let mut text = [around; 17];
                text[at] = octet;
                assert_eq!(
                    has_controls(&text),
                    octet.is_ascii_control(),
                    "{octet:#x} at {at} in {around:#x}"
                );
            }
        }
    }

    #[test]
    fn control_characters_become_blanks() {
        for octet in (0..0x20).chain([0x7f]).filter(|octet| *octet != b'\t') {
            assert_eq!(*field_content(&[b'a', octet, b'b', octet]), *b"a b");
        }
        assert_eq!(*field_content(b"/a?b\r\nSet-Cookie: c\0"), *b"/a?b  Set-Cookie: c");
        assert_eq!(*field_content(b"\r\n"), *b"");
        assert!(matches!(field_content(b" a\tb \xe4\xff"), Cow::Borrowed(b"a\tb \xe4\xff")));
    }
}
