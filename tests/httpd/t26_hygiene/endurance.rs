//! Thousands of failing requests and aborting clients, after which everything is as before.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::ajp;
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::process;
use crate::support::raw;
use crate::support::site::{as_nobody, Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

/// Connections of the worker, and busy_limit: what a request does not give back is missed soon.
const PLACES: usize = 4;

/// Failures of each kind, as far as the machine manages them in time.
const ROUNDS: usize = 300;
const LIMIT: Duration = Duration::from_secs(8);

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_child_without_descriptors_answers_503_and_recovers", no_descriptors)
        .test("no_fault_of_a_client_puts_a_member_into_error", members)
        .alone_under(&[Mpm::Event, Mpm::Prefork], "thousands_of_failures_and_aborts_leave_nothing", run)
}

/// Requests that are given up or fail: the path says what the backend does, the rest is cut by the client.
const ATTACKS: [&str; 12] = [
    "GET /malformed HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /torn HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /reset HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /surplus HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /endless HTTP/1.1\r\nHost: h\r\n\r\n",
    "HEAD /endless HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /ok HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome",
    "POST /ok HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsome",
    "POST /asks HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    "POST /ok HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    "GET /ok HTTP/1.1\r\nHost: h\r\nX: ",
    "POST /stolen HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
];

/// Paths of the attacks in which only the client is at fault.
const BY_CLIENTS: [&str; 3] = [" /endless ", " /ok ", " /stolen "];

fn backend() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let head = ajp::send_headers(200, &[]);
            match forward.uri.as_str() {
                "/malformed" => connection.send(&ajp::packet(&[77])),
                "/torn" => connection.send(&[&head[..], &ajp::body_chunk(b""), b"AB"].concat()),
                "/reset" => return connection.reset(),
                "/surplus" => connection.send(&[&head[..], &ajp::end_response(true), &head].concat()),
                "/endless" => {
                    connection.send(&head);
                    while connection.offer(&ajp::body_chunk(&[b'x'; 8000])) {}
                    return;
                }
                "/asks" => {
                    while connection.offer(&ajp::get_body_chunk(8186)) && connection.body_packet().is_some() {
                    }
                }
                _ => {
                    if connection.body(&forward, |_| {}).is_none() {
                        return;
                    }
                    connection.answer(&Answer::ok("done"));
                    continue;
                }
            }
            return;
        }
    })
}

/// Sends each attack once and goes away: at once, or after the first octets of an answer.
fn attack(port: u16, round: usize) {
    for request in ATTACKS {
        let mut stream = raw::connect(port);
        stream.write_all(request.as_bytes()).expect("httpd reads");
        if round % 2 == 0 && request.ends_with("\r\n\r\n") {
            let mut some = [0; 10];
            stream.peek(&mut some).ok();
        }
    }
}

fn attack_from_all_sides(port: u16, rounds: usize) -> usize {
    let deadline = Instant::now() + LIMIT;
    let attackers = (0..PLACES).map(|_| {
        thread::spawn(move || {
            (0..rounds).take_while(|_| Instant::now() < deadline).map(|round| attack(port, round)).count()
        })
    });
    let attackers: Vec<_> = attackers.collect();
    attackers.into_iter().map(|attacker| attacker.join().expect("an attacker that does not panic")).sum()
}

/// The spare serves as soon as the first member is in error, and does so for a minute.
fn members() {
    let (first, spare) = (backend(), Backend::constant("spare"));
    let httpd = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=first,spare\n\
             worker.lb.error_escalation_time=0\nworker.spare.distance=1\n{}{}",
            first.worker("first"),
            spare.worker("spare")
        ))
        .conf("JkMount /* lb\nLimitRequestFieldSize 200000")
        .start();
    let long = format!("GET /ok HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let of_clients = ATTACKS.iter().filter(|request| BY_CLIENTS.iter().any(|path| request.contains(path)));
    for request in of_clients.copied().chain([long.as_str()]) {
        for answer in [0, 10, 50_000] {
            let mut stream = raw::connect(httpd.port());
            stream.write_all(request.as_bytes()).expect("httpd reads");
            if request.contains("GET /endless") {
                stream.read_exact(&mut vec![0; answer]).expect("an endless answer");
            }
            drop(stream);
            assert_eq!(httpd.get("/ok").text(), "done", "after {:.60}", request);
        }
    }
    let broken = "GET /malformed HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert_eq!(raw::exchange(httpd.port(), broken).body, b"spare");
    assert_eq!(httpd.get("/ok").text(), "spare", "a fault of the member itself is what this test would see");
}

/// Promises, the operating system: one more descriptor is enough for a client, and none is left for its Tomcat.
fn no_descriptors() {
    let backend = backend();
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}worker.w.retries=1\n", backend.worker("w")))
        .conf("JkMount /* w\nKeepAlive Off")
        .start();
    let child = httpd.children()[0];
    let limit = |descriptors: usize| {
        let mut prlimit = Command::new("setpriv");
        prlimit.args(as_nobody()).args([
            "prlimit",
            "--pid",
            &child.to_string(),
            &format!("--nofile={descriptors}:"),
        ]);
        assert!(prlimit.status().expect("setpriv runs").success());
    };
    let is_free = |number: &usize| !Path::new(&format!("/proc/{child}/fd/{number}")).exists();
    limit((0..).find(is_free).expect("a free number") + 1);
    for _ in 0..3 {
        assert_eq!(httpd.get("/ok").status, 503);
    }
    limit(1024);
    assert_eq!(httpd.get("/ok").text(), "done");
    assert_eq!(httpd.children(), [child]);
}

/// As many requests at once as there are places: all are served as soon as nothing is held any more.
fn assert_free(httpd: &Httpd) {
    wait::until_true("every place to be free again", Duration::from_secs(30), || {
        let clients = (0..PLACES).map(|_| {
            let client = httpd.client();
            thread::spawn(move || client.get("/ok").status)
        });
        let clients: Vec<_> = clients.collect();
        let statuses: Vec<_> = clients.into_iter().map(|client| client.join().expect("a status")).collect();
        statuses.iter().all(|status| *status == 200)
    });
}

fn run(mpm: Mpm) {
    let backend = backend();
    let httpd = Site::single_child(mpm, 8)
        .workers(&format!(
            "worker.list=w\n{}worker.w.retries=1\nworker.w.connection_pool_size={PLACES}\nworker.w.busy_limit={PLACES}\n",
            backend.worker("w")
        ))
        .conf("JkMount /* w\nJkLogLevel emerg\nKeepAlive Off")
        .start();
    let warm = attack_from_all_sides(httpd.port(), ROUNDS / 4);
    assert_free(&httpd);
    let children = httpd.children();
    let state = || children.iter().map(|child| state_of(*child)).collect::<Vec<_>>();
    let before = state();
    let rounds = attack_from_all_sides(httpd.port(), ROUNDS);
    assert_free(&httpd);
    let after = state();
    eprintln!("endurance under {}: {warm} and {rounds} rounds, {before:?} {after:?}", mpm.name());
    assert!(rounds * ATTACKS.len() >= 1000, "only {rounds} rounds: no load");
    assert_eq!(httpd.children(), children, "a child ended: {}", httpd.error_log());
    for (before, after) in before.iter().zip(&after) {
        // What differs is the number of connections that happen to be idle.
        assert!(after.0 <= before.0 + PLACES, "descriptors: {before:?} before, {after:?} after");
        assert!(after.1 < before.1 + (2 << 20), "octets resident: {before:?} before, {after:?} after");
    }
}

fn state_of(child: u32) -> (usize, u64) {
    (process::descriptors(child), process::proc_octets(child, "smaps_rollup", "Rss"))
}
