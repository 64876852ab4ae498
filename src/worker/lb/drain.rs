//! Draining: a disabled member keeps its sessions until they end, or until time is up. Then it is stopped.
//!
//! It ends `drain_timeout` after it was disabled; or, by an order (`cmd=drain`), when a minute has brought no request of its
//! sessions and nothing is in flight, and after its time at the latest.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::time::Duration;

use crate::config::settings::{Activation, MemberSettings};
use crate::log;
use crate::log::Context;
use crate::shared::{Drain, EventKind};
use crate::text::{Counted, Reason};

use super::backend::Backend;
use super::LbWorker;

/// For how many seconds sessions have to be silent: as far back as their requests are counted.
const SILENCE: i64 = 60;

/// Why a disabled member is stopped, after so many seconds.
#[derive(Clone, Copy, Debug)]
enum End {
    /// `drain_timeout` has passed since it was disabled.
    Configured(u64),
    /// The time of an order is up.
    Timeout(u64),
    /// Its sessions are silent.
    Silence(u64),
}

impl<B: Backend> LbWorker<B> {
    /// Orders that member `index` gets empty: it is disabled now, and stopped when its sessions are silent, or when
    /// `timeout` has passed. One that is stopped is empty, and stays so.
    ///
    /// # Errors
    /// As for [`LbWorker::change`].
    pub(crate) fn drain(&self, index: usize, timeout: Option<Duration>) -> io::Result<()> {
        let ordered = (self.clock)();
        let seconds = timeout.map(|timeout| i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX));
        let until = seconds.map(|seconds| ordered.saturating_add(seconds));
        self.change_and_drain(index, |settings| {
            if settings.activation == Activation::Stopped {
                return None;
            }
            settings.activation = Activation::Disabled;
            Some(Drain { ordered, until })
        })
    }

    /// Stops the members that have drained. Called by one process for all, each second.
    pub(crate) fn stop_drained(&self, log: Context<'_>) {
        let (view, now) = (self.view.load(), (self.clock)());
        for (index, member) in self.members.iter().enumerate() {
            let activation = view.standings[index].activation;
            if !member.record().fits(activation) {
                self.change_member(index, |_| {})
                    .unwrap_or_else(|error| self.tell_trouble(index, &error, log));
            }
            if activation == Activation::Disabled && self.end(index, view.member(index), now).is_some() {
                self.stop_drained_member(index, now, log);
            }
        }
    }

    /// Why member `index`, which is disabled, is to be stopped at `now`; `None` if it is not.
    fn end(&self, index: usize, settings: &MemberSettings, now: i64) -> Option<End> {
        let (record, worker) = (self.members[index].record(), self.members[index].worker());
        let passed = |since: i64| now.saturating_sub(since).max(0).unsigned_abs();
        let Some(drain) = record.drain() else {
            let (timeout, since) = (settings.drain_timeout?.as_secs(), record.draining_since()?);
            return (passed(since) >= timeout).then_some(End::Configured(timeout));
        };
        if drain.until.is_some_and(|until| now >= until) {
            return Some(End::Timeout(passed(drain.ordered)));
        }
        let is_silent = now.saturating_sub(drain.ordered) >= SILENCE
            && record.session_requests(now) == 0
            && worker.busy() == 0;
        is_silent.then(|| End::Silence(passed(drain.ordered)))
    }

    fn stop_drained_member(&self, index: usize, now: i64, log: Context<'_>) {
        let mut ended = None;
        let stop = |member: &mut MemberSettings| {
            // Somebody may have had another wish meanwhile.
            if member.activation == Activation::Disabled {
                ended = self.end(index, member, now);
            }
            if ended.is_some() {
                member.activation = Activation::Stopped;
            }
        };
        let changed = self.change_member(index, stop);
        match (changed, ended) {
            (Ok(()), Some(end)) => self.tell_end(index, end, log),
            (Ok(()), None) => {}
            (Err(error), _) => self.tell_trouble(index, &error, log),
        }
    }

    fn tell_end(&self, index: usize, end: End, log: Context<'_>) {
        let (lb, name) = (&self.name, self.members[index].name());
        log!(
            log,
            Info,
            [Worker = lb, Member = name],
            "({lb}) member {name} {end}: it is stopped now, and its sessions go to other members"
        );
        let text = format!("activation: Disabled to Stopped ({})", end.word());
        self.record.history().note((self.clock)(), EventKind::Edit, &format!("{lb}/{name}"), &text);
    }

    fn tell_trouble(&self, index: usize, error: &io::Error, log: Context<'_>) {
        let (lb, name) = (&self.name, self.members[index].name());
        log!(
            log,
            Warn,
            [Worker = lb, Member = name],
            "({lb}) member {name} drains, and could not be changed: {}; it is tried again",
            Reason(error)
        );
    }
}

impl End {
    /// In the history.
    fn word(self) -> &'static str {
        match self {
            Self::Configured(_) => "drain_timeout",
            Self::Timeout(_) => "drain: time is up",
            Self::Silence(_) => "drain: no session requests",
        }
    }
}

impl Display for End {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured(passed) => {
                write!(out, "was disabled for {} (drain_timeout)", Counted(*passed, "second"))
            }
            Self::Timeout(passed) => {
                write!(out, "drained for {}, and its time is up", Counted(*passed, "second"))
            }
            Self::Silence(passed) => {
                let passed = Counted(*passed, "second");
                write!(out, "drained for {passed}, and a minute brought no request of its sessions")
            }
        }
    }
}

#[cfg(test)]
mod tests;
