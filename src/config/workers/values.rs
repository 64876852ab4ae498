//! The grammar of each kind of value: octets in, numbers, flags and letters out.
//!
//! Nothing here knows names or defaults. A value that the original reads differently than it looks is marked, so
//! that the reader can say so. Rules: "workers-properties, section 3", numbers as from 1.2.51 on.

use super::names::MAX_NAME;
use crate::config::settings::{socket_path, FailStatus};
use crate::text::{trim_c_spaces, LeadingNumber};

/// A number, and the text after it that plays no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// Its value, multiplied by 1024 or 1048576 if a `k` or `m` followed the digits.
    pub value: i32,
    /// What stood behind it.
    pub ignored: &'a [u8],
}

/// Why a value is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It does not begin with digits.
    #[error("not a number")]
    NoDigits,
    /// It does not fit 32 bits.
    #[error("the number is too large")]
    TooLarge,
}

/// Reads a decimal number with optional sign and multiplier.
pub fn number(text: &[u8]) -> Result<Number<'_>, NotANumber> {
    let number = LeadingNumber::of(trim_c_spaces(text));
    if !number.has_digits {
        return Err(NotANumber::NoDigits);
    }
    let (factor, ignored) = match number.rest {
        [b'k' | b'K', rest @ ..] => (1 << 10, rest),
        [b'm' | b'M', rest @ ..] => (1 << 20, rest),
        rest => (1, rest),
    };
    let value = number.value.checked_mul(factor).and_then(|value| i32::try_from(value).ok());
    value.map(|value| Number { value, ignored }).ok_or(NotANumber::TooLarge)
}

/// Reads a boolean: `off`, `0`, or a word in f or n; `on`, `1`, or a word in t or y.
pub fn boolean(text: &[u8]) -> Option<bool> {
    match (text, text.first()?.to_ascii_lowercase()) {
        (b"0", _) | (_, b'f' | b'n') => Some(false),
        (b"1", _) | (_, b't' | b'y') => Some(true),
        _ if text.eq_ignore_ascii_case(b"off") => Some(false),
        _ if text.eq_ignore_ascii_case(b"on") => Some(true),
        _ => None,
    }
}

/// A word chosen by its first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Position of the word.
    pub index: usize,
    /// The text is that word, the beginning of it, or its index, and not just any text with the same first letter.
    pub plain: bool,
}

/// Chooses among `words` by the first letter in any case, or by the index as a digit.
pub fn letter(text: &[u8], words: &[&str]) -> Option<Letter> {
    let first = text.first()?.to_ascii_lowercase();
    let index = words.iter().zip(b'0'..).position(|(word, digit)| {
        first == digit || word.as_bytes().first().is_some_and(|letter| letter.eq_ignore_ascii_case(&first))
    })?;
    Some(Letter { index, plain: first.is_ascii_digit() && text.len() == 1 || is_like(text, words[index]) })
}

/// Tells whether one is the beginning of the other, as in `busy`, `Busyness` and `Requests`, `Request`.
fn is_like(text: &[u8], word: &str) -> bool {
    let common = text.len().min(word.len());
    text[..common].eq_ignore_ascii_case(&word.as_bytes()[..common]) && text.len() <= word.len() + 1
}

bitflags::bitflags! {
    /// When connections are tried with a CPing.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct PingMode: u8 {
        /// After connecting.
        const CONNECT = 1;
        /// Before each request.
        const PREPOST = 2;
        /// From time to time while idle.
        const INTERVAL = 4;
    }
}

/// What the path of a Unix socket has to be, where `host` names one that is none.
pub fn socket_expected(host: &str) -> Option<String> {
    let path = socket_path(host)?;
    let is_right = path.starts_with('/') && host.len() <= MAX_NAME;
    let most = MAX_NAME - "unix:".len();
    (!is_right).then(|| format!("expected the absolute path of a socket, at most {most} octets"))
}

/// Collects the letters C, P and I, up to an A, which means all; other letters are skipped.
pub fn ping_mode(text: &[u8]) -> PingMode {
    let mut mode = PingMode::empty();
    for letter in text {
        match letter.to_ascii_uppercase() {
            b'C' => mode |= PingMode::CONNECT,
            b'P' => mode |= PingMode::PREPOST,
            b'I' => mode |= PingMode::INTERVAL,
            b'A' => return PingMode::all(),
            _ => {}
        }
    }
    mode
}

/// Tells whether a ping mode holds nothing but its letters and separators.
pub fn is_plain_ping_mode(text: &[u8]) -> bool {
    text.iter().all(|letter| b"CPIAcpia ,\t".contains(letter))
}

/// Reads one HTTP status of `fail_on_status`; a minus makes it soft. Text behind the number plays no part.
pub fn fail_status(text: &[u8]) -> Option<FailStatus> {
    let number = number(text).ok()?;
    let status = u16::try_from(number.value.unsigned_abs()).ok()?;
    (100..=999).contains(&status).then_some(FailStatus { status, soft: number.value < 0 })
}

#[cfg(test)]
mod tests;
