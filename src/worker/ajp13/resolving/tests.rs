//! When a name is due, and what its answers change, over a clock that is set by hand.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::settings::Ajp13Settings;
use crate::log::{Level, Logger};
use crate::shared::{AjpHandle, HostHandle};
use crate::worker::ajp13::tests::settings;
use crate::worker::ajp13::Named;

/// Longer than any process is late.
const LATE: u64 = 256;

fn named(host: &str, interval: Option<u64>, names: &HostAddresses, record: &HostHandle) -> Address {
    let resolve_interval = interval.map(Duration::from_secs);
    let settings = Ajp13Settings { host: host.to_owned(), resolve_interval, ..settings(8009) };
    Address::new(&settings, names, record.clone(), &Arc::default())
}

fn record() -> HostHandle {
    AjpHandle::standalone_for_tests("tomcat").host().clone()
}

/// `tomcat`, known as 127.0.0.1.
fn known(interval: Option<u64>, record: &HostHandle) -> Address {
    let names =
        HostAddresses::from([("tomcat".to_owned(), Named::found(vec!["127.0.0.1".parse().unwrap()]))]);
    named("tomcat", interval, &names, record)
}

fn unknown(interval: Option<u64>) -> Address {
    named("tomcat", interval, &HostAddresses::new(), &record())
}

fn found(text: &str) -> Answer {
    Ok(vec![text.parse().unwrap()])
}

fn not_found() -> Answer {
    Err(io::Error::other("no such name"))
}

fn is_due(address: &Address, now: u64) -> bool {
    address.look(now, Logger::discard().with_id("")) == Look::Due("tomcat".to_owned())
}

#[test]
fn a_name_that_is_known_is_left_alone() {
    let address = known(None, &record());
    let look = address.look(moment() + 1_000_000, Logger::discard().with_id(""));
    assert_eq!((look, address.claim(moment() + 1_000_000)), (Look::Nothing, false));
}

#[test]
fn literals_and_port_0_are_never_asked_for() {
    for (host, port) in [("127.0.0.1", 8009), ("tomcat", 0)] {
        let settings = Ajp13Settings {
            host: host.to_owned(),
            resolve_interval: Some(Duration::from_secs(1)),
            ..settings(port)
        };
        let address = Address::new(&settings, &HostAddresses::new(), record(), &Arc::default());
        address.doubt();
        assert_eq!(
            address.look(moment() + 1_000_000, Logger::discard().with_id("")),
            Look::Nothing,
            "{host}"
        );
    }
}

#[test]
fn a_doubtful_name_is_asked_for_at_once_but_not_within_the_pause() {
    let address = known(None, &record());
    let start = moment();
    address.doubt();
    assert!(!is_due(&address, start + LEAST_PAUSE / 2), "the parent has just asked");
    assert!(is_due(&address, start + 2 * LEAST_PAUSE));
}

#[test]
fn an_answer_ends_the_doubt_of_all_processes_and_a_later_one_begins_anew() {
    let record = record();
    let [one, other] = [known(None, &record), known(None, &record)];
    [&one, &other].iter().for_each(|process| process.doubt());
    let now = moment() + 2 * LEAST_PAUSE;
    assert!(one.claim(now));
    assert_eq!(other.look(now, Logger::discard().with_id("")), Look::At(now + NEXT_LOOK));
    assert!(!one.take_answer("tomcat", &found("127.0.0.1:0"), Logger::discard().with_id("")));
    for process in [&one, &other] {
        assert_eq!(process.look(now + 10_000, Logger::discard().with_id("")), Look::Nothing);
    }
    one.doubted.store(now + 10, Relaxed);
    assert!(is_due(&one, now + 2 * LEAST_PAUSE));
}

#[test]
fn one_process_asks_and_the_other_hears() {
    let record = record();
    let [one, other] = [known(Some(5), &record), known(Some(5), &record)];
    let now = moment() + 5000 + LATE;
    assert_eq!([one.claim(now), other.claim(now)], [true, false]);
    let logger = Logger::capture(Level::Info);
    assert!(one.take_answer("tomcat", &found("127.0.0.2:0"), logger.with_id("")));
    assert_eq!(logger.captured(), ["[info] (tomcat) host tomcat resolves to 127.0.0.2:8009 now"]);
    assert!(matches!(other.look(now, Logger::discard().with_id("")), Look::At(_)));
    assert_eq!(other.target().all, one.target().all);
    assert!(!other.claim(now + 4999), "the interval counts from the last question of any process");
    assert!(other.claim(now + 5000 + LATE));
}

#[test]
fn a_name_that_does_not_resolve_is_asked_for_after_pauses_that_double() {
    let mut pauses = Vec::new();
    for (interval, expected) in [(None, [1, 1, 2, 4, 8, 16, 16]), (Some(3), [1, 1, 2, 3, 3, 3, 3])] {
        let address = unknown(interval);
        pauses.clear();
        for _ in 0..expected.len() {
            let is_unknown = !address.has_contact();
            pauses.push(address.pause(is_unknown).expect("it is asked for") / 1000);
            address.take_answer("tomcat", &not_found(), Logger::discard().with_id(""));
        }
        assert_eq!(pauses, expected, "{interval:?}");
    }
}

#[test]
fn a_request_that_wants_an_unknown_name_has_it_asked_for_soon() {
    let address = unknown(None);
    for _ in 0..10 {
        address.take_answer("tomcat", &not_found(), Logger::discard().with_id(""));
    }
    assert!(!is_due(&address, moment() + 2 * LEAST_PAUSE));
    address.doubt();
    assert!(is_due(&address, moment() + 2 * LEAST_PAUSE));
}

#[test]
fn what_is_known_stays_while_the_resolver_fails_and_that_is_told_when_it_begins_and_ends() {
    let (logger, record) = (Logger::capture(Level::Info), record());
    let [one, other] = [known(Some(60), &record), known(Some(60), &record)];
    let empty: Answer = Ok(Vec::new());
    for (process, answer) in [(&one, not_found()), (&other, not_found()), (&one, empty)] {
        assert!(!process.take_answer("tomcat", &answer, logger.with_id("")));
        assert_eq!(process.target().addresses(), ["127.0.0.1:8009".parse().unwrap()]);
    }
    assert_eq!(one.pause(false), Some(4000), "sooner than the interval");
    assert!(!other.take_answer("tomcat", &found("127.0.0.1:0"), logger.with_id("")));
    assert_eq!(
        logger.captured(),
        [
            "[warn] (tomcat) host tomcat does not resolve (no such name): the addresses known before stay in use; it is \
             asked for again",
            "[info] (tomcat) host tomcat resolves to 127.0.0.1:8009 now"
        ]
    );
}

#[test]
fn an_unknown_name_is_told_at_start_and_no_second_time() {
    let logger = Logger::capture(Level::Info);
    let names = HostAddresses::from([("tomcat".to_owned(), Named::unresolved("no such name".to_owned()))]);
    let record = record();
    for _ in 0..2 {
        let address = named("tomcat", None, &names, &record);
        address.tell_if_unresolved(&names, logger.with_id(""));
        address.take_answer("tomcat", &not_found(), logger.with_id(""));
    }
    assert_eq!(
        logger.captured(),
        ["[warn] (tomcat) host tomcat does not resolve (no such name): no request can go there until it does; it is asked \
          for again"]
    );
}

#[test]
fn a_name_that_a_restart_could_not_resolve_keeps_its_addresses_and_is_asked_for() {
    let logger = Logger::capture(Level::Info);
    let trouble = Some("no answer".to_owned());
    let before = Named { addresses: vec!["127.0.0.1".parse().unwrap()], trouble };
    let names = HostAddresses::from([("tomcat".to_owned(), before)]);
    let address = named("tomcat", None, &names, &record());
    address.tell_if_unresolved(&names, logger.with_id(""));
    assert!(address.has_contact() && is_due(&address, moment() + 2 * LEAST_PAUSE));
    assert_eq!(
        logger.captured(),
        ["[warn] (tomcat) host tomcat does not resolve (no answer): the addresses known before stay in use; it is asked \
          for again"]
    );
}

#[test]
fn no_more_addresses_are_taken_than_others_can_be_told() {
    let record = record();
    let [one, other] = [known(None, &record), known(None, &record)];
    let many = (0..40).map(|last| SocketAddr::from(([10, 0, 0, last], 0))).collect();
    assert!(one.take_answer("tomcat", &Ok(many), Logger::discard().with_id("")));
    assert_eq!(one.target().all.len(), ROOM);
    assert_eq!(other.current(Logger::discard().with_id("")).all, one.target().all);
}

#[test]
fn an_answer_that_comes_after_a_change_of_host_is_for_nobody() {
    let record = record();
    let address = known(Some(5), &record);
    let now = moment() + 5000 + LATE;
    assert!(address.claim(now));
    address.retarget("new", 8010, &[]);
    assert!(!address.take_answer("tomcat", &found("127.0.0.9:0"), Logger::discard().with_id("")));
    assert!(!address.has_contact());
    assert_eq!(address.look(now, Logger::discard().with_id("")), Look::Due("new".to_owned()));
}
