//! Processes that this run starts, and that never outlive it.
//!
//! The kernel signals them when the thread that started them ends (`PR_SET_PDEATHSIG`), so all are started by
//! one thread that lives as long as the run, whichever test asks for them.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Sender};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{kill_process, Pid, Signal};

type Order = (Command, Sender<io::Result<Child>>);

/// A process of this run; dropping it kills what still runs.
pub struct Process {
    child: Child,
}

/// What the kernel sends to a process when this run dies.
#[derive(Clone, Copy)]
pub enum AtDeath {
    /// Lets a parent process end its children.
    Terminate,
    /// For processes without children.
    Kill,
}

/// A command for `program` that is signalled when this run dies.
///
/// It leads a process group of its own, because httpd in the foreground signals its whole group when it stops.
pub fn guarded(program: impl AsRef<OsStr>, at_death: AtDeath) -> Command {
    let signal = match at_death {
        AtDeath::Terminate => "TERM",
        AtDeath::Kill => "KILL",
    };
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]).arg(program).process_group(0);
    command
}

impl Process {
    /// Starts what [`guarded`] made.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        let (answer, child) = channel();
        let program = format!("{command:?}");
        starter().send((command, answer)).expect("the starter lives as long as the run");
        let child = child.recv().expect("the starter answers each order");
        Self { child: child.unwrap_or_else(|error| panic!("{program}: {error}")) }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells how it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of our own child")
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        send(self.id(), signal);
    }

    /// Waits for its end, at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.ended()
    }

    /// Ends it at once (SIGKILL) and returns when the kernel has taken everything it held back.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::KILL);
            self.child.wait().expect("the end of our own child");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends `signal` to the process `id`; one that is gone already is no fault.
pub fn send(id: u32, signal: Signal) {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).expect("a process id");
    match kill_process(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("signal to {id}: {error}"),
    }
}

/// Lists the processes whose parent is `parent`, zombies left out.
pub fn children_of(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|id| {
            stat_fields(*id).is_some_and(|fields| fields[0] != "Z" && fields[1] == parent.to_string())
        })
        .collect()
}

/// The fields of `/proc/<id>/stat` behind the program name: state, parent, ...
pub fn stat_fields(id: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let behind_name = text.rsplit_once(')')?.1;
    Some(behind_name.split_whitespace().map(str::to_owned).collect())
}

/// CPU time that all threads of process `id` have used.
pub fn cpu_time(id: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).expect("threads of a running process");
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let schedstat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// A value in KiB from a `Name:   123 kB` file of /proc, in octets.
pub fn proc_octets(id: u32, file: &str, name: &str) -> u64 {
    let path = format!("/proc/{id}/{file}");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_else(|| panic!("no {name} in {path}")) * 1024
}

/// Counts the open descriptors of process `id`.
pub fn descriptors(id: u32) -> usize {
    fs::read_dir(format!("/proc/{id}/fd")).expect("descriptors of a running process").count()
}

fn starter() -> &'static Sender<Order> {
    static STARTER: OnceLock<Sender<Order>> = OnceLock::new();
    STARTER.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in inbox {
                answer.send(command.spawn()).ok();
            }
        });
        orders
    })
}
