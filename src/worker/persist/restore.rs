//! Puts a state into new memory, before workers are built on it and before anybody else sees it.

use std::collections::{BTreeMap, BTreeSet};

use super::capture::address;
use super::{SavedBalancer, SavedMember, SavedState, SavedWorker};
use crate::config::live::change::Renewal;
use crate::config::live::{Change, Live, Property};
use crate::config::settings::{Activation, Ajp13Settings, LbSettings, MemberSettings, WorkersSettings};
use crate::config::workers::table::ACTIVATIONS;
use crate::log;
use crate::log::Context;
use crate::shared::{
    AjpSnapshot, Drain, Health, LbSnapshot, MemberHandle, MemberSnapshot, MemberState, Shared, ValuesHandle,
};
use crate::text::Reason;
use crate::worker::lb::{multipliers, unproven};

/// Errors of members that are older than this, in seconds, count as this old: half of what their times have room for.
const OLDEST_ERROR: i64 = 1 << 29;

/// A state on its way into new memory.
struct Restoring<'r> {
    state: &'r SavedState,
    shared: &'r Shared,
    /// Seconds since the epoch.
    now: i64,
    log: Context<'r>,
}

impl SavedState {
    /// Puts into `shared`, at `now`, what still holds for the workers that are `configured` so, and tells what somebody
    /// had changed and what became of it. Workers that are gone are forgotten, new ones begin as ever.
    pub(crate) fn restore(&self, configured: &WorkersSettings, shared: &Shared, now: i64, log: Context<'_>) {
        let restoring = Restoring { state: self, shared, now, log };
        shared.make_room_for_errors_since(restoring.oldest_error());
        let tomcats: BTreeMap<&str, _> =
            configured.tomcats().map(|worker| (worker.name.as_str(), worker)).collect();
        tomcats.values().for_each(|worker| restoring.worker(worker));
        configured.balancers().for_each(|lb| restoring.balancer(lb));
        shared.history().restore(self.history.reloads, &self.history.events);
        restoring.tell_gone(configured, &tomcats);
    }
}

impl Restoring<'_> {
    /// The oldest time of an error that is put into the memory.
    fn oldest_error(&self) -> i64 {
        let members = self.state.balancers.values().flat_map(|lb| lb.members.values());
        let times =
            members.flat_map(|member| [member.known.health.first_error, member.known.health.last_error]);
        times.flatten().min().map_or(self.now, |time| self.time_of_error(time))
    }

    fn time_of_error(&self, time: i64) -> i64 {
        time.clamp(self.now.saturating_sub(OLDEST_ERROR), self.now)
    }

    fn worker(&self, configured: &Ajp13Settings) {
        let name = &configured.name;
        let Some((SavedWorker { changes, counters, last_error, .. }, record)) =
            self.state.workers.get(name).zip(self.shared.ajp(name))
        else {
            return;
        };
        self.renew(&format!("({name})"), changes, configured, record.values());
        record.restore(&AjpSnapshot {
            error_time: counters.error_time.min(self.now),
            last_reset: counters.last_reset.min(self.now),
            ..*counters
        });
        if let Some(error) = last_error {
            record.figures().note_error(error.time.min(self.now), error.fault, &error.text);
        }
    }

    fn balancer(&self, configured: &LbSettings) {
        let name = &configured.name;
        let Some((saved, record)) = self.state.balancers.get(name).zip(self.shared.lb(name)) else { return };
        let settings = self.renew(&format!("({name})"), &saved.changes, &configured.alone(), record.values());
        let last_reset = saved.counters.last_reset.min(self.now);
        record.restore(&LbSnapshot { last_reset, ..saved.counters });
        let members = configured.members.iter().filter_map(|member| {
            let record = self.shared.member(name, &member.worker.name)?;
            let changes = saved.members.get(&member.worker.name).map_or(&[][..], |saved| &saved.changes);
            let place = format!("({name}) member {}", member.worker.name);
            Some((self.renew(&place, changes, member, record.values()), record))
        });
        let (settings_of_members, records): (Vec<_>, Vec<_>) = members.unzip();
        let settings = LbSettings { members: settings_of_members, ..settings };
        let loads = loads(saved, &settings);
        for ((member, record), load) in settings.members.iter().zip(&records).zip(loads) {
            match saved.members.get(&member.worker.name) {
                Some(saved) => {
                    self.member(saved, member, record, load);
                    if settings.recover_probe && is_back(saved, member) {
                        record.update_health(|_| Some(unproven(self.now)));
                    }
                }
                None => record.change_load(|_| load),
            }
        }
    }

    fn member(&self, saved: &SavedMember, settings: &MemberSettings, record: &MemberHandle, load: u64) {
        let MemberSnapshot { sessions, errors, session_requests, .. } = saved.known;
        let known = MemberSnapshot {
            health: self.health(saved, settings),
            load,
            sessions,
            errors,
            draining_since: self.draining_since(saved, settings.activation),
            drain: self.drain(saved, settings.activation),
            session_requests,
        };
        record.restore(&known, self.state.saved.min(self.now));
        // Whether it is used shows from now on.
        record.note_used(self.shared.ajp(&settings.worker.name).map_or(0, |worker| worker.used()));
    }

    /// What is thought of a member: nothing, if it is another Tomcat than it was. Who tried it, or had no room for more,
    /// is gone.
    fn health(&self, saved: &SavedMember, settings: &MemberSettings) -> Health {
        let name = &settings.worker.name;
        let worker = self.shared.ajp(name).map(|record| record.values().read(&settings.worker).0);
        let was_at = self.state.workers.get(name).map(|saved| &saved.address);
        if worker.map(|now| address(&now)).as_ref() != was_at {
            return Health::default();
        }
        let Health { state, first_error, last_error } = saved.known.health;
        let [first_error, last_error] =
            [first_error, last_error].map(|time| time.map(|time| self.time_of_error(time)));
        let state = match state {
            MemberState::Probe => MemberState::Error,
            MemberState::Busy => MemberState::Ok,
            state => state,
        };
        Health { state, first_error, last_error }
    }

    fn draining_since(&self, saved: &SavedMember, activation: Activation) -> Option<i64> {
        match activation {
            Activation::Active => None,
            Activation::Disabled | Activation::Stopped => {
                Some(saved.known.draining_since.map_or(self.now, |since| since.min(self.now)))
            }
        }
    }

    /// An order to get empty goes on, unless the configuration has another wish by now.
    fn drain(&self, saved: &SavedMember, activation: Activation) -> Option<Drain> {
        let drain = saved.known.drain.filter(|_| activation == Activation::Disabled)?;
        Some(Drain { ordered: drain.ordered.min(self.now), ..drain })
    }

    /// Makes `changes` again where the configuration says what it said; returns the settings in force.
    fn renew<T: Live>(&self, place: &str, changes: &[Change], configured: &T, values: &ValuesHandle) -> T {
        let mut settings = configured.clone();
        let mut stays = Vec::new();
        for change in changes {
            let Change { property, configured: before, current } = change;
            let (name, before, current) = (property.name(), before.text(*property), current.text(*property));
            match change.renew(configured, &mut settings) {
                Renewal::Made => stays.push(format!("{name}={current} (configured: {before})")),
                Renewal::Overruled if configured.words(*property) == current => {}
                Renewal::Overruled => {
                    let now = configured.words(*property);
                    log!(
                        self.log,
                        Info,
                        "{place}: {name}={now}, as it is configured now; {current}, which was set at run time, is gone"
                    );
                }
                Renewal::Refused => {
                    log!(self.log, Warn, "{place}: {name}={current} can't be set again, it is as configured");
                }
            }
        }
        if stays.is_empty() {
            return settings;
        }
        let stays = stays.join(", ");
        match values.change(configured, |values| values.clone_from(&settings)) {
            Ok(()) => {
                log!(self.log, Info, "{place}: what was set at run time stays: {stays}");
                settings
            }
            Err(error) => {
                let reason = Reason(&error);
                log!(self.log, Error, "{place}: what was set at run time is lost: {stays}: {reason}");
                configured.clone()
            }
        }
    }

    fn tell_gone(&self, configured: &WorkersSettings, tomcats: &BTreeMap<&str, &Ajp13Settings>) {
        for name in self.state.workers.keys().filter(|name| !tomcats.contains_key(name.as_str())) {
            log!(self.log, Debug, [Worker = name], "({name}) is no worker any more, its state is forgotten");
        }
        for (name, saved) in &self.state.balancers {
            let Some(lb) = configured.balancers().find(|lb| lb.name == *name) else {
                log!(
                    self.log,
                    Debug,
                    [Worker = name],
                    "({name}) is no balancer any more, its state is forgotten"
                );
                continue;
            };
            let members: BTreeSet<&String> = lb.members.iter().map(|member| &member.worker.name).collect();
            for member in saved.members.keys().filter(|member| !members.contains(member)) {
                log!(
                    self.log,
                    Debug,
                    [Worker = name, Member = member],
                    "({name}) {member} is no member any more, its state is forgotten"
                );
            }
        }
    }
}

/// Tells whether a member was stopped and is configured not to be any more ("decisions, row 73").
fn is_back(saved: &SavedMember, settings: &MemberSettings) -> bool {
    let was_stopped = saved.activation == ACTIVATIONS[Activation::Stopped as usize];
    was_stopped && settings.activation != Activation::Stopped
}

/// The loads with which the members of `settings` go on. Loads that can't be compared any more, because a unit of work
/// costs another load, or because a member took none before, are all 0: who comes back must not be flooded to catch up.
/// Neither must a new member, which has the highest load of all.
fn loads(saved: &SavedBalancer, settings: &LbSettings) -> Vec<u64> {
    let members = || settings.members.iter().map(|member| saved.members.get(&member.worker.name));
    let is_comparable = |((member, saved), multiplier): ((&MemberSettings, Option<&SavedMember>), u64)| {
        saved.is_none_or(|saved| {
            saved.multiplier == multiplier && saved.activation == member.words(Property::Activation)
        })
    };
    let multipliers = multipliers(&settings.members);
    let same_method = saved.method == settings.words(Property::Method);
    if !same_method || !settings.members.iter().zip(members()).zip(multipliers).all(is_comparable) {
        return vec![0; settings.members.len()];
    }
    let highest = members().flatten().map(|member| member.known.load).max().unwrap_or(0);
    members().map(|saved| saved.map_or(highest, |saved| saved.known.load)).collect()
}
