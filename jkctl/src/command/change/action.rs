//! What is done to a member, and when that is complete.

use crate::page::report::Member;

/// What is done to members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// No new sessions; stopped once those it has are gone.
    Drain,
    /// All requests.
    Activate,
    /// Requests of its sessions only.
    Disable,
    /// No requests.
    Stop,
    /// It takes over from the others.
    Switch,
}

impl Action {
    /// Its word in a status page's `cmd` (docs/book/src/status-formats.md, Commands).
    pub fn word(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Activate => "activate",
            Self::Disable => "disable",
            Self::Stop => "stop",
            Self::Switch => "switch",
        }
    }

    /// Tells whether `member` is as it is in the end.
    pub fn is_complete(self, member: &Member) -> bool {
        let is_idle = member.worker.busy == 0;
        match self {
            Self::Drain | Self::Switch => member.activation == "Stopped" && is_idle,
            Self::Activate => !member.is_in_error(),
            Self::Disable => is_idle && member.session_requests == 0,
            Self::Stop => is_idle,
        }
    }

    /// Tells whether `member` will never be so, as somebody else wants it active, or does not want it to be.
    pub fn is_undone(self, member: &Member) -> bool {
        match self {
            Self::Activate => member.activation != "Active",
            Self::Drain | Self::Disable | Self::Stop | Self::Switch => member.activation == "Active",
        }
    }

    /// What it is called then.
    pub fn complete(self) -> &'static str {
        match self {
            Self::Drain | Self::Switch => "stopped and empty",
            Self::Activate => "working",
            Self::Disable | Self::Stop => "empty",
        }
    }
}
