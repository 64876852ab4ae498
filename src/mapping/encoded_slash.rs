//! Slashes that AllowEncodedSlashes NoDecode leaves encoded: which `%2F` in httpd's decoded path are such.
//!
//! httpd decodes `%252F` to the same three octets, so the path alone can't tell. The request target can: it is decoded
//! here once more as httpd does it, with the slashes marked. Rules: httpd, "AllowEncodedSlashes".

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// Stands for the `%` of a slash that stays encoded; httpd refuses paths with NUL.
pub(super) const MARK: u8 = 0;

/// Length of `%2F`.
const ESCAPE: usize = 3;

/// Offsets in the decoded path `uri` of the `%2F` that came so in `target`.
///
/// If `uri` was made by a rewriting of `target`, all of them; none if `target` holds a `%25`, of which they may come.
pub fn encoded_slashes(uri: &[u8], target: &[u8]) -> Vec<usize> {
    let found: Vec<_> = memmem::find_iter(uri, b"%2").filter(|at| is_slash(&uri[*at..])).collect();
    if found.is_empty() {
        return found;
    }
    let path = path_of(target);
    let traced = [false, true].map(|merge| resolve(&decode(path), merge));
    let original = traced.iter().flatten().find(|traced| {
        let octets = traced.iter().map(|octet| if *octet == MARK { b'%' } else { *octet });
        octets.eq(uri.iter().copied())
    });
    match original {
        Some(traced) => found.into_iter().filter(|at| traced[*at] == MARK).collect(),
        None if memmem::find(path, b"%25").is_none() => found,
        None => Vec::new(),
    }
}

/// Escapes a path, but for the slashes at `encoded`, which are left as they came.
pub fn escape_around<'u>(
    uri: &'u [u8],
    encoded: &[usize],
    escape: &dyn Fn(&'u [u8]) -> Cow<'u, [u8]>,
) -> Cow<'u, [u8]> {
    let Some(last) = encoded.last() else { return escape(uri) };
    let mut escaped = Vec::with_capacity(uri.len() + 16);
    let mut start = 0;
    for slash in encoded {
        escaped.extend_from_slice(&escape(&uri[start..*slash]));
        start = slash + ESCAPE;
        escaped.extend_from_slice(&uri[*slash..start]);
    }
    escaped.extend_from_slice(&escape(&uri[last + ESCAPE..]));
    Cow::Owned(escaped)
}

/// Tells whether a slash of `encoded` separates a `.` or `..`: container and httpd would not agree on what it names.
pub fn hides_dot_segment(uri: &[u8], encoded: &[usize]) -> bool {
    let around = |at: &usize| {
        let start = uri[..*at].iter().rposition(|octet| *octet == b'/').map_or(0, |slash| slash + 1);
        let end = memchr(b'/', &uri[*at..]).map_or(uri.len(), |length| at + length);
        // A segment between literal slashes, and in it the pieces between encoded ones.
        let starts = encoded.iter().filter(|slash| (start..end).contains(*slash)).map(|slash| slash + ESCAPE);
        std::iter::once(start).chain(starts).any(|piece| is_dots(&uri[piece..end]))
    };
    encoded.iter().any(around)
}

/// Tells whether the piece that `text` begins with, up to `;` or an encoded slash, is `.` or `..`.
fn is_dots(text: &[u8]) -> bool {
    let dots = text.iter().take_while(|octet| **octet == b'.').count();
    let ends = matches!(text.get(dots), None | Some(b';')) || is_slash(&text[dots..]);
    (1..=2).contains(&dots) && ends
}

fn is_slash(text: &[u8]) -> bool {
    matches!(text, [b'%', b'2', b'F' | b'f', ..])
}

/// The path of a request target, which may begin with scheme and host.
pub(super) fn path_of(target: &[u8]) -> &[u8] {
    let end = memchr(b'?', target).unwrap_or(target.len());
    let target = &target[..end];
    match memmem::find(target, b"://") {
        Some(scheme) if target.first() != Some(&b'/') => {
            let host = &target[scheme + 3..];
            memchr(b'/', host).map_or(b"/", |path| &host[path..])
        }
        _ => target,
    }
}

/// Decodes a path, but for slashes, whose `%` becomes a [`MARK`].
pub(super) fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let octet = match after {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match octet {
            Some(b'/') => decoded.extend([MARK, after[0], after[1]]),
            Some(octet) => decoded.push(octet),
            None => decoded.push(*first),
        }
        rest = if octet.is_some() { &after[2..] } else { after };
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Resolves dot segments as httpd does, and with `merge` doubled slashes; `None` if they climb above the root.
pub(super) fn resolve(path: &[u8], merge: bool) -> Option<Vec<u8>> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|octet| *octet == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            b"." | b".." => {
                if segment.len() == 2 {
                    kept.pop()?;
                }
                if is_last {
                    kept.push(b"");
                }
            }
            b"" if merge && !is_last => {}
            _ => kept.push(segment),
        }
    }
    Some([b"/".as_slice(), &kept.join(&b'/')].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slashes_that_came_encoded_are_found() {
        let cases: &[(&str, &str, &[usize])] = &[
            ("/app/a%2Fb", "/app/a%2Fb", &[6]),
            ("/app/a%2fb", "/app/a%2fb?c=%2f", &[6]),
            ("/app/a%2Fb", "/app/a%252Fb", &[]),
            ("/app/a%2Fb", "/app/a%25%32%46b", &[]),
            ("/app/%/a%2Fb", "/app/%25/a%2Fb", &[8]),
            ("/a%2Fb/c%2Fd", "/a%252Fb/x/../c%2Fd", &[8]),
            ("/a%2Fb", "/./x/%2e%2e//a%2Fb", &[2]),
            ("/x//a%2Fb", "/x//a%2Fb", &[5]),
            ("/a%2Fb", "http://host/a%2Fb", &[2]),
            ("/new/a%2Fb", "/old/a%2Fb", &[6]),
            ("/new/a%2Fb", "/old/a%252Fb", &[]),
            ("/a%20b", "/a%2520b", &[]),
            ("/a%2", "/a%252", &[]),
        ];
        for (uri, target, expected) in cases {
            assert_eq!(encoded_slashes(uri.as_bytes(), target.as_bytes()), *expected, "{uri} of {target}");
        }
    }

    #[test]
    fn they_are_left_as_they_came() {
        fn escape(path: &[u8]) -> Cow<'_, [u8]> {
            Cow::Owned([b"<", path, b">".as_slice()].concat())
        }
        let escaped = |uri: &'static str, encoded: &[usize]| {
            String::from_utf8(escape_around(uri.as_bytes(), encoded, &escape).into_owned()).unwrap()
        };
        assert_eq!(escaped("/a%2Fb%2fc", &[2, 6]), "</a>%2F<b>%2f<c>");
        assert_eq!(escaped("/a%2Fb", &[]), "</a%2Fb>");
    }

    #[test]
    fn dots_behind_or_before_an_encoded_slash_are_seen() {
        let all = |uri: &str| encoded_slashes(uri.as_bytes(), uri.as_bytes());
        for uri in ["/a%2F..%2Fb", "/a%2f../b", "/..%2Fb", "/a/.%2Fb", "/a%2F..;x/b", "/a%2F."] {
            assert!(hides_dot_segment(uri.as_bytes(), &all(uri)), "{uri}");
        }
        for uri in ["/a%2Fb", "/a%2F...", "/a/..b%2Fc", "/a%2F.b", "/x;a=%2F/b", "/a%2F%2Fb"] {
            assert!(!hides_dot_segment(uri.as_bytes(), &all(uri)), "{uri}");
        }
    }
}
