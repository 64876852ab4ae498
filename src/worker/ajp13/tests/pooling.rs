//! Connections between requests: limits, checks, pings and maintenance.

use super::*;
use crate::worker::ajp13::ping::ping;
use crate::worker::ajp13::trace::Trace;
use crate::worker::ajp13::Buffers;
use crate::worker::errands::Errands;
use crate::worker::maintain::maintain_connections;
use crate::worker::Failure;

fn parallel(worker: &Ajp13Worker, clients: usize) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(|| get(worker).0)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

#[test]
fn requests_wait_for_one_of_few_connections() {
    let container = Container::always([vec![Step::Pause(SHORT / 10)], Step::page()].concat());
    let worker = worker(Ajp13Settings { connection_pool_size: Some(2), ..settings(container.port()) });
    assert!(parallel(&worker, 12).iter().all(|outcome| *outcome == Outcome::Done));
    assert!(container.seen().connections <= 2);
}

#[test]
fn a_pool_without_configured_size_grows_with_need() {
    let container = Container::always([vec![Step::Pause(4 * SHORT)], Step::page()].concat());
    let worker =
        worker(Ajp13Settings { connection_acquire_timeout: Duration::ZERO, ..settings(container.port()) });
    assert!(parallel(&worker, 8).iter().all(|outcome| *outcome == Outcome::Done));
    assert_eq!(worker.record().connected() as usize, container.seen().connections);
}

#[test]
fn no_connection_in_time_is_a_failure_of_its_own() {
    let no_connection = Outcome::Failed { failure: Failure::NoConnection, repeatable: true };
    let container = Container::always([vec![Step::Pause(8 * SHORT)], Step::page()].concat());
    for (size, patience) in [(0, LONG), (1, SHORT), (1, Duration::ZERO)] {
        let worker = worker(Ajp13Settings {
            connection_pool_size: Some(size),
            connection_acquire_timeout: patience,
            ..settings(container.port())
        });
        let _taken = worker.pool.acquire(Duration::ZERO, || true);
        assert_eq!(get(&worker).0, no_connection, "size {size}, {patience:?}");
        assert_eq!(worker.record().used(), 0);
    }
}

#[test]
fn connections_that_died_or_spoke_while_idle_are_not_used() {
    let junk = [Step::page(), vec![Step::Pause(SHORT / 2), Step::Send(b"AB".to_vec())]].concat();
    for script in [[Step::page(), vec![Step::Close]].concat(), junk] {
        let container = Container::playing(vec![script, Step::page()]);
        let worker = worker(Ajp13Settings {
            recovery: RecoveryOptions::NOT_AFTER_REQUEST,
            ..settings(container.port())
        });
        assert_eq!(get(&worker).0, Outcome::Done);
        std::thread::sleep(2 * SHORT);
        assert_eq!(get(&worker).0, Outcome::Done);
        assert_eq!((container.seen().connections, container.seen().requests.len()), (2, 2));
    }
}

#[test]
fn a_new_connection_is_pinged_once() {
    for (connect_ping, prepost_ping, pings) in
        [(None, None, 0), (Some(LONG), None, 1), (None, Some(LONG), 2), (Some(LONG), Some(LONG), 2)]
    {
        let container = Container::always(Step::page());
        let worker = worker(Ajp13Settings { connect_ping, prepost_ping, ..settings(container.port()) });
        assert_eq!([get(&worker).0, get(&worker).0], [Outcome::Done, Outcome::Done]);
        assert_eq!((container.seen().pings, container.seen().connections), (pings, 1));
    }
}

#[test]
fn a_new_connection_that_does_not_answer_is_no_connection() {
    let container = Container::always(Step::page());
    container.answer_pings(false);
    let worker =
        worker(Ajp13Settings { connect_ping: Some(SHORT), retries: 2, ..settings(container.port()) });
    let expected = Outcome::Failed { failure: Failure::Connect, repeatable: true };
    assert_eq!(Ask::new("POST").serve(&worker, &mut TestClient::default()), expected);
    assert_eq!((container.seen().connections, container.seen().requests.len()), (2, 0));
    assert_eq!(worker.record().connected(), 0);
}

#[test]
fn one_silent_pooled_connection_is_enough_to_know() {
    let container = Container::always([vec![Step::Pause(2 * SHORT)], Step::page()].concat());
    let worker = worker(Ajp13Settings { prepost_ping: Some(SHORT), ..settings(container.port()) });
    assert_eq!(parallel(&worker, 3), vec![Outcome::Done; 3]);
    container.answer_pings(false);
    let pings = container.seen().pings;
    let expected = Outcome::Failed { failure: Failure::Connect, repeatable: true };
    assert_eq!(get(&worker).0, expected);
    assert_eq!(container.seen().pings, pings + 2, "one on a pooled connection and one on a new one");
}

#[test]
fn anything_but_a_cpong_fails_the_ping() {
    let container = Container::always([Step::page(), vec![Step::Body, Step::end()]].concat());
    let worker =
        worker(Ajp13Settings { connect_ping: None, prepost_ping: None, ..settings(container.port()) });
    assert_eq!(get(&worker).0, Outcome::Done);
    let mut idle = worker.pool.take_all();
    let settings = worker.settings();
    let (logger, connection) = (Logger::discard(), &mut idle[0].connection);
    let error = ping(connection, LONG, Trace::new(logger.with_id("-"), &settings)).unwrap_err();
    assert!(!error.is_silence(), "{error}");
    assert!(error.to_string().contains("something else"), "{error}");
}

#[test]
fn maintenance_closes_what_is_idle_too_long() {
    let container = Container::always([vec![Step::Pause(2 * SHORT)], Step::page()].concat());
    let worker = worker(Ajp13Settings {
        connection_pool_timeout: Some(Duration::from_millis(1)),
        connection_pool_minsize: 1,
        ..settings(container.port())
    });
    assert_eq!(parallel(&worker, 4), vec![Outcome::Done; 4]);
    assert_eq!(worker.record().connected(), 4);
    std::thread::sleep(Duration::from_millis(5));
    worker.close_expired(logger().with_id("-"));
    assert_eq!(worker.record().connected(), 1);
    drop(worker.pool.take_all());
    assert_eq!(worker.record().connected(), 0);
}

#[test]
fn maintenance_pings_what_was_not_heard_of() {
    let container = Container::always(Step::page());
    let worker = worker(Ajp13Settings {
        connection_ping_interval: Some(SHORT),
        ping_timeout: SHORT,
        ..settings(container.port())
    });
    assert_eq!(get(&worker).0, Outcome::Done);
    let ask = || {
        let due = worker.has_questions();
        worker.ask(logger().with_id("-"));
        due
    };
    assert!(!ask());
    assert_eq!(container.seen().pings, 0, "just used");
    std::thread::sleep(2 * SHORT);
    assert_eq!([ask(), ask()], [true, false]);
    assert_eq!((container.seen().pings, worker.record().connected()), (1, 1), "just pinged");
    container.answer_pings(false);
    std::thread::sleep(2 * SHORT);
    assert!(ask());
    assert_eq!((container.seen().pings, worker.record().connected()), (2, 0));
}

#[test]
fn twenty_hung_containers_hold_up_the_care_of_no_other() {
    let (hung, sound) = (Container::always(Step::page()), Container::always(Step::page()));
    hung.answer_pings(false);
    let moment = Some(Duration::from_millis(1));
    let pinged = |port| worker(Ajp13Settings { connection_ping_interval: moment, ..settings(port) });
    let mut workers: Vec<_> = (0..20).map(|_| pinged(hung.port())).collect();
    workers.push(pinged(sound.port()));
    let idle = worker(Ajp13Settings {
        connection_pool_timeout: moment,
        connection_pool_minsize: 0,
        ..settings(sound.port())
    });
    workers.push(idle);
    assert!(workers.iter().all(|worker| get(worker).0 == Outcome::Done));
    std::thread::sleep(Duration::from_millis(5));
    let logger = logger();
    std::thread::scope(|scope| {
        let errands = Errands::new(scope);
        for worker in &workers {
            maintain_connections(worker, &errands, logger.with_id("-"));
        }
        assert_eq!(workers[21].record().connected(), 0, "closed while the others wait");
        sound.wait_for(|seen| seen.pings == 1);
        hung.wait_for(|seen| seen.pings == 20);
        assert!(workers[..20].iter().all(|worker| !worker.has_questions()), "they are being asked");
        hung.close_all();
    });
    assert_eq!(workers[20].record().connected(), 1);
}

#[test]
fn as_many_buffers_as_exchanges_at_a_time_however_many_connections_wait() {
    const CONTAINERS: usize = 20;
    let buffers = Arc::new(Buffers::default());
    let containers: Vec<_> = (0..CONTAINERS).map(|_| Container::always(Step::page())).collect();
    let workers = containers.iter().map(|container| {
        let settings = Ajp13Settings { prepost_ping: Some(LONG), ..settings(container.port()) };
        let record = AjpHandle::standalone_for_tests(&settings.name);
        Ajp13Worker::new(Arc::new(settings), record, &HostAddresses::new(), &Arc::default(), &buffers)
    });
    let workers: Vec<_> = workers.collect();
    for worker in workers.iter().chain(&workers) {
        assert_eq!(get(worker).0, Outcome::Done);
        assert_eq!(buffers.spare(), 1);
    }
    assert_eq!(workers.iter().map(|worker| worker.record().connected()).sum::<u32>() as usize, CONTAINERS);
    let idle = workers[0].pool.take_all();
    assert!(idle.iter().all(|idle| idle.connection.outbox.capacity() == 0));
}
