//! `jkctl man`: the manual's part about commands and options, in roff, from the same words as the help.

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;

use crate::ending::{Ending, Failure};
use crate::terminal::{line, Terminal};

/// Prints the part of jkctl(1) about commands and options
#[derive(Args, Debug)]
#[command(hide = true)]
pub struct Man {}

impl Man {
    /// Prints a subsection (`.SS`) for each command.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let mut root = crate::Arguments::command();
        root.build();
        let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
        for command in root.get_subcommands().filter(shown) {
            line!(terminal, ".SS {}", command.get_name())?;
            for text in subsection(command)?.lines().filter(|text| !is_heading(text)) {
                line!(terminal, "{text}")?;
            }
            line!(terminal, ".PP\n.nf\n{}\n.fi", examples(command))?;
        }
        Ok(Ending::Good)
    }
}

/// Synopsis, description and options, with headings of whole sections.
fn subsection(command: &Command) -> Result<String, Failure> {
    let page = Page::new(command.clone());
    let mut text = Vec::new();
    page.render_synopsis_section(&mut text)?;
    text.extend(b"\n.PP\n");
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A section's heading, or the definition of an apostrophe before it, which a page has once.
fn is_heading(text: &str) -> bool {
    [".SH ", ".ie ", ".el "].iter().any(|start| text.starts_with(start)) || text.is_empty()
}

/// Examples and exit status as the help has them, as roff reads them.
fn examples(command: &Command) -> String {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    help.replace('\\', "\\e").replace('-', "\\-")
}
