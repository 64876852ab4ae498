//! Monitors ask for the page and the figures all the time, while an operator changes workers, httpd restarts and users are
//! served: each answer is whole, and no request fails.
//!
//! `MOD_JK_POLL_SECONDS` says for how long; the usual run is a short one.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::backend::Backend;
use crate::support::client::{Client, Reply};
use crate::support::httpd::Httpd;
use crate::support::load::Load;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("polled").under(
        &[Mpm::Event, Mpm::Prefork],
        "answers_are_whole_while_workers_are_changed_and_httpd_restarts",
        run,
    )
}

const USUAL_SECONDS: u64 = 10;

/// Between two questions of one of the two monitors: 50 a second together.
const PERIOD: Duration = Duration::from_millis(40);

/// Between two graceful restarts.
const GENERATION: Duration = Duration::from_secs(3);

/// How long is waited for what comes within seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Each format, and how a whole answer ends.
const FORMATS: [(&str, &str); 6] = [
    ("html", "</html>\n"),
    ("json", "}\n"),
    ("prometheus", "\n"),
    ("xml", "</jk:status>\n"),
    ("txt", "Result: type=OK message=\"Action finished\"\n"),
    ("prop", "worker.result.message=Action finished\n"),
];

/// Ten children, and room for those that end.
fn sizing(mpm: Mpm) -> &'static str {
    match mpm {
        Mpm::Event | Mpm::Worker => {
            "StartServers 10\nServerLimit 30\nThreadsPerChild 4\nThreadLimit 4\nMaxRequestWorkers 40\n\
             MinSpareThreads 36\nMaxSpareThreads 40\n"
        }
        Mpm::Prefork => {
            "StartServers 20\nServerLimit 40\nMaxRequestWorkers 20\nMinSpareServers 10\nMaxSpareServers 20\n"
        }
    }
}

fn run(mpm: Mpm) {
    let seconds = env::var("MOD_JK_POLL_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(USUAL_SECONDS));
    let backends = ["1", "2"].map(Backend::constant);
    let httpd = Site::with_sizing(mpm, sizing(mpm))
        .workers(&format!(
            "worker.list=lb,st\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=t1,t2\n\
             worker.t1.distance=1\nworker.t2.distance=1\n{}{}",
            backends[0].worker("t1"),
            backends[1].worker("t2")
        ))
        .conf("JkMount /status st\nJkMount /app/* lb")
        .start();
    assert!(httpd.children().len() >= 10, "{:?}", httpd.children());
    let users = Load::start(
        6,
        httpd.port(),
        Duration::from_millis(10),
        |_| ("/app/", Vec::new()),
        |reply| match reply.status {
            200 => Ok(reply.text()),
            status => Err(status.to_string()),
        },
    );
    let is_over = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let monitors = [0, 1].map(|first| {
            let (port, is_over) = (httpd.port(), &is_over);
            scope.spawn(move || watch(port, first, is_over))
        });
        let operator = scope.spawn(|| change(httpd.port(), &is_over));
        // Also where the test fails: the scope waits for the others.
        let over = AtEnd(&is_over);
        restart(&httpd, end);
        drop(over);
        assert!(operator.join().expect("an operator that does not panic") > 10);
        monitors.map(|monitor| monitor.join().expect("a monitor that does not panic")).iter().sum::<usize>()
    });
    assert!(asked > 50, "{asked}");
    users.stop().assert_all_good(100);
    // What is changed last is kept by all that come after.
    let set = "/status?cmd=update&w=lb&sw=t*&vwf=7&vwd=7&mime=txt";
    wait::until_true("the change to be taken", PATIENCE, || httpd.get(set).text().contains("type=OK"));
    let generations = httpd.generations();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    (0..20).for_each(|_| assert_eq!(factors(&httpd.get("/status?mime=json")), [[7, 7], [7, 7]]));
}

struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Restarts gracefully until `end`.
fn restart(httpd: &Httpd, end: Instant) {
    loop {
        let rest = end.saturating_duration_since(Instant::now());
        thread::sleep(rest.min(GENERATION));
        if rest < GENERATION {
            return;
        }
        let generations = httpd.generations();
        httpd.graceful_by_signal();
        httpd.wait_for_generation(generations + 1);
    }
}

/// A question on a connection of its own: the end of an idle one is no lost answer.
fn ask(client: &Client, query: &str) -> Reply {
    client.get_with(&format!("/status?{query}"), &[("Connection", "close")])
}

/// Sets two properties of both members, each time to another number; tells how often.
fn change(port: u16, is_over: &AtomicBool) -> usize {
    let client = Client::new(port);
    let mut count = 0;
    while !is_over.load(Relaxed) {
        count += 1;
        let number = 1 + count % 50;
        let query = format!("cmd=update&w=lb&sw=t*&vwf={number}&vwd={number}&mime=txt");
        // While httpd restarts an old process can have the connection, which says so.
        wait::until_true("a process that takes the change", PATIENCE, || {
            let text = ask(&client, &query).text();
            assert!(text.contains("type=OK") || text.contains("ask again"), "{text}");
            text.contains("type=OK")
        });
        thread::sleep(PERIOD);
    }
    count
}

/// Asks in all formats; tells how often.
fn watch(port: u16, first: usize, is_over: &AtomicBool) -> usize {
    let client = Client::new(port);
    let mut count = first;
    while !is_over.load(Relaxed) {
        let next = Instant::now() + PERIOD;
        let (format, end) = FORMATS[count % FORMATS.len()];
        let reply = ask(&client, &format!("mime={format}"));
        let text = reply.text();
        assert!(reply.status == 200 && text.ends_with(end), "{format}: {} {text}", reply.status);
        // Each format names them in its own way, and all of them tell both.
        assert!(["t1", "t2"].iter().all(|name| text.contains(name)), "{format}: {text}");
        if format == "json" {
            for [factor, distance] in factors(&reply) {
                assert_eq!(factor, distance, "half of a change: {text}");
            }
        }
        count += 1;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    count - first
}

/// Factor and distance of the two members.
fn factors(reply: &Reply) -> [[i64; 2]; 2] {
    let text = reply.text();
    let all: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let members = &all["balancers"][0]["members"];
    [0, 1].map(|index| {
        let settings = &members[index]["settings"];
        ["lbfactor", "distance"]
            .map(|name| settings[name].as_i64().unwrap_or_else(|| panic!("{name}: {text}")))
    })
}
