//! The file behind a segment: created exclusively, mode 0600, its space reserved, removed by its creator.
//!
//! The directory may be writable by others ("promises", local user), so the file is created with
//! `O_EXCL | O_NOFOLLOW`: what has the name already is neither used nor touched.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{fchmod, open, unlink, Mode, OFlags};

use super::{Operation, SegmentError};

/// A file name that is removed on drop: by the process that made it, and only while it means the same file.
#[derive(Debug)]
pub(super) struct OwnedPath {
    path: PathBuf,
    creator: u32,
    identity: (u64, u64),
}

impl OwnedPath {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        let same = |found: std::fs::Metadata| (found.dev(), found.ino()) == self.identity;
        if std::process::id() == self.creator && std::fs::symlink_metadata(&self.path).is_ok_and(same) {
            let _ = unlink(&self.path);
        }
    }
}

/// Creates `path` with `size` octets that are reserved on disk.
pub(super) fn create(path: &Path, size: usize) -> Result<(File, OwnedPath), SegmentError> {
    let fail = |operation| move |error: io::Error| SegmentError::new(path, operation, error);
    let mode = Mode::RUSR | Mode::WUSR;
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(
        open(path, flags, mode).map_err(|error| SegmentError::new(path, Operation::Create, error))?,
    );
    let found = file.metadata().map_err(fail(Operation::Create))?;
    let owned = OwnedPath {
        path: path.to_owned(),
        creator: std::process::id(),
        identity: (found.dev(), found.ino()),
    };
    // The umask can only take bits away, but a default ACL of the directory can replace the mode.
    fchmod(&file, mode).map_err(|error| SegmentError::new(path, Operation::Protect, error))?;
    reserve(&file, size).map_err(fail(Operation::Reserve))?;
    Ok((file, owned))
}

/// Grows `file` to `size` octets that exist on disk, so that a full disk is an error here and no SIGBUS later.
fn reserve(file: &File, size: usize) -> io::Result<()> {
    let size = libc::off_t::try_from(size).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    // SAFETY: the descriptor is open for writing, and the call touches nothing but its file.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, size) } {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}
