//! GET_BODY_CHUNK: the container wants more of the request body.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 6 |
//! | requested_length | integer |
//!
//! 0xFFFF is refused: no body packet can be that long, and it is what the original reads from a message that
//! lacks the field. Rules: "ajp13, sections 3, 5 and 12".

use super::cursor::{Cursor, Defect, Malformed};

/// Its prefix_code.
pub(super) const CODE: u8 = 6;

/// Its name in error messages.
pub(super) const NAME: &str = "GET_BODY_CHUNK";

/// Decodes what follows the prefix_code: the number of octets wanted.
pub(super) fn decode(mut body: Cursor<'_>) -> Result<u16, Malformed> {
    const FIELD: &str = "requested_length";
    let wanted = body.u16(FIELD)?;
    if wanted == u16::MAX {
        return Err(body.malformed(FIELD, Defect::OutOfRange(wanted)));
    }
    body.end()?;
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use crate::ajp::{Defect, Malformed, Reply};

    fn refused(field: &'static str, defect: Defect) -> Result<Reply<'static>, Malformed> {
        Err(Malformed { message: "GET_BODY_CHUNK", field, defect })
    }

    #[test]
    fn golden_octets() {
        assert_eq!(Reply::decode(&[6, 0x1f, 0xfa]), Ok(Reply::GetBodyChunk { wanted: 8186 }));
        assert_eq!(Reply::decode(&[6, 0, 0]), Ok(Reply::GetBodyChunk { wanted: 0 }));
        assert_eq!(Reply::decode(&[6, 0xff, 0xfe]), Ok(Reply::GetBodyChunk { wanted: 65534 }));
    }

    #[test]
    fn the_length_is_required_and_in_range() {
        const FIELD: &str = "requested_length";
        assert_eq!(Reply::decode(&[6]), refused(FIELD, Defect::CutOff { needed: 2, left: 0 }));
        assert_eq!(Reply::decode(&[6, 0x1f]), refused(FIELD, Defect::CutOff { needed: 2, left: 1 }));
        assert_eq!(Reply::decode(&[6, 0xff, 0xff]), refused(FIELD, Defect::OutOfRange(0xffff)));
        assert_eq!(Reply::decode(&[6, 0x1f, 0xfa, 0]), refused("end", Defect::Surplus(1)));
    }
}
