//! URI patterns: literal octets, `*` for any number of octets, `?` for exactly one, `/` included.
//!
//! Patterns compare octet by octet with the decoded and normalised path. Rules: "uri-mapping, section 2".

use std::fmt;

use bstr::ByteSlice;
use memchr::{memchr2, memchr_iter};

use crate::text::{begins_as_path, begins_as_path_or_wildcard};

/// A URI pattern without prefixes and without `|`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern(Box<[u8]>);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// JkMount, JkUnMount and `mount` take only paths.
    #[error("URI pattern {0} must start with /")]
    NoSlash(String),
    /// A map file takes two more forms.
    #[error("URI pattern {0} must start with /, * or ?, after any prefixes ! and -")]
    BadStart(String),
}

impl Pattern {
    /// Takes a pattern that starts with `/`.
    ///
    /// # Errors
    /// [`PatternError::NoSlash`] if it doesn't.
    pub fn path(text: &[u8]) -> Result<Self, PatternError> {
        match begins_as_path(text) {
            true => Ok(Self(text.into())),
            false => Err(PatternError::NoSlash(shown(text))),
        }
    }

    /// Takes a pattern that starts with `/`, `*` or `?`, as map files have them ("decisions, row 3").
    ///
    /// # Errors
    /// [`PatternError::BadStart`] if it starts otherwise.
    pub fn path_or_wildcard(text: &[u8]) -> Result<Self, PatternError> {
        match begins_as_path_or_wildcard(text) {
            true => Ok(Self(text.into())),
            false => Err(PatternError::BadStart(shown(text))),
        }
    }

    /// The pattern as written.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Tells whether it has no wildcard.
    pub fn is_exact(&self) -> bool {
        !self.0.iter().any(|octet| matches!(octet, b'*' | b'?'))
    }

    /// Number of `/` in it: the first criterion of the order of rules.
    pub fn slashes(&self) -> usize {
        memchr_iter(b'/', &self.0).count()
    }

    /// Tells whether some URI matches both.
    pub fn overlaps(&self, other: &Self) -> bool {
        overlap(&self.0, &other.0)
    }

    /// Tells whether it matches the whole of `uri`.
    pub fn matches(&self, uri: &[u8]) -> bool {
        glob(&self.0, uri)
    }
}

fn shown(text: &[u8]) -> String {
    format!("'{}'", text.as_bstr())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_bstr(), f)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_bstr(), f)
    }
}

/// Where the literal start of `pattern` ends, if it has a wildcard at all.
pub(super) fn first_wildcard(pattern: &[u8]) -> Option<usize> {
    memchr2(b'*', b'?', pattern)
}

/// Matches `pattern` against the whole of `text`.
///
/// Only the last `*` seen is ever resumed, so the cost is at most the product of both lengths: going back to an
/// earlier `*` could only shorten what is left for the later one.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut resume: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                resume = Some((at, position));
            }
            Some(octet) if *octet == b'?' || *octet == text[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((after_star, from)) = resume else { return false };
                (at, position) = (after_star, from + 1);
                resume = Some((at, position));
            }
        }
    }
    pattern[at..].iter().all(|octet| *octet == b'*')
}

/// Tells whether two patterns have a text in common: from their ends, whether the rest of one and the rest of the
/// other have. The cost is the product of both lengths.
fn overlap(one: &[u8], other: &[u8]) -> bool {
    let mut after = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for to in (0..=other.len()).rev() {
            row[to] = match (one.get(at), other.get(to)) {
                (None, None) => true,
                (Some(b'*'), Some(_)) => after[to] || row[to + 1],
                (Some(b'*'), None) => after[to],
                (Some(_), Some(b'*')) => row[to + 1] || after[to],
                (None, Some(b'*')) => row[to + 1],
                (Some(b'?'), Some(_)) | (Some(_), Some(b'?')) => after[to + 1],
                (Some(octet), Some(same)) => octet == same && after[to + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        after = row;
    }
    after[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recursive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => recursive(rest, text),
            (Some((b'*', rest)), Some((_, tail))) => recursive(rest, text) || recursive(pattern, tail),
            (Some((octet, rest)), Some((head, tail))) => {
                (*octet == b'?' || octet == head) && recursive(rest, tail)
            }
            _ => false,
        }
    }

    #[test]
    fn wildcards_cover_slashes_and_everything_else_is_exact() {
        let cases: &[(&str, &str, bool)] = &[
            ("/app", "/app", true),
            ("/app", "/app/", false),
            ("/app", "/App", false),
            ("/app/*", "/app/", true),
            ("/app/*", "/app", false),
            ("/app/*", "/app/a/b", true),
            ("/a**", "/a", true),
            ("/a?b", "/a/b", true),
            ("/a?b", "/ab", false),
            ("/a?", "/a", false),
            ("*.jsp", "/x/y.jsp", true),
            ("?x", "/x", true),
            ("/sp ace", "/sp ace", true),
            ("/*/static/*", "/a/b/static/c", true),
            ("/*ab*c", "/abxab", false),
        ];
        for (pattern, uri, expected) in cases {
            assert_eq!(glob(pattern.as_bytes(), uri.as_bytes()), *expected, "{pattern} {uri}");
        }
    }

    #[test]
    fn patterns_overlap_when_some_uri_matches_both() {
        let cases: &[(&str, &str, bool)] = &[
            ("/app/*", "/app/*.gif", true),
            ("/app/*", "/*.gif", true),
            ("/app", "/app/*", false),
            ("/app/*", "/apps/*", false),
            ("*.jsp", "/x/?.jsp", true),
            ("*.jsp", "*.gif", false),
            ("/a*c", "/a*b", false),
            ("/a*b*", "/*bc", true),
            ("/a?", "/a", false),
            ("/*", "/", true),
            ("/x", "/x", true),
        ];
        for (one, other, expected) in cases {
            assert_eq!(overlap(one.as_bytes(), other.as_bytes()), *expected, "{one} {other}");
            assert_eq!(overlap(other.as_bytes(), one.as_bytes()), *expected, "{other} {one}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = format!("/{}b", "*a".repeat(500));
        assert!(!glob(pattern.as_bytes(), &[b"/".to_vec(), vec![b'a'; 8000]].concat()));
    }

    #[test]
    fn starts_are_checked() {
        assert!(Pattern::path(b"*.jsp").is_err() && Pattern::path(b"").is_err());
        assert!(Pattern::path_or_wildcard(b"*.jsp").is_ok() && Pattern::path_or_wildcard(b"?x").is_ok());
        assert_eq!(
            Pattern::path_or_wildcard(b"app").unwrap_err().to_string(),
            "URI pattern 'app' must start with /, * or ?, after any prefixes ! and -"
        );
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_recursive_definition(pattern in "[/ab*?]{0,9}", text in "[/ab]{0,10}") {
            let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(glob(pattern, text), recursive(pattern, text));
            // A text without wildcards is a pattern of itself.
            proptest::prop_assert_eq!(overlap(pattern, text), recursive(pattern, text));
        }
    }
}
