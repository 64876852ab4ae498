//! `jkctl completions`: words for the shell's Tab key.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Prints completions for a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  jkctl completions bash > /usr/share/bash-completion/completions/jkctl
  jkctl completions zsh  > /usr/share/zsh/vendor-completions/_jkctl
  jkctl completions fish > /usr/share/fish/vendor_completions.d/jkctl.fish

Exit status:
  0  printed
  2  wrong arguments";

impl Completions {
    /// Prints them.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Arguments::command(), "jkctl", &mut text);
        terminal.octets(&text)?;
        Ok(Ending::Good)
    }
}
