//! `jkctl drain`, `activate`, `disable`, `stop` and `switch`.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::program::{jkctl, Said};
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn add_to(suite: Suite) -> Suite {
    suite
        .test("members_are_changed_by_post_and_waited_for", changes)
        .test("a_wait_ends_when_nothing_is_in_flight_or_its_time_is_up", in_flight)
        .alone("an_activation_is_complete_when_the_tomcat_has_answered", proof)
        .test("a_member_that_is_activated_serves_at_once_if_it_is_the_only_one", only)
        .test("a_wait_ends_when_somebody_else_wants_the_member_back", undone)
        .test("domains_and_single_members_are_switched_to", switches)
        .test("a_switch_to_members_that_do_not_work_is_not_complete", switch_to_nobody)
        .test("what_is_not_there_or_not_allowed_is_told", refusals)
        .test("the_last_active_member_does_not_go_without_a_word", nobody_left)
        .test("changes_come_through_while_the_server_restarts", restarts)
}

const PATIENCE: Duration = Duration::from_secs(30);

/// The balancer `farm` over members a and b of the domain blue, and c of green, of which `backends` are the Tomcats.
fn site(backends: &[Backend; 3]) -> Site {
    let names = ["a", "b", "c"];
    let workers: String = names.iter().zip(backends).map(|(name, backend)| backend.worker(name)).collect();
    let domains = "worker.a.domain=blue\nworker.b.domain=blue\nworker.c.domain=green\n";
    Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=farm,st,look\nworker.st.type=status\nworker.st.update_methods=post\nworker.look.type=status\n\
             worker.look.read_only=true\nworker.farm.type=lb\nworker.farm.balance_workers=a,b,c\n{workers}{domains}"
        ))
        .conf("JkMount /status st\nJkMount /look look\nJkMount /app/* farm")
}

fn three() -> [Backend; 3] {
    ["route=a\n", "route=b\n", "route=c\n"].map(Backend::constant)
}

/// Runs a change of `farm` by its status page.
fn change(httpd: &Httpd, verb: &str, arguments: &[&str]) -> Said {
    let url = format!("http://127.0.0.1:{}/status", httpd.port());
    jkctl([&[verb, &url, "farm"], arguments].concat())
}

/// The activations of a, b and c.
fn activations(httpd: &Httpd) -> [String; 3] {
    let text = httpd.get("/status?mime=json").text();
    let shown: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    [0, 1, 2].map(|index| {
        let member = &shown["balancers"][0]["members"][index];
        member["settings"]["activation"].as_str().expect("a word").to_owned()
    })
}

fn changes() {
    let backends = three();
    let httpd = site(&backends).start();
    let said = change(&httpd, "drain", &["a", "--drain-timeout", "2", "--wait", "30"]).ends_with(0);
    let text = said.text();
    assert!(
        text.starts_with("a: Disabled, drains for ") && text.contains("a: stopped and empty after "),
        "{text}"
    );
    assert_eq!(activations(&httpd), ["Stopped", "Active", "Active"]);
    change(&httpd, "activate", &["a", "--wait", "30"]).ends_with(0).says("a: working after ");
    change(&httpd, "disable", &["a,b"]).ends_with(0).says("a: Disabled\nb: Disabled\n");
    assert_eq!(activations(&httpd), ["Disabled", "Disabled", "Active"]);
    change(&httpd, "activate", &["*"]).ends_with(0);
    change(&httpd, "stop", &["blue", "--domain", "--wait", "30"]).ends_with(0).says("a, b: empty after ");
    assert_eq!(activations(&httpd), ["Stopped", "Stopped", "Active"]);
}

fn in_flight() {
    let held = Arc::new(AtomicBool::new(true));
    let script = Arc::clone(&held);
    let slow = Backend::answering(move |_| {
        wait::until_true("the end of the test", PATIENCE, || !script.load(Relaxed));
        Answer::ok("route=a\n")
    });
    let [_, b, c] = three();
    let backends = [slow, b, c];
    let httpd = site(&backends).start();
    let client = httpd.client();
    let request = thread::spawn(move || client.get_with("/app/", &[("Cookie", "JSESSIONID=1.a")]).status);
    wait::until_true("a request in flight", PATIENCE, || {
        httpd.get("/status?cmd=show&w=farm&sw=a&mime=json").text().contains("\"busy\":1")
    });
    let said = change(&httpd, "stop", &["a", "--wait", "0.6"]).ends_with(1);
    said.says("a: not empty within 0.6 s: Stopped, 1 in flight");
    // Now it is the business of a process that the page knows nothing of.
    let generations = httpd.generations();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    let said = change(&httpd, "stop", &["a", "--wait", "0.6"]).ends_with(1);
    said.says("a: not empty within 0.6 s: Stopped, 0 in flight")
        .says("1 process from before a restart may still serve its requests");
    held.store(false, Relaxed);
    change(&httpd, "stop", &["a", "--wait", "30"]).ends_with(0).says("a: empty after ");
    assert_eq!(request.join().expect("a client"), 200);
}

/// The Tomcat of a is away when that is activated, and comes back. Users go on.
fn proof() {
    let [a, b, c] = three();
    let port = a.port();
    let mut backends = [a, b, c];
    let httpd = site(&backends).start();
    let request = |client: usize| {
        let session = [("Cookie", format!("JSESSIONID=1.{}", ["a", "b"][client % 2]))];
        ("/app/", if client < 2 { session.to_vec() } else { Vec::new() })
    };
    let load = Load::start(4, httpd.port(), Duration::from_millis(5), request, load::by_route);
    wait::until_true("requests", PATIENCE, || load.finished() > 100);
    change(&httpd, "stop", &["a", "--wait", "30"]).ends_with(0);
    backends[0] = Backend::constant("route=nobody\n");
    let said = change(&httpd, "activate", &["a", "--wait", "3"]).ends_with(1);
    let said = said.says("a: Active\n").says("a: not working within 3 s: Active, ERR");
    said.says(&format!("; 127.0.0.1:{port} took no connection (Connection refused)"));
    let told = "(farm) member a is not stopped any more, but does not work: 127.0.0.1:";
    assert_eq!(httpd.jk_log().matches(told).count(), 1, "{}", httpd.jk_log());
    let back = Backend::start_at(port, |connection| connection.serve(&|_| Answer::ok("route=a\n")));
    change(&httpd, "activate", &["a", "--wait", "30"]).ends_with(0).says("a: working after ");
    let requests = back.requests().len();
    wait::until_true("requests of users", PATIENCE, || back.requests().len() > requests + 20);
    let tally = load.stop();
    tally.assert_all_good(100);
    assert!(!tally.good.contains_key("nobody"), "{:?}", tally.good);
}

fn only() {
    let backends = three();
    let httpd = site(&backends).start();
    change(&httpd, "stop", &["*", "--wait", "30"]).ends_with(0);
    for _ in 0..8 {
        change(&httpd, "stop", &["a"]).ends_with(0);
        assert_eq!(httpd.get("/app/").status, 503);
        change(&httpd, "activate", &["a"]).ends_with(0);
        assert_eq!(httpd.get("/app/").text(), "route=a\n");
    }
}

fn undone() {
    let backends = three();
    let httpd = site(&backends).start();
    let url = format!("http://127.0.0.1:{}/status", httpd.port());
    let drain = ["drain", &url, "farm", "a", "--drain-timeout", "600", "--wait", "30"].map(str::to_owned);
    let waiting = thread::spawn(move || jkctl(drain));
    wait::until_true("the drain", PATIENCE, || activations(&httpd)[0] == "Disabled");
    change(&httpd, "activate", &["a"]).ends_with(0);
    waiting.join().expect("a run").ends_with(1).says("a: Active again, somebody else changed it");
}

fn switches() {
    let backends = three();
    let httpd = site(&backends).start();
    let said = change(&httpd, "switch", &["green", "--drain-timeout", "1", "--wait", "30"]).ends_with(0);
    said.says("c: Active\n").says("c: working after ").says("a, b: stopped and empty after ");
    assert_eq!(activations(&httpd), ["Stopped", "Stopped", "Active"]);
    change(&httpd, "switch", &["b"]).ends_with(0).says("b: Active\n");
    assert_eq!(activations(&httpd), ["Stopped", "Active", "Disabled"], "a stays stopped, and c drains");
}

/// Nobody is there who could take over.
fn switch_to_nobody() {
    let [a, b, c] = three();
    let mut backends = [a, b, c];
    let httpd = site(&backends).start();
    change(&httpd, "stop", &["c"]).ends_with(0);
    backends[2] = Backend::constant("route=nobody\n");
    let said = change(&httpd, "switch", &["green", "--drain-timeout", "1", "--wait", "4"]).ends_with(1);
    said.says("c: not working within 4 s: Active, ERR").says(" took no connection (Connection refused)");
    assert_eq!(activations(&httpd)[2], "Active", "and the way back is another switch");
}

fn refusals() {
    let backends = three();
    let httpd = site(&backends).start();
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", httpd.port());
    for (lb, member, told) in [
        ("from", "a", "\"from\" is no balancer; there are farm"),
        ("fram", "a", "\"fram\" is no balancer, did you mean \"farm\"?; there are farm"),
        ("farm", "d", "\"d\" is no member of farm; there are a, b, c"),
    ] {
        jkctl(["stop", &url("/status"), lb, member]).ends_with(2).says(told);
    }
    change(&httpd, "switch", &["gren"]).ends_with(2).says("did you mean \"green\"?");
    jkctl(["stop", &url("/look"), "farm", "a"]).ends_with(1).says("read");
    jkctl(["stop", &url("/app/"), "farm", "a"]).ends_with(2).says("no status page of this module");
    jkctl(["status", &url("/status?cmd=stop&w=farm&sw=a")])
        .ends_with(2)
        .says("cmd=stop is more than a look at it");
    assert_eq!(activations(&httpd), ["Active", "Active", "Active"]);
}

fn nobody_left() {
    let backends = three();
    let httpd = site(&backends).start();
    let warning = "farm: no member is active any more: requests without a session get 503";
    let status = || jkctl(["status", &format!("http://127.0.0.1:{}/status", httpd.port())]);
    let said = change(&httpd, "stop", &["a,b"]).ends_with(0);
    assert!(!said.err.contains(warning), "{}", said.err);
    assert!(!status().ends_with(0).text().contains("none active"));
    change(&httpd, "disable", &["c"]).ends_with(0).says(warning);
    status().ends_with(0).says("balancer farm: 3 members, none active");
}

fn restarts() {
    let backends = three();
    let httpd = site(&backends).start();
    for round in 0..6 {
        let generations = httpd.generations();
        httpd.graceful_by_signal();
        let (verb, is) = if round % 2 == 0 { ("stop", "Stopped") } else { ("activate", "Active") };
        change(&httpd, verb, &["a", "--wait", "30"]).ends_with(0);
        httpd.wait_for_generation(generations + 1);
        assert_eq!(activations(&httpd)[0], is);
    }
}
