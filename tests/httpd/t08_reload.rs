//! Deployment without downtime: the agent of set-up E rewrites the map file under constant load, also while httpd
//! restarts.
//!
//! The file is truncated and written in two steps, so whoever looks between them sees half of it; not one request
//! may fail or be answered 404.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::example::Example;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{client::Client, ports, tomcat, wait};

const REWRITES: usize = 30;

/// Milliseconds between rewrites: too short for a file to settle, about as long as that takes, and long enough.
const PAUSES: [u64; 4] = [300, 700, 1100, 2300];

pub fn suite() -> Suite {
    let mpms = [Mpm::Event, Mpm::Prefork];
    Suite::new("reload")
        .under(&mpms, "thirty_rewrites_in_two_steps_lose_no_request", rewrites)
        .under(&mpms, "a_file_that_never_settles_loses_no_request_at_restarts_and_is_taken", |mpm| {
            never_settles(mpm, 20, 700);
        })
        .under(&mpms, "a_file_that_is_a_half_most_of_the_time_is_never_taken_half", |mpm| {
            never_settles(mpm, 450, 300);
        })
        .test("a_restart_goes_on_with_the_rules_that_the_children_took", deployed_twice)
        .test("a_changed_map_file_is_read_where_no_request_waits", where_no_request_waits)
}

fn rewrites(mpm: Mpm) {
    let tomcats = tomcat::shared();
    let directory = tempfile::tempdir().expect("a temporary directory");
    crate::support::site::open_to_all(directory.path());
    let map = directory.path().join("uriworkermap.properties");
    let ports = [ports::free(), ports::free(), ports::free()];
    let example = Example::new("e-switch-by-map-file", mpm)
        .set("HTTP_PORT", ports[0])
        .set("HTTP_PORT2", ports[1])
        .set("HTTP_PORT3", ports[2])
        .set("WORKER1_AJP", tomcats.service("tomcat1").port)
        .set("WORKER2_AJP", tomcats.service("tomcat2").port)
        .set("MAP_FILE", map.display())
        .set("MAP_RELOAD", 1);
    fs::copy(example.path("agent/uriworkermap.properties"), &map).expect("the agent's first file");
    let _httpd = example.start(ports[0]);
    let load =
        Load::start(4, ports[0], Duration::from_millis(10), |_| ("/facts", Vec::new()), load::by_route);
    for (rewrite, balancer) in
        ["balancer_ex1", "balancer", "balancer_ex2"].iter().cycle().take(REWRITES).enumerate()
    {
        rewrite_in_two_steps(&map, balancer);
        thread::sleep(Duration::from_millis(PAUSES[rewrite % PAUSES.len()]));
    }
    let tally = load.stop();
    eprintln!("reload under {}: {REWRITES} rewrites, {:?}", mpm.name(), tally.good);
    tally.assert_all_good(1000);
    assert!(tally.good.values().all(|share| *share > 100), "the maps took effect: {:?}", tally.good);
    for (balancer, only) in [("balancer_ex1", "tomcat2"), ("balancer_ex2", "tomcat1")] {
        rewrite_in_two_steps(&map, balancer);
        wait::until_true(&format!("{balancer} in all processes"), Duration::from_secs(20), || {
            (0..24).all(|_| Client::new(ports[0]).get("/facts").fact("route").as_deref() == Some(only))
        });
    }
    for (port, route) in [(ports[1], "tomcat1"), (ports[2], "tomcat2")] {
        assert_eq!(Client::new(port).get("/facts").fact("route").as_deref(), Some(route));
    }
}

fn rewrite_in_two_steps(map: &Path, balancer: &str) {
    fs::write(map, "").expect("the map file");
    thread::sleep(Duration::from_millis(50));
    fs::write(map, format!("/*={balancer}")).expect("the map file");
}

/// Worker `a` and worker `b`, each with a backend that names it, and a map file.
fn two_routes(mpm: Mpm, backends: &[Backend; 2], map: &str, level: &str) -> Httpd {
    let workers = format!("worker.list=a,b\n{}{}", backends[0].worker("a"), backends[1].worker("b"));
    Site::new(mpm)
        .workers(&workers)
        .conf(&format!("JkLogLevel {level}\nJkMountFile conf/map.properties\nJkMountFileReload 1"))
        .file("conf/map.properties", map)
        .start()
}

/// An agent writes the file anew within each second, with a comment that is new; its first half alone is a map file,
/// too. It pauses for so many milliseconds after each half. Restarts hit the moment between the halves.
fn never_settles(mpm: Mpm, after_half: u64, after_whole: u64) {
    let backends = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let first = "/half/*=a\n";
    let httpd = two_routes(mpm, &backends, &format!("{first}/x/*=a\n"), "info");
    let map = httpd.site().path("conf/map.properties");
    // Kept open: closing a truncated file may wait for the disk.
    let map = fs::File::options().write(true).open(map).expect("the map file");
    let written = Cell::new(0);
    let rewrite = |route: &str, between: &dyn Fn()| {
        written.set(written.get() + 1);
        let half = format!("# generated {}\n{first}", written.get());
        map.set_len(0).expect("the map file");
        map.write_all_at(half.as_bytes(), 0).expect("the map file");
        between();
        thread::sleep(Duration::from_millis(after_half));
        map.write_all_at(format!("/x/*={route}\n").as_bytes(), half.len() as u64).expect("the map file");
        thread::sleep(Duration::from_millis(after_whole));
    };
    let load =
        Load::start(2, httpd.port(), Duration::from_millis(5), |_| ("/x/y", Vec::new()), load::by_route);
    for restart in 1..=RESTARTS {
        rewrite("a", &|| httpd.graceful_by_signal());
        httpd.wait_for_generation(restart + 1);
    }
    wait::until_true("the route b while the file is written", Duration::from_secs(60), || {
        rewrite("b", &|| {});
        (0..12).all(|_| httpd.get("/x/y").fact("route").as_deref() == Some("b"))
    });
    // Where the machine holds the agent up, the file settles after all, and is taken without a word: another chance.
    wait::until_true("a word about the file", Duration::from_secs(60), || {
        let route = if written.get() / 8 % 2 == 0 { "a" } else { "b" };
        let told = httpd.jk_log().contains("it keeps changing");
        if !told {
            rewrite(route, &|| {});
        }
        told
    });
    load.stop().assert_all_good(100);
    let log = httpd.jk_log();
    for words in ["it keeps changing", "has changed: 2 rules"] {
        let line = log.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {log}"));
        assert!(line.contains("[WATCHDOG]"), "a request waited for this: {line}");
    }
}

/// Whatever requests come meanwhile, who reads the file is no request.
fn where_no_request_waits() {
    let backends = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let httpd = two_routes(Mpm::Event, &backends, "/x/*=a\n", "info");
    httpd.site().write("conf/map.properties", "/x/*=b\n");
    wait::until_true("the new rules", Duration::from_secs(60), || {
        let by_b = || httpd.get("/x/y").fact("route").as_deref() == Some("b");
        (0..12).all(|_| by_b())
    });
    let log = httpd.jk_log();
    let changes: Vec<_> = log.lines().filter(|line| line.contains("has changed: 1 rule")).collect();
    assert!(changes.len() == 1 && changes[0].contains("[WATCHDOG]"), "{changes:#?}");
}

const RESTARTS: usize = 8;

/// The file of the start is long gone when the server restarts while a third one is written.
fn deployed_twice() {
    let backends = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let httpd = two_routes(Mpm::Event, &backends, "/old/*=a\n", "debug");
    assert_eq!(httpd.get("/old/x").status, 200);
    httpd.site().write("conf/map.properties", "/new/*=a\n");
    let parent = format!("[{}:", httpd.id());
    wait::until_true("the parent to take the second file", Duration::from_secs(60), || {
        let log = httpd.jk_log();
        log.lines().any(|line| line.contains(&parent) && line.contains("is in force in this process"))
    });
    wait::until_true("the children to take it", Duration::from_secs(60), || {
        (0..24).all(|_| httpd.get("/new/x").status == 200)
    });
    let load =
        Load::start(2, httpd.port(), Duration::from_millis(1), |_| ("/new/x", Vec::new()), load::by_route);
    httpd.site().write("conf/map.properties", "/new/*=b\n");
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    wait::until_true("the third file to be taken", Duration::from_secs(60), || {
        (0..24).all(|_| httpd.get("/new/x").fact("route").as_deref() == Some("b"))
    });
    wait::until_true("some load", Duration::from_secs(60), || load.finished() > 100);
    load.stop().assert_all_good(100);
}
