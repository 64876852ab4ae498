//! `jkctl drain|activate|disable|stop|switch`: what operators do to a member, through a status page.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// What is done to the member.
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

/// Changes what a member of a balancer takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Change {
    /// The status page: http://host/jk-status
    url: String,
    /// The balancer
    lb: String,
    /// Its member
    member: String,
    /// Wait at most this long until no request and no session is left on the member
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  jkctl drain http://127.0.0.1/jk-status balancer tomcat1 --wait 600

Exit status:
  0  done; with --wait: and the member is empty
  1  refused, or not empty in time
  2  the page can't be reached";

impl Change {
    /// Does it.
    pub fn run(self, action: Action, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        let Self { url, lb, member, wait } = self;
        Err(missing(&format!("{action:?} of {member} in {lb} by {url} ({wait:?})")))
    }
}
