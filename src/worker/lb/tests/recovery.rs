//! What time does: recovery with and without maintenance, aging, escalation, idleness.

use super::*;
use crate::config::settings::LbMethod;
use crate::shared::MemberState::{Error, Force, Idle, Ok, Probe, Recover};
use crate::worker::Failure::{Connect, Framing};

/// A balancer whose users' requests try members that were in error, as in the original.
fn without_probes(names: &[&str]) -> Bench {
    Bench::new(names, |settings| settings.recover_probe = false)
}

#[test]
fn a_dead_member_is_tried_again_after_recover_time_without_maintenance() {
    let bench = without_probes(&["a", "b"]);
    bench.script("a", [failed(Connect), failed(Connect)]);
    bench.serve(&TestRequest::new());
    bench.wait(60);
    assert_eq!(bench.schedule(&TestRequest::new(), 3), "bbb");
    bench.wait(1);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a", "b"], "the probe fails");
    assert_eq!(bench.state("a"), Error);
    bench.wait(61);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"]);
    assert_eq!(bench.state("a"), Ok);
}

#[test]
fn a_probe_without_verdict_gives_way_to_the_next() {
    let bench = without_probes(&["a", "b"]);
    bench.put("a", Recover);
    bench.script("a", [failed(Framing)]);
    bench.serve(&TestRequest::session("x.a"));
    assert_eq!(bench.state("a"), Recover);
    bench.put("a", Probe);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["b"]);
    bench.wait(61);
    assert_eq!(bench.route(&TestRequest::session("x.a")).1, ["a"], "the process that probed is gone");
}

#[test]
fn a_member_comes_back_on_the_level_of_the_others() {
    let bench = without_probes(&["a", "b"]);
    bench.put("a", Error);
    assert_eq!(bench.schedule(&TestRequest::new(), 10), "bbbbbbbbbb");
    bench.member("a").worker().count_reply_timeout();
    bench.wait(61);
    let after = bench.schedule(&TestRequest::new(), 4);
    assert_eq!(after.matches('a').count(), 2, "{after}");
    assert_eq!(bench.member("a").worker().reply_timeouts(), 0);
}

#[test]
fn a_member_that_failed_while_others_were_in_flight_is_not_flooded_to_catch_up() {
    let bench = Bench::new(&["a", "b"], |settings| settings.method = LbMethod::Traffic);
    let in_flight = bench.member("a").worker().request_started();
    bench.script("a", std::iter::repeat_n(failed(Connect), 10));
    bench.set_octets("a", 0);
    assert_eq!(bench.schedule(&TestRequest::new(), 10), "ab".repeat(10));
    assert_eq!((bench.state("a"), bench.load("a"), bench.load("b")), (Ok, 0, 1000));
    drop(in_flight);
    bench.set_octets("a", 100);
    assert_eq!(bench.schedule(&TestRequest::new(), 5), "ababa");
}

#[test]
fn maintenance_recovers_escalates_and_idles() {
    let bench = without_probes(&["a", "b", "c", "d"]);
    bench.schedule(&TestRequest::new(), 4);
    bench.put("b", Error);
    bench.put("c", Force);
    bench.wait(60);
    bench.lb.maintain_shared(1);
    let states = || ["a", "b", "c", "d"].map(|member| bench.state(member));
    assert_eq!(states(), [Ok, Error, Error, Ok], "used since, too early, escalated, used since");
    bench.serve(&TestRequest::session("x.d"));
    bench.wait(1);
    bench.lb.maintain_shared(1);
    assert_eq!(states(), [Idle, Recover, Recover, Ok]);
}

#[test]
fn maintenance_forces_when_all_are_in_error() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.put("a", Error);
    bench.put("b", Error);
    bench.lb.maintain_shared(1);
    assert_eq!([bench.state("a"), bench.state("b")], [Force, Force]);
}

#[test]
fn loads_are_halved_once_per_interval() {
    let bench = Bench::new(&["a", "b"], |_| {});
    bench.record("a").charge(40);
    for (intervals, expected) in [(1, 20), (0, 20), (2, 5), (100, 0)] {
        bench.lb.maintain_shared(intervals);
        assert_eq!(bench.load("a"), expected, "after {intervals} more");
    }
}

#[test]
fn next_subtracts_the_lowest_load_of_usable_members() {
    let bench = Bench::new(&["a", "b", "c"], |settings| settings.method = LbMethod::Next);
    for (member, load) in [("a", 7), ("b", 5), ("c", 2)] {
        bench.record(member).charge(load);
    }
    bench.put("c", Error);
    bench.lb.maintain_shared(1);
    assert_eq!(["a", "b", "c"].map(|member| bench.load(member)), [2, 0, 0]);
}
