//! Probers over real sockets: who asks, and that nobody waits for those who hang.

use std::net::TcpListener;
use std::sync::Arc;

use super::*;
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::WorkersSettings;
use crate::log::Logger;
use crate::shared::{Health, MemberState, Shared};
use crate::worker::ajp13::tests::{Container, Step as Play};
use crate::worker::HostAddresses;

/// A balancer whose members listen on `ports`.
fn balancer(ports: &[u16]) -> WorkersSettings {
    let names: Vec<_> = (0..ports.len()).map(|number| format!("t{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut lb = lb_settings("lb", &names);
    for (member, port) in lb.members.iter_mut().zip(ports) {
        (member.worker.host, member.worker.port) = ("127.0.0.1".to_owned(), *port);
    }
    settings_of(&[lb], &[])
}

/// Workers of one process over `shared`.
fn process(settings: &WorkersSettings, shared: &Arc<Shared>) -> Workers {
    Workers::build(settings, &HostAddresses::new(), shared, Logger::discard().with_id("-"))
}

fn put_into_error(shared: &Shared, members: usize) {
    let error = Health { state: MemberState::Error, first_error: None, last_error: None };
    (0..members).for_each(|number| {
        shared.member("lb", &format!("t{number}")).expect("a member").update_health(|_| Some(error));
    });
}

fn states(shared: &Shared, members: usize) -> Vec<MemberState> {
    let state = |number| shared.member("lb", &format!("t{number}")).expect("a member").health().state;
    (0..members).map(state).collect()
}

fn round(prober: &mut Prober<'_>) -> Duration {
    prober.round(Logger::discard().with_id("-"))
}

/// A port that takes connections and never answers.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port)
}

#[test]
fn who_hangs_holds_up_no_other() {
    let container = Container::always(Play::page());
    let (_silent, silent) = silent();
    let ports: Vec<u16> =
        (0..60).map(|number| if number % 3 == 0 { container.port() } else { silent }).collect();
    let settings = balancer(&ports);
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let workers = process(&settings, &shared);
    put_into_error(&shared, 60);
    let mut prober = workers.prober(1).expect("a balancer");
    for _ in 0..1000 {
        round(&mut prober);
        if prober.running.len() <= 40 {
            break;
        }
    }
    let expected = |number| if number % 3 == 0 { MemberState::Ok } else { MemberState::Probe };
    assert_eq!(states(&shared, 60), (0..60).map(expected).collect::<Vec<_>>());
    assert_eq!((prober.running.len(), container.seen().pings), (40, 20));
}

#[test]
fn there_is_a_limit_to_probes_under_way() {
    let (_silent, silent) = silent();
    let members = PLACES + 4;
    let settings = balancer(&vec![silent; members]);
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let workers = process(&settings, &shared);
    put_into_error(&shared, members);
    let mut prober = workers.prober(1).expect("a balancer");
    let asked = |shared: &Shared| {
        states(shared, members).iter().filter(|state| **state == MemberState::Probe).count()
    };
    for _ in 0..2 {
        prober.term.next = Instant::now();
        round(&mut prober);
        assert_eq!((prober.running.len(), asked(&shared)), (PLACES, PLACES));
    }
}

#[test]
fn one_process_asks_and_another_goes_on_when_its_lease_has_ended() {
    let (listener, silent) = silent();
    let settings = balancer(&[silent]);
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let (one, other) = (process(&settings, &shared), process(&settings, &shared));
    put_into_error(&shared, 1);
    let (mut first, mut second) = (one.prober(1).expect("a balancer"), other.prober(2).expect("a balancer"));
    round(&mut first);
    let pause = round(&mut second);
    assert_eq!((first.running.len(), second.running.len()), (1, 0));
    assert!(pause <= LEASE, "it looks again when the lease ends: {pause:?}");
    listener.set_nonblocking(true).expect("an option");
    assert!(listener.accept().is_ok() && listener.accept().is_err(), "asked once");
    // The first one hangs.
    std::thread::sleep(pause);
    round(&mut second);
    assert_eq!(second.running.len(), 1);
    assert!(listener.accept().is_ok(), "asked again");
    round(&mut first);
    assert_eq!((first.running.len(), second.running.len()), (0, 1), "it woke up, and lets go");
}

#[test]
fn nobody_is_asked_where_no_balancer_wants_it() {
    let container = Container::always(Play::page());
    let mut settings = balancer(&[container.port()]);
    let crate::config::settings::WorkerKind::Lb(lb) = &mut settings.workers[0].kind else {
        panic!("the first is the balancer")
    };
    lb.recover_probe = false;
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let workers = process(&settings, &shared);
    put_into_error(&shared, 1);
    let mut prober = workers.prober(1).expect("a balancer");
    assert!(round(&mut prober) > Duration::ZERO);
    assert_eq!((prober.running.len(), states(&shared, 1)), (0, vec![MemberState::Error]));
    let alone = settings_of(&[], &["t1"]);
    let shared = Shared::create(None, &alone, 2).expect("memory");
    assert!(process(&alone, &shared).prober(1).is_none());
}

#[test]
fn one_process_stops_who_has_drained_and_all_see_it() {
    thread_local! {
        static CLOCK: std::cell::Cell<i64> = std::cell::Cell::new(crate::shared::now());
    }
    let mut settings = balancer(&[1, 2]);
    let crate::config::settings::WorkerKind::Lb(lb) = &mut settings.workers[0].kind else {
        panic!("the first is the balancer")
    };
    lb.recover_probe = false;
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let logger = Logger::capture(crate::log::Level::Info);
    let build = || {
        let log = logger.with_id("-");
        Workers::with_clock(&settings, &HostAddresses::new(), &shared, log, || {
            CLOCK.with(std::cell::Cell::get)
        })
    };
    let [one, other] = [build(), build()];
    let lb = |workers: &Workers| match workers.get("lb") {
        Some(Worker::Lb(lb)) => [0, 1].map(|index| lb.current_member(index).activation),
        _ => panic!("lb is a balancer"),
    };
    let Some(Worker::Lb(ordering)) = one.get("lb") else { panic!("lb is a balancer") };
    ordering.drain(0, Some(Duration::from_secs(7))).expect("ordered");
    CLOCK.with(|clock| clock.set(clock.get() + 7));
    let [mut first, mut second] =
        [(1, &one), (2, &other)].map(|(id, workers)| workers.prober(id).expect("a balancer"));
    for prober in [&mut first, &mut second] {
        prober.round(logger.with_id("-"));
    }
    use crate::config::settings::Activation::{Active, Stopped};
    assert_eq!([lb(&one), lb(&other)], [[Stopped, Active]; 2]);
    assert_eq!(logger.captured().len(), 1, "{:?}", logger.captured());
}

#[test]
fn a_process_begins_goes_on_and_rests() {
    let start = Instant::now();
    let mut term = Term::new(start);
    let mut at = |milliseconds, claim: Result<(), u64>| {
        let now = start + Duration::from_millis(milliseconds);
        let duty = term.duty(now, || claim.map_err(Duration::from_millis));
        (duty, term.lasts(now))
    };
    let mine = Ok(());
    assert_eq!(at(0, Err(1500)), (Duty::Rest, true), "another has the lease");
    assert_eq!(at(1499, mine), (Duty::Go, true), "and is not looked after until it ends");
    assert_eq!(at(1500, mine), (Duty::Begin, true));
    assert_eq!(at(2499, mine), (Duty::Go, true));
    assert_eq!(at(2500, mine), (Duty::Look, true));
    assert_eq!(at(4249, mine), (Duty::Look, true), "late, but in time");
    assert_eq!(at(5999, mine), (Duty::Begin, true), "too late: another may have been there");
    assert_eq!(at(6999, Err(100)), (Duty::Rest, true), "another is");
}
