//! A client that plays back a request body and records what it is told.

use std::collections::VecDeque;

use crate::ajp::SendHeaders;
use crate::worker::{Client, ClientGone, Then};

/// One call of the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Status and added headers.
    Start(u16, usize),
    Reset,
    /// Body data in one piece, and what follows.
    Deliver(Vec<u8>, Then),
    GiveWay(u16),
    Abort,
}

/// The scripted client.
#[derive(Default)]
pub(crate) struct TestClient {
    /// What `read_body` gives piece by piece; `None` is a failure.
    pub body: VecDeque<Option<Vec<u8>>>,
    /// Every `deliver` fails.
    pub gone: bool,
    /// Headers of the response that was started last, without the added ones.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Pieces that body data was delivered in.
    pub pieces: usize,
    /// What the worker did, in order.
    pub calls: Vec<Call>,
    /// Buffer sizes that `read_body` was called with.
    pub asked: Vec<usize>,
}

impl TestClient {
    /// A client that sends these pieces of a body.
    pub(crate) fn sending(pieces: &[&[u8]]) -> Self {
        Self { body: pieces.iter().map(|piece| Some(piece.to_vec())).collect(), ..Self::default() }
    }

    /// The response body as far as it was delivered.
    pub(crate) fn received(&self) -> Vec<u8> {
        let data = self.calls.iter().filter_map(|call| match call {
            Call::Deliver(data, _) => Some(data.as_slice()),
            _ => None,
        });
        data.collect::<Vec<_>>().concat()
    }

    /// What followed each delivery.
    pub(crate) fn deliveries(&self) -> Vec<Then> {
        let thens = self.calls.iter().filter_map(|call| match call {
            Call::Deliver(_, then) => Some(*then),
            _ => None,
        });
        thens.collect()
    }
}

impl Client for TestClient {
    fn read_body(&mut self, buffer: &mut [u8]) -> Result<usize, ClientGone> {
        self.asked.push(buffer.len());
        let Some(piece) = self.body.pop_front() else { return Ok(0) };
        let mut piece = piece.ok_or(ClientGone)?;
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        if !piece.is_empty() {
            self.body.push_front(Some(piece));
        }
        Ok(count)
    }

    fn start(&mut self, head: &SendHeaders<'_>, added: &[(&[u8], &[u8])]) {
        self.calls.push(Call::Start(head.status, added.len()));
        self.headers = head.headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    }

    fn reset(&mut self) {
        self.calls.push(Call::Reset);
    }

    fn deliver(&mut self, chunks: &[&[u8]], then: Then) -> Result<(), ClientGone> {
        self.pieces += chunks.len();
        self.calls.push(Call::Deliver(chunks.concat(), then));
        if self.gone {
            Err(ClientGone)
        } else {
            Ok(())
        }
    }

    fn give_way(&mut self, head: &SendHeaders<'_>) {
        self.calls.push(Call::GiveWay(head.status));
    }

    fn abort(&mut self) {
        self.calls.push(Call::Abort);
    }
}
