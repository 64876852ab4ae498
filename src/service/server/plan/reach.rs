//! Rules that can have no effect where they stand, told once all servers are known.
//!
//! Rules: "uri-mapping, section 8" and "Lookup".

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::settings::WorkersSettings;
use crate::config::{Origin, Report};
use crate::mapping::{Rule, RuleKind, ServerMap};

/// Most pairs of exclusion and mount of one server that are compared; with more nothing is said.
const MAX_PAIRS: usize = 20_000;

/// Warns of mounts of the main server, none of which a virtual host takes over. Mounts of workers that don't exist
/// are samples, and nobody misses them.
pub(super) fn check_main_mounts(rules: &[Rule], workers: &WorkersSettings, report: &mut Report) {
    let first =
        rules.iter().find(|rule| rule.kind == RuleKind::Mount && workers.find(&rule.worker).is_some());
    if let Some(rule) = first {
        let text = format!(
            "{}: mounts of the main server apply to no virtual host; write JkMountCopy All here, or JkMountCopy On \
             or the mounts into the virtual hosts",
            rule.spelling()
        );
        report.warn(rule.origin.as_ref(), text);
    }
}

/// What an exclusion does in all servers together.
struct Effect {
    rule: Arc<Rule>,
    excludes: bool,
    /// Another worker, whose mount it does not touch.
    untouched: Option<String>,
}

/// Warns of exclusions that exclude nothing in any of `maps`. Of unknown workers something was said already.
pub(super) fn check_exclusions<'m>(
    maps: impl Iterator<Item = &'m ServerMap>,
    workers: &WorkersSettings,
    report: &mut Report,
) {
    let mut effects: BTreeMap<(Origin, Arc<[u8]>), Effect> = BTreeMap::new();
    maps.for_each(|map| add_effects(map, &mut effects));
    for Effect { rule, untouched, .. } in effects.values().filter(|effect| !effect.excludes) {
        let of_worker = match rule.worker.as_str() {
            "*" => String::new(),
            worker if workers.find(worker).is_some() => format!(" to worker {worker}"),
            _ => continue,
        };
        let other = untouched.as_ref().map(|other| format!("; what is mounted to {other} stays forwarded"));
        let text = format!(
            "{}: excludes nothing, no rule mounts a URI of {}{of_worker}{}",
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
