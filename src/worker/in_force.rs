//! Settings as they are now: what the configuration says, and what somebody changed at run time.

use crate::config::settings::{Ajp13Settings, LbSettings, WorkerKind, WorkersSettings};
use crate::shared::Shared;

/// The settings of all workers, `configured` so, with the changes that lie in `shared`.
pub(crate) fn settings_in_force(configured: &WorkersSettings, shared: &Shared) -> WorkersSettings {
    let mut settings = configured.clone();
    for worker in &mut settings.workers {
        match &mut worker.kind {
            WorkerKind::Ajp13(ajp) => read_ajp13(ajp, shared),
            WorkerKind::Lb(lb) => read_lb(lb, shared),
            WorkerKind::Status(_) => {}
        }
    }
    settings
}

fn read_ajp13(settings: &mut Ajp13Settings, shared: &Shared) {
    if let Some(record) = shared.ajp(&settings.name) {
        *settings = record.values().read(settings).0;
    }
}

fn read_lb(settings: &mut LbSettings, shared: &Shared) {
    let mut members = std::mem::take(&mut settings.members);
    if let Some(record) = shared.lb(&settings.name) {
        *settings = record.values().read(settings).0;
    }
    for member in &mut members {
        if let Some(record) = shared.member(&settings.name, &member.worker.name) {
            *member = record.values().read(member).0;
        }
        read_ajp13(&mut member.worker, shared);
    }
    settings.members = members;
}
