//! Repeats are counted, not repeated.

use std::time::Duration;

use super::formats::objects;
use crate::support::backend;
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::site::{Mpm, Site};
use crate::support::wait;

const PATIENCE: Duration = Duration::from_secs(20);
const REQUESTS: u64 = 60;

/// A Tomcat that does not run, and one process.
fn broken(mpm: Mpm, conf: &str) -> Httpd {
    let worker = backend::worker("w", ports::free());
    Site::single_child(mpm, 4)
        .workers(&format!("worker.list=w\nworker.maintain=0\n{worker}worker.w.retries=1\n"))
        .conf(&format!("JkMount /* w\n{conf}"))
        .start()
}

/// How many lines at error level there were, and how many were left out.
fn errors(log: &str) -> (u64, u64) {
    let errors: Vec<_> = objects(log).into_iter().filter(|line| line["level"] == "error").collect();
    let repeated = errors.iter().filter_map(|line| line["repeated"].as_u64()).sum();
    (errors.iter().filter(|line| line["repeated"].is_null()).count() as u64, repeated)
}

/// Attempts of different requests that fail alike are no repeats of each other: each line says whose it is, and where.
pub fn per_request() {
    let worker = backend::worker("w", ports::free());
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!(
            "worker.list=w\nworker.maintain=0\n{worker}worker.w.retries=2\nworker.w.retry_interval=1\n"
        ))
        .conf("JkMount /* w\nJkLogFormat json")
        .start();
    let paths: Vec<_> = (0..6).map(|number| format!("/page/{number}")).collect();
    for path in &paths {
        assert_eq!(httpd.client().get(path).status, 503);
    }
    let lines = objects(&httpd.jk_log());
    let tries: Vec<_> = lines
        .iter()
        .filter(|line| line["message"].as_str().is_some_and(|text| text.contains("trying again")))
        .collect();
    assert!(tries.iter().all(|line| line["repeated"].is_null() && line["address"].is_string()), "{tries:#?}");
    let requests: Vec<_> = tries.iter().map(|line| line["request"].as_str().expect("a request")).collect();
    assert_eq!(requests, paths.iter().map(|path| format!("GET {path}")).collect::<Vec<_>>());
}

/// Of many requests that fail alike each is written or counted, also without maintenance and without a further line.
pub fn counted() {
    let httpd = broken(Mpm::Event, "JkLogFormat json\nJkRequestLogFormat %s");
    let client = httpd.client();
    for _ in 0..REQUESTS {
        assert_eq!(client.get("/same").status, 503);
    }
    wait::until_true("all requests in the log", PATIENCE, || {
        let (written, repeated) = errors(&httpd.jk_log());
        written + repeated == REQUESTS
    });
    let (written, _) = errors(&httpd.jk_log());
    assert!(written < REQUESTS / 2, "{written} lines: {}", httpd.jk_log());
    let lines = objects(&httpd.jk_log());
    let requests = lines.iter().filter(|line| line["event"] == "request").count() as u64;
    assert_eq!(requests, REQUESTS, "each request is an event of its own");
}

/// A process that ends tells what it has counted, whatever ends it.
pub fn end() {
    for mpm in [Mpm::Event, Mpm::Prefork] {
        let mut httpd = broken(mpm, "JkLogFormat json");
        let client = httpd.client();
        for _ in 0..REQUESTS {
            assert_eq!(client.get("/same").status, 503);
        }
        httpd.stop();
        let (written, repeated) = errors(&httpd.jk_log());
        assert_eq!(written + repeated, REQUESTS, "{}: {}", mpm.name(), httpd.jk_log());
    }
}

/// Text has the words of other logs.
pub fn text() {
    let httpd = broken(Mpm::Worker, "");
    let client = httpd.client();
    for _ in 0..REQUESTS {
        assert_eq!(client.get("/same").status, 503);
    }
    let note = wait::until("a note", PATIENCE, || {
        let log = httpd.jk_log();
        let note = log.lines().find(|line| line.contains("] [error] message repeated "));
        note.map(str::to_owned)
    });
    assert!(note.contains(" times: [(w) GET /same gets 503: ") && note.ends_with(']'), "{note}");
}
