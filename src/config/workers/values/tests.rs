//! Tables of values as the original reads them.

use bstr::ByteSlice;

use super::*;
use crate::config::properties::list_items;
use crate::config::workers::spec::{Unset, ValueKind};
use crate::config::workers::table::TABLE;

/// A number with the text behind it, or why it is none.
type ReadNumber<'a> = Result<(i32, &'a str), NotANumber>;

#[test]
fn numbers_take_sign_and_multiplier_and_skip_the_rest() {
    let cases: &[(&str, ReadNumber)] = &[
        ("0", Ok((0, ""))),
        ("300", Ok((300, ""))),
        (" +5", Ok((5, ""))),
        ("-1", Ok((-1, ""))),
        ("2k", Ok((2048, ""))),
        ("2M", Ok((2_097_152, ""))),
        ("2 k", Ok((2, " k"))),
        ("2k3", Ok((2048, "3"))),
        ("10s", Ok((10, "s"))),
        ("1*2", Ok((1, "*2"))),
        ("0x10", Ok((0, "x10"))),
        ("2147483647", Ok((i32::MAX, ""))),
        ("-2147483648", Ok((i32::MIN, ""))),
        ("2147483648", Err(NotANumber::TooLarge)),
        ("2048m", Err(NotANumber::TooLarge)),
        ("99999999999999999999999", Err(NotANumber::TooLarge)),
        ("abc", Err(NotANumber::NoDigits)),
        ("-", Err(NotANumber::NoDigits)),
        ("k", Err(NotANumber::NoDigits)),
        ("", Err(NotANumber::NoDigits)),
    ];
    for (text, expected) in cases {
        let found = number(text.as_bytes()).map(|number| (number.value, number.ignored));
        assert_eq!(found, expected.map(|(value, rest)| (value, rest.as_bytes())), "{text:?}");
    }
}

#[test]
fn booleans_go_by_the_first_letter() {
    for text in ["on", "ON", "1", "true", "T", "yes", "yak"] {
        assert_eq!(boolean(text.as_bytes()), Some(true), "{text}");
    }
    for text in ["off", "Off", "0", "false", "f", "no", "None"] {
        assert_eq!(boolean(text.as_bytes()), Some(false), "{text}");
    }
    for text in ["", "2", "10", "01", "enabled", "disable", "offf", "one"] {
        assert_eq!(boolean(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn choices_go_by_first_letter_or_index() {
    let words = ["Request", "Traffic", "Busyness", "Session", "Next"];
    let cases: &[(&str, Option<(usize, bool)>)] = &[
        ("Request", Some((0, true))),
        ("REQUESTS", Some((0, true))),
        ("r", Some((0, true))),
        ("busy", Some((2, true))),
        ("2", Some((2, true))),
        ("4", Some((4, true))),
        ("Sticky", Some((3, false))),
        ("ByRequests", Some((2, false))),
        ("1st", Some((1, false))),
        ("5", None),
        ("Load", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let found = letter(text.as_bytes(), &words).map(|letter| (letter.index, letter.plain));
        assert_eq!(found, *expected, "{text:?}");
    }
}

#[test]
fn ping_modes_collect_letters_until_all() {
    let (c, p, i) = (PingMode::CONNECT, PingMode::PREPOST, PingMode::INTERVAL);
    let cases = [
        ("C", c, true),
        ("cp", c | p, true),
        ("I, P", i | p, true),
        ("A", PingMode::all(), true),
        ("Interval", PingMode::all(), false),
        ("Connect", c, false),
        ("off", PingMode::empty(), false),
    ];
    for (text, mode, plain) in cases {
        assert_eq!(ping_mode(text.as_bytes()), mode, "{text}");
        assert_eq!(is_plain_ping_mode(text.as_bytes()), plain, "{text}");
    }
}

#[test]
fn statuses_are_soft_with_a_minus() {
    assert_eq!(fail_status(b"503"), Some(FailStatus { status: 503, soft: false }));
    assert_eq!(fail_status(b"-404"), Some(FailStatus { status: 404, soft: true }));
    for text in ["", "abc", "0", "99", "1000", "5k"] {
        assert_eq!(fail_status(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn defaults_of_the_table_are_values_of_their_kind() {
    for spec in TABLE {
        let Unset::Given(text) = spec.unset else { continue };
        let text = text.as_bytes();
        match spec.kind {
            ValueKind::Boolean => assert!(boolean(text).is_some(), "{}", spec.name),
            ValueKind::Integer
            | ValueKind::Bits
            | ValueKind::Milliseconds
            | ValueKind::Seconds
            | ValueKind::Octets => {
                let number = number(text).map(|number| number.value);
                assert!(
                    number.is_ok_and(|n| (spec.range.least..=spec.range.most).contains(&n)),
                    "{}",
                    spec.name
                );
            }
            ValueKind::Letter(words) => {
                assert!(letter(text, words).is_some_and(|letter| letter.plain), "{}", spec.name);
            }
            ValueKind::Word(words) => {
                assert!(words.iter().any(|word| word.as_bytes() == text), "{}", spec.name)
            }
            ValueKind::Flags(words) => {
                assert!(
                    list_items(text).all(|item| words.contains(&item.to_str_lossy().as_ref())),
                    "{}",
                    spec.name
                );
            }
            _ => assert!(!text.is_empty(), "{}", spec.name),
        }
    }
}
