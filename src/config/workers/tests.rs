//! Whole files in, settings and complaints out.

mod causes;
mod mistakes;
mod seeds;
mod silent;
mod templates;
mod typed;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::settings::{
    Activation, Ajp13Settings, CookieFlags, LbMethod, LbSettings, RecoveryOptions, SameSite, WhenSecure,
    WorkerKind,
};

fn load_file(text: &str) -> Loaded {
    load(&[], Some((text.as_bytes(), "w.properties".into())), "/etc/httpd", 25)
}

/// Every complaint as configtest prints it, errors marked.
fn complaints(text: &str) -> Vec<String> {
    let loaded = load_file(text);
    let print = |d: &crate::config::Diagnostic| match d.severity {
        crate::config::Severity::Error => format!("error: {d}"),
        crate::config::Severity::Warning => d.to_string(),
    };
    loaded.report.iter().map(print).collect()
}

fn ajp13<'a>(loaded: &'a Loaded, name: &str) -> &'a Ajp13Settings {
    match &loaded.settings.find(name).expect("worker is listed").kind {
        WorkerKind::Ajp13(settings) => settings,
        other => panic!("{other:?}"),
    }
}

fn lb<'a>(loaded: &'a Loaded, name: &str) -> &'a LbSettings {
    match &loaded.settings.find(name).expect("worker is listed").kind {
        WorkerKind::Lb(settings) => settings,
        other => panic!("{other:?}"),
    }
}

/// One worker `w` with these lines, its properties written without `worker.w.`.
fn one_worker(lines: &str) -> (Ajp13Settings, Vec<String>) {
    let mut text = "worker.list=w\n".to_owned();
    for line in lines.split_terminator(';') {
        text += &format!("worker.w.{line}\n");
    }
    (ajp13(&load_file(&text), "w").clone(), complaints(&text))
}

const TWO_TOMCATS: &str = "\
worker.list=balancer
worker.balancer.type=lb
worker.balancer.balance_workers=t1,t2
worker.t1.host=a
worker.t1.port=1
worker.t2.host=b
worker.t2.port=2
";

#[test]
fn lists_over_several_lines_and_an_empty_list() {
    let loaded =
        load_file("worker.list=a , b\nworker.list=c\nworker.a.port=1\nworker.b.port=2\nworker.c.port=3");
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let names: Vec<_> = loaded.settings.workers.iter().map(|worker| worker.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(complaints("worker.list= ,"), ["error: w.properties:1: worker.list names no worker"]);
}

#[test]
fn without_a_list_there_is_one_worker() {
    let consequence = "the only worker is ajp13 at localhost:8009";
    assert_eq!(complaints("a=b"), [format!("w.properties: worker.list is not set: {consequence}")]);
    assert_eq!(
        complaints("\nworker.list="),
        [format!("w.properties:2: worker.list is empty: {consequence}")]
    );
    let loaded = load(&[], None, "/etc/httpd", 25);
    assert!(loaded.report.is_empty(), "nothing configured is nothing wrong");
    let worker = ajp13(&loaded, "ajp13");
    assert_eq!((worker.host.as_str(), worker.port), ("localhost", 8009));
}

#[test]
fn lines_of_httpd_conf_come_first_and_keep_hashes() {
    let conf: Arc<str> = "httpd.conf".into();
    let lines = [
        (b"worker.list=w".to_vec(), Origin::new(&conf, 5)),
        (b"worker.w.secret=a#b".to_vec(), Origin::new(&conf, 6)),
        (b"worker.w.host=$(ServerRoot)".to_vec(), Origin::new(&conf, 7)),
    ];
    let file: &[u8] = b"\xEF\xBB\xBFworker.list=x\r\nworker.x.host=$(ServerRoot)/x\r\n";
    let loaded = load(&lines, Some((file, "w.properties".into())), "/srv", 1);
    let names: Vec<_> = loaded.settings.workers.iter().map(|worker| worker.name.as_str()).collect();
    assert_eq!(names, ["w", "x"]);
    assert_eq!(ajp13(&loaded, "w").secret.as_ref().map(|s| s.reveal()), Some(b"a#b".as_slice()));
    assert_eq!(ajp13(&loaded, "x").host, "/srv/x");
    let complaints: Vec<_> = loaded.report.iter().map(ToString::to_string).collect();
    assert_eq!(
        complaints,
        ["httpd.conf:7: worker.w.host: $(ServerRoot) is not defined and stays as written"]
    );
}

#[test]
fn chains_of_references_end_at_twenty() {
    let chain = |length: usize| {
        let mut text = "worker.list=n0\n".to_owned();
        for number in 0..length {
            text += &format!("worker.n{number}.reference=worker.n{}\n", number + 1);
        }
        text + &format!("worker.n{length}.port=77\n")
    };
    let loaded = load_file(&chain(20));
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    assert_eq!(ajp13(&loaded, "n0").port, 77);
    assert_eq!(
        complaints(&chain(22)),
        ["error: w.properties:2: worker.n0.reference: more than 20 references in a row"]
    );
}

/// Lines made of the words that matter, so that references, lists and templates meet.
fn line() -> impl Strategy<Value = String> {
    let worker = prop::sample::select(vec!["a", "b", "c", "a.b", ""]);
    let property = prop::sample::select(table::TABLE).prop_map(|spec| spec.name);
    let value = prop_oneof![
        prop::sample::select(vec!["worker.a", "worker.b", "worker.c", "worker.a.b", "worker.", "worker"]),
        prop::sample::select(vec![
            "a,b",
            "b c",
            "lb",
            "status",
            "ajp13",
            "-5",
            "9k",
            "$(worker.a.type)",
            "1"
        ]),
    ];
    prop_oneof![
        4 => (worker, property, value).prop_map(|(w, p, v)| format!("worker.{w}.{p}={v}")),
        1 => Just("worker.list=a,b,c".to_owned()),
        1 => "[ -~]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_octets_are_survived(text in prop::collection::vec(any::<u8>(), 0..400)) {
        load(&[], Some((&text, "w.properties".into())), "/", 0);
    }

    #[test]
    fn any_mixture_of_properties_is_survived(lines in prop::collection::vec(line(), 0..40)) {
        let loaded = load_file(&lines.join("\n"));
        for worker in &loaded.settings.workers {
            if let WorkerKind::Lb(lb) = &worker.kind {
                prop_assert!(!lb.members.is_empty() || loaded.report.has_errors());
                prop_assert!(lb.retries >= 1 && lb.members.iter().all(|member| member.lbfactor >= 1));
            }
        }
    }
}
