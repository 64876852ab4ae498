//! The load balancer: chooses a member for each request, keeps sessions with their members, and fails over.
//!
//! - [`session`] reads which routes a request names, [`select`] chooses a member, [`method`] measures load;
//! - [`service`] gives the request to members until one answers, and notes what that says about them;
//! - [`state`] is what all processes think of a member, [`maintain`] what time does to it, and [`probe`] finds out when
//!   it works again;
//! - [`rehearsal`] tells what would be chosen;
//! - [`view`] is what balancer and members are now, as somebody may have changed them at run time.
//!
//! Members are reached through [`Backend`], so everything here is tested with scripted ones. Values that
//! processes share are atomics ([`crate::shared`]): nothing here takes a lock, whatever `lock` says, because
//! choosing a member and charging it for the request is one atomic step ("decisions, row 59").

mod account;
mod backend;
mod change;
mod cookie;
mod drain;
mod maintain;
mod member;
mod method;
mod probe;
mod rehearsal;
mod scan;
mod select;
mod service;
mod session;
mod state;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::settings::{LbSettings, MemberSettings};
use crate::shared::{EventKind, Health, LbHandle, MemberHandle, MemberState};

pub(crate) use backend::Backend;
pub(crate) use member::Member;
pub(crate) use probe::{NextProbe, Probing};
pub(crate) use rehearsal::{Lead, Rehearsal};
pub(in crate::worker) use view::multipliers;

pub(in crate::worker) use state::unproven;
use state::{transition, Event};
use view::View;

/// Tells the time in seconds since the epoch.
pub(crate) type Clock = fn() -> i64;

/// A load balancer over members of type `B`.
pub(crate) struct LbWorker<B> {
    name: String,
    configured: Arc<LbSettings>,
    members: Vec<Member<B>>,
    record: LbHandle,
    view: ArcSwap<View>,
    clock: Clock,
}

impl<B: Backend> LbWorker<B> {
    /// Joins the members, in the order of `settings.members`, with their records.
    pub(crate) fn new(
        settings: Arc<LbSettings>,
        members: Vec<(B, MemberHandle)>,
        record: LbHandle,
        clock: Clock,
    ) -> Self {
        let configured = settings.members.iter().zip(members);
        let members: Vec<Member<B>> = configured
            .map(|(settings, (backend, record))| Member::new(&settings.worker.name, backend, record))
            .collect();
        let view = View::new(&settings, &record, members.iter().map(Member::record));
        let (name, view) = (settings.name.clone(), ArcSwap::from_pointee(view));
        Self { name, configured: settings, members, record, view, clock }
    }

    /// Sees what was changed at run time since the last call.
    pub(crate) fn keep_current(&self) {
        let records = || self.members.iter().map(Member::record);
        if !self.view.load().is_current(&self.record, records()) {
            self.view.store(Arc::new(View::new(&self.configured, &self.record, records())));
        }
        self.members.iter().for_each(|member| member.backend().keep_current());
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The balancer's own settings, as they are now.
    pub(crate) fn current_settings(&self) -> LbSettings {
        self.view.load().settings.clone()
    }

    /// What member `index` is for the balancer now.
    pub(crate) fn current_member(&self, index: usize) -> MemberSettings {
        self.view.load().member(index).clone()
    }

    /// Load per unit of work of member `index`.
    pub(crate) fn current_multiplier(&self, index: usize) -> u64 {
        self.view.load().multiplier(index)
    }

    /// The load of member `index`, by which it is compared.
    pub(crate) fn load(&self, index: usize) -> u64 {
        let view = self.view.load();
        view.method.load(&self.record.cells()[index], view.multiplier(index), self.members[index].worker())
    }

    /// What the configuration says.
    #[cfg(test)]
    pub(crate) fn settings(&self) -> &LbSettings {
        &self.configured
    }

    /// The members, in the order of the configuration.
    pub(crate) fn members(&self) -> &[Member<B>] {
        &self.members
    }

    /// The balancer's record.
    pub(crate) fn record(&self) -> &LbHandle {
        &self.record
    }

    /// Makes `event` known to all processes; returns the member's health before and after it.
    fn apply(&self, view: &View, member: &Member<B>, event: Event, now: i64) -> (Health, Health) {
        let (before, after) =
            member.record().update_health(|health| transition(health, event, now, view.timing));
        match (before.state, after.state) {
            (MemberState::Error, MemberState::Recover) => {
                member.worker().clear_reply_timeouts();
                self.put_on_level(member);
            }
            (MemberState::Error, MemberState::Force) => member.worker().clear_reply_timeouts(),
            // It failed while others were in flight, and so was never in error for everybody ("decisions, row 58").
            (state, MemberState::Ok) if !state.is_doubtful() && ends_errors(before, after) => {
                self.put_on_level(member);
            }
            _ => {}
        }
        self.note_change(member, before.state, after.state, now);
        (before, after)
    }

    /// That a member is in error, or works again, is an event; what is tried meanwhile is none.
    fn note_change(&self, member: &Member<B>, before: MemberState, after: MemberState, now: i64) {
        if before.is_doubtful() != after.is_doubtful() {
            let (subject, text) = (format!("{}/{}", self.name, member.name()), after.text());
            self.record.history().note(
                now,
                EventKind::State,
                &subject,
                &format!("{} to {text}", before.text()),
            );
        }
    }

    /// Gives a member that comes back the highest load of all, so that it is not flooded to catch up.
    fn put_on_level(&self, member: &Member<B>) {
        let highest = self.members.iter().map(|member| member.record().load()).max().unwrap_or(0);
        member.record().change_load(|load| load.max(highest));
    }
}

/// Tells whether a series of errors ended.
fn ends_errors(before: Health, after: Health) -> bool {
    before.first_error.is_some() && after.first_error.is_none()
}

#[cfg(test)]
pub(super) mod tests;
