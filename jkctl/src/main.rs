//! `jkctl`: mod_jk for those who look after it, without httpd.
//!
//! - [`command`] has one file per subcommand; each says in its help what it takes, what it tells and how it ends;
//! - [`terminal`] writes results, coloured where somebody looks at them, and [`table`] puts them in columns;
//! - [`httpd`] reads the files of httpd, [`page`] asks the status page of a running one;
//! - [`tomcat`] speaks AJP to a Tomcat, [`secret`] reads what must not stand on a command line;
//! - [`ending`] is how a command ends: what was asked, or why that can't be told.
//!
//! What is decided here is decided by the rooms of the module itself (`jk_rooms`), by the same code.

mod command;
mod ending;
mod httpd;
mod page;
mod secret;
mod table;
mod terminal;
mod tomcat;

use std::process::ExitCode;

use clap::Parser;

use command::Command;
use terminal::Terminal;

/// Columns of the widest help.
const WIDTH: usize = 100;

/// Checks, asks and steers mod_jk, the connector from Apache httpd to Tomcat.
#[derive(Debug, Parser)]
#[command(name = "jkctl", version, max_term_width = WIDTH, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  jkctl check -c /etc/apache2/apache2.conf
  jkctl explain /shop/cart --host www.example.org -c /etc/apache2/apache2.conf
  jkctl ping 127.0.0.1:8009
  jkctl status http://127.0.0.1/jk-status

Exit status:
  0  yes, done, nothing to complain about
  1  no: the answer is bad news, which is printed
  2  it can't be told: wrong arguments, or something that can't be read or reached
Each command says in its help what that means for it. Colours are used on a terminal, unless NO_COLOR is set.";

fn main() -> ExitCode {
    let mut terminal = Terminal::of_process();
    let ending = Arguments::parse().command.run(&mut terminal);
    ending
        .and_then(|ending| terminal.flush().map(|()| ending))
        .map_or_else(|failure| failure.tell(), ExitCode::from)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_consistent_and_every_help_has_examples() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        command.build();
        for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Example") && help.contains("Exit status:"), "{}: {help}", sub.get_name());
            // What is broken is no command any more.
            let source = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            let longest = source.lines().filter(|line| line.starts_with("  jkctl")).map(str::len).max();
            assert!(longest.is_none_or(|length| length <= WIDTH), "{}: {source}", sub.get_name());
            // A value that may be missing would be whatever stands behind the option.
            let takes_next = |option: &&clap::Arg| {
                option.get_num_args().is_some_and(|count| count.min_values() == 0 && count.max_values() > 0)
                    && !option.is_require_equals_set()
                    && !option.is_positional()
            };
            let option = sub.get_arguments().find(takes_next);
            assert!(option.is_none(), "{}: {option:?}", sub.get_name());
        }
    }

    #[test]
    fn a_change_speaks_of_itself_alone() {
        const CHANGES: [&str; 5] = ["drain", "activate", "disable", "stop", "switch"];
        let mut command = Arguments::command();
        command.build();
        for name in CHANGES {
            let sub = command.find_subcommand_mut(name).expect("a command");
            let help =
                sub.render_long_help().to_string().replace("drain-timeout", "").replace("drain_timeout", "");
            let mut words = help.split(|letter: char| !letter.is_ascii_alphanumeric());
            let other = words.find(|word| *word != name && CHANGES.contains(word));
            assert!(other.is_none(), "{name}: {other:?} in {help}");
            let takes_time = sub.get_arguments().any(|option| option.get_id() == "drain_timeout");
            assert_eq!(takes_time, ["drain", "switch"].contains(&name), "{name}");
        }
    }
}
