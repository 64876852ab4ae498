//! How a request ends that no attempt could serve: what is counted, and the one line that says so.

use super::{no_room, Attempts, FailedAttempt};
use crate::log;
use crate::shared::{now, Fault, Served};
use crate::text::Counted;
use crate::worker::outcome::{Culprit, Resend};
use crate::worker::{Failure, Outcome};

impl Attempts<'_> {
    /// The last attempt failed: counts and logs it.
    pub(super) fn give_up(&mut self, failed: &FailedAttempt, attempts: u32) -> Outcome {
        let repeatable = self.may_repeat(failed, Resend::Failover);
        let failure = match failed.error.failure() {
            failure if failure.culprit() == Culprit::Client => {
                self.worker.record.count_client_error();
                self.count(Served::ClientError);
                failure
            }
            failure => {
                self.worker.record.count_error();
                if self.progress.delivered {
                    self.count(Served::Truncated);
                    Failure::Truncated(failure.culprit(), failure.event())
                } else {
                    self.count(Served::Error);
                    failure
                }
            }
        };
        self.log_end(failed, failure, repeatable, attempts);
        Outcome::Failed { failure, repeatable }
    }

    /// One line for the end of a request; at error level unless the client gave up, or it is not the end because
    /// another worker may try. Who lets it try is told why.
    fn log_end(&mut self, failed: &FailedAttempt, failure: Failure, repeatable: bool, attempts: u32) {
        let (log, worker) = (self.request.log, self.worker);
        let (told, error) = (worker.tell(&failed.error), failed.error.fault().word());
        let (name, line, status) = (worker.name(), self.request.line(), failure.status());
        let (place, tries) = (told.place(), attempts);
        let attempts = Counted(attempts.into(), "attempt");
        match failure {
            Failure::RequestTooLarge => log!(
                log,
                Error,
                [Worker = name, Request = line, Status = status, Error = error],
                "({name}) {line} gets {status}: {told}"
            ),
            Failure::ClientRead | Failure::ClientWrite => log!(
                log,
                Info,
                [Worker = name, Request = line, Error = error],
                "({name}) {line} was given up: {told}"
            ),
            Failure::Truncated(..) => log!(
                log,
                Error,
                [Worker = name, Address = place, Request = line, Error = error],
                "({name}) {line} is cut, as its response had begun: {told}{}",
                told.advice()
            ),
            _ if repeatable && self.assignment.may_go_on => {
                log!(
                    log,
                    Warn,
                    [Worker = name, Address = place, Request = line, Error = error, Attempts = tries],
                    "({name}) {line}: {told} ({attempts}){}",
                    told.advice()
                );
                self.progress.cause = Some(told.cause(attempts));
            }
            _ => log!(
                log,
                Error,
                [
                    Worker = name,
                    Address = place,
                    Request = line,
                    Status = status,
                    Error = error,
                    Attempts = tries
                ],
                "({name}) {line} gets {status}: {told} ({attempts}){}",
                told.advice()
            ),
        }
    }

    /// The outcome of a request for which this worker has no room.
    pub(super) fn refuse(&mut self, failure: Failure) -> Outcome {
        let why = no_room(&self.settings, failure);
        let fault = if failure == Failure::Busy { Fault::BusyLimit } else { Fault::NoConnection };
        let figures = self.worker.record.figures();
        self.count(Served::Refused);
        figures.count_fault(fault);
        figures.note_error(now(), fault, &why.fact);
        let (log, name, line) = (self.request.log, self.worker.name(), self.request.line());
        match self.assignment.may_go_on {
            true => {
                log!(
                    log,
                    Warn,
                    [Worker = name, Request = line, Error = fault.word()],
                    "({name}) {line}: {}; {}",
                    why.fact,
                    why.advice
                );
                self.progress.cause = Some(why);
            }
            false => {
                let status = failure.status();
                log!(
                    log,
                    Error,
                    [Worker = name, Request = line, Status = status, Error = fault.word()],
                    "({name}) {line} gets {status}: {}; {}",
                    why.fact,
                    why.advice
                )
            }
        }
        let repeatable = failure.may_repeat(Resend::Failover, &self.facts(false), self.progress);
        Outcome::Failed { failure, repeatable }
    }
}
