//! Cleans a URI before it is looked up, so that no spelling of a path evades a rule.
//!
//! httpd has decoded the path already. Here path parameters go, `//` collapses, `.` and `..` are resolved; what
//! would climb above the root is refused. Rules: "uri-mapping, section 5" (the answer to
//! CVE-2014-8111, CVE-2018-1323 and CVE-2018-11759).

use std::borrow::Cow;

use memchr::memchr;
use smallvec::SmallVec;

/// Why a URI is refused; the client gets 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Neither a path nor the `*` of `OPTIONS *`.
    #[error("the URI does not start with /")]
    NotAbsolute,
    /// `..` beyond the first segment.
    #[error("the URI climbs above the root with /../")]
    AboveRoot,
}

/// Removes path parameters, doubled slashes and dot segments. `*` alone is passed as it is.
///
/// # Errors
/// [`UriError`] for a URI that doesn't start with `/`, or climbs above the root.
pub fn normalise(uri: &[u8]) -> Result<Cow<'_, [u8]>, UriError> {
    match uri {
        b"*" => Ok(Cow::Borrowed(uri)),
        [b'/', path @ ..] if is_clean(path) => Ok(Cow::Borrowed(uri)),
        [b'/', path @ ..] => clean(path).map(Cow::Owned),
        _ => Err(UriError::NotAbsolute),
    }
}

/// Tells whether a path has a `.` or `..` segment.
pub fn has_dot_segments(path: &[u8]) -> bool {
    segments(path).any(|segment| matches!(segment, b"." | b".."))
}

/// Tells whether nothing would change; an empty segment is clean only at the end.
fn is_clean(path: &[u8]) -> bool {
    let mut ended = false;
    memchr(b';', path).is_none()
        && segments(path).all(|segment| {
            let clean = !ended && !matches!(segment, b"." | b"..");
            ended = segment.is_empty();
            clean
        })
}

fn clean(path: &[u8]) -> Result<Vec<u8>, UriError> {
    resolve(segments(path).map(without_parameters))
}

pub(super) fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|octet| *octet == b'/')
}

pub(super) fn without_parameters(segment: &[u8]) -> &[u8] {
    &segment[..memchr(b';', segment).unwrap_or(segment.len())]
}

/// The path of these names, but for empty ones and dot segments.
///
/// # Errors
/// It climbs above the root.
pub(super) fn resolve<'n>(names: impl Iterator<Item = &'n [u8]>) -> Result<Vec<u8>, UriError> {
    let mut kept: SmallVec<[&[u8]; 32]> = SmallVec::new();
    let mut is_directory = false;
    for name in names {
        is_directory = matches!(name, b"" | b"." | b"..");
        match name {
            b"" | b"." => {}
            b".." => drop(kept.pop().ok_or(UriError::AboveRoot)?),
            _ => kept.push(name),
        }
    }
    let length = kept.iter().map(|name| name.len() + 1).sum::<usize>() + 1;
    let mut uri = Vec::with_capacity(length);
    for name in &kept {
        uri.push(b'/');
        uri.extend_from_slice(name);
    }
    if is_directory || kept.is_empty() {
        uri.push(b'/');
    }
    Ok(uri)
}

#[cfg(test)]
mod tests;
