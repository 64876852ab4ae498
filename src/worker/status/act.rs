//! What changes something: each command finds out first whom it is about, and whatever is wrong with a request is found
//! before anything is changed ("status-worker, sections 7 and 9").

use super::activation;
use super::change::update;
use super::command::Command;
use super::problem::Problem;
use super::query::Query;
use super::selection::{member_name, target, Lb, Target};
use super::teller::{note, By, Who};
use super::{Ask, Surroundings};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::Activation;
use crate::log;
use crate::shared::RETIRED;
use crate::worker::proof::prove;

/// Does what `command`, one of those that change something, asks for.
pub(super) fn act(
    command: Command,
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Problem> {
    if around.workers.shared().is_retired() {
        return Err(Problem::elsewhere(format!("Update failed: {RETIRED}")));
    }
    if !command.is_of_the_original() {
        refuse_unknown(query)?;
    }
    let target = target(around, query, command)?;
    let stopped = stopped(&target);
    let made = match command {
        Command::Update => update(target, query, ask, around),
        Command::Reset => reset(&target, ask, around),
        Command::Activate => activation::set(target, Activation::Active, query, ask, around),
        Command::Disable => activation::set(target, Activation::Disabled, query, ask, around),
        Command::Stop => activation::set(target, Activation::Stopped, query, ask, around),
        Command::Drain => activation::drain(target, query, ask, around),
        Command::Switch => activation::switch(target, query, ask, around),
        _ => recover(&target, ask, around),
    };
    if let Some((lb, stopped)) = stopped {
        prove(lb, &stopped, ask.log);
    }
    made
}

/// Who may come back by a command.
fn stopped<'a>(target: &Target<'a>) -> Option<(&'a Lb, Vec<usize>)> {
    match target {
        Target::Balancer(lb) | Target::Members(lb, _) => Some((lb, lb.stopped())),
        Target::Alone(_) | Target::Status => None,
    }
}

/// The parameters that commands have which the original does not know; it ignores others, where a misspelt one is lost.
const PARAMETERS: [&str; 12] =
    ["cmd", "mime", "w", "sw", "domain", "timeout", "opt", "re", "from", "psw", "do", "nonce"];

fn refuse_unknown(query: &Query) -> Result<(), Problem> {
    match query.iter().map(|(name, _)| name).find(|name| !PARAMETERS.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let guess = did_you_mean(name, PARAMETERS);
            Err(format!("unknown parameter {name}{guess}; nothing was changed").into())
        }
    }
}

fn reset(target: &Target<'_>, ask: &Ask<'_>, around: &Surroundings<'_>) -> Result<(), Problem> {
    match target {
        Target::Balancer(lb) => {
            lb.reset();
            tell("resets", lb.name(), ask, around);
        }
        Target::Members(lb, members) => members.iter().for_each(|index| {
            lb.reset_member(*index);
            tell("resets", &member_name(lb, *index), ask, around);
        }),
        Target::Alone(worker) => {
            worker.record().reset(around.workers.now());
            tell("resets", worker.name(), ask, around);
        }
        Target::Status => return Err("Reset failed".into()),
    }
    Ok(())
}

/// Of several members those are meant that are in error.
fn recover(target: &Target<'_>, ask: &Ask<'_>, around: &Surroundings<'_>) -> Result<(), Problem> {
    let Target::Members(lb, members) = target else { return Err(NOT_IN_ERROR.into()) };
    let recovered: Vec<_> = members.iter().filter(|index| lb.recover(**index)).collect();
    recovered.iter().for_each(|index| tell("recovers", &member_name(lb, **index), ask, around));
    if recovered.is_empty() {
        return Err(NOT_IN_ERROR.into());
    }
    Ok(())
}

const NOT_IN_ERROR: &str = "Marking worker for recovery failed";

fn tell(word: &str, name: &str, ask: &Ask<'_>, around: &Surroundings<'_>) {
    log!(ask.log, Info, "{} {word} {name}", Who(ask));
    note(around, name, &format!("{word} it: {}", By(ask)));
}
