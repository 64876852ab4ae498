//! `jkctl`, the command line for administrators, on real files and beside real servers.

mod check;
mod explain;
mod shm;
mod words;

use std::process::Command;

use crate::support::httpd::Verdict;
use crate::support::paths;
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    words::add(shm::add(explain::add(check::add(Suite::new("jkctl")))))
}

/// `jkctl` with these arguments, to be run.
fn jkctl(arguments: &[&str]) -> Command {
    let mut command = Command::new(paths::jkctl());
    command.args(arguments);
    command
}

/// What it printed, on both ways, and its exit status.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().expect("jkctl runs");
    let status = output.status.code();
    (status, Verdict::from(output).output)
}
