//! One member of a balancer, as this process sees it; what it is for the balancer is in its [`super::view`].

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use crate::config::settings::Activation;
use crate::shared::{AjpHandle, MemberHandle};
use crate::worker::request::MemberNotes;

use super::backend::Backend;

/// A member: its worker, its record, and how much this process can give it.
pub(crate) struct Member<B> {
    name: String,
    backend: B,
    record: MemberHandle,
    /// Requests of this process that are in the worker.
    in_flight: AtomicUsize,
    /// A request waited for one of the worker's connections in vain, and all have been in use since.
    ran_dry: AtomicBool,
}

impl<B: Backend> Member<B> {
    pub(super) fn new(name: &str, backend: B, record: MemberHandle) -> Self {
        Self {
            name: name.to_owned(),
            backend,
            record,
            in_flight: AtomicUsize::new(0),
            ran_dry: AtomicBool::new(false),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its worker.
    pub(crate) fn backend(&self) -> &B {
        &self.backend
    }

    /// Its record in this balancer.
    pub(crate) fn record(&self) -> &MemberHandle {
        &self.record
    }

    /// The record of its worker.
    pub(crate) fn worker(&self) -> &AjpHandle {
        self.backend.record()
    }

    /// Tells whether it can take no more requests of this process.
    ///
    /// Full is a matter of each process: each has connections of its own, so one without any must not keep
    /// the others away, nor be told by them that there is room.
    pub(super) fn is_full(&self) -> bool {
        let settings = self.backend.settings();
        let has_no_place = |limit| self.worker().busy() >= limit;
        self.has_no_connection(settings.connection_pool_size) || settings.busy_limit.is_some_and(has_no_place)
    }

    /// Tells whether a request would wait for a connection, after another did so in vain. Until that happens
    /// requests may queue, as they do for a worker alone.
    fn has_no_connection(&self, pool_size: Option<usize>) -> bool {
        if !self.ran_dry.load(Relaxed) {
            return false;
        }
        let all_in_use = pool_size.is_some_and(|size| self.in_flight.load(Relaxed) >= size);
        if !all_in_use {
            self.ran_dry.store(false, Relaxed);
        }
        all_in_use
    }

    /// Counts a request of this process into the worker while `attempt` runs.
    pub(super) fn while_in_flight<T>(&self, attempt: impl FnOnce() -> T) -> T {
        let entered = InFlight::enter(&self.in_flight);
        let result = attempt();
        drop(entered);
        result
    }

    /// Notes that a request got no connection in time.
    pub(super) fn note_no_connection(&self) {
        self.ran_dry.store(true, Relaxed);
    }

    /// What the notes and the request log say of it after an attempt.
    ///
    /// `activation` is the member's own, as the status page shows it, whatever the rule says.
    pub(super) fn notes(&self, activation: Activation) -> MemberNotes<'_> {
        let worker = self.worker();
        MemberNotes {
            name: self.name(),
            value: self.record.load(),
            accessed: worker.used(),
            sessions: self.record.sessions(),
            read: worker.read(),
            transferred: worker.transferred(),
            errors: self.record.errors(),
            busy: worker.busy(),
            activation: activation.code(),
            state: self.record.health().state.text(),
        }
    }
}

/// Counts one request as in flight; also a panic in the attempt ends it.
struct InFlight<'a>(&'a AtomicUsize);

impl<'a> InFlight<'a> {
    fn enter(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Relaxed);
        Self(counter)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
