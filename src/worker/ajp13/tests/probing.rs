//! A CPing in steps, as the background asks whether a Tomcat works again.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::Instant;

use socket2::{Domain, Socket, Type};

use super::super::Named;
use super::*;
use crate::ajp::peer::CPONG;
use crate::ajp::CPING;
use crate::worker::ajp13::{probe, Probe};

/// Asks `worker` to the end; an error is what the log would say.
fn asked(worker: &Ajp13Worker) -> Result<(), String> {
    ends(worker.probe(Logger::discard().with_id("-")))
}

fn ends(mut step: probe::Step<'_>) -> Result<(), String> {
    let logger = Logger::discard();
    loop {
        step = match step {
            probe::Step::Waits(probe) => {
                let ready = is_ready(&probe);
                probe.go_on(ready, logger.with_id("-"))
            }
            probe::Step::Answered => return Ok(()),
            probe::Step::Failed(silence) => return Err(silence.to_string()),
        };
    }
}

fn is_ready(probe: &Probe<'_>) -> bool {
    let no_end = Instant::now() + Duration::from_secs(3600);
    probe::wait_for(std::iter::once(probe), no_end).expect("poll works") == [true]
}

/// A peer that takes one connection and a CPing, answers with `parts`, with a pause before each, and closes.
fn peer(parts: Vec<Vec<u8>>) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let mut ping = [0; CPING.len()];
        stream.read_exact(&mut ping).expect("a CPing");
        assert_eq!(ping, CPING);
        for part in parts {
            std::thread::sleep(SHORT / 3);
            stream.write_all(&part).expect("the peer listens");
        }
    });
    (port, thread)
}

#[test]
fn the_connection_that_answered_serves_the_next_request() {
    let container = Container::always(Step::page());
    let worker = worker(settings(container.port()));
    assert_eq!(asked(&worker), Ok(()));
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((container.seen().pings, container.seen().connections), (1, 1));
    assert_eq!((worker.record().connected(), worker.record().used()), (1, 1));
}

#[test]
fn probes_are_counted_by_their_answers() {
    let container = Container::always(Step::page());
    let worker = worker(settings(container.port()));
    assert_eq!(asked(&worker), Ok(()));
    drop(container);
    (0..2).for_each(|_| assert!(asked(&worker).is_err()));
    let figures = worker.record().figures().snapshot();
    assert_eq!((figures.probes_answered, figures.probes_failed), (1, 2));
    assert_eq!((figures.answered, figures.unanswered), (0, 0), "they are no CPings of requests");
}

#[test]
fn a_kept_connection_may_have_been_closed_by_the_container() {
    let container = Container::always(Step::page());
    let worker = worker(settings(container.port()));
    assert_eq!(asked(&worker), Ok(()));
    assert!(worker.pool.take_all()[0].connection.reused);
}

#[test]
fn a_connection_without_room_is_closed() {
    let container = Container::always(Step::page());
    let worker = worker(Ajp13Settings { connection_pool_size: Some(1), ..settings(container.port()) });
    let lease = worker.pool.acquire(Duration::ZERO, || true);
    assert_eq!(asked(&worker), Ok(()));
    container.wait_for(|seen| seen.closed == 1);
    assert_eq!(worker.record().connected(), 0);
    drop(lease);
    assert_eq!(asked(&worker), Ok(()));
    assert_eq!(worker.record().connected(), 1);
}

#[test]
fn the_limit_is_that_of_new_connections_before_that_of_requests_before_that_of_all() {
    let container = Container::always(Step::page());
    container.answer_pings(false);
    let (one, two, three) = (Duration::from_millis(31), Duration::from_millis(32), Duration::from_millis(33));
    for (connect_ping, prepost_ping, limit) in
        [(Some(one), Some(two), 31), (None, Some(two), 32), (None, None, 33)]
    {
        let settings =
            Ajp13Settings { connect_ping, prepost_ping, ping_timeout: three, ..settings(container.port()) };
        let place = format!("127.0.0.1:{}", container.port());
        let silent = format!("{place} did not answer a CPing (nothing came within {limit} ms)");
        assert_eq!(asked(&worker(settings)), Err(silent));
    }
    container.wait_for(|seen| seen.closed == 3);
}

#[test]
fn the_limit_holds_for_connecting_as_well_where_that_has_none() {
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    full.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().expect("an address").into()).expect("a port");
    full.listen(0).expect("a queue");
    let place = full.local_addr().expect("bound");
    let _queued: Vec<_> = (0..3)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            socket.set_nonblocking(true).expect("an option");
            let _ = socket.connect(&place);
            socket
        })
        .collect();
    let place = place.as_socket().expect("an address");
    for (socket_connect_timeout, end) in
        [(None, "(timed out)"), (Some(SHORT / 2), "within 30 ms (socket_connect_timeout)")]
    {
        let settings =
            Ajp13Settings { socket_connect_timeout, ping_timeout: SHORT, ..settings(place.port()) };
        assert_eq!(asked(&worker(settings)), Err(format!("{place} took no connection {end}")));
    }
}

#[test]
fn an_answer_may_come_in_pieces() {
    let (port, thread) = peer(CPONG.map(|octet| vec![octet]).to_vec());
    assert_eq!(asked(&worker(settings(port))), Ok(()));
    thread.join().expect("no panic");
}

#[test]
fn an_answer_that_is_none_is_no_sign_of_life() {
    let cases = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "speaks HTTP, not AJP"),
        ([CPONG, CPONG].concat(), "answered a CPing with something else than one CPong"),
        (b"AB\0\x02\x05\x01".to_vec(), "answered a CPing with something else than one CPong"),
        (CPONG[..3].to_vec(), "did not answer a CPing (the connection was closed)"),
        (Vec::new(), "did not answer a CPing (the connection was closed)"),
    ];
    for (answer, why) in cases {
        let (port, thread) = peer(vec![answer]);
        let worker = worker(settings(port));
        let told = asked(&worker).expect_err(why);
        assert!(told.starts_with(&format!("127.0.0.1:{port} ")) && told.contains(why), "{told}");
        assert_eq!((worker.record().connected(), worker.pool.take_all().len()), (0, 0));
        thread.join().expect("no panic");
    }
}

#[test]
fn all_addresses_are_tried_and_a_name_is_doubted_when_none_is_left() {
    let container = Container::always(Step::page());
    let addresses = |list: &[&str]| -> HostAddresses {
        let list: Vec<IpAddr> = list.iter().map(|text| text.parse().expect("an address")).collect();
        HostAddresses::from([("tomcat".to_owned(), Named::found(list))])
    };
    let with = |names: &HostAddresses, port| {
        let settings = Ajp13Settings { host: "tomcat".to_owned(), ..settings(port) };
        let record = AjpHandle::standalone_for_tests(&settings.name);
        Ajp13Worker::new(Arc::new(settings), record, names, &Arc::default(), &Arc::default())
    };
    let first_refuses = with(&addresses(&["127.0.0.2", "127.0.0.1"]), container.port());
    assert_eq!(asked(&first_refuses), Ok(()));
    assert!(!is_doubted(&first_refuses));
    let port = closed_port();
    let all_refuse = with(&addresses(&["127.0.0.2", "127.0.0.3"]), port);
    let told = format!("127.0.0.3:{port} took no connection (Connection refused)");
    assert_eq!(asked(&all_refuse), Err(told));
    assert!(is_doubted(&all_refuse));
}

#[test]
fn an_answer_from_where_the_tomcat_was_is_none() {
    let (old, new) = (Container::always(Step::page()), Container::always(Step::page()));
    let worker = worker(settings(old.port()));
    let logger = Logger::discard();
    let step = worker.probe(logger.with_id("-"));
    worker.address.retarget("127.0.0.1", new.port(), &[]);
    assert_eq!(ends(step), Ok(()));
    assert_eq!((old.seen().pings, new.seen().pings), (1, 1));
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((old.seen().requests.len(), new.seen().connections), (0, 1));
}

fn is_doubted(worker: &Ajp13Worker) -> bool {
    worker.address.doubted.load(Relaxed) != 0
}

fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

#[test]
fn nothing_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let worker = worker(settings(listener.local_addr().expect("bound").port()));
    let logger = Logger::discard();
    let mut step = worker.probe(logger.with_id("-"));
    for _ in 0..3 {
        let probe::Step::Waits(probe) = step else { panic!("nobody has answered") };
        step = probe.go_on(false, logger.with_id("-"));
    }
    let (_stream, _): (TcpStream, _) = listener.accept().expect("a connection");
    assert!(matches!(step, probe::Step::Waits(_)));
}
