//! One request and its answer, in the order that the protocol has.
//!
//! As strict as the module: what is out of order, or longer or shorter than announced, is no answer ("ajp13, sections 5 and
//! 9 to 12").

use jk_rooms::ajp::{max_body, ForwardRequest, Hop, Malformed, Reply, SendHeaders, EMPTY_BODY};

use super::body::Body;
use super::link::Link;
use super::trouble::Trouble;
use crate::ending::Failure;

/// Flushes, and requests for more after the end of the body, that are put up with in a row: of nothing else an answer would
/// never end.
const IDLE_PACKETS: u32 = 64;

/// The head of an answer.
pub type Head<'a> = SendHeaders<'a>;

/// What is asked of a Tomcat.
pub struct Call<'a> {
    /// The request.
    pub request: ForwardRequest<'a>,
    /// The secret of the connector.
    pub secret: Option<&'a [u8]>,
    /// The body.
    pub body: Body,
    /// Octets of a packet, at most.
    pub max_packet_size: usize,
}

/// Who gets the answer.
pub trait Taker {
    /// Takes the head.
    ///
    /// # Errors
    /// [`Failure`] if it can't be handed on, as for the others.
    fn head(&mut self, head: &Head<'_>) -> Result<(), Failure>;

    /// Takes a piece of the body, which is not empty.
    ///
    /// # Errors
    /// As for the head.
    fn piece(&mut self, octets: &[u8]) -> Result<(), Failure>;

    /// Hands on what it has: the next piece may be long in coming.
    ///
    /// # Errors
    /// As for the head.
    fn pause(&mut self) -> Result<(), Failure>;
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The connection can be used again.
    pub reuse: bool,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Stop {
    /// The Tomcat, or the way there.
    Trouble(Trouble),
    /// This side.
    Failure(Failure),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Self::Trouble(malformed.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// What follows a packet.
enum Next {
    Packet,
    Body(u16),
    End(End),
}

impl Call<'_> {
    /// Sends it, and gives the answer to `taker` as it comes. The patience of `link` is for each part of it.
    ///
    /// # Errors
    /// [`Stop`] if there is no whole answer; what `taker` got until then is the beginning of it.
    pub fn make(mut self, link: &mut Link, taker: &mut dyn Taker) -> Result<End, Stop> {
        let hop = Hop { secret: self.secret, route: None, activation: b"ACT" };
        let mut octets = Vec::new();
        let encoded = self.request.encode(&hop, &mut octets, self.max_packet_size);
        encoded.map_err(Failure::new)?;
        if self.body.length().is_some_and(|length| length > 0) {
            octets.extend(self.body_packet(max_body(self.max_packet_size))?);
        }
        link.be_patient();
        link.send(&octets)?;
        let mut answer = Answer::to(self.request.method);
        loop {
            match answer.packet(link, taker)? {
                Next::Packet if link.has_packet() => {}
                Next::Packet => taker.pause()?,
                Next::Body(wanted) => {
                    let packet = self.body_packet(wanted.into())?;
                    if packet == EMPTY_BODY {
                        answer.count_idle()?;
                    }
                    link.be_patient();
                    link.send(&packet)?;
                }
                Next::End(end) => return Ok(end),
            }
        }
    }

    fn body_packet(&mut self, wanted: usize) -> Result<Vec<u8>, Failure> {
        let failed = |error| Failure::refused("can't read the body of the request", &error);
        self.body.packet(wanted, self.max_packet_size).map_err(failed)
    }
}

/// How far an answer has come.
struct Answer {
    has_head: bool,
    /// It has no body, whatever is announced.
    bodiless: bool,
    /// Octets of the body that are due, if its length was announced.
    due: Option<u64>,
    idle: u32,
}

impl Answer {
    fn to(method: &[u8]) -> Self {
        Self { has_head: false, bodiless: method == b"HEAD", due: None, idle: 0 }
    }

    fn packet(&mut self, link: &mut Link, taker: &mut dyn Taker) -> Result<Next, Stop> {
        match Reply::decode(link.packet()?)? {
            Reply::SendHeaders(head) => {
                self.begin(&head)?;
                taker.head(&head)?;
            }
            Reply::SendBodyChunk([]) => {
                self.count_idle()?;
                return Ok(Next::Packet);
            }
            Reply::SendBodyChunk(data) => {
                if self.has_room_for(data)? {
                    taker.piece(data)?;
                }
            }
            Reply::GetBodyChunk { wanted: 0 } => {
                return out_of_order("asked for 0 octets of the request body")
            }
            Reply::GetBodyChunk { wanted } => return Ok(Next::Body(wanted)),
            Reply::EndResponse { reuse } => return Ok(Next::End(self.end(reuse)?)),
            Reply::CPong => return out_of_order("sent a CPong though no CPing was sent"),
        }
        link.be_patient();
        Ok(Next::Packet)
    }

    fn begin(&mut self, head: &Head<'_>) -> Result<(), Stop> {
        if self.has_head {
            return out_of_order("sent the head of its answer twice");
        }
        self.has_head = true;
        self.bodiless |= matches!(head.status, 204 | 205 | 304);
        self.due = if self.bodiless { None } else { head.content_length()? };
        Ok(())
    }

    fn count_idle(&mut self) -> Result<(), Stop> {
        self.idle += 1;
        match self.idle > IDLE_PACKETS {
            true => out_of_order(
                "sent nothing but empty chunks, or asked for more after the end of the request body",
            ),
            false => Ok(()),
        }
    }

    /// Tells whether the taker gets it, which the body of an answer without one is not.
    fn has_room_for(&mut self, data: &[u8]) -> Result<bool, Stop> {
        self.idle = 0;
        if !self.has_head {
            return out_of_order("sent a body before the head of its answer");
        }
        if let Some(due) = &mut self.due {
            match due.checked_sub(data.len() as u64) {
                Some(rest) => *due = rest,
                None => return out_of_order("sent a body longer than its Content-Length"),
            }
        }
        Ok(!self.bodiless)
    }

    fn end(&self, reuse: bool) -> Result<End, Stop> {
        match (self.has_head, self.due) {
            (false, _) => out_of_order("ended its answer before it began"),
            (true, Some(1..)) => out_of_order("sent a body shorter than its Content-Length"),
            (true, _) => Ok(End { reuse }),
        }
    }
}

fn out_of_order<T>(what: &'static str) -> Result<T, Stop> {
    Err(Trouble::OutOfOrder(what).into())
}
