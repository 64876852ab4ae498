//! A Tomcat that moves, by its name or by a change of host and port: what becomes of its connections.

use std::net::SocketAddr;

use super::*;
use crate::shared::moment;
use crate::worker::ajp13::{Look, Named};
use crate::worker::Failure;

/// A worker whose host is a name, which resolves to 127.0.0.1.
fn named(port: u16) -> Ajp13Worker {
    let settings = Ajp13Settings { host: "tomcat".to_owned(), ..settings(port) };
    let record = AjpHandle::standalone_for_tests(&settings.name);
    let names =
        HostAddresses::from([("tomcat".to_owned(), Named::found(vec!["127.0.0.1".parse().unwrap()]))]);
    Ajp13Worker::new(Arc::new(settings), record, &names, &Arc::default(), &Arc::default())
}

fn answer(worker: &Ajp13Worker, addresses: &[[u8; 4]]) {
    let found = addresses.iter().map(|ip| SocketAddr::from((*ip, 0))).collect();
    worker.take_answer("tomcat", &Ok(found), logger().with_id(""));
}

fn requests(container: &Container) -> (usize, usize) {
    let seen = container.seen();
    (seen.connections, seen.requests.len())
}

#[test]
fn idle_connections_to_an_address_that_is_gone_are_closed_and_new_ones_go_to_the_new_one() {
    let old = Container::always(Step::page());
    let new = old.beside([127, 0, 0, 2], Step::page());
    let worker = named(old.port());
    assert_eq!([get(&worker).0, get(&worker).0], [Outcome::Done, Outcome::Done]);
    answer(&worker, &[[127, 0, 0, 1], [127, 0, 0, 2]]);
    assert_eq!(get(&worker).0, Outcome::Done, "the address is one of two now");
    assert_eq!(requests(&old), (1, 3));
    answer(&worker, &[[127, 0, 0, 2]]);
    old.wait_for(|seen| seen.closed == 1);
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((requests(&old), requests(&new)), ((1, 3), (1, 1)));
}

#[test]
fn what_is_in_use_is_finished_where_it_began_and_closed_then() {
    let old = Container::always([vec![Step::Pause(2 * SHORT)], Step::page()].concat());
    let new = old.beside([127, 0, 0, 2], Step::page());
    let worker = named(old.port());
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| get(&worker).0);
        old.wait_for(|seen| seen.requests.len() == 1);
        answer(&worker, &[[127, 0, 0, 2]]);
        assert_eq!(get(&worker).0, Outcome::Done);
        assert_eq!(busy.join().unwrap(), Outcome::Done);
    });
    old.wait_for(|seen| seen.closed == 1);
    assert_eq!((requests(&old), requests(&new)), ((1, 1), (1, 1)));
    assert_eq!(worker.record().connected(), 1);
}

#[test]
fn an_idle_connection_that_nobody_has_closed_yet_is_not_used() {
    let old = Container::always(Step::page());
    let new = old.beside([127, 0, 0, 2], Step::page());
    let worker = named(old.port());
    assert_eq!(get(&worker).0, Outcome::Done);
    worker.address.adopt("tomcat", vec!["127.0.0.2:0".parse().unwrap()]);
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((requests(&old), requests(&new)), ((1, 1), (1, 1)));
    worker.address.adopt("tomcat", vec!["127.0.0.1:0".parse().unwrap()]);
    assert_eq!(worker.look_for_host(moment(), logger().with_id("")), Look::Nothing);
    new.wait_for(|seen| seen.closed == 1);
}

#[test]
fn host_and_port_changed_at_run_time_move_all_connections() {
    let (old, new) = (Container::always(Step::page()), Container::always(Step::page()));
    let worker = worker(settings(old.port()));
    assert_eq!(get(&worker).0, Outcome::Done);
    worker.retarget("127.0.0.1", new.port(), &[], logger().with_id(""));
    old.wait_for(|seen| seen.closed == 1);
    assert_eq!(get(&worker).0, Outcome::Done);
    worker.retarget("127.0.0.1", 0, &[], logger().with_id(""));
    assert!(!worker.has_contact());
    new.wait_for(|seen| seen.closed == 1);
    let logger = logger();
    let (mut client, mut progress) = (TestClient::default(), Progress::default());
    let outcome = Ask::new("GET").serve_with(&worker, &mut client, &mut progress, &logger);
    assert_eq!(outcome, Outcome::Failed { failure: Failure::Connect, repeatable: true });
    assert!(logger.captured().iter().any(|line| line.contains("is no place to connect to")), "{logger:?}");
    worker.retarget("localhost", new.port(), &["127.0.0.1".parse().unwrap()], logger.with_id(""));
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((requests(&old), requests(&new)), ((1, 1), (2, 2)));
}

#[test]
fn an_address_that_was_changed_is_where_the_next_request_goes() {
    let (old, new) = (Container::always(Step::page()), Container::always(Step::page()));
    let worker = worker(settings(old.port()));
    assert_eq!(get(&worker).0, Outcome::Done);
    let change = |settings: &mut Ajp13Settings| settings.port = new.port();
    worker.record.values().change(&*worker.configured, change).expect("changed");
    worker.keep_current();
    assert_eq!(get(&worker).0, Outcome::Done);
    assert_eq!((requests(&old), requests(&new)), ((1, 1), (1, 1)));
}

#[test]
fn a_request_without_any_address_fails_at_once_and_has_the_name_asked_for() {
    let settings = Ajp13Settings { host: "tomcat".to_owned(), ..settings(8009) };
    let worker = worker(settings);
    assert_eq!(get(&worker).0, Outcome::Failed { failure: Failure::Connect, repeatable: true });
    let soon = moment() + 2000;
    assert_eq!(worker.look_for_host(soon, logger().with_id("")), Look::Due("tomcat".to_owned()));
}
