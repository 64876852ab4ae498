//! The properties of one worker, read by kind: every value is checked against its row of the table, and what is
//! wrong or read differently than it looks becomes a complaint that names the value used instead.

use std::fmt::Display;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};
use memchr::memmem;

use super::map::{shown, Entry, PropertyMap};
use super::names::MAX_NAME;
use super::spec::{Duplicate, Outside, Spec, Standing, Unset, ValueKind};
use super::table::{duplicate_rule, Property, TABLE};
use super::values;
use crate::config::diagnostic::{Origin, Report};
use crate::config::properties::list_items;

/// The longest time of tries that nobody is told about.
const LONG_RETRIES: Duration = Duration::from_secs(60);

/// One item of a list, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The word.
    pub text: BString,
    /// Its line; none if it is a default.
    pub origin: Option<Origin>,
}

/// The properties of one worker, or with an empty name of the whole server.
pub(super) struct Section<'a> {
    map: &'a PropertyMap,
    worker: &'a BStr,
    report: &'a mut Report,
}

impl<'a> Section<'a> {
    /// Reads the properties of `worker` and complains into `report`.
    pub(super) fn new(map: &'a PropertyMap, worker: &'a BStr, report: &'a mut Report) -> Self {
        Self { map, worker, report }
    }

    /// The entry of `property`, or of a deprecated name of it.
    pub(super) fn entry(&self, property: Property) -> Option<&'a Entry> {
        let older = TABLE.iter().filter(|spec| spec.standing == Standing::Renamed(property));
        std::iter::once(property)
            .chain(older.map(|spec| spec.property))
            .find_map(|name| self.map.of_worker(self.worker, name))
    }

    /// Complains about the value of `property`, if it is set.
    pub(super) fn warn(&mut self, property: Property, complaint: impl Display) {
        if let Some(entry) = self.entry(property) {
            self.report.warn(entry.origin(), about(entry, complaint));
        }
    }

    /// Refuses the value of `property`, if it is set.
    pub(super) fn refuse(&mut self, property: Property, complaint: impl Display) {
        if let Some(entry) = self.entry(property) {
            self.report.error(entry.origin(), about(entry, complaint));
        }
    }

    /// A boolean.
    pub(super) fn flag(&mut self, property: Property) -> bool {
        let written = self.entry(property).map(|entry| values::boolean(&entry.text));
        if written == Some(None) {
            self.warn(property, format_args!("expected true or false, using {}", usual(property.spec())));
        }
        written.flatten().or_else(|| values::boolean(given(property).as_bytes())).unwrap_or_default()
    }

    /// A number, if one is set that counts.
    pub(super) fn number_if_set(&mut self, property: Property) -> Option<i32> {
        let entry = self.entry(property)?;
        match values::number(&entry.text) {
            Ok(number) => {
                if !number.ignored.is_empty() {
                    let rest = shown(number.ignored.as_bstr());
                    self.warn(property, format_args!("\"{rest}\" is ignored, using {}", number.value));
                }
                self.in_range(property, number.value)
            }
            // An undefined macro was told where it stands.
            Err(_) if memmem::find(&entry.text, b"$(").is_some() => None,
            Err(why) if property.spec().range.outside == Outside::Refused => {
                let expected = property.spec().range.describe();
                self.refuse(property, format_args!("{why}, expected {expected}"));
                None
            }
            Err(why) => {
                self.warn(property, format_args!("{why}, using {}", usual(property.spec())));
                None
            }
        }
    }

    /// A number.
    pub(super) fn number(&mut self, property: Property) -> i32 {
        let default = || values::number(given(property).as_bytes()).map_or(0, |number| number.value);
        self.number_if_set(property).unwrap_or_else(default)
    }

    /// A number of things, of which there are never fewer than none.
    pub(super) fn count(&mut self, property: Property) -> u32 {
        u32::try_from(self.number(property)).unwrap_or_default()
    }

    fn in_range(&mut self, property: Property, value: i32) -> Option<i32> {
        let range = property.spec().range;
        let clamped = value.clamp(range.least, range.most);
        if clamped == value {
            return Some(value);
        }
        let expected = range.describe();
        match range.outside {
            Outside::Clamped => {
                self.warn(property, format_args!("expected {expected}, using {clamped}"));
                Some(clamped)
            }
            Outside::Kept => {
                self.warn(property, format_args!("expected {expected}, taken as {clamped}"));
                Some(value)
            }
            Outside::Defaulted => {
                self.warn(property, format_args!("expected {expected}, using {}", usual(property.spec())));
                None
            }
            Outside::Refused => {
                self.refuse(property, format_args!("expected {expected}"));
                None
            }
        }
    }

    /// A time limit; zero and less are none.
    pub(super) fn limit(&mut self, property: Property) -> Option<Duration> {
        let number = self.number(property);
        duration(property, number)
    }

    /// A time limit, if one is set: zero and less are `Some(None)`.
    pub(super) fn limit_if_set(&mut self, property: Property) -> Option<Option<Duration>> {
        self.number_if_set(property).map(|number| duration(property, number))
    }

    /// A time to wait; less than zero is zero.
    pub(super) fn pause(&mut self, property: Property) -> Duration {
        self.limit(property).unwrap_or_default()
    }

    /// How often is tried, and the pause between two tries. A user, and a thread, that wait longer than
    /// [`LONG_RETRIES`] for them are worth a word.
    pub(super) fn retries(&mut self) -> (u32, Duration) {
        let (retries, interval) = (self.count(Property::Retries), self.pause(Property::RetryInterval));
        let longest = interval.saturating_mul(retries);
        if longest > LONG_RETRIES {
            let named =
                [Property::Retries, Property::RetryInterval].into_iter().find(|name| self.is_set(*name));
            let seconds = longest.as_secs();
            let complaint = format!(
                "retries x retry_interval is {seconds} s: a request may wait, and keep its thread, for that long"
            );
            named.into_iter().for_each(|named| self.warn(named, &complaint));
        }
        (retries, interval)
    }

    fn is_set(&self, property: Property) -> bool {
        self.entry(property).is_some()
    }

    /// One of `values`, which stand in the order of the property's words.
    pub(super) fn letter<T: Copy>(&mut self, property: Property, values: &[T]) -> T {
        let words = property.spec().kind.words();
        let written = self.entry(property).map(|entry| values::letter(&entry.text, words));
        match written {
            Some(Some(letter)) if !letter.plain => {
                let expected = one_of(words);
                self.warn(property, format_args!("expected {expected}, taken as {}", words[letter.index]));
            }
            Some(None) => {
                let (expected, usual) = (one_of(words), usual(property.spec()));
                self.warn(property, format_args!("expected {expected}, using {usual}"));
            }
            Some(Some(_)) | None => {}
        }
        let letter = written.flatten().or_else(|| values::letter(given(property).as_bytes(), words));
        values[letter.map_or(0, |letter| letter.index)]
    }

    /// Text, its default, or nothing.
    pub(super) fn text(&mut self, property: Property) -> Option<String> {
        let Some(entry) = self.entry(property) else {
            return match property.spec().unset {
                Unset::Given(text) => Some(text.to_owned()),
                Unset::Derived(_) | Unset::Absent => None,
            };
        };
        if entry.text.to_str().is_err() {
            let text = format!("{}: octets that are not UTF-8 are replaced", entry.written);
            self.report.warn(entry.origin(), text);
        }
        if property.spec().kind == ValueKind::Name && entry.text.len() > MAX_NAME {
            let length = entry.text.len();
            self.refuse(property, format_args!("{length} octets are too long, expected at most {MAX_NAME}"));
        }
        Some(entry.text.to_str_lossy().into_owned())
    }

    /// Text that has a default.
    pub(super) fn string(&mut self, property: Property) -> String {
        self.text(property).unwrap_or_default()
    }

    /// The items of a list, with their lines, or its default.
    pub(super) fn items(&self, property: Property) -> Vec<Item> {
        let Some(entry) = self.entry(property) else {
            return items_of(given(property).as_bytes(), None).collect();
        };
        if duplicate_rule(entry.written.as_bstr()) != Duplicate::Comma {
            return items_of(&entry.text, entry.origin()).collect();
        }
        entry.parts.iter().flat_map(|(text, origin)| items_of(text, origin.as_ref())).collect()
    }

    /// The items of a list as text.
    pub(super) fn words(&self, property: Property) -> Vec<String> {
        self.items(property).iter().map(|item| item.text.to_str_lossy().into_owned()).collect()
    }
}

fn items_of<'t>(text: &'t [u8], origin: Option<&'t Origin>) -> impl Iterator<Item = Item> + 't {
    list_items(text).map(move |item| Item { text: item.into(), origin: origin.cloned() })
}

fn about(entry: &Entry, complaint: impl Display) -> String {
    format!("{}={}: {complaint}", entry.written, shown(entry.text.as_bstr()))
}

fn given(property: Property) -> &'static str {
    match property.spec().unset {
        Unset::Given(text) => text,
        Unset::Derived(_) | Unset::Absent => "",
    }
}

fn usual(spec: &Spec) -> String {
    match spec.unset {
        Unset::Given(text) => format!("the default {text}"),
        Unset::Derived(text) => format!("the default ({text})"),
        Unset::Absent => "no value".to_owned(),
    }
}

fn duration(property: Property, number: i32) -> Option<Duration> {
    let number = u64::try_from(number).ok().filter(|number| *number > 0)?;
    match property.spec().kind {
        ValueKind::Seconds => Some(Duration::from_secs(number)),
        _ => Some(Duration::from_millis(number)),
    }
}

/// Lists words for a message: `a, b or c`.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
