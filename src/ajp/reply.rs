//! What a container may send, told apart by the first octet of the payload.
//!
//! Whether a message may come at this point of the exchange is for the worker to judge.
//! Rules: "ajp13, sections 3 and 12".

use super::cursor::{Cursor, Defect, Malformed};
use super::{cpong, end_response, get_body_chunk, send_body_chunk, send_headers, SendHeaders};

/// A decoded message from the container; it borrows from the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// Status and headers of the response: boxed, as moving it from hand to hand costs more than an allocation.
    SendHeaders(Box<SendHeaders<'a>>),
    /// A piece of the response body; an empty one asks for a flush.
    SendBodyChunk(&'a [u8]),
    /// The container wants more of the request body.
    GetBodyChunk {
        /// Octets wanted, at most; 0 to 65534.
        wanted: u16,
    },
    /// The response is complete.
    EndResponse {
        /// The container keeps the connection open.
        reuse: bool,
    },
    /// Answer to CPING.
    CPong,
}

impl<'a> Reply<'a> {
    /// Decodes the payload of one packet.
    ///
    /// # Errors
    /// [`Malformed`] if the payload is empty, of an unknown type, cut off, too long, or if a field holds what
    /// AJP or HTTP do not allow.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Malformed> {
        const FIELD: &str = "prefix_code";
        let mut packet = Cursor::new("reply", payload);
        let code = packet.u8(FIELD)?;
        match code {
            send_body_chunk::CODE => {
                send_body_chunk::decode(packet.of(send_body_chunk::NAME)).map(Self::SendBodyChunk)
            }
            send_headers::CODE => SendHeaders::decode(packet.of(send_headers::NAME)).map(Self::SendHeaders),
            end_response::CODE => {
                end_response::decode(packet.of(end_response::NAME)).map(|reuse| Self::EndResponse { reuse })
            }
            get_body_chunk::CODE => get_body_chunk::decode(packet.of(get_body_chunk::NAME))
                .map(|wanted| Self::GetBodyChunk { wanted }),
            cpong::CODE => cpong::decode(packet.of(cpong::NAME)).map(|()| Self::CPong),
            unknown => Err(packet.malformed(FIELD, Defect::UnknownCode(unknown.into()))),
        }
    }
}

/// The name of the message that a payload holds, if it is one.
pub fn name_of(payload: &[u8]) -> Option<&'static str> {
    match *payload.first()? {
        send_body_chunk::CODE => Some(send_body_chunk::NAME),
        send_headers::CODE => Some(send_headers::NAME),
        end_response::CODE => Some(end_response::NAME),
        get_body_chunk::CODE => Some(get_body_chunk::NAME),
        cpong::CODE => Some(cpong::NAME),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_payload_is_malformed() {
        let defect = Defect::CutOff { needed: 1, left: 0 };
        assert_eq!(Reply::decode(&[]), Err(Malformed { message: "reply", field: "prefix_code", defect }));
    }

    #[test]
    fn unknown_types_are_malformed() {
        for code in (0..=255).filter(|code| ![3, 4, 5, 6, 9].contains(code)) {
            let payload = [code, 0, 0, 0];
            let defect = Defect::UnknownCode(code.into());
            let refused = Malformed { message: "reply", field: "prefix_code", defect };
            assert_eq!(Reply::decode(&payload), Err(refused));
        }
    }
}
