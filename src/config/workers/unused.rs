//! Workers that nothing uses, where that was hardly meant: misspelt, or a fragment.
//!
//! A whole worker that is not used is somebody's business: a reserve, or a sample; but not one that is numbered as the
//! members of a balancer are.

use std::collections::{BTreeSet, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::build::WorkerType;
use super::map::PropertyMap;
use super::misplaced::{members_of, Roles};
use super::names::{split_key, DefinedNames};
use super::table::{Property, OLD_TYPES};
use crate::config::diagnostic::{nearest, Report};

/// Warns once of each worker that is not used, and not mentioned by one that is not used either.
pub(super) fn check(
    map: &PropertyMap,
    defined: &DefinedNames,
    roles: &Roles,
    templates: &BTreeSet<BString>,
    report: &mut Report,
) {
    let unused: BTreeSet<&BStr> = defined.iter().filter(|name| !roles.contains_key(*name)).collect();
    let lbs = unused.iter().filter(|name| WorkerType::of(map, name) == WorkerType::Lb);
    let mentioned: HashSet<BString> =
        lbs.flat_map(|lb| members_of(map, lb)).map(|member| member.text).collect();
    let is_template = |name: &BStr| templates.contains([b"worker.", name.as_bytes()].concat().as_bstr());
    let written = written(map);
    let mut told = HashSet::new();
    for (key, entry) in map.iter() {
        let Some((name, _)) = split_key(key).filter(|(name, _)| unused.contains(name)) else { continue };
        if mentioned.contains(name) || is_template(name) || !told.insert(name) {
            continue;
        }
        let guess = match (meant(&written, roles, name), balancer_of_siblings(map, roles, name)) {
            (Some(guess), _) => format!(", did you mean {guess}?"),
            (None, _) if is_fragment(map, name) => String::new(),
            (None, Some(balancer)) => format!("; is it missing in worker.{balancer}.balance_workers?"),
            (None, None) => continue,
        };
        let text = format!(
            "{}: worker {name} is neither in worker.list nor a member nor referred to, so nothing uses it{guess}",
            entry.written
        );
        report.warn(entry.first_origin(), text);
    }
}

/// Properties of each worker with their values.
type Written<'m> = HashMap<&'m BStr, Vec<(&'m BStr, &'m BString)>>;

fn written(map: &PropertyMap) -> Written<'_> {
    let mut written = Written::new();
    for (key, entry) in map.iter() {
        if let Some((worker, property)) = split_key(key) {
            written.entry(worker).or_default().push((property, &entry.text));
        }
    }
    written
}

/// Tells whether a worker would be no use even if something used it.
fn is_fragment(map: &PropertyMap, name: &BStr) -> bool {
    let has = |property| map.of_worker(name, property).is_some();
    let kind = map.of_worker(name, Property::Type).map(|entry| entry.text.to_str_lossy());
    if kind.is_some_and(|kind| OLD_TYPES.contains(&kind.as_ref())) {
        return false;
    }
    match WorkerType::of(map, name) {
        WorkerType::Ajp13 => !has(Property::Host) && !has(Property::Port) && !has(Property::Reference),
        WorkerType::Lb => members_of(map, name).is_empty(),
        WorkerType::Status => false,
    }
}

/// The used worker whose name was probably meant: one that the properties of `name` would complete.
fn meant<'r>(written: &Written<'_>, roles: &'r Roles, name: &BStr) -> Option<&'r str> {
    let word = name.to_str_lossy();
    let used = roles.keys().filter(|used| !is_numbered_alike(used, name));
    let near = used.filter_map(|used| nearest(&word, [used.to_str().ok()?]));
    let is_fit = |used: &&str| used.eq_ignore_ascii_case(&word) || completes(written, name, BStr::new(used));
    nearest(&word, near.filter(is_fit))
}

/// The balancer of workers that are called like `name` but for a number: who adds a Tomcat may forget to list it.
fn balancer_of_siblings<'r>(map: &PropertyMap, roles: &'r Roles, name: &BStr) -> Option<&'r BStr> {
    let is_numbered = name.iter().any(u8::is_ascii_digit) && WorkerType::of(map, name) == WorkerType::Ajp13;
    let alike = roles.iter().filter(|(used, _)| is_numbered && is_numbered_alike(used, name));
    alike.into_iter().find_map(|(_, role)| role.balancer())
}

/// Tells whether two names differ in nothing but their digits, which is hardly a slip.
fn is_numbered_alike(one: &[u8], other: &[u8]) -> bool {
    let is_letter = |octet: &&u8| !octet.is_ascii_digit();
    one.iter().filter(is_letter).eq(other.iter().filter(is_letter))
}

/// Tells whether no property of `name` clashes with one of `used`.
fn completes(written: &Written<'_>, name: &BStr, used: &BStr) -> bool {
    let of = |worker| written.get(worker).into_iter().flatten();
    of(name).all(|(property, text)| of(used).all(|(other, set)| property != other || text == set))
}
