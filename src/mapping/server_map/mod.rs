//! The rules of one server: those of its configuration, and those of its map file, kept current.
//!
//! Any thread may look up while one looks at the file. A look-up works on the map it took; a new map is built aside
//! and put in its place in one step. Who looks, and when, is up to the caller: no request does. Rules:
//! "uri-mapping, section 9" and "decisions, row 2".

mod file;
mod gist;
mod watch;
mod watched;

use std::hash::Hash;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::map_file::KnownProperty;
use super::{Rule, RuleMap};
use crate::config::{Report, Severity};
use crate::log;
use crate::log::Context;
use crate::rights;
use crate::rights::Wish;
use crate::text::Counted;
pub use watch::Moment;
use watch::{hash, Watch, LATEST, SETTLE};
use watched::{Found, Version, WatchedFile};

/// Checks the rules of a map file against the workers; see [`WorkerCheck`](super::WorkerCheck). Errors keep the
/// file from being taken.
pub type Validate<'a> = &'a dyn Fn(&[Rule], &mut Report);

/// A JkMountFile.
#[derive(Clone, Debug)]
pub struct MapFile {
    /// Where it is.
    pub path: PathBuf,
    /// JkMountFileReload; `None` (0) never looks again.
    pub reload: Option<Duration>,
    /// Recognises worker properties that strayed into it.
    pub known_property: KnownProperty,
}

/// Who looks at a map file while the server runs.
#[derive(Clone, Copy)]
pub struct Watcher<'a> {
    /// Checks new rules.
    pub validate: Validate<'a>,
    /// Tells whether no other process has this news yet: each looks, and one tells.
    pub is_first: &'a dyn Fn(Subject, u64) -> bool,
    /// Where it is told.
    pub log: Context<'a>,
}

/// What news of a map file are about. Processes with different rights may differ about one and agree on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What is in it.
    Content,
    /// Whether it can be read.
    Access,
}

impl Watcher<'_> {
    fn is_first(&self, subject: Subject, news: impl Hash) -> bool {
        (self.is_first)(subject, hash(news))
    }
}

/// What a look at a map file came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The text that it put in force, if there was a new one.
    pub taken: Option<Vec<u8>>,
    /// What no other process has found before, about a new version.
    pub news: Option<News>,
    /// How long until the next look; `None` if none is needed.
    pub next: Option<Duration>,
}

/// What became of a new version of a map file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It is in force, with so many rules.
    Taken(usize),
    /// It is not taken, and why.
    Refused(String),
}

/// What one server, main or virtual, maps to workers.
#[derive(Debug)]
pub struct ServerMap {
    configured: Vec<Arc<Rule>>,
    file: Option<WatchedFile>,
    current: ArcSwap<RuleMap>,
}

impl ServerMap {
    /// Compiles the rules of the configuration, given in definition order. The map file is not read yet.
    pub fn new(configured: Vec<impl Into<Arc<Rule>>>, file: Option<MapFile>) -> Self {
        let configured: Vec<_> = configured.into_iter().map(Into::into).collect();
        let map = RuleMap::new(configured.iter().cloned());
        Self { configured, file: file.map(WatchedFile::new), current: ArcSwap::from_pointee(map) }
    }

    /// Tells whether it was made of these rules of the configuration, and of this map file.
    pub fn is_made_of(&self, configured: &[Arc<Rule>], file: Option<&MapFile>) -> bool {
        let is_of_file = match (&self.file, file) {
            (Some(own), Some(file)) => own.path == file.path && own.reload == file.reload,
            (None, None) => true,
            _ => false,
        };
        is_of_file && self.configured == configured
    }

    /// The map in force, whole; it stays as it is while it is held.
    pub fn current(&self) -> Arc<RuleMap> {
        self.current.load_full()
    }

    /// Finds the rule for a normalised URI.
    pub fn lookup(&self, uri: &[u8]) -> Option<Arc<Rule>> {
        self.current.load().lookup(uri).cloned()
    }

    /// Reads the map file where no rules of it are in force. If lines of it are wrong, which is told to `report`, the
    /// others are in force. With `waits`, a file that was changed right now is waited for.
    ///
    /// Returns the text if there is nothing wrong with it.
    pub fn load(&self, waits: bool, validate: Validate<'_>, report: &mut Report) -> Option<Vec<u8>> {
        let file = self.file.as_ref()?;
        let limit = if waits { LATEST } else { Duration::ZERO };
        let mut watch = file.watch.lock();
        let looks_whole = |text: &[u8]| {
            let (rules, report) = file.parse(text, validate);
            is_whole(&rules, &report)
        };
        let pause = |rest| {
            sleep(rest);
            Moment::now()
        };
        match file.first(&mut watch, limit, looks_whole, pause) {
            Ok(version) => {
                if !version.settled {
                    report.warn(Some(&file.origin()), never_settles());
                }
                let (rules, found) = file.parse(&version.text, validate);
                let is_right = !found.has_errors();
                report.append(found.closed(&file.name));
                self.install(&mut watch, &version.text, rules);
                is_right.then_some(version.text)
            }
            Err(error) => {
                report.error(None, unreadable(file, &error));
                None
            }
        }
    }

    /// Reads the map file where the rules of an earlier version, `in_force`, are in force: they stay if the file is
    /// broken, which is told to `report`, and until it has settled. Returns the text whose rules are in force then.
    pub fn reload(&self, in_force: &[u8], validate: Validate<'_>, report: &mut Report) -> Option<Vec<u8>> {
        let file = self.file.as_ref()?;
        let mut watch = file.watch.lock();
        watch.put_in_force(in_force);
        match file.look(&mut watch, Moment::now()) {
            Ok(Found::Ready(Version { stamp, text, .. })) => {
                watch.decide(stamp);
                let (rules, found) = file.parse(&text, validate);
                let is_right = !found.has_errors();
                report.append(found.closed(&file.name));
                if is_right {
                    if watch.is_emptied(&text, &rules) {
                        report.warn(Some(&file.origin()), EMPTIED);
                    }
                    self.install(&mut watch, &text, rules);
                    return Some(text);
                }
                watch.refuse();
            }
            Ok(Found::Known | Found::Pending(_)) => {}
            Err((_, error)) => report.error(None, unreadable(file, &error)),
        }
        drop(watch);
        self.restore(in_force)
    }

    /// Puts `text`, an earlier version of the map file, in force in place of what is on disk now. Returns it.
    pub fn restore(&self, text: &[u8]) -> Option<Vec<u8>> {
        let file = self.file.as_ref()?;
        // It was checked when it was current; what its warnings were is known.
        self.install(&mut file.watch.lock(), text, file.parse(text, &|_, _| {}).0);
        Some(text.to_vec())
    }

    /// Tells whether the rules of `text` pass `validate`.
    pub fn accepts(&self, text: &[u8], validate: Validate<'_>) -> bool {
        self.file.as_ref().is_some_and(|file| !file.parse(text, validate).1.has_errors())
    }

    /// Path of the map file.
    pub fn file_path(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| &*file.path)
    }

    /// Tells whether the map file has to be looked at: now and then, or until it has settled.
    pub fn is_watched(&self) -> bool {
        self.reload_interval().is_some() || self.is_pending()
    }

    /// How often the map file is looked at; `None` if it is not, or until it has settled only.
    pub fn reload_interval(&self) -> Option<Duration> {
        self.file.as_ref()?.reload
    }

    /// Tells whether a version of the map file was seen that may still be being written.
    pub fn is_pending(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.watch.lock().is_pending())
    }

    /// What the last look at the map file found: a number that is the same in all processes for the same version, and for
    /// the same reason why there is none; 0 before the first look.
    pub fn found(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.watch.lock().found())
    }

    /// What messages call the map file.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_ref().map(|file| &*file.name)
    }

    /// Looks at the map file, and takes a new version.
    pub fn look(&self, now: Moment, watcher: &Watcher<'_>) -> Look {
        let Some(file) = &self.file else { return Look::default() };
        let mut watch = file.watch.lock();
        let (mut look, log) = (Look::default(), watcher.log);
        let found = file.look(&mut watch, now);
        if found.is_ok() && watch.is_readable_again() && watcher.is_first(Subject::Access, "readable") {
            log!(log, Info, [Path = file.name], "map file {} can be read again", file.name);
        }
        match found {
            Ok(Found::Known) => {}
            Ok(Found::Pending(pause)) => look.next = Some(pause),
            Ok(Found::Ready(version)) => {
                (look.taken, look.news) = self.take(file, &mut watch, version, watcher);
            }
            Err((stamp, error)) => {
                let why = (stamp, error.kind());
                if watch.fails(why, now) && watcher.is_first(Subject::Access, why) {
                    let text = unreadable(file, &error);
                    log!(log, Error, "{text}; {KEPT}");
                    look.news = Some(News::Refused(text));
                }
            }
        }
        if watch.is_overdue_now(now) && watcher.is_first(Subject::Content, "overdue") {
            log!(
                log,
                Error,
                [Path = file.name],
                "map file {} changes all the time and is never found whole; {KEPT}",
                file.name
            );
        }
        look.next = look.next.or(if watch.is_pending() { Some(SETTLE) } else { file.reload });
        look
    }

    /// Puts a version in force, or says why not; returns its text if it is a new one, and what is news about it.
    fn take(
        &self,
        file: &WatchedFile,
        watch: &mut Watch,
        version: Version,
        watcher: &Watcher<'_>,
    ) -> (Option<Vec<u8>>, Option<News>) {
        let (Version { stamp, text, settled }, log) = (version, watcher.log);
        if watch.is_in_force(&text) || !settled && watch.says_what_is_in_force(&text) {
            watch.decide(stamp);
            if watch.is_right_again() && watcher.is_first(Subject::Content, stamp) {
                log!(
                    log,
                    Info,
                    [Path = file.name],
                    "map file {} is right again: it holds the rules in force",
                    file.name
                );
            }
            return (None, None);
        }
        let (rules, report) = file.parse(&text, watcher.validate);
        if !settled && !is_whole(&rules, &report) {
            watch.start_over();
            return (None, None);
        }
        watch.decide(stamp);
        let is_first = watcher.is_first(Subject::Content, stamp);
        if report.has_errors() {
            watch.refuse();
            log!(log, Debug, [Path = file.name], "map file {} is refused by this process", file.name);
            return (None, is_first.then(|| refuse(&file.name, &report, log)).flatten());
        }
        let mut warnings = report.closed(&file.name);
        if watch.is_emptied(&text, &rules) {
            warnings.warn(Some(&file.origin()), EMPTIED);
        }
        watch.is_right_again();
        let count = rules.len();
        is_first.then(|| tell_change(&file.name, settled, count, warnings, log));
        log!(log, Debug, [Path = file.name], "map file {} is in force in this process", file.name);
        self.install(watch, &text, rules);
        (Some(text), is_first.then_some(News::Taken(count)))
    }

    fn install(&self, watch: &mut Watch, text: &[u8], rules: Vec<Rule>) {
        watch.put_in_force(text);
        let rules = rules.into_iter().map(Arc::new);
        self.current.store(Arc::new(RuleMap::new(self.configured.iter().cloned().chain(rules))));
    }
}

/// The consequence of every fault.
const KEPT: &str = "the rules read before stay in force";

/// What is said of a file that had rules.
const EMPTIED: &str = "no rule is left in it, so none of it is in force any more";

/// Tells whether a text with these rules does not look as if it were being written.
fn is_whole(rules: &[Rule], report: &Report) -> bool {
    !rules.is_empty() && !report.has_errors()
}

fn never_settles() -> String {
    let often = SETTLE.as_secs();
    format!(
        "it keeps changing, never {often} s without a change: taken as it was found. A new version is better written \
         aside and moved into place"
    )
}

fn unreadable(file: &WatchedFile, error: &Error) -> String {
    let why = rights::reason(error, &file.path, Wish::Configuration);
    format!("map file {} can't be read: {why}", file.name)
}

/// Tells that a new version with so many `rules` is in force.
fn tell_change(name: &str, settled: bool, rules: usize, warnings: Report, log: Context<'_>) {
    if !settled {
        log!(log, Warn, "{name}: {}", never_settles());
    }
    warnings.iter().for_each(|warning| log!(log, Warn, "{warning}"));
    log!(log, Info, [Path = name], "map file {name} has changed: {}", Counted(rules as u64, "rule"));
}

/// Tells why a version is not taken.
fn refuse(name: &str, report: &Report, log: Context<'_>) -> Option<News> {
    let mut errors = report.iter().filter(|complaint| complaint.severity == Severity::Error);
    let first = errors.next()?;
    let further = match report.count(Severity::Error) as u64 - 1 {
        0 => String::new(),
        more => format!(" ({} as well)", Counted(more, "other error")),
    };
    log!(log, Error, [Path = name], "map file {name} is not taken, {KEPT}: {first}{further}");
    Some(News::Refused(format!("not taken: {first}{further}")))
}

#[cfg(test)]
mod tests;
