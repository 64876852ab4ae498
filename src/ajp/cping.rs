//! CPING: asks the container for a sign of life.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 10 |
//!
//! The answer is [`super::cpong`]. Rules: "ajp13, sections 3 and 6".

/// The complete packet.
pub const CPING: [u8; 5] = [0x12, 0x34, 0x00, 0x01, 0x0a];
