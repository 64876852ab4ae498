//! Reads the fields of one payload in order; every error names the message and the field.
//!
//! The cursor holds nothing but the payload, so that no length that a peer claims can reach beyond it.
//! Rules: "ajp13, section 1" (data types).

use std::fmt;

use thiserror::Error;

use super::code::{HeaderNames, FIRST_HEADER_CODE};

/// Length that stands for the null string.
pub(super) const NULL_STRING: u16 = 0xffff;

/// A message that breaks the protocol: which message, which of its fields, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{message}: {field} {defect}")]
pub struct Malformed {
    /// Name of the message, `SEND_HEADERS`; `reply` where it has no valid type.
    pub message: &'static str,
    /// Name of the field as the protocol's documentation has it; `end` for what follows the last one.
    pub field: &'static str,
    /// What is wrong with it.
    pub defect: Defect,
}

impl Malformed {
    /// Tells whether the message is sound AJP, and only what it says is no HTTP. Pages decide what their answers
    /// say; how it is put into a packet is decided by the container alone.
    pub fn is_bad_http(&self) -> bool {
        match self.defect {
            Defect::NotAStatus(_) | Defect::NotAToken | Defect::NotALength | Defect::Contradiction => true,
            Defect::CutOff { .. }
            | Defect::Unterminated
            | Defect::Null
            | Defect::UnknownCode(_)
            | Defect::OutOfRange(_)
            | Defect::Surplus(_) => false,
        }
    }
}

/// How a field breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The packet ends before the field does.
    CutOff {
        /// Octets that the field takes.
        needed: usize,
        /// Octets that the packet still has.
        left: usize,
    },
    /// A string is not followed by NUL.
    Unterminated,
    /// The null string, where there must be a value.
    Null,
    /// A code that is not in the table.
    UnknownCode(u16),
    /// A number that is not allowed here.
    OutOfRange(u16),
    /// A number that is no final HTTP status.
    NotAStatus(u16),
    /// A header name that is empty or has characters that HTTP does not allow.
    NotAToken,
    /// A Content-Length that is not plain decimal digits, or too large.
    NotALength,
    /// A Content-Length that differs from an earlier one.
    Contradiction,
    /// So many octets follow the last field.
    Surplus(usize),
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff { needed, left } => {
                write!(f, "ends beyond the packet: octets needed {needed}, left {left}")
            }
            Self::Unterminated => f.write_str("is a string without a terminating NUL"),
            Self::Null => f.write_str("is the null string"),
            Self::UnknownCode(code) => write!(f, "has the unknown code {code:#06x}"),
            Self::OutOfRange(number) => write!(f, "is {number}, which is out of range"),
            Self::NotAStatus(number) => write!(f, "is {number}, which is no final HTTP status"),
            Self::NotAToken => f.write_str("is not a valid header name"),
            Self::NotALength => f.write_str("is not a decimal length"),
            Self::Contradiction => f.write_str("contradicts an earlier one"),
            Self::Surplus(count) => write!(f, "comes late: octets left over {count}"),
        }
    }
}

/// A place in a payload; what lies before it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    message: &'static str,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first octet of `payload`; errors name `message`.
    pub(super) fn new(message: &'static str, payload: &'a [u8]) -> Self {
        Self { message, rest: payload }
    }

    /// Continues as the message that the type octet has told.
    pub(super) fn of(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    /// An error about `field` of this message.
    pub(super) fn malformed(&self, field: &'static str, defect: Defect) -> Malformed {
        Malformed { message: self.message, field, defect }
    }

    /// Reads `length` octets.
    pub(super) fn octets(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], Malformed> {
        let cut_off = Defect::CutOff { needed: length, left: self.rest.len() };
        let (octets, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.malformed(field, cut_off))?;
        self.rest = rest;
        Ok(octets)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Malformed> {
        let cut_off = Defect::CutOff { needed: N, left: self.rest.len() };
        let (octets, rest) =
            self.rest.split_first_chunk::<N>().ok_or_else(|| self.malformed(field, cut_off))?;
        self.rest = rest;
        Ok(*octets)
    }

    /// Reads a byte.
    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.array(field).map(|[octet]| octet)
    }

    /// Reads an integer.
    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Reads a string; `None` is the null string.
    pub(super) fn optional_string(&mut self, field: &'static str) -> Result<Option<&'a [u8]>, Malformed> {
        match self.u16(field)? {
            NULL_STRING => Ok(None),
            length => self.string_of(field, length).map(Some),
        }
    }

    /// Reads a string that must not be null.
    pub(super) fn string(&mut self, field: &'static str) -> Result<&'a [u8], Malformed> {
        self.optional_string(field)?.ok_or_else(|| self.malformed(field, Defect::Null))
    }

    /// Reads a string whose length was read, and its terminator, which the length does not count.
    fn string_of(&mut self, field: &'static str, length: u16) -> Result<&'a [u8], Malformed> {
        let octets = self.octets(field, usize::from(length))?;
        match self.u8(field)? {
            0 => Ok(octets),
            _ => Err(self.malformed(field, Defect::Unterminated)),
        }
    }

    /// Reads a header name: a code of `table`, or a string, which is too short to be taken for a code.
    pub(super) fn header_name(
        &mut self,
        field: &'static str,
        table: &HeaderNames,
    ) -> Result<&'a [u8], Malformed> {
        match self.u16(field)? {
            NULL_STRING => Err(self.malformed(field, Defect::Null)),
            code @ FIRST_HEADER_CODE.. => {
                let name = table.name(code).map(str::as_bytes);
                name.ok_or_else(|| self.malformed(field, Defect::UnknownCode(code)))
            }
            length => self.string_of(field, length),
        }
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(self) -> Result<(), Malformed> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(self.malformed("end", Defect::Surplus(count))),
        }
    }

    /// Makes sure that nothing follows but one NUL at most.
    pub(super) fn end_or_nul(self) -> Result<(), Malformed> {
        match self.rest {
            [0] => Ok(()),
            _ => self.end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(field: &'static str, defect: Defect) -> Result<T, Malformed> {
        Err(Malformed { message: "TEST", field, defect })
    }

    #[test]
    fn numbers_are_big_endian() {
        let mut cursor = Cursor::new("TEST", &[7, 0x12, 0x34]);
        assert_eq!(cursor.u8("a"), Ok(7));
        assert_eq!(cursor.u16("b"), Ok(0x1234));
        assert_eq!(cursor.u8("c"), refused("c", Defect::CutOff { needed: 1, left: 0 }));
        assert_eq!(cursor.end(), Ok(()));
    }

    #[test]
    fn a_string_has_its_terminator_inside_the_packet() {
        type Expected = Result<Option<&'static [u8]>, Malformed>;
        let cases: [(&[u8], Expected); 7] = [
            (&[0, 2, b'h', b'i', 0], Ok(Some(b"hi"))),
            (&[0, 0, 0], Ok(Some(b""))),
            (&[0xff, 0xff], Ok(None)),
            (&[0, 2, b'h', b'i'], refused("s", Defect::CutOff { needed: 1, left: 0 })),
            (&[0, 2, b'h', b'i', b'!'], refused("s", Defect::Unterminated)),
            (&[0, 2, b'h'], refused("s", Defect::CutOff { needed: 2, left: 1 })),
            (&[0], refused("s", Defect::CutOff { needed: 2, left: 1 })),
        ];
        for (octets, expected) in cases {
            assert_eq!(Cursor::new("TEST", octets).optional_string("s"), expected, "{octets:?}");
        }
        assert_eq!(Cursor::new("TEST", &[0xff, 0xff]).string("s"), refused("s", Defect::Null));
    }

    #[test]
    fn a_failed_read_leaves_the_cursor_where_it_was() {
        let mut cursor = Cursor::new("TEST", &[1]);
        assert!(cursor.u16("a").is_err());
        assert_eq!(cursor.u8("b"), Ok(1));
    }

    #[test]
    fn what_follows_the_last_field_is_counted() {
        assert_eq!(Cursor::new("TEST", &[0]).end_or_nul(), Ok(()));
        assert_eq!(Cursor::new("TEST", &[1]).end_or_nul(), refused("end", Defect::Surplus(1)));
        assert_eq!(Cursor::new("TEST", &[0, 0]).end_or_nul(), refused("end", Defect::Surplus(2)));
        assert_eq!(Cursor::new("TEST", &[0]).end(), refused("end", Defect::Surplus(1)));
    }

    #[test]
    fn an_error_names_message_and_field() {
        let malformed = Malformed { message: "SEND_HEADERS", field: "end", defect: Defect::Surplus(3) };
        assert_eq!(malformed.to_string(), "SEND_HEADERS: end comes late: octets left over 3");
    }
}
