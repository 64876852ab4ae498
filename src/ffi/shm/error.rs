//! Why there is no shared memory, in words that tell the administrator what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::rights;
use crate::rights::Wish;
use crate::text::Reason;

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Creating the file.
    Create,
    /// Setting mode 0600.
    Protect,
    /// Reserving its size on disk.
    Reserve,
    /// Mapping it.
    Map,
}

/// The shared memory could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) struct SegmentError {
    /// The file, as it was to be called.
    pub path: PathBuf,
    /// The step that failed.
    pub operation: Operation,
    /// Effective user id of this process.
    pub uid: u32,
    /// What the system says.
    pub source: io::Error,
}

impl SegmentError {
    pub(crate) fn new(path: &Path, operation: Operation, source: impl Into<io::Error>) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        Self { path: path.to_owned(), operation, uid, source: source.into() }
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// What the administrator can do about it.
    fn advice(&self) -> String {
        let directory = self.directory().display();
        if let Some(refusal) = rights::of_path(&self.source, &self.path, Wish::SharedMemory) {
            return refusal;
        }
        match self.source.kind() {
            io::ErrorKind::NotFound => {
                format!(
                    "directory {directory} does not exist: create it, or name another file with JkShmFile"
                )
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("free some space in {directory}, or name another file with JkShmFile")
            }
            _ => "name another file with JkShmFile".to_owned(),
        }
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.operation {
            Operation::Create => "create",
            Operation::Protect => "set mode 0600 of",
            Operation::Reserve => "reserve space for",
            Operation::Map => "map",
        };
        let path = self.path.display();
        write!(
            f,
            "cannot {verb} the shared memory file {path} (uid {}): {}; ",
            self.uid,
            Reason(&self.source)
        )?;
        f.write_str(&self.advice())
    }
}
