//! Rounds over workers whose resolver is a function.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;

use parking_lot::Condvar;

use super::*;
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::{LbSettings, WorkersSettings};
use crate::log::Logger;
use crate::shared::Shared;
use crate::worker::HostAddresses;

/// Balancers whose members' hosts are called as they are.
fn lb(name: &str, members: &[&str]) -> LbSettings {
    let mut settings = lb_settings(name, members);
    settings.members.iter_mut().for_each(|member| member.worker.host = member.worker.name.clone());
    settings
}

fn build(settings: &WorkersSettings, shared: &Arc<Shared>) -> Workers {
    Workers::build(settings, &HostAddresses::new(), shared, Logger::discard().with_id(""))
}

/// Goes rounds until `is_done`, and fails after a minute.
fn go_rounds(workers: &Workers, lookup: Lookup, is_done: impl Fn() -> bool, after: impl FnOnce()) {
    let (logger, begin) = (Logger::discard(), Instant::now());
    std::thread::scope(|scope| {
        let resolver = Resolver::new(scope, workers, lookup);
        while !is_done() && begin.elapsed() < Duration::from_secs(60) {
            resolver.round(logger.with_id(""));
            std::thread::sleep(Duration::from_millis(5));
        }
        let was_done = is_done();
        after();
        assert!(was_done, "not in a minute");
    });
}

fn contacts(workers: &Workers) -> usize {
    workers.containers().filter(|worker| worker.has_contact()).count()
}

#[test]
fn all_workers_are_looked_after_and_a_host_of_many_is_asked_for_once() {
    static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn lookup(host: &str) -> Answer {
        ASKED.lock().push(host.to_owned());
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
    }
    let mut alone = settings_of(&[lb("a", &["t1", "t2", "t3"]), lb("b", &["t1"])], &["t4"]);
    if let crate::config::settings::WorkerKind::Ajp13(settings) = &mut alone.workers[2].kind {
        settings.host = "t2".to_owned();
    }
    let shared = Shared::create(None, &alone, 2).expect("memory");
    let workers = build(&alone, &shared);
    go_rounds(&workers, lookup, || contacts(&workers) == 5, || ());
    let mut asked = ASKED.lock().clone();
    asked.sort();
    assert_eq!(asked, ["t1", "t2", "t3"]);
}

#[test]
fn of_two_processes_one_asks() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    fn lookup(_: &str) -> Answer {
        ASKED.fetch_add(1, SeqCst);
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
    }
    let settings = settings_of(&[lb("a", &["t1", "t2"])], &[]);
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let processes = [build(&settings, &shared), build(&settings, &shared)];
    std::thread::scope(|scope| {
        for process in &processes {
            scope.spawn(|| go_rounds(process, lookup, || contacts(process) == 2, || ()));
        }
    });
    assert_eq!(ASKED.load(SeqCst), 2);
}

#[test]
fn names_that_hang_hold_up_no_other_and_are_not_asked_for_twice() {
    static HUNG: (Mutex<(usize, bool)>, Condvar) = (Mutex::new((0, false)), Condvar::new());
    fn lookup(host: &str) -> Answer {
        if !host.starts_with("hung") {
            return Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        }
        let mut state = HUNG.0.lock();
        state.0 += 1;
        HUNG.1.wait_while(&mut state, |(_, released)| !*released);
        Err(io::Error::other("no answer"))
    }
    let names: Vec<String> = (0..100).map(|number| format!("hung{number}")).chain(["sound".into()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = settings_of(&[lb("a", &names)], &[]);
    let shared = Shared::create(None, &settings, 2).expect("memory");
    let workers = build(&settings, &shared);
    let begin = Instant::now();
    let is_done = || contacts(&workers) == 1 && HUNG.0.lock().0 == 100;
    // Past the time in which a doubtful name would be asked for again.
    let is_over = || is_done() && begin.elapsed() > Duration::from_secs(3);
    go_rounds(&workers, lookup, is_over, || {
        assert_eq!(HUNG.0.lock().0, 100, "each is asked for once, as long as it hangs");
        HUNG.0.lock().1 = true;
        HUNG.1.notify_all();
    });
}
