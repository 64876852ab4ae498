//! Variables that nothing uses and that look like properties: `wokrer.a.host`, `Worker.list`, `a.host`.

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use super::map::{Entry, PropertyMap};
use super::names::{meant_property, split_prefix, DefinedNames};
use super::spec::{Duplicate, Scopes};
use super::table::{duplicate_rule, Property, TABLE};
use crate::config::diagnostic::{nearest, Report};

/// Warns of a variable that was probably meant as a property, or that is misspelt in a template.
pub(super) fn check(
    map: &PropertyMap,
    defined: &DefinedNames,
    templates: &BTreeSet<BString>,
    (key, entry): (&BStr, &Entry),
    report: &mut Report,
) {
    if entry.origin().is_none() || map.is_used_in_macro(key) {
        return;
    }
    if let Some((_, name)) = split_prefix(key).filter(|(prefix, _)| templates.contains(*prefix)) {
        if Property::by_name(name).is_none() {
            report.warn(entry.origin(), unknown_in_template(key, name));
        }
    } else if let Some(meant) = meant_key(defined, key) {
        report.warn(entry.origin(), unused(map, key, &meant));
    }
}

/// Tells whether a variable was meant as `worker.list`.
pub(super) fn are_meant_as_list(map: &PropertyMap, defined: &DefinedNames) -> bool {
    let variables =
        map.iter().filter(|(key, entry)| !key.starts_with(b"worker.") && entry.origin().is_some());
    variables.into_iter().any(|(key, _)| meant_key(defined, key).as_deref() == Some("worker.list"))
}

fn unknown_in_template(key: &BStr, name: &BStr) -> String {
    let guess = meant_property(&name.to_str_lossy());
    let guess = guess.map(|property| format!(", did you mean {}?", property.name())).unwrap_or_default();
    format!("{key}: unknown property {name}{guess}")
}

/// Suggests the property that was meant, unless that is set already and does not take two values.
fn unused(map: &PropertyMap, key: &BStr, meant: &str) -> String {
    let set = map.get(meant.as_bytes()).filter(|_| duplicate_rule(meant.into()) != Duplicate::Comma);
    match set.and_then(Entry::origin) {
        Some(place) => {
            format!("{key} is a variable that nothing uses; the property {meant} is set in {place}")
        }
        None => format!("{key} is a variable that nothing uses, and no property, did you mean {meant}?"),
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
