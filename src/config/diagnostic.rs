//! Complaints about configuration: where, how bad, what was expected, and the nearest valid word.
//!
//! Parsers push [`Diagnostic`]s into a [`Report`]; who runs them (configtest, start-up, a map reload) decides
//! where they are printed and whether warnings are fatal (`JkConfigCheck`).

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::text::Counted;

/// Most complaints of one severity that a limited report keeps.
pub const MAX_KEPT: usize = 20;

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
///
/// A limited one keeps the first few of each severity; of the others it counts, but does not work out, the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    limit: Option<usize>,
    /// Warnings and errors beyond the limit.
    dropped: [usize; 2],
}

impl Report {
    /// A report that keeps [`MAX_KEPT`] errors and as many warnings.
    pub fn limited() -> Self {
        Self { limit: Some(MAX_KEPT), ..Self::default() }
    }

    /// Adds an error.
    pub fn error(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        self.add(Severity::Error, origin, || message.into());
    }

    /// Adds a warning.
    pub fn warn(&mut self, origin: Option<&Origin>, message: impl Into<String>) {
        self.add(Severity::Warning, origin, || message.into());
    }

    /// Adds a complaint whose text is worked out only if it is kept.
    pub fn add(&mut self, severity: Severity, origin: Option<&Origin>, message: impl FnOnce() -> String) {
        if self.limit.is_some_and(|limit| self.kept(severity) >= limit) {
            self.dropped[severity as usize] += 1;
            return;
        }
        let message = printable(message());
        self.diagnostics.push(Diagnostic { severity, origin: origin.cloned(), message });
    }

    /// Ends a limited report about `file`: says how many complaints were not kept.
    pub fn closed(mut self, file: &Arc<str>) -> Self {
        let origin = Origin::new(file, 0);
        self.limit = None;
        for (severity, word) in [(Severity::Error, "further error"), (Severity::Warning, "further warning")] {
            if let more @ 1.. = std::mem::take(&mut self.dropped[severity as usize]) {
                self.add(severity, Some(&origin), || Counted(more as u64, word).to_string());
            }
        }
        self
    }

    /// The same, with those complaints at `origin` that have no place of their own.
    pub fn placed(mut self, origin: &Origin) -> Self {
        for diagnostic in self.diagnostics.iter_mut().filter(|diagnostic| diagnostic.origin.is_none()) {
            diagnostic.origin = Some(origin.clone());
        }
        self
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

    /// Keeps the first complaint alone of each line that `is_doubted`, as severe as those that only follow from it.
    pub fn keep_first_of(&mut self, is_doubted: impl Fn(&Origin) -> bool) {
        let mut first: HashMap<Origin, usize> = HashMap::new();
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(self.diagnostics.len());
        for diagnostic in self.diagnostics.drain(..) {
            match diagnostic.origin.as_ref().filter(|origin| is_doubted(origin)) {
                Some(origin) => match first.get(origin) {
                    Some(index) => kept[*index].severity = kept[*index].severity.max(diagnostic.severity),
                    None => {
                        first.insert(origin.clone(), kept.len());
                        kept.push(diagnostic);
                    }
                },
                None => kept.push(diagnostic),
            }
        }
        self.diagnostics = kept;
    }

    /// Tells whether there is a complaint about `origin`.
    pub fn is_about(&self, origin: &Origin) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.origin.as_ref() == Some(origin))
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
        self.kept(Severity::Error) > 0
    }

    /// How many complaints of `severity` there were, kept or not.
    pub fn count(&self, severity: Severity) -> usize {
        self.kept(severity) + self.dropped[severity as usize]
    }

    fn kept(&self, severity: Severity) -> usize {
        self.iter().filter(|diagnostic| diagnostic.severity == severity).count()
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
    let letters = letters_of(&word);
    candidates
        .into_iter()
        // One edit changes at most four octets, and takes one letter for another: most names need no closer look.
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= 4 * limit)
        .filter(|candidate| (letters ^ letters_of(candidate)).count_ones() as usize <= 2 * limit)
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(word: &str, candidate: &str) -> usize {
    #[cfg(test)]
    work::count();
    strsim::osa_distance(word, &candidate.to_lowercase())
}

/// The set of ASCII letters and signs in a word, without case, as bits.
fn letters_of(word: &str) -> u64 {
    let letters = word.bytes().filter(u8::is_ascii);
    letters.fold(0, |set, letter| set | 1 << (letter.to_ascii_lowercase() & 63))
}

/// Finds the candidate that `word` makes longer or shorter, as `warning` does `warn`.
pub fn extends<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    const LEAST: usize = 3;
    let word = word.to_lowercase();
    let is_near = |candidate: &&&str| word.starts_with(**candidate) || candidate.starts_with(word.as_str());
    candidates.iter().find(|candidate| word.len() >= LEAST && is_near(candidate)).copied()
}

/// Words the suggestion as the tail of a message: `, did you mean ajp13?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|found| format!(", did you mean {found}?")).unwrap_or_default()
}

/// How many distances this thread has worked out: what a check costs, however fast the machine is.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local! {
        static DISTANCES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        DISTANCES.set(DISTANCES.get() + 1);
    }

    pub(crate) fn distances() -> usize {
        DISTANCES.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limited_report_counts_what_it_does_not_keep() {
        let mut report = Report::limited();
        let mut worked_out = 0;
        for number in 0..50 {
            report.add(Severity::Warning, None, || {
                worked_out += 1;
                number.to_string()
            });
        }
        report.error(None, "an error behind many warnings");
        assert_eq!((worked_out, report.count(Severity::Warning), report.count(Severity::Error)), (20, 50, 1));
        let shown: Vec<_> = report.closed(&"map".into()).iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 22);
        assert_eq!(shown[19..], ["19", "an error behind many warnings", "map: 30 further warnings"]);
    }

    #[test]
    fn nearest_suggests_transposed_letters_only_when_close() {
        assert_eq!(nearest("apj13", ["ajp13", "lb", "status"]), Some("ajp13"));
        assert_eq!(nearest("wokrer1", ["worker1", "worker2"]), Some("worker1"));
        assert_eq!(nearest("something", ["ajp13", "lb"]), None);
        assert_eq!(nearest("XÖ12", ["xö1", "12"]), Some("xö1"));
        assert_eq!(nearest("ajpWorker", ["ssoWorker"]), None, "half of it is another word");
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
