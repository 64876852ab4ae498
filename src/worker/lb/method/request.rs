//! `method=Request`: fewest requests by weight. Every request counts when it is given to the member, each
//! failover attempt too.
//!
//! Schedule of a (lbfactor 2, cost 1) and b (lbfactor 1, cost 2), loads after each request:
//!
//! | request | 1 | 2 | 3 | 4 | 5 | 6 |
//! |---|---|---|---|---|---|---|
//! | member | a | b | a | b | a | a |
//! | a | 1 | 1 | 2 | 2 | 3 | 4 |
//! | b | 0 | 2 | 2 | 4 | 4 | 4 |

use super::Method;

/// Fewest requests.
pub(super) struct ByRequests;

impl Method for ByRequests {
    fn election_cost(&self, multiplier: u64, _new_session: bool) -> u64 {
        multiplier
    }
}
