//! A map file and what is known about its versions: one look at it, and waiting for it at a start.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::file::{self, Content, Stamp};
use super::watch::{Maturity, Moment, Watch, GLANCE, SETTLE};
use super::{MapFile, Validate};
use crate::config::{Origin, Report};
use crate::mapping::map_file::{self, KnownProperty};
use crate::mapping::Rule;

#[derive(Debug)]
pub(super) struct WatchedFile {
    pub(super) path: PathBuf,
    pub(super) name: Arc<str>,
    known_property: KnownProperty,
    pub(super) reload: Option<Duration>,
    pub(super) watch: Mutex<Watch>,
}

/// What a look at the file found.
pub(super) enum Found {
    /// The version that was decided on.
    Known,
    /// One that may still be being written: look again after this time.
    Pending(Duration),
    /// One that can be decided on.
    Ready(Version),
}

/// A version of the file.
pub(super) struct Version {
    pub(super) stamp: Stamp,
    pub(super) text: Vec<u8>,
    /// It has settled; of a file that never does it is what looks agree on.
    pub(super) settled: bool,
}

impl WatchedFile {
    pub(super) fn new(file: MapFile) -> Self {
        Self {
            name: file.path.to_string_lossy().into(),
            path: file.path,
            known_property: file.known_property,
            reload: file.reload.filter(|reload| !reload.is_zero()),
            watch: Mutex::default(),
        }
    }

    /// The file as a whole, for complaints.
    pub(super) fn origin(&self) -> Origin {
        Origin::new(&self.name, 0)
    }

    /// The rules of `text`, and a limited report about them.
    pub(super) fn parse(&self, text: &[u8], validate: Validate<'_>) -> (Vec<Rule>, Report) {
        let mut report = Report::limited();
        let rules = map_file::parse(text, &self.name, self.known_property, &mut report);
        validate(&rules, &mut report);
        // A pattern `/x|/*` is two rules of one line.
        report.drop_repeated();
        (rules, report)
    }

    /// Looks at the file once; a fault comes with the version that has it, if there is one.
    pub(super) fn look(&self, watch: &mut Watch, now: Moment) -> Result<Found, (Option<Stamp>, io::Error)> {
        let stamp = Stamp::of_path(&self.path).map_err(|error| (None, error))?;
        let read = || file::read(&self.path).map_err(|error| (Some(stamp), error));
        match watch.judge(stamp, now) {
            Maturity::Known => Ok(Found::Known),
            Maturity::Young(pause) => {
                watch.note(&read()?.text);
                Ok(Found::Pending(pause))
            }
            // What was read must be the version that was judged, not one that came right after.
            Maturity::Ripe => Ok(match read()? {
                Content { stamp: found, text, changed: false } if found == stamp => {
                    Found::Ready(Version { stamp, text, settled: true })
                }
                _ => Found::Pending(SETTLE),
            }),
            Maturity::Restless => Ok(restless(watch, read()?, now)),
        }
    }

    /// Waits until the file has settled, or looks agree on what `is_whole`, but no longer than `limit`; then the
    /// fullest text that was found is taken. `pause` waits, and tells what time it is then.
    pub(super) fn first(
        &self,
        watch: &mut Watch,
        limit: Duration,
        is_whole: impl Fn(&[u8]) -> bool,
        pause: impl Fn(Duration) -> Moment,
    ) -> io::Result<Version> {
        let start = pause(Duration::ZERO);
        let mut now = start;
        while now.steady - start.steady < limit {
            let rest = match self.look(watch, now) {
                Ok(Found::Ready(version)) if version.settled || is_whole(&version.text) => {
                    watch.decide(version.stamp);
                    return Ok(version);
                }
                Ok(Found::Ready(_)) => {
                    watch.start_over();
                    GLANCE
                }
                Ok(Found::Pending(rest)) => rest,
                // It may be gone for a moment while it is being replaced.
                Err(_) if watch.is_pending() => GLANCE,
                Err((_, error)) => return Err(error),
                Ok(Found::Known) => break,
            };
            now = pause(rest);
        }
        let Content { stamp, text, .. } = file::read(&self.path)?;
        watch.note(&text);
        let text = watch.give_up().unwrap_or(text);
        Ok(Version { stamp, text, settled: limit.is_zero() })
    }
}

fn restless(watch: &mut Watch, content: Content, now: Moment) -> Found {
    let Content { stamp, text, changed } = content;
    match watch.agrees((!changed).then_some(&text), now) {
        true => Found::Ready(Version { stamp, text, settled: false }),
        false => Found::Pending(GLANCE),
    }
}
