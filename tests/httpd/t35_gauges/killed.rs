//! Children are killed, as by an operator or for lack of memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::Signal;

use super::{Bench, BIG, PATIENCE};
use crate::support::client::Reply;
use crate::support::httpd::Httpd;
use crate::support::pinned::Pinned;
use crate::support::report::{change, Report};
use crate::support::site::Mpm;
use crate::support::{process, wait};

const KILLS: usize = 20;
const CLIENTS: usize = 12;

/// Children that are replaced as soon as they are gone, and room for all clients in each.
fn sizing(mpm: Mpm) -> &'static str {
    match mpm {
        Mpm::Event | Mpm::Worker => {
            "StartServers 4\nServerLimit 4\nThreadsPerChild 16\nThreadLimit 16\nMaxRequestWorkers 64\n\
             MinSpareThreads 64\nMaxSpareThreads 80\n"
        }
        Mpm::Prefork => {
            "StartServers 20\nServerLimit 20\nMaxRequestWorkers 20\nMinSpareServers 20\nMaxSpareServers 21\n"
        }
    }
}

/// A connection that ended without the answer it was asked for.
struct Lost {
    /// Who served the requests before.
    process: Option<u32>,
    connected: Instant,
    ended: Instant,
    what: String,
}

#[derive(Default)]
struct Load {
    stop: AtomicBool,
    finished: AtomicUsize,
    /// The process behind each client's connection.
    processes: Mutex<BTreeMap<usize, u32>>,
    lost: Mutex<Vec<Lost>>,
}

/// A child that was killed, from just before to just after.
struct Killed {
    process: u32,
    before: Instant,
    after: Instant,
}

pub fn run(mpm: Mpm) {
    let bench = Bench::start(mpm, sizing(mpm));
    let load = Load::default();
    let killed = thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (load, port) = (&load, bench.httpd.port());
            scope.spawn(move || load.client(number, port));
        }
        // Also where the test fails: the scope waits for the clients.
        let _end = StopAtEnd(&load);
        load.kill_children(&bench)
    });
    let lost = load.lost.into_inner();
    for Lost { process, connected, ended, what } in &lost {
        let is_victim = killed.iter().any(|killed| match process {
            Some(process) => killed.process == *process,
            // Accepted by a child that never answered anything.
            None => killed.before <= *ended && *connected <= killed.after,
        });
        assert!(is_victim, "a request of process {process:?}, which nobody killed: {what}");
    }
    for victim in killed.iter().map(|killed| killed.process) {
        assert!(lost.iter().any(|lost| lost.process == Some(victim)), "{victim} was killed while idle");
    }
    let kills = killed.len();
    eprintln!(
        "gauges under {}: {} requests, {kills} kills, {} lost",
        mpm.name(),
        load.finished.into_inner(),
        lost.len()
    );
    bench.assert_true_counts("kills");
    bench.assert_nothing_is_left();
}

struct StopAtEnd<'a>(&'a Load);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

impl Load {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn client(&self, number: usize, port: u16) {
        while !self.is_over() {
            let (mut connection, connected) = (Pinned::new(port), Instant::now());
            let mut process = None;
            while !self.is_over() {
                let (path, headers) = request(number, self.finished.load(Ordering::Relaxed));
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = connection.try_get(path, &headers);
                let reply = match answer.map_err(|error| error.to_string()) {
                    Ok(reply) => reply,
                    Err(what) => {
                        let ended = Instant::now();
                        self.processes.lock().remove(&number);
                        self.lost.lock().push(Lost { process, connected, ended, what });
                        break;
                    }
                };
                assert_good(path, &reply);
                let served_by = Report::of(&reply).process();
                process = Some(served_by);
                self.processes.lock().insert(number, served_by);
                self.finished.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn kill_children(&self, bench: &Bench) -> Vec<Killed> {
        let full = bench.httpd.children().len();
        let kill = |number| {
            let goal = self.finished.load(Ordering::Relaxed) + 5 * CLIENTS;
            let process = wait::until("load on enough children", PATIENCE, || {
                let is_ready = self.finished.load(Ordering::Relaxed) >= goal
                    && bench.httpd.children().len() >= full.min(CLIENTS).div_ceil(2);
                let busy = self.processes.lock();
                busy.values().nth(number % busy.len().max(1)).filter(|_| is_ready).copied()
            });
            let before = Instant::now();
            process::send(process, Signal::KILL);
            wait::until_true("the end of the child", PATIENCE, || !bench.httpd.children().contains(&process));
            Killed { process, before, after: Instant::now() }
        };
        (0..KILLS).map(kill).collect()
    }
}

/// One client changes settings all the time, the others load pages of all kinds.
fn request(client: usize, count: usize) -> (&'static str, Vec<(&'static str, String)>) {
    match client % 6 {
        0 => ("/page", vec![("Jk-Test-Change", format!("lb a lbfactor {}", 1 + count % 3))]),
        1 | 2 => ("/slow", Vec::new()),
        3 => ("/big", Vec::new()),
        4 => ("/flushed", Vec::new()),
        _ => ("/page", Vec::new()),
    }
}

fn assert_good(path: &str, reply: &Reply) {
    let body = match path {
        "/big" => vec![b'x'; BIG],
        "/flushed" => b"partpartpartpart".to_vec(),
        _ => b"page".to_vec(),
    };
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    assert!(reply.body == body, "{path}: {} octets", reply.body.len());
}

/// Connections to two children.
fn two_children(bench: &Bench) -> [Pinned; 2] {
    let mut first = bench.pinned();
    let served_by = |connection: &mut Pinned| Report::of(&connection.get("/apart", &[])).process();
    let process = served_by(&mut first);
    let second = wait::until("a connection to another child", PATIENCE, || {
        let mut connection = bench.pinned();
        (served_by(&mut connection) != process).then_some(connection)
    });
    [first, second]
}

pub fn with_lock(mpm: Mpm) {
    let bench = Bench::start(mpm, sizing(mpm));
    // The member for the balancer, its Tomcat, and the balancer itself.
    let changes = [
        ("lb a lbfactor 7, distance 7, route half", "lb a distance 5, domain d"),
        ("lb a retries 7, host 127.0.0.9", "lb a retries 5"),
        ("lb - sticky_session 0, method 3", "lb - sticky_session_force 1"),
    ];
    for time in [0, 200] {
        for (cut_off, whole) in changes {
            let [mut dying, mut other] = two_children(&bench);
            let order = [("Jk-Test-Change", cut_off), ("Jk-Test-Die", &time.to_string())];
            let held = |httpd: &Httpd| httpd.error_log().matches("holds the lock of changes").count();
            let before = held(&bench.httpd);
            dying.send("GET", "/page", &order).expect("httpd reads");
            wait::until_true("the lock", PATIENCE, || held(&bench.httpd) > before);
            // While the lock is held, or after.
            let reply = change(&mut other, "/page", whole);
            assert_eq!(reply.status, 200, "{whole} after {cut_off}");
            assert!(dying.receive().is_err(), "it died with the lock");
        }
    }
    wait::until_true("all children", Duration::from_secs(30), || {
        let report = bench.report();
        let of_member = |word| report.text("member", "a", word).to_owned();
        let seen = ["lbfactor", "distance", "route", "domain"].map(of_member);
        assert_eq!(seen, ["1", "5", "a", "d"]);
        assert_eq!(report.text("lb", "lb", "method"), "Request");
        bench.httpd.children().len() >= 4
    });
    bench.assert_true_counts("kills");
    bench.assert_nothing_is_left();
}
