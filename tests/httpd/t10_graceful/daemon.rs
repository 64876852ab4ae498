//! A server that runs as Debian's unit runs it: started as a daemon, reloaded, restarted and stopped by
//! `httpd -k`. No generation leaves anything behind.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{process, wait};

const RESTARTS: usize = 100;
const CLIENTS: usize = 4;

/// How much the mappings of the parent may differ after all restarts, in octets.
const GROWTH: u64 = 1 << 20;

pub fn add(suite: Suite) -> Suite {
    suite
        .under(&ALL_MPMS, "a_daemon_holds_one_generation_and_stops_without_a_trace", one_generation)
        .alone_under(&ALL_MPMS, "a_hundred_restarts_of_a_daemon_lose_and_leave_nothing", a_hundred_restarts)
}

/// A daemon that forwards everything and has a log file, a log program, and a virtual host with its own log.
fn daemon(mpm: Mpm, backend: &Backend) -> Httpd {
    Site::new(mpm)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a\n{}",
            backend.worker("a")
        ))
        .conf("JkMountCopy All\nJkMount /* lb\nJkLogFile \"|/bin/sh -c 'exec cat >> @ROOT@/logs/piped.log'\"")
        .conf("<VirtualHost 127.0.0.1:@PORT@>\nServerName other\nJkLogFile logs/other.log\n</VirtualHost>")
        .start_as_daemon()
}

/// What the parent holds of the generations it has run.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    /// Open files by name, pipes and sockets by kind.
    descriptors: BTreeMap<String, usize>,
    /// Mapped segments and builds of the module.
    mappings: BTreeMap<String, usize>,
    /// Files of the shared memory.
    files: usize,
    /// Log programs.
    programs: usize,
}

fn held(httpd: &Httpd) -> Held {
    let parent = httpd.id();
    let links = fs::read_dir(format!("/proc/{parent}/fd")).expect("descriptors of the parent").flatten();
    let targets = links.filter_map(|link| fs::read_link(link.path()).ok());
    let kinds =
        targets.map(|target| target.to_string_lossy().split(":[").next().unwrap_or_default().to_owned());
    let maps = fs::read_to_string(format!("/proc/{parent}/maps")).expect("mappings of the parent");
    let module = ["jk.shm", "mod_jk", "/dev/zero"];
    // Each object once: its code, and not its data and constants.
    let whole = maps.lines().filter(|line| line.contains("r-xp") || line.contains("rw-s"));
    let names = module
        .into_iter()
        .map(|name| (name.to_owned(), whole.clone().filter(|line| line.contains(name)).count()));
    Held {
        descriptors: count(kinds),
        mappings: names.collect(),
        files: super::shared_files(httpd),
        programs: httpd.children().into_iter().filter(|child| is_program(*child)).count(),
    }
}

fn count(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    names.fold(BTreeMap::new(), |mut counts, name| {
        *counts.entry(name).or_default() += 1;
        counts
    })
}

fn is_program(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "cat")
}

/// Waits until the parent holds what it held at first; what has to go may go a moment later.
fn expect_held(httpd: &Httpd, first: &Held) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while held(httpd) != *first && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(held(httpd), *first, "what the parent holds, and what it held");
}

fn one_generation(mpm: Mpm) {
    let backend = Backend::constant("route=a\n");
    let mut httpd = daemon(mpm, &backend);
    assert_eq!(httpd.get("/x").status, 200);
    wait::until_true("the log program", Duration::from_secs(20), || held(&httpd).programs == 1);
    let first = held(&httpd);
    assert_eq!((first.files, first.mappings["jk.shm"]), (1, 1), "{first:?}");
    for (generation, word) in (2..).zip(["graceful", "graceful", "restart", "graceful"]) {
        assert!(httpd.control(word).ok, "{word}");
        httpd.wait_for_generation(generation);
        assert_eq!(httpd.get("/x").status, 200);
        expect_held(&httpd, &first);
    }
    // Debian's unit stops so; the test of a hundred restarts ends with `stop`.
    let children = httpd.children();
    assert!(httpd.control("graceful-stop").ok);
    wait::until_true("the end of all processes", Duration::from_secs(20), || {
        !httpd.is_running() && children.iter().all(|child| process::stat_fields(*child).is_none())
    });
    assert_eq!(super::shared_files(&httpd), 0, "left behind after stop");
}

fn a_hundred_restarts(mpm: Mpm) {
    let backend = Backend::constant("route=a\n");
    let mut httpd = daemon(mpm, &backend);
    let load =
        Load::start(CLIENTS, httpd.port(), Duration::from_millis(1), |_| ("/x", Vec::new()), load::by_route);
    restart(&httpd, &load, 2);
    wait::until_true("the log program", Duration::from_secs(20), || held(&httpd).programs == 1);
    let first = held(&httpd);
    let size = process::proc_octets(httpd.id(), "status", "VmSize");
    (3..).take(RESTARTS).for_each(|generation| restart(&httpd, &load, generation));
    expect_held(&httpd, &first);
    let grown = process::proc_octets(httpd.id(), "status", "VmSize").abs_diff(size);
    let tally = load.stop();
    eprintln!("{RESTARTS} restarts under {}: {:?}, mappings differ by {grown}", mpm.name(), tally.good);
    tally.assert_all_good(RESTARTS);
    assert!(grown <= GROWTH, "mappings of the parent: {size} before, {grown} more or less after");
    httpd.stop();
    assert_eq!(super::shared_files(&httpd), 0, "left behind after stop");
}

/// Restarts gracefully, and waits until the new generation is in place and has answered something.
fn restart(httpd: &Httpd, load: &Load, generation: usize) {
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generation);
    let finished = load.finished();
    wait::until_true("an answer", Duration::from_secs(20), || load.finished() > finished);
}
