//! Which member gets a request: by session, by load, by redirect ("load-balancer, sections 5.1 to 5.4").
//!
//! Reads the shared state as it is now; what failed in this request is in [`Exclusions`]. Where the original
//! scans under a lock, a selection here charges the chosen member with a compare-and-swap and starts over if
//! another request was faster, so concurrent requests spread as sequential ones do.

use smallvec::SmallVec;

use crate::config::settings::Activation;
use crate::shared::{Cell, MemberState};
use crate::worker::WorkerRequest;

use super::backend::Backend;
use super::rehearsal::Imagined;
use super::scan::Scan;
use super::session::Session;
use super::state::{transition, Event};
use super::view::View;
use super::LbWorker;

/// Scans before a selection stops minding that others choose at the same time.
const MAX_SCANS: usize = 8;

/// Candidates looked at closely before all members are.
const MAX_CANDIDATES: usize = 4;

/// Members that this request has tried in vain in this round.
pub(super) type Exclusions = SmallVec<[usize; 4]>;

/// What a selection finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// This member.
    Member(Choice),
    /// No member: that of the session can't, and sticky_session_force forbids others.
    SessionLost,
    /// No member can.
    Nothing,
}

/// A chosen member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its index.
    pub(super) index: usize,
    /// It is the member of the session.
    pub(super) sticky: bool,
    /// It was chosen for its domain, which then is the route.
    pub(super) by_domain: bool,
    /// It was chosen by load, so that the turn is another's next.
    pub(super) by_load: bool,
    /// Its load was charged already, in the step that chose it.
    pub(super) charged: bool,
}

impl Choice {
    fn new(index: usize) -> Self {
        Self { index, sticky: false, by_domain: false, by_load: false, charged: false }
    }
}

/// What a selection is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// A request waits: the member is charged for it, and states are brought up to date.
    Service,
    /// Somebody wants to know what would be chosen: nothing changes but what is imagined.
    Rehearsal(&'a Imagined),
}

/// The selection of a member for one attempt.
pub(super) struct Selector<'a, B> {
    pub(super) lb: &'a LbWorker<B>,
    pub(super) view: &'a View,
    pub(super) request: &'a WorkerRequest<'a>,
    pub(super) session: &'a Session,
    pub(super) excluded: &'a Exclusions,
    pub(super) purpose: Purpose<'a>,
    /// Seconds since the epoch.
    pub(super) now: i64,
}

impl<B: Backend> Selector<'_, B> {
    /// Chooses a member.
    pub(super) fn select(&self) -> Selection {
        if let Some(selection) = self.only_member() {
            return selection;
        }
        if let Some(choice) = self.session.routes.iter().find_map(|route| self.by_route(route)) {
            return Selection::Member(choice);
        }
        if self.session.present && self.view.settings.sticky_session_force {
            return Selection::SessionLost;
        }
        self.by_load().or_else(|| self.by_redirect()).map_or(Selection::Nothing, Selection::Member)
    }

    /// Tells whether any member could take a request without a session.
    pub(super) fn any_usable(&self) -> bool {
        (0..self.lb.members.len()).any(|index| self.is_usable(index))
    }

    /// Tells whether the member of the session only lacks a free connection.
    pub(super) fn session_may_find_room(&self) -> bool {
        let own = self.session.routes.iter().filter_map(|route| self.with_route(route));
        own.map(|index| &self.lb.members[index])
            .any(|member| member.record().health().state == MemberState::Busy || member.is_full())
    }

    /// Activation of a member for this request: the rule's own word wins.
    pub(super) fn activation(&self, index: usize) -> Activation {
        let member = &self.lb.members[index];
        if !member.backend().has_contact() {
            return Activation::Stopped;
        }
        self.by_rule(index).unwrap_or(self.view.standings[index].activation)
    }

    /// What the rule says of the activation of a member.
    pub(super) fn by_rule(&self, index: usize) -> Option<Activation> {
        let name = self.lb.members[index].name();
        let named = self.request.rule.activations.iter().rfind(|entry| entry.member == name);
        named.map(|entry| entry.activation)
    }

    /// A single member is taken without a look at the session, and counts as its member.
    fn only_member(&self) -> Option<Selection> {
        if self.lb.members.len() != 1 {
            return None;
        }
        match self.activation(0) {
            Activation::Active if self.is_available(0) => {
                Some(Selection::Member(Choice { sticky: true, ..Choice::new(0) }))
            }
            Activation::Disabled if self.is_available(0) => None,
            _ => Some(Selection::Nothing),
        }
    }

    /// The member for a session's `route`: its own, or one that may stand in for it.
    fn by_route(&self, route: &[u8]) -> Option<Choice> {
        let Some(own) = self.with_route(route) else {
            let domain = route.split(|octet| *octet == b'.').next().unwrap_or(route);
            return self.by_domain(domain);
        };
        if self.is_sticky_usable(own) {
            return Some(Choice { sticky: true, ..Choice::new(own) });
        }
        if self.view.settings.sticky_session_force {
            return None;
        }
        let settings = self.view.member(own);
        match (&settings.redirect, &settings.domain) {
            (Some(redirect), _) => {
                let other = self.with_route(redirect.as_bytes())?;
                self.is_sticky_usable(other).then(|| Choice::new(other))
            }
            (None, Some(domain)) => self.by_domain(domain.as_bytes()),
            (None, None) => None,
        }
    }

    /// Tells whether a member has this `route`.
    pub(super) fn is_route(&self, route: &[u8]) -> bool {
        self.with_route(route).is_some()
    }

    fn with_route(&self, route: &[u8]) -> Option<usize> {
        self.view.with_route(route)
    }

    /// The best usable member of `domain`, by distance, then load, then order.
    fn by_domain(&self, domain: &[u8]) -> Option<Choice> {
        let best = (self.view.in_domain(domain).iter().copied())
            .filter(|index| self.is_usable(*index))
            .min_by_key(|index| (self.view.standings[*index].distance, self.load(*index)))?;
        Some(Choice { by_domain: true, ..Choice::new(best) })
    }

    /// The best usable member of all, by distance, then load; equal ones take turns.
    fn by_load(&self) -> Option<Choice> {
        let by_load = |index| Choice { by_load: true, ..Choice::new(index) };
        if let Purpose::Rehearsal(imagined) = self.purpose {
            return self.lowest(imagined.start).map(|(index, _)| by_load(index));
        }
        let mut chosen = None;
        for _ in 0..MAX_SCANS {
            let turn = self.lb.record.turn();
            let (index, load) = self.lowest(turn.start(self.lb.members.len()))?;
            chosen = Some(by_load(index));
            let cost = self.election_cost(index);
            if cost > 0 && !self.is_stateless() {
                if self.lb.members[index].record().charge_if(load, cost) {
                    self.lb.record.take_turn(turn, index);
                    return Some(Choice { charged: true, ..by_load(index) });
                }
            } else if self.lb.record.take_turn(turn, index) {
                break;
            }
        }
        chosen
    }

    /// The first of the best members from `start` on, and its load; stateless requests don't look at load.
    ///
    /// All members are compared by what lies dense; the best alone is looked at closely, as it nearly always will do.
    fn lowest(&self, start: usize) -> Option<(usize, u64)> {
        let by_rule = !self.request.rule.activations.is_empty();
        let mut passed_over: SmallVec<[usize; MAX_CANDIDATES]> = SmallVec::new();
        while !by_rule && passed_over.len() < MAX_CANDIDATES {
            let best = self.best(start, |index| !passed_over.contains(&index))?;
            if self.is_usable(best.0) {
                return Some(best);
            }
            passed_over.push(best.0);
        }
        let count = self.lb.members.len();
        let turns = (start..count).chain(0..start).filter(|index| self.is_usable(*index));
        let ranked = turns.map(|index| {
            let load = if self.is_stateless() { 0 } else { self.load(index) };
            (index, load)
        });
        ranked.min_by_key(|(index, load)| (self.view.standings[*index].distance, *load))
    }

    /// The first of the best active candidates from `start` on, and its load.
    fn best(&self, start: usize, is_candidate: impl Fn(usize) -> bool) -> Option<(usize, u64)> {
        // A state that lets no request in may have to be brought up to date.
        let is_open = |index: usize, cell: &Cell| cell.state().takes_requests() || self.is_available(index);
        let accept = |index: usize, cell: &Cell| is_candidate(index) && is_open(index, cell);
        let View { standings, level, .. } = self.view;
        let all = Scan { cells: self.lb.record.cells(), standings, level: *level, start };
        match (self.purpose, self.view.method.keeps_load()) {
            _ if self.is_stateless() => all.lowest(|_, _| 0, accept),
            (Purpose::Service, true) => all.lowest(|_, cell| cell.load(), accept),
            _ => all.lowest(|index, _| self.load(index), accept),
        }
    }

    /// The target of the first redirect: how a disabled stand-by gets requests when nothing else is left.
    fn by_redirect(&self) -> Option<Choice> {
        let members = (0..self.lb.members.len()).map(|index| self.view.member(index));
        let redirect = members.into_iter().find_map(|member| member.redirect.as_ref())?;
        self.by_route(redirect.as_bytes()).map(|choice| Choice { sticky: false, ..choice })
    }

    /// What electing a member costs it.
    pub(super) fn election_cost(&self, index: usize) -> u64 {
        self.view.method.election_cost(self.view.multiplier(index), self.is_new_session())
    }

    /// Tells whether the request begins a session, as far as anybody can know.
    pub(super) fn is_new_session(&self) -> bool {
        !self.session.present && !self.is_stateless()
    }

    fn is_stateless(&self) -> bool {
        self.request.stateless.unwrap_or(self.request.rule.stateless)
    }

    fn load(&self, index: usize) -> u64 {
        if let (Purpose::Rehearsal(imagined), true) = (self.purpose, self.view.method.keeps_load()) {
            return imagined.load(index);
        }
        let (cell, worker) = (&self.lb.record.cells()[index], self.lb.members[index].worker());
        self.view.method.load(cell, self.view.multiplier(index), worker)
    }

    fn is_usable(&self, index: usize) -> bool {
        self.activation(index) == Activation::Active && self.is_available(index)
    }

    fn is_sticky_usable(&self, index: usize) -> bool {
        self.activation(index) != Activation::Stopped && self.is_available(index)
    }

    /// Tells whether the state of a member, which may have to be brought up to date, lets it take the request.
    fn is_available(&self, index: usize) -> bool {
        if self.excluded.contains(&index) {
            return false;
        }
        let member = &self.lb.members[index];
        let state = match self.state(index) {
            MemberState::Busy if !member.is_full() => self.update(index, Event::RoomAgain),
            MemberState::Error | MemberState::Probe => self.update(index, Event::Waited),
            state if state.takes_requests() && member.is_full() => MemberState::Busy,
            state => state,
        };
        state.takes_requests()
    }

    fn state(&self, index: usize) -> MemberState {
        match self.purpose {
            Purpose::Rehearsal(Imagined { forced: true, .. }) => self.foresee(index, Event::Forced),
            _ => self.lb.members[index].record().health().state,
        }
    }

    fn update(&self, index: usize, event: Event) -> MemberState {
        match self.purpose {
            Purpose::Service => self.lb.apply(self.view, &self.lb.members[index], event, self.now).1.state,
            Purpose::Rehearsal(imagined) => {
                let (before, state) =
                    (self.lb.members[index].record().health().state, self.foresee(index, event));
                if (before, state) == (MemberState::Error, MemberState::Recover) {
                    imagined.comes_back(index);
                }
                state
            }
        }
    }

    /// The state that `event` would lead to.
    pub(super) fn foresee(&self, index: usize, event: Event) -> MemberState {
        let health = self.lb.members[index].record().health();
        transition(health, event, self.now, self.view.timing).unwrap_or(health).state
    }
}

#[cfg(test)]
mod tests;
