//! The worked schedules of the methods.

use super::*;
use crate::config::settings::LbSettings;
use crate::worker::lb::tests::{Bench, TestRequest};

/// Members a and b with these lbfactors and this method.
fn bench(method: LbMethod, factors: [u32; 2]) -> Bench {
    Bench::new(&["a", "b"], |settings: &mut LbSettings| {
        settings.method = method;
        for (member, factor) in settings.members.iter_mut().zip(factors) {
            member.lbfactor = factor;
        }
    })
}

#[test]
fn multipliers_weigh_by_the_least_common_multiple() {
    let table: [(&[u32], &[u64]); 5] =
        [(&[1], &[1]), (&[1, 1], &[1, 1]), (&[2, 3], &[3, 2]), (&[1, 2, 3], &[6, 3, 2]), (&[4, 6], &[3, 2])];
    for (factors, expected) in table {
        assert_eq!(multipliers(factors), expected);
    }
    let huge = multipliers(&[u32::MAX, u32::MAX - 1, u32::MAX - 2]);
    assert!(huge.iter().all(|multiplier| *multiplier > 0));
}

#[test]
fn requests_are_spread_by_weight_exactly() {
    for factors in [[1, 1], [2, 1], [2, 3], [7, 4]] {
        let members = bench(LbMethod::Request, factors).schedule(&TestRequest::new(), 20 * 11 * 3 * 5);
        let share = |letter| members.matches(letter).count() * (factors[0] + factors[1]) as usize;
        assert_eq!(share("a"), members.len() * factors[0] as usize, "{factors:?}");
        assert_eq!(share("b"), members.len() * factors[1] as usize, "{factors:?}");
    }
}

#[test]
fn nine_requests_over_three_members() {
    let bench = Bench::new(&["a", "b", "c"], |_| {});
    assert_eq!(bench.schedule(&TestRequest::new(), 9), "abcabcabc");
}

#[test]
fn request_keeps_its_schedule() {
    let bench = bench(LbMethod::Request, [2, 1]);
    assert_eq!(bench.schedule(&TestRequest::new(), 6), "ababaa");
    assert_eq!((bench.load("a"), bench.load("b")), (4, 4));
}

#[test]
fn request_counts_sessions_and_failover_too() {
    let bench = bench(LbMethod::Request, [1, 1]);
    assert_eq!(bench.schedule(&TestRequest::session("x.a"), 3), "aaa");
    assert_eq!(bench.schedule(&TestRequest::new(), 4), "bbba");
    assert_eq!((bench.load("a"), bench.load("b")), (4, 3));
}

#[test]
fn session_keeps_its_schedule() {
    let bench = bench(LbMethod::Session, [1, 1]);
    let mut members = bench.schedule(&TestRequest::new(), 1);
    members += &bench.schedule(&TestRequest::session("x.a"), 2);
    members += &bench.schedule(&TestRequest::new(), 2);
    assert_eq!(members, "aaaba");
    assert_eq!((bench.load("a"), bench.load("b")), (2, 1));
    assert_eq!((bench.record("a").sessions(), bench.record("b").sessions()), (2, 1));
}

#[test]
fn session_counts_neither_unknown_routes_nor_stateless_requests() {
    let bench = bench(LbMethod::Session, [1, 1]);
    bench.schedule(&TestRequest::session("route-less"), 2);
    bench.schedule(&TestRequest { stateless: Some(true), ..TestRequest::new() }, 2);
    assert_eq!((bench.load("a"), bench.load("b")), (0, 0));
}

#[test]
fn next_keeps_its_schedule() {
    let bench = bench(LbMethod::Next, [2, 1]);
    assert_eq!(bench.schedule(&TestRequest::new(), 4), "abab");
    assert_eq!((bench.load("a"), bench.load("b")), (2, 4));
    bench.lb.maintain_shared(1);
    assert_eq!((bench.load("a"), bench.load("b")), (0, 2));
    assert_eq!(bench.schedule(&TestRequest::new(), 2), "aa");
}

#[test]
fn traffic_keeps_its_schedule() {
    let bench = bench(LbMethod::Traffic, [1, 1]);
    bench.set_octets("a", 10_000);
    bench.set_octets("b", 1000);
    assert_eq!(bench.schedule(&TestRequest::new(), 4), "abbb");
    assert_eq!((bench.load("a"), bench.load("b")), (10_000, 3000));
}

#[test]
fn busyness_keeps_its_schedule() {
    let bench = bench(LbMethod::Busyness, [1, 1]);
    let stay = |member: &str| bench.member(member).worker().request_started();
    let mut in_a = Vec::new();
    let mut in_b = Vec::new();
    let mut members = String::new();
    for step in ["+", "+", "+", "-b", "+", "-a", "+"] {
        match step {
            "-a" => drop(in_a.pop()),
            "-b" => drop(in_b.pop()),
            _ => {
                let member = bench.schedule(&TestRequest::new(), 1);
                if member == "a" { &mut in_a } else { &mut in_b }.push(stay(&member));
                members += &member;
            }
        }
    }
    assert_eq!(members, "ababa");
    assert_eq!((in_a.len(), in_b.len()), (2, 1));
}

#[test]
fn busyness_leaves_nothing_behind() {
    let bench = bench(LbMethod::Busyness, [1, 1]);
    bench.schedule(&TestRequest::new(), 5);
    let cells = bench.shared.lb("lb").expect("planned");
    let load = |member| by_name(LbMethod::Busyness).load(&cells.cells()[0], 1, bench.member(member).worker());
    assert_eq!((load("a"), load("b")), (0, 0));
}

#[test]
fn many_threads_spread_exactly() {
    let bench = bench(LbMethod::Request, [2, 1]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..75).for_each(|_| drop(bench.serve(&TestRequest::new()))));
        }
    });
    let members = bench.tried();
    let share = members.iter().filter(|member| *member == "a").count();
    assert!((198..=202).contains(&share), "{share} of {}", members.len());
}
