//! The record of one member of one balancer, and the cell with what a selection reads of it.
//!
//! Fields: "load-balancer, section 1.3". Busy, used and octets are those of the member's ajp record.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::config::settings::{Activation, MemberSettings};
use crate::ffi::shm::{record, Mapped};

use super::header::Header;
use super::health::{Health, MemberState};
use super::name::Name;
use super::recent::Recent;
use super::values::ValuesHandle;

record! {
    /// What a selection reads of each member: it lies dense, so that many members cost little.
    #[derive(Debug)]
    pub(crate) struct Cell: 16 {
        /// [`Health`], packed.
        health: AtomicU64,
        load: AtomicU64,
    }
}

record! {
    /// A member as all processes see it.
    #[derive(Debug)]
    pub(crate) struct MemberRecord: 320 {
        name: Name,
        sessions: AtomicU64,
        errors: AtomicU64,
        /// Requests given to the worker when the last maintenance looked.
        used_before: AtomicU64,
        /// Since when it is not active, seconds since the epoch; 0 while it is.
        draining_since: AtomicI64,
        /// Requests of its sessions.
        recent: Recent,
        /// When a [`Drain`] was ordered, seconds since the epoch; 0 without one.
        drain_ordered: AtomicI64,
        /// When it ends at the latest; 0 is when its sessions are silent.
        drain_until: AtomicI64,
        /// Room for what is to come.
        reserved: [AtomicU64; 9],
    }
}

/// Access to the record of one member; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MemberHandle {
    record: Mapped<MemberRecord>,
    cells: Mapped<[Cell]>,
    index: usize,
    header: Mapped<Header>,
    values: ValuesHandle,
}

/// An order to get a member empty: it is disabled until then, and stopped when its sessions are silent or time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drain {
    /// When it was ordered, seconds since the epoch.
    pub ordered: i64,
    /// When it ends at the latest; `None` is when its sessions are silent.
    pub until: Option<i64>,
}

/// What a record knows of its member at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberSnapshot {
    /// State and error times.
    pub health: Health,
    /// Load value.
    pub load: u64,
    /// Requests without a session.
    pub sessions: u64,
    /// Failures that count against it.
    pub errors: u64,
    /// Since when it is not active, seconds since the epoch.
    pub draining_since: Option<i64>,
    /// That it was ordered to get empty.
    pub drain: Option<Drain>,
    /// Requests of its sessions in the last minute.
    pub session_requests: u32,
}

impl Cell {
    /// Its state, without the times.
    pub(crate) fn state(&self) -> MemberState {
        MemberState::of(self.health.load(Relaxed))
    }

    /// Load value: the balancer prefers the lowest.
    pub(crate) fn load(&self) -> u64 {
        self.load.load(Relaxed)
    }
}

impl MemberRecord {
    /// Name of the member.
    pub(super) fn name(&self) -> String {
        self.name.get()
    }
}

impl MemberHandle {
    /// The member whose cell is number `index` of `cells`.
    pub(super) fn new(
        record: Mapped<MemberRecord>,
        (cells, index): (Mapped<[Cell]>, usize),
        header: Mapped<Header>,
        values: ValuesHandle,
    ) -> Option<Self> {
        cells.get(index)?;
        Some(Self { record, cells, index, header, values })
    }

    pub(super) fn initialize(&self, settings: &MemberSettings) {
        self.record.name.set(&settings.worker.name);
        self.note_activation(settings.activation, super::now());
    }

    /// The values that were changed at run time.
    pub(crate) fn values(&self) -> &ValuesHandle {
        &self.values
    }

    fn cell(&self) -> &Cell {
        &self.cells[self.index]
    }

    /// Name of the member.
    #[cfg(test)]
    pub(crate) fn name(&self) -> String {
        self.record.name.get()
    }

    /// State and error times.
    pub(crate) fn health(&self) -> Health {
        Health::unpack(self.cell().health.load(Relaxed), self.header.times_start())
    }

    /// Replaces the health by `change` of it in one step; tells what it was and what it is now, with the times that
    /// the record can hold.
    ///
    /// `change` returns `None` to leave it, and is called again when another process was faster.
    pub(crate) fn update_health(&self, change: impl Fn(Health) -> Option<Health>) -> (Health, Health) {
        let base = self.header.times_start();
        let mut word = self.cell().health.load(Relaxed);
        loop {
            let before = Health::unpack(word, base);
            let Some(after) = change(before) else { return (before, before) };
            let next = after.pack(base);
            match self.cell().health.compare_exchange_weak(word, next, Relaxed, Relaxed) {
                Ok(_) => return (before, Health::unpack(next, base)),
                Err(newer) => word = newer,
            }
        }
    }

    /// Load value: the balancer prefers the lowest.
    pub(crate) fn load(&self) -> u64 {
        self.cell().load()
    }

    /// Adds `amount` to the load value if it is still `expected`.
    pub(crate) fn charge_if(&self, expected: u64, amount: u64) -> bool {
        let new = expected.saturating_add(amount);
        self.cell().load.compare_exchange(expected, new, Relaxed, Relaxed).is_ok()
    }

    /// Adds `amount` to the load value.
    pub(crate) fn charge(&self, amount: u64) {
        if amount > 0 {
            self.change_load(|load| load.saturating_add(amount));
        }
    }

    /// Takes `amount` back from the load value: what it was charged for did not happen.
    pub(crate) fn discharge(&self, amount: u64) {
        if amount > 0 {
            self.change_load(|load| load.saturating_sub(amount));
        }
    }

    /// Replaces the load value by `change` of it in one step.
    pub(crate) fn change_load(&self, change: impl Fn(u64) -> u64) {
        let _ = self.cell().load.fetch_update(Relaxed, Relaxed, |load| Some(change(load)));
    }

    /// Requests without a session that it got.
    pub(crate) fn sessions(&self) -> u64 {
        self.record.sessions.load(Relaxed)
    }

    /// Counts a request without a session.
    pub(crate) fn count_session(&self) {
        self.record.sessions.fetch_add(1, Relaxed);
    }

    /// Failures that count against the member.
    pub(crate) fn errors(&self) -> u64 {
        self.record.errors.load(Relaxed)
    }

    /// Counts a failure.
    pub(crate) fn count_error(&self) {
        self.record.errors.fetch_add(1, Relaxed);
    }

    /// Notes `used` of its worker; tells whether that is what the last maintenance noted.
    pub(crate) fn note_used(&self, used: u64) -> bool {
        self.record.used_before.swap(used, Relaxed) == used
    }

    /// Since when it is not active, seconds since the epoch; `None` while it is.
    pub(crate) fn draining_since(&self) -> Option<i64> {
        Some(self.record.draining_since.load(Relaxed)).filter(|since| *since != 0)
    }

    /// Notes at `now` that it has this activation from now on.
    pub(crate) fn note_activation(&self, activation: Activation, now: i64) {
        match activation {
            Activation::Active => self.record.draining_since.store(0, Relaxed),
            Activation::Disabled | Activation::Stopped => {
                let _ = self.record.draining_since.compare_exchange(0, now, Relaxed, Relaxed);
            }
        }
    }

    /// Tells whether what is noted of draining fits this activation: who changed that may have died before the note.
    pub(crate) fn fits(&self, activation: Activation) -> bool {
        match activation {
            Activation::Active => self.draining_since().is_none() && self.drain().is_none(),
            Activation::Disabled => self.draining_since().is_some(),
            Activation::Stopped => self.draining_since().is_some() && self.drain().is_none(),
        }
    }

    /// The order to get empty that is in force.
    pub(crate) fn drain(&self) -> Option<Drain> {
        let time = |place: &AtomicI64| Some(place.load(Relaxed)).filter(|time| *time != 0);
        let ordered = time(&self.record.drain_ordered)?;
        Some(Drain { ordered, until: time(&self.record.drain_until) })
    }

    /// Puts an order to get empty in force, or none. Called under the lock of changes, where its member's activation is
    /// known.
    pub(crate) fn set_drain(&self, drain: Option<Drain>) {
        self.record.drain_until.store(drain.and_then(|drain| drain.until).unwrap_or(0), Relaxed);
        self.record.drain_ordered.store(drain.map_or(0, |drain| drain.ordered), Relaxed);
    }

    /// Counts a request of one of its sessions at `now`.
    pub(crate) fn count_session_request(&self, now: i64) {
        self.record.recent.add(now, 1);
    }

    /// All it knows at `now`, read one by one.
    pub(crate) fn snapshot(&self, now: i64) -> MemberSnapshot {
        MemberSnapshot {
            health: self.health(),
            load: self.load(),
            sessions: self.sessions(),
            errors: self.errors(),
            draining_since: self.draining_since(),
            drain: self.drain(),
            session_requests: self.session_requests(now),
        }
    }

    /// Goes on at `now` with what an earlier memory knew. Called before the memory is shared.
    pub(crate) fn restore(&self, known: &MemberSnapshot, now: i64) {
        self.update_health(|_| Some(known.health));
        self.change_load(|_| known.load);
        self.record.sessions.store(known.sessions, Relaxed);
        self.record.errors.store(known.errors, Relaxed);
        self.record.draining_since.store(known.draining_since.unwrap_or(0), Relaxed);
        self.set_drain(known.drain);
        self.record.recent.add(now, known.session_requests);
    }

    /// Requests of its sessions in the minute before `now`.
    pub(crate) fn session_requests(&self, now: i64) -> u32 {
        self.record.recent.in_last_minute(now)
    }

    /// Has its counters begin anew, and forgets its errors.
    pub(crate) fn reset(&self) {
        self.update_health(|_| Some(Health::default()));
        self.change_load(|_| 0);
        for counter in [&self.record.sessions, &self.record.errors, &self.record.used_before] {
            counter.store(0, Relaxed);
        }
    }
}
