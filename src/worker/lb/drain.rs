//! Draining: a disabled member keeps its sessions until they end, or until drain_timeout has passed.

use crate::config::settings::{Activation, MemberSettings};
use crate::log;
use crate::log::Context;
use crate::shared::EventKind;
use crate::text::Counted;

use super::backend::Backend;
use super::LbWorker;

impl<B: Backend> LbWorker<B> {
    /// Stops the members that have been disabled for their drain_timeout. Called by one process for all.
    pub(crate) fn stop_drained(&self, log: Context<'_>) {
        let (view, now) = (self.view.load(), (self.clock)());
        for (index, member) in self.members.iter().enumerate() {
            // Whoever changed it may have died before this note.
            member.record().note_activation(view.standings[index].activation, now);
            let Some(timeout) = view.member(index).drain_timeout else { continue };
            if view.standings[index].activation != Activation::Disabled {
                continue;
            }
            let passed = member.record().draining_since().map_or(0, |since| now.saturating_sub(since));
            if u64::try_from(passed).is_ok_and(|passed| passed >= timeout.as_secs()) {
                self.stop_drained_member(index, timeout.as_secs(), log);
            }
        }
    }

    fn stop_drained_member(&self, index: usize, seconds: u64, log: Context<'_>) {
        // Somebody may have had another wish meanwhile.
        let stop = |member: &mut MemberSettings| {
            if member.activation == Activation::Disabled {
                member.activation = Activation::Stopped;
            }
        };
        let (lb, name, seconds) = (&self.name, self.members[index].name(), Counted(seconds, "second"));
        match self.change_member(index, stop) {
            Ok(()) => {
                log!(
                    log,
                    Info,
                    "({lb}) member {name} was disabled for {seconds} (drain_timeout): it is stopped now, its sessions \
                     go to other members"
                );
                let (subject, text) =
                    (format!("{lb}/{name}"), "activation: Disabled to Stopped (drain_timeout)");
                self.record.history().note((self.clock)(), EventKind::Edit, &subject, text);
            }
            Err(error) => {
                log!(log, Warn, "({lb}) member {name} could not be stopped after {seconds}: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::worker::lb::tests::{Bench, TestRequest};

    #[test]
    fn since_when_a_member_drains_is_noted_also_if_who_disabled_it_died_before() {
        let bench = Bench::new(&["a", "b"], |settings| {
            settings.members[0].drain_timeout = Some(Duration::from_secs(30));
        });
        let look = || {
            bench.lb.keep_current();
            bench.lb.stop_drained(bench.logger.with_id("-"));
        };
        let values = bench.record("a").values().clone();
        let change = |activation| {
            values
                .change(&bench.lb.settings().members[0], |member: &mut MemberSettings| {
                    member.activation = activation;
                })
                .expect("changed");
        };
        change(Activation::Disabled);
        let since = (bench.lb.clock)();
        look();
        assert_eq!(bench.record("a").draining_since(), Some(since));
        change(Activation::Active);
        look();
        assert_eq!(bench.record("a").draining_since(), None);
        change(Activation::Disabled);
        look();
        bench.wait(30);
        look();
        bench.lb.keep_current();
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 1), "b", "a is stopped");
    }

    #[test]
    fn a_member_is_stopped_when_it_was_disabled_for_long_enough() {
        let bench = Bench::new(&["a", "b", "c"], |settings| {
            settings.members[0].drain_timeout = Some(Duration::from_secs(30));
            settings.members[2].drain_timeout = Some(Duration::from_secs(30));
        });
        let look = || {
            bench.lb.keep_current();
            bench.lb.stop_drained(bench.logger.with_id("-"));
            bench.lb.keep_current();
        };
        for index in [0, 1] {
            bench
                .lb
                .change_member(index, |member| member.activation = Activation::Disabled)
                .expect("changed");
        }
        bench.wait(29);
        look();
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 1), "a");
        bench.wait(1);
        look();
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 1), "c", "a is stopped");
        assert_eq!(bench.schedule(&TestRequest::session("x.b"), 1), "b", "b may take its time");
        look();
        let told = bench.told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("(lb) member a was disabled for 30 seconds (drain_timeout)"), "{told:?}");
    }
}
