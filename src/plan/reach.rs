//! Rules that can have no effect where they stand, told once all servers are known.
//!
//! Rules: "uri-mapping, section 8" and "Lookup".

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::config::directives::{MountCopy, ServerSettings};
use crate::config::settings::WorkersSettings;
use crate::config::{Origin, Report};
use crate::mapping::{Rule, RuleKind, ServerMap};

/// Most pairs of exclusion and mount of one server that are compared; with more nothing is said.
const MAX_PAIRS: usize = 20_000;

/// Warns of mounts of the main server, none of which a virtual host takes over. Mounts of workers that don't exist
/// are samples, and nobody misses them.
pub(super) fn check_main_rules(
    main: &ServerSettings,
    rules: &[Arc<Rule>],
    workers: &WorkersSettings,
    report: &mut Report,
) {
    let first =
        rules.iter().find(|rule| rule.kind == RuleKind::Mount && workers.find(&rule.worker).is_some());
    let mount = first.map(|rule| (rule.spelling(), rule.origin.as_ref()));
    let file = main.mount_file.as_ref();
    let file = file.map(|file| (format!("JkMountFile {}", file.path.display()), Some(&file.origin)));
    if let Some((spelling, origin)) = mount.or(file) {
        let text = format!(
            "{spelling}: mounts of the main server apply to no virtual host; write JkMountCopy All here, or \
             JkMountCopy On or the mounts into the virtual hosts"
        );
        report.warn(origin, text);
    }
}

/// Warns of the first of these virtual hosts that takes over the rules of a main server that has none.
pub(super) fn check_copies<'s>(hosts: impl IntoIterator<Item = &'s ServerSettings>, report: &mut Report) {
    let copies = hosts.into_iter().filter_map(|host| host.mount_copy.as_ref());
    if let Some((_, origin)) = copies.into_iter().find(|(copy, _)| *copy == MountCopy::On) {
        report.warn(Some(origin), "JkMountCopy On: the main server has no mounts that could be copied");
    }
}

/// What an exclusion does in all servers together.
struct Effect {
    rule: Arc<Rule>,
    excludes: bool,
    /// Another worker, whose mount it does not touch.
    untouched: Option<String>,
}

/// Warns of exclusions that exclude nothing in any of `maps`; no virtual host takes over the rules that are `kept` to
/// the main server. Of unknown workers something was said already.
pub(super) fn check_exclusions<'m>(
    maps: impl Iterator<Item = &'m ServerMap>,
    kept: &[Arc<Rule>],
    workers: &WorkersSettings,
    report: &mut Report,
) {
    let mut effects: BTreeMap<(Origin, Arc<[u8]>), Effect> = BTreeMap::new();
    maps.for_each(|map| add_effects(map, &mut effects));
    let kept: HashSet<&Origin> = kept.iter().filter_map(|rule| rule.origin.as_ref()).collect();
    for Effect { rule, untouched, .. } in effects.values().filter(|effect| !effect.excludes) {
        let of_worker = match rule.worker.as_str() {
            "*" => String::new(),
            worker if workers.find(worker).is_some() => format!(" to worker {worker}"),
            _ => continue,
        };
        let other = untouched.as_ref().map(|other| format!("; what is mounted to {other} stays forwarded"));
        let copy = "; in virtual hosts it counts with JkMountCopy On there, or All here";
        let copy = rule.origin.as_ref().filter(|origin| kept.contains(origin)).map_or("", |_| copy);
        let text = format!(
            "{}: excludes nothing, no rule mounts a URI of {}{of_worker}{}{copy}",
            rule.spelling(),
            rule.written_pattern(),
            other.unwrap_or_default()
        );
        report.warn(rule.origin.as_ref(), text);
    }
}

fn add_effects(map: &ServerMap, effects: &mut BTreeMap<(Origin, Arc<[u8]>), Effect>) {
    let map = map.current();
    let in_force = || map.rules().filter(|(_, in_force)| *in_force).map(|(rule, _)| rule);
    let mounts: Vec<_> = in_force().filter(|rule| rule.kind == RuleKind::Mount).collect();
    let exclusions: Vec<_> = in_force().filter(|rule| rule.kind == RuleKind::Exclusion).collect();
    let too_many = mounts.len().saturating_mul(exclusions.len()) > MAX_PAIRS;
    for rule in exclusions {
        let Some(origin) = rule.origin.clone() else { continue };
        let effect = effects.entry((origin, Arc::clone(&rule.written))).or_insert_with(|| Effect {
            rule: Arc::clone(rule),
            excludes: false,
            untouched: None,
        });
        effect.excludes |= too_many;
        if effect.excludes {
            continue;
        }
        for mount in mounts.iter().filter(|mount| mount.pattern.overlaps(&rule.pattern)) {
            match rule.worker == "*" || rule.worker == mount.worker {
                true => effect.excludes = true,
                false => effect.untouched = Some(mount.worker.clone()),
            }
        }
    }
}
