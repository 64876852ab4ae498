//! From properties to the workers of `worker.list`.
//!
//! What makes the original refuse to start is an error here, too, and leaves the worker out. Rules:
//! "workers.properties, Startup outcomes".

use std::collections::HashSet;

use bstr::{BStr, ByteSlice};

use super::ajp13::ajp13;
use super::lb::lb;
use super::map::{shown, PropertyMap};
use super::misplaced;
use super::names::{DefinedNames, MAX_NAME};
use super::section::{one_of, Item, Section};
use super::status::status;
use super::table::{Property, TYPES};
use crate::config::diagnostic::{did_you_mean, nearest, Origin, Report};
use crate::config::settings::{WorkerKind, WorkerSettings, WorkersSettings};

/// What `type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkerType {
    Ajp13,
    Lb,
    Status,
}

impl WorkerType {
    /// The type of `worker`; a misspelt one counts as what was probably meant.
    pub fn of(map: &PropertyMap, worker: &BStr) -> Self {
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
}

/// Builds the typed settings of all workers for child processes of `mpm_threads` threads.
///
/// Complaints go into `report`; with an error among them the settings are incomplete and the server must not
/// start.
pub fn settings(map: &PropertyMap, mpm_threads: usize, report: &mut Report) -> WorkersSettings {
    let mut found = Report::default();
    let defined = DefinedNames::of(map);
    let mut builder = Builder { map, defined: &defined, threads: mpm_threads, report: &mut found };
    let list = builder.list();
    let workers = list.iter().filter_map(|item| builder.worker(item)).collect();
    let maintain = Section::new(map, BStr::new(""), builder.report).limit(Property::Maintain);
    misplaced::check(map, &defined, &list, &mut found);
    found.drop_repeated();
    report.append(found);
    WorkersSettings { workers, maintain }
}

impl<'a> Builder<'a> {
    /// Reads the properties of `worker`.
    pub fn section<'b>(&'b mut self, worker: &'b BStr) -> Section<'b> {
        Section::new(self.map, worker, self.report)
    }

    /// Refuses names that do not fit the shared records.
    pub fn accepts_name(&mut self, item: &Item) -> bool {
        let length = item.text.len();
        if length > MAX_NAME {
            let name = shown(item.text.as_bstr());
            let text = format!("worker name {name} has {length} octets, expected at most {MAX_NAME}");
            self.report.error(item.origin.as_ref(), text);
        }
        length <= MAX_NAME
    }

    /// Warns of a name in `list` that nothing defines.
    pub fn expect_defined(&mut self, item: &Item, list: &str) {
        if item.origin.is_some() && !self.defined.contains(&item.text) {
            let name = item.text.as_bstr();
            let guess = self.defined.did_you_mean(name);
            let text = format!(
                "{list}: worker {name} has no property and becomes an ajp13 worker at localhost:8009{guess}"
            );
            self.report.warn(item.origin.as_ref(), text);
        }
    }

    /// Refuses a `type` that is none.
    pub fn check_type(&mut self, worker: &BStr) {
        let Some(entry) = self.map.of_worker(worker, Property::Type) else { return };
        let written = entry.text.to_str_lossy();
        if TYPES.contains(&written.as_ref()) {
            return;
        }
        let complaint = match written.as_ref() {
            "ajp12" | "ajp14" => "this type is not supported, use ajp13".to_owned(),
            other => {
                let guess = did_you_mean(other, TYPES.iter().copied());
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
            None if self.map.was_read() => {
                self.report.warn(None, "worker.list is not set: the only worker is ajp13 at localhost:8009");
            }
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

    fn worker(&mut self, item: &Item) -> Option<WorkerSettings> {
        if !self.accepts_name(item) {
            return None;
        }
        let name = item.text.as_bstr();
        self.expect_defined(item, "worker.list");
        self.check_type(name);
        let threads = self.threads;
        let kind = match WorkerType::of(self.map, name) {
            WorkerType::Ajp13 => WorkerKind::Ajp13(ajp13(&mut self.section(name), name, threads)),
            WorkerType::Lb => WorkerKind::Lb(lb(self, name, item.origin.as_ref())?),
            WorkerType::Status => WorkerKind::Status(status(&mut self.section(name), name)),
        };
        Some(WorkerSettings { name: name.to_str_lossy().into_owned(), kind, mounts: self.mounts(name) })
    }

    fn mounts(&mut self, worker: &BStr) -> Vec<(String, Option<Origin>)> {
        let items = self.section(worker).items(Property::Mount);
        let mut mounts = Vec::with_capacity(items.len());
        for Item { text, origin } in items {
            let pattern = text.trim_start_with(|prefix| matches!(prefix, '-' | '!'));
            if matches!(pattern.first(), Some(b'/' | b'*' | b'?')) {
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
