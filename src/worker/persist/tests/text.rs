//! The state as text: whole, torn, damaged, and of others.

use super::*;
use crate::worker::persist::parse::Unusable;
use crate::worker::persist::text::BEGINNING;

/// Texts have their properties in the order of their names.
fn in_order(state: &mut SavedState) -> &SavedState {
    let workers = state.workers.values_mut().map(|worker| &mut worker.changes);
    let balancers = state.balancers.values_mut().flat_map(|lb| {
        let members = lb.members.values_mut().map(|member| &mut member.changes);
        members.chain([&mut lb.changes])
    });
    workers.chain(balancers).for_each(|changes| changes.sort_by_key(|change| change.property.name()));
    state
}

#[test]
fn everything_survives_the_way_through_text() {
    let mut state = full(&["a"]);
    let text = state.to_text();
    let (mut read, complaints) = SavedState::parse(text.as_bytes()).expect("a state");
    assert!(complaints.is_empty(), "{complaints:?}");
    in_order(&mut read);
    assert_eq!(read, in_order(&mut state).clone());
    assert!(text.starts_with(BEGINNING), "{text}");
}

#[test]
fn a_torn_text_is_refused_wherever_it_ends() {
    let text = full(&["a"]).to_text();
    let whole = text.trim_end().len();
    for length in 0..whole {
        let refusal = SavedState::parse(&text.as_bytes()[..length]).expect_err("it is not whole");
        assert!(matches!(refusal, Unusable::Damaged(_)), "{length} octets: {refusal}");
    }
    assert!(SavedState::parse(&text.as_bytes()[..whole]).is_ok());
}

#[test]
fn octets_that_were_turned_never_end_in_a_panic() {
    let text = full(&["a"]).to_text();
    let mut taken = 0;
    for index in 0..text.len() {
        let mut octets = text.clone().into_bytes();
        octets[index] ^= 0x55;
        if let Ok((state, _)) = SavedState::parse(&octets) {
            taken += 1;
            if taken % 50 == 0 {
                let _ = Generation::new(&[lb(&["a"])]).with(&state);
            }
        }
    }
    assert!(taken > 100, "most of a text are values: {taken}");
}

#[test]
fn what_is_no_state_is_told_from_a_damaged_one() {
    let parse = |text: &str| SavedState::parse(text.as_bytes()).expect_err("no state").to_string();
    for foreign in
        ["{}", "[]", "root:x:0:0:root:/root:/bin/bash\n", "{\"workers\": {}}", "7", "\0\0", "{ \"Jk"]
    {
        assert_eq!(parse(foreign), "it is no state of mod_jk", "{foreign}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(parse(&deep), "it is no state of mod_jk");
    assert_eq!(parse(""), "it is damaged: EOF while parsing a value at line 1 column 0");
    let newer = full(&["a"]).to_text().replacen("version\": 1", "version\": 2", 1);
    assert_eq!(parse(&newer), "it has version 2, written by another mod_jk; this one reads version 1");
    assert_eq!(
        SavedState::parse(b"{\"JkStateFile version\": 1}").map(|(state, _)| state),
        Ok(SavedState::default()),
        "nothing is missed"
    );
}

#[test]
fn a_wrong_value_costs_itself_alone() {
    let state = full(&["a"]);
    let text = state.to_text();
    let first = |name: &str, value: &str| {
        let line = text.lines().find(|line| line.trim().starts_with(&format!("\"{name}\": "))).expect(name);
        let comma = if line.ends_with(',') { "," } else { "" };
        text.replacen(line, &format!("\"{name}\": {value}{comma}"), 1)
    };
    let cases = [
        ("max_busy", "4294967296", "balancer lb: max_busy: 4294967296: expected a whole number from 0 to 4294967295"),
        ("sessions", "-1", "balancer lb member a: sessions: -1: expected a whole number from 0 to 18446744073709551615"),
        ("last_error", "1.5", "balancer lb member a: last_error: 1.5: expected a whole number from 0 to 9223372036854775807"),
        ("state", "\"GOOD\"", "balancer lb member a: state: GOOD is none of OK/IDLE, OK, ERR/REC, ERR/FRC, OK/BUSY, ERR, ERR/PRB"),
        ("state", "7", "balancer lb member a: state: 7: expected text"),
        ("used", "[]", "worker a: used: []: expected a whole number from 0 to 18446744073709551615"),
    ];
    for (name, value, complaint) in cases {
        let (read, complaints) = SavedState::parse(first(name, value).as_bytes()).expect("a state");
        assert_eq!(complaints, [format!("{complaint}; it is left out")]);
        assert_ne!(read, state);
        let values = |state: &SavedState| state.to_text().lines().count();
        assert!(values(&read).abs_diff(values(&state)) <= 1, "all others are taken");
    }
}

#[test]
fn a_wrong_change_costs_itself_alone() {
    let state = full(&["a"]);
    let text = state.to_text();
    let (before, after) = ("\"current\": \"Disabled\"", "\"current\": \"Dsabled\"");
    for (before, after, complaint) in [
        (
            before,
            after,
            "balancer lb member a: activation: Dsabled was Active: expected Active, Disabled, Stopped, did you mean \
             Disabled?; it is left out",
        ),
        (
            "\"lbfactor\": {",
            "\"lbfactr\": {",
            "balancer lb member a: lbfactr: there is no such property; it is left out",
        ),
    ] {
        let (read, complaints) = SavedState::parse(text.replacen(before, after, 1).as_bytes()).expect("a state");
        assert_eq!(complaints, [complaint]);
        let count = |state: &SavedState| state.balancers["lb"].members["a"].changes.len();
        assert_eq!(count(&read), count(&state) - 1);
    }
    // Properties that are none of a member's, whatever the text says, change nothing.
    let mut strange = state;
    let changes = &mut strange.balancers.get_mut("lb").expect("lb").members.get_mut("a").expect("a").changes;
    let [configured, current] = [1, 2].map(Value::Number);
    changes.push(Change { property: Property::LbRetries, configured, current });
    let next = Generation::new(&[lb(&["a"])]).with(&strange);
    assert!(next
        .told
        .contains(&"[warn] (lb) member a: lb_retries=2 can't be set again, it is as configured".to_owned()));
}
