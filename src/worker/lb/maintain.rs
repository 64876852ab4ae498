//! What time does to the members of a balancer ("load-balancer, sections 3 and 6").
//!
//! Recovery does not depend on it: a selection notices by itself when recover_time has passed.

use crate::config::settings::Activation;
use crate::log::Context;
use crate::shared::MemberState;
use crate::worker::errands::Errands;
use crate::worker::maintain::maintain_connections;

use super::backend::Backend;
use super::method::Aging;
use super::state::Event;
use super::LbWorker;

impl<B: Backend> LbWorker<B> {
    /// Ages loads and looks after states, called by one process for all; `intervals` of maintenance have passed.
    pub(crate) fn maintain_shared(&self, intervals: u32) {
        self.age_loads(intervals);
        self.maintain_states((self.clock)());
    }

    /// Looks after the connections of this process.
    pub(crate) fn maintain_own<'e>(&'e self, errands: &Errands<'e, '_>, log: Context<'e>) {
        self.members.iter().for_each(|member| maintain_connections(member.backend(), errands, log));
    }

    fn age_loads(&self, intervals: u32) {
        match self.method.aging() {
            // An idle server has slept through more intervals than a value has bits.
            Aging::Halve => self.change_loads(|load| load.checked_shr(intervals).unwrap_or(0)),
            Aging::SubtractLowest => {
                let usable = self.members.iter().filter(|member| {
                    member.record().activation() == Activation::Active
                        && member.record().health().state.takes_requests()
                });
                let lowest = usable.map(|member| member.record().load()).min().unwrap_or(0);
                self.change_loads(|load| load.saturating_sub(lowest));
            }
            Aging::Unused => {}
        }
    }

    fn change_loads(&self, change: impl Fn(u64) -> u64) {
        self.members.iter().for_each(|member| member.record().change_load(&change));
    }

    fn maintain_states(&self, now: i64) {
        let mut all_in_error = true;
        for member in &self.members {
            let unused = member.record().note_used(member.worker().used());
            let (_, after) = self.apply(member, Event::Maintained { unused }, now);
            all_in_error &= after.state == MemberState::Error;
        }
        if all_in_error {
            for member in &self.members {
                self.apply(member, Event::Forced, now);
            }
        }
    }
}
