//! The envelope of every message: two octets that name the direction, two that count the payload.
//!
//! | octets | to the container | from the container |
//! |---|---|---|
//! | 0, 1 | 12 34 | 41 42 (`AB`) |
//! | 2, 3 | length of the payload | length of the payload |
//!
//! Rules: "ajp13, sections 2 and 7". What a payload means is [`super::reply`]'s business.

use thiserror::Error;

/// Octets before the payload.
pub const HEADER_LENGTH: usize = 4;

/// The largest value of max_packet_size, envelope included ("ajp13, section 7").
pub const MAX_PACKET_SIZE: usize = 65536;

/// First octets of a packet to the container.
pub const TO_CONTAINER: [u8; 2] = [0x12, 0x34];

/// First octets of a packet from the container.
pub const FROM_CONTAINER: [u8; 2] = *b"AB";

/// Octets that are no packets: nothing that follows on the connection can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FramingError {
    /// A packet does not begin with the octets of its direction.
    #[error("sent a packet that begins with octet {found:#04x} where {expected:#04x} belongs")]
    Magic {
        /// The octet that stands there.
        found: u8,
        /// The octet that belongs there.
        expected: u8,
    },
    /// Another protocol is spoken.
    #[error("speaks {0}, not AJP")]
    OtherProtocol(&'static str),
    /// A packet announces more than the receiver takes.
    #[error("announced a packet of {length} octets, {limit} are allowed (max_packet_size)")]
    TooLong {
        /// Announced length of the payload.
        length: usize,
        /// Largest length accepted.
        limit: usize,
    },
}

/// Finds the first packet from the container in what was received: its payload, and how many octets it takes
/// with its envelope. `None` means that more must be received first.
///
/// A payload may have up to max_packet_size octets, not counting the envelope ("ajp13, section 7").
///
/// # Errors
/// [`FramingError`] as soon as the octets received so far can't be the beginning of a packet.
pub fn split_packet(buffer: &[u8], max_payload: usize) -> Result<Option<(&[u8], usize)>, FramingError> {
    split(FROM_CONTAINER, buffer, max_payload)
}

/// [`split_packet`] for either direction.
pub(super) fn split(
    magic: [u8; 2],
    buffer: &[u8],
    max_payload: usize,
) -> Result<Option<(&[u8], usize)>, FramingError> {
    if let Some((&found, expected)) = buffer.iter().zip(magic).find(|(found, expected)| **found != *expected)
    {
        return Err(other_protocol(buffer).unwrap_or(FramingError::Magic { found, expected }));
    }
    let Some((&[_, _, high, low], rest)) = buffer.split_first_chunk::<HEADER_LENGTH>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > max_payload {
        return Err(FramingError::TooLong { length, limit: max_payload });
    }
    Ok(rest.get(..length).map(|payload| (payload, HEADER_LENGTH + length)))
}

/// Recognizes what listens on the ports that are mistaken for that of an AJP connector.
fn other_protocol(octets: &[u8]) -> Option<FramingError> {
    match octets {
        [b'H', b'T', ..] => Some(FramingError::OtherProtocol("HTTP")),
        // An alert or a part of a handshake, of any version.
        [0x15 | 0x16, 3, ..] => Some(FramingError::OtherProtocol("TLS")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END_RESPONSE: [u8; 6] = [0x41, 0x42, 0x00, 0x02, 0x05, 0x01];

    #[test]
    fn incomplete_packets_are_waited_for() {
        for length in 0..END_RESPONSE.len() {
            assert_eq!(split_packet(&END_RESPONSE[..length], 8192), Ok(None), "{length} octets");
        }
    }

    #[test]
    fn a_packet_ends_where_its_length_says() {
        let two = [END_RESPONSE, END_RESPONSE].concat();
        assert_eq!(split_packet(&two, 8192), Ok(Some((&[0x05, 0x01][..], 6))));
        assert_eq!(split_packet(&[0x41, 0x42, 0, 0, 0x41], 8192), Ok(Some((&[][..], 4))));
    }

    #[test]
    fn wrong_first_octets_are_noticed_at_once() {
        let cases: [(&[u8], u8, u8); 4] = [
            (&[0x12], 0x12, 0x41),
            (&[0x12, 0x34, 0, 1], 0x12, 0x41),
            (&[0x41, 0x43], 0x43, 0x42),
            (b"H", b'H', 0x41),
        ];
        for (buffer, found, expected) in cases {
            assert_eq!(split_packet(buffer, 8192), Err(FramingError::Magic { found, expected }));
        }
    }

    #[test]
    fn other_protocols_are_known_by_their_first_octets() {
        let cases: [(&[u8], &str); 3] =
            [(b"HTTP/1.1 400", "HTTP"), (&[0x15, 3, 3, 0, 2], "TLS"), (&[0x16, 3, 1], "TLS")];
        for (buffer, name) in cases {
            assert_eq!(split_packet(buffer, 8192), Err(FramingError::OtherProtocol(name)));
        }
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_the_payload_arrives() {
        assert_eq!(split_packet(&[0x41, 0x42, 0x20, 0x00], 8192), Ok(None));
        let refused = Err(FramingError::TooLong { length: 8193, limit: 8192 });
        assert_eq!(split_packet(&[0x41, 0x42, 0x20, 0x01], 8192), refused);
    }

    #[test]
    fn the_largest_payload_is_accepted() {
        let mut buffer = vec![0x41, 0x42, 0x20, 0x00];
        buffer.resize(4 + 8192, b'x');
        assert_eq!(split_packet(&buffer, 8192), Ok(Some((&buffer[4..], 8196))));
    }
}
