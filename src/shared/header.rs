//! The header of the shared memory: what it is, who maintains it, how many child slots were ever in use.

use std::io;
use std::sync::atomic::{
    AtomicI64, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

use crate::ffi::shm::{record, Held, SharedLock};

use super::layout::Layout;
use super::lease::{self, LEASE};
use super::nonce::Nonce;

/// First eight octets of the memory: tells the file from any other.
pub(crate) const MAGIC: [u8; 8] = *b"mod_jk\0R";

/// Raised whenever a record changes its shape.
pub(crate) const LAYOUT_VERSION: u32 = 10;

record! {
    /// The first record of the memory.
    #[derive(Debug)]
    pub(crate) struct Header: 192 {
        magic: AtomicU64,
        version: AtomicU32,
        /// Child slots that were in use at some time: sums end there.
        slots_used: AtomicU32,
        /// Octets that the records take.
        size: AtomicU64,
        /// Where the short times of [`super::Health`] start, seconds since the epoch: when the memory was made, or
        /// before.
        times_start: AtomicI64,
        /// When the work that one process does for all was last taken on, seconds since the epoch.
        maintained: AtomicI64,
        /// Children that have begun to work.
        children: AtomicU64,
        /// Held while settings are changed.
        changing: SharedLock,
        /// Counts the changes of settings.
        changes: AtomicU64,
        /// Who looks after members each second: a [lease](super::lease).
        prober: AtomicU64,
        /// What forms of the status page carry.
        nonce: Nonce,
        /// 1 once the state was captured for memory that takes this one's place: what is changed here is lost.
        retired: AtomicU64,
        /// How many records of each kind there are, so that the memory can be read without the configuration.
        shape: [AtomicU32; 4],
        /// Room for what is to come.
        reserved: [AtomicU64; 3],
    }
}

impl Header {
    /// Describes memory made at `now` by `layout`. Called before the memory is shared.
    pub(super) fn initialize(&self, layout: &Layout, now: i64) -> io::Result<()> {
        self.magic.store(u64::from_ne_bytes(MAGIC), Relaxed);
        self.version.store(LAYOUT_VERSION, Relaxed);
        self.size.store(layout.size() as u64, Relaxed);
        for (place, count) in self.shape.iter().zip(layout.shape()) {
            place.store(count as u32, Relaxed);
        }
        self.times_start.store(now, Relaxed);
        self.maintained.store(now, Relaxed);
        self.nonce.draw()?;
        self.changing.initialize()
    }

    /// First octets and layout version, whatever build wrote them.
    pub(super) fn kind(&self) -> ([u8; 8], u32) {
        (self.magic.load(Relaxed).to_ne_bytes(), self.version.load(Relaxed))
    }

    /// Octets that the records take.
    pub(super) fn size(&self) -> u64 {
        self.size.load(Relaxed)
    }

    /// How many records there are ([`Layout::shape`]).
    pub(super) fn shape(&self) -> [usize; 4] {
        std::array::from_fn(|index| self.shape[index].load(Relaxed) as usize)
    }

    /// What forms of the status page carry.
    pub(super) fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Takes the lock under which settings are changed.
    pub(super) fn lock_changes(&self) -> io::Result<Held<'_>> {
        let held = self.changing.lock()?;
        if held.inherited {
            // Who died may have made a change that nobody heard of.
            self.announce_change();
        }
        Ok(held)
    }

    /// Has no settings be changed any more: those of now are taken over. Who changes some at this moment is waited for.
    pub(super) fn retire(&self) {
        let _held = self.lock_changes();
        self.retired.store(1, Release);
    }

    /// Tells whether settings are changed elsewhere.
    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Acquire) != 0
    }

    /// Has all processes look for changed settings with their next request.
    pub(super) fn announce_change(&self) {
        self.changes.fetch_add(1, Release);
    }

    /// How often settings were changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Acquire)
    }

    /// Where short times start, seconds since the epoch.
    pub(super) fn times_start(&self) -> i64 {
        self.times_start.load(Relaxed)
    }

    /// Has short times start at `time`, if that is earlier. Called before there are any.
    pub(super) fn start_times_at(&self, time: i64) {
        self.times_start.fetch_min(time, Relaxed);
    }

    /// When the work that one process does for all was last taken on, seconds since the epoch.
    pub(super) fn maintained(&self) -> i64 {
        self.maintained.load(Relaxed)
    }

    /// Child slots that were in use at some time; slot 0, the parent's, counts always.
    pub(super) fn slots_used(&self) -> usize {
        (self.slots_used.load(Relaxed) as usize).max(1)
    }

    /// Counts a child that begins to work; tells whether it is the first.
    pub(super) fn child_begins(&self) -> bool {
        self.children.fetch_add(1, Relaxed) == 0
    }

    /// Notes that slot `index` is in use.
    pub(super) fn use_slot(&self, index: usize) {
        self.slots_used.fetch_max(index as u32 + 1, Relaxed);
    }

    /// Moves the maintenance time to `now` if `interval` seconds have passed; returns, to one process only,
    /// how many whole intervals have.
    pub(super) fn claim_maintenance(&self, now: i64, interval: i64) -> Option<u32> {
        let last = self.maintained.load(Relaxed);
        let passed = now.saturating_sub(last) / interval.max(1);
        // A clock that was set back must not stop maintenance until it catches up.
        if passed == 0 && now >= last {
            return None;
        }
        self.maintained.compare_exchange(last, now, Relaxed, Relaxed).ok()?;
        Some(u32::try_from(passed.max(0)).unwrap_or(u32::MAX))
    }

    /// Takes or renews the lease of the process that looks after members.
    pub(super) fn claim_probing(&self, process: u32, now: u32) -> Result<(), Duration> {
        lease::claim(&self.prober, process, now, LEASE)
    }
}
