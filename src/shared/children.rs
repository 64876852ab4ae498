//! The slots of child processes: what a child holds is counted in its own, and taken back when it is gone.
//!
//! A slot is a row of counters; the first is its owner. Life of the owner word:
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
//! add meanwhile is zeroed by the next owner. Slot 0 has no owner: it belongs to the parent, and to whoever found
//! no free slot.

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

/// Slot of the parent, and of processes without one of their own.
pub(crate) const ANY_PROCESS: usize = 0;

/// Where a process counts that has given its slot back: nowhere.
const GONE: usize = usize::MAX;

/// Every slot belongs to a living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no free slot for this process in the shared memory: its counters outlive it if it is killed")]
pub(crate) struct NoFreeSlot;

/// All slots, and which of them is this process's.
#[derive(Debug)]
pub(crate) struct Children {
    header: Mapped<Header>,
    words: Mapped<[AtomicU32]>,
    stride: usize,
    own: AtomicUsize,
}

impl Children {
    pub(super) fn new(header: Mapped<Header>, words: Mapped<[AtomicU32]>, stride: usize) -> Self {
        Self { header, words, stride, own: AtomicUsize::new(ANY_PROCESS) }
    }

    /// The slot in which this process counts.
    pub(super) fn own(&self) -> usize {
        self.own.load(Relaxed)
    }

    fn counter(&self, slot: usize, gauge: usize) -> Option<&AtomicU32> {
        self.words.chunks_exact(self.stride).nth(slot)?.get(gauge)
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
        let used = self.words.chunks_exact(self.stride).take(self.header.slots_used());
        used.map(|slot| slot[gauge].load(Relaxed)).fold(0, u32::saturating_add)
    }

    fn owned_slots(&self) -> impl Iterator<Item = (usize, &[AtomicU32])> {
        self.words.chunks_exact(self.stride).enumerate().skip(ANY_PROCESS + 1)
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
            |(_, slot): &(usize, &[AtomicU32])| slot[0].compare_exchange(0, pid, Acquire, Relaxed).is_ok();
        let (index, slot) = self.owned_slots().find(free)?;
        zero(slot);
        self.header.use_slot(index);
        Some(index)
    }

    pub(super) fn detach(&self, pid: u32) {
        self.own.store(GONE, Relaxed);
        self.release(pid);
    }

    pub(super) fn release(&self, pid: u32) {
        for (_, slot) in self.owned_slots().take(self.header.slots_used()) {
            if slot[0].load(Relaxed) == pid {
                clean(slot, pid);
            }
        }
    }

    pub(super) fn sweep(&self) {
        for (_, slot) in self.owned_slots().take(self.header.slots_used()) {
            let owner = slot[0].load(Relaxed);
            if owner != 0 && !is_alive(owner & !CLEANING) {
                clean(slot, owner);
            }
        }
    }
}

/// Zeroes `slot` and frees it, if it still belongs to `owner`.
fn clean(slot: &[AtomicU32], owner: u32) {
    let mark = CLEANING | std::process::id();
    if slot[0].compare_exchange(owner, mark, AcqRel, Relaxed).is_err() {
        return;
    }
    zero(slot);
    // Release: whoever claims the slot next sees the zeros.
    slot[0].store(0, Release);
}

/// Zeroes the counters of `slot`; its owner stays.
fn zero(slot: &[AtomicU32]) {
    slot[1..].iter().for_each(|counter| counter.store(0, Relaxed));
}

/// Tells whether a process `pid` exists, also one that may not be signalled.
pub(super) fn is_alive(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}
