//! Members in error are asked by CPing in the background, and take requests again when they answered ("decisions,
//! row 10").
//!
//! Here is who has to be asked, and what an answer means; [`crate::worker::prober`] asks. It is one process that does so
//! for all. While no member of a balancer works, each look asks all that are in error, and users' requests try them as
//! well ([`super::service`]): whoever is first brings a member back.

use std::fmt::Display;

use smallvec::SmallVec;

use crate::config::settings::Activation;
use crate::log;
use crate::log::Context;
use crate::shared::MemberState;
use crate::text::Counted;

use super::backend::Backend;
use super::member::Member;
use super::state::{asked_in, is_unproven, may_be_asked, Event};
use super::view::View;
use super::LbWorker;

/// The members of a balancer as the process sees them that asks for all.
pub(crate) struct Probing<'w, B> {
    lb: &'w LbWorker<B>,
    /// When it began to ask each of them that has not answered yet.
    asked: Vec<Option<i64>>,
    /// That each does not answer since it was activated is known to users.
    told: Vec<bool>,
    /// The member with which the next look begins, so that none is always the last.
    first: usize,
}

impl<'w, B: Backend> Probing<'w, B> {
    /// Nobody is asked yet; `None` if nobody is to be (`recover_probe=off`).
    pub(crate) fn of(lb: &'w LbWorker<B>) -> Option<Self> {
        lb.configured.recover_probe.then(|| {
            let count = lb.members.len();
            Self { lb, asked: vec![None; count], told: vec![false; count], first: 0 }
        })
    }

    /// A member.
    pub(crate) fn member(&self, index: usize) -> &'w Member<B> {
        &self.lb.members[index]
    }

    /// Finds the members that have to be asked now, at most `places`, and tells all processes that they are being asked.
    pub(crate) fn look(&mut self, places: usize) -> SmallVec<[usize; 8]> {
        let mut found = SmallVec::new();
        if places == 0 || !self.lb.members.iter().any(|member| member.record().health().state.is_doubtful()) {
            return found;
        }
        let view = self.lb.view.load();
        let (now, urgent, count) = ((self.lb.clock)(), !self.lb.any_works(&view), self.asked.len());
        let first = self.first;
        for index in (0..count).map(|step| (first + step) % count) {
            if found.len() == places {
                self.first = index;
                break;
            }
            if self.begin(&view, index, urgent, now) {
                found.push(index);
            }
        }
        found
    }

    /// Tells all processes that a member is being asked, if it has to be.
    fn begin(&mut self, view: &View, index: usize, urgent: bool, now: i64) -> bool {
        let (lb, member) = (self.lb, self.member(index));
        let is_due = |health| may_be_asked(health, urgent, now, view.timing);
        let known = self.asked[index].is_some() || !member.backend().has_contact();
        if known || !is_due(member.record().health()) {
            return false;
        }
        let (before, after) = lb.apply(view, member, Event::Asked { urgent }, now);
        if !is_due(before) {
            return false;
        }
        // What the record says: it can't hold every time that a clock may show.
        self.asked[index] = Some(after.last_error.map_or(now, |last| last.max(now)));
        true
    }

    /// A member that was asked answered.
    pub(crate) fn answered(&mut self, index: usize, log: Context<'_>) {
        if let Some(began) = self.asked[index].take() {
            self.told[index] = false;
            self.lb.answered(index, began, log);
        }
    }

    /// A member that was asked did not answer, and `why`; tells whether this is all that is known of it since it was
    /// stopped.
    pub(crate) fn unanswered(&mut self, index: usize, why: &dyn Display, log: Context<'_>) -> bool {
        let Some(began) = self.asked[index].take() else { return false };
        let (lb, member) = (self.lb, self.member(index));
        let (_, health) = lb.apply(&lb.view.load(), member, Event::Unanswered { began }, (lb.clock)());
        let unproven = is_unproven(health);
        if unproven && !std::mem::replace(&mut self.told[index], true) {
            log!(
                log,
                Warn,
                [Worker = lb.name, Member = member.name()],
                "({}) member {} is not stopped any more, but does not work: {why}; it gets no requests until it has \
                 answered a CPing, for which it is asked each second",
                lb.name,
                member.name()
            );
            return unproven;
        }
        log!(
            log,
            Debug,
            [Worker = lb.name, Member = member.name()],
            "({}) member {} does not work yet: {why}",
            lb.name,
            member.name()
        );
        unproven
    }

    /// Another process asks from now on, also those that this one was asking.
    pub(crate) fn hand_over(&mut self) {
        self.asked.fill(None);
    }
}

/// When a member in doubt is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextProbe {
    /// It is being asked.
    UnderWay,
    /// By the first look that comes so many seconds from now.
    In(i64),
    /// Never: it has no port, or its host name is not resolved.
    Never,
}

impl NextProbe {
    /// Seconds until it is asked, at most; 0 while it is.
    pub(crate) fn seconds(self) -> Option<i64> {
        match self {
            Self::UnderWay => Some(0),
            Self::In(left) => Some(left.saturating_add(LOOKS_APART)),
            Self::Never => None,
        }
    }
}

/// Seconds between two looks for members that are to be asked.
const LOOKS_APART: i64 = 1;

impl<B: Backend> LbWorker<B> {
    /// The members whose activation is Stopped.
    pub(crate) fn stopped(&self) -> Vec<usize> {
        let view = self.view.load();
        let activations = view.standings.iter().map(|standing| standing.activation).enumerate();
        activations.filter(|(_, is)| *is == Activation::Stopped).map(|(index, _)| index).collect()
    }

    /// When asking member `index` begins now, if nobody has heard of it since it was stopped, and it is not any more.
    pub(crate) fn begin_proof(&self, index: usize) -> Option<i64> {
        let (member, view) = (&self.members[index], self.view.load());
        let health = member.record().health();
        let is_back = view.standings[index].activation != Activation::Stopped && is_unproven(health);
        let now = (self.clock)();
        (is_back && member.backend().has_contact())
            .then(|| health.last_error.map_or(now, |last| last.max(now)))
    }

    /// Member `index` answered a CPing, for which it was asked when it `began`.
    pub(crate) fn answered(&self, index: usize, began: i64, log: Context<'_>) {
        let (member, now) = (&self.members[index], (self.clock)());
        self.put_on_level(member);
        let (before, after) = self.apply(&self.view.load(), member, Event::Answered { began }, now);
        if !before.state.is_doubtful() || after.state.is_doubtful() {
            return;
        }
        member.worker().clear_reply_timeouts();
        let (process, name) = (std::process::id(), member.name());
        let after = match before.first_error {
            Some(since) => {
                let passed = Counted(now.saturating_sub(since).max(0).unsigned_abs(), "second");
                format!("{passed} after its first error")
            }
            None => "as it is not stopped any more".to_owned(),
        };
        log!(
            log,
            Info,
            [Worker = self.name, Member = name],
            "({}) member {name} works again: it answered the CPing of process {process}, {after}",
            self.name
        );
    }

    /// When each member is asked; `None` for one that nobody doubts, or if nobody is asked at all.
    pub(crate) fn next_probes(&self) -> Vec<Option<NextProbe>> {
        let (view, now) = (self.view.load(), (self.clock)());
        let urgent = !self.any_works(&view);
        let next = |member: &Member<B>| {
            let health = member.record().health();
            let left = asked_in(health, urgent, now, view.timing)?;
            Some(match health.state {
                _ if !member.backend().has_contact() => NextProbe::Never,
                MemberState::Probe => NextProbe::UnderWay,
                _ => NextProbe::In(left),
            })
        };
        self.members.iter().map(|member| next(member).filter(|_| view.timing.by_probe)).collect()
    }

    /// Tells whether any member serves anybody, so that those in error can wait for recover_time.
    fn any_works(&self, view: &View) -> bool {
        self.members.iter().zip(&view.standings).any(|(member, standing)| {
            !member.record().health().state.is_doubtful()
                && standing.activation != Activation::Stopped
                && member.backend().has_contact()
        })
    }
}
