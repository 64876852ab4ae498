//! JkStateFile: the state of workers on disk, whole or not at all, and what else may lie at its path.
//!
//! It is replaced by a new file that was written to the end and reached the disk. What is no state file of ours is never
//! touched; what was one and can't be read is set aside under another name. The directory may be writable by others
//! ("promises", local user): no link is followed, and a file that others own or may write to is not believed.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{fchmod, renameat_with, Mode, RenameFlags, CWD};
use rustix::process::geteuid;

use crate::rights;
use crate::rights::Wish;
use crate::shared::file_name::{fresh, remove_leftovers};
use crate::text::Reason;
use crate::worker::persist::{SavedState, Unusable};

/// Largest file that is read, in octets: 500 members take less than 1 MiB.
const MOST: u64 = 64 << 20;

/// Names that are tried for a file that is set aside.
const NAMES_ASIDE: u32 = 9;

/// The path of the file, which may be taken by something else.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
}

/// What lies at the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A state, and complaints about single values in it.
    State(SavedState, Vec<String>),
    /// What was a state file once, and why it is none that can be read.
    Broken(String),
    /// Something that is not ours, and why.
    Other(String),
}

impl StateFile {
    /// The file at `path`.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its path with another name behind it.
    fn beside(&self, name: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{name}"));
        path.into()
    }

    /// Looks at what lies there.
    pub(super) fn look(&self) -> Found {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let octets = File::options().read(true).custom_flags(flags).open(&self.path).and_then(|file| {
            let found = file.metadata()?;
            if let Some(reason) = distrust(&found) {
                return Ok(Err(reason));
            }
            let mut octets = Vec::new();
            file.take(MOST).read_to_end(&mut octets)?;
            Ok(Ok(octets))
        });
        match octets {
            Ok(Ok(octets)) => match SavedState::parse(&octets) {
                Ok((state, complaints)) => Found::State(state, complaints),
                Err(unusable @ Unusable::Foreign) => Found::Other(unusable.to_string()),
                Err(unusable) => Found::Broken(unusable.to_string()),
            },
            Ok(Err(reason)) => Found::Other(reason),
            Err(error) if error.kind() == ErrorKind::NotFound => Found::Nothing,
            Err(error) if error.raw_os_error() == Some(libc::ELOOP) => {
                Found::Other("it is a symbolic link, and none is followed".to_owned())
            }
            Err(error) => Found::Other(format!("it can't be read: {}", Reason(&error))),
        }
    }

    /// Moves what lies there to a name that is free, and returns that.
    ///
    /// # Errors
    /// That of the system, if there is no such name, or the file can't be moved.
    pub(super) fn set_aside(&self) -> Result<PathBuf, Error> {
        let mut last = Error::from(ErrorKind::AlreadyExists);
        for number in 1..=NAMES_ASIDE {
            let name = if number == 1 { "refused".to_owned() } else { format!("refused.{number}") };
            let aside = self.beside(&name);
            match renameat_with(CWD, &self.path, CWD, &aside, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(aside),
                Err(error) => last = error.into(),
            }
            if last.kind() != ErrorKind::AlreadyExists {
                break;
            }
        }
        Err(last)
    }

    /// Puts `text` in the place of what lies there, which is nothing or a state file of ours.
    ///
    /// # Errors
    /// What was tried, and why it failed. What lies there stays, unless only the proof failed that the new file is on disk.
    pub(super) fn replace(&self, text: &str) -> Result<(), String> {
        let fail = |what: &str| {
            let what = what.to_owned();
            move |error: Error| {
                let refusal = rights::of_path(&error, &self.path, Wish::State);
                let refusal = refusal.map_or(String::new(), |refusal| format!("; {refusal}"));
                format!("{what}: {}{refusal}", Reason(&error))
            }
        };
        let new = self.beside("new");
        remove_leftovers(&new);
        let new = fresh(&new);
        let written = write(&new, text).map_err(fail(&format!("can't write {}", new.display())));
        let moved = written.and_then(|()| {
            std::fs::rename(&new, &self.path).map_err(fail(&format!("can't move {} there", new.display())))
        });
        if moved.is_err() {
            let _ = std::fs::remove_file(&new);
            return moved;
        }
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(fail(&format!("can't sync {}", directory.display())))
    }
}

/// Why a file that lies there is not believed.
fn distrust(found: &Metadata) -> Option<String> {
    let user = geteuid().as_raw();
    if !found.is_file() {
        return Some("it is no regular file".to_owned());
    }
    if found.uid() != user {
        return Some(format!("it belongs to uid {}, expected {user}", found.uid()));
    }
    if found.mode() & 0o022 != 0 {
        let mode = found.mode() & 0o7777;
        return Some(format!("others may write to it (mode {mode:04o}), expected mode 0600"));
    }
    (found.len() > MOST).then(|| format!("it has {} octets, expected at most {MOST}", found.len()))
}

/// Makes the file `path`, whose name nobody has, and returns when it is on disk.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let mode = Mode::RUSR | Mode::WUSR;
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(mode.as_raw_mode())
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)?;
    // The umask can only take bits away, but a default ACL of the directory can replace the mode.
    fchmod(&file, mode)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
