//! `reference`: a worker takes the properties that it lacks from a template.
//!
//! A template is any prefix with properties: another worker (`worker.t`) or a name of its own (`t`), which may
//! refer to the next. Rules: "workers-properties, section 2.3". Only properties directly behind the prefix are
//! taken; the original also copies what stands deeper, which no worker can use.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};

use super::map::{shown, Entry, PropertyMap};
use super::names::{split_key, split_prefix};
use super::table::Property;
use crate::config::diagnostic::{nearest, Report};

/// Most references that are followed from one worker.
pub const MAX_DEPTH: usize = 20;

/// Properties of each prefix, as written.
type Written = BTreeMap<BString, Vec<(BString, Entry)>>;

/// A chain of references that can't be followed to its end.
enum Endless {
    /// It comes back to where it began, by these templates.
    Loop(Vec<BString>),
    /// It runs into a loop of other templates.
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
        for prefix in self.workers_with_reference() {
            let origin = self.get(&reference_key(prefix.as_bstr())).and_then(Entry::origin).cloned();
            match self.follow(prefix.as_bstr()) {
                Ok(chain) => {
                    if !chain.first().is_some_and(|template| self.has_properties(template, &written)) {
                        report.error(origin.as_ref(), self.found_nothing(prefix.as_bstr(), &written));
                    }
                    chain.iter().for_each(|template| self.inherit(&prefix, template, &written));
                }
                Err(Endless::Loop(chain)) if chain.iter().all(|name| prefix <= *name) => {
                    report.error(origin.as_ref(), describe_loop(&prefix, &chain));
                }
                Err(Endless::TooLong) if !too_long => {
                    too_long = true;
                    let text = format!("{prefix}.reference: more than {MAX_DEPTH} references in a row");
                    report.error(origin.as_ref(), text);
                }
                Err(_) => {}
            }
        }
    }

    /// The prefix that `prefix` refers to.
    pub(super) fn template_of(&self, prefix: &BStr) -> Option<BString> {
        self.get(&reference_key(prefix)).map(|reference| reference.text.clone())
    }

    /// All prefixes that serve as templates, those that were probably meant by a misspelt reference included.
    pub(super) fn templates(&self) -> BTreeSet<BString> {
        let written = self.written_properties();
        let mut found = BTreeSet::new();
        for prefix in self.workers_with_reference() {
            found.extend(self.meant_template(prefix.as_bstr(), &written).cloned());
            let mut next = self.template_of(prefix.as_bstr());
            while let Some(template) = next.filter(|template| found.insert(template.clone())) {
                next = self.template_of(template.as_bstr());
            }
        }
        found
    }

    /// Prefixes of all workers, used or not, that refer to a template.
    fn workers_with_reference(&self) -> Vec<BString> {
        self.iter()
            .filter(|(key, _)| split_key(key).is_some_and(|(worker, _)| !worker.is_empty()))
            .filter_map(|(key, _)| split_prefix(key))
            .filter(|(_, name)| *name == Property::Reference.name())
            .map(|(prefix, _)| prefix.to_owned())
            .collect()
    }

    fn written_properties(&self) -> Written {
        let mut written = Written::new();
        for (key, entry) in self.iter() {
            if let Some((prefix, name)) = split_prefix(key) {
                written.entry(prefix.to_owned()).or_default().push((name.to_owned(), entry.clone()));
            }
        }
        written
    }

    /// Tells whether anything begins with `prefix` and a dot.
    fn has_properties(&self, prefix: &BString, written: &Written) -> bool {
        let is_below =
            |key: &BStr| key.strip_prefix(prefix.as_slice()).is_some_and(|rest| rest.starts_with(b"."));
        written.contains_key(prefix) || self.iter().any(|(key, _)| is_below(key))
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

    fn inherit(&mut self, prefix: &BString, template: &BString, written: &Written) {
        for (name, entry) in written.get(template).into_iter().flatten() {
            let key: BString = [prefix.as_slice(), b".", name].concat().into();
            if self.get(&key).is_none() {
                self.insert(key, entry.clone());
            }
        }
    }

    fn found_nothing(&self, prefix: &BStr, written: &Written) -> String {
        let value = self.template_of(prefix).unwrap_or_default();
        let guess = self.meant_template(prefix, written);
        let guess = guess.map(|name| format!(", did you mean {name}?")).unwrap_or_default();
        let shown = shown(value.as_bstr());
        format!("{prefix}.reference={shown}: no property begins with {shown}.{guess}")
    }

    /// The prefix that was probably meant by the reference of `prefix`, if that leads to nothing.
    fn meant_template<'w>(&self, prefix: &BStr, written: &'w Written) -> Option<&'w BString> {
        let value = self.template_of(prefix).filter(|value| !self.has_properties(value, written))?;
        let as_worker: BString = [b"worker.", value.as_slice()].concat().into();
        if let Some((found, _)) = written.get_key_value(&as_worker).filter(|(found, _)| **found != prefix) {
            return Some(found);
        }
        let known = written.keys().filter(|known| **known != prefix && **known != "worker");
        let known = known.filter(|known| self.template_of(known.as_bstr()).is_none_or(|next| next != prefix));
        let guess = nearest(&value.to_str_lossy(), known.filter_map(|known| known.to_str().ok()))?;
        written.get_key_value(guess.as_bytes().as_bstr()).map(|(found, _)| found)
    }
}

fn reference_key(prefix: &BStr) -> Vec<u8> {
    [prefix.as_bytes(), b".", Property::Reference.name().as_bytes()].concat()
}

fn describe_loop(prefix: &BString, chain: &[BString]) -> String {
    let names: Vec<_> = chain.iter().map(|name| format!("{name} -> ")).collect();
    let first = chain.first().unwrap_or(prefix);
    format!("{prefix}.reference={first}: references form a loop: {prefix} -> {}{prefix}", names.concat())
}
