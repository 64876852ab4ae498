//! Which octets of a segment hold what: memory that is accessed as two types at once would make atomics of different
//! sizes meet, and what then happens is undefined.
//!
//! Each process keeps its own list. Children inherit the parent's, and all place their records by the same plan.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::ops::Range;

use parking_lot::Mutex;

/// The octets in use: where each region begins, where it ends, and what it holds.
#[derive(Debug, Default)]
pub(super) struct Regions(Mutex<BTreeMap<usize, (usize, TypeId)>>);

impl Regions {
    /// Takes `octets` for values of type `T`; `false` if a part of them is in use otherwise. None at all are in nobody's way.
    pub(super) fn claim<T: 'static>(&self, octets: Range<usize>) -> bool {
        if octets.is_empty() {
            return true;
        }
        let region = (octets.end, TypeId::of::<T>());
        let mut regions = self.0.lock();
        // Regions don't overlap, so the last one that begins before the end of `octets` is the only one that can be in
        // the way without lying inside.
        let before = regions.range(..octets.end).next_back();
        match before.filter(|(_, (end, _))| *end > octets.start) {
            Some((start, known)) => *start == octets.start && *known == region,
            None => {
                regions.insert(octets.start, region);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_belong_to_one_type_and_one_place() {
        let regions = Regions::default();
        assert!(regions.claim::<u64>(8..16));
        assert!(regions.claim::<u64>(8..16), "asked for again");
        assert!(!regions.claim::<i64>(8..16), "another type");
        for other in [0..9, 15..20, 8..12, 12..16, 0..100] {
            assert!(!regions.claim::<u64>(other.clone()), "{other:?}");
        }
        assert!(regions.claim::<u64>(0..8));
        assert!(regions.claim::<u32>(16..20));
        assert!(regions.claim::<u32>(8..8), "no octets");
        assert!(!regions.claim::<u32>(8..12), "and they take nothing away");
    }
}
