//! Request bodies: which octets reach the container, in which packets.

use super::*;
use crate::worker::Failure;

/// The largest body data of a packet of 8192 octets.
const FULL: usize = 8186;

fn octets(length: usize) -> Vec<u8> {
    (0..length).map(|octet| (octet % 251) as u8).collect()
}

/// A container that takes `first` unsolicited packets, asks `asks` times, and answers.
fn container(first: usize, asks: usize) -> Container {
    let mut script = vec![Step::Body; first];
    for _ in 0..asks {
        script.extend([Step::want(FULL as u16), Step::Body]);
    }
    script.extend(Step::page());
    Container::always(script)
}

fn lengths(container: &Container) -> Vec<Option<usize>> {
    container.seen().bodies.iter().map(|body| body.as_ref().map(Vec::len)).collect()
}

#[test]
fn a_body_of_known_length_begins_with_an_unsolicited_packet() {
    let cases = [
        (1, 1, vec![Some(1), None]),
        (8185, 1, vec![Some(8185), None]),
        (8186, 1, vec![Some(8186), None]),
        (8187, 2, vec![Some(8186), Some(1), None]),
        (20_000, 3, vec![Some(8186), Some(8186), Some(3628), None]),
    ];
    for (length, asks, expected) in cases {
        let container = container(1, asks);
        let worker = worker(settings(container.port()));
        let body = octets(length);
        let mut client = TestClient::sending(&body.chunks(1000).collect::<Vec<_>>());
        assert_eq!(Ask::post(length as u64).serve(&worker, &mut client), Outcome::Done);
        assert_eq!(lengths(&container), expected, "{length} octets");
        assert_eq!(container.seen().bodies.iter().flatten().flatten().copied().collect::<Vec<_>>(), body);
        assert_eq!(worker.record().connected(), 1);
    }
}

#[test]
fn a_request_without_body_gets_empty_packets() {
    let container = container(0, 3);
    assert_eq!(get(&worker(settings(container.port()))).0, Outcome::Done);
    assert_eq!(lengths(&container), [None, None, None]);
}

#[test]
fn a_container_may_leave_the_body_unread() {
    let container = container(1, 0);
    let worker = worker(settings(container.port()));
    let mut client = TestClient::sending(&[&octets(FULL)]);
    assert_eq!(Ask::post(1 << 31).serve(&worker, &mut client), Outcome::Done);
    assert_eq!(worker.record().connected(), 1);
}

#[test]
fn a_chunked_body_is_sent_on_demand_in_almost_full_packets() {
    let container = container(0, 4);
    let worker = worker(settings(container.port()));
    let body = octets(2 * FULL);
    let pieces =
        [&body[..100], &body[100..FULL - 12], &body[FULL - 12..2 * FULL - 20], &body[2 * FULL - 20..]];
    let mut client = TestClient::sending(&pieces);
    let ask = Ask { body: Body::Unknown, ..Ask::new("POST") };
    assert_eq!(ask.serve(&worker, &mut client), Outcome::Done);
    assert_eq!(lengths(&container), [Some(FULL - 12), Some(FULL - 8), Some(20), None]);
    assert_eq!(container.seen().bodies.iter().flatten().flatten().copied().collect::<Vec<_>>(), body);
}

#[test]
fn no_more_is_sent_than_was_asked_for() {
    let script = [vec![Step::Body, Step::want(10), Step::Body, Step::want(100), Step::Body], Step::page()];
    let container = Container::always(script.concat());
    let mut client = TestClient::sending(&[&octets(FULL + 50)]);
    let outcome = Ask::post(FULL as u64 + 50).serve(&worker(settings(container.port())), &mut client);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(lengths(&container), [Some(FULL), Some(10), Some(40)]);
}

#[test]
fn a_body_of_another_length_than_announced_occupies_no_connection() {
    let container = Container::always(Step::page());
    let worker = worker(settings(container.port()));
    for body in [vec![], vec![Some(octets(99))], vec![Some(octets(99)), None], vec![Some(octets(101))]] {
        let mut client = TestClient { body: body.into(), ..TestClient::default() };
        let outcome = Ask::post(100).serve(&worker, &mut client);
        assert_eq!(outcome, Outcome::Failed { failure: Failure::ClientRead, repeatable: false });
        assert!(client.calls.is_empty());
    }
    let record = worker.record().snapshot();
    assert_eq!((record.used, record.client_errors, record.errors, record.busy), (4, 4, 0, 0));
    assert_eq!(container.seen().connections, 0);
}

#[test]
fn a_client_that_fails_later_costs_the_connection() {
    for (recovery, resets) in [(RecoveryOptions::empty(), 0), (RecoveryOptions::ABORT_ON_CLIENT_ERROR, 1)] {
        let container = container(1, 1);
        let worker = worker(Ajp13Settings { recovery, retries: 3, ..settings(container.port()) });
        let mut client = TestClient { body: vec![Some(octets(FULL)), None].into(), ..TestClient::default() };
        let outcome = Ask::post(10_000).serve(&worker, &mut client);
        assert_eq!(outcome, Outcome::Failed { failure: Failure::ClientRead, repeatable: false });
        container.wait_for(|seen| seen.closed + seen.resets == 1);
        assert_eq!(container.seen().resets, resets);
        assert_eq!(container.seen().requests.len(), 1);
        assert_eq!(worker.record().connected(), 0);
    }
}

#[test]
fn a_longer_body_than_announced_is_not_passed_on_as_complete() {
    let container = container(1, 2);
    let worker = worker(settings(container.port()));
    let mut client = TestClient::sending(&[&octets(10_001)]);
    let outcome = Ask::post(10_000).serve(&worker, &mut client);
    assert_eq!(outcome, Outcome::Failed { failure: Failure::ClientRead, repeatable: false });
    container.wait_for(|seen| seen.closed == 1);
    assert_eq!(lengths(&container), [Some(FULL)]);
}

#[test]
fn the_first_packet_is_sent_again_also_in_smaller_packets() {
    let container = container(1, 2);
    let worker = worker(settings(container.port()));
    let body = octets(10_000);
    let mut progress =
        Progress { first_body: Some(body[..9000].to_vec()), body_read: 9000, ..Progress::default() };
    let mut client = TestClient::sending(&[&body[9000..]]);
    let outcome = Ask::post(10_000).serve_with(&worker, &mut client, &mut progress, &logger());
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(lengths(&container), [Some(FULL), Some(9000 - FULL), Some(1000)]);
    assert_eq!(container.seen().bodies.iter().flatten().flatten().copied().collect::<Vec<_>>(), body);
    assert_eq!(progress.body_read, 10_000);
}

#[test]
fn a_body_demanded_out_of_step_costs_the_connection() {
    let container =
        Container::always([Step::at_once(&[Step::want(100), Step::head(200, None), Step::end()])].concat());
    let worker = worker(settings(container.port()));
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!(worker.record().connected(), 0);
}
