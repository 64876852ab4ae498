//! New values of a worker, a balancer or members (`cmd=update`, "status-worker, section 7"). Whatever is wrong with one is
//! found before anything is changed, and what is changed is told.

use std::net::{SocketAddr, ToSocketAddrs};

use super::problem::Problem;
use super::query::Query;
use super::selection::{member_name, Lb, Target};
use super::teller::{note, By, Who};
use super::update::{edit, edits, property, Edit};
use super::{Ask, Surroundings};
use crate::config::live::{Live, Value};
use crate::config::settings::{socket_path, Ajp13Settings, MemberSettings};
use crate::config::workers::table::Property;
use crate::log;
use crate::text::Reason;
use crate::worker::ajp13::Ajp13Worker;

/// A set of edits, all of them checked.
enum Change<'a> {
    Balancer(&'a Lb, Vec<Edit>),
    Member(&'a Lb, usize, Vec<Edit>),
    /// With the addresses of its new host, if it has one.
    Tomcat(&'a Ajp13Worker, Vec<Edit>, Vec<SocketAddr>),
}

/// Sets new values, all of them or none.
pub(super) fn update(
    target: Target<'_>,
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Result<(), Problem> {
    let changes = match (target, query.get("att")) {
        (Target::Alone(worker), _) => tomcat_changes(query, worker)?,
        (Target::Members(lb, members), _) => {
            let changes: Result<Vec<_>, _> =
                members.into_iter().map(|index| member_changes(query, lb, index)).collect();
            changes?.into_iter().flatten().collect()
        }
        (Target::Balancer(lb), Some(code)) => attribute_changes(query, lb, code)?,
        (Target::Balancer(lb), None) => {
            let subject = format!("balancer '{}'", lb.name());
            vec![Change::Balancer(lb, edits(query, &subject, &lb.current_settings())?)]
        }
        (Target::Status, _) => return Err("Update failed".into()),
    };
    check_routes(&changes)?;
    changes.iter().try_for_each(|change| change.make(ask, around))
}

fn member_changes<'a>(query: &Query, lb: &'a Lb, index: usize) -> Result<Vec<Change<'a>>, String> {
    let backend = lb.members()[index].backend();
    let subject = subject(backend.name());
    let own = edits(query, &subject, &lb.current_member(index))?;
    let mut changes = vec![Change::Member(lb, index, own)];
    changes.extend(tomcat_changes(query, backend)?);
    Ok(changes)
}

fn tomcat_changes<'a>(query: &Query, worker: &'a Ajp13Worker) -> Result<Vec<Change<'a>>, String> {
    let now = worker.settings();
    let edits = edits(query, &subject(worker.name()), &**now)?;
    let addresses = new_addresses(&now, &edits, worker.name())?;
    Ok(vec![Change::Tomcat(worker, edits, addresses)])
}

/// One attribute of all members: `val0` for the first, and so on.
fn attribute_changes<'a>(query: &Query, lb: &'a Lb, code: &str) -> Result<Vec<Change<'a>>, String> {
    let mut changes = Vec::new();
    for (index, member) in lb.members().iter().enumerate() {
        let parameter = format!("val{index}");
        let Some(text) = query.get(&parameter) else { continue };
        let (named, subject) = ((parameter.as_str(), text), subject(member.name()));
        if let Some(spec) = property::<MemberSettings>(code) {
            let edit = edit(spec, named, &subject, &lb.current_member(index))?;
            changes.push(Change::Member(lb, index, edit.into_iter().collect()));
        } else if let Some(spec) = property::<Ajp13Settings>(code) {
            let edit = edit(spec, named, &subject, &**member.backend().settings())?;
            let edits: Vec<Edit> = edit.into_iter().collect();
            let addresses = new_addresses(&member.backend().settings(), &edits, member.name())?;
            changes.push(Change::Tomcat(member.backend(), edits, addresses));
        }
    }
    Ok(changes)
}

fn subject(name: &str) -> String {
    format!("sub worker '{name}'")
}

/// The addresses of a new host or port, none without. Whoever mistypes a host keeps the old one.
fn new_addresses(now: &Ajp13Settings, edits: &[Edit], name: &str) -> Result<Vec<SocketAddr>, String> {
    let mut new = now.clone();
    set(&mut new, edits);
    let is_socket = socket_path(&new.host).is_some();
    if new.port == 0 || is_socket || (&new.host, new.port) == (&now.host, now.port) {
        return Ok(Vec::new());
    }
    let found = (new.host.as_str(), new.port).to_socket_addrs();
    found.map(Iterator::collect).map_err(|_| {
        let place = format!("'{}:{}'", new.host, new.port);
        format!(
            "Update failed (at least partially): could not resolve address {place} for sub worker '{name}'."
        )
    })
}

/// Two members of one balancer can't have the same route: sessions of one would go to the other.
fn check_routes(changes: &[Change<'_>]) -> Result<(), String> {
    for change in changes {
        let Change::Member(lb, index, edits) = change else { continue };
        let Some(route) = edits.iter().find_map(new_route) else { continue };
        let other = (0..lb.members().len()).filter(|other| other != index).find(|other| {
            let planned = changes.iter().find_map(|change| match change {
                Change::Member(_, changed, edits) if changed == other => edits.iter().find_map(new_route),
                _ => None,
            });
            planned.map_or_else(|| lb.current_member(*other).route == route, |planned| planned == route)
        });
        if let Some(other) = other {
            let (this, other) = (lb.members()[*index].name(), lb.members()[other].name());
            return Err(format!(
                "Update failed: route '{route}' for sub worker '{this}' is that of sub worker '{other}'"
            ));
        }
    }
    Ok(())
}

fn new_route(edit: &Edit) -> Option<&str> {
    match (edit.property, &edit.value) {
        (Property::Route, Value::Text(route)) => Some(route),
        _ => None,
    }
}

impl Change<'_> {
    /// Makes the change, and tells of each value.
    fn make(&self, ask: &Ask<'_>, around: &Surroundings<'_>) -> Result<(), Problem> {
        let made = match self {
            Change::Balancer(_, edits) | Change::Member(_, _, edits) | Change::Tomcat(_, edits, _)
                if edits.is_empty() =>
            {
                return Ok(())
            }
            Change::Balancer(lb, edits) => {
                tell(ask, around, lb.name(), &lb.current_settings(), edits);
                lb.change(|settings| set(settings, edits))
            }
            Change::Member(lb, index, edits) => {
                let name = member_name(lb, *index);
                tell(ask, around, &name, &lb.current_member(*index), edits);
                let is_other_wish = edits.iter().any(|edit| edit.property == Property::Activation);
                if is_other_wish && lb.members()[*index].record().drain().is_some() {
                    log!(ask.log, Info, "{} ends the drain of {name}", Who(ask));
                }
                lb.change_member(*index, |settings| {
                    set(settings, edits);
                    fill_domain(settings, edits);
                })
            }
            Change::Tomcat(worker, edits, addresses) => {
                tell(ask, around, worker.name(), &**worker.settings(), edits);
                let mut new = (**worker.settings()).clone();
                set(&mut new, edits);
                if !addresses.is_empty() {
                    worker.announce_host(&new.host, addresses);
                }
                worker.change(|settings| set(settings, edits))
            }
        };
        made.map_err(|error| Problem::internal(format!("Update failed: {}", Reason(&error))))
    }
}

fn set<T: Live>(settings: &mut T, edits: &[Edit]) {
    for edit in edits {
        settings.set_value(edit.property, &edit.value);
    }
}

/// A new route of the form `domain.rest` names the domain of a member that has none.
fn fill_domain(settings: &mut MemberSettings, edits: &[Edit]) {
    let is_free = settings.domain.is_none() && !edits.iter().any(|edit| edit.property == Property::Domain);
    if let Some(route) = edits.iter().find_map(new_route).filter(|_| is_free) {
        let domain = route.split_once('.').map(|(domain, _)| domain.to_owned());
        settings.domain = domain.filter(|domain| !domain.is_empty());
    }
}

fn tell<T: Live>(ask: &Ask<'_>, around: &Surroundings<'_>, subject: &str, now: &T, edits: &[Edit]) {
    for edit in edits {
        let name = edit.property.name();
        let old = now.value(edit.property).map(|value| value.text(edit.property)).unwrap_or_default();
        let new = edit.value.text(edit.property);
        log!(ask.log, Info, "{} changes {name} of {subject} from '{old}' to '{new}'", Who(ask));
        note(around, subject, &format!("{name}: '{old}' to '{new}': {}", By(ask)));
    }
}
