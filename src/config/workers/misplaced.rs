//! Properties that have no effect where they stand: of another kind of worker, or no longer known.
//!
//! The original takes all of them silently. Rules: "workers-properties, section 8".

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};

use super::build::{Meant, WorkerType};
use super::map::{Entry, PropertyMap};
use super::names::{split_key, DefinedNames};
use super::references::MAX_DEPTH;
use super::section::{Item, Section};
use super::spec::{Scopes, Standing, Unset};
use super::table::Property;
use super::{unused, variables};
use crate::config::diagnostic::Report;

/// What each name is used for.
pub(super) type Roles = BTreeMap<BString, Role>;

/// What a name is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    scopes: Scopes,
    /// A balancer that has it as member.
    balancer: Option<BString>,
    /// A member that it has.
    member: Option<BString>,
}

impl Role {
    /// A balancer that has it as member.
    pub(super) fn balancer(&self) -> Option<&BStr> {
        self.balancer.as_ref().map(|name| name.as_bstr())
    }

    /// Adds what `other` is used for.
    fn add(&mut self, other: &Role) {
        self.scopes |= other.scopes;
        self.balancer = self.balancer.take().or_else(|| other.balancer.clone());
        self.member = self.member.take().or_else(|| other.member.clone());
    }
}

/// Warns of everything in `map` that has no effect, given the workers in `list` and what misspelt names mean.
pub(super) fn check(
    map: &PropertyMap,
    defined: &DefinedNames,
    list: &[Item],
    meant: &Meant,
    report: &mut Report,
) {
    let roles = roles(map, list, meant);
    let templates = map.templates();
    if map.of_worker(BStr::new(""), Property::List).is_some() {
        unused::check(map, defined, &roles, &templates, report);
    }
    check_empty(map, &roles, report);
    for (key, entry) in map.iter() {
        match split_key(key) {
            None => variables::check(map, defined, &templates, (key, entry), report),
            Some((worker, name)) if key == entry.written => {
                if let Some(property) = Property::by_name(name) {
                    check_scope(map, &roles, (worker, property), entry, report);
                }
            }
            Some(_) => {}
        }
    }
}

/// The members of balancer `lb`, as written.
pub(super) fn members_of(map: &PropertyMap, lb: &BStr) -> Vec<Item> {
    Section::new(map, lb, &mut Report::default()).items(Property::BalanceWorkers)
}

/// Names as they stand in a list, and what is meant by those that are misspelt.
fn with_meant<'i>(items: &'i [Item], meant: &'i Meant) -> impl Iterator<Item = &'i BString> {
    items.iter().flat_map(|item| [Some(&item.text), meant.get(&item.text)]).flatten()
}

fn roles(map: &PropertyMap, list: &[Item], meant: &Meant) -> Roles {
    let mut roles = Roles::new();
    for name in with_meant(list, meant) {
        let members = members_of(map, name.as_bstr());
        let role = roles.entry(name.clone()).or_default();
        role.scopes |= match WorkerType::of(map, name.as_bstr()) {
            WorkerType::Ajp13 => Scopes::AJP13,
            WorkerType::Status => Scopes::STATUS,
            WorkerType::Lb => Scopes::LB,
        };
        role.member = members.first().map(|member| member.text.clone());
        // One without type has members as well: it was meant as a balancer.
        for member in with_meant(&members, meant) {
            let role = roles.entry(member.clone()).or_default();
            role.scopes |= Scopes::MEMBER;
            role.balancer.get_or_insert_with(|| name.clone());
        }
    }
    hand_to_templates(map, &mut roles);
    roles
}

/// A template is used for whatever the workers that refer to it are used for.
fn hand_to_templates(map: &PropertyMap, roles: &mut Roles) {
    for (worker, role) in roles.clone() {
        let mut prefix: BString = [b"worker.", worker.as_slice()].concat().into();
        for _ in 0..MAX_DEPTH {
            let Some(template) = map.template_of(prefix.as_bstr()) else { break };
            if let Some(name) = template.strip_prefix(b"worker.") {
                roles.entry(name.into()).or_default().add(&role);
            }
            prefix = template;
        }
    }
}

/// Warns of properties without a value, unless that was said where the value is missed.
fn check_empty(map: &PropertyMap, roles: &Roles, report: &mut Report) {
    for (key, origin) in map.empty_lines() {
        let Some((worker, name)) = split_key(key) else { continue };
        let is_missed =
            |property: Property| name == property.name() && map.empty_line(worker, property).is_some();
        let is_lb = roles.get(worker).is_some_and(|role| role.scopes.intersects(Scopes::LB));
        let was_said =
            worker.is_empty() && is_missed(Property::List) || is_lb && is_missed(Property::BalanceWorkers);
        if !was_said {
            report.warn(Some(origin), format!("{key}: the line is ignored because the value is empty"));
        }
    }
}

fn check_scope(
    map: &PropertyMap,
    roles: &Roles,
    (worker, property): (&BStr, Property),
    entry: &Entry,
    report: &mut Report,
) {
    let spec = property.spec();
    let (key, name) = (&entry.written, spec.name);
    if worker.is_empty() {
        if !spec.scopes.contains(Scopes::GLOBAL) {
            let text = format!("{key} names no worker and has no effect, expected worker.<name>.{name}");
            report.warn(entry.origin(), text);
        }
        return;
    }
    let Some(role) = roles.get(worker) else { return };
    check_standing(property, entry, report);
    if spec.standing == Standing::Obsolete
        || spec.scopes.intersects(role.scopes)
        || is_harmless(property, role, entry)
    {
        return;
    }
    if role.member.is_some() && !role.scopes.intersects(Scopes::LB) && spec.scopes == Scopes::LB {
        if property == Property::BalanceWorkers {
            report.warn(entry.origin(), lacks_type(map, worker, key.as_bstr()));
        }
        return;
    }
    let place = describe_place(spec.scopes);
    let kind = describe_kind(role.scopes);
    let advice = advice(role, property);
    report.warn(
        entry.origin(),
        format!("{key}: {name} is a property of {place}, worker {worker} is {kind}; {advice}"),
    );
}

/// What to say about `balance_workers` of a worker that is no balancer; of its other properties nothing is said.
fn lacks_type(map: &PropertyMap, worker: &BStr, key: &BStr) -> String {
    match map.of_worker(worker, Property::Type) {
        None => format!("{key}: without a type, worker {worker} is one Tomcat; add worker.{worker}.type=lb"),
        Some(entry) => {
            let kind = &entry.text;
            format!("{key}: worker {worker} has type {kind}; for a balancer set worker.{worker}.type=lb")
        }
    }
}

fn check_standing(property: Property, entry: &Entry, report: &mut Report) {
    let (key, name) = (&entry.written, property.name());
    match property.spec().standing {
        Standing::Current => {}
        Standing::Renamed(successor) | Standing::Replaced(successor) => {
            let text = format!("{key}: {name} is deprecated, use {}", successor.name());
            report.warn(entry.first_origin(), text);
        }
        Standing::Obsolete => {
            report.warn(entry.first_origin(), format!("{key}: {name} has no effect any more"))
        }
    }
}

/// Sample files give every worker a weight and defaults of members: nothing is lost where they have no effect.
fn is_harmless(property: Property, role: &Role, entry: &Entry) -> bool {
    let is_of_member = property.spec().scopes == Scopes::MEMBER;
    let is_weight = property == Property::Lbfactor && role.scopes == Scopes::AJP13;
    is_weight || is_of_member && says_default(property, entry)
}

fn says_default(property: Property, entry: &Entry) -> bool {
    matches!(property.spec().unset, Unset::Given(text) if entry.text == text)
}

fn describe_place(scopes: Scopes) -> &'static str {
    match scopes {
        Scopes::GLOBAL => "the whole server",
        Scopes::MEMBER => "members of balancers",
        Scopes::LB => "load balancers",
        Scopes::STATUS => "status workers",
        Scopes::LISTED => "workers in worker.list",
        Scopes::SERVING => "ajp13 workers and load balancers",
        _ => "ajp13 workers",
    }
}

fn describe_kind(scopes: Scopes) -> &'static str {
    if scopes.intersects(Scopes::LB) {
        "a load balancer"
    } else if scopes.intersects(Scopes::STATUS) {
        "a status worker"
    } else {
        "an ajp13 worker"
    }
}

fn advice(role: &Role, property: Property) -> String {
    let (name, scopes) = (property.name(), property.spec().scopes);
    match (&role.balancer, &role.member) {
        _ if scopes == Scopes::GLOBAL => format!("set worker.{name}"),
        (Some(balancer), _) if scopes.intersects(Scopes::LB) => format!("set worker.{balancer}.{name}"),
        (_, Some(member)) if scopes.intersects(Scopes::MEMBER) => {
            format!("set worker.{member}.{name} and those of the other members")
        }
        _ => "it has no effect".to_owned(),
    }
}
