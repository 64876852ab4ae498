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
use crate::config::properties::{environment, expand_macros, is_utf16, lines, parse_line, Line, Unreplaced};
use crate::config::stray::{self, Strays};
use crate::config::{Origin, Report, Severity};

/// Largest map file in octets; a larger one is no map file.
pub const MAX_FILE_SIZE: u64 = 64 << 20;

/// Most definitions in one file.
const MAX_DEFINITIONS: usize = 1_000_000;

/// Tells whether a key that starts with `worker.` ends in the name of a worker property.
pub type KnownProperty = fn(&[u8]) -> bool;

/// Parses `text` into rules in definition order. A line that is an error in `report` costs its own rule.
pub(super) fn parse(
    text: &[u8],
    file: &Arc<str>,
    known_property: KnownProperty,
    report: &mut Report,
) -> Vec<Rule> {
    if is_utf16(text) {
        report.error(Some(&Origin::new(file, 0)), "the file is UTF-16, save it as UTF-8");
        return Vec::new();
    }
    let unfinished = if text.ends_with(b"\n") { None } else { Some(1 + newlines(text)) };
    let mut parser = Parser::new(file, known_property, report);
    for (number, line) in lines(text) {
        parser.line(&Origin::new(file, number), line, unfinished == Some(number));
        if parser.definitions.len() > MAX_DEFINITIONS {
            break;
        }
    }
    parser.finish()
}

/// Control characters other than the blanks that the line grammar knows.
fn is_binary(octet: u8) -> bool {
    octet < b' ' && !matches!(octet, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn newlines(text: &[u8]) -> u32 {
    u32::try_from(memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX - 1)
}

struct Parser<'t, 'r> {
    file: &'t Arc<str>,
    known_property: KnownProperty,
    definitions: Definitions,
    /// Values by key, for macros.
    values: HashMap<&'t [u8], Vec<u8>>,
    variables: Vec<(&'t BStr, Origin)>,
    used: HashSet<Vec<u8>>,
    ignored: bool,
    strays: Strays,
    report: &'r mut Report,
}

impl<'t, 'r> Parser<'t, 'r> {
    fn new(file: &'t Arc<str>, known_property: KnownProperty, report: &'r mut Report) -> Self {
        Self {
            file,
            known_property,
            definitions: Definitions::default(),
            values: HashMap::new(),
            variables: Vec::new(),
            used: HashSet::new(),
            ignored: false,
            strays: Strays::default(),
            report,
        }
    }

    fn line(&mut self, origin: &Origin, line: &'t [u8], unfinished: bool) {
        if let Some(octet) = line.iter().find(|octet| is_binary(**octet)) {
            return self.error(origin, || format!("octet {octet:#04x} in a map file"));
        }
        match parse_line(line) {
            Line::Blank => {}
            Line::Ignored(text) | Line::Pair { key: text, .. }
                if self.strays.take(stray::in_map_file(text), origin) =>
            {
                self.ignored = true;
            }
            Line::Ignored(text) if unfinished => {
                self.error(origin, || format!("the last line breaks off: '{text}', expected pattern=worker"));
            }
            Line::Ignored(text) => {
                self.ignored = true;
                self.warn(origin, || format!("'{text}' is ignored, expected pattern=worker"));
            }
            Line::Pair { key, value, cut } => {
                let value = self.expand(value, origin);
                if cut {
                    self.warn(origin, || format!("'{key}': everything from # on is a comment"));
                }
                self.pair(key, &value, origin);
                self.values.insert(key, value);
            }
        }
    }

    fn expand(&mut self, value: &[u8], origin: &Origin) -> Vec<u8> {
        let (values, used, report) = (&self.values, &mut self.used, &mut *self.report);
        let look_up = |name: &[u8]| match values.get(name) {
            Some(value) => {
                used.insert(name.to_vec());
                Some(value.clone())
            }
            None => environment(name),
        };
        expand_macros(value, look_up, |name, why| {
            let (severity, why) = match why {
                Unreplaced::Unknown => {
                    (Severity::Warning, "is neither an earlier key nor in the environment")
                }
                Unreplaced::TooLong => (Severity::Error, "stays as written: the value is too long with it"),
            };
            report.add(severity, Some(origin), || format!("$({}) {why}", name.as_bstr()));
        })
    }

    fn pair(&mut self, key: &'t BStr, value: &[u8], origin: &Origin) {
        if key.starts_with(b"worker.") {
            self.worker_property(key, origin);
        } else if is_variable(key) {
            self.variables.push((key, origin.clone()));
        } else {
            self.rule(key, value, origin);
        }
    }

    fn worker_property(&mut self, key: &BStr, origin: &Origin) {
        if (self.known_property)(key) {
            self.strays.take(Some(stray::StrayKind::Property), origin);
        } else {
            self.error(origin, || format!("{key} is neither a URI pattern nor a worker property"));
        }
    }

    fn rule(&mut self, key: &BStr, value: &[u8], origin: &Origin) {
        let rules = match Rule::file_line(key, value, origin, self.report) {
            Ok(rules) => rules,
            Err(error) => return self.error(origin, || error.to_string()),
        };
        let new = rules.first().cloned();
        let old = self.definitions.define(rules).and_then(|old| old.into_iter().next());
        if let Some(text) = old.zip(new).and_then(|(old, new)| describe_replaced(&old, &new)) {
            self.warn(origin, || text);
        }
        if self.definitions.len() > MAX_DEFINITIONS {
            self.error(origin, || format!("more than {MAX_DEFINITIONS} rules"));
        }
    }

    fn warn(&mut self, origin: &Origin, message: impl FnOnce() -> String) {
        self.report.add(Severity::Warning, Some(origin), message);
    }

    fn error(&mut self, origin: &Origin, message: impl FnOnce() -> String) {
        self.report.add(Severity::Error, Some(origin), message);
    }

    fn finish(self) -> Vec<Rule> {
        for (name, origin) in self.variables.iter().filter(|(name, _)| !self.used.contains(name.as_bytes())) {
            self.report.add(Severity::Warning, Some(origin), || {
                format!("{name} is ignored: no URI pattern, and not used as a macro")
            });
        }
        self.strays.tell(self.report);
        if self.ignored && self.definitions.is_empty() {
            let whole_file = Origin::new(self.file, 0);
            self.report.error(Some(&whole_file), "no line is a rule, expected pattern=worker");
        }
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
