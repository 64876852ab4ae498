//! `method=Next`: new sessions by turns. Counts as `method=Session` does, but values don't fade: maintenance
//! takes the same amount from all, so the order of the members stays as it is.
//!
//! Loads of a (lbfactor 2, cost 1) and b (lbfactor 1, cost 2) around a maintenance, new sessions only:
//!
//! | request | 1 | 2 | 3 | 4 | maintenance | 5 | 6 |
//! |---|---|---|---|---|---|---|---|
//! | member | a | b | a | b | | a | a |
//! | a | 1 | 1 | 2 | 2 | 0 | 1 | 2 |
//! | b | 0 | 2 | 2 | 4 | 2 | 2 | 2 |

use super::{Aging, Method};

/// Fewest new sessions, never decayed.
pub(super) struct ByTurns;

impl Method for ByTurns {
    fn election_cost(&self, multiplier: u64, new_session: bool) -> u64 {
        super::session::BySessions.election_cost(multiplier, new_session)
    }

    fn aging(&self) -> Aging {
        Aging::SubtractLowest
    }
}
