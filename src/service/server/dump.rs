//! `httpd -t -D DUMP_JK_MOUNTS`: the rules of all virtual hosts as they are looked at, and the workers that they lead to.
//!
//! The words are those of `cmd=explain` of the status worker.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;

use super::facts::plan;
use super::slot::ServerSlot;
use crate::config::settings::{WorkerKind, WorkerWords, WorkersSettings};
use crate::config::workers::table::METHODS;
use crate::ffi::pool::Pool;
use crate::ffi::server::{is_defined, phase, Server};
use crate::mapping::RuleMap;

/// Prints what was asked for on the command line, when the configuration was found good.
pub(crate) fn test_config(pool: Pool<'_>, main: Server<'_>) {
    if !is_defined(c"DUMP_JK_MOUNTS") {
        return;
    }
    let Some(slot) = ServerSlot::of(main) else { return };
    let mut plan = slot.plan.lock();
    // There is none yet with JkConfigCheck Off.
    let plan = plan.get_or_insert_with(|| self::plan(pool, main, phase(), None));
    let names = main.and_following().map(name);
    let maps = plan.hosts.iter().map(|host| host.map.as_ref().map(|map| map.current()));
    let mut hosts: Vec<_> = names.zip(maps).collect();
    // httpd has the virtual host that was defined last behind the main server.
    hosts[1..].reverse();
    let hosts = hosts.iter().map(|(name, map)| (name.as_str(), map.as_deref()));
    // Who reads it may have closed it.
    let _ = std::io::stdout().write_all(text(hosts, &plan.workers).as_bytes());
}

/// What a server is called, and where it is defined.
fn name(server: Server<'_>) -> String {
    match server.place() {
        Some((file, line)) => format!("{} ({}:{line})", server.label(), String::from_utf8_lossy(file)),
        None => format!("{} (main server)", server.label()),
    }
}

fn text<'m>(
    hosts: impl Iterator<Item = (&'m str, Option<&'m RuleMap>)>,
    workers: &WorkersSettings,
) -> String {
    let mut out = "JK mounts:\n".to_owned();
    let (mut named, mut known) = (Vec::new(), HashSet::new());
    for (name, map) in hosts {
        line(&mut out, 1, name);
        let rules = map.map(RuleMap::rules_told).unwrap_or_default();
        if rules.is_empty() {
            line(&mut out, 2, "no rules");
        }
        for (rule, why) in rules {
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            line(&mut out, 2, &format!("{}{why}", rule.in_full()));
            if rule.worker != "*" && known.insert(rule.worker.as_str()) {
                named.push(rule.worker.as_str());
            }
        }
    }
    out.push_str("JK workers:\n");
    named.iter().for_each(|name| worker(&mut out, workers, name));
    out
}

fn worker(out: &mut String, workers: &WorkersSettings, name: &str) {
    let address;
    let kind = workers.find(name).map(|worker| &worker.kind);
    let words = match kind {
        None => WorkerWords::Unknown,
        Some(WorkerKind::Ajp13(settings)) => {
            address = settings.address();
            WorkerWords::Tomcat(&address)
        }
        Some(WorkerKind::Lb(lb)) => WorkerWords::Balancer(METHODS[lb.method as usize]),
        Some(WorkerKind::Status(_)) => WorkerWords::Status,
    };
    line(out, 1, &format!("{name} {words}"));
    if let Some(WorkerKind::Lb(lb)) = kind {
        for member in &lb.members {
            line(out, 2, &member.in_full(&member.worker.address()));
        }
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    let indent = 4 * depth;
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    // Writing to a String does not fail.
    let _ = writeln!(out, "{:indent$}{text}", "");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::settings::samples::{lb_settings, settings_of};
    use crate::config::settings::Activation;
    use crate::config::{Origin, Report};
    use crate::mapping::Rule;

    #[test]
    fn rules_are_told_by_host_and_each_worker_once() {
        let rule = |line: u32, pattern: &str, worker: &str| {
            let origin = Origin::new(&"map".into(), line);
            let rules =
                Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut Report::default());
            rules.expect("a rule").into_iter().map(Arc::new)
        };
        let lines = [
            ("/*", "alone"),
            ("/shop|/*", "lb;stateless=1"),
            ("!/shop/no", "*"),
            ("-/*", "alone"),
            ("/\u{1}", "nix"),
        ];
        let rules = (1..).zip(lines).flat_map(|(line, (pattern, worker))| rule(line, pattern, worker));
        let map = RuleMap::new(rules);
        let mut lb = lb_settings("lb", &["t1", "t2"]);
        lb.members[1].activation = Activation::Disabled;
        (lb.members[1].distance, lb.members[1].redirect) = (2, Some("t1".to_owned()));
        let hosts = [("a.example.org [*:80] (httpd.conf:7)", Some(&map)), ("b.example.org [*:80]", None)];
        let expected = "\
JK mounts:
    a.example.org [*:80] (httpd.conf:7)
        !/shop/no=* (Unmount Exact, uriworkermap, map:3)
        /shop/*=lb (Wildchar, uriworkermap, map:2, stateless=1)
        /shop=lb (Exact, uriworkermap, map:2, stateless=1)
        /*=alone (Wildchar, uriworkermap, map:1): is disabled by -/*=alone (Disabled Wildchar, uriworkermap, map:4)
        -/*=alone (Disabled Wildchar, uriworkermap, map:4): is disabled
        / =nix (Exact, uriworkermap, map:5)
    b.example.org [*:80]
        no rules
JK workers:
    lb is a balancer by Request
        t1 localhost:8009 Active, route t1
        t2 localhost:8009 Disabled, route t2, distance 2, redirect t1
    alone is a Tomcat at localhost:8009
    nix is not in worker.list, so that requests get 500
";
        assert_eq!(text(hosts.into_iter(), &settings_of(&[lb], &["alone"])), expected);
    }
}
