//! `mime=prometheus` over real records.

use std::collections::BTreeSet;

use super::*;
use crate::shared::{Fault, Health, Served};

fn figures(bench: &Bench, query: &str) -> String {
    bench.ask(&format!("{query}&mime=prometheus"))
}

/// The samples of a text that begin so.
fn samples<'t>(text: &'t str, beginning: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.starts_with(beginning)).collect()
}

#[test]
fn samples_are_those_of_the_records() {
    let bench = Bench::new();
    let lb = Bench::lb(&bench.workers);
    let (member, worker) = (lb.members()[0].record(), lb.members()[0].worker());
    member.update_health(|_| Some(Health { state: MemberState::Error, ..Health::default() }));
    member.count_session();
    worker.figures().count_served(Served::Error);
    worker.figures().count_fault(Fault::ReplyTimeout);
    worker.figures().count_latency(Duration::from_millis(3));
    worker.add_read(12);
    let text = figures(&bench, "cmd=list");
    for sample in [
        concat!("jk_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "jk_processes 0",
        "jk_map_reloads_total{result=\"refused\"} 0",
        "jk_balancer_members{balancer=\"lb\",rating=\"bad\"} 1",
        "jk_member_state{balancer=\"lb\",worker=\"t1\",state=\"ERR\"} 1",
        "jk_member_state{balancer=\"lb\",worker=\"t1\",state=\"OK\"} 0",
        "jk_member_state{balancer=\"lb\",worker=\"t2\",state=\"OK/IDLE\"} 1",
        "jk_member_activation{balancer=\"lb\",worker=\"t1\",activation=\"Active\"} 1",
        "jk_member_info{balancer=\"lb\",worker=\"t1\",route=\"t1\",domain=\"\"} 1",
        "jk_member_sessions_total{balancer=\"lb\",worker=\"t1\"} 1",
        "jk_worker_requests_total{worker=\"t1\",result=\"error\"} 1",
        "jk_worker_errors_total{worker=\"t1\",kind=\"reply_timeout\"} 1",
        "jk_worker_read_bytes_total{worker=\"t1\"} 12",
        "jk_worker_request_duration_seconds_bucket{worker=\"t1\",le=\"0.0025\"} 0",
        "jk_worker_request_duration_seconds_bucket{worker=\"t1\",le=\"0.005\"} 1",
        "jk_worker_request_duration_seconds_sum{worker=\"t1\"} 0.003",
        "jk_worker_pool_connections{worker=\"alone\",state=\"idle\"} 0",
    ] {
        assert!(text.lines().any(|line| line == sample), "{sample} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert_eq!(samples(&text, "jk_worker_busy_limit"), [""; 0], "without limit");
}

#[test]
fn each_thing_is_told_once() {
    let mut settings =
        settings_of(&[lb_settings("one", &["t1", "t2"]), lb_settings("two", &["t1"])], &["t1"]);
    settings.workers.reverse();
    let bench = Bench::of(settings);
    let text = figures(&bench, "cmd=list");
    assert_eq!(samples(&text, "jk_worker_busy{").len(), 2);
    assert_eq!(samples(&text, "jk_member_load{").len(), 3);
    let mut known = BTreeSet::new();
    let series = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
    series.for_each(|(series, _)| assert!(known.insert(series), "{series} comes twice"));
}

#[test]
fn what_is_asked_for_is_told() {
    let bench = Bench::new();
    let workers = |query: &str| samples(&figures(&bench, query), "jk_worker_busy{").len();
    for (query, count) in [
        ("cmd=list", 3),
        ("cmd=list&opt=16", 2),
        ("cmd=list&opt=1", 1),
        ("cmd=show&w=lb", 2),
        ("cmd=show&w=lb&sw=t2", 1),
        ("cmd=show&w=alone", 1),
        ("cmd=version", 0),
        ("cmd=update&w=lb&sw=t2&vwf=2", 0),
    ] {
        assert_eq!(workers(query), count, "{query}");
    }
    assert_eq!(figures(&bench, "cmd=show&w=nix"), "# Could not find given worker\n");
}

#[test]
fn names_can_hold_anything() {
    let bench = Bench::new();
    assert_eq!(bench.result("cmd=update&w=lb&sw=t1&vwn=a%5C%23%20%7D&vwc=%5C"), DONE);
    let text = figures(&bench, "cmd=show&w=lb&sw=t1");
    assert_eq!(
        samples(&text, "jk_member_info"),
        ["jk_member_info{balancer=\"lb\",worker=\"t1\",route=\"a\\\\# }\",domain=\"\\\\\"} 1"]
    );
}

#[test]
fn the_media_type_is_that_of_the_format() {
    let bench = Bench::new();
    let answer = |accept| bench.answer_to("mime=prometheus", "", None, accept);
    let open_metrics = answer(Some("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
    assert_eq!(open_metrics.media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(open_metrics.body.contains("# TYPE jk_worker_retries counter\n"));
    for accept in [None, Some("text/plain")] {
        let text = answer(accept);
        assert_eq!(text.media_type, "text/plain; version=0.0.4; charset=utf-8");
        assert!(text.body.contains("# TYPE jk_worker_retries_total counter\n"));
    }
}

/// The manual lists every family with its type, and no other.
#[test]
fn the_manual_knows_every_family() {
    let manual = include_str!("../../../../docs/book/src/status-formats.md");
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `jk_"));
    let listed: BTreeSet<String> = rows
        .filter_map(|row| {
            let mut columns = row.split('|').map(str::trim);
            let (name, kind) = (columns.next()?.trim_end_matches('`'), columns.next()?);
            Some(format!("jk_{name} {kind}"))
        })
        .collect();
    let bench = Bench::new();
    for number in 0..2 {
        let lb = Bench::lb(&bench.workers);
        lb.members()[number].worker().figures().note_error(1, Fault::Connect, "x");
    }
    assert_eq!(bench.result("cmd=update&w=lb&sw=t1&vwa=d&vwdt=60&vabl=5"), DONE);
    let mut settings = bench.settings.clone();
    for worker in &mut settings.workers {
        if let crate::config::settings::WorkerKind::Ajp13(worker) = &mut worker.kind {
            worker.connection_pool_size = Some(4);
        }
    }
    let limited = figures(&Bench::of(settings), "cmd=list");
    let text = figures(&bench, "cmd=list") + &limited;
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeSet<String> = types.map(str::to_owned).collect();
    assert_eq!(listed, told);
}
