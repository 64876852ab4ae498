//! What went wrong in an attempt, with all that a log line needs; the [`Failure`] that it amounts to.

use thiserror::Error;

use super::connect::ConnectError;
use super::connection::{ReceiveError, SendError};
use super::ping::PingError;
use super::reply::ReplyError;
use crate::ajp::TooLarge;
use crate::worker::Failure;

/// Why an attempt failed.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A new connection, but no Tomcat at its end.
    #[error(transparent)]
    Ping(#[from] PingError),
    /// The request does not fit into a packet.
    #[error("the request is too large for AJP: {0}")]
    TooLarge(#[from] TooLarge),
    /// The Forward Request could not be sent.
    #[error("sending the request failed: {0}")]
    SendRequest(SendError),
    /// The Forward Request was sent, the body packet behind it was not.
    #[error("sending the first part of the request body failed: {0}")]
    SendFirstBody(SendError),
    /// The answer to a GET_BODY_CHUNK could not be sent.
    #[error("sending the request body failed: {0}")]
    SendBody(SendError),
    /// The client's body ended early or could not be read.
    #[error("reading the request body from the client failed")]
    ClientRead,
    /// The response could not be passed on.
    #[error("writing the response to the client failed")]
    ClientWrite,
    /// reply_timeout passed.
    #[error("no reply from the container: {0}")]
    ReplyTimeout(ReceiveError),
    /// The connection ended between packets.
    #[error("the connection was lost while waiting for a reply: {0}")]
    Lost(ReceiveError),
    /// The connection ended inside a packet.
    #[error("the reply broke off inside a packet: {0}")]
    CutPacket(ReceiveError),
    /// What came is not a reply to this request.
    #[error("the reply is invalid: {0}")]
    Reply(#[from] ReplyError),
    /// The status is listed in fail_on_status.
    #[error("the reply has status {status}, which fail_on_status lists")]
    Status {
        /// The status.
        status: u16,
        /// Listed with a minus.
        soft: bool,
    },
}

impl Fault {
    /// What it amounts to.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Fault::Connect(_) | Fault::Ping(_) | Fault::SendRequest(_) => Failure::Connect,
            Fault::TooLarge(_) => Failure::RequestTooLarge,
            Fault::SendFirstBody(_) => Failure::Send,
            Fault::SendBody(_) => Failure::BodySend,
            Fault::ClientRead => Failure::ClientRead,
            Fault::ClientWrite => Failure::ClientWrite,
            Fault::ReplyTimeout(_) => Failure::ReplyTimeout,
            Fault::Lost(_) => Failure::ConnectionLost,
            Fault::CutPacket(_) | Fault::Reply(ReplyError::Framing(_)) => Failure::Framing,
            Fault::Reply(error) if error.is_of_the_page() => Failure::BadResponse,
            Fault::Reply(_) => Failure::Malformed,
            Fault::Status { status, soft: false } => Failure::FatalStatus(*status),
            Fault::Status { status, soft: true } => Failure::SoftStatus(*status),
        }
    }

    /// Tells whether the connection ended, as it does when the container had closed it while it was idle.
    pub(super) fn is_end_of_connection(&self) -> bool {
        match self {
            Fault::SendRequest(error) | Fault::SendFirstBody(error) => !error.is_timeout(),
            Fault::Lost(error) => matches!(error, ReceiveError::Closed | ReceiveError::Broken(_)),
            _ => false,
        }
    }
}
