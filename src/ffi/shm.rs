//! The memory that parent and children share: one mapped file, and typed places in it.
//!
//! Knows pages, files and bounds; what the records mean is up to [`crate::shared`]. The parent creates the
//! file before it forks, so children inherit the mapping and never open the file: it can stay readable by its
//! owner alone ("load-balancer, section 1"; "promises", local user).

mod error;
mod file;
mod lock;
mod record;
mod regions;

use std::io;
use std::mem::{align_of, size_of};
use std::ops::Deref;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

pub(crate) use error::{Operation, SegmentError};
use file::OwnedPath;
pub(crate) use lock::{Held, SharedLock};
pub(crate) use record::record;
pub(crate) use record::Record;
use regions::Regions;

/// Mapped memory that starts as zeros, shared with all children forked later; unmapped on drop.
#[derive(Debug)]
pub(crate) struct Segment {
    start: NonNull<u8>,
    size: usize,
    /// The file behind it, removed on drop by the process that made it.
    path: Option<OwnedPath>,
    /// What lies where.
    regions: Regions,
}

// SAFETY: the mapping belongs to the value, not to a thread, until it is dropped; what is reached in it is `Record`s, which
// are `Sync`.
unsafe impl Send for Segment {}
// SAFETY: as for Send.
unsafe impl Sync for Segment {}

impl Segment {
    /// Creates the file `path` (mode 0600) with at least `size` octets reserved on disk, and maps it.
    ///
    /// A name that is taken is an error: what has it is neither followed nor used.
    ///
    /// # Errors
    /// [`SegmentError`] names path, operation and uid.
    pub(crate) fn create(path: &Path, size: usize) -> Result<Self, SegmentError> {
        let size = round_to_pages(size);
        let (descriptor, owned) = file::create(path, size)?;
        let start =
            map(size, Some(&descriptor)).map_err(|error| SegmentError::new(path, Operation::Map, error))?;
        Ok(Self { start, size, path: Some(owned), regions: Regions::default() })
    }

    /// Maps the file `path` of another process for reading: whoever writes to a record of it ends by a signal.
    ///
    /// # Errors
    /// Why it is not read, with its path: it is a link or no regular file, or somebody else than root and this user can
    /// change it.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let (descriptor, size) = file::open_to_read(path)?;
        let named = |error| format!("{}: {}", path.display(), crate::text::Reason(&error));
        let start = map_with(size.max(1), Some(&descriptor), libc::PROT_READ).map_err(named)?;
        Ok(Self { start, size, path: None, regions: Regions::default() })
    }

    /// Maps `size` octets that no file stands behind.
    ///
    /// # Errors
    /// [`SegmentError`] if the system has no such memory.
    pub(crate) fn anonymous(size: usize) -> Result<Self, SegmentError> {
        let size = round_to_pages(size);
        let start = map(size, None)
            .map_err(|error| SegmentError::new(Path::new("(anonymous)"), Operation::Map, error))?;
        Ok(Self { start, size, path: None, regions: Regions::default() })
    }

    /// Its size in octets: whole pages.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The file behind it.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_ref().map(OwnedPath::path)
    }

    /// The record of type `T` at `offset`; `None` if it would not lie inside, aligned and apart from others.
    pub(crate) fn record<T: Record>(self: &Arc<Self>, offset: usize) -> Option<Mapped<T>> {
        let target = self.address::<T>(offset, 1)?;
        Some(Mapped { target, segment: Arc::clone(self) })
    }

    /// `count` records of type `T` from `offset` on; `None` if they would not lie inside, aligned and apart from
    /// others.
    pub(crate) fn records<T: Record>(self: &Arc<Self>, offset: usize, count: usize) -> Option<Mapped<[T]>> {
        let first = self.address::<T>(offset, count)?;
        Some(Mapped { target: NonNull::slice_from_raw_parts(first, count), segment: Arc::clone(self) })
    }

    fn address<T: Record>(&self, offset: usize, count: usize) -> Option<NonNull<T>> {
        let end = size_of::<T>().checked_mul(count)?.checked_add(offset)?;
        let inside = end <= self.size && offset % align_of::<T>() == 0;
        if !inside || !self.regions.claim::<T>(offset..end) {
            return None;
        }
        // SAFETY: `offset` is at most `end` and that at most `size`, so the result is in the mapping or right behind it.
        Some(unsafe { self.start.add(offset) }.cast())
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: `start` and `size` are those of the mapping made in `map`, and every `Mapped` in it holds an Arc of this
        // value, so none is left in this process; others have mappings of their own.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.size) };
    }
}

/// A `T` in a segment, which it keeps mapped.
#[derive(Debug)]
pub(crate) struct Mapped<T: ?Sized> {
    target: NonNull<T>,
    segment: Arc<Segment>,
}

impl<T: ?Sized> Clone for Mapped<T> {
    fn clone(&self) -> Self {
        Self { target: self.target, segment: Arc::clone(&self.segment) }
    }
}

// SAFETY: it gives nothing but shared references to a `Sync` value, and the Arc in it, of a `Send` and `Sync` type, keeps that
// value alive.
unsafe impl<T: ?Sized + Sync> Send for Mapped<T> {}
// SAFETY: as for Send.
unsafe impl<T: ?Sized + Sync> Sync for Mapped<T> {}

impl<T: ?Sized> Deref for Mapped<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `Segment::address` checked bounds and alignment, and that in this process no other type has these octets;
        // in others of this generation neither, as all are forked from the one that planned them, and who opens its file (`open`)
        // does so by the same layout. `Record` promises that any
        // content is a valid value which changes only atomically, and `segment` keeps the memory mapped.
        unsafe { self.target.as_ref() }
    }
}

/// Maps `size` octets of `descriptor`, or of no file, for reading and writing by this process and its children.
fn map(size: usize, descriptor: Option<&std::fs::File>) -> io::Result<NonNull<u8>> {
    map_with(size, descriptor, libc::PROT_READ | libc::PROT_WRITE)
}

fn map_with(
    size: usize,
    descriptor: Option<&std::fs::File>,
    protection: libc::c_int,
) -> io::Result<NonNull<u8>> {
    use std::os::fd::AsRawFd;
    let (flags, descriptor) = match descriptor {
        Some(file) => (libc::MAP_SHARED, file.as_raw_fd()),
        None => (libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1),
    };
    // SAFETY: no address is asked for, so no existing mapping is replaced; the descriptor is open or -1.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), size, protection, flags, descriptor, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))
}

fn round_to_pages(size: usize) -> usize {
    // SAFETY: sysconf takes any number and returns one.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    size.max(1).next_multiple_of(usize::try_from(page).unwrap_or(4096).max(1))
}

#[cfg(test)]
mod tests;
