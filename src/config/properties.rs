//! The line grammar that `workers.properties` and `uriworkermap.properties` share.
//!
//! One line is at most one `key = value`; `#` starts a comment anywhere; blanks around key and value go; there
//! are no continuation lines, escapes or quotes. Rules: "workers-properties, section 1".

use bstr::{BStr, ByteSlice};
use memchr::memmem;

use crate::text::{is_c_space, trim_c_spaces};

/// What one line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Nothing but blanks and comment.
    Blank,
    /// `key = value`, both trimmed and not empty.
    Pair {
        /// Left of the first `=`.
        key: &'a BStr,
        /// Right of the first `=`, before macros are replaced.
        value: &'a BStr,
        /// The value was cut by a `#` that directly follows a non-blank: probably not meant as a comment.
        cut: bool,
    },
    /// No `=`, or nothing on one side of it: the original ignores such lines silently.
    Ignored(&'a BStr),
}

/// Most macros that are replaced in one value (the original's limit).
pub const MAX_MACROS: usize = 21;

/// Most octets that a value has with its macros replaced, beyond anything that is meant: values that double those before
/// them would fill the memory within few lines.
pub const MAX_EXPANDED: usize = 32 * 1024;

/// Why a macro stays as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreplaced {
    /// Nobody defines it.
    Unknown,
    /// The value would have more than [`MAX_EXPANDED`] octets.
    TooLong,
}

/// The part of a line that counts: what is before its first NUL.
pub fn before_nul(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(0, line).unwrap_or(line.len())]
}

/// Parses one line of a file, without its newline.
pub fn parse_line(line: &[u8]) -> Line<'_> {
    let line = before_nul(line);
    let comment = memchr::memchr(b'#', line);
    let text = &line[..comment.unwrap_or(line.len())];
    let cut = comment.is_some() && text.last().is_some_and(|b| !is_c_space(*b));
    match parse_pair(text) {
        Line::Pair { key, value, .. } => Line::Pair { key, value, cut },
        other => other,
    }
}

/// Parses `name=value` where `#` is data, as JkWorkerProperty takes it.
pub fn parse_pair(text: &[u8]) -> Line<'_> {
    let text = trim_c_spaces(text);
    if text.is_empty() {
        return Line::Blank;
    }
    let Some(equals) = memchr::memchr(b'=', text) else { return Line::Ignored(text.as_bstr()) };
    let (key, value) = (trim_c_spaces(&text[..equals]), trim_c_spaces(&text[equals + 1..]));
    if key.is_empty() || value.is_empty() {
        return Line::Ignored(text.as_bstr());
    }
    Line::Pair { key: key.as_bstr(), value: value.as_bstr(), cut: false }
}

/// Tells whether a file is text of 16 bits a character, as some editors save it: by its mark, or by the zeros beside
/// the first letters.
pub fn is_utf16(text: &[u8]) -> bool {
    let is_zero = |octet: &u8| *octet == 0;
    match text {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [a, b, c, d, ..] => {
            [a, b, c, d].map(is_zero) == [false, true, false, true]
                || [a, b, c, d].map(is_zero) == [true, false, true, false]
        }
        _ => false,
    }
}

/// Walks over the lines of a file with their numbers, counted from 1; a UTF-8 byte order mark is skipped.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    (1..).zip(text.lines())
}

/// Replaces `$(name)` from left to right by what `look_up` knows; replaced text is not scanned again.
///
/// Names that `look_up` does not know stay literally and are handed to `unreplaced`, and so are those for which there is
/// no room; an unclosed `$(` and
/// whatever follows [`MAX_MACROS`] macros stay too.
pub fn expand_macros(
    value: &[u8],
    mut look_up: impl FnMut(&[u8]) -> Option<Vec<u8>>,
    mut unreplaced: impl FnMut(&[u8], Unreplaced),
) -> Vec<u8> {
    let mut expanded = Vec::with_capacity(value.len());
    let mut rest = value;
    for _ in 0..MAX_MACROS {
        let Some(start) = memmem::find(rest, b"$(") else { break };
        let Some(length) = memchr::memchr(b')', &rest[start..]) else { break };
        let name = &rest[start + 2..start + length];
        expanded.extend_from_slice(&rest[..start]);
        let found = look_up(name).ok_or(Unreplaced::Unknown);
        match found.and_then(|text| fits(&expanded, text).ok_or(Unreplaced::TooLong)) {
            Ok(replacement) => expanded.extend_from_slice(&replacement),
            Err(why) => {
                unreplaced(name, why);
                expanded.extend_from_slice(&rest[start..=start + length]);
            }
        }
        rest = &rest[start + length + 1..];
    }
    expanded.extend_from_slice(rest);
    expanded
}

/// The replacement, if there is room for it.
fn fits(expanded: &[u8], replacement: Vec<u8>) -> Option<Vec<u8>> {
    Some(replacement).filter(|text| expanded.len() + text.len() <= MAX_EXPANDED)
}

/// Looks a macro name up in the environment of the process.
pub fn environment(name: &[u8]) -> Option<Vec<u8>> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    std::env::var_os(std::ffi::OsStr::from_bytes(name)).map(OsStringExt::into_vec)
}

/// Splits a list value at blanks, tabs and commas in any mix; empty items vanish.
pub fn list_items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|b| matches!(b, b' ' | b'\t' | b',')).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(key: &'a str, value: &'a str, cut: bool) -> Line<'a> {
        Line::Pair { key: key.into(), value: value.into(), cut }
    }

    #[test]
    fn lines_follow_the_grammar() {
        let cases: &[(&str, Line)] = &[
            ("", Line::Blank),
            (" \t# only a comment", Line::Blank),
            ("a=b", pair("a", "b", false)),
            ("  worker.list \t=  w1 w2  \r", pair("worker.list", "w1 w2", false)),
            ("worker.t.port=18009          # 포트", pair("worker.t.port", "18009", false)),
            ("worker.t.secret=ab#cd", pair("worker.t.secret", "ab", true)),
            ("a=b=c", pair("a", "b=c", false)),
            ("no equals", Line::Ignored("no equals".into())),
            ("a=", Line::Ignored("a=".into())),
            ("=b", Line::Ignored("=b".into())),
            ("a=b\0c", pair("a", "b", false)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_line(text.as_bytes()), *expected, "{text:?}");
        }
    }

    #[test]
    fn byte_order_mark_and_missing_newline_do_no_harm() {
        let lines = lines(b"\xEF\xBB\xBFa=1\r\nb=2");
        let found: Vec<_> = lines.map(|(number, line)| (number, parse_line(line))).collect();
        assert_eq!(found, [(1, pair("a", "1", false)), (2, pair("b", "2", false))]);
    }

    #[test]
    fn macros_expand_once_and_unknown_ones_stay() {
        let mut missing = Vec::new();
        let known = |name: &[u8]| (name == b"x").then(|| b"$(x)1".to_vec());
        let text = expand_macros(b"a$(x)b$(y)$(x", known, |name, why| missing.push((name.to_vec(), why)));
        assert_eq!(text.as_bstr(), "a$(x)1b$(y)$(x");
        assert_eq!(missing, [(b"y".to_vec(), Unreplaced::Unknown)]);
    }

    #[test]
    fn values_that_double_the_one_before_stay_short() {
        let mut value = b"x".repeat(1000);
        let mut too_long = 0;
        for _ in 0..40 {
            let before = value.clone();
            value = expand_macros(
                b"$(a)$(a)",
                |_| Some(before.clone()),
                |_, why| {
                    assert_eq!(why, Unreplaced::TooLong);
                    too_long += 1;
                },
            );
            assert!(value.len() <= MAX_EXPANDED + b"$(a)$(a)".len());
        }
        assert!(too_long > 0);
    }

    #[test]
    fn list_items_take_any_mix_of_separators() {
        assert_eq!(list_items(b", a,\tb  c,").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }
}
