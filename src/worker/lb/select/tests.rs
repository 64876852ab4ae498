//! Who is chosen: routes, domains, redirects, distances, activations.

use super::*;
use crate::config::settings::{LbSettings, MemberSettings};
use crate::worker::lb::tests::{Bench, TestRequest};
use crate::worker::{Failure, Outcome};

/// Changes to the settings of one member.
type Change = (usize, fn(&mut MemberSettings));

fn bench_with(changes: &[Change], more: impl FnOnce(&mut LbSettings)) -> Bench {
    Bench::new(&["a", "b", "c", "d"], |settings| {
        changes.iter().for_each(|(index, change)| change(&mut settings.members[*index]));
        more(settings);
    })
}

fn bench(changes: &[Change]) -> Bench {
    bench_with(changes, |_| {})
}

fn disable(member: &mut MemberSettings) {
    member.activation = Activation::Disabled;
}

fn stop(member: &mut MemberSettings) {
    member.activation = Activation::Stopped;
}

fn join_x(member: &mut MemberSettings) {
    member.domain = Some("x".to_owned());
}

fn join_y(member: &mut MemberSettings) {
    member.domain = Some("y".to_owned());
}

fn redirect_to_d(member: &mut MemberSettings) {
    member.redirect = Some("d".to_owned());
}

fn put_far(member: &mut MemberSettings) {
    member.distance = 5;
}

#[test]
fn equal_members_take_turns() {
    assert_eq!(bench(&[]).schedule(&TestRequest::new(), 8), "abcdabcd");
}

#[test]
fn nearer_members_come_first() {
    let bench = bench(&[(0, put_far), (2, put_far)]);
    assert_eq!(bench.schedule(&TestRequest::new(), 4), "bdbd");
    bench.put("b", MemberState::Error);
    bench.put("d", MemberState::Error);
    assert_eq!(bench.schedule(&TestRequest::new(), 2), "ac".chars().collect::<String>());
}

#[test]
fn disabled_members_keep_their_sessions_and_stopped_ones_do_not() {
    let bench = bench(&[(0, disable), (1, stop)]);
    assert_eq!(bench.schedule(&TestRequest::new(), 4), "cdcd");
    assert_eq!(bench.schedule(&TestRequest::session("x.a"), 2), "aa");
    assert!(!bench.schedule(&TestRequest::session("x.b"), 4).contains('b'));
}

#[test]
fn a_rule_has_the_last_word_on_activation() {
    let bench = bench(&[(0, disable)]);
    let by_rule = TestRequest::new()
        .rule("a", Activation::Active)
        .rule("b", Activation::Stopped)
        .rule("c", Activation::Active)
        .rule("c", Activation::Disabled)
        .rule("d", Activation::Disabled);
    assert_eq!(bench.schedule(&by_rule, 2), "aa");
    assert_eq!(bench.calls.lock()[0].activation, Activation::Active);
    assert_eq!(bench.schedule(&TestRequest::new(), 3).matches('a').count(), 0, "others are not concerned");
}

#[test]
fn a_member_without_contact_is_stopped() {
    let bench = bench(&[]);
    bench.cut_off("a");
    assert!(!bench.schedule(&TestRequest::session("x.a"), 4).contains('a'));
}

#[test]
fn states_that_are_not_usable_are_passed_over() {
    for state in [MemberState::Error, MemberState::Probe] {
        let bench = bench(&[]);
        bench.put("a", state);
        assert!(!bench.schedule(&TestRequest::session("x.a"), 4).contains('a'), "{state:?}");
    }
    for state in
        [MemberState::Idle, MemberState::Ok, MemberState::Recover, MemberState::Force, MemberState::Busy]
    {
        let bench = bench(&[]);
        bench.put("a", state);
        assert_eq!(bench.schedule(&TestRequest::session("x.a"), 1), "a", "{state:?}");
    }
}

#[test]
fn partial_ids_are_tried_in_order() {
    let bench = bench(&[(1, stop)]);
    let request = TestRequest {
        cookies: vec!["JSESSIONID=1.zz; JSESSIONID=2.b; JSESSIONID=3.c".to_owned()],
        ..TestRequest::new()
    };
    assert_eq!(bench.schedule(&request, 2), "cc");
    bench.script("c", [Outcome::Failed { failure: Failure::Connect, repeatable: true }]);
    let again =
        TestRequest { cookies: vec!["JSESSIONID=3.c; JSESSIONID=4.d".to_owned()], ..TestRequest::new() };
    assert_eq!(bench.schedule(&again, 1), "cd", "the list is kept for the failover");
}

#[test]
fn the_route_ends_at_no_second_dot() {
    let bench = bench(&[(2, |member| member.route = "c.west".to_owned())]);
    assert_eq!(bench.schedule(&TestRequest::session("x.c.west"), 2), "cc");
}

#[test]
fn a_dead_member_is_replaced_from_its_domain() {
    let bench = bench(&[(0, join_x), (1, join_y), (2, join_x), (3, join_x)]);
    bench.put("a", MemberState::Error);
    bench.record("c").charge(10);
    assert_eq!(bench.schedule(&TestRequest::session("s.a"), 2), "dd");
    assert_eq!(bench.calls.lock()[0].route, "x", "the route is the domain");
}

#[test]
fn a_route_may_name_a_domain() {
    let bench = bench(&[(1, join_x), (2, join_x), (2, disable)]);
    for id in ["s.x", "s.x.unknown"] {
        assert_eq!(bench.schedule(&TestRequest::session(id), 2), "bb", "{id}");
    }
}

#[test]
fn a_dead_member_is_replaced_by_its_redirect() {
    let bench = bench(&[(0, redirect_to_d), (0, join_x), (1, join_x), (3, disable)]);
    bench.put("a", MemberState::Error);
    assert_eq!(bench.schedule(&TestRequest::session("s.a"), 2), "dd", "a disabled one will do");
    assert_eq!(bench.calls.lock()[0].route, "d");
    bench.put("d", MemberState::Error);
    assert!(!bench.schedule(&TestRequest::session("s.a"), 1).contains('d'));
}

#[test]
fn a_stand_by_takes_over_when_nothing_is_usable() {
    let bench = bench(&[(1, redirect_to_d), (3, disable)]);
    for member in ["a", "b", "c"] {
        assert_eq!(bench.schedule(&TestRequest::new(), 3).matches('d').count(), 0);
        bench.put(member, MemberState::Error);
    }
    assert_eq!(bench.schedule(&TestRequest::new(), 2), "dd");
}

#[test]
fn a_forced_session_finds_no_stand_in() {
    let bench = bench_with(&[(0, redirect_to_d), (0, join_x), (1, join_x), (0, stop)], |settings| {
        settings.sticky_session_force = true;
    });
    for id in ["s.a", "s.unknown", "no-route"] {
        assert_eq!(bench.schedule(&TestRequest::session(id), 1), "", "{id}");
    }
    assert_eq!(bench.schedule(&TestRequest::session("s.c"), 1), "c");
    assert_eq!(bench.schedule(&TestRequest::session("s.x"), 1), "b", "a domain is no stand-in");
    assert_eq!(bench.schedule(&TestRequest::new(), 1).len(), 1);
}

#[test]
fn stateless_requests_rotate_whatever_the_load() {
    let bench = bench(&[(2, stop)]);
    bench.record("a").charge(100);
    let stateless = TestRequest { stateless: Some(true), ..TestRequest::new() };
    assert_eq!(bench.schedule(&stateless, 6), "abdabd");
    assert_eq!(bench.record("a").sessions(), 0);
}

#[test]
fn a_single_member_is_taken_without_a_look_at_the_session() {
    let single = |change: fn(&mut LbSettings)| {
        Bench::new(&["a"], |settings| {
            settings.set_session_cookie = true;
            change(settings);
        })
    };
    let active = single(|settings| settings.sticky_session_force = true);
    assert_eq!(active.schedule(&TestRequest::session("s.unknown"), 1), "a");
    assert_eq!(active.calls.lock()[0].cookie, None, "it counts as the session's member");
    let disabled = single(|settings| settings.members[0].activation = Activation::Disabled);
    assert_eq!(disabled.schedule(&TestRequest::new(), 1), "");
    assert_eq!(disabled.schedule(&TestRequest::session("s.a"), 1), "a");
    let stopped = single(|settings| settings.members[0].activation = Activation::Stopped);
    assert_eq!(stopped.schedule(&TestRequest::session("s.a"), 1), "");
}

#[test]
fn turns_are_taken_over_all_processes() {
    let here = bench(&[]);
    let there = Bench::on(&here.shared, here.lb.settings().clone());
    let mut members = String::new();
    for _ in 0..4 {
        members += &here.schedule(&TestRequest::new(), 1);
        members += &there.schedule(&TestRequest::new(), 1);
    }
    assert_eq!(members, "abcdabcd");
}

/// Who comes back gets the highest load of all when it is looked at, so that others have less.
#[test]
fn who_comes_back_is_compared_by_the_load_that_it_is_given() {
    let bench = bench_with(&[], |settings| settings.recover_probe = false);
    for (member, load) in [("a", 1), ("c", 5), ("d", 5)] {
        bench.record(member).charge(load);
    }
    bench.put("b", MemberState::Error);
    bench.wait(100);
    assert_eq!(bench.schedule(&TestRequest::new(), 1), "a");
    assert_eq!(bench.load("b"), 5);
}
