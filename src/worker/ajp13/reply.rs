//! The order of a reply: which message may follow which, and whether the body has the announced length.
//!
//! A pure state machine over received octets, without sockets and clients. It takes as many complete packets
//! as there are and sums them up in a [`Batch`], so that a client gets all chunks of one read with one call.
//! Rules: "ajp13, sections 9 to 12" and "decisions, rows 19, 25 and 27".

use smallvec::SmallVec;
use thiserror::Error;

use crate::ajp::{split_packet, FramingError, Malformed, Reply, SendHeaders, HEADER_LENGTH};
use crate::text::Counted;

/// Flushes that a container may ask for before it has sent headers, where they mean nothing.
const EARLY_FLUSHES: u32 = 64;

/// Octets of chunk packets that nobody wants which are read for the sake of the connection; with more it is closed.
const WORTH_DISCARDING: u64 = 128 * 1024;

/// Octets of a SEND_BODY_CHUNK packet beside its data, without the NUL that only some containers add.
const CHUNK_OVERHEAD: usize = HEADER_LENGTH + 3;

/// Octets of an END_RESPONSE packet.
const END_RESPONSE: usize = HEADER_LENGTH + 2;

/// Several complete packets in a row. A head is always alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Batch<'p> {
    /// Octets that the packets took; 0 if none was complete.
    pub(super) consumed: usize,
    /// Status and headers.
    pub(super) head: Option<Box<SendHeaders<'p>>>,
    /// Body data for the client, in order; none is empty.
    pub(super) chunks: SmallVec<[&'p [u8]; 8]>,
    /// The container asks to flush what it has sent so far.
    pub(super) flush: bool,
    /// What follows.
    pub(super) next: Next,
}

/// What follows a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Next {
    /// More packets.
    #[default]
    Packets,
    /// A part of the request body, of at most so many octets.
    RequestBody(u16),
    /// Nothing; the connection can be used again or not.
    End { reuse: bool },
}

/// The octets are not the reply that they should be.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum ReplyError {
    /// They are no packets.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// A packet's content is malformed.
    #[error("sent an invalid answer: {0}")]
    Malformed(#[from] Malformed),
    /// SEND_HEADERS came twice.
    #[error("sent SEND_HEADERS twice")]
    SecondHead,
    /// Body data before SEND_HEADERS.
    #[error("sent SEND_BODY_CHUNK before SEND_HEADERS")]
    BodyBeforeHead,
    /// The end before SEND_HEADERS.
    #[error("sent END_RESPONSE before SEND_HEADERS")]
    EndBeforeHead,
    /// CPONG, though no CPing was sent.
    #[error("sent a CPONG though no CPing was sent")]
    UnexpectedPong,
    /// Nothing but flushes.
    #[error("sent {EARLY_FLUSHES} empty chunks before SEND_HEADERS")]
    EarlyFlushes,
    /// GET_BODY_CHUNK for no octets.
    #[error("asked for 0 octets of the request body")]
    NothingWanted,
    /// GET_BODY_CHUNK again and again after the end of the request body.
    #[error("asked {0} times for more after the end of the request body")]
    BodyExhausted(u32),
    /// More body than Content-Length says.
    #[error("sent a body longer than its Content-Length")]
    BodyTooLong,
    /// Less body than Content-Length says.
    #[error("sent a body that is {} too short for its Content-Length", Counted(*.0, "octet"))]
    BodyTooShort(u64),
}

impl ReplyError {
    /// Tells whether the page is to blame, which decides what is in the packets, and not the container, which makes
    /// them and puts them in order.
    pub(super) fn is_of_the_page(&self) -> bool {
        match self {
            Self::Malformed(malformed) => malformed.is_bad_http(),
            Self::BodyTooLong | Self::BodyTooShort(_) => true,
            Self::Framing(_)
            | Self::SecondHead
            | Self::BodyBeforeHead
            | Self::EndBeforeHead
            | Self::UnexpectedPong
            | Self::EarlyFlushes
            | Self::NothingWanted
            | Self::BodyExhausted(_) => false,
        }
    }
}

/// How far a reply has come.
#[derive(Debug)]
pub(super) struct ReplyState {
    phase: Phase,
    head_request: bool,
    early_flushes: u32,
}

#[derive(Debug)]
enum Phase {
    /// Before SEND_HEADERS.
    Head,
    /// The body goes to the client; with Content-Length so many octets are due.
    Body { due: Option<u64> },
    /// The body is read and dropped; its packets had so many octets.
    Discard { dropped: u64 },
}

impl ReplyState {
    /// A reply of which nothing has come. The reply to a HEAD request has no body.
    pub(super) fn new(head_request: bool) -> Self {
        Self { phase: Phase::Head, head_request, early_flushes: 0 }
    }

    /// Tells whether SEND_HEADERS was received.
    pub(super) fn has_head(&self) -> bool {
        !matches!(self.phase, Phase::Head)
    }

    /// Octets of packets that are at least due up to the end of the response, if its length is known and its body
    /// comes in several packets.
    pub(super) fn octets_due(&self, max_packet_size: usize) -> Option<usize> {
        let Phase::Body { due: Some(due) } = self.phase else { return None };
        let due = usize::try_from(due).ok()?;
        let chunks = due.div_ceil(max_packet_size.saturating_sub(CHUNK_OVERHEAD).max(1));
        (chunks > 1).then(|| due.checked_add(chunks * CHUNK_OVERHEAD + END_RESPONSE)).flatten()
    }

    /// From here on the body is not wanted.
    pub(super) fn discard_body(&mut self) {
        self.phase = Phase::Discard { dropped: 0 };
    }

    /// Adds the complete packets at the front of `octets`, up to the first that needs an answer, to an empty `batch`.
    ///
    /// # Errors
    /// [`ReplyError`] if one of them is malformed or out of order.
    pub(super) fn take<'p>(
        &mut self,
        octets: &'p [u8],
        max_packet_size: usize,
        batch: &mut Batch<'p>,
    ) -> Result<(), ReplyError> {
        while let Some((payload, length)) = split_packet(&octets[batch.consumed..], max_packet_size)? {
            let reply = Reply::decode(payload)?;
            if matches!(reply, Reply::SendHeaders(_)) && batch.consumed > 0 {
                break;
            }
            batch.consumed += length;
            self.accept(reply, batch)?;
            if batch.head.is_some() || batch.next != Next::Packets {
                break;
            }
        }
        Ok(())
    }

    fn accept<'p>(&mut self, reply: Reply<'p>, batch: &mut Batch<'p>) -> Result<(), ReplyError> {
        match reply {
            Reply::SendHeaders(head) => batch.head = Some(self.begin(head)?),
            Reply::SendBodyChunk([]) => self.flush(batch)?,
            Reply::SendBodyChunk(data) => self.chunk(data, batch)?,
            Reply::GetBodyChunk { wanted: 0 } => return Err(ReplyError::NothingWanted),
            Reply::GetBodyChunk { wanted } => batch.next = Next::RequestBody(wanted),
            Reply::EndResponse { reuse } => batch.next = self.end(reuse)?,
            Reply::CPong => return Err(ReplyError::UnexpectedPong),
        }
        Ok(())
    }

    fn begin<'p>(&mut self, head: Box<SendHeaders<'p>>) -> Result<Box<SendHeaders<'p>>, ReplyError> {
        if self.has_head() {
            return Err(ReplyError::SecondHead);
        }
        let has_body = !self.head_request && !matches!(head.status, 204 | 205 | 304);
        self.phase = if has_body {
            Phase::Body { due: head.content_length()? }
        } else {
            Phase::Discard { dropped: 0 }
        };
        Ok(head)
    }

    fn flush(&mut self, batch: &mut Batch<'_>) -> Result<(), ReplyError> {
        match &mut self.phase {
            Phase::Head => {
                self.early_flushes += 1;
                if self.early_flushes > EARLY_FLUSHES {
                    return Err(ReplyError::EarlyFlushes);
                }
            }
            Phase::Body { .. } => batch.flush = true,
            Phase::Discard { dropped } => {
                batch.flush = true;
                batch.next = discard(dropped, 0);
            }
        }
        Ok(())
    }

    fn chunk<'p>(&mut self, data: &'p [u8], batch: &mut Batch<'p>) -> Result<(), ReplyError> {
        match &mut self.phase {
            Phase::Head => return Err(ReplyError::BodyBeforeHead),
            Phase::Body { due } => {
                if let Some(due) = due {
                    *due = due.checked_sub(data.len() as u64).ok_or(ReplyError::BodyTooLong)?;
                }
                batch.chunks.push(data);
            }
            Phase::Discard { dropped } => batch.next = discard(dropped, data.len()),
        }
        Ok(())
    }

    fn end(&self, reuse: bool) -> Result<Next, ReplyError> {
        match self.phase {
            Phase::Head => Err(ReplyError::EndBeforeHead),
            Phase::Body { due: Some(missing) } if missing > 0 => Err(ReplyError::BodyTooShort(missing)),
            Phase::Body { .. } | Phase::Discard { .. } => Ok(Next::End { reuse }),
        }
    }
}

/// Counts a packet with so much unwanted data, and says what follows. Packets without data count as well: a
/// container that sends nothing else would hold the request for good.
fn discard(dropped: &mut u64, data: usize) -> Next {
    *dropped += (CHUNK_OVERHEAD + data) as u64;
    if *dropped > WORTH_DISCARDING {
        Next::End { reuse: false }
    } else {
        Next::Packets
    }
}

#[cfg(test)]
mod tests;
