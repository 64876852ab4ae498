//! Complaints about configuration: where, how bad, what was expected, and the nearest valid word.
//!
//! Parsers push [`Diagnostic`]s into a [`Report`]; who runs them (configtest, start-up, a map reload) decides
//! where they are printed and whether warnings are fatal (`JkConfigCheck`).

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// Longest message in characters: with its origin it fits a line of the log.
const MAX_MESSAGE: usize = 800;

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// File name as the administrator knows it.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 means the file as a whole.
    pub line: u32,
}

impl Origin {
    /// Names line `line` of `file`.
    pub fn new(file: &Arc<str>, line: u32) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// How bad a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The original swallows it silently; the server starts.
    Warning,
    /// The server does not start, and `configtest` fails.
    Error,
}

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Whether start-up fails.
    pub severity: Severity,
    /// Where it was written, if it was written anywhere.
    pub origin: Option<Origin>,
    /// What is wrong, what was expected, and the nearest valid word.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// All complaints of one check, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds an error.
    pub fn error(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        self.push(Severity::Error, origin, message.into());
    }

    /// Adds a warning.
    pub fn warn(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        self.push(Severity::Warning, origin, message.into());
    }

    fn push(&mut self, severity: Severity, origin: Option<&Origin>, message: String) {
        self.diagnostics.push(Diagnostic { severity, origin: origin.cloned(), message: printable(message) });
    }

    /// Appends everything of `other`.
    pub fn append(&mut self, mut other: Report) {
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// Drops complaints that were made before, word by word: a template is read by all who refer to it.
    pub fn drop_repeated(&mut self) {
        let mut seen = HashSet::new();
        self.diagnostics.retain(|diagnostic| seen.insert(diagnostic.clone()));
    }

    /// Puts the complaints into the order of the lines that they are about, file after file as they came up; those
    /// about no line come first.
    pub fn sort(&mut self) {
        let mut files: HashMap<Arc<str>, usize> = HashMap::new();
        for origin in self.diagnostics.iter().filter_map(|diagnostic| diagnostic.origin.as_ref()) {
            let next = files.len();
            files.entry(Arc::clone(&origin.file)).or_insert(next);
        }
        self.diagnostics.sort_by_key(|diagnostic| {
            diagnostic.origin.as_ref().map(|origin| (files.get(&origin.file).copied(), origin.line))
        });
    }

    /// Tells whether any complaint is an error.
    pub fn has_errors(&self) -> bool {
        self.iter().any(|d| d.severity == Severity::Error)
    }

    /// Tells whether there is nothing to complain about.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The complaints, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.diagnostics.iter()
    }
}

/// Makes a message fit for terminals and logs, whatever words of a broken file it quotes.
fn printable(message: String) -> String {
    if message.len() <= MAX_MESSAGE && !message.chars().any(char::is_control) {
        return message;
    }
    message.chars().take(MAX_MESSAGE).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Finds the candidate that a misspelt `word` most likely meant, if any is near enough to suggest.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = match word.chars().count() {
        0 | 1 => 0,
        length => (length / 3).clamp(1, 2),
    };
    candidates
        .into_iter()
        // One edit changes at most four octets: names of other lengths need no closer look.
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= 4 * limit)
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Words the suggestion as the tail of a message: `, did you mean ajp13?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|found| format!(", did you mean {found}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_suggests_transposed_letters_only_when_close() {
        assert_eq!(nearest("apj13", ["ajp13", "lb", "status"]), Some("ajp13"));
        assert_eq!(nearest("wokrer1", ["worker1", "worker2"]), Some("worker1"));
        assert_eq!(nearest("something", ["ajp13", "lb"]), None);
    }

    #[test]
    fn messages_are_bounded_and_printable() {
        let mut report = Report::default();
        report.warn(None, format!("a\x1B[1mb{}", "x".repeat(10_000)));
        let message = &report.iter().next().expect("one complaint").message;
        assert!(message.starts_with("a?[1mbxxx"));
        assert_eq!(message.len(), MAX_MESSAGE);
    }

    #[test]
    fn origin_without_line_is_the_file() {
        let file: Arc<str> = "conf/workers.properties".into();
        assert_eq!(Origin::new(&file, 0).to_string(), "conf/workers.properties");
        assert_eq!(Origin::new(&file, 7).to_string(), "conf/workers.properties:7");
    }
}
