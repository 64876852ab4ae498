//! Everything observed of one request as names and values, and how it is held against a table.

use std::collections::BTreeMap;

use crate::support::raw::RawReply;

/// Response headers that differ from run to run, or are httpd's choice by how the pieces of a response arrive.
const VOLATILE_HEADERS: [&str; 7] =
    ["date", "server", "content-length", "transfer-encoding", "etag", "last-modified", "x-mirror"];

/// What was seen of one request, by name.
#[derive(Clone, Debug, Default)]
pub struct Facts(BTreeMap<String, String>);

impl Facts {
    /// Takes a response apart: its head, and its body if that is a list of facts itself.
    pub fn of(reply: &RawReply) -> Self {
        let mut facts = Self::default();
        facts.set("status", &reply.status().to_string());
        for (name, value) in reply.head.lines().skip(1).filter_map(|line| line.split_once(':')) {
            let name = name.to_ascii_lowercase();
            if !VOLATILE_HEADERS.contains(&name.as_str()) {
                facts.append(&format!("reply.{name}"), value.trim());
            }
        }
        let body = String::from_utf8_lossy(&reply.body);
        if reply.headers("X-Mirror").is_empty() {
            facts.set("body", body.trim());
        } else {
            facts.add_lines(body.lines());
        }
        facts
    }

    /// Adds facts written as `name=value`; those with the value `-` are absent.
    pub fn add_lines<'t>(&mut self, lines: impl Iterator<Item = &'t str>) {
        for (name, value) in lines.filter_map(|line| line.split_once('=')).filter(|(_, value)| *value != "-")
        {
            self.set(name, value);
        }
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Puts the name of what `value` stands for in its place, such as `@PORT@` for this run's port.
    pub fn mask(&mut self, value: &str, name: &str) {
        let behind_colon = format!(":{value}");
        for found in self.0.values_mut() {
            if found == value {
                *found = name.to_owned();
            } else if found.contains(&behind_colon) {
                *found = found.replace(&behind_colon, &format!(":{name}"));
            }
        }
    }

    /// Puts `name` in the place of a text that is unmistakable wherever it stands.
    pub fn mask_all(&mut self, text: &str, name: &str) {
        self.0.values_mut().for_each(|found| *found = found.replace(text, name));
    }

    /// Puts `@SECONDS@` in the place of words like `0.012345`.
    pub fn mask_durations(&mut self) {
        for found in self.0.values_mut().filter(|found| found.contains('.')) {
            let words = found.split(' ').map(|word| if is_duration(word) { "@SECONDS@" } else { word });
            let masked = words.collect::<Vec<_>>().join(" ");
            *found = masked;
        }
    }

    fn append(&mut self, name: &str, value: &str) {
        let joined = self.get(name).map_or_else(|| value.to_owned(), |before| format!("{before}|{value}"));
        self.set(name, &joined);
    }

    /// What of `expected` does not hold, in words.
    pub fn unmet(&self, expected: &[&str]) -> Vec<String> {
        let unmet = expected.iter().filter(|expectation| !Expectation::parse(expectation).holds(self));
        unmet
            .map(|expectation| {
                let found = self.get(Expectation::parse(expectation).name());
                format!("expected {expectation}, found {found:?}")
            })
            .collect()
    }

    /// Names whose values differ, with both values, apart from those that `but` is about.
    pub fn differences(&self, original: &Self, but: &[&str]) -> Vec<String> {
        let mut excepted: Vec<_> = but.iter().map(|text| Expectation::parse(text).name()).collect();
        // The access log says the same.
        excepted.extend(excepted.contains(&"status").then_some("log.status"));
        let mut names: Vec<_> = self.0.keys().chain(original.0.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !excepted.contains(name) && self.get(name) != original.get(name));
        let both =
            |name: &str| format!("{name}: {:?}, the original {:?}", self.get(name), original.get(name));
        names.into_iter().map(both).collect()
    }
}

fn is_duration(word: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    word.split_once('.')
        .is_some_and(|(seconds, micros)| micros.len() == 6 && digits(seconds) && digits(micros))
}

/// One cell of a table.
enum Expectation<'t> {
    Absent(&'t str),
    Equal(&'t str, &'t str),
    Containing(&'t str, &'t str),
}

impl<'t> Expectation<'t> {
    fn parse(text: &'t str) -> Self {
        if let Some(name) = text.strip_prefix('!') {
            return Self::Absent(name);
        }
        let at = text.find(['=', '~']).unwrap_or_else(|| panic!("no fact: {text}"));
        let (name, value) = (&text[..at], &text[at + 1..]);
        match text.as_bytes()[at] {
            b'=' => Self::Equal(name, value),
            _ => Self::Containing(name, value),
        }
    }

    fn name(&self) -> &'t str {
        match self {
            Self::Absent(name) | Self::Equal(name, _) | Self::Containing(name, _) => name,
        }
    }

    fn holds(&self, facts: &Facts) -> bool {
        match (self, facts.get(self.name())) {
            (Self::Absent(_), found) => found.is_none(),
            (Self::Equal(_, value), found) => found == Some(*value),
            (Self::Containing(_, part), found) => found.is_some_and(|found| found.contains(part)),
        }
    }
}
