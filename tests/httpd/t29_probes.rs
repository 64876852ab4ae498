//! Members in error are asked by CPing in the background: before any user's request, by one process for all, and so that
//! none that hangs holds up another.
//!
//! Rules: "load-balancer, section 6.1" and "decisions, row 10".

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::Signal;
use socket2::{Domain, Socket, Type};

use crate::support::ajp;
use crate::support::backend::{self, Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{ports, process, wait};

const PATIENCE: Duration = Duration::from_secs(60);

/// The payload of a CPing.
const CPING: [u8; 1] = [10];

pub fn suite() -> Suite {
    Suite::new("probes")
        .under(
            &[Mpm::Event, Mpm::Prefork],
            "no_request_reaches_a_member_in_error_before_it_answered",
            asked_first,
        )
        .test("without_probes_a_users_request_tries", without)
        .under(&ALL_MPMS, "all_members_down_is_503_and_the_first_that_returns_serves", all_down)
        .test("a_forced_session_is_refused_at_once_until_its_member_answered", forced_session)
        .each(&[("killed", Signal::KILL), ("hung", Signal::STOP)], "another_process_goes_on", another_goes_on)
        .alone("a_hundred_that_hang_hold_up_none_of_four_hundred", many)
}

/// What a member saw and did, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    CPing,
    CPong,
    Request,
}

/// How a member is now, and what became of it.
#[derive(Default)]
struct Member {
    is_mute: AtomicBool,
    /// Its application is broken: requests are lost.
    loses: AtomicBool,
    events: Mutex<Vec<Event>>,
    /// CPings that wait for an answer, and the most at a time.
    waiting: AtomicUsize,
    most_waiting: AtomicUsize,
}

impl Member {
    fn play(&self, connection: &mut Connection) {
        while let Some(packet) = connection.packet() {
            if packet != CPING {
                self.events.lock().push(Event::Request);
                if self.loses.load(SeqCst) {
                    return;
                }
                connection.answer(&Answer::ok("a"));
                continue;
            }
            self.events.lock().push(Event::CPing);
            if self.is_mute.load(SeqCst) {
                self.most_waiting.fetch_max(self.waiting.fetch_add(1, SeqCst) + 1, SeqCst);
                connection.stall();
                self.waiting.fetch_sub(1, SeqCst);
                return;
            }
            self.events.lock().push(Event::CPong);
            connection.send(&ajp::cpong());
        }
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().clone()
    }

    fn count(&self, event: Event) -> usize {
        self.events().into_iter().filter(|seen| *seen == event).count()
    }
}

fn listen(member: &Arc<Member>, port: u16) -> Backend {
    let member = Arc::clone(member);
    Backend::start_at(port, move |connection| member.play(connection))
}

fn balancer(site: Site, members: &[(&str, u16)], properties: &str) -> Httpd {
    let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    let workers: String = members.iter().map(|(name, port)| backend::worker(name, *port)).collect();
    site.workers(&format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers={}\nworker.lb.recover_time=1\n{workers}\
         {properties}",
        names.join(",")
    ))
    .conf("JkMount /* lb\nJkLogLevel debug")
    .start()
}

/// The page of a session of member a, or the status without one.
fn session_of_a(httpd: &Httpd) -> String {
    let reply = httpd.client().get_with("/x", &[("Cookie", "JSESSIONID=0123456789.a")]);
    match reply.status {
        200 => reply.text(),
        status => status.to_string(),
    }
}

fn asked_first(mpm: Mpm) {
    let (member, port) = (Arc::new(Member::default()), ports::free());
    let (_a, b, never) = (listen(&member, port), Backend::constant("b"), Backend::constant("c"));
    let members = [("a", port), ("b", b.port()), ("c", never.port())];
    let properties = "worker.maintain=0\nworker.a.ping_timeout=400\nworker.c.distance=1\n";
    let httpd = balancer(Site::new(mpm), &members, properties);
    member.loses.store(true, SeqCst);
    member.is_mute.store(true, SeqCst);
    wait::until_true("the member's error", PATIENCE, || {
        assert_eq!(session_of_a(&httpd), "b");
        httpd.jk_log().contains("it is in error state now")
    });
    member.events.lock().clear();
    member.loses.store(false, SeqCst);
    wait::until_true("three CPings", PATIENCE, || {
        assert_eq!(session_of_a(&httpd), "b", "it has not answered");
        member.count(Event::CPing) >= 3
    });
    assert!(member.events().iter().all(|event| *event == Event::CPing), "{:?}", member.events());
    assert_eq!(member.most_waiting.load(SeqCst), 1, "one process asks, once at a time");
    member.is_mute.store(false, SeqCst);
    wait::until_true("the member to take requests", PATIENCE, || session_of_a(&httpd) == "a");
    let events = member.events();
    let pong = events.iter().position(|event| *event == Event::CPong);
    let request = events.iter().position(|event| *event == Event::Request);
    assert!(pong.is_some() && pong < request, "{events:?}");
    assert_eq!(member.count(Event::CPong), 1, "one answer is enough: {events:?}");
    assert_eq!((b.pings(), never.connections()), (0, 0), "who works, or was never used, is not asked");
    let log = httpd.jk_log();
    assert_eq!(
        log.matches("(lb) member a works again: it answered the CPing of process ").count(),
        1,
        "{log}"
    );
    assert!(log.contains("(lb) member a does not work yet: 127.0.0.1:"), "{log}");
}

fn without() {
    let (member, port) = (Arc::new(Member::default()), ports::free());
    let b = Backend::constant("b");
    let members = [("a", port), ("b", b.port())];
    let httpd = balancer(Site::new(Mpm::Event), &members, "worker.lb.recover_probe=off\n");
    assert_eq!(session_of_a(&httpd), "b");
    let _a = listen(&member, port);
    wait::until_true("the member to take part again", PATIENCE, || session_of_a(&httpd) == "a");
    let events = member.events();
    assert!(events.iter().all(|event| *event == Event::Request), "{events:?}");
}

fn all_down(mpm: Mpm) {
    let ports = [ports::free(), ports::free()];
    let httpd = balancer(
        Site::single_child(mpm, 8),
        &[("a", ports[0]), ("b", ports[1])],
        "worker.lb.recover_time=600\n",
    );
    for _ in 0..3 {
        assert_eq!(httpd.get("/x").status, 503);
    }
    let member = Arc::new(Member::default());
    let a = listen(&member, ports[0]);
    let returned = Instant::now();
    wait::until_true("the member to be found without a request", PATIENCE, || {
        httpd.jk_log().contains("(lb) member a works again: it answered the CPing of process ")
    });
    eprintln!("probes under {}: found {:?} after its return", mpm.name(), returned.elapsed());
    assert_eq!(httpd.get("/x").text(), "a");
    assert_eq!(member.events(), [Event::CPing, Event::CPong, Event::Request]);
    assert_eq!(a.connections(), 1, "the connection that answered serves the request");
}

/// Decisions, row 9.
fn forced_session() {
    let (member, port) = (Arc::new(Member::default()), ports::free());
    let (_a, b) = (listen(&member, port), Backend::constant("b"));
    let members = [("a", port), ("b", b.port())];
    let httpd = balancer(
        Site::new(Mpm::Event),
        &members,
        "worker.lb.sticky_session_force=1\nworker.a.ping_timeout=400\n",
    );
    member.loses.store(true, SeqCst);
    member.is_mute.store(true, SeqCst);
    wait::until_true("the member's error", PATIENCE, || {
        assert_eq!(session_of_a(&httpd), "503");
        httpd.jk_log().contains("it is in error state now")
    });
    member.events.lock().clear();
    wait::until_true("a CPing", PATIENCE, || {
        assert_eq!(session_of_a(&httpd), "503");
        member.count(Event::CPing) > 0
    });
    assert_eq!(session_of_a(&httpd), "503", "while it is asked");
    assert_eq!((member.count(Event::Request), b.requests().len()), (0, 0), "nobody was tried");
    assert_eq!(httpd.get("/x").text(), "b");
    member.loses.store(false, SeqCst);
    member.is_mute.store(false, SeqCst);
    wait::until_true("the member to take its sessions back", PATIENCE, || session_of_a(&httpd) == "a");
}

/// The processes that found that member a does not work yet, in order.
fn askers(httpd: &Httpd) -> Vec<u32> {
    let log = httpd.jk_log();
    let lines = log.lines().filter(|line| line.contains("(lb) member a does not work yet"));
    let process = |line: &str| line.split('[').find_map(|part| part.split_once(':')?.0.parse().ok());
    lines.map(|line| process(line).unwrap_or_else(|| panic!("no process in {line}"))).collect()
}

fn another_goes_on(signal: Signal) {
    let port = ports::free();
    let httpd = balancer(Site::new(Mpm::Event), &[("a", port)], "");
    assert_eq!(httpd.get("/x").status, 503);
    wait::until_true("a process that asks", PATIENCE, || askers(&httpd).len() >= 3);
    let before = askers(&httpd);
    let first: BTreeSet<_> = before.iter().copied().collect();
    assert_eq!(first.len(), 1, "one asks for all: {before:?}");
    let asker = before[0];
    process::send(asker, signal);
    let ended = Instant::now();
    let next = wait::until("another process that asks", PATIENCE, || {
        askers(&httpd).into_iter().find(|process| *process != asker)
    });
    eprintln!("probes: another process goes on {:?} after the first was sent {signal:?}", ended.elapsed());
    if signal == Signal::STOP {
        process::send(asker, Signal::CONT);
    }
    let known = askers(&httpd).len();
    wait::until_true("it to go on", PATIENCE, || askers(&httpd).len() >= known + 3);
    let after = askers(&httpd).split_off(known);
    assert!(after.iter().all(|process| *process == next), "{next} asks now: {after:?}");
    let _a = Backend::start_at(port, |connection| connection.serve(&|_| Answer::ok("a")));
    wait::until_true("the member to work again", PATIENCE, || {
        let told = format!("member a works again: it answered the CPing of process {next}, ");
        httpd.jk_log().contains(&told)
    });
    assert_eq!(session_of_a(&httpd), "a");
}

/// Every fifth of 500 members takes connections and never answers.
fn many() {
    let (good, hung) = (ports::free(), ports::free());
    let names: Vec<_> = (0..500).map(|number| format!("m{number}")).collect();
    let template = |index: usize| if index % 5 == 0 { "hung" } else { "good" };
    let references: String = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("worker.{name}.reference=worker.{}\n", template(index)))
        .collect();
    let httpd = Site::single_child(Mpm::Event, 8)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers={}\nworker.lb.recover_time=1\n\
             worker.lb.retries=1\nworker.lb.lb_retries=500\n{}worker.good.retries=1\n{}worker.hung.retries=1\n\
             worker.hung.ping_timeout=120000\n{references}",
            names.join(","),
            backend::worker("good", good),
            backend::worker("hung", hung),
        ))
        .conf("JkMount /* lb")
        .start();
    assert_eq!(httpd.get("/x").status, 503, "a request tries all of them once");
    let silent = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    silent.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, hung)).into()).expect("a free port");
    silent.listen(500).expect("a queue");
    let silent: TcpListener = silent.into();
    let backend = Backend::start_at(good, |connection| connection.serve(&|_| Answer::ok("good")));
    let returned = Instant::now();
    let back = || httpd.jk_log().matches(" works again: it answered the CPing of process ").count();
    wait::until_true("400 members", PATIENCE, || back() == 400);
    eprintln!("probes: 400 members are back after {:?}", returned.elapsed());
    assert_eq!((backend.pings(), backend.connections()), (400, 400), "each was asked once");
    silent.set_nonblocking(true).expect("an option");
    let mut asked = Vec::new();
    wait::until_true("the others to be asked", PATIENCE, || {
        asked.extend(std::iter::from_fn(|| silent.accept().ok()));
        asked.len() >= 100
    });
    let replies: BTreeSet<_> = (0..40).map(|_| httpd.get("/x").text()).collect();
    assert_eq!(replies, BTreeSet::from(["good".to_owned()]), "no request is given to who hangs");
    asked.extend(std::iter::from_fn(|| silent.accept().ok()));
    assert_eq!((asked.len(), back()), (100, 400), "each is asked once at a time");
}
