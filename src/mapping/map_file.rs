//! Parses the text of a map file (`uriworkermap.properties`).
//!
//! Lines are read as those of `workers.properties`: `#` starts a comment, `$(name)` in a value stands for an
//! earlier key or an environment variable. A key that is no pattern is such a variable. Whether the workers
//! exist is checked by others. Rules: "uri-mapping, section 2" and "decisions, rows 1 to 3".

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use memchr::memchr_iter;

use super::{describe_replaced, Definitions, Rule};
use crate::config::properties::{environment, expand_macros, lines, Line};
use crate::config::stray::{self, Strays};
use crate::config::{Origin, Report};
use crate::text::Counted;

/// Largest map file in octets; a larger one is no map file.
pub const MAX_FILE_SIZE: u64 = 64 << 20;

/// Most definitions in one file.
const MAX_DEFINITIONS: usize = 1_000_000;

/// Most complaints kept of one file.
const MAX_COMPLAINTS: usize = 100;

/// Tells whether a key that starts with `worker.` ends in the name of a worker property.
pub type KnownProperty = fn(&[u8]) -> bool;

/// Parses `text` into rules in definition order. After an error in `report` they are not all that was written.
pub(super) fn parse(
    text: &[u8],
    file: &Arc<str>,
    known_property: KnownProperty,
    report: &mut Report,
) -> Vec<Rule> {
    if let Some(position) = text.iter().position(|octet| is_binary(*octet)) {
        let origin = Origin::new(file, 1 + newlines(&text[..position]));
        report.error(Some(&origin), format!("octet {:#04x} in a map file", text[position]));
        return Vec::new();
    }
    let unfinished = if text.ends_with(b"\n") { None } else { Some(1 + newlines(text)) };
    let mut parser = Parser::new(file, known_property);
    for (number, line) in lines(text) {
        let mut found = Report::default();
        parser.line(&Origin::new(file, number), line, unfinished == Some(number), &mut found);
        parser.keep(found);
        if parser.is_hopeless() {
            break;
        }
    }
    parser.finish(report)
}

/// Control characters other than the blanks that the line grammar knows.
fn is_binary(octet: u8) -> bool {
    octet < b' ' && !matches!(octet, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn newlines(text: &[u8]) -> u32 {
    u32::try_from(memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX - 1)
}

struct Parser<'t> {
    file: &'t Arc<str>,
    known_property: KnownProperty,
    definitions: Definitions,
    /// Values by key, for macros.
    values: HashMap<&'t [u8], Vec<u8>>,
    variables: Vec<(&'t BStr, Origin)>,
    used: HashSet<Vec<u8>>,
    ignored: bool,
    strays: Strays,
    report: Report,
    dropped: usize,
}

impl<'t> Parser<'t> {
    fn new(file: &'t Arc<str>, known_property: KnownProperty) -> Self {
        Self {
            file,
            known_property,
            definitions: Definitions::default(),
            values: HashMap::new(),
            variables: Vec::new(),
            used: HashSet::new(),
            ignored: false,
            strays: Strays::default(),
            report: Report::default(),
            dropped: 0,
        }
    }

    fn line(&mut self, origin: &Origin, line: Line<'t>, unfinished: bool, report: &mut Report) {
        match line {
            Line::Blank => {}
            Line::Ignored(text) | Line::Pair { key: text, .. }
                if self.strays.take(stray::in_map_file(text), origin) =>
            {
                self.ignored = true;
            }
            Line::Ignored(text) if unfinished => {
                report.error(
                    Some(origin),
                    format!("the last line breaks off: '{text}', expected pattern=worker"),
                );
            }
            Line::Ignored(text) => {
                self.ignored = true;
                report.warn(Some(origin), format!("'{text}' is ignored, expected pattern=worker"));
            }
            Line::Pair { key, value, cut } => {
                let value = self.expand(value, origin, report);
                if cut {
                    report.warn(Some(origin), format!("'{key}': everything from # on is a comment"));
                }
                self.pair(key, &value, origin, report);
                self.values.insert(key, value);
            }
        }
    }

    fn expand(&mut self, value: &[u8], origin: &Origin, report: &mut Report) -> Vec<u8> {
        let (values, used) = (&self.values, &mut self.used);
        let look_up = |name: &[u8]| match values.get(name) {
            Some(value) => {
                used.insert(name.to_vec());
                Some(value.clone())
            }
            None => environment(name),
        };
        expand_macros(value, look_up, |name| {
            let name = name.as_bstr();
            report.warn(Some(origin), format!("$({name}) is neither an earlier key nor in the environment"));
        })
    }

    fn pair(&mut self, key: &'t BStr, value: &[u8], origin: &Origin, report: &mut Report) {
        if key.starts_with(b"worker.") {
            self.worker_property(key, origin, report);
        } else if is_variable(key) {
            self.variables.push((key, origin.clone()));
        } else {
            self.rule(key, value, origin, report);
        }
    }

    fn worker_property(&mut self, key: &BStr, origin: &Origin, report: &mut Report) {
        if (self.known_property)(key) {
            self.strays.take(Some(stray::Kind::Property), origin);
        } else {
            report.error(Some(origin), format!("{key} is neither a URI pattern nor a worker property"));
        }
    }

    fn rule(&mut self, key: &BStr, value: &[u8], origin: &Origin, report: &mut Report) {
        let rules = match Rule::file_line(key, value, origin, report) {
            Ok(rules) => rules,
            Err(error) => return report.error(Some(origin), error.to_string()),
        };
        let new = rules.first().cloned();
        let old = self.definitions.define(rules).and_then(|old| old.into_iter().next());
        let replaced = old.zip(new).and_then(|(old, new)| describe_replaced(&old, &new));
        replaced.into_iter().for_each(|text| report.warn(Some(origin), text));
        if self.definitions.len() > MAX_DEFINITIONS {
            report.error(Some(origin), format!("more than {MAX_DEFINITIONS} rules"));
        }
    }

    /// Keeps complaints up to a number, and errors in any case.
    fn keep(&mut self, found: Report) {
        if found.has_errors() || self.report.iter().len() < MAX_COMPLAINTS {
            self.report.append(found);
        } else {
            self.dropped += found.iter().len();
        }
    }

    /// Tells whether reading on is of no use: the file is refused, and there is enough to say why.
    fn is_hopeless(&self) -> bool {
        self.definitions.len() > MAX_DEFINITIONS
            || (self.report.iter().len() >= MAX_COMPLAINTS && self.report.has_errors())
    }

    fn finish(mut self, report: &mut Report) -> Vec<Rule> {
        for (name, origin) in &self.variables {
            if !self.used.contains(name.as_bytes()) && self.report.iter().len() < MAX_COMPLAINTS {
                let text = format!("{name} is ignored: no URI pattern, and not used as a macro");
                self.report.warn(Some(origin), text);
            }
        }
        self.strays.tell(&mut self.report);
        let whole_file = Origin::new(self.file, 0);
        if self.dropped > 0 {
            self.report.warn(Some(&whole_file), Counted(self.dropped as u64, "further warning").to_string());
        }
        if self.ignored && self.definitions.is_empty() {
            self.report.error(Some(&whole_file), "no line is a rule, expected pattern=worker");
        }
        report.append(self.report);
        self.definitions.into_rules()
    }
}

/// Tells whether `key` can only be meant as the name of a macro.
fn is_variable(key: &[u8]) -> bool {
    key.first() != Some(&b'-')
        && key.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests;
