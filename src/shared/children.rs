//! The slots of child processes: what a child holds is counted in its own, and taken back when it is gone.
//!
//! A slot is a column of counters; the first is its owner. Rows lie dense, one for each thing that is counted, so that
//! a sum over all processes, which every request asks for, reads one line of the cache per 16 of them. Life of the
//! owner word:
//!
//! ```text
//!          attach                  detach, release, sweep
//!   0 ────────────────▶ pid ───────────────────────────────▶ CLEANING | pid of the cleaner
//!   ▲                                                                     │
//!   └─────────────────────────── all counters are 0 ──────────────────────┘
//! ```
//!
//! Only the process that put its mark into the owner word zeroes the counters, so a slot is never zeroed
//! under a new owner; a cleaner that dies half-way leaves a mark that the next sweep takes over. A process that
//! gives its slot back may still have threads: it first stops counting there, and what one of them was about to
//! add meanwhile is zeroed by the next owner or the next sweep. Slot 0 has no owner: it belongs to the parent, and to
//! whoever found no free slot.

use std::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use rustix::io::Errno;
use rustix::process::{test_kill_process, Pid};

use crate::ffi::shm::Mapped;

use super::header::Header;

/// Marks a slot that is being zeroed; process ids are far below.
const CLEANING: u32 = 1 << 31;

/// The row of the owners.
const OWNERS: usize = 0;

/// Slot of the parent, and of processes without one of their own.
pub(crate) const ANY_PROCESS: usize = 0;

/// Where a process counts that has given its slot back: nowhere.
const GONE: usize = usize::MAX;

/// Whose counts lie in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The parent's, and of who found no slot.
    AnyProcess,
    /// A child's, by its process id.
    Child(u32),
    /// Nobody's any more.
    Nobody,
}

/// Every slot belongs to a living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no free slot for this process in the shared memory: its counters outlive it if it is killed")]
pub(crate) struct NoFreeSlot;

/// How many slots there are, and how far apart rows begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// That of the parent among them.
    pub(super) slots: usize,
    /// Words from the first of a row to the first of the next.
    pub(super) stride: usize,
}

/// All slots, and which of them is this process's.
#[derive(Debug)]
pub(crate) struct Children {
    header: Mapped<Header>,
    words: Mapped<[AtomicU32]>,
    shape: Shape,
    own: AtomicUsize,
}

impl Children {
    pub(super) fn new(header: Mapped<Header>, words: Mapped<[AtomicU32]>, shape: Shape) -> Self {
        Self { header, words, shape, own: AtomicUsize::new(ANY_PROCESS) }
    }

    /// The slot in which this process counts.
    pub(super) fn own(&self) -> usize {
        self.own.load(Relaxed)
    }

    /// Whose the slots are.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        let owner = |word: u32| match word {
            0 => Owner::Nobody,
            word if word & CLEANING != 0 => Owner::Nobody,
            pid => Owner::Child(pid),
        };
        let of_child = self.used_slots().map(move |(_, word)| owner(word.load(Relaxed)));
        std::iter::once(Owner::AnyProcess).chain(of_child)
    }

    /// What all slots count as `gauge`.
    pub(super) fn row(&self, gauge: usize) -> &[AtomicU32] {
        let start = gauge * self.shape.stride;
        &self.words[start..start + self.shape.slots]
    }

    fn counter(&self, slot: usize, gauge: usize) -> Option<&AtomicU32> {
        self.row(gauge).get(slot)
    }

    /// Adds one to `gauge` of `slot`.
    pub(super) fn raise(&self, slot: usize, gauge: usize) {
        if let Some(counter) = self.counter(slot, gauge) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Takes one from `gauge` of `slot`, unless all that this process held there was taken back; never below 0,
    /// should the slot have been taken for a dead process's.
    pub(super) fn lower(&self, slot: usize, gauge: usize) {
        let held = slot == ANY_PROCESS || slot == self.own();
        if let Some(counter) = self.counter(slot, gauge).filter(|_| held) {
            let _ = counter.fetch_update(Relaxed, Relaxed, |count| count.checked_sub(1));
        }
    }

    /// Sum of `gauge` over all processes.
    pub(super) fn sum(&self, gauge: usize) -> u32 {
        let used = self.header.slots_used();
        let counters = self.row(gauge).iter().take(used);
        let sum: u64 = counters.map(|counter| u64::from(counter.load(Relaxed))).sum();
        u32::try_from(sum).unwrap_or(u32::MAX)
    }

    /// The slots that have owners, or may get them, with the owner words.
    fn owned_slots(&self) -> impl Iterator<Item = (usize, &AtomicU32)> {
        self.row(OWNERS).iter().enumerate().skip(ANY_PROCESS + 1)
    }

    /// How many of them have an owner.
    pub(super) fn processes(&self) -> usize {
        let is_owned = |owner: u32| owner != 0 && owner & CLEANING == 0;
        self.used_slots().filter(|(_, owner)| is_owned(owner.load(Relaxed))).count()
    }

    /// Those among them that ever had one.
    fn used_slots(&self) -> impl Iterator<Item = (usize, &AtomicU32)> {
        self.owned_slots().take(self.header.slots_used() - (ANY_PROCESS + 1))
    }

    pub(super) fn attach(&self, pid: u32) -> Result<(), NoFreeSlot> {
        // The system may have given this process the number of one that ended unnoticed.
        self.release(pid);
        let slot = self.claim(pid).or_else(|| {
            self.sweep();
            self.claim(pid)
        });
        self.own.store(slot.unwrap_or(ANY_PROCESS), Relaxed);
        slot.map(|_| ()).ok_or(NoFreeSlot)
    }

    fn claim(&self, pid: u32) -> Option<usize> {
        // Acquire: the zeros of the former owner's cleaner are there before this process counts.
        let free =
            |(_, owner): &(usize, &AtomicU32)| owner.compare_exchange(0, pid, Acquire, Relaxed).is_ok();
        let (slot, _) = self.owned_slots().find(free)?;
        // One that nobody ever had is left untouched: it would cost memory in every row.
        if slot < self.header.slots_used() {
            self.zero(slot);
        }
        self.header.use_slot(slot);
        Some(slot)
    }

    pub(super) fn detach(&self, pid: u32) {
        self.own.store(GONE, Relaxed);
        self.release(pid);
    }

    pub(super) fn release(&self, pid: u32) {
        for (slot, owner) in self.used_slots() {
            if owner.load(Relaxed) == pid {
                self.clean(slot, pid);
            }
        }
    }

    pub(super) fn sweep(&self) {
        for (slot, owner) in self.used_slots() {
            let owner = owner.load(Relaxed);
            let is_left = match owner {
                0 => !self.is_zero(slot),
                _ => !is_alive(owner & !CLEANING),
            };
            if is_left {
                self.clean(slot, owner);
            }
        }
    }

    /// Zeroes `slot` and frees it, if it still belongs to `owner`.
    fn clean(&self, slot: usize, owner: u32) {
        let word = &self.row(OWNERS)[slot];
        let mark = CLEANING | std::process::id();
        if word.compare_exchange(owner, mark, AcqRel, Relaxed).is_err() {
            return;
        }
        self.zero(slot);
        // Release: whoever claims the slot next sees the zeros.
        word.store(0, Release);
    }

    /// The counters of `slot`, without its owner.
    fn counters(&self, slot: usize) -> impl Iterator<Item = &AtomicU32> {
        let rows = self.words.chunks_exact(self.shape.stride).skip(OWNERS + 1);
        rows.map(move |row| &row[slot])
    }

    fn is_zero(&self, slot: usize) -> bool {
        self.counters(slot).all(|counter| counter.load(Relaxed) == 0)
    }

    /// Zeroes the counters of `slot`; its owner stays.
    fn zero(&self, slot: usize) {
        self.counters(slot).for_each(|counter| counter.store(0, Relaxed));
    }
}

/// Tells whether a process `pid` exists, also one that may not be signalled.
pub(super) fn is_alive(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}
