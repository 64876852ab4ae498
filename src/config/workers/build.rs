//! From properties to the workers of `worker.list`.
//!
//! What makes the original refuse to start is an error here, too, and leaves the worker out. Rules:
//! "workers-properties, section 5".

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::ajp13::ajp13;
use super::lb::lb;
use super::map::{shown, PropertyMap};
use super::misplaced;
use super::names::{DefinedNames, MAX_NAME};
use super::section::{one_of, Item, Section};
use super::status::status;
use super::table::{Property, OLD_TYPES, TYPES};
use super::variables;
use crate::config::diagnostic::{did_you_mean, extends, nearest, Origin, Report};
use crate::config::settings::{Ajp13Settings, WorkerKind, WorkerSettings, WorkersSettings};
use crate::text::{begins_as_path_or_wildcard, split_prefixes};

/// What `type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkerType {
    Ajp13,
    Lb,
    Status,
}

impl WorkerType {
    /// The type of `worker`; a misspelt one counts as what was probably meant.
    pub(super) fn of(map: &PropertyMap, worker: &BStr) -> Self {
        let Some(entry) = map.of_worker(worker, Property::Type) else { return Self::Ajp13 };
        match nearest(&entry.text.to_str_lossy(), TYPES.iter().copied()) {
            Some("lb") => Self::Lb,
            Some("status") => Self::Status,
            _ => Self::Ajp13,
        }
    }
}

/// What all builders need.
pub(super) struct Builder<'a> {
    pub map: &'a PropertyMap,
    pub defined: &'a DefinedNames,
    pub threads: usize,
    pub report: &'a mut Report,
    meant: Meant,
}

/// Names in lists that nothing defines, and the defined name that was probably meant by each.
pub(super) type Meant = BTreeMap<BString, BString>;

/// The names in one list.
pub(super) type Names<'i> = HashSet<&'i BStr>;

/// Collects the names of a list.
pub(super) fn names_in(items: &[Item]) -> Names<'_> {
    items.iter().map(|item| item.text.as_bstr()).collect()
}

/// Builds the typed settings of all workers for child processes of `mpm_threads` threads.
///
/// Complaints go into `report`; with an error among them the settings are incomplete and the server must not
/// start.
pub fn settings(
    map: &PropertyMap,
    mpm_threads: usize,
    report: &mut Report,
) -> (WorkersSettings, DefinedNames) {
    let mut found = Report::default();
    let mut defined = DefinedNames::of(map);
    let mut builder =
        Builder { map, defined: &defined, threads: mpm_threads, report: &mut found, meant: Meant::new() };
    let list = builder.list();
    let names = names_in(&list);
    let workers = list.iter().filter_map(|item| builder.worker(item, &names)).collect();
    let maintain = Section::new(map, BStr::new(""), builder.report).limit(Property::Maintain);
    let meant = builder.meant;
    misplaced::check(map, &defined, &list, &meant, &mut found);
    found.drop_repeated();
    report.append(found);
    let listed = listed(map, &defined, &list, &meant);
    defined.list(listed);
    (WorkersSettings { workers, maintain }, defined)
}

/// The names that `worker.list` holds or was meant to hold: all, where it is missing or its value was doubted.
fn listed(map: &PropertyMap, defined: &DefinedNames, list: &[Item], meant: &Meant) -> Vec<BString> {
    let is_missing = map.of_worker(BStr::new(""), Property::List).is_none() && map.file().is_some();
    if is_missing || list.iter().filter_map(|item| item.origin.as_ref()).any(|origin| map.is_doubted(origin))
    {
        return defined.iter().map(BStr::to_owned).collect();
    }
    list.iter().flat_map(|item| [Some(&item.text), meant.get(&item.text)]).flatten().cloned().collect()
}

impl<'a> Builder<'a> {
    /// Reads the properties of `worker`.
    pub(super) fn section<'b>(&'b mut self, worker: &'b BStr) -> Section<'b> {
        Section::new(self.map, worker, self.report)
    }

    /// Refuses names that are too long.
    pub(super) fn accepts_name(&mut self, item: &Item) -> bool {
        let length = item.text.len();
        if length > MAX_NAME {
            let name = shown(item.text.as_bstr());
            let text = format!("worker name {name} has {length} octets, expected at most {MAX_NAME}");
            self.report.error(item.origin.as_ref(), text);
        }
        length <= MAX_NAME
    }

    /// Warns of a name in `list`, of which `others` are all, that nothing defines. Suggests what is `acceptable`.
    pub(super) fn expect_defined(
        &mut self,
        item: &Item,
        list: &str,
        others: &Names<'_>,
        acceptable: impl Fn(&BStr) -> bool,
    ) {
        if item.origin.is_none() || self.defined.contains(&item.text) {
            return;
        }
        let name = item.text.as_bstr();
        let is_new = |known: &BStr| !others.contains(known) && acceptable(known);
        let guess = self.defined.nearest_of(name, is_new);
        let advice = guess.map(|guess| format!(", did you mean {guess}?")).unwrap_or_default();
        self.meant.extend(guess.map(|guess| (item.text.clone(), guess.into())));
        let text = format!(
            "{list}: worker {name} has no property and becomes an ajp13 worker at localhost:8009{advice}"
        );
        self.report.warn(item.origin.as_ref(), text);
    }

    /// Refuses a `type` that is none.
    pub(super) fn check_type(&mut self, worker: &BStr) {
        let Some(entry) = self.map.of_worker(worker, Property::Type) else { return };
        let written = entry.text.to_str_lossy();
        if TYPES.contains(&written.as_ref()) {
            return;
        }
        let complaint = match written.as_ref() {
            old if OLD_TYPES.contains(&old) => "this type is not supported, use ajp13".to_owned(),
            other => {
                let guess = match extends(other, TYPES) {
                    Some(longer) => format!(", did you mean {longer}?"),
                    None => did_you_mean(other, TYPES.iter().copied()),
                };
                format!("unknown worker type, expected {}{guess}", one_of(TYPES))
            }
        };
        self.section(worker).refuse(Property::Type, complaint);
    }

    fn list(&mut self) -> Vec<Item> {
        let section = self.section(BStr::new(""));
        let origin = section.entry(Property::List).map(|entry| entry.origin().cloned());
        let items = section.items(Property::List);
        match origin {
            None => self.complain_about_missing_list(),
            Some(origin) if items.is_empty() => {
                self.report.error(origin.as_ref(), "worker.list names no worker");
            }
            _ => {}
        }
        let mut seen = HashSet::new();
        let (first, again): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| seen.insert(item.text.clone()));
        for item in again {
            let text = format!("worker.list: worker {} is listed twice", item.text);
            self.report.warn(item.origin.as_ref(), text);
        }
        first
    }

    fn complain_about_missing_list(&mut self) {
        let (place, what) = match self.map.empty_line(BStr::new(""), Property::List) {
            Some(line) => (Some(line), "empty"),
            None => (self.map.file(), "not set"),
        };
        if place.is_some() && !variables::are_meant_as_list(self.map, self.defined) {
            let text = format!("worker.list is {what}: the only worker is ajp13 at localhost:8009");
            self.report.warn(place, text);
        }
    }

    fn worker(&mut self, item: &Item, list: &Names<'_>) -> Option<WorkerSettings> {
        if !self.accepts_name(item) {
            return None;
        }
        let name = item.text.as_bstr();
        self.expect_defined(item, "worker.list", list, |_| true);
        self.check_type(name);
        let threads = self.threads;
        let kind = match WorkerType::of(self.map, name) {
            WorkerType::Ajp13 => WorkerKind::Ajp13(self.lone_ajp13(name, threads)),
            WorkerType::Lb => WorkerKind::Lb(lb(self, name, item.origin.as_ref())?),
            WorkerType::Status => WorkerKind::Status(status(&mut self.section(name), name)),
        };
        Some(WorkerSettings { name: name.to_str_lossy().into_owned(), kind, mounts: self.mounts(name) })
    }

    fn lone_ajp13(&mut self, name: &BStr, threads: usize) -> Ajp13Settings {
        let mut section = self.section(name);
        let settings = ajp13(&mut section, name, threads);
        if settings.port == 0 {
            section.warn(Property::Port, "port 0 stands for no Tomcat: every request gets 503");
        }
        settings
    }

    fn mounts(&mut self, worker: &BStr) -> Vec<(String, Option<Origin>)> {
        let items = self.section(worker).items(Property::Mount);
        let mut mounts = Vec::with_capacity(items.len());
        for Item { text, origin } in items {
            let (_, pattern) = split_prefixes(&text);
            if begins_as_path_or_wildcard(pattern) {
                mounts.push((text.to_str_lossy().into_owned(), origin));
            } else {
                let pattern = shown(text.as_bstr());
                let complaint = "a URI pattern begins with /, * or ?, after - or ! if it has one";
                self.report.error(origin.as_ref(), format!("worker.{worker}.mount={pattern}: {complaint}"));
            }
        }
        mounts
    }
}
