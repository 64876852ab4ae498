use std::time::Duration;

use super::*;
use crate::config::settings::{
    Activation, Ajp13Settings, LbLock, LbMethod, MemberSettings, RecoveryOptions, WorkerSettings,
};
use crate::config::workers::DefinedNames;
use crate::config::Origin;

fn ajp13(name: &str) -> Ajp13Settings {
    Ajp13Settings {
        name: name.into(),
        host: "127.0.0.1".into(),
        port: 8009,
        source: None,
        prefer_ipv6: false,
        secret: None,
        socket_timeout: None,
        socket_connect_timeout: None,
        socket_keepalive: false,
        socket_buffer: None,
        connection_pool_size: None,
        connection_pool_minsize: None,
        connection_pool_timeout: None,
        connection_acquire_timeout: Duration::ZERO,
        connect_ping: None,
        prepost_ping: None,
        connection_ping_interval: None,
        ping_timeout: Duration::from_secs(10),
        reply_timeout: None,
        retries: 2,
        retry_interval: Duration::ZERO,
        recovery: RecoveryOptions::empty(),
        fail_on_status: Vec::new(),
        busy_limit: None,
        max_packet_size: 8192,
    }
}

fn member(name: &str) -> MemberSettings {
    MemberSettings {
        worker: ajp13(name),
        lbfactor: 1,
        distance: 0,
        activation: Activation::Active,
        route: name.into(),
        domain: None,
        redirect: None,
    }
}

fn settings() -> WorkersSettings {
    let balancer = LbSettings {
        name: "balancer".into(),
        members: vec![member("node1"), member("node2")],
        sticky_session: true,
        sticky_session_force: false,
        method: LbMethod::Request,
        lock: LbLock::Optimistic,
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::ZERO,
        recover_time: Duration::from_secs(60),
        error_escalation_time: Duration::from_secs(30),
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".into(),
        session_path: ";jsessionid".into(),
        set_session_cookie: false,
        session_cookie_path: String::new(),
    };
    let worker = |name: &str, kind| WorkerSettings { name: name.into(), kind, mounts: Vec::new() };
    WorkersSettings {
        workers: vec![
            worker("worker1", WorkerKind::Ajp13(ajp13("worker1"))),
            worker("balancer", WorkerKind::Lb(balancer)),
        ],
        maintain: None,
    }
}

fn complaints(pattern: &str, worker: &str, unknown: Severity) -> Vec<String> {
    let settings = settings();
    let origin = Origin::new(&"map".into(), 3);
    let mut report = Report::default();
    let rules = Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut report).unwrap();
    let defined = DefinedNames::default();
    let check = WorkerCheck::new(&settings, &defined);
    rules.iter().for_each(|rule| check.check(rule, unknown, &mut report));
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
            "Error map:3: rule /x=wokrer1: worker wokrer1 is not defined; requests for this mount get 500, \
             did you mean worker1?",
        ),
        (
            "/x",
            "node1",
            Severity::Warning,
            "Warning map:3: rule /x=node1: worker node1 is not in worker.list; \
             requests for this mount get 500; add it to worker.list",
        ),
        (
            "/x",
            "*",
            Severity::Error,
            "Error map:3: rule /x=*: worker * is not defined; requests for this mount get 500",
        ),
        (
            "-/x",
            "old",
            Severity::Error,
            "Warning map:3: rule -/x=old: worker old is not defined; requests for this mount get 500",
        ),
        (
            "!/x",
            "old",
            Severity::Error,
            "Warning map:3: rule !/x=old: worker old is not defined; requests for this mount get 500",
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
        ["Warning map:3: rule /x=balancer: node3 is not a member of balancer balancer, did you mean node1?"]
    );
    let ignored = complaints("/x", "worker1;active=a;set_session_cookie=1", Severity::Error);
    assert_eq!(ignored.len(), 2);
    assert!(ignored[1].contains("worker1 is not of type lb, extension set_session_cookie is ignored"));
}
