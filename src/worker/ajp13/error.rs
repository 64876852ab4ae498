//! What went wrong in an attempt, and the [`Failure`] that it amounts to.
//!
//! What the container did is told without it: [`super::advice`] says which one, and where to look.

use thiserror::Error;

use super::connect::ConnectError;
use super::connection::{ReceiveError, SendError};
use super::ping::PingError;
use super::reply::ReplyError;
use crate::ajp::TooLarge;
use crate::shared::Fault;
use crate::worker::Failure;

/// Why an attempt failed.
#[derive(Debug, Error)]
pub(super) enum AttemptError {
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
    #[error("did not take the request ({0})")]
    SendRequest(SendError),
    /// The Forward Request was sent, the body packet behind it was not.
    #[error("did not take the first part of the request body ({0})")]
    SendFirstBody(SendError),
    /// The answer to a GET_BODY_CHUNK could not be sent.
    #[error("did not take the request body ({0})")]
    SendBody(SendError),
    /// The client's body ended early or could not be read.
    #[error("the request body could not be read from the client")]
    ClientRead,
    /// The response could not be passed on.
    #[error("the client went away while it was answered")]
    ClientWrite,
    /// reply_timeout passed.
    #[error("did not answer: {0} (reply_timeout)")]
    ReplyTimeout(ReceiveError),
    /// The connection ended between packets.
    #[error("{}", ended(.0))]
    Lost(ReceiveError),
    /// The connection ended inside a packet.
    #[error("broke off its answer inside a packet ({0})")]
    CutPacket(ReceiveError),
    /// What came is not a reply to this request.
    #[error("{0}")]
    Reply(#[from] ReplyError),
    /// The status is listed in fail_on_status.
    #[error("answered with status {status}, which fail_on_status lists")]
    Status {
        /// The status.
        status: u16,
        /// Listed with a minus.
        soft: bool,
    },
}

/// How a connection came to its end, or to nothing, between two packets.
fn ended(error: &ReceiveError) -> String {
    match error {
        ReceiveError::TimedOut(_) | ReceiveError::Silent(_) => {
            format!("did not answer: {error} (socket_timeout)")
        }
        _ => format!("did not answer to the end: {error}"),
    }
}

impl AttemptError {
    /// What it amounts to.
    pub(super) fn failure(&self) -> Failure {
        match self {
            AttemptError::Connect(_) | AttemptError::Ping(_) | AttemptError::SendRequest(_) => {
                Failure::Connect
            }
            AttemptError::TooLarge(_) => Failure::RequestTooLarge,
            AttemptError::SendFirstBody(_) => Failure::Send,
            AttemptError::SendBody(_) => Failure::BodySend,
            AttemptError::ClientRead => Failure::ClientRead,
            AttemptError::ClientWrite => Failure::ClientWrite,
            AttemptError::ReplyTimeout(_) => Failure::ReplyTimeout,
            AttemptError::Lost(_) => Failure::ConnectionLost,
            AttemptError::CutPacket(_) | AttemptError::Reply(ReplyError::Framing(_)) => Failure::Framing,
            AttemptError::Reply(error) if error.is_of_the_page() => Failure::BadResponse,
            AttemptError::Reply(_) => Failure::Malformed,
            AttemptError::Status { status, soft: false } => Failure::FatalStatus(*status),
            AttemptError::Status { status, soft: true } => Failure::SoftStatus(*status),
        }
    }

    /// What it is counted as.
    pub(super) fn fault(&self) -> Fault {
        match self {
            AttemptError::Connect(_) => Fault::Connect,
            AttemptError::Ping(_) => Fault::Cping,
            AttemptError::TooLarge(_) => Fault::TooLarge,
            AttemptError::SendRequest(_) | AttemptError::SendFirstBody(_) | AttemptError::SendBody(_) => {
                Fault::Send
            }
            AttemptError::ClientRead => Fault::ClientRead,
            AttemptError::ClientWrite => Fault::ClientWrite,
            AttemptError::ReplyTimeout(_) => Fault::ReplyTimeout,
            AttemptError::Lost(_) => Fault::ConnectionLost,
            AttemptError::CutPacket(_) | AttemptError::Reply(ReplyError::Framing(_)) => Fault::Framing,
            AttemptError::Reply(error) if error.is_of_the_page() => Fault::BadResponse,
            AttemptError::Reply(_) => Fault::Malformed,
            AttemptError::Status { .. } => Fault::FailOnStatus,
        }
    }

    /// Tells whether the connection ended, as it does when the container had closed it while it was idle.
    pub(super) fn is_end_of_connection(&self) -> bool {
        match self {
            AttemptError::SendRequest(error) | AttemptError::SendFirstBody(error) => !error.is_timeout(),
            AttemptError::Lost(error) => matches!(error, ReceiveError::Closed | ReceiveError::Broken(_)),
            _ => false,
        }
    }
}
