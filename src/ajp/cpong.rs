//! CPONG: the container's answer to CPING.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 9 |
//!
//! Rules: "ajp13, sections 3 and 6".

use super::cursor::{Cursor, Malformed};

/// Its prefix_code.
pub(super) const CODE: u8 = 9;

/// Its name in error messages.
pub(super) const NAME: &str = "CPONG";

/// Decodes what follows the prefix_code: nothing.
pub(super) fn decode(body: Cursor<'_>) -> Result<(), Malformed> {
    body.end()
}

#[cfg(test)]
mod tests {
    use crate::ajp::{Defect, Malformed, Reply};

    #[test]
    fn golden_octets() {
        assert_eq!(Reply::decode(&[9]), Ok(Reply::CPong));
    }

    #[test]
    fn nothing_may_follow() {
        let malformed = Malformed { message: "CPONG", field: "end", defect: Defect::Surplus(1) };
        assert_eq!(Reply::decode(&[9, 0]), Err(malformed));
    }
}
