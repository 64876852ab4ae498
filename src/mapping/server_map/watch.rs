//! What is known about the versions of a map file: the one decided on, those that are still young, and the last
//! fault that was logged.
//!
//! A file that is written in several steps must not be taken half. So it is taken when its last change is
//! [`SETTLE`] old. One that never gets that old is taken, once it was watched for [`PATIENCE`], when looks find the
//! same in it for [`AGREE`], and no less than they found, or than was in force, at any time of the last [`MEMORY`]
//! that it was watched for: of the states that a writer leaves again and again, the fullest is whole. Rules:
//! "decisions, row 2".

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::time::{Duration, Instant, SystemTime};

use super::file::Stamp;
use super::gist::{Fullness, Gist};
use crate::mapping::Rule;

/// How old the last change of a file must be before the file is taken.
pub(super) const SETTLE: Duration = Duration::from_secs(1);

/// For how long a file must have been young before it counts as one that never settles; and for how long that one must
/// have been watched, so that all states that a writer leaves for a moment were seen.
const PATIENCE: Duration = Duration::from_secs(3);

/// For how long looks must find the same content in a file that never settles.
pub(super) const AGREE: Duration = Duration::from_millis(200);

/// Between those looks. More than two see a writer who comes back as often as they do.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

/// When something must have been taken, or said.
pub(super) const LATEST: Duration = Duration::from_secs(10);

/// Who did not look for this long does not know whether the file had settled meanwhile.
const ABSENCE: Duration = Duration::from_secs(2);

/// For how long a file that never settles must be seen with less in it than before until it is taken so.
const MEMORY: Duration = Duration::from_secs(60);

/// Shortest pause before a young file is looked at again.
const SHORTEST: Duration = Duration::from_millis(10);

/// When a file is looked at: by the clock that stamps files, and by one that is never set.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub(super) wall: SystemTime,
    pub(super) steady: Instant,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self { wall: SystemTime::now(), steady: Instant::now() }
    }

    /// Tells whether `time` has come.
    pub fn has_reached(self, time: Instant) -> bool {
        self.steady >= time
    }
}

/// The memory of one file's watcher.
#[derive(Debug, Default)]
pub(super) struct Watch {
    decided: Option<Stamp>,
    unsettled: Option<Unsettled>,
    reported: Option<Unreadable>,
    /// A version was refused, and none was found right since.
    refused: bool,
    in_force: Option<InForce>,
    /// What the last look found, as a number; 0 before the first.
    found: u64,
}

/// The text whose rules are in force.
#[derive(Clone, Copy, Debug)]
struct InForce {
    content: u64,
    size: u64,
    gist: Gist,
}

/// A file that was young at every look so far.
#[derive(Debug)]
struct Unsettled {
    since: Instant,
    /// The version found last, and when it was found first.
    version: (Stamp, Instant),
    /// When it was looked at last.
    looked: Instant,
    /// For how long it was watched. Of what happens between looks that are far apart only a moment is seen.
    watched: Duration,
    /// What was found and nothing fuller since, the fullest first, and how long it had been watched for then.
    found: VecDeque<(Fullness, Duration)>,
    /// The fullest text that was found.
    fullest: (Fullness, Vec<u8>),
    agreed: Option<Agreed>,
    /// That it is overdue was told.
    told: bool,
    /// This version has settled, though it could not be read.
    settled: bool,
}

/// What looks at a file that never settles agree on.
#[derive(Debug)]
struct Agreed {
    gist: Gist,
    since: Instant,
    last: Instant,
}

/// Why a version could not be read.
pub(super) type Unreadable = (Option<Stamp>, ErrorKind);

/// How far a version has come, and so what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maturity {
    /// Nothing: it was taken or refused before.
    Known,
    /// Look again after this time, when it may have settled.
    Young(Duration),
    /// Read it.
    Ripe,
    /// It never settles: read it, and compare with what the last look found.
    Restless,
}

impl Watch {
    /// Judges the version found at `now`.
    pub(super) fn judge(&mut self, stamp: Stamp, now: Moment) -> Maturity {
        self.found = found(stamp);
        if self.decided == Some(stamp) {
            self.unsettled = None;
            return Maturity::Known;
        }
        // What follows a version that was let be is no part of a series of changes.
        self.unsettled.take_if(|unsettled| unsettled.settled && unsettled.version.0 != stamp);
        let in_force = self.in_force;
        let unsettled = self.unsettled.get_or_insert_with(|| Unsettled::new(stamp, in_force, now));
        unsettled.look(stamp, now);
        // File systems shorten a file first and stamp it then, with a wait for the disk between.
        let has_shrunk = stamp.size() < in_force.map_or(1, |in_force| in_force.size);
        match unsettled.age(now) {
            age if age >= SETTLE => match AGREE.saturating_sub(now.steady - unsettled.version.1) {
                rest if has_shrunk && !rest.is_zero() => Maturity::Young(rest),
                _ => Maturity::Ripe,
            },
            _ if now.steady - unsettled.since >= PATIENCE => Maturity::Restless,
            age => Maturity::Young((SETTLE - age).max(SHORTEST)),
        }
    }

    /// Notes a text that was, or may have been, in the file since it was settled last.
    pub(super) fn note(&mut self, text: &[u8]) {
        if let Some(unsettled) = &mut self.unsettled {
            unsettled.note(text);
        }
    }

    /// Gives up watching a file that does not settle; returns the fullest text that was found, which need not be the last.
    pub(super) fn give_up(&mut self) -> Option<Vec<u8>> {
        self.found = 0;
        self.unsettled.take().map(|unsettled| unsettled.fullest.1)
    }

    /// Notes what a file that never settles holds at `now`, `None` if it was changed while it was read; true when looks
    /// have agreed on that for long enough, and it is as full as ever.
    pub(super) fn agrees(&mut self, text: Option<&[u8]>, now: Moment) -> bool {
        let Some(unsettled) = &mut self.unsettled else { return false };
        let Some(text) = text else {
            unsettled.agreed = None;
            return false;
        };
        let gist = unsettled.note(text);
        unsettled.agrees(gist, now) && unsettled.watched >= PATIENCE && unsettled.is_as_full_as_ever(gist)
    }

    /// Notes that what looks agreed on was not whole.
    pub(super) fn start_over(&mut self) {
        if let Some(unsettled) = &mut self.unsettled {
            unsettled.agreed = None;
        }
    }

    /// Tells whether a version was seen that is not decided on.
    pub(super) fn is_pending(&self) -> bool {
        self.unsettled.is_some()
    }

    /// Tells once that no version could be taken for too long.
    pub(super) fn is_overdue_now(&mut self, now: Moment) -> bool {
        let overdue =
            self.unsettled.as_mut().filter(|unsettled| unsettled.is_overdue(now) && !unsettled.told);
        overdue.map(|unsettled| unsettled.told = true).is_some()
    }

    /// Notes that this version was taken or refused, and needs no second look.
    pub(super) fn decide(&mut self, stamp: Stamp) {
        (self.decided, self.unsettled) = (Some(stamp), None);
        self.found = found(stamp);
    }

    /// What the last look found: the same number for the same version, or the same reason why there is none, in all
    /// processes; 0 before the first.
    pub(super) fn found(&self) -> u64 {
        self.found
    }

    /// Notes that what was decided on was wrong.
    pub(super) fn refuse(&mut self) {
        self.refused = true;
    }

    /// Notes that the file holds the rules in force; true if that is news after a version that was refused.
    pub(super) fn is_right_again(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    /// Notes that the file was read; true if that is news.
    pub(super) fn is_readable_again(&mut self) -> bool {
        self.reported.take().is_some()
    }

    /// Notes that the rules of `text` are in force.
    pub(super) fn put_in_force(&mut self, text: &[u8]) {
        let (content, size) = (hash(text), text.len() as u64);
        self.in_force = Some(InForce { content, size, gist: Gist::of(text) });
    }

    /// Tells whether the rules of `text` are in force already.
    pub(super) fn is_in_force(&self, text: &[u8]) -> bool {
        self.in_force.is_some_and(|in_force| in_force.content == hash(text))
    }

    /// Tells whether `text` says what is in force already, but for comments.
    pub(super) fn says_what_is_in_force(&self, text: &[u8]) -> bool {
        self.in_force.is_some_and(|in_force| in_force.gist == Gist::of(text))
    }

    /// Tells whether `rules`, those of `text`, are none although what is in force says more.
    pub(super) fn is_emptied(&self, text: &[u8], rules: &[Rule]) -> bool {
        rules.is_empty() && self.in_force.is_some_and(|in_force| in_force.gist != Gist::of(text))
    }

    /// Notes that the file can't be read; true if that is news. One that was being written may be gone for a moment.
    pub(super) fn fails(&mut self, why: Unreadable, now: Moment) -> bool {
        self.found = why.0.map_or_else(|| hash(why.1).max(1), found);
        if let Some(unsettled) = &mut self.unsettled {
            unsettled.settled |= why.0 == Some(unsettled.version.0) && unsettled.age(now) >= SETTLE;
            if !unsettled.is_overdue(now) {
                return false;
            }
        }
        self.unsettled = None;
        self.reported.replace(why) != Some(why)
    }
}

impl Unsettled {
    /// What is in force counts as found.
    fn new(stamp: Stamp, in_force: Option<InForce>, now: Moment) -> Self {
        Self {
            since: now.steady,
            version: (stamp, now.steady),
            looked: now.steady,
            watched: Duration::ZERO,
            found: in_force.map(|in_force| (in_force.gist.fullness, Duration::ZERO)).into_iter().collect(),
            fullest: (Fullness::default(), Vec::new()),
            agreed: None,
            told: false,
            settled: false,
        }
    }

    fn look(&mut self, stamp: Stamp, now: Moment) {
        if self.version.0 != stamp {
            self.version = (stamp, now.steady);
            if now.steady - self.looked >= ABSENCE {
                self.since = now.steady;
            }
        }
        self.watched += (now.steady - self.looked).min(AGREE);
        self.looked = now.steady;
    }

    fn is_overdue(&self, now: Moment) -> bool {
        now.steady - self.since >= LATEST
    }

    fn note(&mut self, text: &[u8]) -> Gist {
        let gist = Gist::of(text);
        if gist.fullness >= self.fullest.0 {
            self.fullest = (gist.fullness, text.to_vec());
        }
        while self.found.back().is_some_and(|(fullness, _)| *fullness <= gist.fullness) {
            self.found.pop_back();
        }
        self.found.push_back((gist.fullness, self.watched));
        while self.found.front().is_some_and(|(_, at)| self.watched - *at >= MEMORY) {
            self.found.pop_front();
        }
        gist
    }

    fn is_as_full_as_ever(&self, gist: Gist) -> bool {
        self.found.front().is_none_or(|(fullness, _)| *fullness <= gist.fullness)
    }

    /// Tells whether all looks of the last [`AGREE`] have found the same. Looks that are far apart tell nothing: much
    /// can have happened between them.
    fn agrees(&mut self, gist: Gist, now: Moment) -> bool {
        match &mut self.agreed {
            Some(agreed) if agreed.gist == gist && now.steady - agreed.last <= AGREE => {
                agreed.last = now.steady;
                now.steady - agreed.since >= AGREE
            }
            _ => {
                self.agreed = Some(Agreed { gist, since: now.steady, last: now.steady });
                false
            }
        }
    }

    /// Age of the last change: by the file's own time, or by how long nothing has changed since it was first seen
    /// (the clock of a file server may be ahead).
    fn age(&self, now: Moment) -> Duration {
        let own = now.wall.duration_since(self.version.0.last_change()).unwrap_or_default();
        own.max(now.steady - self.version.1)
    }
}

fn found(stamp: Stamp) -> u64 {
    hash(stamp).max(1)
}

/// One number for `value`, the same in all processes.
pub(super) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
