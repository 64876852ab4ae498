//! The index against a scan in documented order, and the observed facts of "uri-mapping".

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::config::{Origin, Report};
use crate::mapping::Source;

fn rule(text: &str, source: Source) -> Vec<Rule> {
    let (pattern, worker) = text.split_once('=').unwrap();
    let origin = Origin::new(&"map".into(), 1);
    let mut rules =
        Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut Report::default()).unwrap();
    rules.iter_mut().for_each(|rule| rule.source = source);
    rules
}

fn map_of(rules: &[Rule]) -> RuleMap {
    RuleMap::new(rules.iter().cloned().map(Arc::new))
}

fn map(lines: &[&str]) -> RuleMap {
    let rules: Vec<Rule> = lines.iter().flat_map(|line| rule(line, Source::File)).collect();
    map_of(&rules)
}

fn worker<'a>(map: &'a RuleMap, uri: &str) -> Option<&'a str> {
    map.lookup(uri.as_bytes()).map(|rule| rule.worker.as_str())
}

/// "uri-mapping, section 4", step by step, over all rules.
fn scan(rules: &[Rule], uri: &[u8]) -> Option<Rule> {
    let disabled = |rule: &Rule| {
        rules.iter().any(|other| {
            other.disabled
                && (&other.pattern, other.kind, &other.worker) == (&rule.pattern, rule.kind, &rule.worker)
        })
    };
    let mut order: Vec<&Rule> = rules.iter().filter(|rule| !disabled(rule)).collect();
    order.sort_by(|a, b| {
        let slashes = b.pattern.slashes().cmp(&a.pattern.slashes());
        let length = b.pattern.as_bytes().len().cmp(&a.pattern.as_bytes().len());
        slashes.then(length).then(b.source.cmp(&a.source))
    });
    let matching = |rule: &&&Rule| rule.pattern.matches(uri);
    let best = *order.iter().filter(|rule| rule.kind == RuleKind::Mount).find(matching)?;
    let excluded = order
        .iter()
        .filter(|rule| rule.kind == RuleKind::Exclusion && (rule.worker == best.worker || rule.worker == "*"))
        .any(|rule| rule.pattern.matches(uri));
    (!excluded).then(|| best.clone())
}

#[test]
fn observed_facts() {
    let cases: &[(&[&str], &str, Option<&str>)] = &[
        (&["/app=w"], "/app", Some("w")),
        (&["/app=w"], "/app/", None),
        (&["/app|/*=w"], "/app/x", Some("w")),
        (&["/app=w"], "/App", None),
        (&["/tie/*=first", "/tie/x=second"], "/tie/x", Some("first")),
        (&["/tie/x=first", "/tie/*=second"], "/tie/x", Some("first")),
        (&["/*=w1", "/a/*=w2"], "/a/b", Some("w2")),
        (&["/ab*=long", "/a*=short"], "/abc", Some("long")),
        (&["/*=w1", "/a/*=w2", "!/a/*=w2"], "/a/b", None),
        (&["/*=w", "!/static/*=*"], "/static/x", None),
        (&["/*=w", "!/static/*=other"], "/static/x", Some("w")),
        (&["/*=w", "!*.html=w"], "/a/b.html", None),
        (&["/*=w", "!*.html=w"], "/a/b.jsp", Some("w")),
        (&["/*=w", "!/*/static|/*=*"], "/app/static", None),
        (&["/*=w", "!/*/static|/*=*"], "/app/static/x", None),
        (&["/*=w", "!/*/static|/*=*"], "/app/statics", Some("w")),
        (&["*.jsp=w"], "/a.jsp", Some("w")),
        (&["*=w"], "*", None),
        (&["/x;y=w"], "/x", None),
        (&["/*;jsessionid=*=w"], "/x", None),
        (&["/a?c=w"], "/a/c", Some("w")),
        (&["/long/prefix=w"], "/long", None),
        (&["/p*s=w"], "/ps", Some("w")),
        (&["/pp*p=w"], "/pp", None),
        (&[], "/", None),
    ];
    for (lines, uri, expected) in cases {
        assert_eq!(worker(&map(lines), uri), *expected, "{lines:?} {uri}");
    }
}

#[test]
fn sources_break_ties() {
    let sources =
        [("/x=mount", Source::WorkerDefinition), ("/x=JkMount", Source::JkMount), ("/x=file", Source::File)];
    let rules: Vec<Rule> = sources.iter().flat_map(|(line, source)| rule(line, *source)).collect();
    assert_eq!(worker(&map_of(&rules), "/x"), Some("file"));
    assert_eq!(worker(&map_of(&rules[..2]), "/x"), Some("JkMount"));
}

#[test]
fn a_disabled_rule_switches_off_its_like_in_every_source() {
    let mut rules = rule("/jk/*=w", Source::JkMount);
    rules.extend(rule("/*=w", Source::JkMount));
    rules.extend(rule("!/static/*=w", Source::JkMount));
    rules.extend(rule("-/jk/*=other", Source::File));
    assert_eq!(worker(&map_of(&rules), "/static/x"), None);
    assert_eq!(map_of(&rules).lookup(b"/jk/x").unwrap().to_string(), "/jk/*=w");
    rules.extend(rule("-/jk/*=w", Source::File));
    rules.extend(rule("-!/static/*=w", Source::File));
    let map = map_of(&rules);
    assert_eq!(map.lookup(b"/jk/x").unwrap().to_string(), "/*=w");
    assert_eq!(worker(&map, "/static/x"), Some("w"));
    let in_force: Vec<_> = map.rules().filter(|(_, in_force)| *in_force).map(|(rule, _)| rule).collect();
    assert_eq!(in_force.len(), 1);
    assert_eq!(map.rules().count(), 6);
}

/// URIs over 4095 octets overflowed the original's buffer, and later were not mapped at all.
#[test]
fn cve_2007_0774_long_uris_are_mapped() {
    let uri = format!("/app/{}", "x".repeat(100_000));
    assert_eq!(worker(&map(&["/app/*=w"]), &uri), Some("w"));
}

/// What no rule matches has no worker, however few workers there are.
#[test]
fn cve_2023_41081_no_implicit_mapping() {
    assert_eq!(worker(&map(&["/app/*=w"]), "/"), None);
    assert_eq!(worker(&map(&[]), "/app/x"), None);
}

#[test]
fn anchors_longer_than_the_limit_still_compare_whole() {
    let piece = "x".repeat(100);
    let map = map(&[&format!("/*/{piece}/*=w")]);
    assert_eq!(worker(&map, &format!("/a/{piece}/b")), Some("w"));
    assert_eq!(worker(&map, &format!("/a/{}/b", &piece[1..])), None);
}

fn definition() -> impl Strategy<Value = (String, Source)> {
    let text = ("(-|!|-!){0,1}", "[/*?][/ab*?|]{0,6}", "[uv]|\\*");
    let source = prop_oneof![Just(Source::WorkerDefinition), Just(Source::JkMount), Just(Source::File)];
    (text, source)
        .prop_map(|((prefix, pattern, worker), source)| (format!("{prefix}{pattern}={worker}"), source))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn index_agrees_with_scan(
        definitions in vec(definition(), 0..14),
        uris in vec("/[/ab]{0,7}", 1..12),
    ) {
        let rules: Vec<Rule> =
            definitions.iter().flat_map(|(text, source)| rule(text, *source)).collect();
        let map = map_of(&rules);
        for uri in &uris {
            let found = map.lookup(uri.as_bytes()).map(|rule| Rule::clone(rule));
            prop_assert_eq!(found, scan(&rules, uri.as_bytes()), "{} in {:?}", uri, definitions);
        }
    }

    #[test]
    fn an_explanation_is_that_of_the_look_up(
        definitions in vec(definition(), 0..14),
        uris in vec("/[/ab]{0,7}", 1..12),
    ) {
        let rules: Vec<Arc<Rule>> =
            definitions.iter().flat_map(|(text, source)| rule(text, *source)).map(Arc::new).collect();
        let map = RuleMap::new(rules.iter().cloned());
        for uri in uris.iter().map(String::as_bytes) {
            let found = map.explain(uri);
            let taken = match &found.verdict {
                Verdict::Taken(rule) => Some(rule),
                _ => None,
            };
            prop_assert_eq!(taken, map.lookup(uri));
            let named = rules.iter().filter(|rule| found.verdict.names(rule)).count();
            prop_assert_eq!(named + found.matching + found.not_matching, rules.len(), "each is told once");
            for PassedOver { rule, why } in &found.passed_over {
                prop_assert_eq!(rule.pattern.matches(uri), !matches!(why, Why::NoMatch(_)), "{}: {:?}", rule, why);
                prop_assert_eq!(is_true(&rules, &found.verdict, rule, why, uri), Ok(()));
            }
            if let Verdict::Excluded { mount, by } = &found.verdict {
                let without = rules.iter().filter(|rule| rule.kind == RuleKind::Mount).cloned();
                let without = RuleMap::new(without);
                prop_assert_eq!(without.lookup(uri), Some(mount));
                prop_assert!(by.pattern.matches(uri) && (by.worker == "*" || by.worker == mount.worker));
            }
        }
    }
}

/// Holds a reason against look-ups in other sets of rules.
fn is_true(
    rules: &[Arc<Rule>],
    verdict: &Verdict,
    rule: &Arc<Rule>,
    why: &Why,
    uri: &[u8],
) -> Result<(), String> {
    let takes = |rules: Vec<Arc<Rule>>| RuleMap::new(rules).lookup(uri).cloned();
    let alone = || takes(vec![Arc::clone(rule)]);
    let holds = match (why, verdict) {
        (Why::NoMatch(_) | Why::SwitchesOff, _) => alone().is_none(),
        (Why::SwitchedOff(by), _) => {
            let mounts = rule.kind == RuleKind::Exclusion || alone().is_some();
            mounts && by.disabled && takes(vec![Arc::clone(rule), Arc::clone(by)]).is_none()
        }
        (Why::Later(_), Verdict::Taken(mount) | Verdict::Excluded { mount, .. }) => {
            let both: Vec<_> = rules
                .iter()
                .filter(|other| Arc::ptr_eq(other, rule) || Arc::ptr_eq(other, mount))
                .cloned()
                .collect();
            alone().is_some() && takes(both).as_ref() == Some(mount)
        }
        (Why::AlsoExcludes, Verdict::Excluded { mount, .. }) => {
            takes(vec![Arc::clone(rule), Arc::clone(mount)]).is_none()
        }
        (Why::OtherWorker, Verdict::Taken(mount) | Verdict::Excluded { mount, .. }) => {
            takes(vec![Arc::clone(rule), Arc::clone(mount)]).is_some()
        }
        (Why::NothingToExclude, Verdict::Unmatched | Verdict::Disabled { .. }) => {
            rule.kind == RuleKind::Exclusion
        }
        _ => false,
    };
    if holds {
        Ok(())
    } else {
        Err(format!("{rule}: {why:?} of {verdict:?}"))
    }
}
