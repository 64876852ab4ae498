//! Tests of what is said about rules and their workers.

use super::*;
use crate::config::diagnostic::{work, MAX_KEPT};
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::workers::DefinedNames;
use crate::config::Origin;

fn settings() -> WorkersSettings {
    settings_of(&[lb_settings("balancer", &["node1", "node2"])], &["worker1"])
}

fn complaints(pattern: &str, worker: &str, unknown: Severity) -> Vec<String> {
    let settings = settings();
    let origin = Origin::new(&"map".into(), 3);
    let mut report = Report::default();
    let rules = Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut report).unwrap();
    let defined = DefinedNames::default();
    let check = WorkerCheck::new(&settings, &defined);
    check.check_all(&rules, unknown, &mut report);
    report.iter().map(|complaint| format!("{:?} {complaint}", complaint.severity)).collect()
}

#[test]
fn listed_workers_pass() {
    assert!(complaints("/x", "worker1;reply_timeout=5", Severity::Error).is_empty());
    assert!(complaints("/x", "balancer;stopped=node1;session_cookie=S", Severity::Error).is_empty());
    assert!(complaints("!/x", "*", Severity::Error).is_empty());
}

#[test]
fn unknown_workers_are_named_with_what_was_meant() {
    let cases: &[(&str, &str, Severity, &str)] = &[
        (
            "/x",
            "wokrer1",
            Severity::Error,
            "Error map:3: /x=wokrer1: worker wokrer1 is not defined; requests for this mount would get 500, \
             did you mean worker1?",
        ),
        (
            "/x|/*",
            "node1",
            Severity::Warning,
            "Warning map:3: /x|/*=node1: worker node1 is not in worker.list; \
             requests for this mount get 500; add it to worker.list",
        ),
        (
            "/x",
            "*",
            Severity::Error,
            "Error map:3: /x=*: worker * is not defined; requests for this mount would get 500",
        ),
        (
            "-/x",
            "old",
            Severity::Error,
            "Warning map:3: -/x=old: worker old is not defined; the rule is disabled, so this has no effect",
        ),
        (
            "!/x/*.gif",
            "wrker1",
            Severity::Error,
            "Warning map:3: !/x/*.gif=wrker1: worker wrker1 is not defined; it excludes nothing: what is \
             mounted of /x/*.gif stays forwarded, did you mean worker1?",
        ),
    ];
    for (pattern, worker, severity, expected) in cases {
        assert_eq!(complaints(pattern, worker, *severity), [*expected]);
    }
}

#[test]
fn extensions_must_fit_the_worker() {
    assert_eq!(
        complaints("/x", "balancer;disabled=node3", Severity::Error),
        ["Warning map:3: /x=balancer: node3 is not a member of balancer balancer, did you mean node1?"]
    );
    let ignored = complaints("/x", "worker1;active=a;set_session_cookie=1", Severity::Error);
    assert_eq!(ignored.len(), 2);
    assert!(ignored[1].contains("worker1 is not of type lb, extension set_session_cookie is ignored"));
}

#[test]
fn a_directive_is_called_by_its_name() {
    let settings = settings();
    let origin = Origin::new(&"httpd.conf".into(), 7);
    let mut report = Report::default();
    let rules = Rule::unmount(b"/x/*.gif", b"old", &origin, &mut report).unwrap();
    WorkerCheck::new(&settings, &DefinedNames::default()).check_all(&rules, Severity::Warning, &mut report);
    let told: Vec<_> = report.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["httpd.conf:7: JkUnMount /x/*.gif old: worker old is not defined; it excludes nothing: what is mounted of \
          /x/*.gif stays forwarded"]
    );
}

/// 10,000 rules that name what none of 1,000 workers is called, and 10,000 that name no member of a balancer.
#[test]
fn the_work_for_complaints_is_bounded_whatever_the_number_of_rules() {
    let names: Vec<_> = (0..1000).map(|number| format!("worker{number}")).collect();
    let members: Vec<_> = names.iter().map(String::as_str).collect();
    let settings = settings_of(&[lb_settings("balancer", &members)], &members);
    let defined = DefinedNames::default();
    let check = WorkerCheck::new(&settings, &defined);
    let origin = Origin::new(&"map".into(), 1);
    for worker in ["wrokerA", "balancer;disabled=wrokerA"] {
        let line = |_| Rule::file_line(b"/x|/*", worker.as_bytes(), &origin, &mut Report::default()).unwrap();
        let rules: Vec<_> = (0..10_000).flat_map(line).collect();
        let (before, mut report) = (work::distances(), Report::limited());
        check.check_all(&rules, Severity::Warning, &mut report);
        assert_eq!(report.count(Severity::Warning), 10_000, "{worker}");
        let work = work::distances() - before;
        assert!(work > 0 && work <= MAX_KEPT * 2 * names.len(), "{worker}: {work} names were compared");
    }
}
