//! Graceful restarts under load: nothing is lost, nothing is left behind.

mod builds;
mod daemon;
mod quiescing;
mod resources;

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

const CLIENTS: usize = 8;

pub fn suite() -> Suite {
    let mpms = [Mpm::Event, Mpm::Prefork];
    let suite = Suite::new("graceful")
        .alone("children_that_come_and_go_lose_no_request_and_keep_their_slots", turnover)
        .under(&mpms, "a_request_under_way_ends_on_the_configuration_it_began_with", under_way);
    [daemon::add, builds::add, quiescing::add, resources::add]
        .into_iter()
        .fold(suite, |suite, add| add(suite))
}

/// Children end after few connections; each finds a slot of its own in shared memory, and gives it back.
fn turnover() {
    let backend = Backend::constant("route=a\n");
    let workers = format!("worker.list=w\n{}worker.w.busy_limit=32\n", backend.worker("w"));
    let httpd =
        Site::new(Mpm::Prefork).workers(&workers).conf("JkMount /* w\nMaxConnectionsPerChild 15").start();
    let first = httpd.children();
    let load =
        Load::start(CLIENTS, httpd.port(), Duration::from_millis(1), |_| ("/x", Vec::new()), load::by_route);
    wait::until_true("all children to be replaced", Duration::from_secs(60), || {
        load.finished() > 1500 && httpd.children().iter().all(|child| !first.contains(child))
    });
    load.stop().assert_all_good(1500);
    assert!(!httpd.jk_log().contains("no free slot"), "{}", httpd.jk_log());
}

fn shared_files(httpd: &Httpd) -> usize {
    let entries = fs::read_dir(httpd.site().path("run")).expect("a directory of our own").flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("jk.shm")).count()
}

fn under_way(mpm: Mpm) {
    let backend = Backend::answering(|forward| {
        if forward.uri == "/slow" {
            thread::sleep(Duration::from_secs(2));
        }
        crate::support::backend::Answer::ok("done")
    });
    let httpd = Site::new(mpm)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    let client = httpd.client();
    let slow = thread::spawn(move || client.get("/slow").text());
    crate::support::wait::until_true("the slow request", Duration::from_secs(10), || {
        !backend.requests().is_empty()
    });
    assert!(httpd.graceful().ok);
    httpd.wait_for_generation(2);
    assert_eq!(httpd.get("/x").text(), "done");
    assert_eq!(slow.join().expect("a client that does not panic"), "done");
}
