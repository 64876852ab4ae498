//! The compiled rules of one server, and the look-up of a URI.
//!
//! The order of rules is the original's ("uri-mapping, section 4"): number of `/` descending, length descending,
//! source descending, then definition order. The best matching mount wins; an exclusion of its worker or of
//! `*` makes the look-up fail, and the next best mount is not tried.

mod explain;
mod pattern_index;
mod trie;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use explain::{Explanation, Near, PassedOver, Precedence, Verdict, Why};
use pattern_index::{PatternIndex, Rank};

use super::{Pattern, Rule, RuleKind};

/// Immutable compiled rules. The cost of a look-up depends on the URI, not on the number of rules.
#[derive(Debug, Default)]
pub struct RuleMap {
    rules: Vec<Entry>,
    mounts: PatternIndex,
    exclusions_of_any: PatternIndex,
    exclusions: HashMap<String, PatternIndex>,
}

#[derive(Debug)]
struct Entry {
    rule: Arc<Rule>,
    in_force: bool,
}

/// What rules make of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// This mount takes it.
    Taken(Rank),
    /// This mount would, and an exclusion takes it away.
    Excluded { mount: Rank, by: Rank },
    /// No mount that is in force matches.
    Unmatched,
}

impl RuleMap {
    /// Compiles rules, given in definition order.
    ///
    /// A disabled rule is not in force, and neither are rules of the same pattern, kind and worker, whatever
    /// their source ("decisions, row 4").
    pub fn new(rules: impl IntoIterator<Item = Arc<Rule>>) -> Self {
        let mut rules: Vec<Arc<Rule>> = rules.into_iter().collect();
        rules.sort_by_cached_key(|rule| {
            let length = rule.pattern.as_bytes().len();
            (Reverse(rule.pattern.slashes()), Reverse(length), Reverse(rule.source))
        });
        let disabled: HashSet<_> =
            rules.iter().filter(|rule| rule.disabled).map(|rule| target(rule)).collect();
        let in_force: Vec<bool> = rules.iter().map(|rule| !disabled.contains(&target(rule))).collect();
        let mut map = Self::compile(&rules, &in_force);
        let entries = rules.into_iter().zip(in_force);
        map.rules = entries.map(|(rule, in_force)| Entry { rule, in_force }).collect();
        map
    }

    fn compile(rules: &[Arc<Rule>], in_force: &[bool]) -> Self {
        let mut mounts = Vec::new();
        let mut exclusions: HashMap<&str, Vec<(&Pattern, Rank)>> = HashMap::new();
        for (rank, rule) in (0..).zip(rules).filter(|(rank, _)| in_force[*rank as usize]) {
            match rule.kind {
                RuleKind::Mount => mounts.push((&rule.pattern, rank)),
                RuleKind::Exclusion => {
                    exclusions.entry(&rule.worker).or_default().push((&rule.pattern, rank))
                }
            }
        }
        Self {
            rules: Vec::new(),
            mounts: PatternIndex::new(&mounts),
            exclusions_of_any: PatternIndex::new(&exclusions.remove("*").unwrap_or_default()),
            exclusions: exclusions
                .into_iter()
                .map(|(worker, patterns)| (worker.to_owned(), PatternIndex::new(&patterns)))
                .collect(),
        }
    }

    /// Finds the rule for a normalised URI.
    pub fn lookup(&self, uri: &[u8]) -> Option<&Arc<Rule>> {
        match self.decide(uri) {
            Decision::Taken(rank) => Some(self.rule(rank)),
            Decision::Excluded { .. } | Decision::Unmatched => None,
        }
    }

    fn decide(&self, uri: &[u8]) -> Decision {
        let best = if uri.first() == Some(&b'/') { self.mounts.best(uri) } else { None };
        let Some(mount) = best else { return Decision::Unmatched };
        match self.exclusion(&self.rule(mount).worker, uri) {
            Some(by) => Decision::Excluded { mount, by },
            None => Decision::Taken(mount),
        }
    }

    /// The exclusion that takes `uri` from `worker`.
    fn exclusion(&self, worker: &str, uri: &[u8]) -> Option<Rank> {
        let own = || self.exclusions.get(worker).and_then(|index| index.best(uri));
        self.exclusions_of_any.best(uri).or_else(own)
    }

    /// The rule at a place that an index of this map has given.
    fn rule(&self, rank: Rank) -> &Arc<Rule> {
        &self.rules[rank as usize].rule
    }

    /// All rules, best first, and whether each is in force.
    pub fn rules(&self) -> impl Iterator<Item = (&Arc<Rule>, bool)> {
        self.rules.iter().map(|entry| (&entry.rule, entry.in_force))
    }

    /// Tells whether there are no rules at all.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// What a disabled rule switches off.
fn target(rule: &Rule) -> (&Pattern, RuleKind, &str) {
    (&rule.pattern, rule.kind, &rule.worker)
}

#[cfg(test)]
mod tests;
