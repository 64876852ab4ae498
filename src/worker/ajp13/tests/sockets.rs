//! A Tomcat that takes connections at a Unix socket.

use std::os::unix::net::UnixListener;

use super::super::connect::connect;
use super::*;
use crate::ajp::peer::CPONG;

fn settings_at(path: &std::path::Path) -> Ajp13Settings {
    let host = format!("unix:{}", path.display());
    Ajp13Settings { host, connect_ping: Some(LONG), ..settings(8009) }
}

#[test]
fn a_socket_is_connected_to_and_needs_no_resolver() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ajp");
    let listener = UnixListener::bind(&path).expect("a socket");
    let worker = worker(settings_at(&path));
    assert!(worker.has_contact() && worker.named_host().is_none());
    assert_eq!(worker.address_text(), format!("unix:{}", path.display()));
    let peer = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut ping = [0; crate::ajp::CPING.len()];
        stream.read_exact(&mut ping).expect("a CPing");
        stream.write_all(&CPONG).expect("the peer listens");
    });
    let logger = Logger::discard();
    let lease = worker.pool.acquire(LONG, || true).expect("room");
    let connection = worker.choose(&worker.settings(), &lease, logger.with_id("-"));
    assert!(connection.is_ok_and(|connection| worker.address.is_home_of(&mut connection.peer.clone())));
    peer.join().expect("no panic");
}

#[test]
fn what_is_wrong_with_a_socket_is_told_with_advice() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ajp");
    let told = || {
        let outcome = get(&worker(settings_at(&path)));
        format!("{:?}", outcome.0)
    };
    assert!(told().contains("Connect"), "{}", told());
    let fails = || {
        let worker = worker(settings_at(&path));
        let error = connect(&worker.settings(), &worker.address, Logger::discard().with_id("-"));
        let error = error.expect_err("nobody is there").into();
        let told = worker.tell(&error);
        format!("{told}{}", told.advice())
    };
    let place = path.display();
    assert_eq!(
        fails(),
        format!(
            "unix:{place} took no connection (No such file or directory); Tomcat is not running, or \
             unixDomainSocketPath of its AJP connector in server.xml is not {place}"
        )
    );
    drop(UnixListener::bind(&path).expect("a socket"));
    assert_eq!(
        fails(),
        format!(
            "unix:{place} took no connection (Connection refused); Tomcat is not running: nobody listens at this socket; \
             one that a killed Tomcat left has to be removed before the next can start"
        )
    );
}

/// A queue that is full lets connecting wait, for no longer than it may.
#[test]
fn a_full_queue_is_waited_for_within_socket_connect_timeout() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("ajp");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let waits = Ajp13Settings { socket_connect_timeout: Some(SHORT), ..settings_at(&path) };
    let worker = worker(waits);
    let connect = || connect(&worker.settings(), &worker.address, Logger::discard().with_id("-"));
    // That of the standard library holds 128 and some.
    let held: Vec<_> = std::iter::repeat_with(connect).take(5000).take_while(Result::is_ok).collect();
    assert!((1..5000).contains(&held.len()), "{}", held.len());
    let error = connect().expect_err("no room");
    assert_eq!(
        error.to_string(),
        format!("took no connection within {} ms (socket_connect_timeout)", SHORT.as_millis())
    );
}
