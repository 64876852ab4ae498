//! Properties that have no effect where they stand: of workers that nothing uses, of another kind of worker, or
//! no properties at all but variables that look like some.
//!
//! The original takes all of them silently. Rules: "workers.properties, Where the original is weak", 1.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::build::WorkerType;
use super::map::{Entry, PropertyMap};
use super::names::{split_key, DefinedNames};
use super::section::{Item, Section};
use super::spec::{Scopes, Standing, Unset};
use super::table::{Property, TABLE};
use crate::config::diagnostic::{did_you_mean, nearest, Report};

/// What a name is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Role {
    scopes: Scopes,
    /// A balancer that has it as member.
    balancer: Option<BString>,
    /// A member that it has.
    member: Option<BString>,
}

impl Role {
    /// Adds what `other` is used for, and tells whether that was new.
    fn add(&mut self, other: &Role) -> bool {
        let sum = Role {
            scopes: self.scopes | other.scopes,
            balancer: self.balancer.clone().or_else(|| other.balancer.clone()),
            member: self.member.clone().or_else(|| other.member.clone()),
        };
        let is_new = sum != *self;
        *self = sum;
        is_new
    }
}

/// Warns of everything in `map` that has no effect, given the workers in `list`.
pub(super) fn check(map: &PropertyMap, defined: &DefinedNames, list: &[Item], report: &mut Report) {
    let roles = roles(map, list);
    if map.of_worker(BStr::new(""), Property::List).is_some() {
        check_unused(map, defined, &roles, report);
    }
    for (key, entry) in map.iter() {
        match split_key(key) {
            None => check_variable(map, defined, key, entry, report),
            Some((worker, name)) if key == entry.written => {
                if let Some(property) = Property::by_name(name) {
                    check_scope(&roles, worker, property, entry, report);
                }
            }
            Some(_) => {}
        }
    }
}

fn members_of(map: &PropertyMap, lb: &BStr) -> Vec<Item> {
    Section::new(map, lb, &mut Report::default()).items(Property::BalanceWorkers)
}

fn roles(map: &PropertyMap, list: &[Item]) -> BTreeMap<BString, Role> {
    let mut roles: BTreeMap<BString, Role> = BTreeMap::new();
    for Item { text: name, .. } in list {
        let role = roles.entry(name.clone()).or_default();
        match WorkerType::of(map, name.as_bstr()) {
            WorkerType::Ajp13 => role.scopes |= Scopes::AJP13,
            WorkerType::Status => role.scopes |= Scopes::STATUS,
            WorkerType::Lb => {
                let members = members_of(map, name.as_bstr());
                role.scopes |= Scopes::LB;
                role.member = members.first().map(|member| member.text.clone());
                for member in members {
                    let role = roles.entry(member.text).or_default();
                    role.scopes |= Scopes::MEMBER;
                    role.balancer.get_or_insert_with(|| name.clone());
                }
            }
        }
    }
    hand_to_templates(map, &mut roles);
    roles
}

/// A template is used for whatever the workers that refer to it are used for.
fn hand_to_templates(map: &PropertyMap, roles: &mut BTreeMap<BString, Role>) {
    for (worker, role) in roles.clone() {
        let mut template = map.template_of(worker.as_bstr());
        // Every step teaches a template something new, so that loops end, too.
        while let Some(name) = template {
            template = map.template_of(name.as_bstr());
            if !roles.entry(name).or_default().add(&role) {
                break;
            }
        }
    }
}

/// Warns once of each worker that is not used, and not mentioned by one that is not used either.
fn check_unused(
    map: &PropertyMap,
    defined: &DefinedNames,
    roles: &BTreeMap<BString, Role>,
    report: &mut Report,
) {
    let unused = defined.iter().filter(|name| !roles.contains_key(*name));
    let mut mentioned: HashSet<BString> = HashSet::new();
    for name in unused {
        mentioned.extend(map.template_of(name));
        if WorkerType::of(map, name) == WorkerType::Lb {
            mentioned.extend(members_of(map, name).into_iter().map(|member| member.text));
        }
    }
    let mut told = HashSet::new();
    for (key, entry) in map.iter() {
        let Some((name, _)) = split_key(key) else { continue };
        if name.is_empty() || roles.contains_key(name) || mentioned.contains(name) || !told.insert(name) {
            continue;
        }
        let used = roles.keys().filter_map(|name| name.to_str().ok());
        let guess = did_you_mean(&name.to_str_lossy(), used);
        let text = format!(
            "{key}: worker {name} is neither in worker.list nor a member nor referred to, so nothing uses it{guess}"
        );
        report.warn(entry.first_origin(), text);
    }
}

fn check_scope(
    roles: &BTreeMap<BString, Role>,
    worker: &BStr,
    property: Property,
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
    let is_harmless = spec.scopes == Scopes::MEMBER && says_default(property, entry);
    if spec.standing == Standing::Obsolete || spec.scopes.intersects(role.scopes) || is_harmless {
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

/// Sample files give every worker `lbfactor=1`: nothing is lost where that has no effect.
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

/// Warns of a variable that nothing uses and that looks like a property: `wokrer.a.host`, `Worker.list`, `a.host`.
fn check_variable(map: &PropertyMap, defined: &DefinedNames, key: &BStr, entry: &Entry, report: &mut Report) {
    if entry.origin().is_none() || map.is_used_in_macro(key) {
        return;
    }
    if let Some(meant) = meant_key(defined, key) {
        let text = format!("{key} is a variable that nothing uses, and no property, did you mean {meant}?");
        report.warn(entry.origin(), text);
    }
}

/// The property that was probably meant by a variable.
fn meant_key(defined: &DefinedNames, key: &BStr) -> Option<String> {
    let (first, rest) = key.split_once_str(".")?;
    if first.eq_ignore_ascii_case(b"worker") {
        return Some(format!("worker.{}", rest.as_bstr()));
    }
    let (middle, last) = rest.rsplit_once_str(".").unwrap_or((b"", rest));
    let name = nearest(&last.to_str_lossy(), TABLE.iter().map(|spec| spec.name))?;
    let (first, middle) = (first.as_bstr(), middle.to_str_lossy());
    if middle.is_empty() && defined.contains(first) {
        return Some(format!("worker.{first}.{name}"));
    }
    nearest(&first.to_str_lossy(), ["worker"])?;
    let is_global = Property::by_name(name.into()).is_some_and(|p| p.spec().scopes == Scopes::GLOBAL);
    Some(match (middle.as_ref(), defined.nearest(first)) {
        ("", _) if is_global => format!("worker.{name}"),
        ("", Some(worker)) => format!("worker.{worker}.{name}"),
        ("", None) => format!("worker.<name>.{name}"),
        (worker, _) => format!("worker.{worker}.{name}"),
    })
}
