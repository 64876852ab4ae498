//! How far members are that are waited for: a line that is redrawn on a terminal; elsewhere a line now and then.

use std::time::Duration;

use super::subject::Awaited;
use crate::ending::Failure;
use crate::page::report::Member;
use crate::terminal::{line, Terminal};

/// Between two lines where nobody looks on.
const PAUSE: Duration = Duration::from_secs(10);

/// What was shown.
#[derive(Debug, Default)]
pub struct Progress {
    /// When the last line was written, since the begin.
    told: Duration,
    /// A line on the terminal is still to be taken away.
    is_open: bool,
}

impl Progress {
    /// Shows what is missing of `awaited` after so long.
    ///
    /// # Errors
    /// [`Failure`] if it can't be written.
    pub fn show(
        &mut self,
        awaited: &[&Awaited],
        passed: Duration,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let all = awaited.iter().map(|awaited| format!("{}: {}", awaited.member.worker.name, awaited.told()));
        let text = format!("{}; {} s", all.collect::<Vec<_>>().join("; "), passed.as_secs());
        if terminal.is_terminal() {
            terminal.octets(format!("\r\x1B[K{text}").as_bytes())?;
            self.is_open = true;
        } else if passed >= self.told + PAUSE {
            line!(terminal, "{text}")?;
            self.told = passed;
        }
        terminal.flush()
    }

    /// Takes the line away.
    ///
    /// # Errors
    /// [`Failure`] if it can't be written.
    pub fn end(&mut self, terminal: &mut Terminal) -> Result<(), Failure> {
        if self.is_open {
            terminal.octets(b"\r\x1B[K")?;
        }
        self.is_open = false;
        Ok(())
    }
}

/// What is told of a member: its activation or state, and what it still does.
pub fn of(member: &Member) -> String {
    let Member { activation, state, session_requests, worker, .. } = member;
    let what = if member.is_in_error() { format!("{activation}, {state}") } else { activation.clone() };
    let busy = worker.busy;
    format!("{what}, {busy} in flight, {session_requests} of its sessions in the last minute")
}
