//! The seam between a balancer and what its members are.

use std::sync::Arc;

use arc_swap::Guard;

use crate::config::settings::Ajp13Settings;
use crate::log::Context;
use crate::shared::AjpHandle;
use crate::worker::ajp13::Ajp13Worker;
use crate::worker::{Assignment, Client, Outcome, Progress, WorkerRequest};

/// What a balancer needs of a member's worker.
pub(crate) trait Backend: Send + Sync {
    /// Serves `request` by this worker, with its own attempts; `progress` is kept over all members.
    fn service(
        &self,
        request: &WorkerRequest<'_>,
        assignment: &Assignment<'_>,
        client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Outcome;

    /// The record shared by all uses of the worker.
    fn record(&self) -> &AjpHandle;

    /// Its settings, as they are now.
    fn settings(&self) -> Guard<Arc<Ajp13Settings>>;

    /// Sees what was changed at run time since the last call.
    fn keep_current(&self);

    /// Tells whether it has a port and its host name is resolved; without, it counts as stopped.
    fn has_contact(&self) -> bool;

    /// Closes what was idle too long; does not wait.
    fn close_expired(&self, log: Context<'_>);

    /// Tells whether maintenance has to ask others, who may be slow to answer.
    fn has_questions(&self) -> bool;

    /// Asks idle connections for a sign of life; may wait long.
    fn ask(&self, log: Context<'_>);
}

impl Backend for Ajp13Worker {
    fn service(
        &self,
        request: &WorkerRequest<'_>,
        assignment: &Assignment<'_>,
        client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Outcome {
        Ajp13Worker::service(self, request, assignment, client, progress)
    }

    fn record(&self) -> &AjpHandle {
        Ajp13Worker::record(self)
    }

    fn settings(&self) -> Guard<Arc<Ajp13Settings>> {
        Ajp13Worker::settings(self)
    }

    fn keep_current(&self) {
        Ajp13Worker::keep_current(self);
    }

    fn has_contact(&self) -> bool {
        Ajp13Worker::has_contact(self)
    }

    fn close_expired(&self, log: Context<'_>) {
        Ajp13Worker::close_expired(self, log);
    }

    fn has_questions(&self) -> bool {
        Ajp13Worker::has_questions(self)
    }

    fn ask(&self, log: Context<'_>) {
        Ajp13Worker::ask(self, log);
    }
}
