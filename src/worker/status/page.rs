//! One answer before it has a format.

use super::explain::Explained;
use super::query::Query;
use super::report::{List, Overview, Question, Shown, Subject};
use super::Ask;
use crate::config::settings::StatusSettings;

/// What the page tells, and around whom.
pub(super) struct Page<'a> {
    pub(super) settings: &'a StatusSettings,
    pub(super) ask: &'a Ask<'a>,
    pub(super) query: &'a Query,
    /// Seconds since the epoch.
    pub(super) now: i64,
    pub(super) software: &'a str,
    pub(super) strftime: fn(&[u8], i64) -> Vec<u8>,
    pub(super) read_only: bool,
    pub(super) overview: Overview,
    pub(super) outcome: Result<Content, String>,
    /// What of html was refused for what was entered, and is shown again with that.
    pub(super) refused: Option<Refused>,
    /// What forms of html carry to be known as its own.
    pub(super) nonce: &'a str,
}

/// What was asked for.
#[derive(Debug)]
pub(super) enum Content {
    List(List),
    Show(Shown),
    Edit(Subject),
    Confirm(Question),
    Version,
    /// Properties and their values.
    Dump(Vec<(String, String)>),
    Explain(Box<Explained>),
    /// A change was made.
    Done,
}

/// What a form is about that was refused.
#[derive(Debug)]
pub(super) enum Refused {
    Edit(Subject),
    Confirm(Question),
}

/// The module's own name and version.
pub(super) const MODULE: &str = concat!("mod_jk/", env!("CARGO_PKG_VERSION"));

impl Page<'_> {
    /// Tells whether name and port of the server are told.
    pub(super) fn names_server(&self) -> bool {
        !matches!(self.outcome, Ok(Content::Done) | Err(_))
    }

    /// Tells whether time and software are told.
    pub(super) fn names_time(&self) -> bool {
        self.names_server() && !matches!(self.outcome, Ok(Content::Edit(_) | Content::Confirm(_)))
    }

    /// Name of the server.
    pub(super) fn server_name(&self) -> String {
        String::from_utf8_lossy(self.ask.server.0).into_owned()
    }

    /// `seconds` since the epoch in local time.
    pub(super) fn local(&self, format: &str, seconds: i64) -> String {
        String::from_utf8_lossy(&(self.strftime)(format.as_bytes(), seconds)).into_owned()
    }

    /// Word and message of the result.
    pub(super) fn result(&self) -> (&'static str, &str) {
        match &self.outcome {
            Ok(_) => ("OK", "Action finished"),
            Err(message) => ("ERROR", message),
        }
    }
}
