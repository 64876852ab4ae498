//! What is known about the versions of a map file: the one decided on, the one that is still young, and the last
//! fault that was logged.

use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

use super::file::Stamp;

/// How old the last change of a file must be before the file is taken: one written in several steps is not
/// taken half.
pub(super) const SETTLE: Duration = Duration::from_secs(1);

/// The memory of one file's watcher.
#[derive(Debug, Default)]
pub(super) struct Watch {
    decided: Option<Stamp>,
    young: Option<(Stamp, SystemTime)>,
    reported: Option<Fault>,
}

/// Why a version could not be read.
pub(super) type Fault = (Option<Stamp>, ErrorKind);

/// What to do about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: it was taken or refused before.
    Known,
    /// Look again when it has settled.
    Young,
    /// Read it.
    Ripe,
}

impl Watch {
    /// Judges the version found at `now`.
    pub(super) fn judge(&mut self, stamp: Stamp, now: SystemTime) -> Verdict {
        if self.decided == Some(stamp) {
            self.reported = None;
            Verdict::Known
        } else if self.has_settled(stamp, now) {
            Verdict::Ripe
        } else {
            Verdict::Young
        }
    }

    /// Tells whether the last change is old enough: by the file's own time, or because nothing has changed since it
    /// was first seen (the clock of a file server may be ahead).
    pub(super) fn has_settled(&mut self, stamp: Stamp, now: SystemTime) -> bool {
        let first_seen = match self.young {
            Some((young, first_seen)) if young == stamp => first_seen,
            _ => now,
        };
        self.young = Some((stamp, first_seen));
        let is_old = |time| now.duration_since(time).is_ok_and(|age| age >= SETTLE);
        is_old(stamp.last_change()) || is_old(first_seen)
    }

    /// Notes that this version was taken or refused, and needs no second look.
    pub(super) fn decide(&mut self, stamp: Stamp) {
        *self = Self { decided: Some(stamp), young: None, reported: None };
    }

    /// Tells whether `fault` was not logged yet for this version.
    pub(super) fn is_news(&mut self, fault: Fault) -> bool {
        self.reported.replace(fault) != Some(fault)
    }
}
