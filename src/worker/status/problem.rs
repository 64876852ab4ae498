//! Why nothing, or something else, is told than was asked for: a message, and what kind of fault that is.

/// A fault of a request to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// HTTP status in the formats that say it; in those of the original a fault is a page like any other.
    pub(super) status: u16,
    /// All formats say it.
    pub(super) shows: bool,
    /// What was entered is wrong: a form of html is shown again with it.
    pub(super) correctable: bool,
    pub(super) message: String,
}

impl Problem {
    /// Who asks may not.
    pub(super) fn denied(message: &str) -> Self {
        Self { status: 403, ..message.into() }
    }

    /// Another page makes a browser ask.
    pub(super) fn foreign(message: &str) -> Self {
        Self { shows: true, ..Self::denied(message) }
    }

    /// A form of this page was made before the server was started.
    pub(super) fn stale(message: &str) -> Self {
        Self { correctable: true, ..Self::foreign(message) }
    }

    /// Another method would do.
    pub(super) fn method(message: &str) -> Self {
        Self { status: 405, shows: true, ..message.into() }
    }

    /// What is named is not there.
    pub(super) fn unknown(message: &str) -> Self {
        Self { status: 404, ..message.into() }
    }

    /// Another process has to be asked.
    pub(super) fn elsewhere(message: String) -> Self {
        Self { status: 503, ..message.into() }
    }

    /// This side has failed.
    pub(super) fn internal(message: String) -> Self {
        Self { status: 500, ..message.into() }
    }
}

/// A message that names what was entered.
impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self { status: 400, shows: false, correctable: true, message }
    }
}

/// Anything else is wrong with what was asked.
impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Self { correctable: false, ..message.to_owned().into() }
    }
}
