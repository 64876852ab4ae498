//! SEND_HEADERS: status and headers of a response.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 4 |
//! | http_status_code | integer, 200 to 999 |
//! | http_status_msg | string, may be null |
//! | num_headers | integer |
//! | res_header_name | code 0xA001 to 0xA00B, or string; once per header |
//! | res_header_value | string; once per header |
//!
//! 1xx is refused with everything below: passed on as a final status it would leave the client waiting.
//! A code in no table is refused as well: 0xA000 and its missing name crash the original.
//! Control characters in a value or in the reason, which would break the response apart, become blanks, as in
//! Tomcat's own HTTP connector: a redirect to what a client has asked for is no reason to refuse the answer. Which
//! headers reach the client is for the adapter to decide. Rules: "ajp13, sections 8 and 12"; RFC 9110, section 5.5;
//! "decisions, rows 19 and 27".

use std::borrow::Cow;

use smallvec::SmallVec;

use super::code::RESPONSE_HEADERS;
use super::cursor::{Cursor, Defect, Malformed};
use super::http;

use crate::text::{content_length, is_same_name};

/// Its prefix_code.
pub(super) const CODE: u8 = 4;

/// Its name in error messages.
pub(super) const NAME: &str = "SEND_HEADERS";

/// A response head whose every field was checked while it was decoded; it borrows from the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendHeaders<'a> {
    /// HTTP status, 200 to 999.
    pub status: u16,
    /// Reason phrase; `None` or empty leaves it to httpd.
    pub reason: Option<Cow<'a, [u8]>>,
    /// Names and values in order: no control characters (but TAB in values), no blanks around values, names
    /// are HTTP tokens.
    pub headers: SmallVec<[Header<'a>; 16]>,
}

/// Name and value of a header.
pub type Header<'a> = (&'a [u8], Cow<'a, [u8]>);

impl<'a> SendHeaders<'a> {
    /// Decodes what follows the prefix_code.
    pub(super) fn decode(mut body: Cursor<'a>) -> Result<Box<Self>, Malformed> {
        let status = status(&mut body)?;
        let reason = reason(&mut body)?;
        let mut head = Box::new(Self { status, reason, headers: SmallVec::new() });
        for _ in 0..body.u16("num_headers")? {
            head.headers.push((header_name(&mut body)?, header_value(&mut body)?));
        }
        body.end()?;
        head.content_length()?;
        Ok(head)
    }

    /// Length of the response body as the container announces it; repetitions of one value count as one.
    ///
    /// # Errors
    /// [`Malformed`] if a Content-Length is not a decimal number up to 2^63 - 1, or two of them differ. A
    /// decoded head has been checked for this already.
    pub fn content_length(&self) -> Result<Option<u64>, Malformed> {
        let malformed = |defect| Malformed { message: NAME, field: "Content-Length", defect };
        let mut announced = None;
        for (_, value) in self.headers.iter().filter(|(name, _)| is_same_name(name, b"Content-Length")) {
            let length = content_length(value).ok_or_else(|| malformed(Defect::NotALength))?;
            if *announced.get_or_insert(length) != length {
                return Err(malformed(Defect::Contradiction));
            }
        }
        Ok(announced)
    }
}

fn status(body: &mut Cursor<'_>) -> Result<u16, Malformed> {
    const FIELD: &str = "http_status_code";
    match body.u16(FIELD)? {
        status @ 200..=999 => Ok(status),
        other => Err(body.malformed(FIELD, Defect::NotAStatus(other))),
    }
}

fn reason<'a>(body: &mut Cursor<'a>) -> Result<Option<Cow<'a, [u8]>>, Malformed> {
    Ok(body.optional_string("http_status_msg")?.map(http::field_content))
}

fn header_name<'a>(body: &mut Cursor<'a>) -> Result<&'a [u8], Malformed> {
    const FIELD: &str = "res_header_name";
    let name = body.header_name(FIELD, &RESPONSE_HEADERS)?;
    if http::is_token(name) {
        Ok(name)
    } else {
        Err(body.malformed(FIELD, Defect::NotAToken))
    }
}

fn header_value<'a>(body: &mut Cursor<'a>) -> Result<Cow<'a, [u8]>, Malformed> {
    body.string("res_header_value").map(http::field_content)
}

#[cfg(test)]
mod tests;
