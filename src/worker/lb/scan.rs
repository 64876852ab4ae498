//! The comparison of all members for one request: a few instructions a member, as there may be hundreds.

use crate::config::settings::Activation;

use super::view::Standing;

/// The members, and with which of them a scan begins; `C` is what lies dense of each.
pub(super) struct Scan<'a, C> {
    pub(super) cells: &'a [C],
    pub(super) standings: &'a [Standing],
    /// The distance of all members, if they have one distance and all are active: then load alone decides.
    pub(super) level: Option<i32>,
    pub(super) start: usize,
}

impl<C> Scan<'_, C> {
    /// The first of the best active members, by distance and then by `load`, that `accept` takes; and its load.
    pub(super) fn lowest(
        &self,
        load: impl Fn(usize, &C) -> u64,
        accept: impl Fn(usize, &C) -> bool,
    ) -> Option<(usize, u64)> {
        let mut best = None;
        let mut lowest = (i32::MAX, u64::MAX);
        for (from, to) in [(self.start, self.cells.len()), (0, self.start)] {
            let mut next = from;
            while let Some(index) = self.lower(next, to, lowest, &load) {
                // Who comes back is given the load of the others when it is looked at.
                let rank = accept(index, &self.cells[index])
                    .then(|| (self.standings[index].distance, load(index, &self.cells[index])));
                if let Some(rank) = rank.filter(|rank| *rank < lowest) {
                    (lowest, best) = (rank, Some(index));
                }
                next = index + 1;
            }
        }
        best.map(|index| (index, lowest.1))
    }

    /// The first active member from `from` up to `to` that ranks before `lowest`.
    #[inline(never)]
    fn lower(
        &self,
        from: usize,
        to: usize,
        (distance, lowest): (i32, u64),
        load: &impl Fn(usize, &C) -> u64,
    ) -> Option<usize> {
        let cells = &self.cells[from..to];
        if let Some(level) = self.level {
            let ranks_before = |(index, cell): (usize, &C)| load(index, cell) < lowest;
            let offset = match level < distance {
                true => (!cells.is_empty()).then_some(0),
                false => (from..).zip(cells).position(ranks_before),
            };
            return offset.map(|offset| from + offset);
        }
        // As many, so that no look needs a check of its own.
        let standings = &self.standings[from..to][..cells.len()];
        let ranks_before = |offset: &usize| {
            let standing = standings[*offset];
            standing.activation == Activation::Active
                && standing.distance <= distance
                && (load(from + *offset, &cells[*offset]) < lowest || standing.distance < distance)
        };
        (0..cells.len()).find(ranks_before).map(|offset| from + offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STANDING: Standing = Standing { distance: 7, activation: Activation::Active };

    proptest! {
        #[test]
        fn on_a_level_the_same_member_is_found(
            members in prop::collection::vec((prop_oneof![0..4_u64, Just(u64::MAX)], any::<bool>()), 1..20),
            start in any::<prop::sample::Index>(),
        ) {
            let (start, standings) = (start.index(members.len()), vec![STANDING; members.len()]);
            let [with, without] = [Some(STANDING.distance), None].map(|level| {
                let scan = Scan { cells: &members, standings: &standings, level, start };
                scan.lowest(|_, (load, _)| *load, |_, (_, is_open)| *is_open)
            });
            prop_assert_eq!(with, without);
            let lowest = members.iter().filter(|(_, is_open)| *is_open).map(|(load, _)| *load).min();
            prop_assert_eq!(with.map(|(_, load)| load), lowest);
        }
    }
}
