//! Failover within a request: rounds, statuses, notes, routes and cookies.

use super::super::Event;
use super::*;
use crate::config::settings::Activation;
use crate::shared::MemberState::{Busy, Error, Force, Ok, Probe, Recover};
use crate::worker::Failure::{
    BodySend, Busy as BusyLimit, ClientRead, Connect, FatalStatus, Framing, NoConnection, NoMember,
    ReplyTimeout, RequestTooLarge, SoftStatus,
};
use crate::worker::{Cause, Outcome};

fn final_failure(failure: crate::worker::Failure) -> Outcome {
    Outcome::Failed { failure, repeatable: false }
}

#[test]
fn each_failure_has_its_effect_on_request_and_member() {
    let table = [
        // outcome of the first member, members tried, its state, its errors
        (Outcome::Done, "a", Ok, 0),
        (Outcome::ServerError(500), "a", Ok, 0),
        (failed(Connect), "ab", Error, 1),
        (failed(ReplyTimeout), "ab", Error, 1),
        (failed(FatalStatus(503)), "ab", Error, 1),
        (failed(SoftStatus(503)), "ab", Ok, 0),
        (failed(Framing), "ab", Ok, 0),
        (failed(NoConnection), "ab", Busy, 0),
        (failed(BusyLimit), "ab", Busy, 0),
        (final_failure(RequestTooLarge), "a", Ok, 0),
        (final_failure(ClientRead), "a", Ok, 0),
        (final_failure(BodySend), "a", Error, 1),
    ];
    for (outcome, tried, state, errors) in table {
        let bench = Bench::new(&["a", "b"], |_| {});
        bench.script("a", [outcome.clone()]);
        assert_eq!(bench.route(&TestRequest::new()).1.concat(), tried, "{outcome:?}");
        assert_eq!((bench.state("a"), bench.record("a").errors()), (state, errors), "{outcome:?}");
    }
}

#[test]
fn a_failure_that_others_do_not_share_is_local_until_it_escalates() {
    let bench = Bench::new(&["a", "b"], |_| {});
    let other = bench.member("a").worker().request_started();
    bench.script("a", [failed(Connect), failed(Connect), failed(Connect)]);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(bench.state("a"), Ok);
    bench.wait(29);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(bench.state("a"), Ok);
    bench.wait(1);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!((bench.state("a"), bench.record("a").errors()), (Error, 3));
    drop(other);
}

#[test]
fn max_reply_timeouts_tolerates_that_many() {
    let bench = Bench::new(&["a", "b"], |settings| settings.max_reply_timeouts = 1);
    bench.script("a", [failed(ReplyTimeout), failed(ReplyTimeout)]);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(bench.state("a"), Ok);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(bench.state("a"), Error);
}

#[test]
fn rounds_and_members_are_limited() {
    let members = ["a", "b", "c"];
    let dead = |_: usize| failed(Connect);
    for (retries, lb_retries, attempts) in [(1, 1, 1), (1, 2, 2), (1, 9, 3), (2, 2, 4), (3, 3, 9)] {
        let bench = Bench::new(&members, |settings| {
            settings.retries = retries;
            settings.lb_retries = lb_retries;
            settings.error_escalation_time = std::time::Duration::from_secs(30);
        });
        // Another request in flight keeps the errors local, so that the next round forgets them.
        let others: Vec<_> =
            members.iter().map(|member| bench.member(member).worker().request_started()).collect();
        members.iter().for_each(|member| bench.script(member, (0..9).map(dead)));
        let (outcome, tried) = bench.route(&TestRequest::new());
        assert_eq!((outcome, tried.len()), (failed(Connect), attempts), "{retries} {lb_retries}");
        drop(others);
    }
}

#[test]
fn all_in_error_are_forced_once() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.put("b", Error);
    let (outcome, tried) = bench.route(&TestRequest::new());
    assert_eq!((outcome, tried.len()), (Outcome::Done, 1));
    let states = [bench.state("a"), bench.state("b")];
    assert!(states.contains(&Ok) && states.contains(&Force), "{states:?}");
    let chance = "[debug] (lb) no member is usable: another chance for 2 members in error state";
    assert!(bench.logger.captured().iter().any(|line| line == chance));
}

#[test]
fn a_single_dead_member_is_tried_again_by_each_request() {
    let bench = Bench::new(&["a"], |_| {});
    bench.script("a", [failed(Connect), failed(Connect), failed(Connect)]);
    let (outcome, tried) = bench.route(&TestRequest::new());
    assert_eq!((outcome, tried.len()), (failed(Connect), 2), "one attempt, and one by force");
    let (outcome, tried) = bench.route(&TestRequest::new());
    assert_eq!((outcome, tried.len()), (failed(NoMember), 1), "force is allowed once");
    assert_eq!(bench.route(&TestRequest::new()).0, Outcome::Done);
    let expected = [
        "[warn] (lb) member a could not be reached: it is in error state now, and no other is usable: each request \
         tries it again",
        "[error] (lb) GET /app/ gets 503, no member can serve it: a could not be reached",
        "[error] (lb) GET /app/ gets 503, no member can serve it: a could not be reached",
        "[info] (lb) member a works again",
    ];
    assert_eq!(bench.told(), expected);
}

#[test]
fn others_are_told_of_while_there_are_any() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.script("a", [failed(Connect), failed(Connect), failed(Connect)]);
    bench.script("b", [Outcome::Done, failed(FatalStatus(503)), failed(Connect), failed(Connect)]);
    for _ in 0..3 {
        bench.serve(&TestRequest::session("x.a"));
    }
    let changes: Vec<_> = bench.told().into_iter().filter(|line| line.contains("error state")).collect();
    let expected = [
        "[warn] (lb) member a could not be reached: it is in error state now, others take its requests, and it is asked \
         by CPing after 60 seconds (recover_time)",
        "[warn] (lb) member b answered with status 503: it is in error state now, and no other is usable: each request \
         tries it again",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn nobody_is_promised_to_take_sessions_that_are_forced() {
    let bench = Bench::new(&["a", "b"], |settings| settings.sticky_session_force = true);
    bench.script("a", [failed(Connect)]);
    assert_eq!(bench.route(&TestRequest::session("x.a")).0, failed(NoMember));
    assert_eq!(
        bench.told()[0],
        "[warn] (lb) member a could not be reached: it is in error state now, its sessions get 503 \
         (sticky_session_force), others take the rest, and it is asked by CPing after 60 seconds (recover_time)"
    );
}

/// Members that tell place and advice, as those of flesh and blood do.
#[test]
fn the_end_is_told_with_the_causes_of_the_members_and_each_advice_once() {
    let bench = Bench::new(&["a", "b", "c"], |settings| settings.members[2].activation = Activation::Stopped);
    bench.script("a", [failed(Connect), failed(Connect)]);
    bench.script("b", [failed(Framing), failed(Framing)]);
    for (member, fact) in
        [("a", "at 10.0.0.1:8009 took no connection"), ("b", "at 10.0.0.2:8080 speaks HTTP, not AJP")]
    {
        let (advice, shared) = ("look at server.xml".to_owned(), "look at server.xml".to_owned());
        let cause = Cause { fact: fact.to_owned(), advice, shared };
        bench.explain(member, cause);
    }
    bench.serve(&TestRequest::new());
    assert_eq!(
        bench.told().last().expect("a line"),
        "[error] (lb) GET /app/ gets 503, no member can serve it: a at 10.0.0.1:8009 took no connection, b at \
         10.0.0.2:8080 speaks HTTP, not AJP, c is stopped; look at server.xml"
    );
}

#[test]
fn nothing_in_error_means_nothing_to_force() {
    let bench = Bench::new(&["a", "b"], |settings| {
        settings.members[0].activation = Activation::Disabled;
        settings.members[1].activation = Activation::Stopped;
    });
    let (outcome, notes) = bench.serve(&TestRequest::new());
    assert_eq!((outcome, notes.first, notes.last, notes.route), (failed(NoMember), None, None, None));
    assert_eq!(NoMember.status(), 503);
    assert_eq!(
        bench.logger.captured().last().expect("a line"),
        "[error] (lb) GET /app/ gets 503, no member can serve it: a is disabled, b is stopped"
    );
}

#[test]
fn a_forced_session_with_a_dead_member_fails_at_once_while_others_are_healthy() {
    let bench = Bench::new(&["a", "b"], |settings| {
        settings.sticky_session_force = true;
        settings.recover_probe = false;
    });
    bench.put("a", Error);
    let (outcome, tried) = bench.route(&TestRequest::session("x.a"));
    assert_eq!((outcome, tried.len(), bench.state("a")), (failed(NoMember), 0, Error));
    bench.wait(61);
    let (outcome, tried) = bench.route(&TestRequest::session("x.a"));
    assert_eq!((outcome, tried.concat()), (Outcome::Done, "a".to_owned()), "recover_time has passed");
}

#[test]
fn a_forced_session_waits_for_a_full_member() {
    let bench = Bench::new(&["a", "b"], |settings| settings.sticky_session_force = true);
    bench.script("a", [failed(NoConnection)]);
    let (outcome, tried) = bench.route(&TestRequest::session("x.a"));
    assert_eq!((outcome, tried.concat()), (Outcome::Done, "aa".to_owned()));
}

#[test]
fn a_forced_session_uses_force_when_nobody_is_healthy() {
    let bench = Bench::new(&["a", "b"], |settings| settings.sticky_session_force = true);
    bench.put("a", Error);
    bench.put("b", Error);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"]);
}

#[test]
fn the_route_is_that_of_the_member_that_answered() {
    let bench = Bench::new(&["a", "b"], |settings| {
        settings.set_session_cookie = true;
        settings.members[0].route = "route-a".to_owned();
        settings.members[1].route = "route-b".to_owned();
    });
    bench.script("a", [failed(Connect)]);
    let (outcome, notes) = bench.serve(&TestRequest::session("x.route-a"));
    assert_eq!((outcome, notes.route.as_deref()), (Outcome::Done, Some(&b"route-b"[..])));
    let calls = bench.calls.lock().clone();
    let routes: Vec<_> = calls.iter().map(|call| call.route.as_str()).collect();
    assert_eq!(routes, ["route-a", "route-b"]);
    let cookies: Vec<_> = calls.iter().map(|call| call.cookie.as_deref()).collect();
    assert_eq!(cookies, [None, Some("JSESSIONID=.route-b;PATH=/;HttpOnly")]);
}

#[test]
fn the_fixed_route_is_sent_and_noted() {
    let bench = Bench::new(&["a", "b"], |_| {});
    let request = TestRequest { route: Some("b".to_owned()), ..TestRequest::new() };
    let (_, notes) = bench.serve(&request);
    assert_eq!((bench.tried().concat(), notes.route.as_deref()), ("b".to_owned(), Some(&b"b"[..])));
}

#[test]
fn a_fixed_route_that_leads_elsewhere_gives_way_to_the_one_that_serves() {
    let request = |route: &str| TestRequest { route: Some(route.to_owned()), ..TestRequest::new() };
    let bench = Bench::new(&["a", "b"], |settings| {
        settings.members[0].redirect = Some("b".to_owned());
        settings.members[0].activation = Activation::Stopped;
        settings.members[1].domain = Some("d".to_owned());
    });
    for (fixed, sent) in [("a", "b"), ("d.x", "d"), ("nobody", "nobody")] {
        assert_eq!(bench.serve(&request(fixed)).1.route.as_deref(), Some(sent.as_bytes()), "{fixed}");
    }
    let not_sticky = Bench::new(&["a", "b"], |settings| settings.sticky_session = false);
    assert_eq!(not_sticky.serve(&request("b")).1.route.as_deref(), Some(&b"b"[..]));
    assert_eq!(not_sticky.tried(), ["a"]);
}

#[test]
fn the_cookie_follows_balancer_rule_and_connection() {
    let plain = TestRequest::new;
    let mut ruled = TestRequest { is_ssl: true, ..plain() };
    ruled.rule.set_session_cookie = true;
    ruled.rule.session_cookie = Some("SID".to_owned());
    ruled.rule.session_cookie_path = Some("/app".to_owned());
    let mut pathless = plain();
    pathless.rule.set_session_cookie = true;
    pathless.rule.session_cookie_path = Some(String::new());
    let mut split = plain();
    split.rule.set_session_cookie = true;
    split.rule.session_cookie_path = Some("/\r\nX: y".to_owned());
    let table = [
        (plain(), None),
        (ruled, Some("SID=.a;PATH=/app;HttpOnly;Secure")),
        (pathless, Some("JSESSIONID=.a;HttpOnly")),
        (split, None),
    ];
    for (request, expected) in table {
        let bench = Bench::new(&["a", "b"], |_| {});
        bench.serve(&request);
        assert_eq!(bench.calls.lock()[0].cookie.as_deref(), expected);
    }
}

#[test]
fn first_and_last_notes_describe_both_ends() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.script("a", [failed(Connect)]);
    let (_, notes) = bench.serve(&TestRequest::new());
    let (first, last) = (notes.first.expect("first"), notes.last.expect("last"));
    assert_eq!((first.name, first.errors, first.state, first.accessed), ("a", 1, "ERR", 1));
    assert_eq!((last.name, last.value, last.sessions, last.state), ("b", 1, 1, "OK"));
    assert_eq!((last.activation, last.busy), ("ACT", 0));
}

#[test]
fn notes_show_the_activation_of_the_member_not_that_of_the_rule() {
    let bench = Bench::new(&["a"], |settings| settings.members[0].activation = Activation::Disabled);
    let (_, notes) = bench.serve(&TestRequest::new().rule("a", Activation::Active));
    assert_eq!(notes.last.map(|last| last.activation), Some("DIS"));
}

#[test]
fn full_is_a_matter_of_each_process() {
    let here = Bench::new(&["a", "b"], |settings| settings.members[0].worker.connection_pool_size = Some(1));
    let there = Bench::on(&here.shared, here.lb.settings().clone());
    let in_flight = TestRequest::session("x.a");
    here.script("a", [failed(NoConnection)]);
    here.member("a").while_in_flight(|| {
        here.serve(&in_flight);
        assert_eq!(here.state("a"), Busy);
        assert_eq!(there.route(&in_flight).1, ["a"], "another process has connections of its own");
        assert_eq!(here.route(&in_flight).1, ["b"], "and does not say that there is room here");
    });
    assert_eq!(here.route(&in_flight).1, ["a"], "the request that had the connection is over");
}

#[test]
fn a_pool_that_ran_dry_is_full_until_a_connection_is_free() {
    let bench = Bench::new(&["a", "b"], |settings| settings.members[0].worker.connection_pool_size = Some(2));
    let member = bench.member("a");
    let in_use = |count: usize, look: &dyn Fn()| match count {
        2 => member.while_in_flight(|| member.while_in_flight(look)),
        _ => member.while_in_flight(look),
    };
    in_use(2, &|| assert!(!member.is_full(), "a request may queue"));
    member.note_no_connection();
    in_use(2, &|| assert!(member.is_full() && member.is_full()));
    in_use(1, &|| assert!(!member.is_full()));
    in_use(2, &|| assert!(!member.is_full(), "nobody has waited in vain since"));
}

#[test]
fn a_member_is_charged_only_for_what_it_gets() {
    for failure in [NoConnection, BusyLimit] {
        let bench = Bench::new(&["a", "b"], |_| {});
        bench.script("a", [failed(failure)]);
        assert_eq!(bench.route(&TestRequest::new()).1, ["a", "b"]);
        assert_eq!([bench.load("a"), bench.load("b")], [0, 1], "{failure:?}");
    }
}

#[test]
fn a_lost_election_costs_nothing() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Recover);
    bench.record("b").charge(10);
    let rival = bench.record("a").clone();
    // Once a is found to be the best, another request becomes its probe.
    bench.at_next_look("a", move || {
        rival.update_health(|health| Some(crate::shared::Health { state: Probe, ..health }));
    });
    assert_eq!(bench.route(&TestRequest::new()).1, ["b"]);
    assert_eq!(bench.load("a"), 0);
}

#[test]
fn busy_limit_counts_all_processes() {
    let bench = Bench::new(&["a", "b"], |settings| settings.members[0].worker.busy_limit = Some(1));
    let other = bench.member("a").worker().request_started();
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["b"]);
    drop(other);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"]);
}

#[test]
fn one_request_probes_a_member_that_recovers() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Recover);
    let now = (bench.lb.clock)();
    bench.lb.apply(&bench.lb.view.load(), bench.member("a"), Event::Elected, now);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["b"], "somebody else is the probe");
    bench.put("a", Recover);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"]);
    assert_eq!(bench.state("a"), Ok);
}

#[test]
fn the_balancer_counts_requests_in_flight() {
    let bench = Bench::new(&["a"], |_| {});
    bench.serve(&TestRequest::new());
    assert_eq!((bench.lb.record().busy(), bench.lb.record().snapshot().max_busy), (0, 1));
}
