//! What a balancer and its members are now: as configured, or as somebody changed them since.
//!
//! A view does not change; a process makes another when it hears of a change, and a request keeps the one it began
//! its round with. What a selection asks of every member lies dense.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::settings::{Activation, LbSettings, MemberSettings};
use crate::shared::{LbHandle, MemberHandle, ValuesHandle};

use super::method::{self, Method};
use super::state::Timing;

/// The balancer and its members as one process sees them.
pub(super) struct View {
    /// The balancer's own settings, without members.
    pub(super) settings: LbSettings,
    /// How load is measured.
    pub(super) method: &'static dyn Method,
    /// What decides about errors.
    pub(super) timing: Timing,
    /// What a selection asks first of each member.
    pub(super) standings: Vec<Standing>,
    /// The distance of all members, if they have one distance and all are active.
    pub(super) level: Option<i32>,
    configured: Arc<LbSettings>,
    /// Members that were changed.
    changed: Vec<Option<Box<MemberSettings>>>,
    multipliers: Vec<u64>,
    routes: HashMap<String, usize>,
    domains: HashMap<String, Vec<usize>>,
    versions: Vec<u64>,
}

/// Whether and when a member comes into question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Lower first.
    pub(super) distance: i32,
    /// What the administrator wants of it.
    pub(super) activation: Activation,
}

/// Load per unit of work of each of `members`.
pub(in crate::worker) fn multipliers<'m>(members: impl IntoIterator<Item = &'m MemberSettings>) -> Vec<u64> {
    let factors: Vec<u32> = members.into_iter().map(|member| member.lbfactor.max(1)).collect();
    method::multipliers(&factors)
}

/// What [`View::level`] is.
fn level(standings: &[Standing]) -> Option<i32> {
    let first = standings.first().filter(|first| first.activation == Activation::Active)?;
    standings.iter().all(|standing| standing == first).then_some(first.distance)
}

impl View {
    /// The balancer `configured` so, with the changes that `lb` and `members` have seen.
    pub(super) fn new<'m>(
        configured: &Arc<LbSettings>,
        lb: &LbHandle,
        members: impl Iterator<Item = &'m MemberHandle>,
    ) -> Self {
        let (settings, version) = lb.values().read(&configured.alone());
        let mut versions = vec![version];
        let changed: Vec<Option<Box<MemberSettings>>> = configured
            .members
            .iter()
            .zip(members)
            .map(|(configured, record)| {
                let is_changed = record.values().version() != 0;
                let read = is_changed.then(|| record.values().read(configured));
                versions.push(read.as_ref().map_or(0, |(_, version)| *version));
                read.map(|(settings, _)| Box::new(settings))
            })
            .collect();
        let now = |index: usize| changed[index].as_deref().unwrap_or(&configured.members[index]);
        let members = || (0..changed.len()).map(now);
        let standing =
            |member: &MemberSettings| Standing { distance: member.distance, activation: member.activation };
        let mut routes = HashMap::new();
        let mut domains: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, member) in members().enumerate() {
            // Of two members with one route, which only a change can bring about, the first has it.
            routes.entry(member.route.clone()).or_insert(index);
            if let Some(domain) = member.domain.as_ref().filter(|domain| !domain.is_empty()) {
                domains.entry(domain.clone()).or_default().push(index);
            }
        }
        let standings: Vec<Standing> = members().map(standing).collect();
        Self {
            method: method::by_name(settings.method),
            timing: Timing::new(
                settings.recover_time,
                settings.error_escalation_time,
                settings.recover_probe,
            ),
            settings,
            level: level(&standings),
            standings,
            multipliers: multipliers(members()),
            routes,
            domains,
            versions,
            configured: Arc::clone(configured),
            changed,
        }
    }

    /// Tells whether nothing was changed since.
    pub(super) fn is_current<'m>(
        &self,
        lb: &'m LbHandle,
        members: impl Iterator<Item = &'m MemberHandle>,
    ) -> bool {
        let values = std::iter::once(lb.values()).chain(members.map(MemberHandle::values));
        let versions = values.map(ValuesHandle::version);
        self.versions.iter().copied().eq(versions)
    }

    /// The settings of member `index`.
    pub(super) fn member(&self, index: usize) -> &MemberSettings {
        self.changed[index].as_deref().unwrap_or(&self.configured.members[index])
    }

    /// Load per unit of work of member `index`: the least common multiple of all lbfactors by its own.
    pub(super) fn multiplier(&self, index: usize) -> u64 {
        self.multipliers[index]
    }

    /// The member that has this `route`.
    pub(super) fn with_route(&self, route: &[u8]) -> Option<usize> {
        self.routes.get(std::str::from_utf8(route).ok()?).copied()
    }

    /// The members of `domain`, in their order.
    pub(super) fn in_domain(&self, domain: &[u8]) -> &[usize] {
        let members = std::str::from_utf8(domain).ok().and_then(|domain| self.domains.get(domain));
        members.map_or(&[], Vec::as_slice)
    }
}
