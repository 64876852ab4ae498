//! One request and its reply over one connection.
//!
//! What is sent leaves with one system call; what comes is decoded where it was received and handed to the
//! client, or gathered, before the next read overwrites it. Whether it is done again after a failure is decided by
//! [`super::attempts`]. Rules: "ajp13, sections 5 and 9 to 12", "connections, section 9".

use std::time::Duration;

use super::advice::on_slowness;
use super::body::BodySource;
use super::connection::{Connection, ReceiveError, Wait};
use super::error::AttemptError;
use super::gathered::Gathered;
use super::reply::{Batch, Next, ReplyError, ReplyState};
use super::trace::Trace;
use crate::ajp::{Hop, SendHeaders, TooLarge, HEADER_LENGTH};
use crate::config::settings::{Ajp13Settings, Secret};
use crate::log;
use crate::shared::Hint;
use crate::worker::{Assignment, Client, ClientGone, Progress, Then, WorkerRequest};

/// GET_BODY_CHUNKs answered with an empty packet; a container that asks for more is not sane.
const EXHAUSTED_ANSWERS: u32 = 64;

/// How long the first answer of a container may take before that is worth a word.
const LONG_SILENCE: Duration = Duration::from_secs(10);

/// The good end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// The connection can serve another request.
    pub(super) reuse: bool,
    /// httpd's own error page is to be shown, for this status.
    pub(super) server_error: Option<u16>,
    /// The container refused the request, and the connection with it.
    pub(super) refused: bool,
    /// What the container answered.
    pub(super) status: u16,
}

/// An exchange under way.
pub(super) struct Exchange<'a> {
    settings: &'a Ajp13Settings,
    request: &'a WorkerRequest<'a>,
    assignment: &'a Assignment<'a>,
    client: &'a mut dyn Client,
    progress: &'a mut Progress,
    body: BodySource,
    reply: ReplyState,
    /// The client was told the head.
    started: bool,
    /// The response gives way to httpd's error page, for this status.
    server_error: Option<u16>,
    /// Body data for the client that can wait for more.
    gathered: Gathered,
    /// What the client was given is to leave before the next wait.
    flush_due: bool,
    /// What the container answered; 0 before its head.
    status: u16,
    /// What is due of the body comes fast enough to wait for several packets at once.
    comes_fast: bool,
    /// Container and server no longer agree about who speaks next.
    out_of_step: bool,
    exhausted_answers: u32,
}

/// Makes `packet` the Forward Request of one attempt.
pub(super) fn encode(
    settings: &Ajp13Settings,
    request: &WorkerRequest<'_>,
    assignment: &Assignment<'_>,
    packet: &mut Vec<u8>,
) -> Result<(), TooLarge> {
    let hop = Hop {
        secret: settings.secret.as_ref().map(Secret::reveal),
        route: assignment.route,
        activation: assignment.activation.code().as_bytes(),
    };
    request.forward.encode(&hop, packet, settings.max_packet_size)
}

impl<'a> Exchange<'a> {
    /// An exchange that has not begun.
    pub(super) fn new(
        settings: &'a Ajp13Settings,
        request: &'a WorkerRequest<'a>,
        assignment: &'a Assignment<'a>,
        client: &'a mut dyn Client,
        progress: &'a mut Progress,
    ) -> Self {
        Self {
            settings,
            request,
            assignment,
            client,
            progress,
            body: BodySource::new(request.body, settings.max_packet_size),
            reply: ReplyState::new(request.forward.method == b"HEAD"),
            started: false,
            server_error: None,
            gathered: Gathered::default(),
            flush_due: false,
            status: 0,
            comes_fast: !request.flush_packets,
            out_of_step: false,
            exhausted_answers: 0,
        }
    }

    /// Tells whether SEND_HEADERS was received.
    pub(super) fn has_head(&self) -> bool {
        self.reply.has_head()
    }

    /// Sends the request and hands on the reply. After a failure the client is as if nothing had come, or,
    /// when a part of the response has left, cut off.
    pub(super) fn run(&mut self, connection: &mut Connection) -> Result<Ended, AttemptError> {
        let result = self.send(connection).and_then(|()| self.receive(connection));
        match (result, self.server_error) {
            (Ok(reuse), server_error) => {
                let refused = !reuse && self.status == 403;
                Ok(Ended { reuse, server_error, refused, status: self.status })
            }
            // The status is known, and the rest of the container's page would not have been shown anyway.
            (Err(error), Some(status)) => {
                let (name, place, line) = (&self.settings.name, self.settings.address(), self.request.line());
                log!(
                    self.request.log,
                    Info,
                    [Worker = name, Address = place, Request = line, Status = status],
                    "({name}) {line}: {place} {error}; status {status} is known, connection closed"
                );
                Ok(Ended { reuse: false, server_error: Some(status), refused: false, status })
            }
            (Err(error), None) => {
                self.take_back();
                Err(error)
            }
        }
    }

    fn take_back(&mut self) {
        if self.progress.delivered {
            self.client.abort();
        } else if self.started {
            self.client.reset();
        }
    }

    fn send(&mut self, connection: &mut Connection) -> Result<(), AttemptError> {
        encode(self.settings, self.request, self.assignment, &mut connection.outbox)?;
        let head_length = connection.outbox.len();
        let limit = self.settings.socket_timeout.or(self.reply_timeout());
        let limited = connection.limit_sending(limit);
        let trace = self.trace();
        trace.sends_request(&connection.outbox);
        let sent = match self.body.first(self.progress) {
            Some(first) => {
                trace.sends_first_body(first);
                limited.and_then(|()| connection.send_with_body(first))
            }
            None => limited.and_then(|()| connection.send()),
        };
        sent.map_err(|error| match error.sent < head_length {
            true => AttemptError::SendRequest(error),
            false => AttemptError::SendFirstBody(error),
        })
    }

    fn trace(&self) -> Trace<'a> {
        Trace::new(self.request.log, self.settings)
    }

    /// The environment's, else the rule's, else the worker's.
    fn reply_timeout(&self) -> Option<Duration> {
        let request = self.request;
        request.reply_timeout.or(request.rule.reply_timeout).unwrap_or(self.settings.reply_timeout)
    }

    /// Handles packets up to the end; tells whether the connection can be used again.
    fn receive(&mut self, connection: &mut Connection) -> Result<bool, AttemptError> {
        let reply_timeout = self.reply_timeout();
        let socket_timeout = self.settings.socket_timeout;
        let mut wait = Wait::new(reply_timeout.or(socket_timeout), socket_timeout);
        loop {
            let (consumed, next) = self.handle(connection.inbox.octets())?;
            connection.inbox.take(consumed);
            match next {
                Next::Packets if consumed == 0 => {
                    self.flush()?;
                    if let Some(octets) = self.octets_to_gather() {
                        self.comes_fast = connection.gather(octets);
                    }
                    let inside = connection.inbox.octets().len() >= HEADER_LENGTH;
                    let received = self.receive_more(connection, &mut wait);
                    received.map_err(|error| lost(error, inside, reply_timeout.is_some()))?;
                    continue;
                }
                Next::Packets => {}
                Next::RequestBody(wanted) => self.answer(wanted, connection)?,
                Next::End { reuse } => {
                    let in_step = !self.out_of_step && connection.inbox.octets().is_empty();
                    return Ok(reuse && in_step);
                }
            }
            wait.restart();
        }
    }

    /// Octets of packets that are still due, if it is worth to wait for several of them.
    fn octets_to_gather(&self) -> Option<usize> {
        self.comes_fast.then(|| self.reply.octets_due(self.settings.max_packet_size)).flatten()
    }

    /// Receives at least one octet. A container that nothing has ever come from may take all and answer nothing, as
    /// Tomcat does when its connector did not start: that is said long before anybody gives up.
    fn receive_more(&self, connection: &mut Connection, wait: &mut Wait) -> Result<(), ReceiveError> {
        let doubtful = connection.is_the_first_to_hear() && wait.exceeds(LONG_SILENCE);
        if doubtful
            && connection.hears_nothing(wait, LONG_SILENCE)
            && connection.record().is_first(Hint::Silence)
        {
            let (settings, line, seconds) = (self.settings, self.request.line(), LONG_SILENCE.as_secs());
            let (name, place, advice) = (&settings.name, settings.address(), on_slowness(&settings.name));
            log!(
                self.request.log,
                Warn,
                [Worker = name, Address = place, Request = line],
                "({name}) {place} has not answered {line} for {seconds} s, which goes on waiting; {advice}"
            );
        }
        connection.receive(wait)
    }

    /// Handles the complete packets at the front of `octets`; returns how many octets they took.
    fn handle(&mut self, octets: &[u8]) -> Result<(usize, Next), AttemptError> {
        let mut batch = Batch::default();
        let taken = self.reply.take(octets, self.settings.max_packet_size, &mut batch);
        self.trace().receives(if taken.is_ok() { &octets[..batch.consumed] } else { octets });
        taken?;
        if let Some(head) = &batch.head {
            self.begin(head)?;
        }
        self.flush_due |= batch.flush;
        self.comes_fast &= !batch.flush;
        self.deliver(&batch.chunks, batch.next)?;
        Ok((batch.consumed, batch.next))
    }

    /// Judges the head of a response, and tells it the client unless something else is shown.
    fn begin(&mut self, head: &SendHeaders<'_>) -> Result<(), AttemptError> {
        let status = head.status;
        self.status = status;
        let rule = self.request.rule;
        let lists = [&rule.fail_on_status, &self.settings.fail_on_status];
        let list = lists.into_iter().find(|list| !list.is_empty());
        if let Some(entry) = list.and_then(|list| list.iter().find(|entry| entry.status == status)) {
            return Err(AttemptError::Status { status, soft: entry.soft });
        }
        if rule.use_server_errors.is_some_and(|first| first > 0 && status >= first) {
            self.server_error = Some(status);
            self.reply.discard_body();
            self.client.give_way(head);
            return Ok(());
        }
        self.client.start(head, self.assignment.added_headers);
        self.started = true;
        self.flush_due = self.request.flush_header;
        Ok(())
    }

    /// Hands on what is due, unless httpd's error page takes its place. What is flushed leaves before the end and apart
    /// from it, also when both came at once.
    fn deliver(&mut self, chunks: &[&[u8]], next: Next) -> Result<(), AttemptError> {
        if self.server_error.is_some() {
            return Ok(());
        }
        let ended = matches!(next, Next::End { .. });
        self.flush_due |= self.request.flush_packets && !chunks.is_empty();
        // Without chunks a flush has time until somebody waits.
        let flush = self.flush_due && (ended || !chunks.is_empty());
        if flush || !self.gathered.has_room_for(chunks) {
            self.hand_over(chunks, if flush { Then::Flush } else { Then::More })?;
            return if ended { self.hand_over(&[], Then::End) } else { Ok(()) };
        }
        if ended {
            return self.hand_over(chunks, Then::End);
        }
        self.gathered.add(chunks);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), AttemptError> {
        if self.flush_due && self.server_error.is_none() {
            self.hand_over(&[], Then::Flush)?;
        }
        Ok(())
    }

    fn hand_over(&mut self, chunks: &[&[u8]], then: Then) -> Result<(), AttemptError> {
        self.progress.delivered = true;
        self.flush_due = false;
        let delivered = self.client.deliver(&self.gathered.with(chunks), then);
        self.gathered.clear();
        delivered.map_err(|ClientGone| AttemptError::ClientWrite)
    }

    /// Answers a GET_BODY_CHUNK.
    fn answer(&mut self, wanted: u16, connection: &mut Connection) -> Result<(), AttemptError> {
        // The container has to wait for the answer; what it sent before that belongs to something else.
        self.out_of_step |= !connection.inbox.octets().is_empty();
        // The client may wait for it before it sends more.
        self.flush()?;
        if !self.body.answer(wanted, &mut connection.outbox, self.client, self.progress)? {
            self.exhausted_answers += 1;
            if self.exhausted_answers > EXHAUSTED_ANSWERS {
                return Err(ReplyError::BodyExhausted(EXHAUSTED_ANSWERS).into());
            }
        }
        self.trace().sends_body(&connection.outbox);
        connection.send().map_err(AttemptError::SendBody)
    }
}

/// What the end of a wait means: the packet that did not come had begun (`inside`) or not, and reply_timeout
/// was its limit or socket_timeout.
fn lost(error: ReceiveError, inside: bool, reply_timeout: bool) -> AttemptError {
    match error {
        ReceiveError::TimedOut(_) if reply_timeout => AttemptError::ReplyTimeout(error),
        _ if inside => AttemptError::CutPacket(error),
        _ => AttemptError::Lost(error),
    }
}
