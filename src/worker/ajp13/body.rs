//! The request body on its way to the container: its first packet, and the answers to GET_BODY_CHUNK.
//!
//! A body of known length begins with an unsolicited packet, which stays in [`Progress`] so that another
//! attempt, also on a member with smaller packets, sends the same octets. Everything else is asked for by the
//! container and gone once it was given away. Rules: "ajp13, section 5".

use super::error::AttemptError;
use crate::ajp::{body_packet_header, max_body, EMPTY_BODY, MAX_PACKET_SIZE};
use crate::worker::{Body, Client, ClientGone, Progress};

/// The body is chunked: reading stops that many octets before a packet is full, rather than wait for the
/// rest.
const CHUNKED_SLACK: usize = 12;

/// Octets of a body packet before its data.
const HEADER: usize = MAX_PACKET_SIZE - max_body(MAX_PACKET_SIZE);

/// Reads the first packet of a body of known length from the client, unless an earlier attempt did.
///
/// It comes before anything else: a client that announces a body and does not send it ("CVE-2008-5519")
/// thereby neither occupies a connection nor gets one out of step.
///
/// # Errors
/// [`AttemptError::ClientRead`] if the client fails or ends before that.
pub(super) fn read_first(
    body: Body,
    max_packet_size: usize,
    client: &mut dyn Client,
    progress: &mut Progress,
) -> Result<(), AttemptError> {
    let Body::Length(total) = body else { return Ok(()) };
    if progress.first_body.is_some() {
        return Ok(());
    }
    let length = usize::try_from(total).unwrap_or(usize::MAX).min(max_body(max_packet_size));
    let mut first = vec![0; length];
    read_announced(&mut first, total, client, progress)?;
    progress.first_body = Some(first);
    Ok(())
}

/// What one attempt has sent of the request body.
pub(super) struct BodySource {
    body: Body,
    max_body: usize,
    /// Octets of the kept first packet that were sent.
    first_sent: usize,
    /// A chunked body has ended.
    ended: bool,
}

impl BodySource {
    /// A source of which nothing was sent.
    pub(super) fn new(body: Body, max_packet_size: usize) -> Self {
        Self { body, max_body: max_body(max_packet_size), first_sent: 0, ended: false }
    }

    /// The data of the unsolicited first packet, if the body has one.
    pub(super) fn first<'a>(&mut self, progress: &'a Progress) -> Option<&'a [u8]> {
        let first = progress.first_body.as_deref()?;
        self.first_sent = first.len().min(self.max_body);
        first.get(..self.first_sent)
    }

    /// Makes `outbox` the answer to a GET_BODY_CHUNK for `wanted` octets; tells whether it holds any data.
    ///
    /// # Errors
    /// [`AttemptError::ClientRead`] if the client fails, or ends before or behind the announced length.
    pub(super) fn answer(
        &mut self,
        wanted: u16,
        outbox: &mut Vec<u8>,
        client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Result<bool, AttemptError> {
        progress.body_consumed = true;
        let limit = self.max_body.min(wanted.into()).min(self.due(progress));
        outbox.resize(HEADER + limit, 0);
        let Some(data) = outbox.get_mut(HEADER..) else { return Err(AttemptError::ClientRead) };
        let length = match self.rest_of_first(limit, progress) {
            Some(rest) => {
                data[..rest.len()].copy_from_slice(rest);
                self.first_sent += rest.len();
                rest.len()
            }
            None => self.read(data, client, progress)?,
        };
        outbox.truncate(HEADER + length);
        if length == 0 {
            outbox.clear();
            outbox.extend_from_slice(&EMPTY_BODY);
        } else {
            outbox[..HEADER].copy_from_slice(&body_packet_header(length));
        }
        Ok(length > 0)
    }

    /// Octets that a body of known length may still have for the container; any number if it has none.
    fn due(&self, progress: &Progress) -> usize {
        match self.body {
            Body::None => 0,
            Body::Unknown => usize::MAX,
            Body::Length(total) => {
                let kept = progress.first_body.as_ref().map_or(0, |first| first.len() - self.first_sent);
                usize::try_from(total.saturating_sub(progress.body_read))
                    .unwrap_or(usize::MAX)
                    .saturating_add(kept)
            }
        }
    }

    /// What is left of a first packet that was read for a member with larger packets.
    fn rest_of_first<'a>(&self, limit: usize, progress: &'a Progress) -> Option<&'a [u8]> {
        let rest = progress.first_body.as_deref()?.get(self.first_sent..)?;
        Some(&rest[..rest.len().min(limit)]).filter(|rest| !rest.is_empty())
    }

    /// Reads the next packet from the client: all of it if the length is known.
    fn read(
        &mut self,
        data: &mut [u8],
        client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Result<usize, AttemptError> {
        let length = match self.body {
            Body::Length(total) => {
                let left = usize::try_from(total.saturating_sub(progress.body_read)).unwrap_or(usize::MAX);
                let length = data.len().min(left);
                read_announced(&mut data[..length], total, client, progress)?;
                return Ok(length);
            }
            Body::Unknown if !self.ended => {
                let least =
                    data.len().checked_sub(CHUNKED_SLACK).filter(|least| *least > 0).unwrap_or(data.len());
                let length = read_at_least(least, data, client)?;
                self.ended = length < least;
                length
            }
            Body::Unknown | Body::None => 0,
        };
        progress.body_read += length as u64;
        Ok(length)
    }
}

/// Fills `data` with the next octets of a body of `total` octets. Behind the last of them the body must end: the rest
/// of one that a filter made longer would be lost.
fn read_announced(
    data: &mut [u8],
    total: u64,
    client: &mut dyn Client,
    progress: &mut Progress,
) -> Result<(), AttemptError> {
    if read_at_least(data.len(), data, client)? < data.len() {
        return Err(AttemptError::ClientRead);
    }
    progress.body_read += data.len() as u64;
    if progress.body_read >= total && !data.is_empty() && read_at_least(1, &mut [0], client)? > 0 {
        return Err(AttemptError::ClientRead);
    }
    Ok(())
}

/// Reads until there are at least `least` octets in `data` or the body ends; returns how many there are.
fn read_at_least(least: usize, data: &mut [u8], client: &mut dyn Client) -> Result<usize, AttemptError> {
    let mut length = 0;
    while length < least {
        match client.read_body(&mut data[length..]) {
            Ok(0) => break,
            Ok(count) => length = data.len().min(length + count),
            Err(ClientGone) => return Err(AttemptError::ClientRead),
        }
    }
    Ok(length)
}
