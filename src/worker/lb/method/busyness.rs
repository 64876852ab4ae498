//! `method=Busyness`: fewest requests in flight by weight.
//!
//! The load is computed from the exact count of requests in flight over all processes. The original keeps a
//! value of its own, which drifts under load and keeps the share of a child that died for ever. The count is
//! the worker's, so requests that reach the same Tomcat through another balancer count, too.
//!
//! Schedule of a and b (lbfactor 1 each), `+` a request comes, `-x` one on x ends:
//!
//! | event | + | + | + | -b | + | -a | + |
//! |---|---|---|---|---|---|---|---|
//! | member | a | b | a | | b | | a |
//! | a | 1 | 1 | 2 | 2 | 2 | 1 | 2 |
//! | b | 0 | 1 | 1 | 0 | 1 | 1 | 1 |

use super::{Aging, Method};
use crate::shared::{AjpHandle, Cell};

/// Fewest requests in flight.
pub(super) struct ByBusyness;

impl Method for ByBusyness {
    fn load(&self, _cell: &Cell, multiplier: u64, worker: &AjpHandle) -> u64 {
        u64::from(worker.busy()).saturating_mul(multiplier)
    }

    fn keeps_load(&self) -> bool {
        false
    }

    fn aging(&self) -> Aging {
        Aging::Unused
    }
}
