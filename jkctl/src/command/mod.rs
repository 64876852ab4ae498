//! The subcommands: one file each, with its arguments, its help and what it does.
//!
//! To add one: a file with a struct that derives `clap::Args`, its `run`, and a variant and a line here.

mod change;
mod check;
mod completions;
mod explain;
mod files;
mod get;
mod man;
mod ping;
mod shm;
mod status;

use clap::Subcommand;

use crate::ending::{Ending, Failure};
use crate::terminal::Terminal;
use change::Action;

/// What is asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Check),
    Explain(explain::Explain),
    Ping(ping::Ping),
    Get(get::Get),
    Status(status::Status),
    /// Lets the sessions of a member end, and then takes all requests from it
    #[command(defer(|command| Action::Drain.help(command)))]
    Drain(change::Emptying),
    /// Lets a member take all requests again
    #[command(defer(|command| Action::Activate.help(command)))]
    Activate(change::Change),
    /// Lets a member take requests of its sessions only
    #[command(defer(|command| Action::Disable.help(command)))]
    Disable(change::Change),
    /// Lets a member take no requests at all
    #[command(defer(|command| Action::Stop.help(command)))]
    Stop(change::Change),
    /// Makes a member take over, and the others of its balancer stand back
    #[command(defer(|command| Action::Switch.help(command)))]
    Switch(change::Emptying),
    Shm(shm::Shm),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// [`Failure`] if it can't be told what was asked for.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        match self {
            Self::Check(check) => check.run(terminal),
            Self::Explain(explain) => explain.run(terminal),
            Self::Ping(ping) => ping.run(terminal),
            Self::Get(get) => get.run(terminal),
            Self::Status(status) => status.run(terminal),
            Self::Drain(change) => change.run(Action::Drain, terminal),
            Self::Activate(change) => change.run(Action::Activate, terminal),
            Self::Disable(change) => change.run(Action::Disable, terminal),
            Self::Stop(change) => change.run(Action::Stop, terminal),
            Self::Switch(change) => change.run(Action::Switch, terminal),
            Self::Shm(shm) => shm.run(terminal),
            Self::Completions(completions) => completions.run(terminal),
            Self::Man(man) => man.run(terminal),
        }
    }
}
