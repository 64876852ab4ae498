//! `jkctl status`: the workers, as a status page tells them.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Shows the workers of a running server
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Status {
    /// The status page: http://host/jk-status
    url: String,
    /// Look again every so many seconds, until interrupted
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    watch: Option<u64>,
    /// Print the JSON of the status page as it is
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  jkctl status http://127.0.0.1/jk-status

Exit status:
  0  all members work
  1  some are in error
  2  the page can't be reached";

impl Status {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
