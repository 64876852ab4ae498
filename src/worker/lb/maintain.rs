//! What time does to the members of a balancer ("load-balancer, sections 3 and 6").
//!
//! Recovery does not depend on it: members in error are asked ([`super::probe`]), or a selection notices by itself when
//! recover_time has passed.

use crate::config::settings::Activation;
use crate::log::Context;
use crate::shared::MemberState;
use crate::worker::errands::Errands;
use crate::worker::maintain::maintain_connections;

use super::backend::Backend;
use super::method::Aging;
use super::state::Event;
use super::view::View;
use super::LbWorker;

impl<B: Backend> LbWorker<B> {
    /// Ages loads and looks after states, called by one process for all; `intervals` of maintenance have passed.
    pub(crate) fn maintain_shared(&self, intervals: u32) {
        let view = self.view.load();
        self.age_loads(&view, intervals);
        let now = (self.clock)();
        self.maintain_states(&view, now);
    }

    /// Looks after the connections of this process.
    pub(crate) fn maintain_own<'e>(&'e self, errands: &Errands<'e, '_>, log: Context<'e>) {
        self.members.iter().for_each(|member| maintain_connections(member.backend(), errands, log));
    }

    fn age_loads(&self, view: &View, intervals: u32) {
        match view.method.aging() {
            // An idle server has slept through more intervals than a value has bits.
            Aging::Halve => self.change_loads(|load| load.checked_shr(intervals).unwrap_or(0)),
            Aging::SubtractLowest => {
                let usable = self.record.cells().iter().zip(&view.standings).filter(|(cell, standing)| {
                    standing.activation == Activation::Active && cell.state().takes_requests()
                });
                let lowest = usable.map(|(cell, _)| cell.load()).min().unwrap_or(0);
                self.change_loads(|load| load.saturating_sub(lowest));
            }
            Aging::Unused => {}
        }
    }

    fn change_loads(&self, change: impl Fn(u64) -> u64) {
        self.members.iter().for_each(|member| member.record().change_load(&change));
    }

    fn maintain_states(&self, view: &View, now: i64) {
        let mut all_in_error = true;
        for member in &self.members {
            let unused = member.record().note_used(member.worker().used());
            let (_, after) = self.apply(view, member, Event::Maintained { unused }, now);
            all_in_error &= after.state == MemberState::Error;
        }
        if all_in_error {
            for member in &self.members {
                self.apply(view, member, Event::Forced, now);
            }
        }
    }
}
