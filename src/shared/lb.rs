//! The record of one balancer. Fields: "load-balancer, section 1.4".

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use crate::ffi::shm::{record, Mapped};

use super::ajp::{raise_to, BusyGuard};
use super::children::Children;
use super::figures::counted;
use super::history::HistoryHandle;
use super::member::Cell;
use super::name::Name;
use super::values::ValuesHandle;

counted! {
    /// How a request to a balancer ended.
    Balanced {
        /// A member answered it, whatever its answer.
        Answered "answered",
        /// The client failed, or asked for too much.
        ClientError "client_error",
        /// No member that had it could serve it.
        Error "error",
        /// The answer broke off after a part of it had gone to the client.
        Truncated "truncated",
        /// There was no member that could take it.
        NoMember "no_member",
    }
}

record! {
    /// A balancer as all processes see it. Its busy count lives in the slots of the children.
    #[derive(Debug)]
    pub(crate) struct LbRecord: 192 {
        name: Name,
        max_busy: AtomicU32,
        /// How many members it has.
        members: AtomicU32,
        /// [`Turn`].
        turn: AtomicU64,
        last_reset: AtomicI64,
        /// Requests by [`Balanced`].
        balanced: [AtomicU64; Balanced::ALL.len()],
        /// Room for what is to come.
        reserved: [AtomicU64; 4],
    }
}

/// Access to the record of one balancer; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct LbHandle {
    record: Mapped<LbRecord>,
    cells: Mapped<[Cell]>,
    children: Arc<Children>,
    gauge: usize,
    values: ValuesHandle,
    history: HistoryHandle,
}

/// The counters of a balancer at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LbSnapshot {
    /// Most requests in it at a time.
    pub max_busy: u32,
    /// Since when the counters count, seconds since the epoch.
    pub last_reset: i64,
    /// Requests by [`Balanced`].
    pub balanced: [u64; Balanced::ALL.len()],
}

/// The member with which the next selection begins, so that equal members take turns over all processes.
///
/// The first turn is that of the first member, as in the original; the next is another's, whichever process chooses.
/// The upper half counts selections: two of them that began at the same time can't both take the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn(u64);

impl Turn {
    /// Index of the member among `members`.
    pub(crate) fn start(self, members: usize) -> usize {
        self.0 as u32 as usize % members.max(1)
    }

    fn behind(self, chosen: usize) -> Self {
        let selections = (self.0 >> 32).wrapping_add(1);
        Self((selections << 32) | u64::from(chosen as u32 + 1))
    }
}

impl LbRecord {
    /// Its name, and how many members it has.
    pub(super) fn shape(&self) -> (String, usize) {
        (self.name.get(), self.members.load(Relaxed) as usize)
    }
}

impl LbHandle {
    pub(super) fn new(
        record: Mapped<LbRecord>,
        cells: Mapped<[Cell]>,
        (children, gauge): (Arc<Children>, usize),
        values: ValuesHandle,
        history: HistoryHandle,
    ) -> Self {
        Self { record, cells, children, gauge, values, history }
    }

    /// What a selection reads of the members, in the order of the configuration.
    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The values that were changed at run time.
    pub(crate) fn values(&self) -> &ValuesHandle {
        &self.values
    }

    /// What happened to the whole.
    pub(crate) fn history(&self) -> &HistoryHandle {
        &self.history
    }

    pub(super) fn initialize(&self, name: &str) {
        self.record.name.set(name);
        self.record.members.store(self.cells.len() as u32, Relaxed);
        self.record.last_reset.store(super::now(), Relaxed);
    }

    /// Name of the balancer.
    #[cfg(test)]
    pub(crate) fn name(&self) -> String {
        self.record.name.get()
    }

    /// Counts a request as in the balancer until the guard is dropped.
    pub(crate) fn request_started(&self) -> BusyGuard {
        let guard = BusyGuard::raise(&self.children, self.gauge);
        raise_to(&self.record.max_busy, self.busy());
        guard
    }

    /// Requests in the balancer over all processes.
    pub(crate) fn busy(&self) -> u32 {
        self.children.sum(self.gauge)
    }

    /// Counts a request by how it ended.
    pub(crate) fn count_balanced(&self, how: Balanced) {
        self.record.balanced[how as usize].fetch_add(1, Relaxed);
    }

    /// Has its counters begin anew at `now`.
    pub(crate) fn reset(&self, now: i64) {
        self.record.max_busy.store(0, Relaxed);
        self.record.balanced.iter().for_each(|counter| counter.store(0, Relaxed));
        self.record.last_reset.store(now, Relaxed);
    }

    /// Its counters.
    pub(crate) fn snapshot(&self) -> LbSnapshot {
        let record = &self.record;
        LbSnapshot {
            max_busy: record.max_busy.load(Relaxed),
            last_reset: record.last_reset.load(Relaxed),
            balanced: std::array::from_fn(|index| record.balanced[index].load(Relaxed)),
        }
    }

    /// Goes on with the counters of an earlier memory. Called before the memory is shared.
    pub(crate) fn restore(&self, counters: &LbSnapshot) {
        self.record.max_busy.store(counters.max_busy, Relaxed);
        self.record.last_reset.store(counters.last_reset, Relaxed);
        let places = self.record.balanced.iter().zip(counters.balanced);
        places.for_each(|(place, count)| place.store(count, Relaxed));
    }

    /// Whose turn it is among equal members.
    pub(crate) fn turn(&self) -> Turn {
        Turn(self.record.turn.load(Relaxed))
    }

    /// Gives the turn to the member behind `chosen`; false if another selection did so since `turn` was read.
    pub(crate) fn take_turn(&self, turn: Turn, chosen: usize) -> bool {
        let next = turn.behind(chosen);
        self.record.turn.compare_exchange(turn.0, next.0, Relaxed, Relaxed).is_ok()
    }
}
