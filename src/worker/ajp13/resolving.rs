//! When a host name is asked for, and what becomes of the answer.
//!
//! A name is asked for when it is doubtful, when it does not resolve, and every resolve_interval. One process asks for
//! all and tells them ([`crate::shared::host`]): at most once in [`LEAST_PAUSE`], and not again while a question is open.
//! What is known stays while the resolver has no answer. Who waits for it is a thread of
//! [`crate::worker::resolver`]. Rules: "connections, section 14" and "decisions, row 23".

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::address::{Address, HostAddresses};
use crate::log;
use crate::log::Context;
use crate::shared::{moment, Turn, ROOM};
use crate::text::Reason;

/// Least time in milliseconds between two questions about a worker's host.
const LEAST_PAUSE: u64 = 1000;

/// A name that does not resolve is asked for after pauses that double this often: up to 16 s.
const DOUBLINGS: u64 = 4;

/// After how many milliseconds to look whether another process has its answer.
pub(crate) const NEXT_LOOK: u64 = 300;

/// What the resolver says of a host: its addresses, with any port.
pub(crate) type Answer = io::Result<Vec<SocketAddr>>;

/// What there is to do for a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// This name is to be asked for, by whoever claims it.
    Due(String),
    /// To be looked at again then.
    At(u64),
    /// Nothing, before the bell rings.
    Nothing,
}

impl Address {
    /// Says that the host does not resolve, where that is so, and why, as far as `names` know.
    pub(super) fn tell_if_unresolved(&self, names: &HostAddresses, log: Context<'_>) {
        let target = self.target();
        let trouble = names.get(&target.host).and_then(|named| named.trouble.as_ref());
        if target.is_name() && (trouble.is_some() || target.all.is_empty()) {
            let reason = trouble.map(|why| format!(" ({why})")).unwrap_or_default();
            self.tell_unresolved(self.record.fail(moment()), &reason, log);
        }
    }

    /// Takes over what other processes were told, and finds out whether it is anybody's turn to ask.
    pub(super) fn look(&self, now: u64, log: Context<'_>) -> Look {
        let target = self.current(log);
        if !target.is_name() {
            return Look::Nothing;
        }
        let doubted = self.doubted.load(Relaxed);
        if doubted != 0 && self.record.answered() > doubted {
            let _ = self.doubted.compare_exchange(doubted, 0, Relaxed, Relaxed);
        }
        let Some(pause) = self.pause(target.all.is_empty()) else { return Look::Nothing };
        match self.record.turn(now, pause) {
            Turn::Now => Look::Due(target.host.clone()),
            Turn::At(moment) => Look::At(moment),
            Turn::Pending => Look::At(now + NEXT_LOOK),
        }
    }

    /// Takes it on to ask; an answer follows. False if it is another process's turn, or nobody's any more.
    pub(super) fn claim(&self, now: u64) -> bool {
        let pause = self.pause(!self.has_contact());
        let is_ours = pause.is_some_and(|pause| self.record.claim(now, pause));
        if is_ours {
            self.doubted.store(0, Relaxed);
        }
        is_ours
    }

    /// Milliseconds between the last question and the next one; `None` if there is nothing to ask.
    fn pause(&self, is_unknown: bool) -> Option<u64> {
        let interval = self.interval.map(|interval| interval.as_millis() as u64 + late());
        let failures = self.record.failures();
        if self.doubted.load(Relaxed) != 0 {
            return Some(LEAST_PAUSE);
        }
        if is_unknown || failures > 0 {
            let pause = LEAST_PAUSE << failures.saturating_sub(1).min(DOUBLINGS);
            return Some(interval.map_or(pause, |interval| interval.min(pause)));
        }
        interval
    }

    /// Takes over what the resolver says of `host`, which this process has asked for, and tells the others; tells
    /// whether the addresses have changed.
    pub(super) fn take_answer(&self, host: &str, answer: &Answer, log: Context<'_>) -> bool {
        let target = self.target();
        if target.host != host {
            return false;
        }
        let none = &io::Error::other("it has no address");
        match answer {
            Ok(found) if !found.is_empty() => self.take_addresses(host, found, log),
            Ok(_) => self.take_failure(none, log),
            Err(error) => self.take_failure(error, log),
        }
    }

    fn take_addresses(&self, host: &str, found: &[SocketAddr], log: Context<'_>) -> bool {
        let found: Vec<_> = found.iter().take(ROOM).copied().collect();
        let is_change = self.adopt(host, found);
        let target = self.target();
        if target.host == host {
            self.record.tell(host, &target.addresses());
        }
        if self.record.succeed(moment()) || is_change {
            log!(
                log,
                Info,
                [Worker = self.worker, Address = target],
                "({}) host {host} resolves to {target} now",
                self.worker
            );
        }
        is_change
    }

    fn take_failure(&self, error: &io::Error, log: Context<'_>) -> bool {
        self.tell_unresolved(self.record.fail(moment()), &format!(" ({})", Reason(error)), log);
        false
    }

    /// Says once for all processes that the name does not resolve, and again only after it did.
    fn tell_unresolved(&self, is_news: bool, reason: &str, log: Context<'_>) {
        let target = self.target();
        let consequence = match target.all.is_empty() {
            false => "the addresses known before stay in use",
            true => "no request can go there until it does",
        };
        let (worker, host) = (&self.worker, &target.host);
        if is_news {
            log!(
                log,
                Warn,
                [Worker = worker],
                "({worker}) host {host} does not resolve{reason}: {consequence}; it is asked for again"
            );
        } else {
            log!(log, Debug, [Worker = worker], "({worker}) host {host} does not resolve{reason}");
        }
    }
}

/// Milliseconds by which this process is late when a name is due in all of them, so that they don't all wake at once,
/// and find the answer to the first one's question.
fn late() -> u64 {
    u64::from(std::process::id() % 256)
}

#[cfg(test)]
mod tests;
