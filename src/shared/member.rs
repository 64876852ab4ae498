//! The record of one member of one balancer.
//!
//! Fields: "load-balancer, section 1.3". Busy, used and octets are those of the member's ajp record.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::config::settings::{Activation, MemberSettings};
use crate::ffi::shm::{record, Mapped};

use super::header::Header;
use super::health::Health;
use super::name::Name;

record! {
    /// A member as all processes see it.
    #[derive(Debug)]
    pub(crate) struct MemberRecord: 160 {
        name: Name,
        /// [`Health`], packed.
        health: AtomicU64,
        load: AtomicU64,
        multiplier: AtomicU64,
        sessions: AtomicU64,
        errors: AtomicU64,
        /// Requests given to the worker when the last maintenance looked.
        used_before: AtomicU64,
        activation: AtomicU32,
        lbfactor: AtomicU32,
        distance: AtomicU32,
        /// Keeps the records aligned on every platform.
        padding: AtomicU32,
    }
}

/// Access to the record of one member; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MemberHandle {
    record: Mapped<MemberRecord>,
    header: Mapped<Header>,
}

impl MemberHandle {
    pub(super) fn new(record: Mapped<MemberRecord>, header: Mapped<Header>) -> Self {
        Self { record, header }
    }

    pub(super) fn initialize(&self, settings: &MemberSettings) {
        self.record.name.set(&settings.worker.name);
        self.record.activation.store(settings.activation as u32, Relaxed);
        self.record.lbfactor.store(settings.lbfactor, Relaxed);
        self.record.distance.store(settings.distance as u32, Relaxed);
    }

    /// Name of the member.
    #[cfg(test)]
    pub(crate) fn name(&self) -> String {
        self.record.name.get()
    }

    /// State and error times.
    pub(crate) fn health(&self) -> Health {
        Health::unpack(self.record.health.load(Relaxed), self.header.created())
    }

    /// Replaces the health by `change` of it in one step; tells what it was and what it is now.
    ///
    /// `change` returns `None` to leave it, and is called again when another process was faster.
    pub(crate) fn update_health(&self, change: impl Fn(Health) -> Option<Health>) -> (Health, Health) {
        let base = self.header.created();
        let mut word = self.record.health.load(Relaxed);
        loop {
            let before = Health::unpack(word, base);
            let Some(after) = change(before) else { return (before, before) };
            match self.record.health.compare_exchange_weak(word, after.pack(base), Relaxed, Relaxed) {
                Ok(_) => return (before, after),
                Err(newer) => word = newer,
            }
        }
    }

    /// Load value: the balancer prefers the lowest.
    pub(crate) fn load(&self) -> u64 {
        self.record.load.load(Relaxed)
    }

    /// Adds `amount` to the load value if it is still `expected`.
    pub(crate) fn charge_if(&self, expected: u64, amount: u64) -> bool {
        let new = expected.saturating_add(amount);
        self.record.load.compare_exchange(expected, new, Relaxed, Relaxed).is_ok()
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
        let _ = self.record.load.fetch_update(Relaxed, Relaxed, |load| Some(change(load)));
    }

    /// Load per unit of work: the least common multiple of all lbfactors by the member's own.
    pub(crate) fn multiplier(&self) -> u64 {
        self.record.multiplier.load(Relaxed)
    }

    /// Sets the load per unit of work.
    pub(crate) fn set_multiplier(&self, multiplier: u64) {
        self.record.multiplier.store(multiplier, Relaxed);
    }

    /// Weight, at least 1.
    pub(crate) fn lbfactor(&self) -> u32 {
        self.record.lbfactor.load(Relaxed).max(1)
    }

    /// Preference: lower first.
    pub(crate) fn distance(&self) -> i32 {
        self.record.distance.load(Relaxed) as i32
    }

    /// Whether it takes requests; an unknown value reads as stopped.
    pub(crate) fn activation(&self) -> Activation {
        match self.record.activation.load(Relaxed) {
            0 => Activation::Active,
            1 => Activation::Disabled,
            _ => Activation::Stopped,
        }
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
}
