//! `jkctl ping`: a CPing to a Tomcat.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Sends a CPing to a Tomcat, and tells how long its CPong takes
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Ping {
    /// Where its AJP connector listens: HOST:PORT
    address: String,
    /// A file that holds the secret of the connector
    #[arg(long, value_name = "FILE")]
    secret_file: Option<std::path::PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  jkctl ping 127.0.0.1:8009

Exit status:
  0  the Tomcat answered
  1  it did not
  2  wrong arguments";

impl Ping {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
