//! What outlives a restart: what somebody changed at run time, what is thought of members, and what was counted.
//!
//! [`capture`] takes it out of the shared memory of a configuration, [`text`] and [`parse`] are how it lies between two
//! generations or on disk, [`restore`] puts it into the memory of the next one. When that happens is up to the caller.
//!
//! Workers and members are found by their names, so that adding or removing one shifts no other. A changed value holds
//! while its configured value stays what it was; where that was changed, it holds ("decisions, row 13"). What is in
//! flight or connected belongs to processes, and is not kept.

mod capture;
mod figures;
mod parse;
mod restore;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;

use crate::config::live::Change;
use crate::shared::{AjpSnapshot, Event, LastError, LbSnapshot, MemberSnapshot, Reload};

pub(crate) use parse::Unusable;

/// The state of all workers at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedState {
    /// That moment, seconds since the epoch.
    pub(crate) saved: i64,
    /// The ajp13 workers, standing alone or as members, by name.
    pub(crate) workers: BTreeMap<String, SavedWorker>,
    /// The balancers by name.
    pub(crate) balancers: BTreeMap<String, SavedBalancer>,
    /// What happened to the whole.
    pub(crate) history: SavedHistory,
}

/// What happened to the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedHistory {
    /// Files that were read anew, by [`Reload`].
    pub(crate) reloads: [u64; Reload::ALL.len()],
    /// The last events, oldest first.
    pub(crate) events: Vec<Event>,
}

/// The state of one ajp13 worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedWorker {
    /// Host and port in force: what is thought of one Tomcat does not hold for another.
    pub(crate) address: String,
    /// What is not as configured.
    pub(crate) changes: Vec<Change>,
    /// What was counted.
    pub(crate) counters: AjpSnapshot,
    /// The last error in words.
    pub(crate) last_error: Option<LastError>,
}

/// The state of one balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedBalancer {
    /// The method in force, which says what the loads of members mean.
    pub(crate) method: String,
    /// What is not as configured.
    pub(crate) changes: Vec<Change>,
    /// What was counted.
    pub(crate) counters: LbSnapshot,
    /// Its members by name.
    pub(crate) members: BTreeMap<String, SavedMember>,
}

/// The state of one member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SavedMember {
    /// The activation in force.
    pub(crate) activation: String,
    /// Load per unit of work, in which the load counts.
    pub(crate) multiplier: u64,
    /// What is not as configured.
    pub(crate) changes: Vec<Change>,
    /// What its record knew.
    pub(crate) known: MemberSnapshot,
}
