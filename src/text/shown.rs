//! What others wrote, as messages quote it: cut, so that the words behind it are read, too.

use std::fmt::{self, Display, Formatter, Write};

/// Octets of a client that a message quotes: what is longer is cut, and followed by its length.
///
/// What is no UTF-8 becomes U+FFFD.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    octets: &'a [u8],
    most: usize,
}

impl<'a> Shown<'a> {
    /// A URI, the file that it leads to, or another text that may well be long: a line has room for two of them.
    pub(crate) fn uri(octets: &'a [u8]) -> Self {
        Self { octets, most: 256 }
    }

    /// A name: of a worker, a method, a user, a route.
    pub(crate) fn name(octets: &'a [u8]) -> Self {
        Self { octets, most: 64 }
    }

    /// What is the subject of a line, as in the request log.
    pub(crate) fn subject(octets: &'a [u8]) -> Self {
        Self { octets, most: 512 }
    }

    /// The octets that are quoted.
    pub(crate) fn quoted(&self) -> &'a [u8] {
        let Shown { octets, most } = *self;
        if octets.len() > most {
            whole_characters(&octets[..most])
        } else {
            octets
        }
    }

    /// What stands behind them; nothing if they are all.
    pub(crate) fn rest(&self) -> String {
        match self.octets.len() {
            length if length > self.most => format!("... ({length} octets)"),
            _ => String::new(),
        }
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for chunk in self.quoted().utf8_chunks() {
            out.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                out.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        out.write_str(&self.rest())
    }
}

/// `octets` without a character at their end that was cut off.
fn whole_characters(octets: &[u8]) -> &[u8] {
    match std::str::from_utf8(octets) {
        Err(error) if error.error_len().is_none() => &octets[..error.valid_up_to()],
        _ => octets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_stand_as_they_are() {
        assert_eq!(Shown::uri(b"").to_string(), "");
        assert_eq!(Shown::uri("/\u{e4}/\"b'".as_bytes()).to_string(), "/\u{e4}/\"b'");
        assert_eq!(Shown::uri(b"/\xff\xc3").to_string(), "/\u{fffd}\u{fffd}");
        assert_eq!(Shown::name(&[b'n'; 64]).to_string(), "n".repeat(64));
    }

    #[test]
    fn long_ones_are_cut_and_their_length_is_told() {
        let long = [&b"/u/"[..], &[b'A'; 8097]].concat();
        assert_eq!(Shown::uri(&long).to_string(), format!("/u/{}... (8100 octets)", "A".repeat(253)));
        assert_eq!(Shown::name(&[b'n'; 65]).to_string(), format!("{}... (65 octets)", "n".repeat(64)));
    }

    #[test]
    fn no_character_is_cut_in_two() {
        let text = format!("{}\u{e4}{}", "n".repeat(63), "n".repeat(35));
        assert_eq!(Shown::name(text.as_bytes()).to_string(), format!("{}... (100 octets)", "n".repeat(63)));
        let broken = [&[b'n'; 10][..], b"\xff", &[b'n'; 90]].concat();
        assert!(Shown::name(&broken)
            .to_string()
            .ends_with(&format!("\u{fffd}{}... (101 octets)", "n".repeat(53))));
    }
}
