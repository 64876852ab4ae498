//! END_RESPONSE: the response is complete.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 5 |
//! | reuse | boolean: 0 means that the container closes the connection; any other octet is true |
//!
//! Rules: "ajp13, sections 1, 3 and 12".

use super::cursor::{Cursor, Malformed};

/// Its prefix_code.
pub(super) const CODE: u8 = 5;

/// Its name in error messages.
pub(super) const NAME: &str = "END_RESPONSE";

/// Decodes what follows the prefix_code: whether the connection may be used again.
pub(super) fn decode(mut body: Cursor<'_>) -> Result<bool, Malformed> {
    let reuse = body.u8("reuse")? != 0;
    body.end()?;
    Ok(reuse)
}

#[cfg(test)]
mod tests {
    use crate::ajp::{Defect, Malformed, Reply};

    #[test]
    fn golden_octets() {
        for (flag, reuse) in [(0, false), (1, true), (7, true), (255, true)] {
            assert_eq!(Reply::decode(&[5, flag]), Ok(Reply::EndResponse { reuse }));
        }
    }

    #[test]
    fn the_flag_is_required_and_stands_alone() {
        let missing = Malformed {
            message: "END_RESPONSE",
            field: "reuse",
            defect: Defect::CutOff { needed: 1, left: 0 },
        };
        assert_eq!(Reply::decode(&[5]), Err(missing));
        let surplus = Malformed { message: "END_RESPONSE", field: "end", defect: Defect::Surplus(1) };
        assert_eq!(Reply::decode(&[5, 1, 0]), Err(surplus));
    }
}
