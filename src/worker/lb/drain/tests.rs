//! When a member that drains is stopped, and when not.

use std::time::Duration;

use super::*;
use crate::shared::MemberState;
use crate::worker::lb::tests::{Bench, TestRequest};
use Activation::{Active, Disabled, Stopped};

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
        bench.lb.change_member(index, |member| member.activation = Activation::Disabled).expect("changed");
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

/// Has members looked after, and tells the activations of `a` and `b`.
fn looked(bench: &Bench) -> [Activation; 2] {
    bench.lb.keep_current();
    bench.lb.stop_drained(bench.logger.with_id("-"));
    bench.lb.keep_current();
    [0, 1].map(|index| bench.lb.current_member(index).activation)
}

const MINUTES: Option<Duration> = Some(Duration::from_secs(600));

#[test]
fn a_drain_ends_when_its_time_is_up() {
    let bench = Bench::new(&["a", "b"], |settings| {
        settings.members[0].drain_timeout = Some(Duration::from_secs(5));
    });
    bench.lb.drain(0, MINUTES).expect("ordered");
    for _ in 0..599 {
        assert_eq!(looked(&bench), [Disabled, Active], "drain_timeout is that of members disabled otherwise");
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 1), "a");
        bench.wait(1);
    }
    assert_eq!(looked(&bench), [Disabled, Active]);
    bench.wait(1);
    assert_eq!(looked(&bench), [Stopped, Active]);
    assert_eq!(bench.record("a").drain(), None);
    looked(&bench);
    let told = bench.told();
    assert_eq!(
        told,
        [
            "[info] (lb) member a drained for 600 seconds, and its time is up: it is stopped now, and its sessions \
             go to other members"
        ]
    );
    let events = bench.shared.history().events();
    let event = events.last().expect("an event");
    assert_eq!(event.text, "activation: Disabled to Stopped (drain: time is up)");
}

#[test]
fn a_drain_ends_a_minute_after_the_last_request_of_a_session() {
    let bench = Bench::new(&["a", "b"], |_| {});
    for timeout in [None, MINUTES] {
        bench.lb.activate(0, Active).expect("set");
        bench.put("a", MemberState::Ok);
        bench.lb.drain(0, timeout).expect("ordered");
        bench.wait(59);
        assert_eq!(looked(&bench), [Disabled, Active], "a minute is waited for in any case");
        bench.schedule(&TestRequest::session("x.a"), 1);
        bench.wait(59);
        assert_eq!(looked(&bench), [Disabled, Active]);
        bench.wait(6);
        let in_flight = bench.member("a").worker().request_started();
        assert_eq!(looked(&bench), [Disabled, Active], "a request that takes long");
        drop(in_flight);
        assert_eq!(looked(&bench), [Stopped, Active]);
    }
    assert!(bench.told()[0].contains("a minute brought no request of its sessions"), "{:?}", bench.told());
}

#[test]
fn another_wish_ends_a_drain() {
    let bench = Bench::new(&["a", "b"], |_| {});
    type Wish = fn(&Bench);
    let wishes: [(Wish, Activation); 4] = [
        (|bench| bench.lb.activate(0, Active).expect("set"), Active),
        (|bench| bench.lb.activate(0, Disabled).expect("set"), Disabled),
        (|bench| bench.lb.activate(0, Stopped).expect("set"), Stopped),
        (|bench| bench.lb.change_member(0, |member| member.activation = Active).expect("set"), Active),
    ];
    for (wish, expected) in wishes {
        bench.lb.activate(0, Active).expect("set");
        bench.lb.drain(0, Some(Duration::from_secs(5))).expect("ordered");
        wish(&bench);
        assert_eq!(bench.record("a").drain(), None);
        bench.wait(100);
        assert_eq!(looked(&bench), [expected, Active]);
    }
    bench.lb.activate(0, Active).expect("set");
    bench.lb.drain(0, MINUTES).expect("ordered");
    bench.lb.change_member(0, |member| member.lbfactor = 2).expect("set");
    assert!(bench.record("a").drain().is_some(), "other values are no wish of that kind");
    bench.lb.drain(0, Some(Duration::from_secs(5))).expect("ordered");
    bench.wait(5);
    assert_eq!(looked(&bench), [Stopped, Active], "a later order holds");
    bench.lb.drain(0, MINUTES).expect("ordered");
    assert_eq!(
        (looked(&bench), bench.record("a").drain()),
        ([Stopped, Active], None),
        "who is empty stays so"
    );
}

/// Another process orders a drain, between the look of this one and what it does about it.
#[test]
fn a_new_order_is_not_ended_by_the_time_of_an_old_one() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.lb.drain(0, Some(Duration::from_secs(5))).expect("ordered");
    bench.wait(5);
    bench.lb.keep_current();
    bench.lb.activate(0, Active).expect("set");
    bench.lb.drain(0, MINUTES).expect("ordered");
    bench.lb.stop_drained_member(0, (bench.lb.clock)(), bench.logger.with_id("-"));
    assert_eq!(looked(&bench), [Disabled, Active]);
    assert_eq!(bench.told(), [""; 0]);
}
