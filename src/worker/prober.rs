//! Looks after members each second, for all processes: those in error are asked by CPing ("decisions, row 10"), and
//! those that have drained are stopped.
//!
//! Each process has a prober, and one of them works: it holds a lease that it renews with each look for members, and
//! that another takes when it has ended. So a process that dies or hangs is followed within [`LEASE`], and what it was
//! asking is asked again. Which members have to be asked or stopped is up to [`crate::worker::lb`]. Here are the lease, the
//! clock, and one `poll` over all probes under way, of which none waits for another.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::ajp13::{wait_for, Ajp13Worker, Probe, Step};
use super::lb::Probing;
use super::registry::{Worker, Workers};
use crate::log::Context;
use crate::shared::{moment, LEASE};

/// Between two looks for members.
const INTERVAL: Duration = Duration::from_secs(1);

/// Most probes under way, each of which holds a descriptor: as many may hang before others have to wait.
const PLACES: usize = 256;

/// A pause where the system can't wait as it should.
const SHORTAGE: Duration = Duration::from_millis(100);

/// What one process does to find out which members work again, and which have drained.
pub(crate) struct Prober<'w> {
    workers: &'w Workers,
    process: u32,
    /// Those whose members are asked (`recover_probe`).
    balancers: Vec<Probing<'w, Ajp13Worker>>,
    /// The balancer with which the next look begins, so that none is always the last.
    first: usize,
    running: Vec<Running<'w>>,
    term: Term,
}

/// Which part a process has, and until when.
pub(super) struct Term {
    /// When the next look is due, or the lease of another process ends.
    next: Instant,
    /// When the lease of this process ends, or of the other.
    until: Instant,
}

/// What a process has to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Nothing new.
    Go,
    /// Look for members that have to be asked or stopped.
    Look,
    /// Do so after letting go of all probes: another process may have asked meanwhile.
    Begin,
    /// Let go of all probes: another process asks.
    Rest,
}

impl Term {
    /// The term of a process that has not tried to begin.
    pub(super) fn new(now: Instant) -> Self {
        Self { next: now, until: now }
    }

    /// What has to be done at `now`, for which the lease may have to be claimed.
    pub(super) fn duty(&mut self, now: Instant, claim: impl FnOnce() -> Result<(), Duration>) -> Duty {
        if now < self.next {
            return Duty::Go;
        }
        let duty = match claim() {
            Ok(()) if now < self.until => Duty::Look,
            Ok(()) => Duty::Begin,
            Err(left) => {
                (self.next, self.until) = (now + left, now + left);
                return Duty::Rest;
            }
        };
        (self.next, self.until) = (now + INTERVAL, now + LEASE);
        duty
    }

    /// Tells whether what a probe brings at `now` is still for this process: one that was slower than its lease has to
    /// assume that another asks by now.
    pub(super) fn lasts(&self, now: Instant) -> bool {
        now < self.until
    }
}

/// A probe under way.
struct Running<'w> {
    balancer: usize,
    member: usize,
    probe: Probe<'w>,
}

impl Workers {
    /// The prober of this process, which has the id `process`; `None` if there is no balancer.
    pub(crate) fn prober(&self, process: u32) -> Option<Prober<'_>> {
        let has_members = self.iter().any(|worker| matches!(worker, Worker::Lb(_)));
        let balancers: Vec<_> = self.iter().filter_map(Worker::probing).collect();
        let (workers, now) = (self, Instant::now());
        let term = Term::new(now);
        has_members.then_some(Prober { workers, process, balancers, first: 0, running: Vec::new(), term })
    }

    /// Stops the members that have drained.
    fn stop_drained(&self, log: Context<'_>) {
        for worker in self.iter() {
            match worker {
                Worker::Lb(lb) => lb.stop_drained(log),
                Worker::Ajp13(_) | Worker::Status(_) => {}
            }
        }
    }
}

impl Worker {
    fn probing(&self) -> Option<Probing<'_, Ajp13Worker>> {
        match self {
            Worker::Lb(lb) => Probing::of(lb),
            Worker::Ajp13(_) | Worker::Status(_) => None,
        }
    }
}

impl<'w> Prober<'w> {
    /// Does what is due, and waits for probes under way, for an [`INTERVAL`] at most; returns for how long there is
    /// nothing to do.
    pub(crate) fn round(&mut self, log: Context<'_>) -> Duration {
        let claim = || self.workers.shared().claim_probing(self.process, moment() as u32);
        let duty = self.term.duty(Instant::now(), claim);
        if matches!(duty, Duty::Begin | Duty::Rest) {
            self.hand_over();
        }
        if matches!(duty, Duty::Begin | Duty::Look) {
            self.look(log);
        }
        if !self.running.is_empty() {
            self.attend(log);
        }
        match self.running.is_empty() {
            true => self.term.next.saturating_duration_since(Instant::now()),
            false => Duration::ZERO,
        }
    }

    /// Stops members that have drained, and begins to ask those that have to be asked.
    fn look(&mut self, log: Context<'_>) {
        if self.workers.shared().is_retired() {
            // The next generation looks after members.
            return;
        }
        self.workers.keep_current();
        self.workers.stop_drained(log);
        let count = self.balancers.len();
        let first = self.first;
        for balancer in (0..count).map(|step| (first + step) % count) {
            for member in self.balancers[balancer].look(PLACES - self.running.len()) {
                let step = self.worker(balancer, member).probe(log);
                self.note(balancer, member, step, log);
            }
        }
        self.first = (first + 1) % count.max(1);
    }

    /// Waits until a probe can go on, or the next look is due.
    fn attend(&mut self, log: Context<'_>) {
        let probes = self.running.iter().map(|running| &running.probe);
        let ready = match wait_for(probes, self.term.next) {
            Ok(ready) => ready,
            Err(None) => return,
            // The system has no memory for it.
            Err(Some(_)) => return sleep(SHORTAGE),
        };
        if !self.term.lasts(Instant::now()) {
            return;
        }
        for (running, ready) in std::mem::take(&mut self.running).into_iter().zip(ready) {
            let step = running.probe.go_on(ready, log);
            self.note(running.balancer, running.member, step, log);
        }
    }

    /// Keeps a probe that goes on, and tells the balancer of one that has ended.
    fn note(&mut self, balancer: usize, member: usize, step: Step<'w>, log: Context<'_>) {
        match step {
            Step::Waits(probe) => self.running.push(Running { balancer, member, probe }),
            Step::Answered => self.balancers[balancer].answered(member, log),
            Step::Failed(silence) => {
                if self.balancers[balancer].unanswered(member, &silence, log) {
                    silence.note();
                }
            }
        }
    }

    fn worker(&self, balancer: usize, member: usize) -> &'w Ajp13Worker {
        self.balancers[balancer].member(member).backend()
    }

    /// Lets go of all probes: their members are another process's business.
    fn hand_over(&mut self) {
        self.running.clear();
        self.balancers.iter_mut().for_each(Probing::hand_over);
    }
}

#[cfg(test)]
mod tests;
