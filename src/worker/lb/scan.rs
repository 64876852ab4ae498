//! The comparison of all members for one request: a few instructions a member, as there may be hundreds.

use crate::config::settings::Activation;
use crate::shared::Cell;

use super::view::Standing;

/// The members, and with which of them a scan begins.
pub(super) struct Scan<'a> {
    pub(super) cells: &'a [Cell],
    pub(super) standings: &'a [Standing],
    pub(super) start: usize,
}

impl Scan<'_> {
    /// The first of the best active members, by distance and then by `load`, that `accept` takes; and its load.
    pub(super) fn lowest(
        &self,
        load: impl Fn(usize, &Cell) -> u64,
        accept: impl Fn(usize, &Cell) -> bool,
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
        load: &impl Fn(usize, &Cell) -> u64,
    ) -> Option<usize> {
        let cells = &self.cells[from..to];
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
