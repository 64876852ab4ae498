//! Finds the best of many patterns that match a URI without trying them one by one.
//!
//! Exact patterns sit in a hash table. Patterns with wildcards are grouped by what stands before their first
//! wildcard, and a trie gives the groups that a URI can belong to. Inside a group:
//!
//! | What follows the literal start | Found by |
//! |---|---|
//! | `*` | being there |
//! | `*` and a literal end | a trie over reversed ends |
//! | anything else with a literal octet | a trie over one literal piece of each pattern, looked for at every position |
//! | only `*` and `?` | trying them: they differ only in how many octets they ask for |
//!
//! A pattern is tried octet by octet only if its literal start and the piece it is filed under, the one that fewest
//! patterns of its group share, both occur in the URI. So the cost grows with the number of rules only where many
//! patterns of one group consist of the same few pieces, as `/*/a/*/b/*`, `/*/b/*/a/*`, `/*/a/b/*/a/*` do.

use std::collections::{BTreeMap, HashMap};

use smallvec::SmallVec;

use super::trie::Trie;
use crate::mapping::pattern::{first_wildcard, glob};
use crate::mapping::Pattern;

/// Place of a rule in the order; 0 is the best.
pub(super) type Rank = u32;

/// Longest piece of a literal that patterns are filed under, so that looking for it costs little at each position.
const MAX_ANCHOR: usize = 32;

/// Patterns and their ranks.
#[derive(Debug, Default)]
pub(super) struct PatternIndex {
    exact: HashMap<Box<[u8]>, Rank>,
    groups: Trie<Group>,
}

/// Patterns with the same literal start, without that start.
#[derive(Debug, Default)]
struct Group {
    best: Option<Rank>,
    open: Option<Rank>,
    ends: Trie<Option<Rank>>,
    anchors: Trie<Option<u32>>,
    lists: Vec<Vec<Candidate>>,
    free: Vec<Candidate>,
}

/// A pattern that must be tried.
#[derive(Debug)]
struct Candidate {
    rank: Rank,
    tail: Box<[u8]>,
}

/// What follows the literal start of a pattern.
enum Tail<'a> {
    Open,
    End(&'a [u8]),
    General,
}

impl PatternIndex {
    /// Compiles patterns, given best first.
    pub(super) fn new(patterns: &[(&Pattern, Rank)]) -> Self {
        let mut index = Self::default();
        let mut groups: BTreeMap<&[u8], Vec<(&[u8], Rank)>> = BTreeMap::new();
        for (pattern, rank) in patterns {
            let text = pattern.as_bytes();
            match first_wildcard(text) {
                None => drop(index.exact.entry(text.into()).or_insert(*rank)),
                Some(start) => groups.entry(&text[..start]).or_default().push((&text[start..], *rank)),
            }
        }
        for (start, tails) in groups {
            *index.groups.entry(start) = Group::new(&tails);
        }
        index
    }

    /// The best rank of all patterns that match `uri`.
    pub(super) fn best(&self, uri: &[u8]) -> Option<Rank> {
        let mut best = self.exact.get(uri).copied();
        let mut groups: SmallVec<[(usize, &Group); 16]> = SmallVec::new();
        self.groups.for_each_prefix(uri.iter().copied(), |length, group| groups.push((length, group)));
        // The longest start is likely to hold the best rule, which then spares the others.
        for (length, group) in groups.iter().rev() {
            if group.best.is_some_and(|rank| is_better(rank, best)) {
                best = group.best_below(&uri[*length..], best);
            }
        }
        best
    }
}

impl Group {
    fn new(tails: &[(&[u8], Rank)]) -> Self {
        let mut group = Self { best: tails.first().map(|(_, rank)| *rank), ..Self::default() };
        let mut general = Vec::new();
        for (tail, rank) in tails {
            match Tail::of(tail) {
                Tail::Open => drop(group.open.get_or_insert(*rank)),
                Tail::End(end) => {
                    let reversed: Vec<u8> = end.iter().rev().copied().collect();
                    group.ends.entry(&reversed).get_or_insert(*rank);
                }
                Tail::General => general.push((*tail, *rank)),
            }
        }
        group.file(&general);
        group
    }

    /// Files each pattern under that one of its literal pieces that fewest patterns share.
    fn file(&mut self, general: &[(&[u8], Rank)]) {
        let mut shared: HashMap<&[u8], usize> = HashMap::new();
        for anchor in general.iter().flat_map(|(tail, _)| anchors(tail)) {
            *shared.entry(anchor).or_default() += 1;
        }
        for (tail, rank) in general {
            let candidate = Candidate { rank: *rank, tail: (*tail).into() };
            match anchors(tail).min_by_key(|anchor| (shared[anchor], usize::MAX - anchor.len())) {
                None => self.free.push(candidate),
                Some(anchor) => {
                    let next = self.lists.len() as u32;
                    let list = *self.anchors.entry(anchor).get_or_insert(next);
                    if list == next {
                        self.lists.push(Vec::new());
                    }
                    self.lists[list as usize].push(candidate);
                }
            }
        }
    }

    /// The better of `best` and the best pattern that matches what follows the literal start.
    fn best_below(&self, rest: &[u8], best: Option<Rank>) -> Option<Rank> {
        let mut best = better(self.open, best);
        self.ends.for_each_prefix(rest.iter().rev().copied(), |_, rank| best = better(*rank, best));
        best = first_match(&self.free, rest, best);
        for list in self.lists_in(rest) {
            best = first_match(&self.lists[list as usize], rest, best);
        }
        best
    }

    /// The lists whose anchor occurs in `rest`, each once.
    fn lists_in(&self, rest: &[u8]) -> SmallVec<[u32; 16]> {
        let mut found = SmallVec::new();
        if !self.lists.is_empty() {
            for start in 0..rest.len() {
                let text = rest[start..].iter().copied();
                self.anchors.for_each_prefix(text, |_, list| found.extend(*list));
            }
            found.sort_unstable();
            found.dedup();
        }
        found
    }
}

impl<'a> Tail<'a> {
    fn of(tail: &'a [u8]) -> Self {
        let stars = tail.iter().take_while(|octet| **octet == b'*').count();
        match (stars, &tail[stars..]) {
            (0, _) => Tail::General,
            (_, []) => Tail::Open,
            (_, end) if first_wildcard(end).is_none() => Tail::End(end),
            _ => Tail::General,
        }
    }
}

/// The literal pieces between wildcards, each cut to [`MAX_ANCHOR`].
fn anchors(tail: &[u8]) -> impl Iterator<Item = &[u8]> {
    tail.split(|octet| matches!(octet, b'*' | b'?'))
        .filter(|piece| !piece.is_empty())
        .map(|piece| &piece[..piece.len().min(MAX_ANCHOR)])
}

/// The rank of the first candidate that is better than `best` and matches, else `best`.
fn first_match(candidates: &[Candidate], rest: &[u8], best: Option<Rank>) -> Option<Rank> {
    let better = candidates.iter().take_while(|candidate| is_better(candidate.rank, best));
    let found = better.into_iter().find(|candidate| glob(&candidate.tail, rest));
    found.map(|candidate| candidate.rank).or(best)
}

fn is_better(rank: Rank, best: Option<Rank>) -> bool {
    best.is_none_or(|best| rank < best)
}

fn better(rank: Option<Rank>, best: Option<Rank>) -> Option<Rank> {
    match rank {
        Some(rank) if is_better(rank, best) => Some(rank),
        _ => best,
    }
}
