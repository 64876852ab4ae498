//! Takes the state of all workers out of shared memory.

use super::{SavedBalancer, SavedHistory, SavedMember, SavedState, SavedWorker};
use crate::config::live::{changes, Live, Property};
use crate::config::settings::{Ajp13Settings, LbSettings, WorkersSettings};
use crate::shared::Shared;
use crate::worker::in_force::settings_in_force;
use crate::worker::lb::multipliers;

impl SavedState {
    /// The state at `now` of the workers that are `configured` so, and whose records are in `shared`.
    pub(crate) fn capture(configured: &WorkersSettings, shared: &Shared, now: i64) -> Self {
        let in_force = settings_in_force(configured, shared);
        let workers = configured.tomcats().zip(in_force.tomcats());
        let balancers = configured.balancers().zip(in_force.balancers());
        Self {
            saved: now,
            workers: workers.filter_map(|(configured, now)| worker(configured, now, shared)).collect(),
            balancers: balancers
                .filter_map(|(configured, in_force)| balancer(configured, in_force, shared, now))
                .collect(),
            history: SavedHistory { reloads: shared.history().reloads(), events: shared.history().events() },
        }
    }
}

/// Host and port.
pub(super) fn address(settings: &Ajp13Settings) -> String {
    format!("{}:{}", settings.host, settings.port)
}

fn worker(
    configured: &Ajp13Settings,
    in_force: &Ajp13Settings,
    shared: &Shared,
) -> Option<(String, SavedWorker)> {
    let record = shared.ajp(&configured.name)?;
    let saved = SavedWorker {
        address: address(in_force),
        changes: changes(configured, in_force).collect(),
        counters: record.snapshot(),
        last_error: record.figures().last_error(),
    };
    Some((configured.name.clone(), saved))
}

fn balancer(
    configured: &LbSettings,
    in_force: &LbSettings,
    shared: &Shared,
    now: i64,
) -> Option<(String, SavedBalancer)> {
    let members = configured.members.iter().zip(&in_force.members).zip(multipliers(&in_force.members));
    let members = members.filter_map(|((configured, member), multiplier)| {
        let name = &configured.worker.name;
        let saved = SavedMember {
            activation: member.words(Property::Activation),
            multiplier,
            changes: changes(configured, member).collect(),
            known: shared.member(&in_force.name, name)?.snapshot(now),
        };
        Some((name.clone(), saved))
    });
    let saved = SavedBalancer {
        method: in_force.words(Property::Method),
        changes: changes(configured, in_force).collect(),
        counters: shared.lb(&configured.name)?.snapshot(),
        members: members.collect(),
    };
    Some((configured.name.clone(), saved))
}
