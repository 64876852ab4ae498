//! The record of one ajp13 worker, shared by every balancer that uses it and by all processes.
//!
//! Fields: "load-balancer, section 1.2"; when they change: "connections, section 10".

mod snapshot;

use std::sync::atomic::{
    AtomicI64, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::sync::Arc;

use crate::ffi::shm::{record, Mapped};

use super::children::{Children, Owner};
use super::figures::FiguresHandle;
use super::host::HostHandle;
use super::name::Name;
use super::values::ValuesHandle;
pub(crate) use snapshot::AjpSnapshot;

record! {
    /// One Tomcat as all processes see it. Busy and connected counts live in the slots of the children.
    #[derive(Debug)]
    pub(crate) struct AjpRecord: 256 {
        name: Name,
        used: AtomicU64,
        read: AtomicU64,
        transferred: AtomicU64,
        errors: AtomicU64,
        client_errors: AtomicU64,
        reply_timeouts: AtomicU32,
        max_busy: AtomicU32,
        max_connected: AtomicU32,
        /// Counts the requests that were let in under a limit: see [`AjpHandle::request_admitted`].
        admitted: AtomicU32,
        error_time: AtomicI64,
        last_reset: AtomicI64,
        /// Bits of [`Hint`]: what the log has said about this worker, and [`HEARD`].
        hints: AtomicU64,
        /// Room for what is to come.
        reserved: [AtomicU64; 10],
    }
}

/// What is said once about a worker, whichever process notices it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Hint {
    /// It takes connections and never answers.
    Silence = 1,
    /// It refuses requests and closes the connection.
    Refusal = 2,
}

/// The bit beside those: something has come from the container.
const HEARD: u64 = 1 << 63;

/// The rows of a worker's two counters.
#[derive(Clone, Copy, Debug)]
pub(super) struct AjpGauges {
    pub(super) busy: usize,
    pub(super) connected: usize,
}

/// Access to the record of one ajp13 worker; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AjpHandle {
    record: Mapped<AjpRecord>,
    children: Arc<Children>,
    gauges: AjpGauges,
    apart: Apart,
}

/// What lies apart from the record of a worker.
#[derive(Clone, Debug)]
pub(super) struct Apart {
    pub(super) values: ValuesHandle,
    pub(super) host: HostHandle,
    pub(super) figures: FiguresHandle,
}

/// A request in flight; ends with the guard.
#[derive(Debug)]
#[must_use = "the request counts as finished when the guard is dropped"]
pub(crate) struct BusyGuard {
    children: Arc<Children>,
    slot: usize,
    gauge: usize,
}

impl BusyGuard {
    pub(super) fn raise(children: &Arc<Children>, gauge: usize) -> Self {
        let slot = children.own();
        children.raise(slot, gauge);
        Self { children: Arc::clone(children), slot, gauge }
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.children.lower(self.slot, self.gauge);
    }
}

/// Raises `highest` to `value`; mostly it is there already, and then the cache line stays shared.
pub(super) fn raise_to(highest: &AtomicU32, value: u32) {
    if highest.load(Relaxed) < value {
        highest.fetch_max(value, Relaxed);
    }
}

impl AjpRecord {
    /// Name of the worker.
    pub(super) fn name(&self) -> String {
        self.name.get()
    }
}

impl AjpHandle {
    pub(super) fn new(
        record: Mapped<AjpRecord>,
        children: Arc<Children>,
        gauges: AjpGauges,
        apart: Apart,
    ) -> Self {
        Self { record, children, gauges, apart }
    }

    /// The values that were changed at run time.
    pub(crate) fn values(&self) -> &ValuesHandle {
        &self.apart.values
    }

    pub(super) fn initialize(&self, name: &str) {
        self.record.name.set(name);
        self.record.last_reset.store(super::now(), Relaxed);
        self.apart.host.initialize(super::moment());
    }

    /// What the resolver said of its host.
    pub(crate) fn host(&self) -> &HostHandle {
        &self.apart.host
    }

    /// What is counted of it besides.
    pub(crate) fn figures(&self) -> &FiguresHandle {
        &self.apart.figures
    }

    /// Name of the worker.
    #[cfg(test)]
    pub(crate) fn name(&self) -> String {
        self.record.name.get()
    }

    /// Counts a request given to the worker, wherever it ends.
    pub(crate) fn count_used(&self) {
        self.record.used.fetch_add(1, Relaxed);
    }

    /// Counts a request given to the worker; it is in flight until the guard is dropped.
    pub(crate) fn request_started(&self) -> BusyGuard {
        self.count_used();
        let guard = BusyGuard::raise(&self.children, self.gauges.busy);
        raise_to(&self.record.max_busy, self.busy());
        guard
    }

    /// As [`AjpHandle::request_started`], but `None` where `limit` requests are in flight. However many arrive at
    /// once, in whatever processes, as many are let in as there are places.
    ///
    /// A place is taken first and kept only if nobody was let in since the look at the others, so the look was not
    /// out of date; whoever loses sees the winner at the next look.
    pub(crate) fn request_admitted(&self, limit: u32) -> Option<BusyGuard> {
        self.count_used();
        loop {
            // Acquire: who was let in before is seen below, because it took its place before it was let in.
            let admitted = self.record.admitted.load(Acquire);
            if self.busy() >= limit {
                return None;
            }
            let guard = BusyGuard::raise(&self.children, self.gauges.busy);
            let next = admitted.wrapping_add(1);
            if self.record.admitted.compare_exchange(admitted, next, AcqRel, Relaxed).is_ok() {
                raise_to(&self.record.max_busy, self.busy().min(limit));
                return Some(guard);
            }
        }
    }

    /// Requests in flight over all processes.
    pub(crate) fn busy(&self) -> u32 {
        self.children.sum(self.gauges.busy)
    }

    /// Counts a connection of this process as open.
    pub(crate) fn connection_opened(&self) {
        self.children.raise(self.children.own(), self.gauges.connected);
        raise_to(&self.record.max_connected, self.connected());
    }

    /// Counts a connection of this process as closed.
    pub(crate) fn connection_closed(&self) {
        self.children.lower(self.children.own(), self.gauges.connected);
    }

    /// Requests in flight and open connections of each process that has some.
    pub(crate) fn by_process(&self) -> Vec<(Owner, u32, u32)> {
        let rows = self.children.row(self.gauges.busy).iter().zip(self.children.row(self.gauges.connected));
        let counts = rows.map(|(busy, connected)| (busy.load(Relaxed), connected.load(Relaxed)));
        let held = self.children.owners().zip(counts).filter(|(_, counts)| *counts != (0, 0));
        held.map(|(owner, (busy, connected))| (owner, busy, connected)).collect()
    }

    /// Open connections over all processes.
    pub(crate) fn connected(&self) -> u32 {
        self.children.sum(self.gauges.connected)
    }

    /// Adds `octets` written to the container.
    pub(crate) fn add_transferred(&self, octets: u64) {
        self.record.transferred.fetch_add(octets, Relaxed);
    }

    /// Adds `octets` read from the container.
    pub(crate) fn add_read(&self, octets: u64) {
        self.record.read.fetch_add(octets, Relaxed);
    }

    /// Tells whether `hint` has not been given yet; from now on it has.
    pub(crate) fn is_first(&self, hint: Hint) -> bool {
        let bit = hint as u64;
        self.record.hints.load(Relaxed) & bit == 0 && self.record.hints.fetch_or(bit, Relaxed) & bit == 0
    }

    /// Notes that something has come from the container, in answer to whatever it was.
    pub(crate) fn note_heard(&self) {
        if self.record.hints.load(Relaxed) & HEARD == 0 {
            self.record.hints.fetch_or(HEARD, Relaxed);
        }
    }

    /// Tells whether anything has come from the container: to any process, also before its counters began anew, or
    /// before a restart by which they stayed.
    pub(crate) fn was_heard(&self) -> bool {
        self.record.hints.load(Relaxed) & HEARD != 0 || self.read() > 0
    }

    /// Counts a failed attempt, and notes the time.
    pub(crate) fn count_error(&self) {
        self.record.errors.fetch_add(1, Relaxed);
        self.record.error_time.store(super::now(), Relaxed);
    }

    /// Counts a request that failed by the client's fault.
    pub(crate) fn count_client_error(&self) {
        self.record.client_errors.fetch_add(1, Relaxed);
    }

    /// Counts an attempt that passed reply_timeout.
    pub(crate) fn count_reply_timeout(&self) {
        self.record.reply_timeouts.fetch_add(1, Relaxed);
    }

    /// Attempts that passed reply_timeout, halved by each maintenance.
    pub(crate) fn reply_timeouts(&self) -> u32 {
        self.record.reply_timeouts.load(Relaxed)
    }

    /// Forgets the reply timeouts: the worker gets another chance.
    pub(crate) fn clear_reply_timeouts(&self) {
        self.record.reply_timeouts.store(0, Relaxed);
    }

    /// Halves the reply timeouts once per maintenance interval that passed.
    pub(super) fn age_reply_timeouts(&self, intervals: u32) {
        let aged = |count: u32| Some(count.checked_shr(intervals).unwrap_or(0));
        let _ = self.record.reply_timeouts.fetch_update(Relaxed, Relaxed, aged);
    }

    /// Requests given to the worker.
    pub(crate) fn used(&self) -> u64 {
        self.record.used.load(Relaxed)
    }

    /// Octets read from the container.
    pub(crate) fn read(&self) -> u64 {
        self.record.read.load(Relaxed)
    }

    /// Octets written to the container.
    pub(crate) fn transferred(&self) -> u64 {
        self.record.transferred.load(Relaxed)
    }

    /// Has its counters begin anew at `now`; requests and connections that are there stay counted.
    pub(crate) fn reset(&self, now: i64) {
        let record = &self.record;
        for counter in
            [&record.used, &record.read, &record.transferred, &record.errors, &record.client_errors]
        {
            counter.store(0, Relaxed);
        }
        for counter in [&record.reply_timeouts, &record.max_busy, &record.max_connected] {
            counter.store(0, Relaxed);
        }
        record.error_time.store(0, Relaxed);
        self.figures().reset();
        record.last_reset.store(now, Relaxed);
    }

    /// A record that belongs to this process alone.
    #[cfg(test)]
    pub(crate) fn standalone_for_tests(name: &str) -> Self {
        let shared = super::tests::shared_with(&[], &[name]);
        shared.ajp(name).expect("the record was planned")
    }
}
