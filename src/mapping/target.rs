//! A request target that somebody writes down, and the path that httpd makes of it before anybody looks it up.

use super::encoded_slash::{decode, path_of, resolve, MARK};

/// What a target says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'t> {
    /// Host and port, if it is a whole address.
    pub host: Option<&'t [u8]>,
    /// The path, decoded, without doubled slashes and dot segments, but with its parameters. Slashes that came encoded
    /// stay so, as AllowEncodedSlashes NoDecode has it.
    pub path: Vec<u8>,
}

/// Why httpd answers a target itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither a path nor an address.
    #[error("it must start with / or http://")]
    NotAbsolute,
    /// `%` without two digits, or `%00`.
    #[error("it has an escape that httpd refuses with 400 or 404 (a % itself is written %25)")]
    Escape,
    /// `..` beyond the first segment.
    #[error("it climbs above the root, which httpd refuses with 400")]
    AboveRoot,
}

/// Reads a path or an address as in a browser or an access log; a query string is left out.
///
/// # Errors
/// [`TargetError`] for what never comes to a look-up.
pub fn read_target(text: &[u8]) -> Result<Target<'_>, TargetError> {
    let end = text.iter().position(|octet| *octet == b'#').unwrap_or(text.len());
    let text = &text[..end];
    let host = host_of(text);
    if host.is_none() && text.first() != Some(&b'/') {
        return Err(TargetError::NotAbsolute);
    }
    let path = path_of(text);
    if path.contains(&MARK) || has_bad_escape(path) {
        return Err(TargetError::Escape);
    }
    let mut path = resolve(&decode(path), true).ok_or(TargetError::AboveRoot)?;
    path.iter_mut().filter(|octet| **octet == MARK).for_each(|octet| *octet = b'%');
    Ok(Target { host, path })
}

/// Host and port of an address, without what stands for a user.
fn host_of(text: &[u8]) -> Option<&[u8]> {
    let scheme = [b"http://".as_slice(), b"https://"];
    let scheme = scheme
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let host = &text[scheme.len()..];
    let end = host.iter().position(|octet| matches!(octet, b'/' | b'?')).unwrap_or(host.len());
    host[..end].rsplit(|octet| *octet == b'@').next()
}

fn has_bad_escape(path: &[u8]) -> bool {
    let escapes = memchr::memchr_iter(b'%', path).map(|at| path.get(at + 1..at + 3));
    escapes.into_iter().any(|digits| match digits {
        Some(digits) => !digits.iter().all(u8::is_ascii_hexdigit) || digits == b"00",
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn paths_and_addresses_are_read() {
        let cases: &[(&str, Option<&str>, &str)] = &[
            ("/", None, "/"),
            ("/shop/cart?x=/../y#z", None, "/shop/cart"),
            ("/shop/a%20b;v=1", None, "/shop/a b;v=1"),
            ("/a//b/./c/../d", None, "/a/b/d"),
            ("/a/..;x/b", None, "/a/..;x/b"),
            ("/a%2Fb%2fc", None, "/a%2Fb%2fc"),
            ("/a%252Fb", None, "/a%2Fb"),
            ("/%2e%2E/a/..", None, ""),
            ("http://www.example.org/shop", Some("www.example.org"), "/shop"),
            ("HTTPS://u:p@[::1]:8443/x?y", Some("[::1]:8443"), "/x"),
            ("http://www.example.org?x", Some("www.example.org"), "/"),
            ("/x/http://y", None, "/x/http:/y"),
        ];
        for (text, host, path) in cases {
            let found = read_target(text.as_bytes());
            if path.is_empty() {
                assert_eq!(found, Err(TargetError::AboveRoot), "{text}");
                continue;
            }
            let found = found.unwrap();
            assert_eq!(
                (found.host.map(ByteSlice::as_bstr), found.path.as_bstr()),
                (host.map(Into::into), (*path).into())
            );
        }
    }

    #[test]
    fn what_never_comes_to_a_look_up_is_refused() {
        for (text, error) in [
            ("", TargetError::NotAbsolute),
            ("shop/cart", TargetError::NotAbsolute),
            ("*", TargetError::NotAbsolute),
            ("?x", TargetError::NotAbsolute),
            ("ftp://x/y", TargetError::NotAbsolute),
            ("/%", TargetError::Escape),
            ("/%2", TargetError::Escape),
            ("/%zz", TargetError::Escape),
            ("/a%00", TargetError::Escape),
            ("/a\0", TargetError::Escape),
            ("/..", TargetError::AboveRoot),
        ] {
            assert_eq!(read_target(text.as_bytes()), Err(error), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_clean_path_is_itself(path in "(/[a-z.]{1,3}x)*/") {
            proptest::prop_assert_eq!(read_target(path.as_bytes()).unwrap().path, path.as_bytes());
        }
    }
}
