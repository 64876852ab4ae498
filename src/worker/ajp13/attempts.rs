//! The service of one request: its attempts on this worker, and what is counted and logged about them.
//!
//! Whether there is another attempt is asked of [`crate::worker::outcome`], where the rules are. Rules:
//! "connections, sections 7, 8 and 10" and "decisions, rows 6, 12 and 17".

mod ending;

use std::sync::Arc;
use std::time::Instant;

use arc_swap::Guard;

use super::advice::{no_room, on_refusal};
use super::body;
use super::connection::Connection;
use super::error::AttemptError;
use super::exchange::{encode, Ended, Exchange};
use super::pool::Lease;
use super::Ajp13Worker;
use crate::config::settings::{Ajp13Settings, RecoveryOptions};
use crate::log;
use crate::shared::{now, Hint, Served};
use crate::worker::outcome::{Attempt, Culprit, Resend};
use crate::worker::pause::pause;
use crate::worker::{Assignment, Client, Failure, Outcome, Progress, WorkerRequest};

/// The attempts to serve a request by this worker.
struct Attempts<'a> {
    worker: &'a Ajp13Worker,
    /// As they are for this attempt.
    settings: Guard<Arc<Ajp13Settings>>,
    request: &'a WorkerRequest<'a>,
    assignment: &'a Assignment<'a>,
    client: &'a mut dyn Client,
    progress: &'a mut Progress,
}

/// An attempt that was answered to the end.
struct GoodAttempt {
    ended: Ended,
    connection: Box<Connection>,
    /// When that was.
    at: Instant,
}

/// An attempt that failed.
struct FailedAttempt {
    error: AttemptError,
    /// SEND_HEADERS had been received.
    headers_received: bool,
    /// The container had most likely closed the pooled connection while it was idle.
    stale: bool,
    /// A connection over which nothing was sent.
    unused: Option<Box<Connection>>,
}

impl Ajp13Worker {
    /// Serves a request: sends it to the container, and its reply to the client.
    pub(crate) fn service(
        &self,
        request: &WorkerRequest<'_>,
        assignment: &Assignment<'_>,
        client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Outcome {
        let settings = self.settings();
        let mut attempts = Attempts { worker: self, settings, request, assignment, client, progress };
        if let Err(error) = attempts.read_first_body() {
            self.record.count_used();
            attempts.note_fault(&error);
            return attempts.give_up(&FailedAttempt::before_sending(error), 1);
        }
        let patience = attempts.settings.connection_acquire_timeout;
        let Some(lease) = self.pool.acquire(patience, || attempts.client.waits().is_ok()) else {
            return attempts.refuse(Failure::NoConnection);
        };
        let busy = match attempts.settings.busy_limit {
            Some(limit) => self.record.request_admitted(limit),
            None => Some(self.record.request_started()),
        };
        let Some(_busy) = busy else {
            self.record.count_error();
            return attempts.refuse(Failure::Busy);
        };
        attempts.run(lease)
    }
}

impl FailedAttempt {
    /// A failure by which the container was not reached.
    fn before_sending(error: AttemptError) -> Self {
        Self { error, headers_received: false, stale: false, unused: None }
    }
}

impl Attempts<'_> {
    fn read_first_body(&mut self) -> Result<(), AttemptError> {
        let max_packet_size = self.settings.max_packet_size;
        body::read_first(self.request.body, max_packet_size, self.client, self.progress)
    }

    /// Tries until an attempt succeeds or the rules allow no more.
    fn run(&mut self, lease: Lease<'_, Box<Connection>>) -> Outcome {
        let mut attempt = 1;
        loop {
            let mut failed = match self.attempt(&lease) {
                Ok(GoodAttempt { ended, connection, at }) => {
                    let is_failure = ended.status >= 500;
                    self.count(if is_failure { Served::ServerError } else { Served::Ok });
                    self.hint_at_secret(ended);
                    self.release(lease, connection, ended, at);
                    return ended.server_error.map_or(Outcome::Done, Outcome::ServerError);
                }
                Err(failed) => failed,
            };
            let log = self.request.log;
            let (name, told) = (self.worker.name(), self.worker.tell(&failed.error));
            let (line, place, error) = (self.request.line(), told.place(), failed.error.fault().word());
            if failed.stale && self.facts(failed.headers_received).may_outlive_stale_connection(self.progress)
            {
                log!(
                    log,
                    Info,
                    [Worker = name, Address = place, Request = line, Error = error],
                    "({name}) {line}: {told}; the pooled connection was stale, sending again on a new one"
                );
                self.progress.fresh_only = true;
                attempt += 1;
                self.worker.record.figures().count_retry();
                continue;
            }
            self.note_fault(&failed.error);
            if attempt >= self.settings.retries
                || !self.may_repeat(&failed, Resend::Retry)
                || !self.pause(&failed.error)
            {
                let outcome = self.give_up(&failed, attempt);
                if let Some(mut connection) = failed.unused.take() {
                    connection.rest();
                    lease.keep(connection, Instant::now());
                }
                return outcome;
            }
            attempt += 1;
            self.worker.record.figures().count_retry();
            log!(
                log,
                Info,
                [Worker = name, Address = place, Request = line, Error = error, Attempts = attempt],
                "({name}) {line}: {told}; trying again (attempt {attempt} of {})",
                self.settings.retries
            );
        }
    }

    /// One attempt; a connection that failed is closed.
    fn attempt(&mut self, lease: &Lease<'_, Box<Connection>>) -> Result<GoodAttempt, Box<FailedAttempt>> {
        let worker = self.worker;
        let log = self.request.log;
        let began = Instant::now();
        let chosen = if self.progress.fresh_only {
            worker.open(&self.settings, log)
        } else {
            worker.choose(&self.settings, lease, log)
        };
        let mut connection =
            chosen.map_err(|error| Box::new(FailedAttempt::before_sending(self.unsent(error))))?;
        let received = connection.received();
        let mut exchange =
            Exchange::new(&self.settings, self.request, self.assignment, self.client, self.progress);
        let result = exchange.run(&mut connection);
        let headers_received = exchange.has_head();
        let silent = connection.received() == received;
        let traffic = connection.take_traffic();
        worker.record.add_transferred(traffic.sent);
        worker.record.add_read(traffic.received);
        let at = Instant::now();
        worker.record.figures().count_latency(at - began);
        self.progress.exchanged += traffic.sent + traffic.received;
        match result {
            Ok(ended) => Ok(GoodAttempt { ended, connection, at }),
            Err(error) => {
                let stale = connection.reused && silent && error.is_end_of_connection();
                let unused = self.close(connection, &error);
                Err(Box::new(FailedAttempt { error, headers_received, stale, unused }))
            }
        }
    }

    fn count(&self, how: Served) {
        self.worker.record.figures().count_served(how);
    }

    /// Counts why an attempt failed; what is not the client's doing is the worker's last error.
    fn note_fault(&self, error: &AttemptError) {
        let (figures, fault) = (self.worker.record.figures(), error.fault());
        figures.count_fault(fault);
        if error.failure().culprit() != Culprit::Client {
            figures.note_error(now(), fault, &self.worker.tell(error).to_string());
        }
    }

    /// Why a request was not sent for which there is no connection: one that fits no packet is the client's
    /// fault, whether or not the container is there.
    fn unsent(&self, error: AttemptError) -> AttemptError {
        let packet = &mut Vec::new();
        match encode(&self.settings, self.request, self.assignment, packet) {
            Ok(()) => error,
            Err(too_large) => too_large.into(),
        }
    }

    /// Closes the connection of a failed attempt, unless nothing was sent over it.
    fn close(&self, connection: Box<Connection>, error: &AttemptError) -> Option<Box<Connection>> {
        let abort = self.settings.recovery.contains(RecoveryOptions::ABORT_ON_CLIENT_ERROR);
        match error {
            AttemptError::TooLarge(_) => return Some(connection),
            AttemptError::ClientRead | AttemptError::ClientWrite if abort => connection.close_hard(),
            AttemptError::ReplyTimeout(_) => self.worker.record.count_reply_timeout(),
            _ => {}
        }
        None
    }

    /// Gives the connection of a good attempt back to the pool, if it can be used again.
    fn release(
        &self,
        lease: Lease<'_, Box<Connection>>,
        mut connection: Box<Connection>,
        ended: Ended,
        at: Instant,
    ) {
        let is_usable = ended.reuse && !self.request.disable_reuse;
        if is_usable && self.worker.leads_home(&mut connection, self.request.log) {
            connection.reused = true;
            connection.rest();
            lease.keep(connection, at);
        } else if !is_usable {
            log!(
                self.request.log,
                Debug,
                [Worker = self.worker.name()],
                "({}) the connection can't be used again; closed",
                self.worker.name()
            );
        }
    }

    /// Says once where to look when Tomcat refuses what comes without its secret.
    fn hint_at_secret(&self, ended: Ended) {
        if ended.refused && self.worker.record.is_first(Hint::Refusal) {
            let (name, line) = (self.worker.name(), self.request.line());
            let advice = on_refusal(&self.settings, self.request.forward.attributes.environment);
            log!(
                self.request.log,
                Warn,
                [Worker = name, Request = line, Status = 403],
                "({name}) Tomcat answered {line} with 403 and closed the connection, {advice}"
            );
        }
    }

    fn may_repeat(&self, failed: &FailedAttempt, resend: Resend) -> bool {
        failed.error.failure().may_repeat(resend, &self.facts(failed.headers_received), self.progress)
    }

    /// Waits for retry_interval; tells whether anybody still waits for another attempt.
    fn pause(&mut self, error: &AttemptError) -> bool {
        let (name, log) = (self.worker.name(), self.request.log);
        let waits = pause(self.settings.retry_interval, self.client, self.progress);
        if let Err(why) = waits {
            let (line, told) = (self.request.line(), self.worker.tell(error));
            log!(
                log,
                Info,
                [Worker = name, Address = told.place(), Request = line, Error = error.fault().word()],
                "({name}) {line}: {told}; no further attempt: {why}"
            );
        }
        self.settings = self.worker.settings();
        waits.is_ok()
    }

    fn facts(&self, headers_received: bool) -> Attempt<'_> {
        Attempt { method: self.request.forward.method, recovery: self.settings.recovery, headers_received }
    }
}
