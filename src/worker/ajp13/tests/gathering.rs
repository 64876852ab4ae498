//! Packets that are waited for together, whatever becomes of the rest of them.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::time::Instant;

use super::super::connect::connect;
use super::super::connection::{Connection, Wait};
use super::*;

/// More than the receive buffer holds.
const LARGE: usize = 1 << 20;

/// A connection over TCP, and the container's end of it.
fn pair() -> (Box<Connection>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (connected(settings(port)), listener.accept().expect("a connection").0)
}

fn connected(settings: Ajp13Settings) -> Box<Connection> {
    let worker = worker(settings);
    let (socket, peer) = connect(&worker.settings(), &worker.address, Logger::discard().with_id("-"))
        .unwrap_or_else(|error| panic!("{error}"));
    let record = AjpHandle::standalone_for_tests("tomcat");
    Connection::new(socket, peer, &record, worker.settings().max_packet_size, &Arc::default())
}

/// Waits for a condition, however long octets take from one end to the other.
fn until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn receive(connection: &mut Connection) -> Vec<u8> {
    connection.receive(&mut Wait::new(Some(LONG), None)).expect("octets");
    let octets = connection.inbox.octets().to_vec();
    connection.inbox.take(octets.len());
    octets
}

#[test]
fn what_came_is_taken_with_one_read() {
    let (mut connection, mut container) = pair();
    let octets = vec![7; connection.inbox.capacity()];
    container.write_all(&octets).expect("the peer reads");
    until(|| connection.gather(LARGE));
    assert!(receive(&mut connection).len() >= octets.len() - connection.packet_size());
}

#[test]
fn a_part_that_stays_alone_is_taken_as_it_is() {
    let (mut connection, mut container) = pair();
    container.write_all(b"a part").expect("the peer reads");
    assert!(!connection.gather(LARGE), "the rest never comes");
    assert_eq!(receive(&mut connection), b"a part");
}

#[test]
fn the_last_part_is_no_different() {
    let (mut connection, mut container) = pair();
    container.write_all(b"a part").expect("the peer reads");
    assert!(!connection.gather(7));
    assert_eq!(receive(&mut connection), b"a part");
    container.write_all(b"another").expect("the peer reads");
    until(|| connection.gather(7));
    assert_eq!(receive(&mut connection), b"another");
}

/// As many octets as fit, which are taken with the mark as high as it goes.
fn take_a_large_part(connection: &mut Connection, container: &mut TcpStream) {
    let mut missing = connection.inbox.capacity();
    container.write_all(&vec![7; missing]).expect("the peer reads");
    until(|| connection.gather(LARGE));
    while missing > 0 {
        missing -= receive(connection).len();
    }
}

/// A moment that brought enough leaves the mark high for the next one.
#[test]
fn less_than_was_waited_for_before_is_seen_by_the_next_read_and_the_next_request() {
    let (mut connection, mut container) = pair();
    take_a_large_part(&mut connection, &mut container);
    container.write_all(b"more").expect("the peer reads");
    assert_eq!(receive(&mut connection), b"more");

    take_a_large_part(&mut connection, &mut container);
    assert!(connection.is_quiet());
    container.write_all(b"!").expect("the peer reads");
    until(|| !connection.is_quiet());
}

/// The system looks at the mark of a Unix socket when octets are read, and not before.
#[test]
fn a_unix_socket_waits_for_no_more_than_there_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ajp");
    let listener = UnixListener::bind(&path).expect("a socket");
    let host = format!("unix:{}", path.display());
    let mut connection = connected(Ajp13Settings { host, ..settings(8009) });
    let (mut container, _) = listener.accept().expect("a connection");
    container.write_all(b"a part").expect("the peer reads");
    connection.gather(LARGE);
    assert_eq!(receive(&mut connection), b"a part");
}
