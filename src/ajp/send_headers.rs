//! SEND_HEADERS: status and headers of a response.

use smallvec::SmallVec;

/// A response head whose every field was checked while it was decoded; it borrows from the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendHeaders<'a> {
    /// HTTP status, 200 to 999.
    pub status: u16,
    /// Reason phrase; `None` or empty leaves it to httpd.
    pub reason: Option<&'a [u8]>,
    /// Names and values in order: no control characters (but TAB in values), names are HTTP tokens.
    pub headers: SmallVec<[(&'a [u8], &'a [u8]); 16]>,
}
