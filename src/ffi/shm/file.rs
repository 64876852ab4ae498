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
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{Operation, SegmentError};
use crate::text::Reason;

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

/// Opens `path`, which another process made, for reading; tells its size.
///
/// # Errors
/// Why not, with the path.
pub(super) fn open_to_read(path: &Path) -> Result<(File, usize), String> {
    let refused = |text: String| format!("{}: {text}", path.display());
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = open(path, flags, Mode::empty()).map_err(|error| match error {
        Errno::LOOP => refused("it is a symbolic link, which is not followed".to_owned()),
        Errno::ACCESS => refused("only the user who started the server may read it, mostly root".to_owned()),
        error => refused(Reason(&error.into()).to_string()),
    })?;
    let file = File::from(opened);
    let found = file.metadata().map_err(|error| refused(Reason(&error).to_string()))?;
    let (owner, own) = (found.uid(), geteuid().as_raw());
    if !found.is_file() {
        return Err(refused("it is no regular file".to_owned()));
    } else if owner != 0 && owner != own {
        return Err(refused(format!("it belongs to uid {owner}, expected root or uid {own}, who asks")));
    } else if found.mode() & 0o022 != 0 {
        return Err(refused("others may write to it, expected mode 0600".to_owned()));
    }
    let size = usize::try_from(found.len()).map_err(|_| refused("it is too large".to_owned()))?;
    Ok((file, size))
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
