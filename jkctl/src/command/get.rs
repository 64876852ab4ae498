//! `jkctl get`: a request to a Tomcat over AJP.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Sends a request to a Tomcat over AJP, and prints the answer
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Get {
    /// What to get: ajp://host:port/path
    url: String,
}

const EXAMPLES: &str = "\
Examples:
  jkctl get ajp://127.0.0.1:8009/shop/

Exit status:
  0  an answer came
  1  none came, or one that says failure
  2  wrong arguments";

impl Get {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
