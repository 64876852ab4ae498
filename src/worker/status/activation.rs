//! What operators want of members: `cmd=activate`, `disable`, `stop`, `drain`, and `switch` from one domain to another.
//!
//! Unlike `cmd=update` these say what is meant, and end a drain that is under way. Whom they are about is always said: a
//! balancer's members are never meant by omission.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::time::Duration;

use super::problem::Problem;
use super::query::Query;
use super::selection::{member_name, Lb, Target};
use super::teller::{note, By, Who};
use super::{Ask, Surroundings};
use crate::config::settings::Activation;
use crate::config::workers::table::ACTIVATIONS;
use crate::log;
use crate::text::{Counted, Reason};

/// Says whom to name.
pub(super) const NOBODY: &str =
    "expected sw (names of members, separated by commas, in which * and ? may stand for others) or domain";

/// Says what a switch needs.
pub(super) const NO_DOMAIN: &str = "expected domain, to whose members new sessions go";

/// What becomes of a member.
#[derive(Clone, Copy)]
enum Wish {
    Set(Activation),
    Drain(Timeout),
}

/// After which time a drain ends at the latest.
#[derive(Clone, Copy)]
enum Timeout {
    /// That of the member's `drain_timeout`, if it has one.
    OfMember,
    /// This one; `None` is never.
    Given(Option<Duration>),
}

/// Sets the activation of members.
pub(super) fn set(
    target: Target<'_>,
    activation: Activation,
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Problem> {
    let (lb, members) = members(target)?;
    if let Some(text) = query.get("timeout") {
        return Err(format!("timeout={text}: only drain and switch have one; nothing was changed").into());
    }
    let wish = Wish::Set(activation);
    members.into_iter().try_for_each(|index| grant(lb, index, wish, ask, around))
}

/// Has members get empty.
pub(super) fn drain(
    target: Target<'_>,
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Problem> {
    let (lb, members) = members(target)?;
    let wish = Wish::Drain(timeout(query)?);
    members.into_iter().try_for_each(|index| grant(lb, index, wish, ask, around))
}

/// Activates the members of a domain, and has all others of the balancer get empty. In this order: there is always
/// somebody who takes new sessions.
pub(super) fn switch(
    target: Target<'_>,
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Problem> {
    let domain = query.get("domain").ok_or(NO_DOMAIN)?;
    let (lb, members) = members(target)?;
    let wish = Wish::Drain(timeout(query)?);
    log!(ask.log, Info, "{} switches {} to domain {domain}", Who(ask), lb.name());
    note(around, lb.name(), &format!("switched to domain {domain}: {}", By(ask)));
    let others = (0..lb.members().len()).filter(|index| !members.contains(index));
    let activated = members.iter().map(|index| (*index, Wish::Set(Activation::Active)));
    activated
        .chain(others.map(|index| (index, wish)))
        .try_for_each(|(index, wish)| grant(lb, index, wish, ask, around))
}

fn members(target: Target<'_>) -> Result<(&Lb, Vec<usize>), Problem> {
    match target {
        Target::Members(lb, members) => Ok((lb, members)),
        Target::Balancer(_) => Err(NOBODY.into()),
        Target::Alone(_) | Target::Status => Err("worker type has no sub workers".into()),
    }
}

/// What `timeout` says, in seconds; an input that was left empty says nothing.
fn timeout(query: &Query) -> Result<Timeout, Problem> {
    let Some(text) = query.get("timeout").filter(|text| !text.is_empty()) else {
        return Ok(Timeout::OfMember);
    };
    match text.parse::<i32>().ok().and_then(|seconds| u64::try_from(seconds).ok()) {
        Some(0) => Ok(Timeout::Given(None)),
        Some(seconds) => Ok(Timeout::Given(Some(Duration::from_secs(seconds)))),
        None => {
            let most = i32::MAX;
            Err(format!("timeout={text}: expected 0 to {most} seconds; nothing was changed").into())
        }
    }
}

/// Does what is wished, and tells it; a member that is so already is left alone.
fn grant(lb: &Lb, index: usize, wish: Wish, ask: &Ask<'_>, around: &Surroundings<'_>) -> Result<(), Problem> {
    let (now, drains) = (lb.current_member(index), lb.members()[index].record().drain().is_some());
    let failed = |error: io::Error| Problem::internal(format!("Update failed: {}", Reason(&error)));
    let (activation, what) = match wish {
        Wish::Set(activation) if activation == now.activation && !drains => return Ok(()),
        Wish::Set(activation) => {
            lb.activate(index, activation).map_err(failed)?;
            (activation, if drains { What::EndsDrain } else { What::Sets })
        }
        Wish::Drain(_) if now.activation == Activation::Stopped => return Ok(()),
        Wish::Drain(timeout) => {
            let timeout = match timeout {
                Timeout::OfMember => now.drain_timeout,
                Timeout::Given(timeout) => timeout,
            };
            lb.drain(index, timeout).map_err(failed)?;
            (Activation::Disabled, What::Drains(timeout))
        }
    };
    let [old, new] = [now.activation, activation].map(|activation| ACTIVATIONS[activation as usize]);
    let (who, name) = (Who(ask), member_name(lb, index));
    let told = match old == new {
        true => {
            log!(ask.log, Info, "{who} leaves activation of {name} at '{new}'{what}");
            format!("activation: '{new}'{what}")
        }
        false => {
            log!(ask.log, Info, "{who} changes activation of {name} from '{old}' to '{new}'{what}");
            format!("activation: '{old}' to '{new}'{what}")
        }
    };
    note(around, &name, &format!("{told}: {}", By(ask)));
    Ok(())
}

/// What a change of activation means for draining.
enum What {
    Sets,
    EndsDrain,
    Drains(Option<Duration>),
}

impl Display for What {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sets => Ok(()),
            Self::EndsDrain => out.write_str(", which ends its drain"),
            Self::Drains(None) => out.write_str(", to drain"),
            Self::Drains(Some(timeout)) => {
                write!(out, ", to drain for {} at most", Counted(timeout.as_secs(), "second"))
            }
        }
    }
}
