//! What has already happened to a request, over all attempts on all members.

use std::time::Instant;

use super::Cause;

/// Progress of one request. Created once by whoever takes the request in, handed to every attempt.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// First body octets, kept so that another attempt can send them again; `None` before they were read.
    pub first_body: Option<Vec<u8>>,
    /// A body packet beyond the first was given to a container: the request can't be repeated.
    pub body_consumed: bool,
    /// A part of the response was delivered to the client: the request must not be repeated.
    pub delivered: bool,
    /// When the first attempt failed.
    pub failing_since: Option<Instant>,
    /// A pooled connection turned out to be closed by the container: the request now uses new ones only.
    pub fresh_only: bool,
    /// Octets of the request body read from the client so far.
    pub body_read: u64,
    /// Octets sent to and received from containers so far.
    pub exchanged: u64,
    /// Why the last worker failed, for whoever tells the end of the request in its place.
    pub cause: Option<Cause>,
}

impl Progress {
    /// Tells whether another attempt could still send the same octets to a client that has seen nothing.
    pub(crate) fn is_repeatable(&self) -> bool {
        !self.delivered && !self.body_consumed
    }
}
