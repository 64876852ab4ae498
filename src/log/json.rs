//! `JkLogFormat json`: a line as one object. Its fields are described in docs/book/src/logs.md.
//!
//! Whatever octets a client sends, a line is one object of valid UTF-8: what is no UTF-8 becomes U+FFFD, and control
//! characters and line separators are escaped. It is short enough for a pipe to take it in one piece.

use std::fmt::{self, Display, Write};

use super::field::Field;
use super::line::Line;

/// Longest object in octets, so that a note can add how often it was repeated, and its end, within the 4,096 octets
/// that a pipe takes in one piece (pipe(7), PIPE_BUF).
const MAX_OBJECT: usize = 4096 - 40;

/// Longest value in octets, the message excepted, which has what the others leave.
const MAX_VALUE: usize = 512;

/// What stands behind a value that was cut, and behind the last one.
const TAIL: usize = "...\"}".len();

/// Writes one object into a line.
pub(super) struct Object<'l>(&'l mut Line);

impl<'l> Object<'l> {
    /// Begins it with the time.
    pub(super) fn begin(line: &mut Line, time: impl Display) {
        let _ = write!(Plain(line), "{{\"time\":\"{time}\"");
    }

    /// Goes on with one that has begun.
    pub(super) fn on(line: &'l mut Line) -> Self {
        Self(line)
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.value(name, MAX_VALUE, |out| {
            let _ = write!(out, "{value}");
        });
    }

    /// Adds octets that should be UTF-8.
    pub(super) fn octets(&mut self, name: &str, value: &[u8]) {
        self.value(name, MAX_VALUE, |out| out.add_octets(value));
    }

    /// Adds a number.
    pub(super) fn number(&mut self, name: &str, value: u64) {
        let _ = write!(Plain(self.0), ",\"{name}\":{value}");
    }

    /// Adds a number that is there as text; anything else is left as text.
    pub(super) fn number_or_octets(&mut self, name: &str, value: &[u8]) {
        match std::str::from_utf8(value).ok().filter(|text| is_number(text)) {
            Some(number) if number.len() <= MAX_VALUE => {
                let _ = write!(Plain(self.0), ",\"{name}\":{number}");
            }
            _ => self.octets(name, value),
        }
    }

    /// Adds a field of a line.
    pub(super) fn field(&mut self, field: Field, value: &dyn Display) {
        match field {
            Field::Status | Field::Attempts => {
                self.number_or_octets(field.name(), value.to_string().as_bytes());
            }
            _ => self.text(field.name(), value),
        }
    }

    /// Adds the message and ends the object.
    pub(super) fn end(self, message: impl Display) {
        self.end_by(|out| {
            let _ = write!(out, "{message}");
        });
    }

    /// Adds a message of octets that should be UTF-8, and ends the object.
    pub(super) fn end_octets(self, message: &[u8]) {
        self.end_by(|out| out.add_octets(message));
    }

    fn end_by(mut self, fill: impl FnOnce(&mut Escaped<'_>)) {
        self.0.text_at = self.0.octets.len();
        self.value("message", MAX_OBJECT, fill);
        self.0.octets.push(b'}');
    }

    fn value(&mut self, name: &str, most: usize, fill: impl FnOnce(&mut Escaped<'_>)) {
        let _ = write!(Plain(self.0), ",\"{name}\":\"");
        let end = MAX_OBJECT.min(self.0.octets.len() + most).saturating_sub(TAIL);
        fill(&mut Escaped { line: self.0, end, cut: false });
        self.0.octets.push(b'"');
    }
}

/// Tells whether JSON takes it as a number: digits, and maybe a fraction.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// What needs no escaping.
struct Plain<'l>(&'l mut Line);

impl Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.octets.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// The inside of a JSON string that ends at a place in the line.
struct Escaped<'l> {
    line: &'l mut Line,
    end: usize,
    cut: bool,
}

impl Escaped<'_> {
    fn add_octets(&mut self, octets: &[u8]) {
        for chunk in octets.utf8_chunks() {
            let _ = self.write_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.add(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    fn add(&mut self, character: char) {
        let mut piece = Piece::default();
        let _ = match character {
            '"' => piece.write_str("\\\""),
            '\\' => piece.write_str("\\\\"),
            '\n' => piece.write_str("\\n"),
            '\r' => piece.write_str("\\r"),
            '\t' => piece.write_str("\\t"),
            // Control characters of ISO 6429, and what some readers take for the end of a line.
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                write!(piece, "\\u{:04x}", u32::from(character))
            }
            _ => piece.write_char(character),
        };
        let piece = &piece.octets[..piece.length];
        if self.cut || self.line.octets.len() + piece.len() > self.end {
            if !self.cut {
                self.line.octets.extend_from_slice(b"...");
            }
            self.cut = true;
            return;
        }
        self.line.octets.extend_from_slice(piece);
    }
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().for_each(|character| self.add(character));
        Ok(())
    }
}

/// One character as it is written: `\u0000` is the longest.
#[derive(Default)]
struct Piece {
    octets: [u8; 8],
    length: usize,
}

impl Write for Piece {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.octets.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn object(fields: &[(&str, &[u8])], message: &[u8]) -> (Value, usize) {
        let mut line = Line::default();
        Object::begin(&mut line, "now");
        let mut object = Object::on(&mut line);
        fields.iter().for_each(|(name, value)| object.octets(name, value));
        object.end_octets(message);
        assert!(!line.octets.contains(&b'\n') && !line.octets.contains(&b'\r'), "one line");
        (serde_json::from_slice(&line.octets).unwrap(), line.octets.len())
    }

    #[test]
    fn control_characters_quotes_and_broken_text_are_escaped() {
        let (found, _) = object(&[("uri", b"/\"\\\x1b[2J\xff\xc3")], "\r\n\t\0\u{2028}\u{9b}ä".as_bytes());
        assert_eq!(found["uri"], "/\"\\\x1b[2J\u{fffd}\u{fffd}");
        assert_eq!(found["message"], "\r\n\t\0\u{2028}\u{9b}ä");
    }

    #[test]
    fn what_is_too_long_is_cut_inside_its_value() {
        let long = vec![0x01; 10_000];
        let fields: Vec<(&str, &[u8])> = vec![("a", &long), ("b", &long), ("c", &long)];
        let (found, length) = object(&fields, &long);
        assert!(length <= MAX_OBJECT, "{length}");
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        assert!(text("a").ends_with("\u{1}...") && text("a").len() > 70, "{}", text("a").len());
        assert!(text("message").ends_with("...") && text("message").len() > 300);
    }

    #[test]
    fn numbers_are_what_json_takes_as_such() {
        let mut line = Line::default();
        Object::begin(&mut line, "now");
        let mut object = Object::on(&mut line);
        for (name, value) in
            [("a", "200"), ("b", "0.012"), ("c", "-"), ("d", "007"), ("e", "1."), ("f", "1e9")]
        {
            object.number_or_octets(name, value.as_bytes());
        }
        object.end("");
        let found: Value = serde_json::from_slice(&line.octets).unwrap();
        assert_eq!((&found["a"], &found["b"]), (&200.into(), &0.012.into()));
        assert_eq!((&found["c"], &found["d"], &found["e"]), (&"-".into(), &"007".into(), &"1.".into()));
        assert_eq!(found["f"], "1e9");
    }

    proptest! {
        #[test]
        fn any_octets_make_one_valid_object(value: Vec<u8>, message in prop::collection::vec(any::<u8>(), 0..6000)) {
            let (found, length) = object(&[("uri", &value)], &message);
            prop_assert!(length <= MAX_OBJECT);
            let shown = found["uri"].as_str().unwrap();
            prop_assert!(shown == String::from_utf8_lossy(&value) || shown.ends_with("..."));
        }
    }
}
