//! A build of the module that panics where the test says: no panic ends a process, and each costs the one request, or the
//! one start, that it happened in.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
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
}

/// A site of the panicking build, and the command that tells it where the places are named.
fn site(backend: &Backend, place: &str) -> (Site, Command) {
    let site = Site::single_child_of(paths::panicking_module(), Mpm::Event, 4)
        .workers(&format!("worker.list=w\nworker.maintain=1\n{}", backend.worker("w")))
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
    httpd.site().write("conf/panics", "child_status\nmaintenance\nmap file");
    let children = httpd.children();
    children.iter().for_each(|child| process::send(*child, Signal::KILL));
    wait::until_true("the parent to hear of it", PATIENCE, || panics(&httpd, "child_status") > 0);
    wait::until_true("rounds of maintenance", PATIENCE, || panics(&httpd, "maintenance") > 1);
    wait::until_true("a look at the map file", PATIENCE, || panics(&httpd, "map file") > 0);
    httpd.site().write("conf/panics", "");
    for path in ["/app/x", "/mapped"] {
        assert_eq!(raw::get(httpd.port(), path).body, b"onetwo");
    }
    assert!(Path::new(&format!("/proc/{}", httpd.id())).exists());
}
