//! What operators want of members: `cmd=activate`, `disable`, `stop`, `drain` and `switch`, and whom commands are about.

use Activation::{Active, Disabled, Stopped};

use super::*;
use crate::shared::Drain;

/// Members blue1 and blue2 of domain blue, green1 and green2 of green, and other of none.
fn bench() -> Bench {
    let mut lb = lb_settings("lb", &["blue1", "blue2", "green1", "green2", "other"]);
    for (member, domain) in lb.members.iter_mut().zip(["blue", "blue", "green", "green"]) {
        member.domain = Some(domain.to_owned());
    }
    Bench::of(settings_of(&[lb], &["alone"]))
}

fn activations(bench: &Bench) -> Vec<Activation> {
    let lb = Bench::lb(&bench.workers);
    (0..lb.members().len()).map(|index| lb.current_member(index).activation).collect()
}

/// The order to drain of a member, and in how many seconds it ends.
fn drain(bench: &Bench, index: usize) -> Option<Option<i64>> {
    let drain = Bench::lb(&bench.workers).members()[index].record().drain();
    drain.map(|Drain { ordered, until }| until.map(|until| until - ordered))
}

fn told(bench: &Bench) -> Vec<String> {
    bench.logger.captured().into_iter().filter(|line| line.contains(" status: ")).collect()
}

#[test]
fn members_are_named_by_names_patterns_and_domains() {
    let bench = bench();
    for (query, expected) in [
        ("disable&w=lb&sw=blue2", [Active, Disabled, Active, Active, Active]),
        ("stop&w=lb&sw=other,%20blue1,,other", [Stopped, Disabled, Active, Active, Stopped]),
        ("disable&w=lb&sw=green?", [Stopped, Disabled, Disabled, Disabled, Stopped]),
        ("activate&w=lb&sw=*2,other", [Stopped, Active, Disabled, Active, Active]),
        ("stop&w=lb&domain=green", [Stopped, Active, Stopped, Stopped, Active]),
        ("activate&w=lb&sw=*", [Active; 5]),
    ] {
        assert_eq!(bench.result(&format!("cmd={query}")), DONE, "{query}");
        assert_eq!(activations(&bench), expected, "{query}");
    }
    assert_eq!(bench.result("cmd=update&w=lb&sw=blue1,other&vwf=7"), DONE);
    assert_eq!(bench.result("cmd=update&w=lb&domain=green&vwf=7"), DONE);
    let lb = Bench::lb(&bench.workers);
    let factors = [0, 1, 2, 3, 4].map(|index| lb.current_member(index).lbfactor);
    assert_eq!(factors, [7, 1, 7, 7, 7]);
}

#[test]
fn what_names_nobody_is_told_and_nothing_is_changed() {
    let bench = bench();
    let before = bench.changes();
    let nobody = "expected sw (names of members, separated by commas, in which * and ? may stand for others) or domain";
    for (query, expected) in [
        ("cmd=stop", "NULL or EMPTY worker param"),
        ("cmd=stop&w=nix&sw=blue1", "could not find worker 'nix'"),
        ("cmd=stop&w=ld&sw=blue1", "could not find worker 'ld', did you mean lb?"),
        (
            "cmd=drain&w=lb&sw=blue1&timeot=5",
            "unknown parameter timeot, did you mean timeout?; nothing was changed",
        ),
        ("cmd=stop&w=lb", nobody),
        ("cmd=drain&w=lb&timeout=5", nobody),
        ("cmd=activate&w=lb&sw=", "EMPTY sub worker param"),
        ("cmd=activate&w=lb&sw=,", "EMPTY sub worker param"),
        ("cmd=stop&w=lb&sw=blue3", "could not find sub worker 'blue3', did you mean blue1?"),
        (
            "cmd=stop&w=lb&sw=blue1,gren1,x*,other",
            "could not find sub worker 'gren1', did you mean green1?; 'x*'",
        ),
        ("cmd=reset&w=lb&sw=blue1,far", "could not find sub worker 'far'"),
        ("cmd=update&w=lb&sw=far&vwf=2", "could not find sub worker"),
        ("cmd=stop&w=lb&sw=blue1&domain=green", "expected sw or domain, not both"),
        (
            "cmd=drain&w=lb&domain=gren",
            "no member of balancer 'lb' has domain 'gren', did you mean green?; theirs are blue, green",
        ),
        ("cmd=switch&w=lb&domain=", "no member of balancer 'lb' has domain ''; theirs are blue, green"),
        ("cmd=switch&w=lb&domain=red", "no member of balancer 'lb' has domain 'red'; theirs are blue, green"),
        ("cmd=switch&w=lb", "expected domain, to whose members new sessions go"),
        ("cmd=switch&w=lb&sw=blue1", "expected domain, to whose members new sessions go"),
        ("cmd=stop&w=alone&sw=x", "worker type has no sub workers"),
        ("cmd=stop&w=alone", "worker type has no sub workers"),
        ("cmd=stop&w=lb&sw=blue1&opt=32", "This command is not allowed in read only mode."),
    ] {
        assert_eq!(bench.result(query), format!("ERROR message=\"{expected}\""), "{query}");
    }
    let many: Vec<_> = (0..9).map(|number| format!("x{number}")).collect();
    let result = bench.result(&format!("cmd=stop&w=lb&sw={}", many.join(",")));
    assert!(result.contains("'x4'; and 4 more"), "{result}");
    assert_eq!((bench.changes(), told(&bench)), (before, Vec::new()));
    let status = |query: &str| bench.answer(&format!("{query}&mime=json"), "", None).status;
    assert_eq!(status("cmd=stop&w=lb&sw=blue3"), 404);
    assert_eq!(status("cmd=switch&w=lb&domain=red"), 404);
    assert_eq!(status("cmd=stop&w=lb"), 400);
    assert_eq!(status("cmd=stop&w=lb&sw=blue1&opt=32"), 403);
    assert_eq!(status("cmd=stop&w=lb&sw=blue1"), 200);
}

#[test]
fn a_drain_has_the_time_that_is_given_or_that_of_the_member() {
    let bench = bench();
    bench.ask("cmd=update&w=lb&sw=blue2&vwdt=90");
    for (query, expected) in [
        ("sw=blue1&timeout=600", [Some(Some(600)), None]),
        ("sw=blue1", [Some(None), None]),
        ("domain=blue", [Some(None), Some(Some(90))]),
        ("domain=blue&timeout=", [Some(None), Some(Some(90))]),
        ("domain=blue&timeout=0", [Some(None), Some(None)]),
        ("sw=blue*&timeout=2147483647", [Some(Some(2_147_483_647)); 2]),
    ] {
        assert_eq!(bench.result(&format!("cmd=drain&w=lb&{query}")), DONE, "{query}");
        assert_eq!([0, 1].map(|index| drain(&bench, index)), expected, "{query}");
    }
    assert_eq!(activations(&bench), [Disabled, Disabled, Active, Active, Active]);
    let before = bench.changes();
    for (command, text) in
        [("drain", "-1"), ("drain", "soon"), ("drain", "2147483648"), ("drain", "5s"), ("switch", "1.5")]
    {
        let whom = if command == "drain" { "sw=other" } else { "domain=blue" };
        assert_eq!(
            bench.result(&format!("cmd={command}&w=lb&{whom}&timeout={text}")),
            format!(
                "ERROR message=\"timeout={text}: expected 0 to 2147483647 seconds; nothing was changed\""
            )
        );
    }
    let result = bench.result("cmd=disable&w=lb&sw=other&timeout=600");
    assert_eq!(result, "ERROR message=\"timeout=600: only drain and switch have one; nothing was changed\"");
    assert_eq!(bench.changes(), before);
}

#[test]
fn what_an_operator_wants_is_told_with_old_and_new_value() {
    let bench = bench();
    for query in [
        "disable&w=lb&sw=blue1",
        "disable&w=lb&sw=blue1",
        "drain&w=lb&sw=blue1&timeout=600",
        "disable&w=lb&sw=blue1",
        "drain&w=lb&sw=blue1",
        "activate&w=lb&sw=blue1",
        "drain&w=lb&sw=blue1&timeout=1",
        "update&w=lb&sw=blue1&vwa=s",
        "drain&w=lb&sw=blue1",
    ] {
        bench.ask_as(&format!("cmd={query}&mime=txt"), Some("admin"));
    }
    let changes =
        |what: &str| format!("[info] status: admin from 10.0.0.1 changes activation of lb/blue1 from {what}");
    let leaves = |what: &str| {
        format!("[info] status: admin from 10.0.0.1 leaves activation of lb/blue1 at 'Disabled', {what}")
    };
    assert_eq!(
        told(&bench),
        [
            changes("'Active' to 'Disabled'"),
            leaves("to drain for 600 seconds at most"),
            leaves("which ends its drain"),
            leaves("to drain"),
            changes("'Disabled' to 'Active', which ends its drain"),
            changes("'Active' to 'Disabled', to drain for 1 second at most"),
            changes("'Disabled' to 'Stopped'"),
            "[info] status: admin from 10.0.0.1 ends the drain of lb/blue1".to_owned(),
        ]
    );
    assert_eq!((activations(&bench)[0], drain(&bench, 0)), (Stopped, None), "who is empty stays so");
    let events = bench.shared.history().events();
    assert_eq!(events.len(), 7);
    assert_eq!(
        events[1].text,
        "activation: 'Disabled', to drain for 600 seconds at most: admin from 10.0.0.1"
    );
}

#[test]
fn a_switch_activates_first_and_then_drains_all_others() {
    let bench = bench();
    bench.ask("cmd=stop&w=lb&sw=green1,blue2");
    assert_eq!(bench.result("cmd=switch&w=lb&domain=green&timeout=30"), DONE);
    assert_eq!(activations(&bench), [Disabled, Stopped, Active, Active, Disabled]);
    let drains = [0, 1, 2, 3, 4].map(|index| drain(&bench, index));
    assert_eq!(drains, [Some(Some(30)), None, None, None, Some(Some(30))]);
    let words = |line: &String| line.rsplit(" 10.0.0.1 ").next().map(str::to_owned).expect("who");
    assert_eq!(
        told(&bench)[2..].iter().map(words).collect::<Vec<_>>(),
        [
            "switches lb to domain green",
            "changes activation of lb/green1 from 'Stopped' to 'Active'",
            "changes activation of lb/blue1 from 'Active' to 'Disabled', to drain for 30 seconds at most",
            "changes activation of lb/other from 'Active' to 'Disabled', to drain for 30 seconds at most",
        ]
    );
    assert_eq!(bench.result("cmd=switch&w=lb&domain=blue"), DONE);
    assert_eq!(activations(&bench), [Active, Active, Disabled, Disabled, Disabled]);
    assert_eq!(drain(&bench, 4), Some(None), "the later order holds");
}

#[test]
fn how_a_member_drains_is_reported() {
    let bench = bench();
    bench.ask("cmd=drain&w=lb&sw=blue1&timeout=600");
    bench.ask("cmd=drain&w=lb&sw=blue2");
    bench.ask("cmd=update&w=lb&sw=green1&vwa=d&vwdt=60");
    let list: serde_json::Value = serde_json::from_str(&bench.ask("mime=json")).expect("JSON");
    let told = |index: usize| {
        let drain = &list["balancers"][0]["members"][index]["drain"];
        (drain["left"].as_i64(), drain["ordered"].as_bool())
    };
    assert!(told(0).0.is_some_and(|left| (590..=600).contains(&left)), "{:?}", told(0));
    assert_eq!([told(0).1, told(1).1, told(2).1, told(3).1], [Some(true), Some(true), Some(false), None]);
    assert_eq!(told(1).0, None);
    let figures = bench.ask("mime=prometheus");
    let ends = figures.lines().filter(|line| line.starts_with("jk_member_drain_end_timestamp_seconds{"));
    assert_eq!(ends.count(), 2, "{figures}");
}

#[test]
fn of_several_members_those_in_error_are_recovered() {
    let bench = bench();
    let lb = Bench::lb(&bench.workers);
    let error =
        crate::shared::Health { state: MemberState::Error, first_error: Some(1), last_error: Some(1) };
    for index in [1, 2] {
        lb.members()[index].record().update_health(|_| Some(error));
    }
    assert_eq!(bench.result("cmd=recover&w=lb&sw=blue*,other"), DONE);
    let states = [0, 1, 2].map(|index| lb.members()[index].record().health().state);
    assert_eq!(states, [MemberState::Idle, MemberState::Recover, MemberState::Error]);
    let failed = "ERROR message=\"Marking worker for recovery failed\"";
    assert_eq!(bench.result("cmd=recover&w=lb&sw=blue*,other"), failed);
    lb.members()[0].record().count_session();
    assert_eq!(bench.result("cmd=reset&w=lb&sw=green?,blue1"), DONE);
    assert_eq!(
        (lb.members()[0].record().sessions(), lb.members()[2].record().health().state),
        (0, MemberState::Idle)
    );
}
