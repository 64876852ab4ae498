//! What is counted of requests and attempts.

use super::*;
use crate::config::settings::FailStatus;
use crate::shared::{Fault, Served};

/// Requests by how they ended and attempts by why they failed, without zeros; retries, and attempts in the histogram.
type Counts = (Vec<(Served, u64)>, Vec<(Fault, u64)>, u64, u64);

fn counts(worker: &Ajp13Worker) -> Counts {
    let figures = worker.record().figures().snapshot();
    let served = Served::ALL.into_iter().zip(figures.served).filter(|(_, count)| *count > 0);
    let faults = Fault::ALL.into_iter().zip(figures.faults).filter(|(_, count)| *count > 0);
    (served.collect(), faults.collect(), figures.retries, figures.latency.iter().sum())
}

fn page(status: u16) -> Vec<Step> {
    Step::at_once(&[Step::head(status, Some(5)), Step::chunk(b"hello"), Step::end()])
}

fn last_error(worker: &Ajp13Worker) -> Option<(Fault, String)> {
    worker.record().figures().last_error().map(|error| (error.fault, error.text))
}

#[test]
fn requests_are_counted_by_how_they_end_and_attempts_by_why_they_fail() {
    let junk = || vec![Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), Step::Close];
    let begun = || vec![Step::head(200, Some(10)), Step::chunk(b"hello"), Step::Close];
    let cases: Vec<(Vec<Vec<Step>>, Counts)> = vec![
        (vec![page(200)], (vec![(Served::Ok, 1)], vec![], 0, 1)),
        (vec![page(404)], (vec![(Served::Ok, 1)], vec![], 0, 1)),
        (vec![page(500)], (vec![(Served::ServerError, 1)], vec![], 0, 1)),
        (vec![vec![Step::Close], page(200)], (vec![(Served::Ok, 1)], vec![(Fault::ConnectionLost, 1)], 1, 2)),
        (
            vec![junk(), vec![Step::Close]],
            (vec![(Served::Error, 1)], vec![(Fault::ConnectionLost, 1), (Fault::Framing, 1)], 1, 2),
        ),
        (vec![page(503)], (vec![(Served::Error, 1)], vec![(Fault::FailOnStatus, 1)], 0, 1)),
        (vec![begun()], (vec![(Served::Truncated, 1)], vec![(Fault::ConnectionLost, 1)], 0, 1)),
    ];
    for (scripts, expected) in cases {
        let container = Container::playing(scripts);
        let fail_on_status = vec![FailStatus { status: 503, soft: false }];
        let worker = worker(Ajp13Settings { retries: 2, fail_on_status, ..settings(container.port()) });
        let ask = Ask { flush_packets: true, ..Ask::new("GET") };
        ask.serve(&worker, &mut TestClient::default());
        assert_eq!(counts(&worker), expected);
        let last = worker.record().figures().last_error().map(|error| error.fault);
        assert_eq!(last.is_some(), !expected.1.is_empty(), "{expected:?}");
    }
}

#[test]
fn a_container_that_is_not_there_has_no_latency() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let worker = worker(Ajp13Settings { retries: 2, ..settings(port) });
    get(&worker);
    assert_eq!(counts(&worker), (vec![(Served::Error, 1)], vec![(Fault::Connect, 2)], 1, 0));
    let (fault, text) = last_error(&worker).expect("an error");
    assert!(text.starts_with(&format!("127.0.0.1:{port} took no connection")), "{text}");
    assert_eq!(fault, Fault::Connect);
}

#[test]
fn cpings_are_counted_by_their_answers() {
    let container = Container::always(Step::page());
    let answered = worker(Ajp13Settings { connect_ping: Some(LONG), ..settings(container.port()) });
    get(&answered);
    let cpings = |worker: &Ajp13Worker| {
        let figures = worker.record().figures().snapshot();
        (figures.answered, figures.unanswered)
    };
    assert_eq!((cpings(&answered), counts(&answered).1), ((1, 0), vec![]));
    // The system takes connections that nobody ever looks at.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = worker(Ajp13Settings { connect_ping: Some(SHORT), ..settings(port) });
    get(&silent);
    assert_eq!((cpings(&silent), counts(&silent).1), ((0, 1), vec![(Fault::Cping, 1)]));
}

#[test]
fn what_clients_do_is_no_error_of_the_container() {
    let container = Container::always(page(200));
    let worker = worker(settings(container.port()));
    Ask::new("GET").serve(&worker, &mut TestClient { gone: true, ..TestClient::default() });
    let mut broken = TestClient { body: [None].into(), ..TestClient::default() };
    Ask::post(10).serve(&worker, &mut broken);
    let faults = vec![(Fault::ClientRead, 1), (Fault::ClientWrite, 1)];
    assert_eq!(counts(&worker), (vec![(Served::ClientError, 2)], faults, 0, 1));
    assert_eq!(last_error(&worker), None);
}

#[test]
fn what_finds_no_room_is_refused() {
    let container = Container::always(page(200));
    let busy = worker(Ajp13Settings { busy_limit: Some(1), ..settings(container.port()) });
    let in_flight = busy.record().request_started();
    get(&busy);
    drop(in_flight);
    assert_eq!(counts(&busy), (vec![(Served::Refused, 1)], vec![(Fault::BusyLimit, 1)], 0, 0));
    assert_eq!(last_error(&busy), Some((Fault::BusyLimit, "has reached busy_limit (1)".to_owned())));
    let dry = worker(Ajp13Settings { connection_pool_size: Some(0), ..settings(container.port()) });
    get(&dry);
    assert_eq!(counts(&dry), (vec![(Served::Refused, 1)], vec![(Fault::NoConnection, 1)], 0, 0));
}

#[test]
fn a_stale_connection_is_a_retry_and_no_error() {
    let container = Container::playing(vec![page(200), vec![Step::Close], page(200)]);
    let worker = worker(settings(container.port()));
    get(&worker);
    get(&worker);
    assert_eq!(counts(&worker), (vec![(Served::Ok, 2)], vec![], 1, 3));
}
