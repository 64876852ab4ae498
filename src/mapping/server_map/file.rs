//! Reads a map file, and tells its versions apart.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::mapping::map_file::MAX_FILE_SIZE;

/// A version of a file: a change of its content, name or permission changes it.
///
/// The time of the last status change is part of it because permission to read may come without a new content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// Looks at `path`.
    ///
    /// # Errors
    /// Those of `stat`; no regular file; larger than [`MAX_FILE_SIZE`].
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        Self::of(&std::fs::metadata(path)?)
    }

    fn of(metadata: &Metadata) -> io::Result<Self> {
        if !metadata.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
        }
        if metadata.size() > MAX_FILE_SIZE {
            return Err(too_large());
        }
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// Octets in the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// When the file was last touched. The status time, unlike the modification time, can't be set at will.
    pub(super) fn last_change(&self) -> SystemTime {
        let (seconds, nanoseconds) = self.changed;
        UNIX_EPOCH + Duration::new(seconds.max(0).unsigned_abs(), nanoseconds.max(0) as u32)
    }
}

fn too_large() -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {} MiB", MAX_FILE_SIZE >> 20))
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) stamp: Stamp,
    pub(super) text: Vec<u8>,
    /// It was changed while it was read.
    pub(super) changed: bool,
}

/// Reads the whole of `path`.
///
/// # Errors
/// Those of [`Stamp::of_path`], and of opening and reading.
pub(super) fn read(path: &Path) -> io::Result<Content> {
    // Without blocking, should a FIFO have taken the file's place.
    let mut file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let before = Stamp::of(&file.metadata()?)?;
    let text = read_at_most(&mut file, MAX_FILE_SIZE)?;
    let stamp = Stamp::of(&file.metadata()?)?;
    let changed = before != stamp || text.len() as u64 != stamp.size;
    Ok(Content { stamp, text, changed })
}

fn read_at_most(file: &mut File, limit: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(limit + 1).read_to_end(&mut text)?;
    if text.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_differ_by_time_size_and_inode() {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("map"), directory.path().join("other"));
        std::fs::write(&path, "/a=w").unwrap();
        let first = Stamp::of_path(&path).unwrap();
        assert_eq!(first, Stamp::of_path(&path).unwrap());
        std::fs::write(&path, "/ab=w").unwrap();
        let second = Stamp::of_path(&path).unwrap();
        assert_ne!(first.size, second.size);
        std::fs::write(&other, "/xy=w").unwrap();
        std::fs::rename(&other, &path).unwrap();
        let third = Stamp::of_path(&path).unwrap();
        assert!(third.inode != second.inode && third.size == second.size);
        let content = Content { stamp: third, text: b"/xy=w".to_vec(), changed: false };
        assert_eq!(read(&path).unwrap(), content);
    }

    #[test]
    fn only_regular_files_of_sane_size_are_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap_err().kind(), ErrorKind::InvalidInput);
        let path = directory.path().join("map");
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::NotFound);
        File::create(&path).unwrap().set_len(MAX_FILE_SIZE + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let mut endless = File::open("/dev/zero").unwrap();
        assert_eq!(read_at_most(&mut endless, 1000).unwrap_err().kind(), ErrorKind::FileTooLarge);
        let fifo = directory.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(read(&fifo).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
