//! The load balancer: chooses a member for each request, keeps sessions with their members, and fails over.
//!
//! - [`session`] reads which routes a request names, [`select`] chooses a member, [`method`] measures load;
//! - [`service`] gives the request to members until one answers, and notes what that says about them;
//! - [`state`] is what all processes think of a member, [`maintain`] what time does to it.
//!
//! Members are reached through [`Backend`], so everything here is tested with scripted ones. Values that
//! processes share are atomics ([`crate::shared`]): nothing here takes a lock, whatever `lock` says, because
//! choosing a member and charging it for the request is one atomic step.

mod account;
mod backend;
mod cookie;
mod maintain;
mod member;
mod method;
mod select;
mod service;
mod session;
mod state;

use std::sync::Arc;

use crate::config::settings::LbSettings;
use crate::shared::{Health, LbHandle, MemberHandle, MemberState};

pub(crate) use backend::Backend;
pub(crate) use member::Member;

use method::Method;
use state::{transition, Event, Timing};

/// Tells the time in seconds since the epoch.
pub(crate) type Clock = fn() -> i64;

/// A load balancer over members of type `B`.
pub(crate) struct LbWorker<B> {
    settings: Arc<LbSettings>,
    members: Vec<Member<B>>,
    record: LbHandle,
    method: &'static dyn Method,
    timing: Timing,
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
        let members: Vec<Member<B>> =
            configured.map(|(settings, (backend, record))| Member::new(settings, backend, record)).collect();
        let factors: Vec<u32> = members.iter().map(|member| member.record().lbfactor()).collect();
        for (member, multiplier) in members.iter().zip(method::multipliers(&factors)) {
            member.record().set_multiplier(multiplier);
        }
        Self {
            method: method::by_name(settings.method),
            timing: Timing::new(settings.recover_time, settings.error_escalation_time),
            settings,
            members,
            record,
            clock,
        }
    }

    /// What the configuration says.
    #[cfg(test)]
    pub(crate) fn settings(&self) -> &LbSettings {
        &self.settings
    }

    /// The members, in the order of the configuration.
    #[cfg(test)]
    pub(crate) fn members(&self) -> &[Member<B>] {
        &self.members
    }

    /// The balancer's record.
    #[cfg(test)]
    pub(crate) fn record(&self) -> &LbHandle {
        &self.record
    }

    /// Makes `event` known to all processes; returns the member's health before and after it.
    fn apply(&self, member: &Member<B>, event: Event, now: i64) -> (Health, Health) {
        let (before, after) =
            member.record().update_health(|health| transition(health, event, now, self.timing));
        match (before.state, after.state) {
            (MemberState::Error, MemberState::Recover) => {
                member.worker().clear_reply_timeouts();
                self.put_on_level(member);
            }
            (MemberState::Error, MemberState::Force) => member.worker().clear_reply_timeouts(),
            _ => {}
        }
        (before, after)
    }

    /// Gives a member that comes back the highest load of all, so that it is not flooded to catch up.
    fn put_on_level(&self, member: &Member<B>) {
        let highest = self.members.iter().map(|member| member.record().load()).max().unwrap_or(0);
        member.record().change_load(|load| load.max(highest));
    }
}

#[cfg(test)]
pub(super) mod tests;
