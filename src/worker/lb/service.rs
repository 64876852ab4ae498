//! One request's way over the members: rounds, failover, forced recovery, and what each attempt leaves behind
//! ("load-balancer, sections 5.5, 7, 8 and 10").
//!
//! An outcome answers two questions here. *What do all processes think of the member?* goes to
//! [`super::state`]. *What does this request do next?* is decided below: a failure that may be repeated
//! excludes the member until the next round, and any other outcome is final.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use smallvec::SmallVec;

use crate::config::settings::Activation;
use crate::log;
use crate::shared::{Balanced, MemberState};
use crate::text::{Counted, Shown};
use crate::worker::outcome::{Culprit, MemberEvent};
use crate::worker::pause::pause;
use crate::worker::request::Route;
use crate::worker::{Assignment, Client, Failure, Outcome, Progress, ServiceNotes, WorkerRequest};

use super::account::{Account, Tried};
use super::backend::Backend;
use super::cookie::route_cookie;
use super::member::Member;
use super::select::{Choice, Exclusions, Purpose, Selection, Selector};
use super::session::Session;
use super::state::Event;
use super::view::View;
use super::LbWorker;

/// Elections lost to other requests before a member counts as not available.
const MAX_ELECTIONS: usize = 8;

/// What comes of a balancer that has no member for a request.
const NO_MEMBER: Outcome = Outcome::Failed { failure: Failure::NoMember, repeatable: true };

impl<B: Backend> LbWorker<B> {
    /// Serves `request` by one of the members, and fills `notes`.
    pub(crate) fn service<'w>(
        &'w self,
        request: &WorkerRequest<'_>,
        client: &mut dyn Client,
        notes: &mut ServiceNotes<'w>,
    ) -> Outcome {
        let view = self.view.load();
        let session = Session::of(request, &view.settings);
        if !session.routes.is_empty() {
            log!(
                request.log,
                Debug,
                [Worker = self.name],
                "({}) session routes {}",
                self.name,
                display(&session)
            );
        }
        notes.route = request.route.map(Route::from);
        let mut service = Service {
            lb: self,
            view,
            request,
            session,
            client,
            notes,
            progress: Progress::default(),
            now: 0,
            excluded: Exclusions::new(),
            forced: false,
            tried: SmallVec::new(),
        };
        service.run()
    }
}

/// One request in the balancer.
struct Service<'a, 'w, B> {
    lb: &'w LbWorker<B>,
    /// The balancer as it is in this round.
    view: Guard<Arc<View>>,
    request: &'a WorkerRequest<'a>,
    session: Session,
    client: &'a mut dyn Client,
    notes: &'a mut ServiceNotes<'w>,
    progress: Progress,
    /// When the last election began, seconds since the epoch.
    now: i64,
    excluded: Exclusions,
    /// Forced recovery was used; it is allowed once per request.
    forced: bool,
    /// Who failed, and how.
    tried: SmallVec<[Tried; 4]>,
}

/// Who serves the next attempt.
enum Elected {
    Member(Choice),
    /// Nobody; the next round may find someone.
    Nobody,
    /// Nobody, and waiting would not help.
    GiveUp,
}

impl<B: Backend> Service<'_, '_, B> {
    /// Goes through the rounds until an outcome is final.
    fn run(&mut self) -> Outcome {
        let mut last = NO_MEMBER;
        for round in 0..self.view.settings.retries {
            if round > 0 {
                if pause(self.view.settings.retry_interval, self.client, &mut self.progress).is_err() {
                    break;
                }
                self.excluded.clear();
                self.view = self.lb.view.load();
            }
            match self.round() {
                Break(outcome) => return self.finish(outcome),
                Continue(outcome) => last = outcome,
            }
        }
        self.finish(last)
    }

    /// Tries members of one round; breaks with an outcome that is final, continues with the last one.
    fn round(&mut self) -> ControlFlow<Outcome, Outcome> {
        let limit = self.lb.members.len().min(self.view.settings.lb_retries as usize);
        let mut last = NO_MEMBER;
        for member in 0..limit {
            if member > 0 && pause(Duration::ZERO, self.client, &mut self.progress).is_err() {
                return Break(last);
            }
            last = match self.elect() {
                Elected::Member(choice) => self.attempt(choice),
                Elected::Nobody => return Continue(NO_MEMBER),
                Elected::GiveUp => return Break(NO_MEMBER),
            };
            if !matches!(last, Outcome::Failed { repeatable: true, .. }) {
                return Break(last);
            }
        }
        Continue(last)
    }

    fn finish(&self, outcome: Outcome) -> Outcome {
        self.lb.record.count_balanced(ended(&outcome));
        // A failure that forbids to go on was told as the end by the worker that met it.
        if let Outcome::Failed { failure, repeatable: true } = outcome {
            let (name, line, status) = (&self.lb.name, self.request.line(), failure.status());
            let selector = Selector { now: (self.lb.clock)(), ..self.selector() };
            let account = Account { selector, tried: &self.tried };
            log!(
                self.request.log,
                Error,
                [Worker = name, Request = line, Status = status],
                "({name}) {line} gets {status}, no member can serve it: {account}"
            );
        }
        outcome
    }

    fn selector(&self) -> Selector<'_, B> {
        Selector {
            lb: self.lb,
            view: &self.view,
            request: self.request,
            session: &self.session,
            excluded: &self.excluded,
            purpose: Purpose::Service,
            now: self.now,
        }
    }

    /// Chooses a member and takes its place as probe where it needs one.
    fn elect(&mut self) -> Elected {
        for _ in 0..MAX_ELECTIONS {
            self.now = (self.lb.clock)();
            let selector = self.selector();
            let selection = selector.select();
            if let Selection::Member(choice) = selection {
                let member = &self.lb.members[choice.index];
                let (before, _) = self.lb.apply(&self.view, member, Event::Elected, selector.now);
                // Another request may have become the probe since the member was chosen.
                if before.state.takes_requests() {
                    return Elected::Member(choice);
                }
                if choice.charged {
                    member.record().discharge(selector.election_cost(choice.index));
                }
                continue;
            }
            // While others are healthy, a dead member of a forced session waits for its recover_time
            // ("decisions, row 9"); one that is only full may have room in the next round.
            if selection == Selection::SessionLost && selector.any_usable() {
                let may_wait = selector.session_may_find_room();
                return if may_wait { Elected::Nobody } else { Elected::GiveUp };
            }
            if std::mem::replace(&mut self.forced, true) || self.force_recovery() == 0 {
                return Elected::Nobody;
            }
        }
        Elected::Nobody
    }

    /// Lets requests try the members in error, because nothing else is left; returns how many there are.
    fn force_recovery(&mut self) -> usize {
        let now = (self.lb.clock)();
        let mut forced = 0;
        for (index, member) in self.lb.members.iter().enumerate() {
            let (before, after) = self.lb.apply(&self.view, member, Event::Forced, now);
            if before != after {
                self.excluded.retain(|excluded| *excluded != index);
                forced += 1;
            }
        }
        if forced > 0 {
            log!(
                self.request.log,
                Debug,
                [Worker = self.lb.name],
                "({}) no member is usable: another chance for {} in error state",
                self.lb.name,
                Counted(forced as u64, "member")
            );
        }
        forced
    }

    /// Gives the request to the chosen member, and notes what comes of it.
    fn attempt(&mut self, choice: Choice) -> Outcome {
        let lb = self.lb;
        let member = &lb.members[choice.index];
        let selector = self.selector();
        let activation = selector.activation(choice.index);
        if selector.is_new_session() {
            member.record().count_session();
        }
        let cost = selector.election_cost(choice.index);
        if !choice.charged {
            member.record().charge(cost);
        }
        let began = self.now;
        if choice.sticky && self.session.present {
            member.record().count_session_request(began);
        }
        let in_lb = lb.record.request_started();
        let outcome = self.serve(choice, activation);
        drop(in_lb);
        if outcome.event() == MemberEvent::Busy {
            // It was full, so that nothing was done for what it was charged.
            member.record().discharge(cost);
        }
        let failed = self.failed(choice, &outcome);
        self.conclude(member, began, &outcome, failed.as_ref());
        if let Some(tried) = failed {
            self.excluded.push(choice.index);
            self.tried.push(tried);
        }
        let notes = member.notes(self.view.member(choice.index).activation);
        self.notes.first.get_or_insert(notes);
        self.notes.last = Some(notes);
        outcome
    }

    /// How the chosen member failed, if it did.
    fn failed(&mut self, choice: Choice, outcome: &Outcome) -> Option<Tried> {
        let cause = self.progress.cause.take();
        match outcome {
            Outcome::Failed { failure, .. } => Some(Tried { index: choice.index, failure: *failure, cause }),
            _ => None,
        }
    }

    /// Runs the member's worker.
    fn serve(&mut self, choice: Choice, activation: Activation) -> Outcome {
        let member = &self.lb.members[choice.index];
        let route = Route::from(self.route(choice));
        let cookie = match choice.sticky {
            true => None,
            false => route_cookie(self.request, &self.view.settings, &self.view.member(choice.index).route),
        };
        let headers = cookie.as_ref().map(|value| (b"Set-Cookie".as_slice(), value.as_slice()));
        self.notes.route = Some(route.clone());
        log!(
            self.request.log,
            Debug,
            [Worker = self.lb.name, Member = member.name()],
            "({}) member {} is tried",
            self.lb.name,
            member.name()
        );
        let added_headers = headers.as_slice();
        let assignment = Assignment { route: Some(&route), activation, added_headers, may_go_on: true };
        let before = self.progress.exchanged;
        let (request, client, progress) = (self.request, &mut *self.client, &mut self.progress);
        let outcome =
            member.while_in_flight(|| member.backend().service(request, &assignment, client, progress));
        let octets = self.progress.exchanged.saturating_sub(before);
        member.record().charge(self.view.method.traffic_cost(self.view.multiplier(choice.index), octets));
        outcome
    }

    /// The route that goes with a choice: that of the member, or the domain it was chosen for. One that the
    /// environment sets goes along as it is, unless it was looked for and is that of a member.
    fn route(&self, choice: Choice) -> &[u8] {
        let settings = self.view.member(choice.index);
        let domain = settings.domain.as_deref().filter(|_| choice.by_domain);
        let own = domain.unwrap_or(&settings.route).as_bytes();
        let is_known = |route: &[u8]| domain.is_some() || self.selector().is_route(route);
        self.request.route.filter(|route| !self.session.present || !is_known(route)).unwrap_or(own)
    }

    /// Tells all processes what the attempt says about the member.
    fn conclude(&self, member: &Member<B>, began: i64, outcome: &Outcome, failed: Option<&Tried>) {
        if matches!(outcome, Outcome::Failed { failure: Failure::NoConnection, .. }) {
            member.note_no_connection();
        }
        let verdict = outcome.event();
        let too_many_timeouts = member.worker().reply_timeouts() > self.view.settings.max_reply_timeouts;
        let in_flight = verdict == MemberEvent::Error && member.worker().busy() > 0;
        let event = Event::of(verdict, began, too_many_timeouts, in_flight);
        if event.is_error() {
            member.record().count_error();
        }
        let (before, after) = self.lb.apply(&self.view, member, event, (self.lb.clock)());
        self.tell_change(member, before.state, after.state, failed);
    }

    /// What an attempt changes for all requests is worth a line; that a member is in error still is none.
    fn tell_change(
        &self,
        member: &Member<B>,
        before: MemberState,
        after: MemberState,
        failed: Option<&Tried>,
    ) {
        let (log, lb, name) = (self.request.log, &self.lb.name, member.name());
        match failed {
            Some(tried) if after == MemberState::Error && !before.is_doubtful() => {
                let prospect = self.prospect();
                log!(
                    log,
                    Warn,
                    [Worker = lb, Member = name],
                    "({lb}) member {name} {tried}: it is in error state now, {prospect}"
                );
            }
            Some(tried) => log!(log, Debug, [Worker = lb, Member = name], "({lb}) member {name} {tried}"),
            None if before.is_doubtful() && !after.is_doubtful() => {
                log!(log, Info, [Worker = lb, Member = name], "({lb}) member {name} works again")
            }
            None => {}
        }
    }

    /// What becomes of requests while a member is in error.
    fn prospect(&self) -> String {
        let now = (self.lb.clock)();
        let everybody = Selector { excluded: &Exclusions::new(), now, ..self.selector() };
        if !everybody.any_usable() {
            return "and no other is usable: each request tries it again".to_owned();
        }
        let timing = self.view.timing;
        let seconds = Counted(timing.recover.unsigned_abs(), "second");
        let how = if timing.by_probe { "asked by CPing" } else { "tried again" };
        let prospect = format!("and it is {how} after {seconds} (recover_time)");
        match self.view.settings.sticky_session_force {
            true => format!("its sessions get 503 (sticky_session_force), others take the rest, {prospect}"),
            false => format!("others take its requests, {prospect}"),
        }
    }
}

/// How a request is counted that comes to this.
fn ended(outcome: &Outcome) -> Balanced {
    match outcome {
        Outcome::Done | Outcome::ServerError(_) => Balanced::Answered,
        Outcome::Failed { failure: Failure::NoMember, .. } => Balanced::NoMember,
        Outcome::Failed { failure: Failure::Truncated(..), .. } => Balanced::Truncated,
        Outcome::Failed { failure, .. } if failure.culprit() == Culprit::Client => Balanced::ClientError,
        Outcome::Failed { .. } => Balanced::Error,
    }
}

/// The routes of a session for the log.
fn display(session: &Session) -> String {
    let routes = session.routes.iter().map(|route| Shown::name(route).to_string());
    routes.collect::<Vec<_>>().join(";")
}
