//! A member's worker, where requests arrive and during which others happen.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::simulation::Simulation;
use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
use crate::log::Context;
use crate::shared::{AjpHandle, Shared};
use crate::worker::lb::tests::bench::{clock, failed};
use crate::worker::lb::{Backend, LbWorker};
use crate::worker::{Assignment, Client, Failure, Outcome, Progress, WorkerRequest};

/// A member's worker in one process.
pub(super) struct Simulated {
    index: usize,
    settings: ArcSwap<Ajp13Settings>,
    record: AjpHandle,
}

impl Backend for Simulated {
    fn service(
        &self,
        _request: &WorkerRequest<'_>,
        _assignment: &Assignment<'_>,
        _client: &mut dyn Client,
        _progress: &mut Progress,
    ) -> Outcome {
        let _busy = self.record.request_started();
        let outcome = Simulation::running().arrive(self.index);
        if outcome == failed(Failure::ReplyTimeout) {
            self.record.count_reply_timeout();
        }
        outcome
    }

    fn record(&self) -> &AjpHandle {
        &self.record
    }

    fn settings(&self) -> Guard<Arc<Ajp13Settings>> {
        self.settings.load()
    }

    fn keep_current(&self) {}

    fn has_contact(&self) -> bool {
        true
    }

    fn close_expired(&self, _log: Context<'_>) {}

    fn has_questions(&self) -> bool {
        false
    }

    fn ask(&self, _log: Context<'_>) {}
}

/// A balancer as one process has it. It is never freed, so that its prober may hold on to it.
pub(super) fn process(shared: &Shared, settings: &LbSettings) -> &'static LbWorker<Simulated> {
    let member = |(index, settings): (usize, &MemberSettings)| {
        let (name, record) = (&settings.worker.name, shared.ajp(&settings.worker.name).expect("planned"));
        let settings = ArcSwap::from_pointee(settings.worker.clone());
        (Simulated { index, settings, record }, shared.member("lb", name).expect("planned"))
    };
    let members = settings.members.iter().enumerate().map(member).collect();
    let record = shared.lb("lb").expect("planned");
    Box::leak(Box::new(LbWorker::new(Arc::new(settings.clone()), members, record, clock)))
}
