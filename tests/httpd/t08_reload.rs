//! Deployment without downtime: the agent of set-up E rewrites the map file under constant load.
//!
//! The file is truncated and written in two steps, so whoever looks between them sees half of it; not one request
//! may fail or be answered 404.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::example::Example;
use crate::support::load::{self, Load};
use crate::support::site::Mpm;
use crate::support::suite::Suite;
use crate::support::{client::Client, ports, tomcat, wait};

const REWRITES: usize = 30;

/// Milliseconds between rewrites: too short for a file to settle, about as long as that takes, and long enough.
const PAUSES: [u64; 4] = [300, 700, 1100, 2300];

pub fn suite() -> Suite {
    let mpms = [Mpm::Event, Mpm::Prefork];
    Suite::new("reload").under(&mpms, "thirty_rewrites_in_two_steps_lose_no_request", rewrites)
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
