//! Characters that word processors and web pages put where plain ones belong.

/// Says what is in `text` that looks plain and is not; octets that are no UTF-8 are nobody's business here.
pub(crate) fn odd_character(text: &[u8]) -> Option<&'static str> {
    let found = |text: &str| text.chars().find_map(name_of);
    std::str::from_utf8(text).ok().and_then(found)
}

/// Tells whether `text` stands in quotes, which mean nothing where a value is taken as it is.
pub(crate) fn is_quoted(text: &[u8]) -> bool {
    matches!(text, [b'"', .., b'"'] | [b'\'', .., b'\''])
}

fn name_of(character: char) -> Option<&'static str> {
    match character {
        '\u{2018}'..='\u{2019}' | '\u{201B}'..='\u{201F}' | '\u{AB}' | '\u{BB}' => {
            Some("a typographic quote")
        }
        '\u{FF0C}' | '\u{3001}' | '\u{201A}' => Some("a typographic comma"),
        '\u{A0}' | '\u{2007}' | '\u{202F}' | '\u{3000}' => Some("a no-break space"),
        '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => Some("an invisible character"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_in_pairs() {
        let quoted = ["\"a\"", "'a b'", "''"].map(|text| is_quoted(text.as_bytes()));
        let others = ["a", "\"", "\"a'", "xmlns=\"a\"", "it's"].map(|text| is_quoted(text.as_bytes()));
        assert_eq!((quoted, others), ([true; 3], [false; 5]));
    }

    #[test]
    fn only_what_looks_plain_and_is_not_is_named() {
        let cases = [
            ("plain \"quotes\" and 'these'", None),
            ("Grüße, 세계", None),
            ("\u{201C}[%a]\u{201D}", Some("a typographic quote")),
            ("a\u{A0}b", Some("a no-break space")),
            ("\u{FEFF}worker.list", Some("an invisible character")),
        ];
        for (text, expected) in cases {
            assert_eq!(odd_character(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(odd_character(b"\xE2\x80"), None);
    }
}
