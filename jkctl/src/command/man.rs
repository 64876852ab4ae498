//! `jkctl man`: the manual's part about commands and options, in roff, from the same words as the help.

use std::io::Write;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;

use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;

/// Prints the part of jkctl(1) about commands and options
#[derive(Args, Debug)]
#[command(hide = true)]
pub struct Man {}

impl Man {
    /// Prints it.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let mut root = crate::Arguments::command();
        root.build();
        let mut text = Vec::new();
        let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
        for command in root.get_subcommands().filter(shown) {
            write!(text, ".SS {}\n.PP\n", command.get_name())?;
            let page = Page::new(command.clone());
            page.render_synopsis_section(&mut text)?;
            page.render_description_section(&mut text)?;
            page.render_options_section(&mut text)?;
        }
        terminal.octets(&text)?;
        Ok(Ending::Good)
    }
}
