//! Figures for monitors: `mime=json` and `mime=prometheus` of a running server, read by the tools that are made for them,
//! and `conf-examples/monitoring`.

mod tools;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::backend::{worker, Answer, Backend};
use crate::support::client::Client;
use crate::support::example::Example;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, wait};
use tools::{check_metrics, names_in, parse_open_metrics, promtool, read_example};

const OPEN_METRICS: (&str, &str) = ("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.1");

const PATIENCE: Duration = Duration::from_secs(20);

pub fn suite() -> Suite {
    Suite::new("metrics")
        .under(&[Mpm::Event, Mpm::Prefork], "figures_are_what_happened", happened)
        .test("reloads_and_edits_are_counted_and_told", reloads)
        .under(&[Mpm::Event, Mpm::Prefork], "counters_never_go_back_over_a_graceful_restart", restarts)
        .test("the_example_is_scraped_and_can_change_nothing", example)
        .test("alerts_come_when_they_are_due", alerts)
        .test("alerts_and_dashboard_ask_for_figures_that_there_are", asked_for)
}

/// Samples by their series.
type Samples = BTreeMap<String, f64>;

/// Scrapes as Prometheus does, and checks both formats.
fn scrape(port: u16, path: &str) -> Samples {
    let client = Client::new(port);
    let [text, open_metrics] = [&[][..], &[OPEN_METRICS]].map(|headers| client.get_with(path, headers));
    let media_type = |reply: &crate::support::client::Reply| {
        let media_type = reply.header("content-type").unwrap_or_default();
        media_type.split(';').next().unwrap_or_default().to_owned()
    };
    assert_eq!((text.status, media_type(&text)), (200, "text/plain".to_owned()));
    assert_eq!(media_type(&open_metrics), "application/openmetrics-text");
    check_metrics(&text.text());
    parse_open_metrics(&open_metrics.text())
}

/// An answer by the last part of the path.
fn answer(path: &str) -> Answer {
    match path.rsplit('/').next() {
        Some("broken") => Answer::page(500, "broken"),
        Some("missing") => Answer::page(404, "missing"),
        _ => Answer::ok("hello"),
    }
}

fn happened(mpm: Mpm) {
    let good = Backend::answering(|forward| answer(&forward.uri));
    let bad = Backend::start(|connection| drop(connection.request()));
    let silent = Backend::start(|connection| {
        connection.request();
        connection.stall();
    });
    let site = Site::new(mpm)
        .workers(&format!(
            "worker.list=lb,bad,silent,gone,metrics\nworker.lb.type=lb\nworker.lb.balance_workers=good\n{}{}{}{}\
             worker.good.connect_timeout=10000\nworker.bad.retries=2\nworker.bad.retry_interval=1\n\
             worker.silent.reply_timeout=50\nworker.silent.retries=1\nworker.gone.retries=1\n\
             worker.good.busy_limit=40\nworker.metrics.type=status\n",
            good.worker("good"),
            bad.worker("bad"),
            silent.worker("silent"),
            worker("gone", ports::free()),
        ))
        .conf("JkMount /lb/* lb\nJkMount /bad bad\nJkMount /silent silent\nJkMount /gone gone\nJkMount /metrics metrics");
    let httpd = site.start();
    // Each request over a connection of its own, so that all processes have a part.
    let visit = |path: &str, status: u16, times: usize| {
        (0..times).for_each(|_| assert_eq!(httpd.get(path).status, status, "{path}"));
    };
    visit("/lb/ok", 200, 12);
    visit("/lb/missing", 404, 3);
    visit("/lb/broken", 500, 5);
    visit("/bad", 502, 2);
    visit("/silent", 504, 1);
    visit("/gone", 503, 2);
    let samples = scrape(httpd.port(), "/metrics?mime=prometheus");
    for (series, value) in [
        ("jk_balancer_requests_total{balancer=lb,result=answered}", 20.0),
        ("jk_balancer_requests_total{balancer=lb,result=no_member}", 0.0),
        ("jk_worker_requests_total{result=ok,worker=good}", 15.0),
        ("jk_worker_requests_total{result=server_error,worker=good}", 5.0),
        ("jk_worker_request_duration_seconds_count{worker=good}", 20.0),
        ("jk_worker_request_duration_seconds_bucket{le=+Inf,worker=good}", 20.0),
        ("jk_worker_busy{worker=good}", 0.0),
        ("jk_worker_busy_limit{worker=good}", 40.0),
        ("jk_worker_requests_total{result=error,worker=bad}", 2.0),
        ("jk_worker_errors_total{kind=connection_lost,worker=bad}", 4.0),
        ("jk_worker_retries_total{worker=bad}", 2.0),
        ("jk_worker_errors_total{kind=reply_timeout,worker=silent}", 1.0),
        ("jk_worker_errors_total{kind=connect,worker=gone}", 2.0),
        ("jk_worker_request_duration_seconds_count{worker=gone}", 0.0),
        ("jk_member_state{balancer=lb,state=OK,worker=good}", 1.0),
        ("jk_member_activation{activation=Active,balancer=lb,worker=good}", 1.0),
        ("jk_member_sessions_total{balancer=lb,worker=good}", 20.0),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series} in {samples:#?}");
    }
    let value = |series: &str| samples.get(series).copied().unwrap_or_default();
    wait::until_true("all children to be known", PATIENCE, || {
        let processes = scrape(httpd.port(), "/metrics?mime=prometheus").get("jk_processes").copied();
        processes == Some(httpd.children().len() as f64)
    });
    assert_eq!(value("jk_worker_cpings_total{result=answered,worker=good}"), good.connections() as f64);
    assert!(value("jk_worker_request_duration_seconds_sum{worker=silent}") >= 0.05);
    assert!(value("jk_worker_read_bytes_total{worker=good}") > 100.0);
    let json = httpd.get("/metrics?mime=json").text();
    for part in ["\"kind\":\"connection_lost\"", "\"p95_ms\":", "took no connection (Connection refused)"] {
        assert!(json.contains(part), "{part} in {json}");
    }
}

/// The page's result of a change.
fn change(httpd: &Httpd, query: &str) -> (u16, String) {
    let reply = httpd.get(&format!("/jk-status?mime=json&{query}"));
    (reply.status, reply.text())
}

fn reloads() {
    let backend = Backend::constant("hello");
    let site = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb,st\nworker.lb.type=lb\nworker.lb.balance_workers=t1\n{}worker.st.type=status\n",
            backend.worker("t1")
        ))
        .file("conf/map", "/a=lb\n")
        .conf("JkMount /jk-status st\nJkMountFile conf/map\nJkMountFileReload 1");
    let httpd = site.start();
    let counted = |series: &str, value: f64| {
        wait::until_true(&format!("{series} {value}"), PATIENCE, || {
            scrape(httpd.port(), "/jk-status?mime=prometheus").get(series) == Some(&value)
        });
    };
    counted("jk_map_reloads_total{result=taken}", 0.0);
    httpd.site().write("conf/map", "/a=lb\n/b=lb\n");
    counted("jk_map_reloads_total{result=taken}", 1.0);
    httpd.site().write("conf/map", "/a=lb\n/b=nobody\n/c=lb\n");
    counted("jk_map_reloads_total{result=refused}", 1.0);
    assert_eq!(httpd.get("/b").status, 200, "the rules before are in force");
    let (status, done) = change(&httpd, "cmd=update&w=lb&sw=t1&vwa=d");
    assert!(status == 200 && done.contains("\"type\":\"OK\""), "{done}");
    let (status, bad) = change(&httpd, "cmd=update&w=lb&sw=t1&vwa=x");
    assert!(status == 400 && bad.contains("expected Active, Disabled, Stopped"), "{bad}");
    counted("jk_member_activation{activation=Disabled,balancer=lb,worker=t1}", 1.0);
    let (_, list) = change(&httpd, "cmd=list");
    let events = list.split("\"events\":").nth(1).and_then(|rest| rest.split("\"balancers\":").next());
    let events = events.expect("events");
    for part in [
        "taken: 2 rules",
        "not taken: ",
        "nobody",
        "activation: 'Active' to 'Disabled': somebody from 127.0.0.1",
    ] {
        assert!(events.contains(part), "{part} in {events}");
    }
}

/// Whether a series counts something.
fn is_counter(series: &str) -> bool {
    let name = series.split('{').next().unwrap_or_default();
    ["_total", "_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end))
}

fn restarts(mpm: Mpm) {
    let good = Backend::constant("hello");
    let site = Site::new(mpm)
        .workers(&format!(
            "worker.list=lb,gone,st\nworker.lb.type=lb\nworker.lb.balance_workers=good\n{}{}\
             worker.gone.retries=1\nworker.st.type=status\n",
            good.worker("good"),
            worker("gone", ports::free()),
        ))
        .conf("JkMount /lb lb\nJkMount /gone gone\nJkMount /jk-status st");
    let httpd = site.start();
    (0..5).for_each(|_| assert_eq!(httpd.get("/lb").status, 200));
    (0..2).for_each(|_| assert_eq!(httpd.get("/gone").status, 503));
    assert!(change(&httpd, "cmd=update&w=lb&sw=good&vwf=2").1.contains("\"type\":\"OK\""));
    let scrape = || scrape(httpd.port(), "/jk-status?mime=prometheus");
    for generation in 1..=2 {
        let before = scrape();
        assert!(before.keys().filter(|series| is_counter(series)).count() > 100, "{before:?}");
        assert!(httpd.graceful().ok);
        httpd.wait_for_generation(generation + 1);
        // A child of the last generation may still answer.
        let taken = || scrape().get("jk_workers_reloads_total{result=taken}").copied();
        wait::until_true("the restart to be counted", PATIENCE, || taken() == Some(generation as f64));
        let after = scrape();
        for (series, value) in before.iter().filter(|(series, _)| is_counter(series)) {
            assert!(after.get(series) >= Some(value), "{series}: {value}, then {:?}", after.get(series));
        }
    }
    let after = scrape();
    assert_eq!(after.get("jk_worker_requests_total{result=ok,worker=good}"), Some(&5.0));
    assert_eq!(after.get("jk_worker_errors_total{kind=connect,worker=gone}"), Some(&2.0));
    let (_, list) = change(&httpd, "cmd=list");
    for part in ["lbfactor: '1' to '2'", "taken, by a restart", "took no connection (Connection refused)"] {
        assert!(list.contains(part), "{part} in {list}");
    }
}

fn example() {
    let backends = [Backend::constant("one"), Backend::constant("two")];
    let port = ports::free();
    let example = Example::new("monitoring", Mpm::Event)
        .set("HTTP_PORT", port)
        .set("TOMCAT1_AJP", backends[0].port())
        .set("TOMCAT2_AJP", backends[1].port());
    assert_eq!(example.configtest().output.trim(), "Syntax OK");
    let _running = example.start(port);
    let client = Client::new(port);
    (0..4).for_each(|_| assert_eq!(client.get("/shop/x").status, 200));
    let samples = scrape(port, "/jk-metrics?mime=prometheus");
    assert_eq!(samples.get("jk_balancer_requests_total{balancer=balancer,result=answered}"), Some(&4.0));
    let denied = client.get("/jk-metrics?cmd=update&w=balancer&sw=tomcat1&vwa=s&mime=json");
    assert_eq!(denied.status, 403, "{}", denied.text());
    let after = scrape(port, "/jk-metrics?mime=prometheus");
    let active = "jk_member_activation{activation=Active,balancer=balancer,worker=tomcat1}";
    assert_eq!(after.get(active), Some(&1.0));
}

fn alerts() {
    for arguments in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        promtool(&arguments, "");
    }
}

/// What a rule or panel names is told by a server, and what panels ask is a question that Prometheus understands.
fn asked_for() {
    let backend = Backend::constant("hello");
    let site = Site::single_child(Mpm::Event, 8)
        .workers(&format!(
            "worker.list=lb,st\nworker.lb.type=lb\nworker.lb.balance_workers=t1\n{}worker.t1.busy_limit=3\n\
             worker.t1.connection_pool_size=3\nworker.st.type=status\n",
            backend.worker("t1")
        ))
        .conf("JkMount /jk-status st");
    let httpd = site.start();
    let samples = scrape(httpd.port(), "/jk-status?mime=prometheus");
    let told: Vec<&str> = samples.keys().filter_map(|series| series.split('{').next()).collect();
    for file in ["alerts.yml", "alerts.test.yml", "grafana-dashboard.json"] {
        let text = read_example(file);
        let names = names_in(&text);
        assert!(names.len() > 3, "{file} asks for {names:?}");
        let missing: Vec<_> = names.iter().filter(|name| !told.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}, which nobody tells");
    }
    tools::check_panels(&read_example("grafana-dashboard.json"));
}
