//! Why a URI goes where it goes: what the look-up decided, and what became of all other rules.
//!
//! The verdict is that of the look-up itself. Which of the other rules match is asked one by one, as the index keeps no
//! more of them than it needs: it costs what the rules are long, so administrators ask it, and no request does.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::{target, Decision, Entry, Rule, RuleKind, RuleMap};
use crate::mapping::pattern::{glob, Pattern};

/// Most rules that are told to be passed over.
pub(super) const MOST: usize = 100;

/// How many of them may be rules whose pattern does not match, the nearest.
pub(super) const NEAREST: usize = 10;

/// What rules make of a URI, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What the look-up decided.
    pub verdict: Verdict,
    /// Other rules: first those that match, best first, then those that come near to it.
    pub passed_over: Vec<PassedOver>,
    /// How many others match, told or not.
    pub matching: usize,
    /// How many do not match, told or not.
    pub not_matching: usize,
}

/// What becomes of a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This mount takes it.
    Taken(Arc<Rule>),
    /// This mount would, and an exclusion takes it away.
    Excluded {
        /// The mount.
        mount: Arc<Rule>,
        /// The exclusion.
        by: Arc<Rule>,
    },
    /// No mount that is in force matches, but this one would if it were.
    Disabled {
        /// The mount.
        mount: Arc<Rule>,
        /// The rule that switches it off; the same, if it stands alone.
        by: Arc<Rule>,
    },
    /// No mount matches.
    Unmatched,
}

/// A rule that was looked at in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Why it does not count.
    pub why: Why,
}

/// Why a rule does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its pattern does not match.
    NoMatch(Near),
    /// It matches, and another mount comes before it.
    Later(Precedence),
    /// It is written with `-`.
    SwitchesOff,
    /// It matches, and this rule switches it off.
    SwitchedOff(Arc<Rule>),
    /// It is an exclusion that matches, of another worker than the URI would go to.
    OtherWorker,
    /// It is an exclusion that matches, and another one took the URI away.
    AlsoExcludes,
    /// It is an exclusion that matches, where no mount does.
    NothingToExclude,
}

/// By what one rule comes before another ("uri-mapping, section 4").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// It has more slashes.
    Slashes,
    /// It has as many, and is longer.
    Length,
    /// It comes from a source that goes before.
    Source,
    /// It was defined earlier.
    Definition,
}

/// What a pattern that does not match lacks, if it is little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Near {
    /// Nothing that can be named.
    Far,
    /// It differs in the case of letters.
    Case,
    /// It would match if the URI ended with `/`.
    WithSlash,
    /// It would match if the URI did not end with `/`.
    WithoutSlash,
    /// It holds a `;`, which the URI has no more when it is looked up.
    Parameter,
}

impl RuleMap {
    /// Tells what becomes of a normalised URI, and why.
    pub fn explain(&self, uri: &[u8]) -> Explanation {
        let matches: Vec<bool> = self.rules.iter().map(|entry| entry.matches(uri)).collect();
        let search = Search { map: self, switches: self.switches(), decision: self.decide(uri) };
        let verdict = search.verdict(&matches);
        let others = || (0..self.rules.len()).filter(|rank| !verdict.names(&self.rules[*rank].rule));
        let (matching, not_matching): (Vec<usize>, Vec<usize>) = others().partition(|rank| matches[*rank]);
        let (matching_count, not_matching_count) = (matching.len(), not_matching.len());
        let near = nearest(not_matching, |rank| self.rules[rank].rule.pattern.nearness(uri));
        let room = MOST - near.len();
        let told = matching.into_iter().take(room).map(|rank| search.passed_over(rank, search.why(rank)));
        let far = near.into_iter().map(|rank| {
            let lacks = self.rules[rank].rule.pattern.lack(uri);
            search.passed_over(rank, Why::NoMatch(lacks))
        });
        Explanation {
            passed_over: told.chain(far).collect(),
            verdict,
            matching: matching_count,
            not_matching: not_matching_count,
        }
    }

    /// All rules, best first, and for those that are not in force why.
    pub fn rules_told(&self) -> Vec<(&Arc<Rule>, Option<Why>)> {
        let switches = self.switches();
        let told = |entry: &'_ Entry| match switches.get(&target(&entry.rule)) {
            Some(_) if entry.rule.disabled => Some(Why::SwitchesOff),
            Some(by) => Some(Why::SwitchedOff(Arc::clone(by))),
            None => None,
        };
        self.rules.iter().map(|entry| (&entry.rule, told(entry))).collect()
    }

    /// The rules that are written with `-`, by what they switch off.
    fn switches(&self) -> HashMap<Target<'_>, &Arc<Rule>> {
        let rules = self.rules.iter().rev().map(|entry| &entry.rule);
        rules.filter(|rule| rule.disabled).map(|rule| (target(rule), rule)).collect()
    }
}

type Target<'r> = (&'r Pattern, RuleKind, &'r str);

impl Entry {
    /// URIs that are no path match nothing.
    fn matches(&self, uri: &[u8]) -> bool {
        uri.first() == Some(&b'/') && self.rule.pattern.matches(uri)
    }
}

impl Verdict {
    /// Tells whether it is about this very rule.
    pub(super) fn names(&self, rule: &Arc<Rule>) -> bool {
        let is = |named: &Arc<Rule>| Arc::ptr_eq(named, rule);
        match self {
            Self::Taken(mount) => is(mount),
            Self::Excluded { mount, by } | Self::Disabled { mount, by } => is(mount) || is(by),
            Self::Unmatched => false,
        }
    }
}

/// The rules, and what the look-up decided.
struct Search<'m> {
    map: &'m RuleMap,
    switches: HashMap<Target<'m>, &'m Arc<Rule>>,
    decision: Decision,
}

impl Search<'_> {
    fn verdict(&self, matches: &[bool]) -> Verdict {
        let rule = |rank| Arc::clone(self.map.rule(rank));
        match self.decision {
            Decision::Taken(rank) => Verdict::Taken(rule(rank)),
            Decision::Excluded { mount, by } => Verdict::Excluded { mount: rule(mount), by: rule(by) },
            Decision::Unmatched => self.disabled(matches).unwrap_or(Verdict::Unmatched),
        }
    }

    /// The best of the mounts that would match, rather one that is meant to mount.
    fn disabled(&self, matches: &[bool]) -> Option<Verdict> {
        let entries = self.map.rules.iter().zip(matches);
        let mounts = entries.filter(|(entry, matches)| **matches && entry.rule.kind == RuleKind::Mount);
        let mounts = mounts.map(|(entry, _)| &entry.rule);
        let mount = mounts.min_by_key(|rule| rule.disabled)?;
        let by = self.switches.get(&target(mount))?;
        Some(Verdict::Disabled { mount: Arc::clone(mount), by: Arc::clone(by) })
    }

    fn passed_over(&self, rank: usize, why: Why) -> PassedOver {
        PassedOver { rule: Arc::clone(&self.map.rules[rank].rule), why }
    }

    /// Why a rule that matches does not count.
    fn why(&self, rank: usize) -> Why {
        let Entry { rule, in_force } = &self.map.rules[rank];
        match (self.decision, rule.kind) {
            _ if rule.disabled => Why::SwitchesOff,
            _ if !in_force => match self.switches.get(&target(rule)) {
                Some(by) => Why::SwitchedOff(Arc::clone(by)),
                None => Why::SwitchesOff,
            },
            (Decision::Taken(mount) | Decision::Excluded { mount, .. }, RuleKind::Mount) => {
                Why::Later(precedence(self.map.rule(mount), rule))
            }
            (Decision::Excluded { mount, .. }, RuleKind::Exclusion)
                if rule.worker == "*" || rule.worker == self.map.rule(mount).worker =>
            {
                Why::AlsoExcludes
            }
            (Decision::Unmatched, _) => Why::NothingToExclude,
            (_, RuleKind::Exclusion) => Why::OtherWorker,
        }
    }
}

/// By what `first` comes before `second`.
fn precedence(first: &Rule, second: &Rule) -> Precedence {
    let length = |rule: &Rule| rule.pattern.as_bytes().len();
    if first.pattern.slashes() != second.pattern.slashes() {
        Precedence::Slashes
    } else if length(first) != length(second) {
        Precedence::Length
    } else if first.source != second.source {
        Precedence::Source
    } else {
        Precedence::Definition
    }
}

/// The few of these places in the order that come nearest, in their order among equals.
fn nearest(mut ranks: Vec<usize>, nearness: impl Fn(usize) -> usize) -> Vec<usize> {
    ranks.sort_by_cached_key(|rank| Reverse(nearness(*rank)));
    ranks.truncate(NEAREST);
    ranks
}

impl Pattern {
    /// How many octets of the literal beginning and the literal end of the pattern are those of `uri`, whatever their
    /// case.
    fn nearness(&self, uri: &[u8]) -> usize {
        let is_same = |(one, other): &(&u8, &u8)| one.eq_ignore_ascii_case(other);
        let start = self.as_bytes().iter().zip(uri).take_while(is_same).count();
        let end = self.as_bytes().iter().rev().zip(uri.iter().rev()).take_while(is_same).count();
        start + end.min(self.as_bytes().len() - start)
    }

    fn lack(&self, uri: &[u8]) -> Near {
        let pattern = self.as_bytes();
        let without = uri.strip_suffix(b"/").filter(|uri| !uri.is_empty());
        if pattern.contains(&b';') {
            Near::Parameter
        } else if glob(pattern, &[uri, b"/"].concat()) {
            Near::WithSlash
        } else if without.is_some_and(|uri| glob(pattern, uri)) {
            Near::WithoutSlash
        } else if glob(&pattern.to_ascii_lowercase(), &uri.to_ascii_lowercase()) {
            Near::Case
        } else {
            Near::Far
        }
    }
}
