//! The `method` of a balancer: what a member's load value means and when it grows ("load-balancer, section 3").
//!
//! The member with the lowest load is preferred, and equal ones take turns. A unit of work costs a member its
//! multiplier: the least common multiple of all lbfactors divided by its own, so that with the factors 2 and 3
//! the costs are 3 and 2, and the members get work in the ratio 2 : 3.

mod busyness;
mod next;
mod request;
mod session;
mod traffic;

use crate::config::settings::LbMethod;
use crate::shared::{AjpHandle, Cell};

/// What a balancing method decides; all of them are stateless, the values live in shared memory.
pub(super) trait Method: Sync {
    /// The load by which members are compared.
    fn load(&self, cell: &Cell, _multiplier: u64, _worker: &AjpHandle) -> u64 {
        cell.load()
    }

    /// Tells whether the load is the value that the member's cell keeps.
    fn keeps_load(&self) -> bool {
        true
    }

    /// What the load value grows by when a request is given to the member; `new_session` if it has no session.
    fn election_cost(&self, _multiplier: u64, _new_session: bool) -> u64 {
        0
    }

    /// What the load value grows by for `octets` read and written by an attempt.
    fn traffic_cost(&self, _multiplier: u64, _octets: u64) -> u64 {
        0
    }

    /// How load values shrink at maintenance.
    fn aging(&self) -> Aging {
        Aging::Halve
    }
}

/// How load values shrink at maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aging {
    /// By half for each maintenance interval that passed.
    Halve,
    /// By the lowest value of the usable members.
    SubtractLowest,
    /// The value is not used.
    Unused,
}

/// The method that `name` stands for.
pub(super) fn by_name(name: LbMethod) -> &'static dyn Method {
    match name {
        LbMethod::Request => &request::ByRequests,
        LbMethod::Traffic => &traffic::ByTraffic,
        LbMethod::Busyness => &busyness::ByBusyness,
        LbMethod::Session => &session::BySessions,
        LbMethod::Next => &next::ByTurns,
    }
}

/// Multipliers that belong to `lbfactors` (each at least 1), in their order.
pub(super) fn multipliers(lbfactors: &[u32]) -> Vec<u64> {
    let common = lbfactors.iter().fold(1, |common, factor| least_common_multiple(common, u64::from(*factor)));
    lbfactors.iter().map(|factor| common / u64::from(*factor)).collect()
}

/// The least common multiple, or the nearest one below 2^64 that is still a multiple of `b` (weights then
/// round, which matters only to factors that nobody writes).
fn least_common_multiple(a: u64, b: u64) -> u64 {
    (a / greatest_common_divisor(a, b)).checked_mul(b).unwrap_or(u64::MAX - u64::MAX % b)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    match b {
        0 => a.max(1),
        _ => greatest_common_divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests;
