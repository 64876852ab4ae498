//! Tomcats that move while the server runs, by their host names, and resolvers that say nothing.
//!
//! Rules: "connections, section 14" and "decisions, row 23".

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::ajp;
use crate::support::backend::{Backend, Connection};
use crate::support::client::Reply;
use crate::support::httpd::Httpd;
use crate::support::load::Load;
use crate::support::names::Names;
use crate::support::ports;
use crate::support::process;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::wait;

const LIMIT: Duration = Duration::from_secs(30);
const CLIENTS: usize = 8;

const OLD: &str = "127.0.0.1 tomcat.test\n";
const NEW: &str = "127.0.0.2 tomcat.test\n";

pub fn suite() -> Suite {
    Suite::new("dns")
        .alone_under(&ALL_MPMS, "a_tomcat_that_moves_under_load_loses_no_request", moves)
        .alone_under(&ALL_MPMS, "a_resolver_that_hangs_delays_no_request", hangs)
        .test("a_tomcat_that_moved_is_found_by_the_request_that_missed_it", missed)
        .test("a_member_whose_name_comes_later_takes_part", comes_later)
        .test("if_the_process_that_asks_is_killed_another_one_asks", killed)
        .test("a_restart_without_a_resolver_keeps_what_children_were_told", restarted)
        .test("all_addresses_of_a_name_are_tried", tried)
}

/// The Tomcat before and after it moved; each says which one it is. Connections over which `/fresh` came are not used
/// again.
fn tomcats() -> [Backend; 2] {
    let port = ports::free();
    let start = |ip: [u8; 4], name: &'static str| {
        Backend::start_on(Ipv4Addr::from(ip), port, move |connection| serve(connection, name))
    };
    [start([127, 0, 0, 1], "old"), start([127, 0, 0, 2], "new")]
}

fn serve(connection: &mut Connection, name: &str) {
    while let Some(forward) = connection.request() {
        let head = ajp::send_headers(200, &[("Content-Length", &name.len().to_string())]);
        let is_kept = !forward.uri.starts_with("/fresh");
        connection.send(&[head, ajp::body_chunk(name.as_bytes()), ajp::end_response(is_kept)].concat());
        if !is_kept {
            return;
        }
    }
}

fn site(mpm: Mpm, port: u16, properties: &str) -> Site {
    Site::new(mpm)
        .workers(&format!("worker.list=w\nworker.w.host=tomcat.test\nworker.w.port={port}\n{properties}\n"))
        .conf("JkMount /* w")
}

fn by_name(reply: &Reply) -> Result<String, String> {
    match reply.status {
        200 => Ok(reply.text()),
        status => Err(format!("status {status}")),
    }
}

/// Half of the clients need a new connection for each request.
fn load(httpd: &Httpd) -> Load {
    let path = |client| if client % 2 == 0 { "/kept" } else { "/fresh" };
    let pause = Duration::from_millis(2);
    Load::start(CLIENTS, httpd.port(), pause, move |client| (path(client), Vec::new()), by_name)
}

fn progress(load: &Load, requests: usize) {
    let from = load.finished();
    wait::until_true("the load to go on", 2 * LIMIT, || load.finished() >= from + requests);
}

fn moves(mpm: Mpm) {
    const WITHIN: Duration = Duration::from_secs(1 + 1);
    let [old, new] = tomcats();
    let Some((httpd, names)) = Names::start(site(mpm, old.port(), "worker.w.resolve_interval=1"), OLD) else {
        return;
    };
    let load = load(&httpd);
    progress(&load, 500);
    assert_eq!(new.connections(), 0);
    names.resolve(NEW);
    let moved = Instant::now();
    thread::sleep(WITHIN.saturating_sub(moved.elapsed()));
    let (before, requests) = (old.connections(), old.requests().len());
    progress(&load, 500);
    assert_eq!(old.connections(), before, "a new connection to the old address after {WITHIN:?}");
    old.wait_for_close();
    let late = old.requests().len() - requests;
    let tally = load.stop();
    eprintln!("dns under {}: {:?}, {late} on old connections after {WITHIN:?}", mpm.name(), tally.good);
    tally.assert_all_good(1000);
    assert!(tally.good.contains_key("old") && tally.good.contains_key("new"), "{:?}", tally.good);
    let told = httpd.jk_log().matches("host tomcat.test resolves to 127.0.0.2:").count();
    assert_eq!(told, 1, "one process tells");
}

fn hangs(mpm: Mpm) {
    let [old, new] = tomcats();
    let gone = format!("worker.gone.host=gone.test\nworker.gone.port={}\n", ports::free());
    let down = format!("worker.down.host=tomcat.test\nworker.down.port={}\n", ports::free());
    let properties = format!("worker.w.resolve_interval=1\nworker.list=gone,down\n{gone}{down}");
    let site = site(mpm, old.port(), &properties).conf("JkMount /gone gone\nJkMount /down down");
    let Some((httpd, names)) = Names::start(site, OLD) else { return };
    names.hang();
    wait_for_a_hung_question(&httpd);
    let load = load(&httpd);
    progress(&load, 1000);
    for _ in 0..5 {
        assert_eq!(httpd.get("/gone").status, 503, "there is no address, and nobody waits for one");
        assert_eq!(httpd.get("/down").status, 503, "none took a connection, and nobody waits for another");
    }
    wait_for_a_hung_question(&httpd);
    assert_eq!(new.connections(), 0);
    names.resolve(NEW);
    wait::until_true("the new address after the resolver's return", LIMIT, || {
        names.release();
        new.connections() > 0
    });
    old.wait_for_close();
    load.stop().assert_all_good(1000);
    assert!(httpd.jk_log().contains("the addresses known before stay in use"), "{}", httpd.jk_log());
}

/// Waits until a question of a child has been open for a second.
fn wait_for_a_hung_question(httpd: &Httpd) {
    wait::until_true("a question that hangs", LIMIT, || {
        let questions = questions(httpd);
        thread::sleep(Duration::from_secs(1));
        questions.iter().any(|question| fs::exists(question).unwrap_or_default())
    });
}

/// The threads of all children that wait for an answer.
fn questions(httpd: &Httpd) -> Vec<PathBuf> {
    let tasks = |child: u32| fs::read_dir(format!("/proc/{child}/task")).into_iter().flatten().flatten();
    let threads = httpd.children().into_iter().flat_map(tasks).map(|task| task.path());
    threads
        .filter(|path| fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "jk-errand"))
        .collect()
}

fn missed() {
    let [old, new] = tomcats();
    let site = site(Mpm::Event, old.port(), "worker.w.retries=20");
    let Some((httpd, names)) = Names::start(site, OLD) else { return };
    assert_eq!(httpd.get("/fresh").text(), "old");
    names.resolve(NEW);
    drop(old);
    assert_eq!(httpd.get("/fresh").text(), "new");
    assert_eq!(new.connections(), 1);
}

fn comes_later() {
    let [old, new] = tomcats();
    let member = |name: &str, host: &str| {
        format!("worker.{name}.type=ajp13\nworker.{name}.host={host}\nworker.{name}.port={}\n", old.port())
    };
    let site = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n{}{}",
            member("a", "tomcat.test"),
            member("b", "later.test")
        ))
        .conf("JkMount /* lb");
    let Some((httpd, names)) = Names::start(site, OLD) else { return };
    assert!((0..10).all(|_| httpd.get("/kept").text() == "old"));
    names.resolve(&format!("{OLD}127.0.0.2 later.test\n"));
    wait::until_true("the member to take part", LIMIT, || httpd.get("/kept").text() == "new");
    assert_eq!(httpd.jk_log().matches("later.test does not resolve").count(), 1, "{}", httpd.jk_log());
    drop(new);
}

fn killed() {
    let [old, _new] = tomcats();
    let site = site(Mpm::Prefork, old.port(), "worker.w.resolve_interval=1");
    let Some((httpd, names)) = Names::start(site, OLD) else { return };
    names.hang();
    wait_for_a_hung_question(&httpd);
    let child = |question: &Path| question.iter().nth(2).and_then(|id| id.to_str()?.parse::<u32>().ok());
    let asking = questions(&httpd).iter().find_map(|question| child(question)).expect("a child that asks");
    process::send(asking, Signal::KILL);
    wait::until_true("another child to ask", LIMIT, || {
        questions(&httpd).iter().any(|question| child(question) != Some(asking))
    });
}

fn restarted() {
    let [old, new] = tomcats();
    let site = site(Mpm::Event, old.port(), "worker.w.resolve_interval=1").conf("JkLogLevel debug");
    let Some((httpd, names)) = Names::start(site, OLD) else { return };
    names.resolve(NEW);
    let heard = format!("[{}:", httpd.id());
    wait::until_true("the parent to hear of the new address", LIMIT, || {
        let log = httpd.jk_log();
        log.lines().any(|line| line.contains(&heard) && line.contains("as another process was told"))
    });
    names.hang();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    drop(old);
    assert_eq!(httpd.get("/fresh").text(), "new");
    let told =
        "host tomcat.test does not resolve (no answer within 3 s): the addresses known before stay in use";
    assert!(httpd.jk_log().contains(told), "{}", httpd.jk_log());
    drop(new);
}

fn tried() {
    let [old, new] = tomcats();
    drop(old);
    let port = new.port();
    let both = "127.0.0.1 tomcat.test\n127.0.0.2 tomcat.test\n";
    let Some((httpd, _names)) = Names::start(site(Mpm::Event, port, "worker.w.retries=1"), both) else {
        return;
    };
    assert_eq!(httpd.get("/fresh").text(), "new");
    assert!(!httpd.jk_log().contains("[error]"), "{}", httpd.jk_log());
}
