//! What the balancer would do with a request now: the selection itself, asked again and again as if each chosen member
//! failed, and nothing changed by it.

use std::cell::Cell;

use crate::config::settings::Activation;
use crate::shared::MemberState;
use crate::worker::WorkerRequest;

use super::account::Account;
use super::backend::Backend;
use super::select::{Choice, Exclusions, Purpose, Selection, Selector};
use super::session::Session;
use super::state::Event;
use super::view::View;
use super::LbWorker;

/// Which members would be asked for a request, by their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rehearsal {
    /// In this order, the next where one fails.
    pub(crate) asked: Vec<usize>,
    /// No member is usable, so that those in error are tried.
    pub(crate) forced: bool,
    /// The others, and what stands in their way.
    pub(crate) others: Vec<(usize, String)>,
    /// What each member is for this request.
    pub(crate) activations: Vec<Activation>,
    /// Most members that one round asks.
    pub(crate) per_round: usize,
    /// Where the session leads, if there is one.
    pub(crate) session: Option<SessionWay>,
}

/// Where a session leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionWay {
    /// The routes that its ids name.
    pub(crate) routes: Vec<String>,
    /// The member of the first route that has one.
    pub(crate) own: Option<usize>,
    /// What the request comes to.
    pub(crate) lead: Lead,
}

/// What a session leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Its own member.
    Own,
    /// A member of the same domain, or of the domain that is its route.
    Domain,
    /// The member that a redirect names.
    Redirect,
    /// Any member, as for a request without session.
    Any,
    /// None: sticky_session_force forbids others.
    Lost,
    /// None is usable.
    Nobody,
}

impl<B: Backend> LbWorker<B> {
    /// Tells who would serve `request` now.
    pub(crate) fn rehearse(&self, request: &WorkerRequest<'_>) -> Rehearsal {
        let view = self.view.load();
        let session = Session::of(request, &view.settings);
        let mut stage = Stage {
            lb: self,
            view: &view,
            request,
            session: &session,
            excluded: Exclusions::new(),
            imagined: Imagined {
                start: self.record.turn().start(self.members.len()),
                forced: false,
                loads: self.members.iter().map(|member| Cell::new(member.record().load())).collect(),
                came_back: self.members.iter().map(|_| Cell::new(false)).collect(),
            },
            now: (self.clock)(),
        };
        let (asked, lost) = stage.run();
        let selector = stage.selector();
        let own = session.routes.iter().find_map(|route| view.with_route(route));
        let way = session.present.then(|| SessionWay {
            routes: session.routes.iter().map(|route| String::from_utf8_lossy(route).into_owned()).collect(),
            own,
            lead: lead(asked.first(), lost),
        });
        let activations = (0..self.members.len()).map(|index| selector.activation(index)).collect();
        let account = Account { selector, tried: &[] };
        let is_asked = |index: &usize| asked.iter().any(|choice| choice.index == *index);
        let others = (0..self.members.len()).filter(|index| !is_asked(index));
        Rehearsal {
            others: others.map(|index| (index, account.obstacle(index))).collect(),
            asked: asked.iter().map(|choice| choice.index).collect(),
            forced: stage.imagined.forced,
            activations,
            per_round: view.settings.lb_retries as usize,
            session: way,
        }
    }
}

fn lead(first: Option<&Choice>, lost: bool) -> Lead {
    match first {
        None if lost => Lead::Lost,
        None => Lead::Nobody,
        Some(choice) if choice.sticky => Lead::Own,
        Some(choice) if choice.by_load => Lead::Any,
        Some(choice) if choice.by_domain => Lead::Domain,
        Some(_) => Lead::Redirect,
    }
}

/// What a rehearsal imagines, while all stays as it is.
#[derive(Debug)]
pub(super) struct Imagined {
    /// Whose turn it is among equal members.
    pub(super) start: usize,
    /// Members in error are tried, as nothing else is left.
    pub(super) forced: bool,
    /// The load of each member: those that were asked have been charged.
    loads: Vec<Cell<u64>>,
    /// Members in error that were looked at, and are tried again.
    came_back: Vec<Cell<bool>>,
}

impl Imagined {
    pub(super) fn load(&self, index: usize) -> u64 {
        self.loads[index].get()
    }

    /// Who comes back gets the highest load of all, once.
    pub(super) fn comes_back(&self, index: usize) {
        if !self.came_back[index].replace(true) {
            let highest = self.loads.iter().map(Cell::get).max().unwrap_or(0);
            self.loads[index].set(self.load(index).max(highest));
        }
    }

    fn charge(&self, index: usize, cost: u64) {
        self.loads[index].set(self.load(index).saturating_add(cost));
    }
}

/// One rehearsal under way.
struct Stage<'a, B> {
    lb: &'a LbWorker<B>,
    view: &'a View,
    request: &'a WorkerRequest<'a>,
    session: &'a Session,
    excluded: Exclusions,
    imagined: Imagined,
    now: i64,
}

impl<B: Backend> Stage<'_, B> {
    /// The choices one after the other, and whether a forced session ends them. Each excludes its member.
    fn run(&mut self) -> (Vec<Choice>, bool) {
        let mut asked = Vec::new();
        loop {
            let selection = self.selector().select();
            match selection {
                Selection::Member(choice) => {
                    self.imagined.charge(choice.index, self.selector().election_cost(choice.index));
                    if choice.by_load {
                        self.imagined.start = (choice.index + 1) % self.lb.members.len();
                    }
                    self.excluded.push(choice.index);
                    asked.push(choice);
                }
                Selection::SessionLost if self.selector().any_usable() => return (asked, true),
                // As for a request, which lets members in error be tried once, when nothing else is left.
                _ if asked.is_empty() && !self.imagined.forced && self.can_be_forced() => {
                    self.imagined.forced = true;
                }
                Selection::SessionLost => return (asked, true),
                Selection::Nothing => return (asked, false),
            }
        }
    }

    fn can_be_forced(&self) -> bool {
        let selector = self.selector();
        (0..self.lb.members.len()).any(|index| selector.foresee(index, Event::Forced) == MemberState::Force)
    }

    fn selector(&self) -> Selector<'_, B> {
        Selector {
            lb: self.lb,
            view: self.view,
            request: self.request,
            session: self.session,
            excluded: &self.excluded,
            purpose: Purpose::Rehearsal(&self.imagined),
            now: self.now,
        }
    }
}

#[cfg(test)]
mod tests;
