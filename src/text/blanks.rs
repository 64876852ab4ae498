//! What counts as blank around a value.

/// C's `isspace` in the default locale, by which the C mod_jk reads its files.
pub(crate) fn is_c_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// `text` without what [`is_c_space`] counts as blank at both ends.
pub(crate) fn trim_c_spaces(text: &[u8]) -> &[u8] {
    trim(text, is_c_space)
}

/// A header's value without the blanks and tabs around it, which do not belong to it (RFC 9110, section 5.5).
pub(crate) fn trim_header_value(value: &[u8]) -> &[u8] {
    trim(value, |octet| matches!(octet, b' ' | b'\t'))
}

fn trim(text: &[u8], is_blank: impl Fn(u8) -> bool) -> &[u8] {
    let start = text.iter().position(|octet| !is_blank(*octet)).unwrap_or(text.len());
    let end = text.iter().rposition(|octet| !is_blank(*octet)).map_or(start, |last| last + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_cut_off_both_ends_only() {
        let cases: [(&[u8], &[u8], &[u8]); 7] = [
            (b"", b"", b""),
            (b" \t ", b"", b""),
            (b"a", b"a", b"a"),
            (b" a", b"a", b"a"),
            (b"a\t", b"a", b"a"),
            (b"\t a  b \t", b"a  b", b"a  b"),
            (b"\x0b\r\n a\x0c", b"a", b"\x0b\r\n a\x0c"),
        ];
        for (text, as_c, as_header) in cases {
            assert_eq!((trim_c_spaces(text), trim_header_value(text)), (as_c, as_header));
        }
    }
}
