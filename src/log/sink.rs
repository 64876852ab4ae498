//! Where log lines go, without waiting: what can't be written at once is lost, and counted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use rustix::fs::{fcntl_getfl, fcntl_setfl, OFlags};

/// Where the lines of a log go.
#[derive(Clone, Debug)]
pub(crate) enum Sink {
    /// Nowhere.
    Discard,
    /// A file, a device, or a pipe.
    Output(Arc<Output>),
    /// Memory.
    #[cfg(test)]
    Capture(Arc<parking_lot::Mutex<Vec<String>>>),
}

/// A descriptor that never waits, and what this process could not write to it.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    /// Lines lost since the log last said so.
    lost: AtomicU64,
    /// The last line was taken in part.
    torn: AtomicBool,
    /// Somebody was told of the loss that goes on.
    told: AtomicBool,
}

impl Output {
    fn new(file: File) -> Self {
        let (lost, torn, told) = Default::default();
        Self { file, lost, torn, told }
    }

    /// Writes one whole line; tells whether it was taken.
    fn write(&self, line: &[u8]) -> bool {
        if self.torn.load(Relaxed) && (&self.file).write(b"\n").is_ok() {
            self.torn.store(false, Relaxed);
        }
        match (&self.file).write(line) {
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
        Ok(Sink::Output(Arc::new(Output::new(file))))
    }

    /// Takes what is open already, such as the writing end of a pipe, and makes it non-blocking: a stuck log program
    /// must not stop requests.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub(crate) fn adopt(file: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::NONBLOCK)?;
        Ok(Sink::Output(Arc::new(Output::new(File::from(file)))))
    }

    /// The descriptor that lines go to.
    pub(crate) fn file(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Sink::Output(output) => Some(output.file.as_fd()),
            Sink::Discard => None,
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

    /// Tells whether a test looks at the lines: then they have no stamp.
    pub(super) fn is_captured(&self) -> bool {
        match self {
            #[cfg(test)]
            Sink::Capture(_) => true,
            Sink::Discard | Sink::Output(_) => false,
        }
    }

    /// Writes one whole line with one system call; tells whether it was taken.
    pub(super) fn write(&self, line: &[u8]) -> bool {
        match self {
            Sink::Discard => true,
            Sink::Output(output) => output.write(line),
            #[cfg(test)]
            Sink::Capture(lines) => {
                lines.lock().push(String::from_utf8_lossy(line).trim_end().to_owned());
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

/// Process id and POSIX thread id, as they stand in each line.
pub(super) fn process_and_thread() -> (u32, u64) {
    (std::process::id(), crate::ffi::time::thread_id())
}

#[cfg(test)]
mod tests;
