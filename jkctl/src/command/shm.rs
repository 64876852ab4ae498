//! `jkctl shm`: what lies in the shared memory of a server.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Shows what lies in the shared memory of a running server
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Shm {
    /// The segment: a file beside JkShmFile, named after it
    file: std::path::PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  jkctl shm /run/apache2/jk-runtime-status.1234.0123456789abcdef

Exit status:
  0  it was read
  2  it can't be read";

impl Shm {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
