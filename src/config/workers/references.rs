//! `reference`: a worker takes the properties of another that it lacks.
//!
//! Rules: "workers.properties, References". Only properties of exactly that worker are taken; the original also
//! copies those of workers whose name continues the prefix after a dot.

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::map::{shown, Entry, PropertyMap};
use super::names::{split_key, DefinedNames};
use super::table::Property;
use crate::config::diagnostic::Report;

/// Most references that are followed from one worker.
pub const MAX_DEPTH: usize = 20;

/// Properties of each worker, by the worker's name, as written.
type Written = HashMap<BString, Vec<(BString, Entry)>>;

/// A chain of references that can't be followed to its end.
enum Endless {
    /// It comes back to where it began, by these workers.
    Loop(Vec<BString>),
    /// It runs into a loop of other workers.
    LoopElsewhere,
    /// It is longer than [`MAX_DEPTH`].
    TooLong,
}

impl PropertyMap {
    /// Gives every worker with a `reference` what it lacks. Values already set win; lists are not merged.
    ///
    /// A reference to nothing, a loop and a chain of more than [`MAX_DEPTH`] are errors.
    pub fn resolve_references(&mut self, report: &mut Report) {
        let written = self.written_properties();
        let mut too_long = false;
        for worker in self.workers_with_reference() {
            let origin =
                self.of_worker(worker.as_bstr(), Property::Reference).and_then(Entry::origin).cloned();
            match self.follow(worker.as_bstr()) {
                Ok(chain) => {
                    if chain.first().is_none_or(|template| !written.contains_key(template)) {
                        report.error(origin.as_ref(), self.found_nothing(worker.as_bstr()));
                    }
                    chain.iter().for_each(|template| self.inherit(&worker, template, &written));
                }
                Err(Endless::Loop(chain)) if chain.iter().all(|name| worker <= *name) => {
                    report.error(origin.as_ref(), describe_loop(&worker, &chain));
                }
                Err(Endless::TooLong) if !too_long => {
                    too_long = true;
                    let text =
                        format!("worker.{worker}.reference: more than {MAX_DEPTH} references in a row");
                    report.error(origin.as_ref(), text);
                }
                Err(_) => {}
            }
        }
    }

    /// The worker that `worker` refers to; none if the value does not name one.
    pub(super) fn template_of(&self, worker: &BStr) -> Option<BString> {
        let reference = self.of_worker(worker, Property::Reference)?;
        reference.text.strip_prefix(b"worker.").filter(|name| !name.is_empty()).map(BString::from)
    }

    fn workers_with_reference(&self) -> Vec<BString> {
        self.iter()
            .filter_map(|(key, _)| split_key(key))
            .filter(|(worker, name)| !worker.is_empty() && *name == Property::Reference.name())
            .map(|(worker, _)| worker.to_owned())
            .collect()
    }

    fn written_properties(&self) -> Written {
        let mut written = Written::new();
        for (key, entry) in self.iter() {
            if let Some((worker, name)) = split_key(key) {
                written.entry(worker.to_owned()).or_default().push((name.to_owned(), entry.clone()));
            }
        }
        written
    }

    fn follow(&self, start: &BStr) -> Result<Vec<BString>, Endless> {
        let mut chain: Vec<BString> = Vec::new();
        let mut next = self.template_of(start);
        while let Some(template) = next {
            if template == start {
                return Err(Endless::Loop(chain));
            }
            if chain.contains(&template) {
                return Err(Endless::LoopElsewhere);
            }
            if chain.len() == MAX_DEPTH {
                return Err(Endless::TooLong);
            }
            next = self.template_of(template.as_bstr());
            chain.push(template);
        }
        Ok(chain)
    }

    fn inherit(&mut self, worker: &BString, template: &BString, written: &Written) {
        for (name, entry) in written.get(template).into_iter().flatten() {
            let key: BString = [b"worker.", worker.as_slice(), b".", name].concat().into();
            if self.get(&key).is_none() {
                self.insert(key, entry.clone());
            }
        }
    }

    fn found_nothing(&self, worker: &BStr) -> String {
        let value =
            self.of_worker(worker, Property::Reference).map(|entry| entry.text.clone()).unwrap_or_default();
        let shown = shown(value.as_bstr());
        match self.template_of(worker) {
            Some(template) => {
                let defined = DefinedNames::of(self);
                let guess = defined.nearest(template.as_bstr());
                let guess = guess.map(|name| format!(", did you mean worker.{name}?")).unwrap_or_default();
                format!("worker.{worker}.reference={shown}: no property begins with {shown}.{guess}")
            }
            None => format!(
                "worker.{worker}.reference={shown}: expected worker.<name>, did you mean worker.{shown}?"
            ),
        }
    }
}

fn describe_loop(worker: &BString, chain: &[BString]) -> String {
    let names: Vec<_> = chain.iter().map(|name| format!("worker.{name} -> ")).collect();
    let first = chain.first().unwrap_or(worker);
    format!(
        "worker.{worker}.reference=worker.{first}: references form a loop: worker.{worker} -> {}worker.{worker}",
        names.concat()
    )
}
