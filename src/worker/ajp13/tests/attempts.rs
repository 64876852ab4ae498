//! When a request is sent again, and when not.

use super::*;
use crate::worker::Failure;

fn settings_with(port: u16, retries: u32, recovery: RecoveryOptions) -> Ajp13Settings {
    Ajp13Settings { retries, recovery, ..settings(port) }
}

fn serve(method: &str, worker: &Ajp13Worker) -> Outcome {
    Ask::new(method).serve(worker, &mut TestClient::default())
}

#[test]
fn lost_requests_are_repeated_by_method() {
    let none = RecoveryOptions::empty();
    let cases = [
        ("GET", none, 3),
        ("PUT", none, 3),
        ("POST", none, 1),
        ("PATCH", none, 1),
        ("POST", RecoveryOptions::REPEAT_ANY_METHOD, 3),
        ("GET", RecoveryOptions::NOT_AFTER_REQUEST, 1),
        ("GET", RecoveryOptions::NOT_AFTER_REQUEST | RecoveryOptions::ALWAYS_GET, 3),
    ];
    for (method, recovery, requests) in cases {
        let container = Container::always(vec![Step::Close]);
        let worker = worker(settings_with(container.port(), 3, recovery));
        let expected = Outcome::Failed { failure: Failure::ConnectionLost, repeatable: requests > 1 };
        assert_eq!(serve(method, &worker), expected, "{method} {recovery:?}");
        assert_eq!(container.seen().requests.len(), requests, "{method} {recovery:?}");
        let record = worker.record().snapshot();
        assert_eq!((record.used, record.errors, record.connected), (1, 1, 0));
    }
}

#[test]
fn a_further_attempt_can_succeed() {
    let scripts = vec![vec![Step::Close], vec![Step::Send(b"junk".to_vec()), Step::Hang], Step::page()];
    let container = Container::playing(scripts);
    let worker = worker(settings_with(container.port(), 3, RecoveryOptions::empty()));
    let (outcome, client) = get(&worker);
    assert_eq!((outcome, client.received()), (Outcome::Done, b"hello".to_vec()));
    assert_eq!(worker.record().snapshot().errors, 0, "the request did not fail");
}

#[test]
fn the_head_of_a_failed_attempt_is_taken_back() {
    let container = Container::playing(vec![vec![Step::head(200, None), Step::Close], Step::page()]);
    let worker = worker(settings_with(container.port(), 2, RecoveryOptions::empty()));
    let (outcome, client) = get(&worker);
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(client.calls[..3], [Call::Start(200, 1), Call::Reset, Call::Start(200, 1)]);
}

#[test]
fn bit_2_forbids_a_repeat_after_the_head() {
    let container = Container::always(vec![Step::head(200, None), Step::Close]);
    let worker = worker(settings_with(container.port(), 3, RecoveryOptions::NOT_AFTER_HEADERS));
    let expected = Outcome::Failed { failure: Failure::ConnectionLost, repeatable: false };
    assert_eq!(serve("GET", &worker), expected);
    assert_eq!(container.seen().requests.len(), 1);
}

#[test]
fn nothing_is_repeated_once_a_body_was_demanded() {
    let container = Container::always(vec![Step::want(10), Step::Body, Step::Close]);
    let worker = worker(settings_with(container.port(), 3, RecoveryOptions::REPEAT_ANY_METHOD));
    let mut client = TestClient::sending(&[b"0123456789"]);
    let ask = Ask { body: Body::Unknown, ..Ask::new("PUT") };
    let expected = Outcome::Failed { failure: Failure::ConnectionLost, repeatable: false };
    assert_eq!(ask.serve(&worker, &mut client), expected);
    assert_eq!(container.seen().requests.len(), 1);
}

#[test]
fn a_repeated_request_has_the_same_body() {
    let lost = vec![Step::Body, Step::Close];
    let container = Container::playing(vec![lost, [vec![Step::Body], Step::page()].concat()]);
    let worker = worker(settings_with(container.port(), 2, RecoveryOptions::empty()));
    let mut client = TestClient::sending(&[b"0123456789"]);
    let ask = Ask { body: Body::Length(10), ..Ask::new("PUT") };
    assert_eq!(ask.serve(&worker, &mut client), Outcome::Done);
    assert_eq!(container.seen().bodies, [Some(b"0123456789".to_vec()), Some(b"0123456789".to_vec())]);
}

#[test]
fn refused_connections_are_tried_again_for_every_method() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let worker = worker(settings_with(port, 3, RecoveryOptions::NOT_AFTER_REQUEST));
    let logger = logger();
    let mut client = TestClient::default();
    let outcome = Ask::new("POST").serve_with(&worker, &mut client, &mut Progress::default(), &logger);
    assert_eq!(outcome, Outcome::Failed { failure: Failure::Connect, repeatable: true });
    let lines = logger.captured();
    assert_eq!(lines.iter().filter(|line| line.contains("trying again")).count(), 2, "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.starts_with("[error] (tomcat)")), "{lines:?}");
}

#[test]
fn a_worker_without_contact_fails_at_once() {
    let worker = worker(settings(0));
    assert!(!worker.has_contact());
    assert_eq!(serve("GET", &worker), Outcome::Failed { failure: Failure::Connect, repeatable: true });
}

#[test]
fn a_stale_connection_costs_one_attempt_more_per_request_and_not_per_member() {
    let members: Vec<_> = (0..4)
        .map(|_| {
            let container = Container::playing(vec![Step::page(), vec![Step::Close]]);
            let worker = worker(settings_with(container.port(), 2, RecoveryOptions::empty()));
            assert_eq!(serve("GET", &worker), Outcome::Done);
            (container, worker)
        })
        .collect();
    let mut progress = Progress::default();
    for (_, worker) in &members {
        let outcome =
            Ask::new("GET").serve_with(worker, &mut TestClient::default(), &mut progress, &logger());
        assert_eq!(outcome, Outcome::Failed { failure: Failure::ConnectionLost, repeatable: true });
    }
    let executed: Vec<_> = members.iter().map(|(container, _)| container.seen().requests.len() - 1).collect();
    assert_eq!(executed, [2, 2, 2, 2]);
}

#[test]
fn a_stale_connection_costs_no_attempt_and_spares_no_method() {
    for method in ["GET", "POST"] {
        for end in [Step::Close, Step::Reset] {
            let container = Container::playing(vec![Step::page(), vec![end.clone()], Step::page()]);
            let worker = worker(settings(container.port()));
            for _ in 0..2 {
                assert_eq!(serve(method, &worker), Outcome::Done, "{method} {end:?}");
            }
            assert_eq!(container.seen().requests.len(), 3);
            assert_eq!(container.seen().connections, 2);
        }
    }
}

#[test]
fn a_stale_connection_is_assumed_only_once_and_only_without_bit_1() {
    let lost = |repeatable| Outcome::Failed { failure: Failure::ConnectionLost, repeatable };
    for (recovery, requests) in [(RecoveryOptions::empty(), 3), (RecoveryOptions::NOT_AFTER_REQUEST, 2)] {
        let container = Container::playing(vec![Step::page(), vec![Step::Close]]);
        let worker = worker(settings_with(container.port(), 1, recovery));
        assert_eq!(serve("POST", &worker), Outcome::Done);
        assert_eq!(serve("POST", &worker), lost(false));
        assert_eq!(container.seen().requests.len(), requests);
    }
}

#[test]
fn a_reply_that_has_begun_is_no_stale_connection() {
    let container = Container::playing(vec![Step::page(), vec![Step::Send(b"A".to_vec()), Step::Close]]);
    let worker = worker(settings(container.port()));
    assert_eq!(serve("POST", &worker), Outcome::Done);
    let expected = Outcome::Failed { failure: Failure::ConnectionLost, repeatable: false };
    assert_eq!(serve("POST", &worker), expected);
    assert_eq!(container.seen().requests.len(), 2);
}

#[test]
fn a_reply_timeout_is_repeated_only_if_idempotent() {
    for (method, requests) in [("GET", 2), ("POST", 1)] {
        let container = Container::always(vec![Step::Hang]);
        let settings = settings_with(container.port(), 2, RecoveryOptions::empty());
        let worker = worker(Ajp13Settings { reply_timeout: Some(SHORT), ..settings });
        let expected = Outcome::Failed { failure: Failure::ReplyTimeout, repeatable: method == "GET" };
        assert_eq!(serve(method, &worker), expected);
        assert_eq!(container.seen().requests.len(), requests);
        let record = worker.record().snapshot();
        assert_eq!((record.reply_timeouts as usize, record.errors), (requests, 1));
    }
}

/// The one line at error level is written by who decides the end.
#[test]
fn a_member_tells_the_end_only_of_what_must_not_be_sent_again() {
    let container = Container::always(vec![Step::Hang]);
    let settings = settings_with(container.port(), 1, RecoveryOptions::empty());
    let worker = worker(Ajp13Settings { reply_timeout: Some(SHORT), ..settings });
    let cookie = "c".repeat(9000);
    let large = [("Cookie", cookie.as_str())];
    let small: &[(&str, &str)] = &[];
    let cases = [
        ("GET", small, "[warn] (tomcat) GET /app/page: 127.0.0.1:", true),
        ("POST", small, "[error] (tomcat) POST /app/page gets 504: 127.0.0.1:", false),
        ("GET", large.as_slice(), "[error] (tomcat) GET /app/page gets 413: ", false),
    ];
    for (method, headers, told, goes_on) in cases {
        let (logger, mut progress) = (logger(), Progress::default());
        let ask = Ask { headers, may_go_on: true, ..Ask::new(method) };
        ask.serve_with(&worker, &mut TestClient::default(), &mut progress, &logger);
        let lines = logger.captured();
        let end = lines.last().expect("a line");
        assert!(end.starts_with(told), "{told:?} does not begin {lines:?}");
        let fact = progress.cause.map(|cause| cause.fact).unwrap_or_default();
        assert_eq!(fact.starts_with("at 127.0.0.1:") && fact.ends_with("(1 attempt)"), goes_on, "{fact:?}");
    }
}

#[test]
fn busy_limit_counts_all_requests_of_the_worker() {
    let container = Container::always(Step::page());
    let worker = worker(Ajp13Settings { busy_limit: Some(1), ..settings(container.port()) });
    assert_eq!(serve("GET", &worker), Outcome::Done);
    let other = worker.record().request_started();
    let busy = Outcome::Failed { failure: Failure::Busy, repeatable: true };
    assert_eq!(serve("POST", &worker), busy);
    drop(other);
    assert_eq!(serve("GET", &worker), Outcome::Done);
    let record = worker.record().snapshot();
    assert_eq!((record.busy, record.used, record.errors), (0, 4, 1));
}
