//! Decimal numbers, by the rules of C's `atoi` and of HTTP.

use super::blanks::is_c_space;

/// The number that a text begins with, as C's `atoi` finds it: blanks, a sign, digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeadingNumber<'a> {
    /// Its value; the nearest one that fits if it is too large, 0 without digits.
    pub value: i64,
    /// There was at least one digit.
    pub has_digits: bool,
    /// What stands behind the digits.
    pub rest: &'a [u8],
}

impl<'a> LeadingNumber<'a> {
    /// Reads the number at the beginning of `text`.
    pub(crate) fn of(text: &'a [u8]) -> Self {
        let start = text.iter().position(|octet| !is_c_space(*octet)).unwrap_or(text.len());
        let (sign, digits) = match &text[start..] {
            [b'-', rest @ ..] => (-1, rest),
            [b'+', rest @ ..] => (1, rest),
            rest => (1, rest),
        };
        let length = digits.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let (digits, rest) = digits.split_at(length);
        let add =
            |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'));
        Self { value: digits.iter().fold(0, add), has_digits: length > 0, rest }
    }

    /// Its value in 32 bits, the nearest one that fits.
    pub(crate) fn clamped(self) -> i32 {
        self.value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }

    /// Tells whether the text was this number and nothing else but blanks.
    pub(crate) fn is_whole(self) -> bool {
        self.has_digits && self.rest.iter().all(|octet| is_c_space(*octet))
    }
}

/// The number in a Content-Length: decimal digits alone, at most what a file offset holds (RFC 9110, section 8.6).
pub(crate) fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let length = value.iter().try_fold(0_u64, |length, octet| {
        let digit = octet.is_ascii_digit().then(|| u64::from(octet - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })?;
    i64::try_from(length).is_ok().then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_as_atoi_reads_it() {
        let cases: [(&str, i64, bool); 12] = [
            ("81", 81, true),
            (" \t+7 ", 7, true),
            ("-5", -5, true),
            ("81x", 81, false),
            ("5 ms", 5, false),
            ("", 0, false),
            ("yes", 0, false),
            ("-", 0, false),
            ("- 1", 0, false),
            ("0x10", 0, false),
            ("9223372036854775808", i64::MAX, true),
            ("-99999999999999999999", i64::MIN, true),
        ];
        for (text, value, whole) in cases {
            let number = LeadingNumber::of(text.as_bytes());
            assert_eq!((number.value, number.is_whole()), (value, whole), "{text:?}");
        }
        assert_eq!(LeadingNumber::of(b"2147483648").clamped(), i32::MAX);
        assert_eq!(LeadingNumber::of(b"-2147483649").clamped(), i32::MIN);
        assert_eq!(LeadingNumber::of(b"12k").rest, b"k");
    }

    #[test]
    fn content_lengths() {
        let cases: [(&[u8], Option<u64>); 16] = [
            (b"0", Some(0)),
            (b"007", Some(7)),
            (b"2147483648", Some(2_147_483_648)),
            (b"9223372036854775807", Some(9_223_372_036_854_775_807)),
            (b"9223372036854775808", None),
            (b"18446744073709551616", None),
            (b"99999999999999999999999", None),
            (b"", None),
            (b"-1", None),
            (b"+1", None),
            (b"0x10", None),
            (b"1 2", None),
            (b"1,1", None),
            (b"1.0", None),
            (b"12a", None),
            (b"\xb2", None),
        ];
        for (value, length) in cases {
            assert_eq!(content_length(value), length, "{}", value.escape_ascii());
        }
    }
}
