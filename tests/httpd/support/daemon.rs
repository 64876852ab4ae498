//! An httpd that runs as Debian's unit runs it: `-k start` returns when the server has become a daemon, which is
//! from then on known by its PidFile alone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::process::{self, AtDeath, Process};
use super::wait;

const START_LIMIT: Duration = Duration::from_secs(20);

/// A daemon of this run; dropping it kills what still runs.
pub struct Daemon {
    id: u32,
    /// Ends the daemon if this run dies: the kernel's signal at the death of a parent does not reach a daemon.
    keeper: Process,
}

impl Daemon {
    /// Runs `start`, which has to end well, and takes over the process that `pid_file` then names.
    pub fn start(mut start: Command, pid_file: &Path) -> Self {
        let status = start.status().expect("httpd runs");
        assert!(status.success(), "{start:?}: {status}");
        let id =
            wait::until("a PidFile", START_LIMIT, || fs::read_to_string(pid_file).ok()?.trim().parse().ok());
        Self { id, keeper: keeper(id) }
    }

    /// The process id of the parent.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Tells whether it has ended, although nobody may have asked for its status yet.
    pub fn has_ended(&self) -> bool {
        process::stat_fields(self.id).is_none_or(|fields| fields[0] == "Z")
    }

    /// Waits for its end, at most `limit`; tells whether it came.
    pub fn wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.has_ended()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.has_ended() {
            process::send(self.id, Signal::KILL);
        }
        self.keeper.signal(Signal::TERM);
        self.keeper.wait(START_LIMIT);
    }
}

fn keeper(daemon: u32) -> Process {
    let mut command = process::guarded("sh", AtDeath::Terminate);
    command.args([
        "-c",
        "trap 'kill $1 $!; exit' TERM; sleep infinity & wait",
        "keeper",
        &daemon.to_string(),
    ]);
    Process::start(command)
}
