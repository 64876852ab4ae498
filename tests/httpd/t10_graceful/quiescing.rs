//! Children that answer their last requests while others have taken their places: what they hold stays counted.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

const LIMIT: Duration = Duration::from_secs(30);

/// When the last requests are answered.
const END: usize = 99;

/// Children that have lost the only place, and the requests that each of them holds until the end.
const LOST: usize = 2;
const EACH: usize = 2;

/// A child ends after two answers; one of them may be to a request that its forerunner no longer took.
const ONE_PLACE: &str =
    "StartServers 1\nServerLimit 1\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 8\n\
                         MinSpareThreads 1\nMaxSpareThreads 8\nMaxConnectionsPerChild 2\n";

/// What is left of httpd's threads in a child on its way out that holds `EACH` requests and one more.
const THREADS_ON_THE_WAY_OUT: usize = 1 + EACH + 1;

pub fn add(suite: Suite) -> Suite {
    suite.test("a_child_that_lost_its_place_still_counts", lost_places)
}

fn lost_places() {
    let now = Arc::new(AtomicUsize::new(0));
    let backend = answering_in_time(&now);
    let workers = ["w", "passing"].map(|name| backend.worker(name)).concat();
    let httpd = Site::with_sizing(Mpm::Worker, ONE_PLACE)
        .workers(&format!("worker.list=w,passing\n{workers}worker.w.busy_limit={}\n", LOST * EACH))
        .conf("KeepAlive Off\nJkMount /until/* w\nJkMount /passing/* passing")
        .start();
    let mut clients = Vec::new();
    for turn in 1..=LOST {
        clients.extend((0..EACH).map(|_| send(&httpd, &backend, format!("/until/{END}"))));
        let passing = send(&httpd, &backend, format!("/passing/{turn}"));
        quiesce(&httpd);
        // A thread that ends now makes room for the next child, although others of its process go on.
        now.store(turn, Relaxed);
        assert_eq!(passing.join().expect("a client"), 200);
        wait::until_true("the next child", LIMIT, || httpd.children().len() == turn + 1);
    }
    assert_eq!(httpd.get("/until/0").status, 503, "busy_limit counts what children without a place hold");
    now.store(END, Relaxed);
    clients.into_iter().for_each(|client| assert_eq!(client.join().expect("a client"), 200));
    assert_eq!(httpd.get("/until/0").status, 200);
    assert!(!httpd.jk_log().contains("no free slot"), "{}", httpd.jk_log());
}

/// A backend that answers `/.../<number>` as soon as it is `now` that number.
fn answering_in_time(now: &Arc<AtomicUsize>) -> Backend {
    let now = Arc::clone(now);
    Backend::answering(move |forward| {
        let due = forward.uri.rsplit('/').next().and_then(|number| number.parse().ok()).expect("a number");
        while now.load(Relaxed) < due {
            thread::sleep(Duration::from_millis(20));
        }
        Answer::ok("done")
    })
}

/// Sends a request and returns when the backend has it.
fn send(httpd: &Httpd, backend: &Backend, path: String) -> JoinHandle<u16> {
    let known = backend.requests().len();
    let client = httpd.client();
    let answer = thread::spawn(move || client.get(&path).status);
    wait::until_true("a request at the backend", LIMIT, || backend.requests().len() > known);
    answer
}

/// Has the child that takes connections answer until it takes no more of them.
fn quiesce(httpd: &Httpd) {
    let ending = httpd.children().into_iter().max_by_key(|child| threads(*child)).expect("a child");
    let stop = Arc::new(AtomicBool::new(false));
    let (client, stopped) = (httpd.client(), Arc::clone(&stop));
    thread::spawn(move || {
        while !stopped.load(Relaxed) {
            client.get("/by-httpd");
        }
    });
    wait::until_true("a child on its way out", LIMIT, || threads(ending) <= THREADS_ON_THE_WAY_OUT);
    stop.store(true, Relaxed);
}

/// Counts the threads of `process` that are not this module's.
fn threads(process: u32) -> usize {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| !name.starts_with("jk-")).count()
}
