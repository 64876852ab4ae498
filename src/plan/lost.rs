//! Workers that a restart would lose although something uses them: the file that defines them was cut off, or is not
//! whole yet. Rules: "decisions, row 1".

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::workers::Loaded;
use crate::config::{Origin, Report};
use crate::mapping::{Rule, RuleKind};

/// Complains of workers that were defined `before` and are not `now`, though rules, `worker.list` or a balancer name
/// them.
pub(super) fn check<'r>(rules: impl Iterator<Item = &'r Arc<Rule>>, before: &Loaded, now: &Loaded) -> Report {
    let mut report = Report::limited();
    let forwarding = rules.filter(|rule| rule.kind == RuleKind::Mount && !rule.disabled);
    let mounted: BTreeMap<&str, Option<&Origin>> =
        forwarding.map(|rule| (rule.worker.as_str(), rule.origin.as_ref())).collect();
    for (worker, origin) in mounted {
        if before.settings.find(worker).is_some() && now.settings.find(worker).is_none() {
            report.error(origin, format!("worker {worker}, which is mounted, is not there any more"));
        }
    }
    for name in before.defined.iter().filter(|name| !now.defined.contains(name)) {
        let name = name.to_string();
        if now.settings.find(&name).is_some() || now.settings.is_member(&name) {
            report.error(
                now.properties.file(),
                format!("worker {name}, which is used, has no property any more"),
            );
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::workers::load;

    const WHOLE: &str = "worker.list=a,lb\nworker.a.port=1\nworker.lb.type=lb\nworker.lb.balance_workers=m\nworker.m.port=2\n";

    fn complaints(mount: &str, now: &str) -> Vec<String> {
        let loaded = |text: &str| load(&[], Some((text.as_bytes(), "w".into())), "", 1);
        let origin = Origin::new(&"httpd.conf".into(), 7);
        let rules = Rule::mount(b"/x/*", mount.as_bytes(), &origin, &mut Report::default()).unwrap();
        let rules: Vec<_> = rules.into_iter().map(Arc::new).collect();
        check(rules.iter(), &loaded(WHOLE), &loaded(now)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_used_and_was_defined_is_missed() {
        let mounted = |name| format!("httpd.conf:7: worker {name}, which is mounted, is not there any more");
        let used = |name| format!("w: worker {name}, which is used, has no property any more");
        let without_member = WHOLE.trim_end_matches("worker.m.port=2\n");
        for (mount, now, expected) in [
            ("lb", WHOLE, vec![]),
            ("lb", "", vec![mounted("lb")]),
            ("lb", "worker.list=a\nworker.a.port=1\n", vec![mounted("lb")]),
            ("a", "worker.list=a\nworker.a.port=1\n", vec![]),
            ("a", "worker.list=a,lb\n", vec![used("a"), used("lb")]),
            ("lb", without_member, vec![used("m")]),
            ("none", WHOLE, vec![]),
        ] {
            assert_eq!(complaints(mount, now), expected, "{mount}: {now}");
        }
    }
}
