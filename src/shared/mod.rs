//! The records that all child processes see: typed, atomic, fixed size.
//!
//! The parent creates one [`Shared`] per configuration before it forks; each child claims a slot
//! ([`Shared::attach_child`]) in which its in-flight counts live, so that a child that dies gives them back.
//! Workers use the memory through handles: [`AjpHandle`], [`MemberHandle`], [`LbHandle`]. What the values mean
//! is up to [`crate::worker`]. Fields and their use: "load-balancer, section 1".
//!
//! Memory ordering: counters and gauges are independent statistics through which no other data is published,
//! so they are relaxed throughout this module; only the ownership of a child's slot, which decides who may
//! write its counts, is handed over with acquire and release ([`children`]).

pub(crate) mod ajp;
mod board;
pub(crate) mod children;
pub(crate) mod figures;
pub(crate) mod file_name;
pub(crate) mod header;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod host;
pub(crate) mod layout;
pub(crate) mod lb;
pub(crate) mod lease;
pub(crate) mod member;
pub(crate) mod name;
mod nonce;
mod note;
mod reading;
mod recent;
pub(crate) mod values;

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::Arc;
use std::time::Duration;

use crate::config::settings::WorkersSettings;
use crate::ffi::shm::{Mapped, Operation, Segment, SegmentError};
pub(crate) use crate::ffi::time::{moment, seconds as now};

pub(crate) use ajp::{AjpHandle, AjpSnapshot, Hint};
pub(crate) use board::Board;
pub(crate) use children::{NoFreeSlot, Owner};
pub(crate) use figures::{Fault, Figures, LastError, Served, LATENCY_BOUNDS, LATENCY_PLACES};
pub(crate) use health::{Health, MemberState};
pub(crate) use history::{Event, EventKind, HistoryHandle, Reload};
pub(crate) use host::{HostHandle, Turn, ROOM};
pub(crate) use layout::Layout;
pub(crate) use lb::{Balanced, LbHandle, LbSnapshot};
pub(crate) use lease::LEASE;
pub(crate) use member::{Cell, Drain, MemberHandle, MemberSnapshot};
pub(crate) use reading::Found;
pub(crate) use values::{ValuesHandle, RETIRED};

use ajp::Apart;
use children::Children;
use header::Header;

/// What stands for the path of memory without a file.
const ANONYMOUS: &str = "(anonymous)";

/// The shared memory of one configuration, as one process sees it.
#[derive(Debug)]
pub(crate) struct Shared {
    segment: Arc<Segment>,
    header: Mapped<Header>,
    words: Mapped<[AtomicU64]>,
    children: Arc<Children>,
    history: HistoryHandle,
    layout: Layout,
}

impl Shared {
    /// Creates the records of all workers, with a slot for each of `child_slots` child processes.
    ///
    /// `path` is JkShmFile, by which its [file](file_name) is called. Without it the memory has no file. Call it in the parent, before it forks. `child_slots` counts the processes that the
    /// MPM runs at a time, and those on their way out whose places others have taken; unused slots cost nothing
    /// but space in the file.
    ///
    /// # Errors
    /// [`SegmentError`] if the file can't be created, protected, reserved or mapped.
    pub(crate) fn create(
        path: Option<&Path>,
        settings: &WorkersSettings,
        child_slots: usize,
    ) -> Result<Arc<Self>, SegmentError> {
        let layout = Layout::plan(settings, child_slots);
        let segment = match path {
            Some(path) => {
                file_name::remove_leftovers(path);
                Segment::create(&file_name::fresh(path), layout.size())?
            }
            None => Segment::anonymous(layout.size())?,
        };
        let shared = Self::view(Arc::new(segment), layout)?;
        shared.fill(settings).map_err(|error| {
            SegmentError::new(path.unwrap_or(Path::new(ANONYMOUS)), Operation::Map, error)
        })?;
        Ok(Arc::new(shared))
    }

    /// Where it lies, as far as it has a file, and its size in octets.
    pub(crate) fn memory(&self) -> (Option<&Path>, usize) {
        (self.segment.path(), self.segment.size())
    }

    /// One process's view of `segment`.
    fn view(segment: Arc<Segment>, layout: Layout) -> Result<Self, SegmentError> {
        let header = mapped(&segment, |segment| segment.record(0))?;
        let words = mapped(&segment, |segment| segment.records(layout.words(), layout.changeable()))?;
        let slots = mapped(&segment, |segment| segment.records(layout.children(), layout.child_words()))?;
        let children = Arc::new(Children::new(Mapped::clone(&header), slots, layout.child_shape()));
        let history = mapped(&segment, |segment| segment.record(layout.history()))?;
        Ok(Self { segment, header, words, children, history, layout })
    }

    /// Writes the header, and what the configuration says into each record.
    fn fill(&self, settings: &WorkersSettings) -> io::Result<()> {
        self.header.initialize(&self.layout, now())?;
        for name in self.layout.ajp_names() {
            if let Some(record) = self.ajp(name) {
                record.initialize(name);
            }
        }
        for lb in settings.balancers() {
            if let Some(record) = self.lb(&lb.name) {
                record.initialize(&lb.name);
            }
            for member in &lb.members {
                if let Some(record) = self.member(&lb.name, &member.worker.name) {
                    record.initialize(member);
                }
            }
        }
        Ok(())
    }

    /// The record of the ajp13 worker `name`, which all balancers that use it share.
    pub(crate) fn ajp(&self, name: &str) -> Option<AjpHandle> {
        let place = self.layout.ajp(name)?;
        let record = self.segment.record(place.record)?;
        let apart = Apart {
            values: self.values(place.values)?,
            host: self.segment.record(self.layout.host(name)?)?,
            figures: self.segment.record(self.layout.figures(name)?)?,
        };
        Some(AjpHandle::new(record, Arc::clone(&self.children), place.gauges, apart))
    }

    /// The record of the balancer `name`.
    pub(crate) fn lb(&self, name: &str) -> Option<LbHandle> {
        let place = self.layout.lb(name)?;
        let record = self.segment.record(place.record)?;
        let gauge = (Arc::clone(&self.children), place.gauges);
        let (values, history) = (self.values(place.values)?, Mapped::clone(&self.history));
        Some(LbHandle::new(record, self.cells(name)?, gauge, values, history))
    }

    /// The record of `member` in the balancer `lb`.
    pub(crate) fn member(&self, lb: &str, member: &str) -> Option<MemberHandle> {
        let place = self.layout.member(lb, member)?;
        let record = self.segment.record(place.record)?;
        let cell = (self.cells(lb)?, place.cell);
        MemberHandle::new(record, cell, Mapped::clone(&self.header), self.values(place.values)?)
    }

    fn cells(&self, lb: &str) -> Option<Mapped<[Cell]>> {
        let (offset, count) = self.layout.cells(lb)?;
        self.segment.records(offset, count)
    }

    fn values(&self, index: usize) -> Option<ValuesHandle> {
        let values = self.segment.record(self.layout.values(index))?;
        ValuesHandle::new(Mapped::clone(&self.words), index, values, Mapped::clone(&self.header))
    }

    /// Makes room for errors of members that are as old as `time`, seconds since the epoch; times before the memory was
    /// made count as that moment otherwise. Called before the memory is shared, and before members have any.
    pub(crate) fn make_room_for_errors_since(&self, time: i64) {
        self.header.start_times_at(time);
    }

    /// How often settings were changed at run time: who knows the number knows all changes.
    pub(crate) fn changes(&self) -> u64 {
        self.header.changes()
    }

    /// Has no settings be changed any more: they are captured for the next memory.
    pub(crate) fn retire(&self) {
        self.header.retire();
    }

    /// Tells whether settings are changed in other memory by now.
    pub(crate) fn is_retired(&self) -> bool {
        self.header.is_retired()
    }

    /// What forms of the status page carry to be known as its own, in hexadecimal digits.
    pub(crate) fn nonce(&self) -> String {
        self.header.nonce().text()
    }

    /// Goes on with the nonce of an earlier memory. Called before the memory is shared.
    pub(crate) fn keep_nonce(&self, known: &str) {
        self.header.nonce().keep(known);
    }

    /// What happened to the whole.
    pub(crate) fn history(&self) -> &HistoryHandle {
        &self.history
    }

    /// Child processes that have a slot.
    pub(crate) fn processes(&self) -> usize {
        self.children.processes()
    }

    /// Claims a slot for this process, which has the id `pid`; called once after the fork.
    ///
    /// # Errors
    /// [`NoFreeSlot`] if more processes live than there are slots; the process then counts in the parent's
    /// slot, and what it holds when it dies stays counted until the next restart.
    pub(crate) fn attach_child(&self, pid: u32) -> Result<(), NoFreeSlot> {
        self.children.attach(pid)
    }

    /// Notes that a child begins to work; true for the first of a generation, which says what all would say.
    pub(crate) fn child_begins(&self) -> bool {
        self.header.child_begins()
    }

    /// Gives the slot of this process, which has the id `pid`, back at its end; threads of it that still run count
    /// nowhere from now on.
    pub(crate) fn detach_child(&self, pid: u32) {
        self.children.detach(pid);
    }

    /// Takes back what the child `pid`, which has ended, still holds.
    pub(crate) fn release_child(&self, pid: u32) {
        self.children.release(pid);
    }

    /// Takes back what children hold that ended without anybody noticing.
    pub(crate) fn sweep(&self) {
        self.children.sweep();
    }

    /// Claims the work that one process does for all, if it is due at `now`; returns how many whole intervals
    /// of `interval` seconds have passed since it was last done.
    pub(crate) fn claim_maintenance(&self, now: i64, interval: i64) -> Option<u32> {
        self.header.claim_maintenance(now, interval)
    }

    /// Takes or renews, for `process`, the lease of the one that looks after members each second; `now` is in
    /// milliseconds of a clock that all processes share and nobody sets, modulo 2^32.
    ///
    /// # Errors
    /// How long another process still has it.
    pub(crate) fn claim_probing(&self, process: u32, now: u32) -> Result<(), Duration> {
        self.header.claim_probing(process, now)
    }

    /// When that work was last taken on, seconds since the epoch.
    pub(crate) fn maintained_at(&self) -> i64 {
        self.header.maintained()
    }

    /// Halves the reply timeouts of all ajp13 workers once per interval, however many balancers use them.
    pub(crate) fn age_reply_timeouts(&self, intervals: u32) {
        self.layout
            .ajp_names()
            .filter_map(|name| self.ajp(name))
            .for_each(|ajp| ajp.age_reply_timeouts(intervals));
    }
}

/// What the layout says is there; its absence is an error of the layout, told like a failed mapping.
fn mapped<T: ?Sized>(
    segment: &Arc<Segment>,
    find: impl FnOnce(&Arc<Segment>) -> Option<Mapped<T>>,
) -> Result<Mapped<T>, SegmentError> {
    find(segment).ok_or_else(|| {
        let path = segment.path().unwrap_or(Path::new(ANONYMOUS));
        SegmentError::new(path, Operation::Map, std::io::Error::other("the records do not fit"))
    })
}

#[cfg(test)]
pub(crate) mod tests;
