//! Whom a command is about: a worker, or members of a balancer by their names (`sw`, a list of names and patterns) or by
//! their `domain`.
//!
//! One name or pattern is taken, and refused, as the reference says ("status-worker, section 9"). Of others what fits nothing is
//! named, with the nearest that there is.

use std::collections::BTreeSet;

use super::command::Command;
use super::problem::Problem;
use super::query::Query;
use super::Surroundings;
use crate::config::diagnostic::did_you_mean;
use crate::mapping::glob;
use crate::worker::ajp13::Ajp13Worker;
use crate::worker::lb::LbWorker;
use crate::worker::registry::Worker;

/// Most names that a message tells of those that fit nothing.
const TOLD: usize = 5;

/// A balancer over Tomcats.
pub(super) type Lb = LbWorker<Ajp13Worker>;

/// Whom a command is about.
pub(super) enum Target<'a> {
    /// A worker that stands alone.
    Alone(&'a Ajp13Worker),
    /// A balancer as a whole.
    Balancer(&'a Lb),
    /// Members of it by their places, at least one.
    Members(&'a Lb, Vec<usize>),
    /// A status worker.
    Status,
}

/// Whom `command` is about.
pub(super) fn target<'a>(
    around: &'a Surroundings<'_>,
    query: &Query,
    command: Command,
) -> Result<Target<'a>, Problem> {
    let name = query.name("w").filter(|name| !name.is_empty()).ok_or("NULL or EMPTY worker param")?;
    let (names, domain) = (query.name("sw"), query.name("domain"));
    if names.is_some_and(str::is_empty) {
        return Err("EMPTY sub worker param".into());
    }
    let worker = around.workers.get(name).ok_or_else(|| no_worker(name, around, command))?;
    match (worker, names, domain) {
        (_, Some(_), Some(_)) => Err("expected sw or domain, not both".into()),
        (Worker::Lb(lb), Some(names), None) => {
            named(lb, names, command).map(|found| Target::Members(lb, found))
        }
        (Worker::Lb(lb), None, Some(domain)) => of_domain(lb, domain).map(|found| Target::Members(lb, found)),
        (Worker::Lb(lb), None, None) => Ok(Target::Balancer(lb)),
        (_, Some(_), _) | (_, _, Some(_)) => Err("worker type has no sub workers".into()),
        (Worker::Ajp13(worker), None, None) => Ok(Target::Alone(worker)),
        (Worker::Status(_), None, None) => Ok(Target::Status),
    }
}

fn no_worker(name: &str, around: &Surroundings<'_>, command: Command) -> Problem {
    if command.is_of_the_original() {
        return Problem::unknown("Could not find given worker");
    }
    let known = around.settings.workers.iter().map(|worker| worker.name.as_str());
    Problem::unknown(&format!("could not find worker '{name}'{}", did_you_mean(name, known)))
}

/// A member as it is called in the log and in the history.
pub(super) fn member_name(lb: &Lb, index: usize) -> String {
    format!("{}/{}", lb.name(), lb.members()[index].name())
}

/// The members that `names`, separated by commas, name or fit; each once, in the order of the configuration.
fn named(lb: &Lb, names: &str, command: Command) -> Result<Vec<usize>, Problem> {
    let (mut found, mut unknown) = (BTreeSet::new(), Vec::new());
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let fitting = fitting(lb, name);
        if fitting.is_empty() {
            unknown.push(name);
        }
        found.extend(fitting);
    }
    match unknown[..] {
        [] if found.is_empty() => Err("EMPTY sub worker param".into()),
        [] => Ok(found.into_iter().collect()),
        [name] if name == names && command.is_of_the_original() => {
            Err(Problem::unknown("could not find sub worker"))
        }
        _ => Err(Problem::unknown(&nobody(lb, &unknown))),
    }
}

/// The member called `name`, or those that fit it as a pattern: `*` stands for any octets, `?` for one.
fn fitting(lb: &Lb, name: &str) -> Vec<usize> {
    let that = |accept: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let members = lb.members().iter().enumerate();
        members.filter(|(_, member)| accept(member.name())).map(|(index, _)| index).collect()
    };
    let found = that(&|known| known == name);
    match found.is_empty() && name.contains(['*', '?']) {
        true => that(&|known| glob(name.as_bytes(), known.as_bytes())),
        false => found,
    }
}

fn nobody(lb: &Lb, unknown: &[&str]) -> String {
    let known = || lb.members().iter().map(|member| member.name());
    let told = unknown.iter().take(TOLD).map(|name| format!("'{name}'{}", did_you_mean(name, known())));
    let told = told.collect::<Vec<_>>().join("; ");
    match unknown.len().saturating_sub(TOLD) {
        0 => format!("could not find sub worker {told}"),
        more => format!("could not find sub worker {told}; and {more} more"),
    }
}

/// The members whose domain this is.
fn of_domain(lb: &Lb, domain: &str) -> Result<Vec<usize>, Problem> {
    let domains: Vec<_> = (0..lb.members().len()).map(|index| lb.current_member(index).domain).collect();
    let is_it = |known: &Option<String>| known.as_deref() == Some(domain) && !domain.is_empty();
    let found: Vec<_> = (0..domains.len()).filter(|index| is_it(&domains[*index])).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known: BTreeSet<&str> = domains.iter().flatten().map(String::as_str).collect();
    let nearest = did_you_mean(domain, known.iter().copied());
    let known = match known.is_empty() {
        true => "they have none".to_owned(),
        false => format!("theirs are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    };
    let lb = lb.name();
    Err(Problem::unknown(&format!("no member of balancer '{lb}' has domain '{domain}'{nearest}; {known}")))
}
