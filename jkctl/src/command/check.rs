//! `jkctl check`: configtest's complaints, without httpd.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Checks configuration as configtest does, without httpd
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// A workers file
    #[arg(short, long, value_name = "FILE")]
    workers: Option<std::path::PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  jkctl check -w workers.properties

Exit status:
  0  nothing to complain about
  1  errors
  2  a file can't be read";

impl Check {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
