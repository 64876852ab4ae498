//! Changes of a balancer and its members at run time, as the status page makes them.
//!
//! They lie in shared memory; each process sees them with its next request ([`super::view`]). What follows from a
//! change besides: "status-worker, section 7".

use std::io;

use crate::config::settings::{Activation, LbMethod, LbSettings, MemberSettings};

use super::backend::Backend;
use super::state::Event;
use super::LbWorker;
use crate::shared::{Drain, MemberState};

impl<B: Backend> LbWorker<B> {
    /// Changes settings of the balancer itself.
    ///
    /// # Errors
    /// That of the lock under which changes are made; nothing is changed then.
    pub(crate) fn change(&self, change: impl FnOnce(&mut LbSettings)) -> io::Result<()> {
        self.record.values().change(&self.configured.alone(), change)
    }

    /// Changes what member `index` is for the balancer. With another activation an order to drain is void.
    ///
    /// # Errors
    /// As for [`LbWorker::change`].
    pub(crate) fn change_member(
        &self,
        index: usize,
        change: impl FnOnce(&mut MemberSettings),
    ) -> io::Result<()> {
        let record = self.members[index].record();
        self.change_and_drain(index, |settings| {
            let (before, drain) = (settings.activation, record.drain());
            change(settings);
            drain.filter(|_| settings.activation == before)
        })
    }

    /// Sets the activation of member `index`, and ends an order to drain.
    ///
    /// # Errors
    /// As for [`LbWorker::change`].
    pub(crate) fn activate(&self, index: usize, activation: Activation) -> io::Result<()> {
        self.change_and_drain(index, |settings| {
            settings.activation = activation;
            None
        })
    }

    /// Changes a member, and puts the order to drain in force that `change` returns. All that is noted of draining is
    /// written under the lock of changes, so that nobody undoes what another has just ordered.
    pub(super) fn change_and_drain(
        &self,
        index: usize,
        change: impl FnOnce(&mut MemberSettings) -> Option<Drain>,
    ) -> io::Result<()> {
        let (view, now) = (self.view.load(), (self.clock)());
        let (member, record) = (&self.members[index], self.members[index].record());
        let mut is_other = false;
        let apply = |settings: &mut MemberSettings| {
            let before = settings.activation;
            record.set_drain(change(settings));
            record.note_activation(settings.activation, now);
            is_other = settings.activation != before;
            if is_other && before == Activation::Stopped {
                // Before others see that it is not stopped any more.
                self.apply(&view, member, Event::Returned, now);
            }
        };
        record.values().change(&self.configured.members[index], apply)?;
        // Who comes back, or stays, must not be flooded to catch up: all begin anew.
        if is_other && view.settings.method != LbMethod::Busyness {
            self.members.iter().for_each(|member| member.record().change_load(|_| 0));
        }
        Ok(())
    }

    /// Has all counters of the balancer and its members begin anew, and forgets errors ("status-worker, section 7").
    pub(crate) fn reset(&self) {
        self.record.reset((self.clock)());
        (0..self.members.len()).for_each(|index| self.reset_member(index));
    }

    /// Has the counters of member `index` begin anew, and forgets its errors.
    pub(crate) fn reset_member(&self, index: usize) {
        self.members[index].record().reset();
        self.members[index].worker().reset((self.clock)());
    }

    /// Lets requests try member `index`, which is in error; false if it is not.
    pub(crate) fn recover(&self, index: usize) -> bool {
        let (view, member) = (self.view.load(), &self.members[index]);
        let (before, after) = self.apply(&view, member, Event::Pardoned, (self.clock)());
        before.state == MemberState::Error && after.state == MemberState::Recover
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::lb::tests::{Bench, TestRequest};

    fn activate(bench: &Bench, index: usize, activation: Activation) {
        bench.lb.change_member(index, |member| member.activation = activation).expect("changed");
        bench.lb.keep_current();
    }

    #[test]
    fn a_change_by_one_process_is_seen_by_all() {
        let here = Bench::new(&["a", "b"], |_| {});
        let there = Bench::on(&here.shared, here.lb.settings().clone());
        activate(&here, 0, Activation::Disabled);
        there.lb.keep_current();
        assert_eq!(there.schedule(&TestRequest::new(), 3), "bbb");
        assert_eq!(there.schedule(&TestRequest::session("x.a"), 1), "a", "its sessions stay");
        activate(&there, 0, Activation::Stopped);
        here.lb.keep_current();
        assert_eq!(here.schedule(&TestRequest::session("x.a"), 1), "b");
        activate(&here, 0, Activation::Active);
        there.lb.keep_current();
        assert_eq!(there.schedule(&TestRequest::new(), 2), "bb", "it has to answer first");
        here.put("a", MemberState::Ok);
        assert_eq!(here.schedule(&TestRequest::new(), 2), "aa", "until it has caught up");
    }

    #[test]
    fn a_change_of_activation_evens_the_loads() {
        let bench = Bench::new(&["a", "b"], |_| {});
        bench.record("b").charge(40);
        bench.lb.change_member(0, |member| member.distance = 3).expect("changed");
        assert_eq!(bench.load("b"), 40);
        activate(&bench, 0, Activation::Disabled);
        assert_eq!(bench.load("b"), 0);
    }

    #[test]
    fn what_members_are_can_be_changed() {
        let bench = Bench::new(&["a", "b"], |_| {});
        let change = |index, change: fn(&mut MemberSettings)| {
            bench.lb.change_member(index, change).expect("changed");
            bench.lb.keep_current();
        };
        change(0, |member| member.lbfactor = 2);
        assert_eq!(bench.schedule(&TestRequest::new(), 6), "ababaa");
        change(1, |member| member.route = "r".to_owned());
        assert_eq!(bench.schedule(&TestRequest::session("x.r"), 2), "bb");
        change(0, |member| member.distance = 1);
        assert_eq!(bench.schedule(&TestRequest::new(), 2), "bb");
        change(0, |member| member.domain = Some("d".to_owned()));
        assert_eq!(bench.schedule(&TestRequest::session("x.d.gone"), 1), "a");
        change(1, |member| member.redirect = Some("a".to_owned()));
        bench.put("b", crate::shared::MemberState::Error);
        assert_eq!(bench.schedule(&TestRequest::session("x.r"), 1), "a");
    }

    #[test]
    fn what_the_balancer_is_can_be_changed() {
        let bench = Bench::new(&["a", "b"], |_| {});
        let change = |change: fn(&mut LbSettings)| {
            bench.lb.change(change).expect("changed");
            bench.lb.keep_current();
        };
        change(|lb| lb.sticky_session = false);
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 4), "abab");
        change(|lb| lb.method = LbMethod::Session);
        assert_eq!(bench.lb.view.load().settings.method, LbMethod::Session);
        assert!(!bench.lb.view.load().settings.sticky_session, "earlier changes stay");
    }

    #[test]
    fn since_when_a_member_drains_is_known() {
        let bench = Bench::new(&["a", "b"], |_| {});
        let now = (bench.lb.clock)();
        assert_eq!(bench.record("a").draining_since(), None);
        activate(&bench, 0, Activation::Disabled);
        bench.wait(5);
        activate(&bench, 0, Activation::Stopped);
        assert_eq!(bench.record("a").draining_since(), Some(now), "it began with the first of them");
        activate(&bench, 0, Activation::Active);
        assert_eq!(bench.record("a").draining_since(), None);
    }

    #[test]
    fn requests_of_a_members_sessions_are_counted() {
        let bench = Bench::new(&["a", "b"], |_| {});
        bench.schedule(&TestRequest::session("x.a"), 3);
        bench.schedule(&TestRequest::new(), 4);
        let recent = || bench.record("a").session_requests((bench.lb.clock)());
        assert_eq!(recent(), 3);
        bench.wait(65);
        assert_eq!(recent(), 0);
    }
}
