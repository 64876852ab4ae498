//! SEND_BODY_CHUNK: a piece of the response body.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 3 |
//! | chunk_length | integer; 0 asks for a flush |
//! | chunk | that many octets |
//! | (none) | one 0x00 that Tomcat adds without counting it; accepted with or without |
//!
//! A chunk_length beyond the packet is an error: the original once sent what lay behind it in memory.
//! Rules: "ajp13, sections 3, 11 and 12".

use super::cursor::{Cursor, Malformed};

/// Its prefix_code.
pub(super) const CODE: u8 = 3;

/// Its name in error messages.
pub(super) const NAME: &str = "SEND_BODY_CHUNK";

/// Decodes what follows the prefix_code: the data.
pub(super) fn decode(mut body: Cursor<'_>) -> Result<&[u8], Malformed> {
    let length = body.u16("chunk_length")?;
    let data = body.octets("chunk", usize::from(length))?;
    body.end_or_nul()?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use crate::ajp::{Defect, Malformed, Reply};

    fn refused(field: &'static str, defect: Defect) -> Result<Reply<'static>, Malformed> {
        Err(Malformed { message: "SEND_BODY_CHUNK", field, defect })
    }

    #[test]
    fn golden_octets() {
        assert_eq!(Reply::decode(&[3, 0, 2, b'o', b'k', 0]), Ok(Reply::SendBodyChunk(b"ok")));
        assert_eq!(Reply::decode(&[3, 0, 2, b'o', b'k']), Ok(Reply::SendBodyChunk(b"ok")));
        assert_eq!(Reply::decode(&[3, 0, 1, 0]), Ok(Reply::SendBodyChunk(b"\0")));
        assert_eq!(Reply::decode(&[3, 0, 0, 0]), Ok(Reply::SendBodyChunk(b"")));
        assert_eq!(Reply::decode(&[3, 0, 0]), Ok(Reply::SendBodyChunk(b"")));
    }

    #[test]
    fn the_length_field_must_be_whole() {
        for left in [0, 1] {
            let cut = refused("chunk_length", Defect::CutOff { needed: 2, left });
            assert_eq!(Reply::decode(&[3, 0, 2][..=left]), cut);
        }
    }

    #[test]
    fn the_chunk_ends_with_the_packet() {
        let cut = refused("chunk", Defect::CutOff { needed: 3, left: 2 });
        assert_eq!(Reply::decode(&[3, 0, 3, b'o', b'k']), cut);
        let cut = refused("chunk", Defect::CutOff { needed: 0xffff, left: 1 });
        assert_eq!(Reply::decode(&[3, 0xff, 0xff, b'x']), cut);
    }

    #[test]
    fn only_one_nul_may_follow() {
        assert_eq!(Reply::decode(&[3, 0, 1, b'x', b'y']), refused("end", Defect::Surplus(1)));
        assert_eq!(Reply::decode(&[3, 0, 1, b'x', 0, 0]), refused("end", Defect::Surplus(2)));
    }
}
