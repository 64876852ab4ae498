//! A state goes through text into another memory: whole, value by value, and never more than what still holds.

mod text;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::live::tests::all_changed;
use crate::config::live::{Live, Property, Value};
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::{
    Activation, LbMethod, LbSettings, MemberSettings, WorkerKind, WorkersSettings,
};
use crate::log::{Level, Logger};
use crate::shared::{
    now, Drain, EventKind, Fault, Figures, Health, MemberHandle, MemberState, Shared, ValuesHandle,
    LATENCY_PLACES,
};
use crate::worker::in_force::settings_in_force;

/// The memory of one generation, and what it is configured as.
struct Generation {
    configured: WorkersSettings,
    shared: Arc<Shared>,
    told: Vec<String>,
}

impl Generation {
    /// The balancers `lbs`, and a worker `alone`.
    fn new(lbs: &[LbSettings]) -> Self {
        let configured = settings_of(lbs, &["alone"]);
        let shared = Shared::create(None, &configured, 1).expect("memory");
        Self { configured, shared, told: Vec::new() }
    }

    fn captured(&self) -> SavedState {
        SavedState::capture(&self.configured, &self.shared, now())
    }

    /// The next one, with these balancers: what is known goes through text.
    fn next(&self, lbs: &[LbSettings]) -> Self {
        let text = self.captured().to_text();
        let (state, complaints) = SavedState::parse(text.as_bytes()).expect("a state");
        assert!(complaints.is_empty(), "{complaints:?}");
        Self::new(lbs).with(&state)
    }

    fn with(mut self, state: &SavedState) -> Self {
        let logger = Logger::capture(Level::Debug);
        state.restore(&self.configured, &self.shared, now(), logger.with_id("-"));
        self.told = logger.captured();
        self
    }

    fn change<T: Live>(&self, values: &ValuesHandle, configured: &T, change: impl FnOnce(&mut T)) {
        values.change(configured, change).expect("changed");
    }

    fn change_lb(&self, change: impl FnOnce(&mut LbSettings)) {
        let lb = self.configured.balancers().next().expect("a balancer").alone();
        self.change(self.shared.lb(&lb.name).expect("its record").values(), &lb, change);
    }

    fn change_member(&self, name: &str, change: impl FnOnce(&mut MemberSettings)) {
        let lb = self.configured.balancers().next().expect("a balancer");
        let member = lb.members.iter().find(|member| member.worker.name == name).expect("a member");
        self.change(self.member(name).values(), member, change);
    }

    fn member(&self, name: &str) -> MemberHandle {
        self.shared.member("lb", name).expect("its record")
    }

    fn in_force(&self) -> WorkersSettings {
        settings_in_force(&self.configured, &self.shared)
    }

    fn activation(&self, index: usize) -> Activation {
        self.in_force().balancers().next().expect("a balancer").members[index].activation
    }
}

fn lb(members: &[&str]) -> LbSettings {
    lb_settings("lb", members)
}

fn load(generation: &Generation, members: &[&str]) -> Vec<u64> {
    members.iter().map(|name| generation.member(name).load()).collect()
}

/// A state of these members in which nothing is 0 and everything was changed.
fn full(members: &[&str]) -> SavedState {
    let generation = Generation::new(&[lb(members)]);
    generation.change_lb(|lb| *lb = all_changed(lb));
    for name in members {
        generation.change_member(name, |member| *member = all_changed(member));
        let worker = generation.configured.tomcats().find(|worker| worker.name == *name).expect("a worker");
        let record = generation.shared.ajp(name).expect("its record");
        generation.change(record.values(), worker, |worker| *worker = all_changed(worker));
    }
    let mut state = generation.captured();
    let time = state.saved - 70;
    for worker in state.workers.values_mut() {
        worker.counters = AjpSnapshot {
            used: 1,
            read: u64::MAX,
            transferred: 3,
            errors: 4,
            client_errors: 5,
            reply_timeouts: 6,
            max_busy: u32::MAX,
            max_connected: 8,
            error_time: time,
            last_reset: time,
            figures: Figures {
                served: [21, 22, 23, 24, 25, u64::MAX],
                faults: std::array::from_fn(|index| 30 + index as u64),
                retries: 50,
                answered: 51,
                unanswered: 52,
                probes_answered: 53,
                probes_failed: 54,
                latency_sum: 55,
                latency: std::array::from_fn::<_, LATENCY_PLACES, _>(|index| 60 + index as u64),
            },
            ..AjpSnapshot::default()
        };
        let text = "\"it\" broke off\n".to_owned();
        worker.last_error = Some(LastError { time, fault: Fault::Framing, text });
    }
    for balancer in state.balancers.values_mut() {
        balancer.counters = LbSnapshot { max_busy: 9, last_reset: time, balanced: [81, 82, 83, 84, 85] };
        for member in balancer.members.values_mut() {
            member.known = MemberSnapshot {
                health: Health {
                    state: MemberState::Error,
                    first_error: Some(time),
                    last_error: Some(time + 1),
                },
                load: 11,
                sessions: 12,
                errors: 13,
                draining_since: Some(time),
                drain: Some(Drain { ordered: time + 2, until: Some(time + 3) }),
                session_requests: 14,
            };
        }
    }
    let event = |number: i64| Event {
        time: time + number,
        kind: EventKind::ALL[number as usize % EventKind::ALL.len()],
        subject: format!("lb/{number}"),
        text: "\"up\"".to_owned(),
    };
    state.history = SavedHistory { reloads: [91, 92, 93, 94], events: (0..20).map(event).collect() };
    state
}

#[test]
fn everything_survives_a_restart() {
    let state = full(&["a", "b"]);
    let next = Generation::new(&[lb(&["a", "b"])]).with(&state);
    let mut kept = next.captured();
    kept.saved = state.saved;
    assert_eq!(kept, state);
    for (lb, changed) in next.configured.balancers().zip(next.in_force().balancers()) {
        assert_eq!(*changed, LbSettings { members: changed.members.clone(), ..all_changed(lb) });
        for (member, changed) in lb.members.iter().zip(&changed.members) {
            let mut expected = all_changed(member);
            expected.worker = all_changed(&member.worker);
            assert_eq!(*changed, expected);
        }
    }
}

#[test]
fn a_value_that_was_never_changed_is_the_configured_one() {
    let old = Generation::new(&[lb(&["a"])]);
    let text = old.captured().to_text();
    assert!(!text.contains("changed") && !text.contains("configured"), "{text}");
    let next = old.next(&[LbSettings { retries: 9, ..lb(&["a"]) }]);
    assert_eq!(next.in_force(), next.configured);
    assert_eq!((next.told, next.shared.changes()), (Vec::new(), 0));
}

#[test]
fn a_changed_configuration_wins_value_by_value() {
    let old = Generation::new(&[lb(&["a", "b"])]);
    old.change_member("a", |member| {
        (member.activation, member.lbfactor, member.distance) = (Activation::Disabled, 3, 4);
    });
    old.change_lb(|lb| lb.recover_time = Duration::from_secs(5));
    let mut configured = lb(&["a", "b"]);
    configured.members[0].activation = Activation::Stopped;
    configured.members[0].distance = 4;
    let next = old.next(&[configured.clone()]);
    let mut expected = configured.clone();
    expected.members[0].lbfactor = 3;
    expected.recover_time = Duration::from_secs(5);
    assert_eq!(next.in_force().balancers().next(), Some(&expected));
    assert_eq!(
        next.told,
        [
            "[info] (lb): what was set at run time stays: recover_time=5 (configured: 60)",
            "[info] (lb) member a: activation=Stopped, as it is configured now; Disabled, which was set at run time, \
             is gone",
            "[info] (lb) member a: what was set at run time stays: lbfactor=3 (configured: 1)",
        ]
    );
    let third = next.next(&[lb(&["a", "b"])]);
    assert_eq!(third.activation(0), Activation::Active, "what was overruled does not come back");
}

#[test]
fn a_change_stays_over_many_generations() {
    let mut generation = Generation::new(&[lb(&["a", "b"])]);
    generation.change_member("b", |member| member.activation = Activation::Disabled);
    for _ in 0..3 {
        generation = generation.next(&[lb(&["a", "b"])]);
        assert_eq!(
            [0, 1].map(|index| generation.activation(index)),
            [Activation::Active, Activation::Disabled]
        );
    }
}

#[test]
fn members_that_come_and_go_shift_nothing() {
    let old = Generation::new(&[lb(&["a", "b", "c"])]);
    old.change_member("b", |member| member.activation = Activation::Disabled);
    old.member("b").count_error();
    let next = old.next(&[lb(&["new", "c", "b"]), lb_settings("other", &["b"])]);
    let activations = [0, 1, 2].map(|index| next.activation(index));
    assert_eq!(activations, [Activation::Active, Activation::Active, Activation::Disabled]);
    assert_eq!(["new", "c", "b"].map(|name| next.member(name).errors()), [0, 0, 1]);
    let of_other = next.shared.member("other", "b").expect("b in other");
    assert_eq!((of_other.errors(), of_other.values().version()), (0, 0), "a member is one of one balancer");
    assert!(next.told.contains(&"[debug] (lb) a is no member any more, its state is forgotten".to_owned()));
    assert!(next.told.contains(&"[debug] (a) is no worker any more, its state is forgotten".to_owned()));
    let last = next.next(&[]);
    assert!(last
        .told
        .contains(&"[debug] (other) is no balancer any more, its state is forgotten".to_owned()));
}

#[test]
fn a_new_member_is_not_flooded() {
    let old = Generation::new(&[lb(&["a", "b"])]);
    old.member("a").charge(70);
    old.member("b").charge(50);
    assert_eq!(load(&old.next(&[lb(&["a", "b"])]), &["a", "b"]), [70, 50]);
    assert_eq!(load(&old.next(&[lb(&["a", "new", "b"])]), &["a", "new", "b"]), [70, 70, 50]);
    assert_eq!(load(&old.next(&[lb(&["b"])]), &["b"]), [50]);
}

#[test]
fn loads_that_mean_something_else_are_evened() {
    let old = Generation::new(&[lb(&["a", "b"])]);
    old.member("a").charge(70);
    let mut other_factor = lb(&["a", "b"]);
    other_factor.members[0].lbfactor = 2;
    let mut comes_back = lb(&["a", "b"]);
    comes_back.members[1].activation = Activation::Disabled;
    let other_method = LbSettings { method: LbMethod::Traffic, ..lb(&["a", "b"]) };
    for configured in [other_factor, comes_back, other_method] {
        assert_eq!(load(&old.next(&[configured]), &["a", "b"]), [0, 0]);
    }
    // A factor that was set at run time and stays means the same.
    old.change_member("a", |member| member.lbfactor = 2);
    assert_eq!(load(&old.next(&[lb(&["a", "b"])]), &["a", "b"]), [70, 0]);
}

#[test]
fn who_tried_a_member_or_filled_it_is_gone() {
    use MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};
    for (before, after) in [
        (Idle, Idle),
        (Ok, Ok),
        (Recover, Recover),
        (Force, Force),
        (Busy, Ok),
        (Error, Error),
        (Probe, Error),
    ] {
        let old = Generation::new(&[lb(&["a"])]);
        old.member("a").update_health(|_| Some(Health { state: before, ..Health::default() }));
        assert_eq!(old.next(&[lb(&["a"])]).member("a").health().state, after);
    }
}

#[test]
fn errors_keep_their_age() {
    let mut state = Generation::new(&[lb(&["a", "b"])]).captured();
    let errors = |first_error, last_error| Health { state: MemberState::Error, first_error, last_error };
    let members = &mut state.balancers.get_mut("lb").expect("lb").members;
    let (recent, ancient, future) = (now() - 50, 1, now() + 5000);
    members.get_mut("a").expect("a").known.health = errors(Some(recent), Some(recent + 20));
    members.get_mut("b").expect("b").known.health = errors(Some(ancient), Some(future));
    let next = Generation::new(&[lb(&["a", "b"])]).with(&state);
    assert_eq!(next.member("a").health(), errors(Some(recent), Some(recent + 20)));
    let health = next.member("b").health();
    let age = |time: Option<i64>| now() - time.expect("a time");
    assert!((1 << 29..(1 << 29) + 60).contains(&age(health.first_error)), "{health:?}");
    assert!((0..60).contains(&age(health.last_error)), "{health:?}");
}

#[test]
fn another_tomcat_is_not_blamed_for_the_last_one() {
    let old = Generation::new(&[lb(&["a", "b"])]);
    let error = Health { state: MemberState::Error, first_error: Some(now()), last_error: Some(now()) };
    for name in ["a", "b"] {
        old.member(name).update_health(|_| Some(error));
    }
    let mut moved = lb(&["a", "b"]);
    moved.members[0].worker.port = 8010;
    let next = old.next(&[moved]);
    assert_eq!(["a", "b"].map(|name| next.member(name).health()), [Health::default(), error]);
}

/// Decisions, row 73.
#[test]
fn who_was_stopped_and_is_configured_not_to_be_has_to_answer_first() {
    let mut stopped = lb(&["a", "b"]);
    stopped.members[0].activation = Activation::Stopped;
    let old = Generation::new(&[stopped.clone()]);
    assert_eq!(old.next(&[stopped.clone()]).member("a").health(), Health::default());
    for back in [Activation::Active, Activation::Disabled] {
        let mut active = stopped.clone();
        active.members[0].activation = back;
        let states = |next: &Generation| ["a", "b"].map(|name| next.member(name).health().state);
        let next = old.next(&[active.clone()]);
        assert_eq!(states(&next), [MemberState::Probe, MemberState::Idle], "{back:?}");
        assert_eq!(next.member("a").health().first_error, None, "it is in doubt without an error");
        active.recover_probe = false;
        assert_eq!(states(&old.next(&[active])), [MemberState::Idle; 2], "nobody would ask it");
    }
}

#[test]
fn a_drain_goes_on_where_it_was() {
    let mut configured = lb(&["a", "b", "c"]);
    configured.members[1].activation = Activation::Stopped;
    let old = Generation::new(&[configured.clone()]);
    old.change_member("a", |member| member.activation = Activation::Disabled);
    let mut state = old.captured();
    let since = now() - 1000;
    let members = &mut state.balancers.get_mut("lb").expect("lb").members;
    members.get_mut("a").expect("a").known.draining_since = Some(since);
    members.get_mut("b").expect("b").known.draining_since = Some(since + 1);
    let drains =
        |generation: Generation| ["a", "b", "c"].map(|name| generation.member(name).draining_since());
    assert_eq!(
        drains(Generation::new(&[configured.clone()]).with(&state)),
        [Some(since), Some(since + 1), None]
    );
    configured.members[1].activation = Activation::Active;
    configured.members[2].activation = Activation::Disabled;
    let [a, b, c] = drains(Generation::new(&[configured]).with(&state));
    assert_eq!((a, b), (Some(since), None));
    assert!(c.is_some_and(|since| (0..60).contains(&(now() - since))), "it begins now: {c:?}");
}

#[test]
fn an_order_to_drain_holds_unless_the_configuration_has_another_wish() {
    let old = Generation::new(&[lb(&["a", "b", "c"])]);
    for (name, until) in [("a", Some(now() + 600)), ("b", Some(now() + 600)), ("c", None)] {
        old.change_member(name, |member| member.activation = Activation::Disabled);
        old.member(name).set_drain(Some(Drain { ordered: now() - 5, until }));
    }
    let orders = |generation: &Generation| ["a", "b", "c"].map(|name| generation.member(name).drain());
    let [of_a, _, of_c] = orders(&old);
    let mut configured = lb(&["a", "b", "c"]);
    configured.members[1].activation = Activation::Stopped;
    assert_eq!(orders(&old.next(&[configured])), [of_a, None, of_c]);
}

#[test]
fn a_worker_that_several_balancers_use_is_one() {
    let both = [lb(&["a"]), lb_settings("other", &["a"])];
    let old = Generation::new(&both);
    let record = old.shared.ajp("a").expect("a");
    record.count_used();
    let worker = old.configured.tomcats().next().expect("a");
    old.change(record.values(), worker, |worker| worker.retries = 7);
    let next = old.next(&both);
    assert_eq!(next.shared.ajp("a").expect("a").used(), 1);
    let in_force = next.in_force();
    assert_eq!(in_force.balancers().map(|lb| lb.members[0].worker.retries).collect::<Vec<_>>(), [7, 7]);
    assert!(matches!(in_force.workers[2].kind, WorkerKind::Ajp13(_)));
    assert_eq!(next.told.len(), 1, "{:?}", next.told);
}
