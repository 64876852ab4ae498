//! Where log lines go.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::fs::{fcntl_getfl, fcntl_setfl, OFlags};

/// Where the lines of a log go.
#[derive(Clone, Debug)]
pub enum Sink {
    /// Nowhere.
    Discard,
    /// A file opened for appending, or the writing end of a pipe.
    File(Arc<File>),
    /// Memory, for tests.
    Capture(Arc<Mutex<Vec<String>>>),
}

impl Sink {
    /// Opens `path` for appending, creating it with mode 0644 minus umask.
    ///
    /// # Errors
    /// Those of opening the file.
    pub fn open(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = File::options().append(true).create(true).mode(0o644).open(path)?;
        Ok(Sink::File(Arc::new(file)))
    }

    /// Takes the writing end of a pipe, and makes it non-blocking: a stuck log program must not stop requests.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub fn pipe(end: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&end, fcntl_getfl(&end)? | OFlags::NONBLOCK)?;
        Ok(Sink::File(Arc::new(File::from(end))))
    }

    pub(super) fn capture() -> Self {
        Sink::Capture(Arc::default())
    }

    pub(super) fn captured(&self) -> Vec<String> {
        match self {
            Sink::Capture(lines) => lines.lock().clone(),
            _ => Vec::new(),
        }
    }

    /// Writes one whole line with one system call; a line that can't be written is lost.
    pub(super) fn write(&self, line: &[u8]) {
        match self {
            Sink::Discard => {}
            Sink::File(file) => drop((&**file).write(line)),
            Sink::Capture(lines) => lines.lock().push(String::from_utf8_lossy(line).trim_end().to_owned()),
        }
    }
}

/// Process id and POSIX thread id, as they stand in each line.
pub(super) fn process_and_thread() -> (u32, u64) {
    (std::process::id(), crate::ffi::time::thread_id())
}
