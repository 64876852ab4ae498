//! All properties as written: lines in, keys with their values and origins out, duplicates joined and macros
//! replaced.
//!
//! What values mean is left to the typed settings. Rules: "workers-properties, sections 1 and 2".

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use memchr::memmem;

use super::names::{split_key, validate_key};
use super::spec::{Duplicate, Outside, Spec, Standing, ValueKind};
use super::table::{duplicate_rule, Property};
use crate::config::diagnostic::{did_you_mean, Origin, Report};
use crate::config::properties::{self, is_utf16, list_items, Line, Unreplaced};
use crate::config::stray::{self, Strays};
use crate::text::{is_quoted, odd_character, trim_c_spaces};

/// Octets of a line that the original reads at a time; it takes the rest for a new line.
const LINE_LIMIT: usize = 8191;

/// The value of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as written; for an inherited property it names the template.
    pub written: BString,
    /// The whole value, duplicates joined and macros replaced.
    pub text: BString,
    /// What each line contributed, and where; without a line if the server defined it.
    pub parts: Vec<(BString, Option<Origin>)>,
}

impl Entry {
    /// The line that had the last word.
    pub fn origin(&self) -> Option<&Origin> {
        self.parts.last().and_then(|(_, origin)| origin.as_ref())
    }

    /// The line where the key appeared first.
    pub fn first_origin(&self) -> Option<&Origin> {
        self.parts.first().and_then(|(_, origin)| origin.as_ref())
    }
}

/// Properties and user variables in the order in which they were first written.
#[derive(Clone, Default)]
pub struct PropertyMap {
    entries: Vec<(BString, Entry)>,
    index: HashMap<BString, usize>,
    used_in_macros: HashSet<BString>,
    /// Keys of worker properties that stand there without a value.
    empty: Vec<(BString, Origin)>,
    /// Workers with a property that is none, and nobody knows what was meant.
    with_unknown: HashSet<BString>,
    strays: Strays,
    /// Lines whose value as a whole was doubted.
    doubted: HashSet<Origin>,
    file: Option<Origin>,
}

/// Shows keys only: values may be secrets.
impl fmt::Debug for PropertyMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.iter().map(|(key, _)| key)).finish()
    }
}

impl PropertyMap {
    /// A map without properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Defines a variable that is not written anywhere, such as `ServerRoot`.
    pub fn define(&mut self, name: &str, value: &str) {
        let entry = Entry { written: name.into(), text: value.into(), parts: vec![(value.into(), None)] };
        self.insert(name.into(), entry);
    }

    /// Reads what one JkWorkerProperty says; `#` is data there.
    pub fn read_line(&mut self, text: &[u8], origin: &Origin, report: &mut Report) {
        self.file.get_or_insert_with(|| Origin::new(&origin.file, 0));
        complain_about_octets(text, origin, report);
        match properties::parse_pair(properties::before_nul(text)) {
            Line::Ignored(text) if !text.contains(&b'=') => {
                report.warn(Some(origin), "JkWorkerProperty: the line is ignored, it has no =");
            }
            line => self.take(line, origin, report),
        }
    }

    /// Reads a whole file.
    pub fn read_file(&mut self, text: &[u8], file: &Arc<str>, report: &mut Report) {
        let origin = Origin::new(file, 0);
        if is_utf16(text) {
            return report.error(Some(&origin), "the file is UTF-16, save it as UTF-8");
        }
        self.file = Some(origin);
        for (number, line) in properties::lines(text) {
            let origin = Origin::new(file, number);
            complain_about_octets(line, &origin, report);
            if !self.strays.take(stray::in_workers_file(line), &origin) {
                self.take(properties::parse_line(line), &origin, report);
            }
        }
        std::mem::take(&mut self.strays).tell(report);
    }

    /// Tells whether nothing is written: no property, no variable.
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(|(_, entry)| entry.origin().is_none())
    }

    /// The file that was read, or the one with the lines of directives; none if there was nothing to read.
    pub fn file(&self) -> Option<&Origin> {
        self.file.as_ref()
    }

    /// Where worker properties stand without a value.
    pub fn empty_lines(&self) -> impl Iterator<Item = (&BStr, &Origin)> {
        self.empty.iter().map(|(key, origin)| (key.as_bstr(), origin))
    }

    /// Where `property` of `worker` stands without a value, if it does and is not set elsewhere.
    pub fn empty_line(&self, worker: &BStr, property: Property) -> Option<&Origin> {
        let key = property.key(worker);
        let is_unset = self.get(&key).is_none();
        self.empty.iter().find(|(empty, _)| is_unset && empty.as_bytes() == key).map(|(_, origin)| origin)
    }

    /// Tells whether `worker` has a property that is none: what it seems to lack may be what was meant.
    pub fn has_unknown(&self, worker: &BStr) -> bool {
        self.with_unknown.contains(worker)
    }

    /// The entry of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.index.get(key.as_bstr()).map(|position| &self.entries[*position].1)
    }

    /// The entry of `property` of `worker`, under that very name.
    pub fn of_worker(&self, worker: &BStr, property: Property) -> Option<&Entry> {
        self.get(&property.key(worker))
    }

    /// All keys with their entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&BStr, &Entry)> {
        self.entries.iter().map(|(key, entry)| (key.as_bstr(), entry))
    }

    /// Tells whether a macro named this key.
    pub fn is_used_in_macro(&self, key: &BStr) -> bool {
        self.used_in_macros.contains(key)
    }

    /// Adds or replaces an entry.
    pub(super) fn insert(&mut self, key: BString, entry: Entry) {
        match self.index.get(&key) {
            Some(position) => self.entries[*position].1 = entry,
            None => {
                self.index.insert(key.clone(), self.entries.len());
                self.entries.push((key, entry));
            }
        }
    }

    fn take(&mut self, line: Line<'_>, origin: &Origin, report: &mut Report) {
        match line {
            Line::Blank => {}
            Line::Ignored(text) => self.ignore(text, origin, report),
            Line::Pair { key, value, cut } => {
                if cut {
                    let advice =
                        "the value ends at #, which starts a comment; put a blank before it if it is one";
                    report.warn(Some(origin), format!("{key}: {advice}"));
                }
                self.doubt(key, value, origin, report);
                let value = self.expand(key, value, origin, report);
                match validate_key(key) {
                    Ok(()) => self.add(key, value, origin, report),
                    Err(unknown) => {
                        report.error(Some(origin), unknown.complaint);
                        self.add_meant(key, unknown.meant, value, origin);
                    }
                }
            }
        }
    }

    /// Asks whether a value is meant that holds what it should hardly hold.
    fn doubt(&mut self, key: &BStr, value: &BStr, origin: &Origin, report: &mut Report) {
        let text = match odd_character(value) {
            Some(odd) => format!("{key}: {odd} is part of the value; is it meant?"),
            None if has_shell_variable(value) && !is_secret(key) => {
                format!("{key}: ${{...}} stays as written, a variable is written $(...)")
            }
            None if is_quoted(value) || is_list(key) && list_items(value).any(is_quoted) => {
                format!("{key}: the quotes are part of the value; are they meant?")
            }
            None => return,
        };
        report.warn(Some(origin), text);
        self.doubted.insert(origin.clone());
    }

    /// Tells whether the value in the line `origin` was doubted as a whole.
    pub(super) fn is_doubted(&self, origin: &Origin) -> bool {
        self.doubted.contains(origin)
    }

    /// Complains about a line without effect; an empty variable is none, and one that is used will be missed.
    fn ignore(&mut self, text: &BStr, origin: &Origin, report: &mut Report) {
        match text.split_once_str("=").map(|(key, _)| trim_c_spaces(key)) {
            None => report.warn(Some(origin), "the line is ignored: it has no ="),
            Some([]) => report.warn(Some(origin), "the line is ignored: nothing is left of ="),
            Some(key) if split_key(key.as_bstr()).is_some() => self.empty.push((key.into(), origin.clone())),
            Some(_) => {}
        }
    }

    fn expand(&mut self, key: &BStr, value: &BStr, origin: &Origin, report: &mut Report) -> BString {
        let mut unreplaced = Vec::new();
        let mut used = Vec::new();
        let expanded = properties::expand_macros(
            value,
            |name| {
                used.push(BString::from(name));
                self.get(name).map(|entry| entry.text.to_vec()).or_else(|| properties::environment(name))
            },
            |name, why| unreplaced.push((BString::from(name), why)),
        );
        self.used_in_macros.extend(used);
        for (name, why) in unreplaced {
            let text = match why {
                Unreplaced::Unknown => self.undefined_macro(key, &name),
                Unreplaced::TooLong => {
                    let limit = properties::MAX_EXPANDED;
                    format!(
                        "{key}: $({name}) stays as written: with it the value has more than {limit} octets"
                    )
                }
            };
            match is_refusable(key) || why == Unreplaced::TooLong {
                true => report.error(Some(origin), text),
                false => report.warn(Some(origin), text),
            }
        }
        if memmem::find_iter(value, "$(").count() > properties::MAX_MACROS {
            let limit = properties::MAX_MACROS;
            report.warn(Some(origin), format!("{key}: only the first {limit} macros are replaced"));
        }
        expanded.into()
    }

    fn undefined_macro(&self, key: &BStr, name: &BString) -> String {
        if is_secret(key) {
            return format!("{key}: what looks like a macro is not defined and stays as written");
        }
        let known: Vec<_> = self.iter().filter_map(|(key, _)| key.to_str().ok()).collect();
        let guess = name.to_str().map(|name| did_you_mean(name, known)).unwrap_or_default();
        format!("{key}: $({name}) is not defined and stays as written{guess}")
    }

    /// Adds what was meant by a misspelt property, so that nobody complains of its absence.
    fn add_meant(&mut self, key: &BStr, meant: Option<Property>, value: BString, origin: &Origin) {
        let worker = split_key(key).map_or(BStr::new(""), |(worker, _)| worker);
        let meant = meant.map(|property| property.key(worker)).filter(|key| self.get(key).is_none());
        if meant.is_none() {
            self.with_unknown.insert(worker.to_owned());
        }
        let parts = vec![(value.clone(), Some(origin.clone()))];
        let entry = Entry { written: key.into(), text: value, parts };
        self.insert(meant.map_or_else(|| key.to_owned(), BString::from), entry);
    }

    fn add(&mut self, key: &BStr, value: BString, origin: &Origin, report: &mut Report) {
        let part = (value.clone(), Some(origin.clone()));
        let is_known = |position: &usize| self.entries[*position].1.written == key;
        let Some(position) = self.index.get(key).copied().filter(is_known) else {
            let entry = Entry { written: key.into(), text: value, parts: vec![part] };
            return self.insert(key.into(), entry);
        };
        let entry = &mut self.entries[position].1;
        let separator = match duplicate_rule(key) {
            _ if is_obsolete(key) => return,
            Duplicate::Replace if entry.text == value => return,
            Duplicate::Replace => {
                report.warn(Some(origin), replaced(key, entry, &value));
                *entry = Entry { written: key.into(), text: value, parts: vec![part] };
                return;
            }
            Duplicate::Star => {
                report.warn(Some(origin), starred(key, entry));
                b'*'
            }
            Duplicate::Comma => b',',
            Duplicate::Colon => b':',
            Duplicate::Blank => b' ',
        };
        entry.text.push(separator);
        entry.text.extend_from_slice(&value);
        entry.parts.push(part);
    }
}

/// The facts about the property that `key` sets, if it sets one.
fn spec_of(key: &BStr) -> Option<&'static Spec> {
    let (_, name) = split_key(key)?;
    Property::by_name(name).map(Property::spec)
}

/// Tells whether the value of `key` is never shown.
fn is_secret(key: &BStr) -> bool {
    spec_of(key).is_some_and(|spec| spec.kind == ValueKind::Secret)
}

/// Tells whether a wrong value of `key` keeps the server from starting.
fn is_refusable(key: &BStr) -> bool {
    spec_of(key).is_some_and(|spec| spec.range.outside == Outside::Refused)
}

/// Tells whether the value of `key` is a list of words.
fn is_list(key: &BStr) -> bool {
    spec_of(key).is_some_and(|spec| spec.kind == ValueKind::List)
}

/// Tells whether a value holds a variable as shells, and httpd's own files, write it.
fn has_shell_variable(value: &[u8]) -> bool {
    memmem::find(value, b"${").is_some_and(|start| value[start..].contains(&b'}'))
}

/// Tells whether no value of `key` has any effect, and so no second one either.
fn is_obsolete(key: &BStr) -> bool {
    spec_of(key).is_some_and(|spec| spec.standing == Standing::Obsolete)
}

/// A piece of a value that is short enough to be read in a message.
pub(super) fn shown(value: &BStr) -> String {
    const LONGEST: usize = 80;
    let mut text: String = value.chars().take(LONGEST).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push_str("...");
    }
    text
}

fn replaced(key: &BStr, earlier: &Entry, value: &BString) -> String {
    let place = earlier_place(earlier);
    if !key.starts_with(b"worker.") || is_secret(key) {
        return format!("{key} is set a second time{place}; this value replaces the first");
    }
    let (old, new) = (shown(earlier.text.as_bstr()), shown(value.as_bstr()));
    format!("{key} is set a second time{place}; {new} replaces {old}")
}

fn starred(key: &BStr, earlier: &Entry) -> String {
    let place = earlier_place(earlier);
    format!("{key} is set a second time{place}; both values are joined with *, which is rarely meant")
}

fn earlier_place(earlier: &Entry) -> String {
    earlier.first_origin().map(|origin| format!(" (first in {origin})")).unwrap_or_default()
}

fn complain_about_octets(line: &[u8], origin: &Origin, report: &mut Report) {
    if line.len() > LINE_LIMIT {
        let length = line.len();
        report.warn(
            Some(origin),
            format!("the line has {length} octets and is read whole; expected at most {LINE_LIMIT}"),
        );
    }
    if properties::before_nul(line).len() < line.len() {
        report.error(Some(origin), "a NUL octet, which no text has: the file is damaged");
    }
}
