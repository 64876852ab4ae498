//! Why a request was refused with 413, in words that help the administrator.
//!
//! Rules: "ajp13, section 4.6"; "decisions, row 20".

use std::error::Error;
use std::fmt;

use super::code::MAX_HEADER_NAME;
use super::forward_request::Headers;
use super::packet::MAX_PACKET_SIZE;
use super::writer::Overflow;

/// Octets of a header name that are shown.
const SHOWN: usize = 64;

/// A request that can't be sent: it exceeds one packet, or a header name has a length that means a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Octets that the packet would have, envelope included.
    pub needed: usize,
    /// Octets that it may have: max_packet_size.
    pub limit: usize,
    /// The longest string of the request: field and octets.
    pub longest: Option<(&'static str, usize)>,
    /// The largest request header, if there is any.
    pub largest_header: Option<HeaderSize>,
    /// The largest header's name is so long that its length would be read as a code.
    pub name_too_long: bool,
}

/// A request header, for a complaint about its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSize {
    /// Its name.
    pub name: Vec<u8>,
    /// Octets of its value.
    pub value_length: usize,
}

impl HeaderSize {
    fn total(&self) -> usize {
        self.name.len() + self.value_length
    }

    fn has_long_name(&self) -> bool {
        self.name.len() > MAX_HEADER_NAME
    }

    /// Finds the largest header; one with a name too long for the protocol counts for more than any other.
    fn largest(headers: &dyn Headers) -> Option<Self> {
        let mut largest: Option<Self> = None;
        headers.for_each(&mut |name, value| {
            let rank = (name.len() > MAX_HEADER_NAME, name.len() + value.len());
            if largest.as_ref().is_none_or(|found| rank > (found.has_long_name(), found.total())) {
                largest = Some(Self { name: name.to_vec(), value_length: value.len() });
            }
        });
        largest
    }
}

impl TooLarge {
    /// Looks up the largest header: only here, so that requests that fit do not pay for it.
    pub(super) fn new(overflow: Overflow, headers: &dyn Headers) -> Self {
        let Overflow { needed, limit, longest } = overflow;
        let largest_header = HeaderSize::largest(headers);
        let name_too_long = largest_header.as_ref().is_some_and(HeaderSize::has_long_name);
        Self { needed, limit, longest, largest_header, name_too_long }
    }
}

impl Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_parts(f)?;
        if self.name_too_long {
            return write!(f, "AJP header names have at most {MAX_HEADER_NAME} octets");
        }
        write!(f, "the packet needs {} octets, max_packet_size is {}; ", self.needed, self.limit)?;
        if self.needed > MAX_PACKET_SIZE {
            return write!(f, "no AJP packet can have more than {MAX_PACKET_SIZE}");
        }
        f.write_str("raise max_packet_size of the worker and packetSize of Tomcat's AJP connector")
    }
}

impl TooLarge {
    /// Names the parts of the request that take most of the room.
    fn fmt_parts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(header) = &self.largest_header {
            let name = header.name.get(..SHOWN).unwrap_or(&header.name);
            let dots = if header.name.len() > SHOWN { "..." } else { "" };
            write!(f, "largest header {}{dots} has {} octets; ", name.escape_ascii(), header.value_length)?;
        }
        let in_header = self.largest_header.as_ref().map_or(0, HeaderSize::total);
        match self.longest {
            Some((field, length)) if length > in_header => write!(f, "{field} has {length} octets; "),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(&'static [u8], Vec<u8>)>;

    fn too_large(needed: usize, longest: (&'static str, usize), headers: Pairs) -> String {
        TooLarge::new(Overflow { needed, limit: 8192, longest: Some(longest) }, &headers).to_string()
    }

    #[test]
    fn the_largest_header_is_named() {
        let headers = vec![(&b"Host"[..], vec![b'h'; 9]), (b"Cookie", vec![b'c'; 9000]), (b"A", vec![])];
        assert_eq!(
            too_large(9321, ("req_header_value", 9000), headers),
            "largest header Cookie has 9000 octets; the packet needs 9321 octets, max_packet_size is 8192; \
             raise max_packet_size of the worker and packetSize of Tomcat's AJP connector"
        );
    }

    #[test]
    fn a_larger_field_is_named_beside_it() {
        let headers = vec![(&b"Host"[..], vec![b'h'; 9])];
        assert_eq!(
            too_large(9321, ("query_string", 9000), headers),
            "largest header Host has 9 octets; query_string has 9000 octets; the packet needs 9321 octets, \
             max_packet_size is 8192; raise max_packet_size of the worker and packetSize of Tomcat's AJP \
             connector"
        );
    }

    #[test]
    fn what_no_packet_can_hold_is_said_so() {
        let text = too_large(70_000, ("req_header_value", 69_000), vec![(b"X", vec![b'x'; 69_000])]);
        assert_eq!(
            text,
            "largest header X has 69000 octets; the packet needs 70000 octets, max_packet_size is 8192; \
             no AJP packet can have more than 65536"
        );
    }

    #[test]
    fn odd_names_are_shown_shortened_and_printable() {
        let headers = vec![(&[0x1b; 70][..], vec![])];
        let text = too_large(9000, ("req_header_name", 70), headers);
        assert!(
            text.starts_with(&format!("largest header {}... has 0 octets; ", "\\x1b".repeat(64))),
            "{text}"
        );
    }
}
