//! `jkctl shm`: what lies in the shared memory of a running server.

use std::path::{Path, PathBuf};

use clap::Args;
use jk_rooms::admin::{Balancer, Holding, Memory, Process, Worker};
use serde_json::{json, Map, Value};

use crate::ending::{Ending, Failure};
use crate::terminal::{line, Style, Terminal};

/// Shows what lies in the shared memory of a running server
///
/// Only the user who started the server, mostly root, may read the file. Nothing in it is changed, and no request waits.
/// The configuration is not in it: addresses, and what members are meant to be, only a status page knows.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Shm {
    /// The file: JkShmFile, with a process id and 16 hexadecimal digits behind its name; or several
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print JSON, an object for each file, as docs/jkctl-shm.schema.json describes it
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  sudo jkctl shm /run/apache2/jk-runtime-status.1234.0123456789abcdef
  sudo sh -c 'jkctl shm /run/apache2/jk-runtime-status.*'    as the folder may be closed to others
  sudo sh -c 'jkctl shm --json /run/apache2/jk-runtime-status.*' | jq '.workers[] | {name, busy}'

Exit status:
  0  all were read
  2  one can't be read, or another build made it; the others are shown";

impl Shm {
    /// Reads and tells.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let mut failed = None;
        let mut shown = 0;
        for file in &self.files {
            match Memory::read(file).map_err(Failure::new) {
                Ok(memory) => {
                    self.show(file, &memory, shown, terminal)?;
                    shown += 1;
                }
                // The last one is told at the end.
                Err(failure) => {
                    terminal.flush()?;
                    if let Some(earlier) = failed.replace(failure) {
                        earlier.tell();
                    }
                }
            }
        }
        failed.map_or(Ok(Ending::Good), Err)
    }

    /// Shows the memory of `file`, behind so many others.
    fn show(
        &self,
        file: &Path,
        memory: &Memory,
        before: usize,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        if self.json {
            return Ok(line!(terminal, "{:#}", object(file, memory))?);
        }
        if self.files.len() > 1 {
            let gap = if before > 0 { "\n" } else { "" };
            line!(terminal, "{gap}{}", terminal.paint(Style::Bold, &file.display().to_string()))?;
        }
        tell(memory, terminal)
    }
}

fn tell(memory: &Memory, terminal: &mut Terminal) -> Result<(), Failure> {
    let retired = if memory.is_retired { ", its server restarts and has a new one" } else { "" };
    let children = memory.processes.iter().filter(|process| process.pid.is_some()).count();
    line!(
        terminal,
        "Layout {}, {children} {}{retired}",
        memory.layout,
        if children == 1 { "child process" } else { "child processes" }
    )?;
    for balancer in &memory.balancers {
        let name = terminal.paint(Style::Bold, &format!("Balancer {}", balancer.name));
        line!(
            terminal,
            "\n{name}: busy {} (most {}), {}",
            balancer.busy.0,
            balancer.busy.1,
            counts(&balancer.ended)
        )?;
        let longest = balancer.members.iter().map(|member| member.name.len()).max().unwrap_or(0).max(6);
        line!(
            terminal,
            "  {:longest$}  {:8} {:>9} {:>9} {:>9} {:>9}",
            "member",
            "state",
            "load",
            "new",
            "sess/min",
            "errors"
        )?;
        for member in &balancer.members {
            let state = terminal.paint(style(member.state), &format!("{:8}", member.state));
            let draining = member.draining_since.map(|_| "  not active").unwrap_or_default();
            line!(
                terminal,
                "  {:longest$}  {state} {:>9} {:>9} {:>9} {:>9}{draining}",
                member.name,
                member.load,
                member.sessions,
                member.session_requests,
                member.errors
            )?;
        }
    }
    memory.workers.iter().try_for_each(|worker| tell_worker(worker, terminal))
}

fn tell_worker(worker: &Worker, terminal: &mut Terminal) -> Result<(), Failure> {
    let name = terminal.paint(Style::Bold, &format!("Worker {}", worker.name));
    line!(
        terminal,
        "\n{name}: {} requests, {} errors, busy {} (most {}), connections {} (most {}), {}",
        worker.requests,
        worker.errors,
        worker.busy.0,
        worker.busy.1,
        worker.connected.0,
        worker.connected.1,
        counts(&worker.served)
    )?;
    if let Some((_, text)) = &worker.last_error {
        line!(terminal, "  last error: {text}")?;
    }
    for Holding { process, busy, connected } in &worker.held {
        line!(terminal, "  {:16} busy {busy:>5}, connections {connected:>5}", called(*process))?;
    }
    Ok(())
}

fn called(process: Process) -> String {
    process.pid.map_or_else(|| "without a place".to_owned(), |pid| format!("process {pid}"))
}

fn counts(words: &[(&str, u64)]) -> String {
    let counted: Vec<_> =
        words.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{word} {count}")).collect();
    if counted.is_empty() {
        "nothing ended yet".to_owned()
    } else {
        counted.join(", ")
    }
}

fn style(state: &str) -> Style {
    match state {
        "OK" | "OK/IDLE" => Style::Good,
        "OK/BUSY" => Style::Warning,
        _ => Style::Bad,
    }
}

fn object(file: &Path, memory: &Memory) -> Value {
    json!({
        "file": file.to_string_lossy(),
        "layout": memory.layout,
        "since": memory.since,
        "retired": memory.is_retired,
        "processes": memory.processes.iter().filter_map(|process| process.pid).collect::<Vec<_>>(),
        "balancers": memory.balancers.iter().map(balancer).collect::<Vec<_>>(),
        "workers": memory.workers.iter().map(worker).collect::<Vec<_>>(),
    })
}

fn by_word(words: &[(&str, u64)]) -> Map<String, Value> {
    words.iter().map(|(word, count)| ((*word).to_owned(), (*count).into())).collect()
}

fn balancer(balancer: &Balancer) -> Value {
    let member = |member: &jk_rooms::admin::Member| {
        json!({
            "name": member.name,
            "state": member.state,
            "load": member.load,
            "sessions": member.sessions,
            "errors": member.errors,
            "draining_since": member.draining_since,
            "session_requests_last_minute": member.session_requests,
            "first_error": member.first_error,
        })
    };
    json!({
        "name": balancer.name,
        "busy": balancer.busy.0,
        "max_busy": balancer.busy.1,
        "requests": by_word(&balancer.ended),
        "members": balancer.members.iter().map(member).collect::<Vec<_>>(),
    })
}

fn worker(worker: &Worker) -> Value {
    let held = |held: &Holding| json!({ "process": held.process.pid, "busy": held.busy, "connected": held.connected });
    json!({
        "name": worker.name,
        "requests": worker.requests,
        "results": by_word(&worker.served),
        "errors": worker.errors,
        "client_errors": worker.client_errors,
        "octets_sent": worker.octets.0,
        "octets_received": worker.octets.1,
        "busy": worker.busy.0,
        "max_busy": worker.busy.1,
        "connected": worker.connected.0,
        "max_connected": worker.connected.1,
        "last_error": worker.last_error.as_ref().map(|(time, text)| json!({ "time": time, "text": text })),
        "held": worker.held.iter().map(held).collect::<Vec<_>>(),
    })
}
