//! Names of headers, which are the same in any case.

/// Tells whether two names are the same. Nearly all are written as their standards do, so that the first look decides.
pub(crate) fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    one == other || one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::is_same_name;

    #[test]
    fn case_makes_no_difference() {
        let cases: [(&[u8], &[u8], bool); 5] = [
            (b"Content-Type", b"Content-Type", true),
            (b"content-TYPE", b"Content-Type", true),
            (b"Content-Typ", b"Content-Type", false),
            (b"Content_Type", b"Content-Type", false),
            (b"", b"", true),
        ];
        for (one, other, expected) in cases {
            assert_eq!(is_same_name(one, other), expected, "{}", one.escape_ascii());
        }
    }
}
