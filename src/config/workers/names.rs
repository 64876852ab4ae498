//! Names in keys: how a key falls into worker and property, which names exist, and what to say about wrong ones.
//!
//! Rules: "workers.properties, Keys" and "Worker names".

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use super::map::PropertyMap;
use super::spec::Standing;
use super::table::{Property, TABLE};
use crate::config::diagnostic::{did_you_mean, nearest};
use crate::config::properties::{self, Line};
use crate::config::settings::WorkersSettings;

/// Longest name in octets that fits the shared records.
pub const MAX_NAME: usize = 63;

/// Splits `worker.<name>.<property>`; the name is empty in `worker.<property>` and may hold dots itself.
///
/// `None` is a user variable.
pub(super) fn split_key(key: &BStr) -> Option<(&BStr, &BStr)> {
    let rest = key.strip_prefix(b"worker.")?;
    let (name, property) = rest.rsplit_once_str(".").unwrap_or((b"", rest));
    Some((name.as_bstr(), property.as_bstr()))
}

/// Rejects keys of workers that end in no known property.
pub(super) fn validate_key(key: &BStr) -> Result<(), String> {
    let Some((_, property)) = split_key(key) else { return Ok(()) };
    if Property::by_name(property).is_some() {
        return Ok(());
    }
    let known = TABLE.iter().filter(|spec| spec.standing != Standing::Obsolete).map(|spec| spec.name);
    let guess = did_you_mean(&property.to_str_lossy(), known);
    Err(format!("{key}: unknown property {property}{guess}"))
}

/// Tells whether `key` is that of a worker property that exists.
pub fn is_property_key(key: &[u8]) -> bool {
    split_key(key.as_bstr()).is_some_and(|(_, property)| Property::by_name(property).is_some())
}

/// Checks what one JkWorkerProperty says, while httpd reads the directive.
///
/// # Errors
/// Names the unknown property and the nearest known one.
pub fn check_worker_property(text: &[u8]) -> Result<(), String> {
    match properties::parse_pair(properties::before_nul(text)) {
        Line::Pair { key, .. } => validate_key(key),
        Line::Blank | Line::Ignored(_) => Ok(()),
    }
}

/// Names of all workers that have at least one property, used or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinedNames(BTreeSet<BString>);

impl DefinedNames {
    /// Collects the names of `map`.
    pub fn of(map: &PropertyMap) -> Self {
        let names = map.iter().filter_map(|(key, _)| split_key(key)).map(|(name, _)| name);
        Self(names.filter(|name| !name.is_empty()).map(BStr::to_owned).collect())
    }

    /// Tells whether `name` has a property.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.0.contains(name.as_bstr())
    }

    /// The names, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &BStr> {
        self.0.iter().map(|name| name.as_bstr())
    }

    /// The defined name that is most like `name`, which is not defined itself.
    pub(super) fn nearest(&self, name: &BStr) -> Option<&str> {
        nearest(&name.to_str_lossy(), self.iter().filter_map(|known| known.to_str().ok()))
    }

    /// Words the suggestion of that name.
    pub(super) fn did_you_mean(&self, name: &BStr) -> String {
        self.nearest(name).map(|found| format!(", did you mean {found}?")).unwrap_or_default()
    }
}

/// Says what is wrong with mounting `worker`, if anything: requests for the mount would get status 500.
pub fn check_mounted_worker(
    settings: &WorkersSettings,
    defined: &DefinedNames,
    worker: &str,
) -> Option<String> {
    if settings.find(worker).is_some() {
        return None;
    }
    if defined.contains(worker.as_bytes()) || settings.is_member(worker) {
        return Some(format!(
            "worker {worker} is not in worker.list; requests for this mount get 500; add it to worker.list"
        ));
    }
    let listed = settings.workers.iter().map(|worker| worker.name.as_str());
    let known = defined.iter().filter_map(|name| name.to_str().ok());
    let guess = did_you_mean(worker, listed.chain(known));
    Some(format!("worker {worker} is not defined; requests for this mount get 500{guess}"))
}
