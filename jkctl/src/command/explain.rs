//! `jkctl explain`: which rule takes a URI.

use clap::Args;

use super::missing;
use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Tells which rule takes a URI, and why no other does
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The URI, or a whole URL
    uri: String,
    /// The Host header, if URI names none
    #[arg(long)]
    host: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  jkctl explain /shop/cart

Exit status:
  0  a worker takes it
  1  httpd serves it itself, or refuses it
  2  the files can't be read";

impl Explain {
    /// Does it.
    pub fn run(self, _terminal: &mut Terminal) -> Result<Ending, Failure> {
        Err(missing(&format!("{self:?}")))
    }
}
