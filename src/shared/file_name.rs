//! What the file of the shared memory is called: `<JkShmFile>.<pid>.<16 hexadecimal digits that nobody can guess>`. So are files that
//! will take the place of others.
//!
//! The directory may be writable by others, who see the name of one generation and know the process id; so the next
//! generation, and the next start, take a name that they can't have put anything in place of ("promises", local user).

use std::ffi::OsStr;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;

use bstr::ByteSlice;
use rustix::process::geteuid;

use super::children::is_alive;

/// Hexadecimal digits behind the process id.
const DIGITS: usize = 16;

/// A new name for the file at `path`.
pub(crate) fn fresh(path: &Path) -> PathBuf {
    // The standard library seeds its hashers from the system's random numbers.
    let random = RandomState::new().build_hasher().finish();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.{random:0DIGITS$x}", process::id()));
    name.into()
}

/// Removes what servers of this user left behind at `path` when they were killed. A file in use would only lose its
/// name: children inherit the mapping.
pub(crate) fn remove_leftovers(path: &Path) {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return };
    let own = |found: fs::Metadata| found.is_file() && found.uid() == geteuid().as_raw();
    let ended = |creator: u32| creator == process::id() || !is_alive(creator);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if creator(name, &entry.file_name()).is_some_and(ended) && entry.metadata().is_ok_and(own) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process that called a file `found` when JkShmFile was called `name`.
fn creator(name: &OsStr, found: &OsStr) -> Option<u32> {
    let rest = found.as_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b".")?;
    let (process, random) = rest.split_once_str(".")?;
    let is_ours = random.len() == DIGITS && random.iter().all(u8::is_ascii_hexdigit);
    process.to_str().ok()?.parse().ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_new_each_time_and_tell_their_creator() {
        let path = Path::new("/run/jk.shm");
        let [one, other] = [fresh(path), fresh(path)];
        assert_ne!(one, other);
        assert_eq!(creator(OsStr::new("jk.shm"), one.file_name().expect("a name")), Some(process::id()));
        for strange in
            ["jk.shm", "jk.shm.1", "jk.shm.1.0123", "jk.shm.x.0123456789abcdef", "other.1.0123456789abcdef"]
        {
            assert_eq!(creator(OsStr::new("jk.shm"), OsStr::new(strange)), None, "{strange}");
        }
    }

    #[test]
    fn leftovers_of_ended_servers_go_and_all_else_stays() {
        let directory = tempfile::tempdir().expect("directory");
        let mut ended = process::Command::new("true").spawn().expect("a process");
        ended.wait().expect("its end");
        let left = [process::id(), ended.id()].map(|pid| format!("jk.shm.{pid}.0123456789abcdef"));
        let kept =
            [format!("jk.shm.{}.0123456789abcdef", std::os::unix::process::parent_id()), "jk.shm.1".into()];
        left.iter().chain(&kept).for_each(|name| fs::write(directory.path().join(name), "").expect("a file"));
        fs::create_dir(directory.path().join("jk.shm.1.0123456789abcdef")).expect("a directory");
        remove_leftovers(&directory.path().join("jk.shm"));
        assert!(left.iter().all(|name| !directory.path().join(name).exists()));
        assert!(kept.iter().all(|name| directory.path().join(name).exists()));
    }
}
