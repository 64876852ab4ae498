//! Why nobody serves a request, member by member: for the one line that its end is worth.

use std::fmt::{self, Display, Formatter};

use super::backend::Backend;
use super::select::Selector;
use crate::config::settings::Activation;
use crate::shared::MemberState;
use crate::text::Counted;
use crate::worker::Failure;

/// Most members that one line names.
const NAMED: usize = 8;

/// What stands in the way of each member; `tried` are those that had the request.
pub(super) struct Account<'a, B> {
    pub(super) selector: Selector<'a, B>,
    pub(super) tried: &'a [(usize, Failure)],
}

impl<B: Backend> Display for Account<'_, B> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let members = &self.selector.lb.members;
        for (index, member) in members.iter().enumerate().take(NAMED) {
            let comma = if index == 0 { "" } else { ", " };
            write!(out, "{comma}{} {}", member.name(), self.obstacle(index))?;
        }
        match members.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(out, " and so on for {}", Counted(more as u64, "other")),
        }
    }
}

impl<B: Backend> Account<'_, B> {
    fn obstacle(&self, index: usize) -> String {
        let member = &self.selector.lb.members[index];
        let host = &member.settings().worker;
        if let Some((_, failure)) = self.tried.iter().rfind(|(tried, _)| *tried == index) {
            return failure.to_string();
        }
        match self.selector.activation(index) {
            _ if !member.backend().has_contact() && host.port == 0 => "has port 0".to_owned(),
            _ if !member.backend().has_contact() => {
                format!("has a host that does not resolve ({})", host.host)
            }
            Activation::Stopped => "is stopped".to_owned(),
            Activation::Disabled => "is disabled".to_owned(),
            Activation::Active => self.state(index),
        }
    }

    fn state(&self, index: usize) -> String {
        let member = &self.selector.lb.members[index];
        let health = member.record().health();
        match health.state {
            MemberState::Error => {
                let recovery = health.last_error.unwrap_or(0).saturating_add(self.selector.lb.timing.recover);
                let seconds = recovery.saturating_sub(self.selector.now).max(0).unsigned_abs();
                format!("is in error state for another {}", Counted(seconds, "second"))
            }
            MemberState::Probe => "is being tried by another request".to_owned(),
            MemberState::Busy => "has no room".to_owned(),
            _ if member.is_full() => "has no room".to_owned(),
            _ => "does not have the session of the request".to_owned(),
        }
    }
}
