//! CPing and CPong: is there a Tomcat at the other end that answers?
//!
//! Strict: the answer is one CPONG within the timeout and nothing else ("ajp13, section 6"). When to ask is
//! decided by [`super::endpoint`] and by maintenance.

use std::time::Duration;

use thiserror::Error;

use super::connection::{Connection, ReceiveError, SendError, Wait};
use super::trace::Trace;
use crate::ajp::{split_packet, FramingError, Malformed, Reply, CPING};

/// Largest payload accepted as an answer; CPONG has one octet.
const LARGEST_ANSWER: usize = 16;

/// The CPing was not answered as it should be; the connection is of no further use.
#[derive(Debug, Error)]
pub(super) enum PingError {
    /// It could not be sent.
    #[error("took no CPing ({0})")]
    Send(#[from] SendError),
    /// No answer came.
    #[error("did not answer a CPing ({0})")]
    Receive(#[from] ReceiveError),
    /// The answer is no packet.
    #[error("{0}")]
    Framing(#[from] FramingError),
    /// The answer has no meaning.
    #[error("answered a CPing with something else: {0}")]
    Malformed(#[from] Malformed),
    /// The answer is another message, or not the only one.
    #[error("answered a CPing with something else than one CPong")]
    Unexpected,
}

impl PingError {
    /// Tells whether the container took the CPing and kept silent, as a hung one does.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, PingError::Receive(ReceiveError::TimedOut(_)))
    }
}

/// Asks the container for a sign of life within `timeout`.
///
/// # Errors
/// [`PingError`] if there is any doubt about it.
pub(super) fn ping(
    connection: &mut Connection,
    timeout: Duration,
    trace: Trace<'_>,
) -> Result<(), PingError> {
    let answer = ask_and_hear(connection, timeout, trace);
    connection.record().figures().count_cping(answer.is_ok());
    answer
}

fn ask_and_hear(connection: &mut Connection, timeout: Duration, trace: Trace<'_>) -> Result<(), PingError> {
    ask(connection, trace)?;
    let mut wait = Wait::once(timeout);
    while !hear(connection, &mut wait, trace)? {}
    Ok(())
}

/// Sends a CPing.
pub(super) fn ask(connection: &mut Connection, trace: Trace<'_>) -> Result<(), PingError> {
    connection.outbox.clear();
    connection.outbox.extend_from_slice(&CPING);
    trace.sends_cping(&CPING);
    Ok(connection.send()?)
}

/// Receives some of the answer; tells whether that was all of it.
pub(super) fn hear(
    connection: &mut Connection,
    wait: &mut Wait,
    trace: Trace<'_>,
) -> Result<bool, PingError> {
    connection.receive(wait)?;
    let octets = connection.inbox.octets();
    trace.receives(octets);
    let Some((payload, length)) = split_packet(octets, LARGEST_ANSWER)? else { return Ok(false) };
    if Reply::decode(payload)? != Reply::CPong || length < octets.len() {
        return Err(PingError::Unexpected);
    }
    connection.inbox.take(length);
    Ok(true)
}
