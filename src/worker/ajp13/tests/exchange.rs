//! Replies as containers send them, and what the client is told.

use super::*;
use crate::ajp::peer::{encode_chunk, encode_end_response, encode_packet, encode_send_headers};
use crate::config::settings::{FailStatus, Secret};
use crate::worker::{Failure, Then};

fn failed(failure: Failure, repeatable: bool) -> Outcome {
    Outcome::Failed { failure, repeatable }
}

#[test]
fn a_short_response_takes_one_delivery_and_the_connection_is_used_again() {
    let container = Container::always(Step::page());
    let worker = worker(settings(container.port()));
    for _ in 0..3 {
        let (outcome, client) = get(&worker);
        assert_eq!(outcome, Outcome::Done);
        assert_eq!(client.calls, [Call::Start(200, 1), Call::Deliver(b"hello".to_vec(), Then::End)]);
    }
    assert_eq!(container.seen().connections, 1);
    let record = worker.record().snapshot();
    assert_eq!((record.used, record.busy, record.connected, record.errors), (3, 0, 1, 0));
    assert!(record.transferred > 0 && record.read > 0);
}

#[test]
fn the_worker_adds_secret_and_activation() {
    let container = Container::always(Step::page());
    let worker = worker(Ajp13Settings { secret: Some(Secret::new(b"geheim")), ..settings(container.port()) });
    assert_eq!(get(&worker).0, Outcome::Done);
    let seen = container.seen();
    assert_eq!(seen.requests[0].attribute("secret"), Some(&b"geheim"[..]));
    assert_eq!(seen.requests[0].attribute("JK_LB_ACTIVATION"), Some(&b"ACT"[..]));
    assert_eq!(seen.requests[0].attribute("route"), None);
}

/// Its name, the packets between head and end, and what is delivered.
type Shape = (&'static str, Vec<Step>, &'static [(usize, Then)]);

/// Packets of a response: with pauses between them each is a read of its own.
fn paused(packets: Vec<Step>) -> Vec<Step> {
    packets.into_iter().flat_map(|packet| [packet, Step::Pause(SHORT)]).collect()
}

#[test]
fn what_the_client_gets_does_not_depend_on_the_reads_it_came_in() {
    let (small, large) = ([b's'; 3000], [b'l'; 5001]);
    let flush = Step::chunk(b"");
    let cases: [Shape; 8] = [
        ("short", vec![Step::chunk(b"one"), Step::chunk(b"two")], &[(6, Then::End)]),
        ("empty", vec![], &[(0, Then::End)]),
        ("the most that waits", vec![Step::chunk(&small), Step::chunk(&large[1..])], &[(8000, Then::End)]),
        ("one more", vec![Step::chunk(&small), Step::chunk(&large)], &[(8001, Then::More), (0, Then::End)]),
        ("one large chunk", vec![Step::chunk(&[b'x'; 8184])], &[(8184, Then::More), (0, Then::End)]),
        ("flushed", vec![Step::chunk(b"one"), flush.clone()], &[(3, Then::Flush), (0, Then::End)]),
        ("flushed head", vec![flush.clone()], &[(0, Then::Flush), (0, Then::End)]),
        (
            "flushed part",
            vec![Step::chunk(b"a"), flush, Step::chunk(b"b")],
            &[(1, Then::Flush), (1, Then::End)],
        ),
    ];
    for (what, chunks, expected) in cases {
        let script = [vec![Step::head(200, None)], chunks, vec![Step::end()]].concat();
        for (reads, script) in [("many reads", paused(script.clone())), ("one read", Step::at_once(&script))]
        {
            let (outcome, client) = get(&worker(settings(Container::always(script).port())));
            assert_eq!(outcome, Outcome::Done, "{what}, {reads}");
            // What lies behind a flush in the same read leaves with it; the head has left then.
            let first = client.calls.iter().find_map(|call| match call {
                Call::Deliver(_, then) => Some(*then),
                _ => None,
            });
            assert_eq!(first, Some(expected[0].1), "{what}, {reads}");
            let total: usize = expected.iter().map(|(length, _)| length).sum();
            assert_eq!(
                (client.received().len(), client.deliveries().len()),
                (total, expected.len()),
                "{what}"
            );
        }
    }
}

#[test]
fn small_chunks_become_one_piece_and_wait_for_more() {
    let script = [vec![Step::head(200, None)], vec![Step::chunk(b"x"); 20_000], vec![Step::end()]].concat();
    let (outcome, client) = get(&worker(settings(Container::always(Step::at_once(&script)).port())));
    assert_eq!((outcome, client.received().len()), (Outcome::Done, 20_000));
    assert!(client.deliveries().len() <= 4, "{:?}", client.deliveries());
    assert!(client.pieces <= 4, "{} pieces", client.pieces);
}

#[test]
fn large_bodies_arrive_whole_without_being_collected() {
    let chunk: Vec<u8> = (0..8184_u32).map(|octet| octet as u8).collect();
    let mut script = vec![Step::head(200, Some(100 * chunk.len()))];
    script.extend(std::iter::repeat_n(Step::chunk(&chunk), 100));
    script.push(Step::end());
    let container = Container::always(Step::at_once(&script));
    let (outcome, client) = get(&worker(settings(container.port())));
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(client.received(), chunk.repeat(100));
    let largest = client.calls.iter().map(|call| match call {
        Call::Deliver(data, _) => data.len(),
        _ => 0,
    });
    assert!(largest.max() <= Some(64 * 1024 + 8000));
    assert_eq!(client.deliveries().last(), Some(&Then::End));
}

#[test]
fn an_empty_chunk_is_a_flush() {
    let rest = Step::at_once(&[Step::chunk(b"two"), Step::chunk(b""), Step::end()]);
    let mut script = Step::at_once(&[Step::head(200, None), Step::chunk(b"one"), Step::chunk(b"")]);
    script.push(Step::Pause(SHORT));
    script.extend(rest);
    let container = Container::always(script);
    let (outcome, client) = get(&worker(settings(container.port())));
    assert_eq!(outcome, Outcome::Done);
    let expected = [
        Call::Start(200, 1),
        Call::Deliver(b"one".to_vec(), Then::Flush),
        Call::Deliver(b"two".to_vec(), Then::Flush),
        Call::Deliver(Vec::new(), Then::End),
    ];
    assert_eq!(client.calls, expected);
}

#[test]
fn a_flush_alone_sends_the_head_and_before_the_head_nothing() {
    let mut script = vec![Step::chunk(b"")];
    script.extend(Step::at_once(&[Step::head(200, None), Step::chunk(b"")]));
    script.extend([Step::Pause(SHORT), Step::end()]);
    let container = Container::always(script);
    let (outcome, client) = get(&worker(settings(container.port())));
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(client.deliveries(), [Then::Flush, Then::End]);
}

#[test]
fn jkoptions_flush_packets_and_headers() {
    let script = || {
        vec![Step::head(200, None), Step::Pause(SHORT), Step::chunk(b"x"), Step::Pause(SHORT), Step::end()]
    };
    let container = Container::always(script());
    let worker = worker(settings(container.port()));
    let cases = [
        (false, false, vec![Then::End]),
        (true, false, vec![Then::Flush, Then::End]),
        (false, true, vec![Then::Flush, Then::End]),
    ];
    for (flush_packets, flush_header, expected) in cases {
        let mut client = TestClient::default();
        let ask = Ask { flush_packets, flush_header, ..Ask::new("GET") };
        assert_eq!(ask.serve(&worker, &mut client), Outcome::Done);
        assert_eq!(client.deliveries(), expected, "packets {flush_packets}, header {flush_header}");
    }
}

#[test]
fn responses_without_body_lose_the_one_they_bring() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 205), ("GET", 304)] {
        let container = Container::always(Step::at_once(&[
            Step::head(status, Some(1000)),
            Step::chunk(b"not wanted"),
            Step::end(),
        ]));
        let worker = worker(settings(container.port()));
        for _ in 0..2 {
            let mut client = TestClient::default();
            assert_eq!(Ask::new(method).serve(&worker, &mut client), Outcome::Done);
            assert_eq!(client.calls, [Call::Start(status, 1), Call::Deliver(Vec::new(), Then::End)]);
        }
        assert_eq!(container.seen().connections, 1, "{method} {status}");
    }
}

#[test]
fn an_endless_body_that_nobody_wants_ends_with_the_connection() {
    let mut script = vec![Step::head(200, None)];
    script.extend(std::iter::repeat_n(Step::chunk(&[b'x'; 8000]), 200));
    let container = Container::always(script);
    let worker = worker(settings(container.port()));
    let mut client = TestClient::default();
    assert_eq!(Ask::new("HEAD").serve(&worker, &mut client), Outcome::Done);
    assert_eq!(client.deliveries(), [Then::End]);
    assert_eq!(worker.record().connected(), 0);
}

#[test]
fn connections_in_doubt_are_closed() {
    let page = |tail: &[u8]| {
        let octets = [
            encode_send_headers(200, None, &[]),
            encode_chunk(b"hello"),
            encode_end_response(true),
            tail.to_vec(),
        ];
        vec![Step::Send(octets.concat())]
    };
    let reuse_0 = vec![Step::head(200, None), Step::Send(encode_end_response(false))];
    let cases: [(&str, Vec<Step>, bool, u32); 6] = [
        ("sound", page(b""), false, 1),
        ("DisableReuse", page(b""), true, 0),
        ("reuse 0", reuse_0, false, 0),
        ("flush behind the end", page(&encode_chunk(b"")), false, 0),
        ("a whole response behind the end", page(&page_octets()), false, 0),
        ("one octet behind the end", page(b"A"), false, 0),
    ];
    for (what, script, disable_reuse, connected) in cases {
        let container = Container::always(script);
        let worker = worker(settings(container.port()));
        for _ in 0..2 {
            let mut client = TestClient::default();
            let ask = Ask { disable_reuse, ..Ask::new("GET") };
            assert_eq!(ask.serve(&worker, &mut client), Outcome::Done, "{what}");
            assert_eq!(worker.record().connected(), connected, "{what}");
        }
    }
}

fn page_octets() -> Vec<u8> {
    [encode_send_headers(200, None, &[]), encode_chunk(b"secret"), encode_end_response(true)].concat()
}

#[test]
fn fail_on_status_of_the_rule_replaces_that_of_the_worker() {
    let fail = |status, soft| vec![FailStatus { status, soft }];
    let cases = [
        (fail(500, false), Vec::new(), failed(Failure::FatalStatus(500), true)),
        (fail(500, true), Vec::new(), failed(Failure::SoftStatus(500), true)),
        (fail(404, false), fail(500, true), failed(Failure::SoftStatus(500), true)),
        (fail(500, false), fail(404, false), Outcome::Done),
    ];
    for (of_worker, of_rule, expected) in cases {
        let container = Container::always(Step::at_once(&[Step::head(500, None), Step::end()]));
        let settings = Ajp13Settings { fail_on_status: of_worker, retries: 3, ..settings(container.port()) };
        let worker = worker(settings);
        let mut client = TestClient::default();
        let rule = RuleOptions { fail_on_status: of_rule, ..RuleOptions::default() };
        let ask = Ask { rule, ..Ask::new("POST") };
        assert_eq!(ask.serve(&worker, &mut client), expected);
        assert_eq!(container.seen().requests.len(), 1, "not repeated on the same worker");
        assert_eq!(client.calls.is_empty(), expected != Outcome::Done);
    }
}

#[test]
fn use_server_errors_drains_the_page_and_tells_the_head() {
    for status in [401, 503] {
        let container = Container::always(Step::at_once(&[
            Step::head(status, None),
            Step::chunk(b"the container's page"),
            Step::chunk(b""),
            Step::end(),
        ]));
        let worker = worker(settings(container.port()));
        let mut client = TestClient::default();
        let rule = RuleOptions { use_server_errors: Some(400), ..RuleOptions::default() };
        assert_eq!(Ask { rule, ..Ask::new("GET") }.serve(&worker, &mut client), Outcome::ServerError(status));
        assert_eq!(client.calls, [Call::GiveWay(status)]);
        assert_eq!((worker.record().connected(), worker.record().snapshot().errors), (1, 0));
    }
}

#[test]
fn use_server_errors_needs_no_more_than_the_status() {
    let container = Container::always(vec![Step::head(500, Some(10)), Step::Close]);
    let worker = worker(settings(container.port()));
    let mut client = TestClient::default();
    let rule = RuleOptions { use_server_errors: Some(500), ..RuleOptions::default() };
    assert_eq!(Ask { rule, ..Ask::new("GET") }.serve(&worker, &mut client), Outcome::ServerError(500));
    assert_eq!((client.calls, worker.record().connected()), (vec![Call::GiveWay(500)], 0));
}

#[test]
fn a_request_too_large_is_told_to_the_administrator_and_costs_no_connection() {
    let container = Container::always(Step::page());
    let worker = worker(Ajp13Settings { retries: 3, ..settings(container.port()) });
    let cookie = "c".repeat(9000);
    let headers = [("Cookie", cookie.as_str())];
    let (logger, mut client) = (logger(), TestClient::default());
    let ask = Ask { headers: &headers, ..Ask::new("GET") };
    let outcome = ask.serve_with(&worker, &mut client, &mut Progress::default(), &logger);
    assert_eq!(outcome, failed(Failure::RequestTooLarge, false));
    let lines = logger.captured();
    let error = lines.iter().find(|line| line.starts_with("[error] (tomcat)")).expect("an error");
    for part in ["Cookie", "9000", "8192", "max_packet_size", "packetSize", "413"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!(container.seen().connections, 1);
    assert_eq!(worker.record().snapshot().client_errors, 1);
}

#[test]
fn a_request_too_large_is_the_clients_fault_even_without_a_container() {
    let worker = worker(settings(0));
    let cookie = "c".repeat(9000);
    let headers = [("Cookie", cookie.as_str())];
    let ask = Ask { headers: &headers, ..Ask::new("GET") };
    let outcome = ask.serve_with(&worker, &mut TestClient::default(), &mut Progress::default(), &logger());
    assert_eq!(outcome, failed(Failure::RequestTooLarge, false));
    assert_eq!(get(&worker).0, failed(Failure::Connect, true));
}

#[test]
fn packets_up_to_max_packet_size_are_taken() {
    let mut payload = vec![3, 0x1f, 0xfc];
    payload.resize(3 + 8188, b'x');
    payload.push(0);
    assert_eq!(payload.len(), 8192);
    let script = [Step::head(200, Some(8188)), Step::Send(encode_packet(&payload)), Step::end()];
    let container = Container::always(Step::at_once(&script));
    let (outcome, client) = get(&worker(settings(container.port())));
    assert_eq!((outcome, client.received().len()), (Outcome::Done, 8188));
}
