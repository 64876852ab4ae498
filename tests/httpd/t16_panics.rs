//! A build of the module that panics where the test says: no panic ends a process, and each costs the one request, or the
//! one start, that it happened in.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::process::{self, AtDeath};
use crate::support::raw::{self, Ending};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, http2, paths, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// Hooks that every request to the container goes through before it is answered.
const HOOKS: [&str; 7] = [
    "translate_name",
    "map_to_storage",
    "fixup before core",
    "fixup after core",
    "fixup before mod_dir",
    "last fixup",
    "handler",
];

pub fn suite() -> Suite {
    Suite::new("panics")
        .test("a_panic_at_start_is_a_refusal", start)
        .test("a_panic_in_a_request_costs_that_request", requests)
        .test("a_panic_in_a_childs_life_ends_no_process", lives)
        .test("a_panic_at_a_restart_leaves_the_last_good_configuration_in_force", restarts)
        .test("a_restart_that_can_not_go_on_with_the_last_good_one_either_ends_the_server", hopeless_restart)
}

/// A site of the panicking build, and the command that tells it where the places are named.
fn site(backend: &Backend, place: &str) -> (Site, Command) {
    let site = Site::single_child_of(paths::panicking_module(), Mpm::Event, 4)
        .workers(&format!(
            "worker.list=w,lb\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers=w\n{}",
            backend.worker("w")
        ))
        .load("http2")
        .conf("Protocols h2c http/1.1\nJkMount /app/* w")
        .file("htdocs/file", "of httpd")
        .file("conf/panics", place);
    let mut command = process::guarded("env", AtDeath::Terminate);
    command.arg(format!("MOD_JK_PANIC_POINTS={}", site.path("conf/panics").display()));
    (site, command)
}

/// An answer in two parts that the container flushes.
fn backend() -> Backend {
    Backend::start(|connection| {
        while connection.whole_request().is_some() {
            let packets = [
                ajp::send_headers(200, &[("X-Answer", "of the container")]),
                ajp::body_chunk(b"one"),
                ajp::body_chunk(b""),
                ajp::body_chunk(b"two"),
                ajp::end_response(true),
            ];
            connection.send(&packets.concat());
        }
    })
}

fn panics(httpd: &Httpd, place: &str) -> usize {
    httpd.error_log().matches(&format!("internal error in {place}: ordered at")).count()
}

fn start() {
    let backend = backend();
    for place in ["directive", "check_config", "post_config"] {
        let (site, command) = site(&backend, place);
        let refusal = site.refused_by(command);
        assert!(!refusal.ok && refusal.output.contains("ordered at"), "{place}: {}", refusal.output);
    }
}

fn requests() {
    let backend = backend();
    let (site, command) = site(&backend, "");
    let httpd = site.start_by(command);
    let children = httpd.children();
    let get = |path: &str| raw::get(httpd.port(), path);
    let good = |after: &str| {
        let reply = get("/app/x");
        assert_eq!(
            (reply.status(), &reply.body[..]),
            (200, &b"onetwo"[..]),
            "after {after}: {}",
            reply.everything()
        );
        assert_eq!(reply.ending, Ending::Complete, "after {after}");
    };
    good("the start");
    for place in HOOKS.into_iter().chain(["head"]) {
        httpd.site().write("conf/panics", place);
        let reply = get("/app/x");
        let everything = reply.everything();
        assert_eq!((reply.status(), reply.ending), (500, Ending::Complete), "{place}: {everything}");
        assert_eq!(everything.matches("<title>").count(), 1, "{place}: {everything}");
        assert!(!everything.contains("X-Answer") && reply.surplus.is_empty(), "{place}: {everything}");
        httpd.site().write("conf/panics", "");
        good(place);
    }
    httpd.site().write("conf/panics", "response");
    let reply = get("/app/x");
    assert_eq!((reply.status(), reply.ending), (200, Ending::Cut), "{}", reply.everything());
    assert!(b"onetwo".starts_with(&reply.body) && reply.surplus.is_empty(), "{}", reply.everything());
    httpd.site().write("conf/panics", "stream end");
    let exchange = http2::request(&format!("http://127.0.0.1:{}/app/x", httpd.port()), &[]);
    assert!(!exchange.is_complete(), "{}", exchange.transcript());
    assert!(panics(&httpd, "stream end") > 0, "{}", httpd.error_log());
    for place in ["log_transaction", "pool cleanup"] {
        httpd.site().write("conf/panics", place);
        good(place);
    }
    wait::until_true("all places", PATIENCE, || {
        let mut places = HOOKS.into_iter().chain(["log_transaction", "pool cleanup"]);
        places.all(|place| httpd.error_log().contains(&format!("internal error in {place}: ")))
    });
    httpd.site().write("conf/panics", "");
    good("all of them");
    assert_eq!(httpd.children(), children, "no child has ended");
}

fn lives() {
    let backend = backend();
    let (site, command) = site(&backend, "child_init\nchild_status\nmaintenance");
    let site = site.conf("JkMountFile conf/map").file("conf/map", "/mapped=w\n");
    let httpd = site.start_by(command);
    wait::until_true("a child", PATIENCE, || panics(&httpd, "child_init") > 0);
    assert_eq!(raw::get(httpd.port(), "/app/x").status(), 200, "without maintenance, but served");
    httpd.site().write("conf/panics", "child_status\nmaintenance\nprobing\nmap file");
    let children = httpd.children();
    children.iter().for_each(|child| process::send(*child, Signal::KILL));
    wait::until_true("the parent to hear of it", PATIENCE, || panics(&httpd, "child_status") > 0);
    wait::until_true("rounds of maintenance", PATIENCE, || panics(&httpd, "maintenance") > 1);
    wait::until_true("a prober", PATIENCE, || panics(&httpd, "probing") > 0);
    wait::until_true("a look at the map file", PATIENCE, || panics(&httpd, "map file") > 0);
    httpd.site().write("conf/panics", "");
    for path in ["/app/x", "/mapped"] {
        assert_eq!(raw::get(httpd.port(), path).body, b"onetwo");
    }
    assert!(Path::new(&format!("/proc/{}", httpd.id())).exists());
}

/// A server with two backends, one in use, and what its files say before and once they name the other: workers and map.
struct Restarted {
    httpd: Httpd,
    old: [String; 2],
    new: [String; 2],
}

impl Restarted {
    fn start(old: &Backend, new: &Backend) -> Self {
        let old = [format!("worker.list=w\n{}", old.worker("w")), "/old=w\n".to_owned()];
        let workers = format!("worker.list=w,x\n{}{}", new.worker("w"), new.worker("x"));
        let new = [workers, "/new=x\n".to_owned()];
        let site = Site::of(paths::panicking_module(), Mpm::Event)
            .workers(&old[0])
            .conf("JkMount /app/* w\nJkMountFile conf/map")
            .file("conf/map", &old[1])
            .file("conf/panics", "");
        let mut command = process::guarded("env", AtDeath::Terminate);
        command.arg(format!("MOD_JK_PANIC_POINTS={}", site.path("conf/panics").display()));
        let httpd = site.start_by(command);
        Self { httpd, old, new }
    }

    /// Restarts by signal with these files.
    fn restart(&mut self, panics: &str, [workers, map]: &[String; 2]) {
        self.httpd.site().write("conf/panics", panics);
        self.httpd.site().write("conf/workers.properties", workers);
        self.httpd.site().write("conf/map", map);
        let generations = self.httpd.generations();
        self.httpd.graceful_by_signal();
        wait::until_true("the next generation", PATIENCE, || {
            assert!(self.httpd.is_running(), "{panics}: httpd ended: {}", self.httpd.error_log());
            self.httpd.generations() > generations
        });
    }

    fn get(&self, path: &str) -> (u16, String) {
        let reply = self.httpd.get(path);
        (reply.status, reply.text())
    }
}

fn restarts() {
    let (old, new) = (Backend::constant("route=old\n"), Backend::constant("route=new\n"));
    let mut server = Restarted::start(&old, &new);
    let [of_old, of_new] = ["old", "new"].map(|route| (200, format!("route={route}\n")));
    let request = |_| ("/app/x", Vec::new());
    let load = Load::start(4, server.httpd.port(), Duration::from_millis(1), request, load::by_route);
    for (place, entry) in [
        ("check_config", "check_config"),
        ("plan", "check_config"),
        ("post_config", "post_config"),
        ("built", "post_config"),
    ] {
        let (old_files, new_files) = (server.old.clone(), server.new.clone());
        let lines = |httpd: &Httpd| {
            let kept = format!(
                "an internal error in {entry}, which httpd's error log describes, kept the workers and map files on \
                 disk from being taken"
            );
            let in_force = "the workers of the last good configuration stay in force";
            [httpd.error_log(), httpd.jk_log()].map(|log| {
                let errors: Vec<_> = log.lines().filter(|line| line.contains("error]")).collect();
                [&kept, in_force].map(|text| errors.iter().filter(|line| line.contains(text)).count())
            })
        };
        let before = lines(&server.httpd);
        server.restart(place, &new_files);
        assert_eq!(lines(&server.httpd), before.map(|counts| counts.map(|count| count + 1)), "{place}");
        let described = format!("internal error in {entry}: ordered at {place}");
        assert!(server.httpd.error_log().contains(&described), "{place}: {}", server.httpd.error_log());
        assert_eq!(
            ["/app/x", "/old"].map(|path| server.get(path)),
            [&of_old, &of_old].map(Clone::clone),
            "{place}"
        );
        assert_eq!(server.get("/new").0, 404, "{place}");
        let finished = load.finished();
        wait::until_true("requests of this generation", PATIENCE, || load.finished() > finished + 20);
        server.restart("", &old_files);
    }
    let tally = load.stop();
    tally.assert_all_good(80);
    assert_eq!(tally.good.keys().collect::<Vec<_>>(), ["old"]);
    let new_files = server.new.clone();
    server.restart("", &new_files);
    assert_eq!(server.get("/app/x"), of_new);
    // A map file that was written just now is waited for.
    wait::until_true("the new map", PATIENCE, || server.get("/new") == of_new);
    assert!(!server.httpd.error_log().contains("mod_jk/0.1.0 mod_jk"), "what panicked has left no trace");
    assert_eq!(server.get("/old").0, 404);
}

fn hopeless_restart() {
    let backend = Backend::constant("");
    let mut server = Restarted::start(&backend, &backend);
    server.httpd.site().write("conf/panics", "check_config\nthe end of a failed hook");
    server.httpd.graceful_by_signal();
    wait::until_true("httpd to end", PATIENCE, || !server.httpd.is_running());
    assert_eq!(
        [panics(&server.httpd, "check_config"), panics(&server.httpd, "the end of a failed hook")],
        [1, 1]
    );
}
