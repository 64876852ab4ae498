//! Which members are asked by CPing in the background, and what their answers change.

use super::*;
use crate::config::settings::Activation;
use crate::log::Context;
use crate::shared::Health;
use crate::shared::MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};
use crate::worker::lb::{NextProbe, Probing};
use crate::worker::Failure::{Connect, NoMember};
use crate::worker::Outcome;

const PLACES: usize = 100;

fn probing(bench: &Bench) -> Probing<'_, bench::Scripted> {
    Probing::of(&bench.lb).expect("recover_probe is on")
}

fn log(bench: &Bench) -> Context<'_> {
    bench.logger.with_id("-")
}

fn answered(bench: &Bench, probing: &mut Probing<'_, bench::Scripted>, index: usize) {
    probing.answered(index, log(bench));
}

fn unanswered(bench: &Bench, probing: &mut Probing<'_, bench::Scripted>, index: usize) -> bool {
    probing.unanswered(index, &"took no connection", log(bench))
}

#[test]
fn a_member_in_error_is_asked_from_recover_time_on_and_takes_requests_when_it_answered() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.script("a", [failed(Connect)]);
    bench.serve(&TestRequest::session("x.a"));
    let mut probing = probing(&bench);
    bench.wait(60);
    assert!(probing.look(PLACES).is_empty(), "recover_time is not over");
    bench.wait(1);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["b"], "no user's request tries it");
    assert_eq!(probing.look(PLACES).as_slice(), [0]);
    assert_eq!(bench.state("a"), Probe);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["b"], "not while it is asked");
    answered(&bench, &mut probing, 0);
    assert_eq!(bench.record("a").health(), Health { state: Ok, ..Health::default() });
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"]);
    let process = std::process::id();
    let told = format!(
        "[info] (lb) member a works again: it answered the CPing of process {process}, 61 seconds after its first error"
    );
    assert_eq!(bench.told().last(), Some(&told));
}

#[test]
fn a_member_that_does_not_answer_is_asked_again_after_recover_time() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.wait(61);
    let mut probing = probing(&bench);
    assert_eq!(probing.look(PLACES).as_slice(), [0]);
    bench.wait(10);
    assert!(probing.look(PLACES).is_empty(), "it is being asked");
    unanswered(&bench, &mut probing, 0);
    assert_eq!(bench.state("a"), Error);
    let lines = bench.logger.captured();
    assert_eq!(lines, ["[debug] (lb) member a does not work yet: took no connection"]);
    bench.wait(60);
    assert!(probing.look(PLACES).is_empty());
    bench.wait(1);
    assert_eq!(probing.look(PLACES).as_slice(), [0]);
}

#[test]
fn who_is_not_in_doubt_is_not_asked() {
    let bench = Bench::new(&["a", "b", "c", "d"], |_| {});
    bench.serve(&TestRequest::session("x.b"));
    bench.put("c", Busy);
    bench.put("d", Error);
    bench.cut_off("d");
    bench.wait(1000);
    assert!(probing(&bench).look(PLACES).is_empty(), "never used, works, full, has no address");
    assert_eq!(["a", "b", "c", "d"].map(|member| bench.state(member)), [Idle, Ok, Busy, Error]);
}

/// It may be that a rule lets requests in, and a status page shows whether it works.
#[test]
fn a_stopped_member_is_asked_as_any_other() {
    let bench = Bench::new(&["a", "b"], |settings| settings.members[0].activation = Activation::Stopped);
    bench.put("a", Error);
    bench.wait(61);
    assert_eq!(probing(&bench).look(PLACES).as_slice(), [0]);
}

#[test]
fn each_look_asks_while_no_member_works() {
    let bench = Bench::new(&["a", "b", "c"], |settings| settings.members[2].activation = Activation::Stopped);
    bench.put("a", Error);
    let mut probing = probing(&bench);
    assert!(probing.look(PLACES).is_empty(), "b works");
    bench.put("b", Error);
    for _ in 0..3 {
        assert_eq!(probing.look(PLACES).as_slice(), [0, 1], "c is stopped, so that it serves nobody");
        assert_eq!([bench.state("a"), bench.state("b")], [Probe, Probe]);
        assert!((0..2).all(|index| !unanswered(&bench, &mut probing, index)));
    }
    probing.look(PLACES);
    answered(&bench, &mut probing, 0);
    unanswered(&bench, &mut probing, 1);
    assert!(probing.look(PLACES).is_empty(), "a works");
    assert_eq!([bench.state("a"), bench.state("b")], [Ok, Error]);
}

#[test]
fn users_try_as_well_while_no_member_works() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.put("b", Error);
    let mut probing = probing(&bench);
    probing.look(PLACES);
    bench.script("a", [failed(Connect)]);
    bench.script("b", [failed(Connect)]);
    let (outcome, tried) = bench.route(&TestRequest::session("x.a"));
    assert_eq!((outcome, tried.concat()), (failed(NoMember), "ab".to_owned()), "each is forced once");
    assert_eq!([bench.state("a"), bench.state("b")], [Error, Error]);
    assert!((0..2).all(|index| !unanswered(&bench, &mut probing, index)));
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"], "and the first that serves works again");
    assert_eq!([bench.state("a"), bench.state("b")], [Ok, Force]);
}

#[test]
fn an_answer_brings_a_forced_member_back() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Force);
    bench.put("b", Force);
    let mut probing = probing(&bench);
    assert_eq!(probing.look(PLACES).as_slice(), [0, 1]);
    assert_eq!([bench.state("a"), bench.state("b")], [Force, Force], "they stay open to users' requests");
    answered(&bench, &mut probing, 0);
    unanswered(&bench, &mut probing, 1);
    assert_eq!([bench.state("a"), bench.state("b")], [Ok, Force]);
    assert_eq!(probing.look(PLACES).as_slice(), [1], "nobody has to try it any more");
    assert_eq!(bench.state("b"), Probe);
    unanswered(&bench, &mut probing, 1);
    assert_eq!(bench.state("b"), Error);
}

#[test]
fn an_error_since_the_question_wins() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Force);
    bench.put("b", Force);
    let mut probing = probing(&bench);
    probing.look(PLACES);
    bench.wait(1);
    bench.script("a", [failed(Connect), failed(Connect)]);
    bench.serve(&TestRequest::session("x.a"));
    answered(&bench, &mut probing, 0);
    assert_eq!(bench.state("a"), Error);
}

/// Decisions, row 9.
#[test]
fn a_forced_session_waits_for_the_answer() {
    let bench = Bench::new(&["a", "b"], |settings| settings.sticky_session_force = true);
    bench.put("a", Error);
    let mut probing = probing(&bench);
    let refused = || {
        let (outcome, tried) = bench.route(&TestRequest::session("x.a"));
        assert_eq!((outcome, tried.len()), (failed(NoMember), 0));
    };
    bench.wait(1000);
    refused();
    probing.look(PLACES);
    refused();
    let end = bench.told().pop().expect("a line");
    assert!(end.contains("a is being asked whether it works again"), "{end}");
    answered(&bench, &mut probing, 0);
    assert_eq!(bench.route(&TestRequest::session("x.a")), (Outcome::Done, vec!["a".to_owned()]));
}

#[test]
fn who_comes_back_does_so_on_the_level_of_the_others() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    assert_eq!(bench.schedule(&TestRequest::new(), 10), "bbbbbbbbbb");
    bench.member("a").worker().count_reply_timeout();
    bench.wait(61);
    let mut probing = probing(&bench);
    probing.look(PLACES);
    answered(&bench, &mut probing, 0);
    let after = bench.schedule(&TestRequest::new(), 4);
    assert_eq!(after.matches('a').count(), 2, "{after}");
    assert_eq!(bench.member("a").worker().reply_timeouts(), 0);
}

#[test]
fn places_are_given_in_turn() {
    let bench = Bench::new(&["a", "b", "c", "d", "e"], |_| {});
    for name in ["a", "b", "c", "d", "e"] {
        bench.put(name, Error);
    }
    let mut probing = probing(&bench);
    assert!(probing.look(0).is_empty());
    for expected in [[0, 1], [2, 3], [4, 0], [1, 2]] {
        let asked = probing.look(2);
        assert_eq!(asked.as_slice(), expected);
        assert!(asked.iter().all(|index| !unanswered(&bench, &mut probing, *index)));
    }
}

#[test]
fn another_process_asks_again_what_the_first_left_and_the_first_is_not_heard() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.wait(61);
    let (mut first, mut second) = (probing(&bench), probing(&bench));
    assert_eq!(first.look(PLACES).as_slice(), [0]);
    bench.wait(2);
    assert_eq!(second.look(PLACES).as_slice(), [0]);
    answered(&bench, &mut first, 0);
    assert_eq!(bench.state("a"), Probe, "it slept meanwhile");
    first.hand_over();
    answered(&bench, &mut first, 0);
    answered(&bench, &mut second, 0);
    assert_eq!(bench.state("a"), Ok);
}

/// Times before the memory was made can't be told from its beginning.
#[test]
fn a_clock_that_was_set_back_keeps_no_member_out() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.wait(-1_000_000);
    let mut probing = probing(&bench);
    assert_eq!(probing.look(PLACES).as_slice(), [0]);
    answered(&bench, &mut probing, 0);
    assert_eq!(bench.state("a"), Ok);
}

#[test]
fn what_may_recover_is_asked_at_once() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Recover);
    assert_eq!(probing(&bench).look(PLACES).as_slice(), [0]);
    assert_eq!(bench.state("a"), Probe);
}

fn activate(bench: &Bench, index: usize, activation: Activation) {
    bench.lb.activate(index, activation).expect("changed");
    bench.lb.keep_current();
}

/// Decisions, row 73.
#[test]
fn a_member_that_was_stopped_is_asked_before_it_gets_requests() {
    for back in [Activation::Active, Activation::Disabled] {
        let bench = Bench::new(&["a", "b"], |_| {});
        let mut probing = probing(&bench);
        activate(&bench, 0, Activation::Stopped);
        activate(&bench, 0, back);
        let served = || bench.route(&TestRequest::session("x.a")).1;
        for _ in 0..3 {
            assert_eq!(served(), ["b"], "{back:?}");
            assert_eq!(probing.look(PLACES).as_slice(), [0], "recover_time does not count");
            assert!(unanswered(&bench, &mut probing, 0));
            bench.wait(1);
        }
        assert_eq!(bench.lb.next_probes()[0], Some(NextProbe::In(0)));
        probing.look(PLACES);
        answered(&bench, &mut probing, 0);
        assert_eq!((bench.state("a"), served()), (Ok, vec!["a".to_owned()]));
        let told = [
            "[warn] (lb) member a is not stopped any more, but does not work: took no connection; it gets no requests until \
             it has answered a CPing, for which it is asked each second".to_owned(),
            format!(
                "[info] (lb) member a works again: it answered the CPing of process {}, as it is not stopped any more",
                std::process::id()
            ),
        ];
        let lines = bench.told();
        assert_eq!(lines.iter().filter(|line| line.contains("stopped")).collect::<Vec<_>>(), told.each_ref());
    }
}

#[test]
fn a_member_that_was_stopped_serves_at_once_if_nothing_else_is_left() {
    for count in [1, 2] {
        let bench = Bench::new(&["a", "b"][..count], |_| {});
        (0..count).for_each(|index| activate(&bench, index, Activation::Stopped));
        activate(&bench, 0, Activation::Active);
        assert_eq!(bench.state("a"), Probe);
        assert_eq!(bench.route(&TestRequest::new()), (Outcome::Done, vec!["a".to_owned()]));
        assert_eq!(bench.state("a"), Ok, "what it served is as good as an answer");
    }
}

#[test]
fn only_who_was_stopped_has_to_prove_anything() {
    let bench = Bench::new(&["a", "b"], |_| {});
    activate(&bench, 0, Activation::Disabled);
    activate(&bench, 0, Activation::Active);
    assert_eq!(bench.state("a"), Idle, "its sessions went on");
    let without = Bench::new(&["a", "b"], |settings| settings.recover_probe = false);
    activate(&without, 0, Activation::Stopped);
    activate(&without, 0, Activation::Active);
    assert_eq!(without.state("a"), Idle, "nobody would ask it");
}

#[test]
fn no_balancer_without_the_property_is_asked_for() {
    let bench = Bench::new(&["a"], |settings| settings.recover_probe = false);
    assert!(Probing::of(&bench.lb).is_none());
}

#[test]
fn it_is_known_when_each_member_is_asked() {
    let next = |bench: &Bench| bench.lb.next_probes();
    let bench = Bench::new(&["a", "b", "c"], |_| {});
    bench.put("a", Error);
    bench.put("b", Error);
    bench.cut_off("b");
    assert_eq!(next(&bench), [Some(NextProbe::In(61)), Some(NextProbe::Never), None]);
    bench.wait(60);
    assert_eq!(next(&bench)[0], Some(NextProbe::In(1)));
    bench.put("c", Error);
    assert_eq!(next(&bench)[0], Some(NextProbe::In(0)), "no other member works");
    probing(&bench).look(PLACES);
    assert_eq!(next(&bench)[0], Some(NextProbe::UnderWay));
    let without = Bench::new(&["a"], |settings| settings.recover_probe = false);
    without.put("a", Error);
    assert_eq!(next(&without), [None]);
}
