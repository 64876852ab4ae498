//! How a container reads a request target that it gets as the client sent it.
//!
//! httpd decodes a path, and parameters and dot segments are taken out of that; a container takes parameters away first,
//! then decodes, and resolves dot segments last. So one text may name two resources: `/;a%2Fb/x` is `/b/x` for the one
//! and `/x` for the other. "decisions, row 51".

use bstr::ByteSlice;
use memchr::memmem;

use super::encoded_slash::{decode, path_of, MARK};
use super::normalise::{resolve, segments, without_parameters};
use super::UriError;

/// Tells whether every container reads `target` as the path `clean`, in which `keeps_encoded_slashes` says what became
/// of slashes that came encoded. Containers decode them or not, and some take backslashes for slashes.
pub fn reads_as(target: &[u8], clean: &[u8], keeps_encoded_slashes: bool) -> bool {
    let path = path_of(target);
    // A NUL would look like the mark of an encoded slash; no container takes it.
    if memmem::find(path, b"%00").is_some() {
        return false;
    }
    let names: Vec<_> = segments(path).skip(1).map(|segment| decode(without_parameters(segment))).collect();
    let Ok(read) = resolve(names.iter().map(Vec::as_slice)) else { return false };
    let seen = match keeps_encoded_slashes {
        true => read.replace([MARK], "%"),
        false => decode_slashes(&read),
    };
    seen == clean && resolve_all(&names.join(&b'/')) == resolve_all(&read[1..])
}

/// Resolves a path without its first `/` where encoded slashes and backslashes are slashes.
fn resolve_all(path: &[u8]) -> Result<Vec<u8>, UriError> {
    resolve(segments(&decode_slashes(path).replace("\\", "/")))
}

fn decode_slashes(path: &[u8]) -> Vec<u8> {
    path.replace([MARK, b'2', b'F'], "/").replace([MARK, b'2', b'f'], "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With encoded slashes decoded, and left.
    const BOTH: [bool; 2] = [false, true];

    fn expect(expected: bool, modes: &[bool], cases: &[(&str, &str)]) {
        for (target, clean) in cases {
            let clean: Vec<_> = clean.chars().map(|octet| octet as u8).collect();
            for keeps in modes {
                let found = reads_as(target.as_bytes(), &clean, *keeps);
                assert_eq!(found, expected, "{target} as {}, slashes kept: {keeps}", clean.as_bstr());
            }
        }
    }

    #[test]
    fn a_spelling_is_read_as_the_clean_uri() {
        let cases = [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/?c=/../d", "/a/b/"),
            ("/a;x=1/b;y?c", "/a/b"),
            ("/;x/a/;", "/a/"),
            ("/a/..;x/b", "/b"),
            ("/a/%2E%2e;x/b", "/b"),
            ("/a/./x/..//b/.", "/a/b/"),
            ("/%61%20%25b%E4", "/a %b\u{e4}"),
            ("/a%252Fb/%252e%252e", "/a%2Fb/%2e%2e"),
            ("/a\\b/%5C", "/a\\b/\\"),
            ("http://host/a;x/b?c", "/a/b"),
            ("http://host", "/"),
        ];
        expect(true, &BOTH, &cases);
        expect(true, &[false], &[("/a%2fb", "/a/b"), ("/a;x%2F../b%2Fc", "/a/b/c")]);
        expect(true, &[true], &[("/a%2fb", "/a%2fb"), ("/a;x%2F../b%2Fc", "/a/b%2Fc")]);
    }

    #[test]
    fn what_became_another_uri_is_not_read_so() {
        let cases = [("/app/;x/secret/x", "/app/front"), ("/app/", "/app/index.jsp"), ("/app", "/app/")];
        expect(false, &BOTH, &cases);
    }

    #[test]
    fn nor_is_what_containers_take_apart_in_another_order() {
        let cases = [
            ("/secret/..%3B/a", "/a"),
            ("/a%3B.do", "/a"),
            ("/secret%2Fb/../a", "/a"),
            ("/secret%5Cb/../a", "/a"),
            ("/secret\\b/../a", "/a"),
            ("/a%00/../b", "/b"),
            ("/a//../b", "/a/b"),
            ("/a#/../b", "/a"),
            ("/..;/a", "/a"),
        ];
        expect(false, &BOTH, &cases);
        let decoded = [
            ("/;a%2Fb/secret", "/b/secret"),
            ("/a;%2fb/secret", "/a/b/secret"),
            ("/a%2Fb/..;/secret", "/a/secret"),
            ("/a%2F../b", "/b"),
        ];
        expect(false, &[false], &decoded);
        expect(false, &[true], &[("/a%2F..;/b", "/b"), ("/a%252Fb", "/a/b")]);
    }
}
