//! Open files that outlive a restart: descriptors of the parent, remembered by name.
//!
//! A restart closes all that a generation had open. What is held here stays open, so that a generation that can't open
//! a file anew goes on with it. A number that means another file by now is not used.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use super::memory::{Key, ProcessPool};

/// Ends in the version of the layout that [`Held::encode`] and [`ProcessPool::remember`] write.
const KEY: Key = Key::new(c"mod_jk:descriptors:1");

/// Duplicates of the files held by earlier generations, each with its name.
pub(crate) fn held(process: ProcessPool<'_>) -> Vec<(String, OwnedFd)> {
    let duplicate = |held: Held| Some((held.name.clone(), held.file()?.try_clone_to_owned().ok()?));
    all(process).into_iter().filter_map(duplicate).collect()
}

/// Holds duplicates of `files` for later generations, in place of what was held before. No name contains a NUL.
pub(crate) fn hold<'f>(process: ProcessPool<'_>, files: impl IntoIterator<Item = (String, BorrowedFd<'f>)>) {
    let before = all(process);
    let after: Vec<_> = files.into_iter().filter_map(|(name, file)| Held::new(name, file)).collect();
    let octets: Vec<u8> = after.iter().flat_map(Held::encode).collect();
    // What is remembered stays open, whichever that is: nobody else closes it.
    let forgotten = if process.remember(KEY, &octets) { before } else { after };
    forgotten.into_iter().for_each(Held::close);
}

fn all(process: ProcessPool<'_>) -> Vec<Held> {
    let octets = process.recall(KEY).unwrap_or_default();
    octets.split(|octet| *octet == 0).filter_map(Held::decode).collect()
}

/// A descriptor that nobody closes until the next generation has taken over. It belongs to the list that is remembered:
/// a value read from there is closed only when another list has taken its place ([`hold`]).
#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptor: RawFd,
    identity: (u64, u64),
    name: String,
}

impl Held {
    fn new(name: String, file: BorrowedFd<'_>) -> Option<Self> {
        let own = file.try_clone_to_owned().ok()?;
        let identity = identity(own.as_raw_fd())?;
        Some(Self { descriptor: own.into_raw_fd(), identity, name })
    }

    fn encode(&self) -> Vec<u8> {
        let (device, inode) = self.identity;
        format!("{} {device} {inode} {}\0", self.descriptor, self.name).into_bytes()
    }

    fn decode(octets: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(octets).ok()?.splitn(4, ' ');
        let descriptor = parts.next()?.parse().ok()?;
        let identity = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { descriptor, identity, name: parts.next()?.to_owned() })
    }

    /// The file, if the number still means it.
    fn file(&self) -> Option<BorrowedFd<'_>> {
        if identity(self.descriptor)? != self.identity {
            return None;
        }
        // SAFETY: the number is open and means the file of which `new` made a duplicate for the list. Only `close` closes
        // that, and takes the value; the parent, where lists are read and written, has one thread.
        Some(unsafe { BorrowedFd::borrow_raw(self.descriptor) })
    }

    fn close(self) {
        if let Some(descriptor) = self.file().map(|file| file.as_raw_fd()) {
            // SAFETY: `new` took the duplicate out of its owner, and the list that had it since is replaced (`hold`), so
            // nobody else closes it; the value ends here.
            drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
    }
}

/// Device and inode behind a number, if it is an open descriptor.
fn identity(descriptor: RawFd) -> Option<(u64, u64)> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: fstat takes any number, and writes to a live local variable.
    if unsafe { libc::fstat(descriptor, found.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: zeroes are a valid value, and fstat has filled it.
    let found = unsafe { found.assume_init() };
    Some((found.st_dev, found.st_ino))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_held_file_is_known_by_number_name_and_identity() {
        let file = tempfile::tempfile().expect("a file");
        let held = Held::new("a log with blanks".into(), file.as_fd()).expect("a duplicate");
        assert!(held.descriptor != file.as_raw_fd() && held.file().is_some());
        let octets = held.encode();
        let again =
            Held::decode(octets.strip_suffix(b"\0").expect("a NUL behind each")).expect("what was encoded");
        assert_eq!(
            (again.name.as_str(), again.identity),
            ("a log with blanks", identity(file.as_raw_fd()).expect("open"))
        );
        assert!(again.file().is_some());
        again.close();
    }

    #[test]
    fn another_file_under_the_number_is_not_used() {
        let file = tempfile::tempfile().expect("a file");
        let other = Held { descriptor: file.as_raw_fd(), identity: (0, 0), name: String::new() };
        assert!(other.file().is_none());
        other.close();
        assert!(identity(file.as_raw_fd()).is_some(), "nor closed");
        assert_eq!(Held::decode(b"x 1 1 name"), None);
    }
}
