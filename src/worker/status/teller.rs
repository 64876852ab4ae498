//! Who did what: for the log, and for the history that the page shows.

use std::fmt::{self, Display, Formatter};

use super::{Ask, Surroundings};
use crate::shared::EventKind;
use crate::text::Shown;

/// Who asks, for the log.
pub(super) struct Who<'a>(pub(super) &'a Ask<'a>);

impl Display for Who<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "status: {}", By(self.0))
    }
}

/// Who asks, and from where.
pub(super) struct By<'a>(pub(super) &'a Ask<'a>);

impl Display for By<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let user = Shown::name(self.0.user.unwrap_or(b"somebody"));
        write!(out, "{user} from {}", Shown::name(self.0.address))
    }
}

/// Has the page tell what was done to `subject`.
pub(super) fn note(around: &Surroundings<'_>, subject: &str, text: &str) {
    around.workers.shared().history().note(around.workers.now(), EventKind::Edit, subject, text);
}
