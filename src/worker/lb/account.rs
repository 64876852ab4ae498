//! Why nobody serves a request, member by member: for the one line that its end is worth.
//!
//! What happened to each member comes first, as a line has an end; where to look follows.

use std::fmt::{self, Display, Formatter};

use smallvec::SmallVec;

use super::backend::Backend;
use super::select::Selector;
use super::state::is_unproven;
use crate::config::settings::Activation;
use crate::shared::MemberState;
use crate::text::Counted;
use crate::worker::{Cause, Failure};

/// Most members that one line names.
const NAMED: usize = 8;

/// Most members whose advice it has room for.
const ADVISED: usize = 3;

/// What stands in the way of each member; `tried` are those that had the request.
pub(super) struct Account<'a, B> {
    pub(super) selector: Selector<'a, B>,
    pub(super) tried: &'a [Tried],
}

/// A member that had the request, and how it failed.
pub(super) struct Tried {
    pub(super) index: usize,
    pub(super) failure: Failure,
    /// In the words of its worker, if it had any.
    pub(super) cause: Option<Cause>,
}

impl Display for Tried {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => out.write_str(&cause.fact),
            None => self.failure.fmt(out),
        }
    }
}

impl<B: Backend> Display for Account<'_, B> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let members = &self.selector.lb.members;
        for (index, member) in members.iter().enumerate().take(NAMED) {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{} {}", member.name(), self.obstacle(index))?;
        }
        match members.len().saturating_sub(NAMED) {
            0 => {}
            more => write!(out, " and so on for {}", Counted(more as u64, "other"))?,
        }
        self.advice().iter().try_for_each(|advice| write!(out, "; {advice}"))
    }
}

impl<B: Backend> Account<'_, B> {
    /// Where to look, each once, and in words for all of them where several members have the same cause.
    fn advice(&self) -> SmallVec<[&str; ADVISED]> {
        let mut found: SmallVec<[(&Cause, &str); ADVISED]> = SmallVec::new();
        let causes = self.tried.iter().filter_map(|tried| tried.cause.as_ref());
        for cause in causes.filter(|cause| !cause.advice.is_empty()) {
            match found.iter().position(|(known, _)| known.shared == cause.shared) {
                Some(index) if found[index].0.advice != cause.advice => found[index].1 = &cause.shared,
                None if found.len() < ADVISED => found.push((cause, &cause.advice)),
                _ => {}
            }
        }
        found.into_iter().map(|(_, words)| words).collect()
    }

    /// What stands in the way of a member.
    pub(super) fn obstacle(&self, index: usize) -> String {
        let member = &self.selector.lb.members[index];
        let host = member.backend().settings();
        if let Some(tried) = self.tried.iter().rfind(|tried| tried.index == index) {
            return tried.to_string();
        }
        match self.selector.activation(index) {
            _ if !member.backend().has_contact() && host.port == 0 => "has port 0".to_owned(),
            _ if !member.backend().has_contact() => {
                format!("has a host that does not resolve ({})", host.host)
            }
            Activation::Stopped => format!("is stopped{}", self.whose(index)),
            Activation::Disabled => format!("is disabled{}", self.whose(index)),
            Activation::Active => self.state(index),
        }
    }

    /// Who says what a member is.
    fn whose(&self, index: usize) -> &'static str {
        if self.selector.by_rule(index).is_some() {
            " by the rule"
        } else {
            ""
        }
    }

    fn state(&self, index: usize) -> String {
        let member = &self.selector.lb.members[index];
        let (health, timing) = (member.record().health(), self.selector.view.timing);
        match health.state {
            MemberState::Error if timing.by_probe && is_unproven(health) => {
                "has not answered a CPing since it was stopped, for which it is asked each second".to_owned()
            }
            MemberState::Error => {
                let recovery = health.last_error.unwrap_or(0).saturating_add(timing.recover);
                let left = recovery.saturating_sub(self.selector.now).max(0).unsigned_abs();
                let how = if timing.by_probe { "and asked by CPing in" } else { "for another" };
                format!("is in error state {how} {}", Counted(left, "second"))
            }
            MemberState::Probe if timing.by_probe => "is being asked whether it works again".to_owned(),
            MemberState::Probe => "is being tried by another request".to_owned(),
            MemberState::Busy => "has no room".to_owned(),
            _ if member.is_full() => "has no room".to_owned(),
            _ => "does not have the session of the request".to_owned(),
        }
    }
}
