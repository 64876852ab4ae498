//! Request body: the only packet without a type octet.
//!
//! | field | type |
//! |---|---|
//! | data_length | integer |
//! | data | that many octets |
//!
//! An empty payload (12 34 00 00) says that there is no more; a data_length of 0 that the client failed.
//! The data itself is not touched here: it is sent from where it stands, behind the six octets made here.
//!
//! Rules: "ajp13, sections 3 and 5".

use super::packet::{HEADER_LENGTH, TO_CONTAINER};

/// Octets before the data: envelope and data_length.
const OVERHEAD: usize = HEADER_LENGTH + 2;

/// The request body is complete.
pub const EMPTY_BODY: [u8; 4] = [0x12, 0x34, 0x00, 0x00];

/// Body octets that fit into one packet of `max_packet_size` octets.
pub const fn max_body(max_packet_size: usize) -> usize {
    max_packet_size.saturating_sub(OVERHEAD)
}

/// What goes before `length` octets of body data; `length` is at most [`max_body`] of the packet size.
pub fn body_packet_header(length: usize) -> [u8; OVERHEAD] {
    debug_assert!(length + 2 <= usize::from(u16::MAX), "{length} octets exceed a packet");
    let [high, low] = TO_CONTAINER;
    let [payload_high, payload_low] = (length as u16).wrapping_add(2).to_be_bytes();
    let [length_high, length_low] = (length as u16).to_be_bytes();
    [high, low, payload_high, payload_low, length_high, length_low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packet_size_counts_the_envelope() {
        assert_eq!(max_body(8192), 8186);
        assert_eq!(max_body(65536), 65530);
        assert_eq!(max_body(3), 0);
    }

    #[test]
    fn header_octets() {
        assert_eq!(body_packet_header(1), [0x12, 0x34, 0x00, 0x03, 0x00, 0x01]);
        assert_eq!(body_packet_header(8186), [0x12, 0x34, 0x1f, 0xfc, 0x1f, 0xfa]);
        assert_eq!(body_packet_header(65530), [0x12, 0x34, 0xff, 0xfc, 0xff, 0xfa]);
        assert_eq!(body_packet_header(0), [0x12, 0x34, 0x00, 0x02, 0x00, 0x00], "the client failed");
    }
}
