//! A packet under construction, bounded by max_packet_size.
//!
//! Nothing is ever stored beyond the limit, but what does not fit is still counted, so that one check at the
//! end suffices and the complaint can tell how large the packet would have been.
//! Rules: "ajp13, sections 1, 2 and 7".

use super::code::{HeaderNames, MAX_HEADER_NAME};
use super::cursor::NULL_STRING;
use super::packet::{HEADER_LENGTH, MAX_PACKET_SIZE, TO_CONTAINER};

/// A packet under construction in a buffer that is reused from request to request.
#[derive(Debug)]
pub struct PacketWriter<'b> {
    buffer: &'b mut Vec<u8>,
    limit: usize,
    size: usize,
    longest: Option<(&'static str, usize)>,
    unencodable: bool,
}

/// A packet that exceeds the limit, or has a header name that can't be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Octets that the packet would have, envelope included.
    pub needed: usize,
    /// Octets that it may have.
    pub limit: usize,
    /// The longest string in it: field and octets.
    pub longest: Option<(&'static str, usize)>,
}

/// Where an integer will be written once it is known.
#[derive(Clone, Copy, Debug)]
pub struct Slot(usize);

impl<'b> PacketWriter<'b> {
    /// Clears `buffer` and begins a packet to the container of at most `max_packet_size` octets, envelope
    /// included; never more than [`MAX_PACKET_SIZE`].
    pub fn new(buffer: &'b mut Vec<u8>, max_packet_size: usize) -> Self {
        Self::with_magic(TO_CONTAINER, buffer, max_packet_size)
    }

    /// [`PacketWriter::new`] for either direction.
    pub(super) fn with_magic(magic: [u8; 2], buffer: &'b mut Vec<u8>, max_packet_size: usize) -> Self {
        buffer.clear();
        let limit = max_packet_size.min(MAX_PACKET_SIZE);
        let mut packet = Self { buffer, limit, size: 0, longest: None, unencodable: false };
        packet.octets(&magic);
        packet.u16(0);
        packet
    }

    /// Appends octets as they are.
    pub fn octets(&mut self, octets: &[u8]) {
        self.size = self.size.saturating_add(octets.len());
        if self.size <= self.limit {
            self.buffer.extend_from_slice(octets);
        }
    }

    /// Appends a byte.
    pub fn u8(&mut self, octet: u8) {
        self.octets(&[octet]);
    }

    /// Appends an integer.
    pub fn u16(&mut self, number: u16) {
        self.octets(&number.to_be_bytes());
    }

    /// Appends a string; `field` names it in the complaint if the packet becomes too large.
    ///
    /// The length counts, not a NUL inside: the receiver sees exactly these octets.
    pub fn string(&mut self, field: &'static str, string: &[u8]) {
        if self.longest.is_none_or(|(_, length)| length < string.len()) {
            self.longest = Some((field, string.len()));
        }
        self.size = self.size.saturating_add(string.len() + 3);
        if self.size <= self.limit {
            // A longer string than an integer can tell exceeds the largest packet.
            let length = u16::try_from(string.len()).unwrap_or(NULL_STRING);
            self.buffer.reserve(string.len() + 3);
            self.buffer.extend_from_slice(&length.to_be_bytes());
            self.buffer.extend_from_slice(string);
            self.buffer.push(0);
        }
    }

    /// Appends a string, or the null string for `None`.
    pub fn optional_string(&mut self, field: &'static str, string: Option<&[u8]>) {
        match string {
            Some(string) => self.string(field, string),
            None => self.u16(NULL_STRING),
        }
    }

    /// Appends a header name: its code in `table`, or else a string.
    ///
    /// A string of more than [`MAX_HEADER_NAME`] octets would be read as a code and spoils the packet.
    pub fn header_name(&mut self, field: &'static str, table: &HeaderNames, name: &[u8]) {
        match table.code(name) {
            Some(code) => self.u16(code),
            None => {
                self.unencodable |= name.len() > MAX_HEADER_NAME;
                self.string(field, name);
            }
        }
    }

    /// Leaves room for an integer.
    pub fn reserve_u16(&mut self) -> Slot {
        let slot = Slot(self.size);
        self.u16(0);
        slot
    }

    /// Writes the integer that room was left for.
    pub fn fill(&mut self, Slot(start): Slot, number: u16) {
        if let Some(place) = self.buffer.get_mut(start..).and_then(|rest| rest.first_chunk_mut()) {
            *place = number.to_be_bytes();
        }
    }

    /// Completes the envelope.
    ///
    /// # Errors
    /// [`Overflow`] if not everything fitted or could be encoded; the buffer is empty then.
    pub fn finish(mut self) -> Result<(), Overflow> {
        let payload = self.size.saturating_sub(HEADER_LENGTH);
        match u16::try_from(payload) {
            Ok(payload) if self.size <= self.limit && !self.unencodable => {
                self.fill(Slot(2), payload);
                Ok(())
            }
            _ => {
                self.buffer.clear();
                Err(Overflow { needed: self.size, limit: self.limit, longest: self.longest })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_as_octets() {
        let mut buffer = b"left over".to_vec();
        let mut packet = PacketWriter::new(&mut buffer, 8192);
        packet.u8(2);
        let slot = packet.reserve_u16();
        packet.string("s", b"hi");
        packet.string("s", b"");
        packet.optional_string("s", None);
        packet.fill(slot, 0xa008);
        assert_eq!(packet.finish(), Ok(()));
        let expected = b"\x12\x34\x00\x0d\x02\xa0\x08\x00\x02hi\x00\x00\x00\x00\xff\xff";
        assert_eq!(buffer, expected);
    }

    #[test]
    fn a_packet_may_fill_the_limit_but_not_exceed_it() {
        for (length, fits) in [(8185, true), (8186, false)] {
            let mut buffer = Vec::new();
            let mut packet = PacketWriter::new(&mut buffer, 8192);
            packet.string("s", &vec![b'x'; length]);
            match packet.finish() {
                Ok(()) => assert!(fits && buffer.len() == 8192),
                Err(overflow) => {
                    let expected = Overflow { needed: 8193, limit: 8192, longest: Some(("s", 8186)) };
                    assert!(!fits && overflow == expected && buffer.is_empty());
                }
            }
        }
    }

    #[test]
    fn nothing_is_stored_behind_what_did_not_fit() {
        let mut buffer = Vec::new();
        let mut packet = PacketWriter::new(&mut buffer, 16);
        packet.octets(&[b'x'; 20]);
        let slot = packet.reserve_u16();
        packet.fill(slot, 7);
        packet.u8(1);
        assert_eq!(packet.buffer.len(), HEADER_LENGTH);
        assert_eq!(packet.finish(), Err(Overflow { needed: 27, limit: 16, longest: None }));
    }

    #[test]
    fn strings_longer_than_their_length_field_never_fit() {
        for length in [65534, 65535, 65536, 65542, 131_072] {
            let mut buffer = Vec::new();
            let mut packet = PacketWriter::new(&mut buffer, usize::MAX);
            packet.string("s", &vec![b'x'; length]);
            let overflow = Overflow { needed: length + 7, limit: 65536, longest: Some(("s", length)) };
            assert_eq!(packet.finish(), Err(overflow));
        }
    }
}
