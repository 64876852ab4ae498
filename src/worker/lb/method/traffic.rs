//! `method=Traffic`: fewest octets, read and written on the members' connections. They count when an attempt
//! has ended, so requests under way don't show yet.
//!
//! Schedule of a and b (lbfactor 1 each) with answers of 10, 1, 1 and 1 kilo-octets:
//!
//! | request | 1 | 2 | 3 | 4 |
//! |---|---|---|---|---|
//! | member | a | b | b | b |
//! | a | 10 | 10 | 10 | 10 |
//! | b | 0 | 1 | 2 | 3 |

use super::Method;

/// Fewest octets.
pub(super) struct ByTraffic;

impl Method for ByTraffic {
    fn traffic_cost(&self, multiplier: u64, octets: u64) -> u64 {
        octets.saturating_mul(multiplier)
    }
}
