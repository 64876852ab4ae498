//! Where log lines go, without waiting: what can't be written at once is lost, and counted.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use rustix::fs::{fcntl_getfl, fcntl_setfl, OFlags};

use super::syslog::{Facility, Syslog};
use super::Level;

/// Where the lines of a log go.
#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// Nowhere.
    Discard,
    /// A file, a device, a pipe, or the system's log.
    Output(Arc<Output>),
    /// A log that is not ours.
    Other(Arc<dyn OtherLog>),
    /// Memory.
    #[cfg(test)]
    Capture(Arc<parking_lot::Mutex<Vec<String>>>),
}

/// A log that puts time, process and level before our lines, and keeps them or waits as it does with its own.
pub(crate) trait OtherLog: fmt::Debug + Send + Sync {
    /// Writes one line, without its end.
    fn write(&self, level: Level, line: &[u8]);
}

/// What stands before a line's text, apart from its id.
pub(super) enum Head<'s> {
    /// Stamp, process, thread and level.
    Whole,
    /// What the system's log puts there in place of the stamp.
    Syslog(&'s Syslog),
    /// The other log puts all that there.
    Short,
}

/// What takes lines.
#[derive(Debug)]
enum Target {
    File(File),
    Syslog(Syslog),
}

/// A descriptor that never waits, and what this process could not write to it.
#[derive(Debug)]
pub(crate) struct Output {
    target: Target,
    /// Lines lost since the log last said so.
    lost: AtomicU64,
    /// The last line was taken in part.
    torn: AtomicBool,
    /// Somebody was told of the loss that goes on.
    told: AtomicBool,
}

impl Output {
    fn new(target: Target) -> Self {
        let (lost, torn, told) = Default::default();
        Self { target, lost, torn, told }
    }

    /// Writes one whole line; tells whether it was taken.
    fn write(&self, line: &[u8]) -> bool {
        let mut file = match &self.target {
            Target::File(file) => file,
            Target::Syslog(log) => return log.send(line.strip_suffix(b"\n").unwrap_or(line)),
        };
        if self.torn.load(Relaxed) && file.write(b"\n").is_ok() {
            self.torn.store(false, Relaxed);
        }
        match file.write(line) {
            Ok(taken) if taken == line.len() => true,
            Ok(taken) => {
                self.torn.store(taken > 0, Relaxed);
                false
            }
            Err(_) => false,
        }
    }
}

impl Sink {
    /// Opens `path` for appending, creating it with mode 0644 minus umask.
    ///
    /// Neither this nor a line waits for a slow device or the reader of a FIFO. A FIFO is opened for reading as
    /// well, so that it needs no reader to be opened, and keeps what it holds while its reader is replaced.
    ///
    /// # Errors
    /// Those of opening the file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.append(true).create(true).mode(0o644).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        let is_fifo = fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo());
        let file = options.read(is_fifo).open(path)?;
        Ok(Sink::Output(Arc::new(Output::new(Target::File(file)))))
    }

    /// The system's log, for lines of `facility` and `tag`, and why nobody listens there, if that is so: lines are lost
    /// until somebody does.
    ///
    /// # Errors
    /// Those of making a socket.
    pub(crate) fn syslog(facility: Facility, tag: &str) -> io::Result<(Self, Option<io::Error>)> {
        let (log, missing) = Syslog::open(facility, tag)?;
        Ok((Sink::Output(Arc::new(Output::new(Target::Syslog(log)))), missing))
    }

    /// Takes what is open already, such as the writing end of a pipe, and makes it non-blocking: a stuck log program
    /// must not stop requests.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub(crate) fn adopt(file: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::NONBLOCK)?;
        Ok(Sink::Output(Arc::new(Output::new(Target::File(File::from(file))))))
    }

    /// The descriptor that lines go to.
    pub(crate) fn file(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Sink::Output(output) => match &output.target {
                Target::File(file) => Some(file.as_fd()),
                Target::Syslog(_) => None,
            },
            Sink::Discard | Sink::Other(_) => None,
            #[cfg(test)]
            Sink::Capture(_) => None,
        }
    }

    #[cfg(test)]
    pub(super) fn capture() -> Self {
        Sink::Capture(Arc::default())
    }

    #[cfg(test)]
    pub(super) fn captured(&self) -> Vec<String> {
        match self {
            Sink::Capture(lines) => lines.lock().clone(),
            _ => Vec::new(),
        }
    }

    /// What stands before each line.
    pub(super) fn head(&self) -> Head<'_> {
        match self {
            Sink::Output(output) => match &output.target {
                Target::File(_) => Head::Whole,
                Target::Syslog(log) => Head::Syslog(log),
            },
            Sink::Other(_) => Head::Short,
            Sink::Discard => Head::Whole,
            #[cfg(test)]
            Sink::Capture(_) => Head::Whole,
        }
    }

    /// Writes one whole line with one system call; tells whether it was taken.
    pub(super) fn write(&self, level: Level, line: &[u8]) -> bool {
        match self {
            Sink::Discard => true,
            Sink::Other(log) => {
                log.write(level, line.strip_suffix(b"\n").unwrap_or(line));
                true
            }
            Sink::Output(output) => output.write(line),
            #[cfg(test)]
            Sink::Capture(lines) => {
                lines.lock().push(without_head(&String::from_utf8_lossy(line)));
                true
            }
        }
    }

    /// Counts lines as lost.
    pub(super) fn count_lost(&self, lines: u64) {
        if let Sink::Output(output) = self {
            output.lost.fetch_add(lines, Relaxed);
        }
    }

    /// The lines lost since the last call, for the note that stands in their place.
    pub(super) fn take_lost(&self) -> u64 {
        match self {
            Sink::Output(output) if output.lost.load(Relaxed) > 0 => output.lost.swap(0, Relaxed),
            _ => 0,
        }
    }

    /// How many lines this process has lost, when that has begun since the last call and goes on: for those who
    /// have another place to say it.
    pub(crate) fn news_of_loss(&self) -> Option<u64> {
        let Sink::Output(output) = self else { return None };
        let lost = output.lost.load(Relaxed);
        let known = output.told.swap(lost > 0, Relaxed);
        (lost > 0 && !known).then_some(lost)
    }
}

/// `[level] text` of a line, without its source.
#[cfg(test)]
fn without_head(line: &str) -> String {
    let (process, thread) = process_and_thread();
    let line = line.split_once(&format!("[{process}:{thread}] ")).map_or(line, |(_, rest)| rest).trim_end();
    let Some((level, text)) = line.split_once("] ") else { return line.to_owned() };
    let text = match text.split_once("): ") {
        Some((source, rest)) if source.contains(".rs (") => rest,
        _ => text,
    };
    format!("{level}] {text}")
}

/// Process id and POSIX thread id, as they stand in each line.
pub(super) fn process_and_thread() -> (u32, u64) {
    (std::process::id(), crate::ffi::time::thread_id())
}

#[cfg(test)]
mod tests;
