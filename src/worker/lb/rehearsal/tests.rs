//! What is foretold is what happens, and telling it changes nothing.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::config::settings::{Activation, LbMethod, LbSettings};
use crate::worker::lb::tests::{failed, Bench, TestRequest};
use crate::worker::Failure;

const MEMBERS: [&str; 4] = ["a", "b", "c", "d"];

fn rehearse(bench: &Bench, request: &TestRequest) -> Rehearsal {
    request.with(&bench.logger, |request| bench.lb.rehearse(request))
}

/// The letters of members.
fn letters(indices: &[usize]) -> String {
    indices.iter().map(|index| MEMBERS[*index]).collect()
}

fn asked(bench: &Bench, request: &TestRequest) -> String {
    letters(&rehearse(bench, request).asked)
}

#[test]
fn members_are_told_in_the_order_in_which_they_are_asked() {
    let bench = Bench::new(&MEMBERS, |settings| {
        settings.members[0].distance = 1;
        settings.members[2].activation = Activation::Stopped;
    });
    bench.record("b").charge(10);
    let found = rehearse(&bench, &TestRequest::new());
    assert_eq!((letters(&found.asked).as_str(), found.forced, &found.session), ("dba", false, &None));
    assert_eq!(found.others, [(2, "is stopped".to_owned())]);
    assert_eq!(found.activations[2], Activation::Stopped);
    let by_rule = TestRequest::new().rule("d", Activation::Disabled).rule("c", Activation::Active);
    let found = rehearse(&bench, &by_rule);
    assert_eq!(
        (letters(&found.asked).as_str(), &found.others[..]),
        ("cba", &[(3, "is disabled by the rule".to_owned())][..])
    );
}

#[test]
fn equal_members_are_told_from_the_one_whose_turn_it_is() {
    let bench = Bench::new(&MEMBERS, |settings| settings.method = LbMethod::Busyness);
    assert_eq!(asked(&bench, &TestRequest::new()), "abcd");
    bench.route(&TestRequest::new());
    assert_eq!(asked(&bench, &TestRequest::new()), "bcda");
}

#[test]
fn members_in_error_are_told_with_their_time_and_tried_if_nothing_else_is_left() {
    let bench =
        Bench::new(&MEMBERS[..2], |settings| settings.recover_time = std::time::Duration::from_secs(60));
    bench.put("a", MemberState::Error);
    let found = rehearse(&bench, &TestRequest::new());
    assert_eq!(letters(&found.asked), "b");
    assert_eq!(found.others, [(0, "is in error state and asked by CPing in 60 seconds".to_owned())]);
    bench.put("b", MemberState::Error);
    let found = rehearse(&bench, &TestRequest::new());
    assert_eq!((letters(&found.asked).as_str(), found.forced), ("ab", true));
    assert_eq!((bench.state("a"), bench.state("b")), (MemberState::Error, MemberState::Error));
}

#[test]
fn sessions_lead_to_their_member_or_to_who_stands_in() {
    let bench = Bench::new(&MEMBERS, |settings| {
        settings.members[0].redirect = Some("d".to_owned());
        settings.members[1].domain = Some("x".to_owned());
        settings.members[2].domain = Some("x".to_owned());
    });
    let way = |id: &str| {
        let found = rehearse(&bench, &TestRequest::session(id));
        let session = found.session.expect("a session");
        (letters(&found.asked[..1]), session.lead, session.own.map(|own| MEMBERS[own]))
    };
    assert_eq!(way("s.a"), ("a".to_owned(), Lead::Own, Some("a")));
    assert_eq!(way("s.nobody").1, Lead::Any);
    assert_eq!(way("s.x").1, Lead::Domain);
    bench.put("a", MemberState::Error);
    bench.put("b", MemberState::Error);
    assert_eq!(way("s.a"), ("d".to_owned(), Lead::Redirect, Some("a")));
    assert_eq!(way("s.b"), ("c".to_owned(), Lead::Domain, Some("b")));
    let route = TestRequest { route: Some("c".to_owned()), ..TestRequest::new() };
    assert_eq!(rehearse(&bench, &route).session.expect("a session").routes, ["c"]);
}

#[test]
fn a_forced_session_without_its_member_leads_nowhere() {
    let bench = Bench::new(&MEMBERS, |settings| settings.sticky_session_force = true);
    bench.put("a", MemberState::Error);
    let found = rehearse(&bench, &TestRequest::session("s.a"));
    assert_eq!((found.asked.len(), found.session.expect("a session").lead), (0, Lead::Lost));
    for member in MEMBERS {
        bench.put(member, MemberState::Error);
    }
    assert_eq!(asked(&bench, &TestRequest::session("s.a")), "a", "nothing is left, so that it is tried");
}

/// A member as it may be.
#[derive(Clone, Copy, Debug)]
struct Look {
    activation: Activation,
    by_rule: Option<Activation>,
    state: MemberState,
    distance: i32,
    load: u64,
    in_domain: bool,
    redirect: Option<usize>,
}

fn look() -> impl Strategy<Value = Look> {
    let activation = || prop_oneof![3 => Just(Activation::Active), 1 => Just(Activation::Disabled), 1 => Just(Activation::Stopped)];
    let states = vec![
        MemberState::Ok,
        MemberState::Idle,
        MemberState::Busy,
        MemberState::Error,
        MemberState::Recover,
        MemberState::Probe,
        MemberState::Force,
    ];
    let by_rule = proptest::option::weighted(0.2, activation());
    let state = prop_oneof![3 => Just(MemberState::Ok), 4 => proptest::sample::select(states)];
    let redirect = proptest::option::weighted(0.3, 0..MEMBERS.len());
    (activation(), by_rule, state, 0..3i32, 0..4u64, any::<bool>(), redirect).prop_map(
        |(activation, by_rule, state, distance, load, in_domain, redirect)| Look {
            activation,
            by_rule,
            state,
            distance,
            load,
            in_domain,
            redirect,
        },
    )
}

fn bench_of(looks: &[Look], change: impl FnOnce(&mut LbSettings)) -> Bench {
    let bench = Bench::new(&MEMBERS[..looks.len()], |settings| {
        for (member, look) in settings.members.iter_mut().zip(looks) {
            (member.activation, member.distance) = (look.activation, look.distance);
            member.domain = look.in_domain.then(|| "x".to_owned());
            member.redirect = look.redirect.map(|other| MEMBERS[other].to_owned());
        }
        change(settings);
        (settings.retries, settings.lb_retries) = (1, 4);
    });
    for (name, look) in MEMBERS.iter().zip(looks) {
        bench.record(name).charge(look.load);
        bench.put(name, look.state);
    }
    bench
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn what_is_foretold_happens(
        looks in vec(look(), 1..=MEMBERS.len()),
        session in proptest::option::of(prop_oneof!["s\\.[a-dx]", Just("s".to_owned())]),
        (force, probes, late) in any::<(bool, bool, bool)>(),
        method in proptest::sample::select(vec![LbMethod::Request, LbMethod::Busyness, LbMethod::Session]),
        stateless in any::<bool>(),
    ) {
        let bench = bench_of(&looks, |settings| {
            (settings.sticky_session_force, settings.recover_probe) = (force, probes);
            settings.method = method;
        });
        bench.wait(if late { 100 } else { 0 });
        let mut request = session.as_deref().map_or_else(TestRequest::new, TestRequest::session);
        request.stateless = Some(stateless);
        for (name, activation) in MEMBERS.iter().zip(&looks).filter_map(|(name, look)| Some((name, look.by_rule?))) {
            request = request.rule(name, activation);
        }
        let as_it_is = || MEMBERS[..looks.len()].iter().map(|name| (bench.record(name).health(), bench.load(name)));
        let before: Vec<_> = as_it_is().collect();
        let turn = bench.lb.record().turn();
        let foretold = rehearse(&bench, &request);
        prop_assert_eq!(as_it_is().collect::<Vec<_>>(), before, "nothing changes");
        prop_assert_eq!(bench.lb.record().turn(), turn);
        prop_assert_eq!(foretold.asked.len() + foretold.others.len(), looks.len());
        for name in &MEMBERS[..looks.len()] {
            bench.script(name, vec![failed(Failure::Connect); 2 * MEMBERS.len()]);
        }
        let (_, tried) = bench.route(&request);
        let foretold: Vec<_> = foretold.asked.iter().map(|index| MEMBERS[*index].to_owned()).collect();
        let same = foretold.len().min(tried.len());
        prop_assert_eq!(&tried[..same], &foretold[..same]);
        prop_assert!(tried.len() >= foretold.len(), "{:?} and {:?}", tried, foretold);
        prop_assert_eq!(tried.is_empty(), foretold.is_empty());
    }
}
