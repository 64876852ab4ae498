//! The rules of one server: those of its configuration, and those of its map file, kept current.
//!
//! Any thread may look up and check for a reload at the same time. A look-up works on the map it took; a new map
//! is built aside and put in its place in one step. Rules: "uri-mapping, section 9" and "decisions, row 2".

mod file;
mod schedule;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::map_file::{self, KnownProperty};
use super::{Rule, RuleMap};
use crate::config::{Report, Severity};
use crate::log;
use crate::log::Context;
use crate::text::{Counted, Reason};
use file::Stamp;
use schedule::Schedule;
use watch::{Verdict, Watch, SETTLE};

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

/// What one server, main or virtual, maps to workers.
#[derive(Debug)]
pub struct ServerMap {
    configured: Vec<Arc<Rule>>,
    file: Option<WatchedFile>,
    current: ArcSwap<RuleMap>,
}

#[derive(Debug)]
struct WatchedFile {
    path: PathBuf,
    name: Arc<str>,
    known_property: KnownProperty,
    schedule: Schedule,
    watch: Mutex<Watch>,
}

impl ServerMap {
    /// Compiles the rules of the configuration, given in definition order. The map file is not read yet.
    pub fn new(configured: Vec<Rule>, file: Option<MapFile>) -> Self {
        let configured: Vec<_> = configured.into_iter().map(Arc::new).collect();
        let map = RuleMap::new(configured.iter().cloned());
        Self { configured, file: file.map(WatchedFile::new), current: ArcSwap::from_pointee(map) }
    }

    /// The map in force, whole; it stays as it is while it is held.
    pub fn current(&self) -> Arc<RuleMap> {
        self.current.load_full()
    }

    /// Finds the rule for a normalised URI.
    pub fn lookup(&self, uri: &[u8]) -> Option<Arc<Rule>> {
        self.current.load().lookup(uri).cloned()
    }

    /// Reads the map file when the server starts or checks its configuration. If lines of it are wrong, which is
    /// told to `report`, the others are in force: at a start there is no earlier version to keep.
    ///
    /// A file that was changed right now, and is empty or broken, is probably being written: this waits until it is
    /// whole, but no longer than a reload would. Returns the text if there is nothing wrong with it.
    pub fn load_initial(&self, validate: Validate<'_>, report: &mut Report) -> Option<Vec<u8>> {
        const PAUSE: Duration = Duration::from_millis(50);
        let file = self.file.as_ref()?;
        let mut watch = file.watch.lock();
        let mut first = file.read_first(&mut watch, SystemTime::now(), validate);
        for _ in 0..SETTLE.as_millis() / PAUSE.as_millis() {
            if first.is_settled || first.is_whole() {
                break;
            }
            sleep(PAUSE);
            first = file.read_first(&mut watch, SystemTime::now(), validate);
        }
        let is_right = !first.report.has_errors();
        report.append(first.report);
        self.install(first.rules);
        file.schedule.look_again(SystemTime::now(), !first.is_settled);
        is_right.then_some(first.text)
    }

    /// Puts `text` in force, an earlier version of the map file, in place of the broken one that is on disk now.
    pub fn restore(&self, text: &[u8]) {
        if let Some(file) = &self.file {
            // It was checked when it was current; what its warnings were is known.
            self.install(file.parse(text, &|_, _| {}).0);
        }
    }

    /// Looks at the map file if its reload interval has passed, and takes a new version.
    ///
    /// Cheap when it has not. One caller looks, the others go on with the current map.
    pub fn check_reload(&self, now: SystemTime, validate: Validate<'_>, log: Context<'_>) {
        let Some(file) = self.file.as_ref().filter(|file| file.schedule.is_due(now)) else { return };
        if let Some(mut watch) = file.watch.try_lock() {
            self.look(file, &mut watch, now, validate, log);
        }
    }

    /// Looks at the map file whatever its reload interval is, as the status page does.
    pub fn force_check(&self, now: SystemTime, validate: Validate<'_>, log: Context<'_>) {
        if let Some(file) = &self.file {
            self.look(file, &mut file.watch.lock(), now, validate, log);
        }
    }

    fn look(
        &self,
        file: &WatchedFile,
        watch: &mut Watch,
        now: SystemTime,
        validate: Validate<'_>,
        log: Context<'_>,
    ) {
        let found = Stamp::of_path(&file.path);
        let stamp = found.as_ref().ok().copied();
        let content = match found.map(|stamp| watch.judge(stamp, now)) {
            Ok(Verdict::Known) => return,
            Ok(Verdict::Young) => Ok(None),
            // What was read must be the version that was judged, not one that came right after.
            Ok(Verdict::Ripe) => {
                file::read(&file.path).map(|read| read.filter(|(read, _)| Some(*read) == stamp))
            }
            Err(error) => Err(error),
        };
        match content {
            Ok(Some((stamp, text))) => {
                watch.decide(stamp);
                self.take(file, &text, validate, log);
            }
            Ok(None) => file.schedule.look_again(now, true),
            Err(error) if watch.is_news((stamp, error.kind())) => {
                log!(log, Error, "{}; {KEPT}", unreadable(&file.name, &error));
            }
            Err(_) => {}
        }
    }

    /// Puts a new version in force, or says why not.
    fn take(&self, file: &WatchedFile, text: &[u8], validate: Validate<'_>, log: Context<'_>) {
        let (rules, report) = file.parse(text, validate);
        let mut errors = report.iter().filter(|complaint| complaint.severity == Severity::Error);
        if let Some(first) = errors.next() {
            let further = match report.count(Severity::Error) as u64 - 1 {
                0 => String::new(),
                more => format!(" ({} as well)", Counted(more, "other error")),
            };
            log!(log, Error, "{first}{further}; {KEPT}");
            return;
        }
        report.closed(&file.name).iter().for_each(|warning| log!(log, Warn, "{warning}"));
        log!(log, Info, "map file {} has changed: {}", file.name, Counted(rules.len() as u64, "rule"));
        self.install(rules);
    }

    fn install(&self, file_rules: Vec<Rule>) {
        let file_rules = file_rules.into_iter().map(Arc::new);
        self.current.store(Arc::new(RuleMap::new(self.configured.iter().cloned().chain(file_rules))));
    }
}

/// The consequence of every fault.
const KEPT: &str = "the rules read before stay in force";

fn unreadable(name: &str, error: &std::io::Error) -> String {
    format!("map file {name} can't be read: {}", Reason(error))
}

/// The map file as it was found at start.
struct FirstRead {
    text: Vec<u8>,
    rules: Vec<Rule>,
    report: Report,
    is_settled: bool,
}

impl FirstRead {
    fn failed(complaint: String, is_settled: bool) -> Self {
        let mut report = Report::default();
        report.error(None, complaint);
        Self { text: Vec::new(), rules: Vec::new(), report, is_settled }
    }

    /// Tells whether the file does not look as if it were being written.
    fn is_whole(&self) -> bool {
        !self.rules.is_empty() && !self.report.has_errors()
    }
}

impl WatchedFile {
    fn new(file: MapFile) -> Self {
        Self {
            name: file.path.to_string_lossy().into(),
            path: file.path,
            known_property: file.known_property,
            schedule: Schedule::new(file.reload),
            watch: Mutex::default(),
        }
    }

    /// The rules of `text`, and a limited report about them.
    fn parse(&self, text: &[u8], validate: Validate<'_>) -> (Vec<Rule>, Report) {
        let mut report = Report::limited();
        let rules = map_file::parse(text, &self.name, self.known_property, &mut report);
        validate(&rules, &mut report);
        (rules, report)
    }

    /// Reads it whatever its age; a version that has not settled will be looked at again.
    fn read_first(&self, watch: &mut Watch, now: SystemTime, validate: Validate<'_>) -> FirstRead {
        match file::read(&self.path) {
            Ok(Some((stamp, text))) => {
                let is_settled = watch.has_settled(stamp, now);
                if is_settled {
                    watch.decide(stamp);
                }
                let (rules, report) = self.parse(&text, validate);
                FirstRead { text, rules, report: report.closed(&self.name), is_settled }
            }
            Ok(None) => FirstRead::failed(format!("map file {} changes while it is read", self.name), false),
            Err(error) => FirstRead::failed(unreadable(&self.name, &error), true),
        }
    }
}

#[cfg(test)]
mod tests;
