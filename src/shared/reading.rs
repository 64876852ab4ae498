//! The memory of a server, looked at by another process that has no part in it: what lies where is told by the memory
//! itself.

use std::mem::size_of;
use std::path::Path;
use std::sync::Arc;

use crate::ffi::shm::{Mapped, Record, Segment};

use super::ajp::AjpRecord;
use super::children::Owner;
use super::header::{Header, LAYOUT_VERSION, MAGIC};
use super::lb::LbRecord;
use super::member::MemberRecord;
use super::{Layout, Shared};

/// Memory that was found in a file.
pub(crate) struct Found {
    /// The records; nothing can be written to them.
    pub shared: Shared,
    /// Names of the ajp13 workers.
    pub workers: Vec<String>,
    /// Names of the balancers and their members, in the order of the configuration.
    pub balancers: Vec<(String, Vec<String>)>,
}

impl Found {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Why it is not read, with its path: what [`Segment::open`] refuses, no memory of this module, or that of a build
    /// with another layout.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let segment = Arc::new(Segment::open(path)?);
        Self::of(&segment).map_err(|complaint| format!("{}: {complaint}", path.display()))
    }

    fn of(segment: &Arc<Segment>) -> Result<Self, String> {
        let header: Mapped<Header> = segment.record(0).ok_or(NONE)?;
        match header.kind() {
            (MAGIC, LAYOUT_VERSION) => {}
            (MAGIC, version) => {
                return Err(format!(
                    "its layout has version {version}, and this program reads {LAYOUT_VERSION}: use the one that \
                     came with the module that is running"
                ))
            }
            _ => return Err(NONE.to_owned()),
        }
        let [workers, members, balancers, slots] = header.shape();
        let ajp_start = size_of::<Header>();
        let members_start = ajp_start + workers.saturating_mul(size_of::<AjpRecord>());
        let lbs_start = members_start.saturating_add(members.saturating_mul(size_of::<MemberRecord>()));
        let workers = records(segment, ajp_start, workers, AjpRecord::name)?;
        let mut members = records(segment, members_start, members, MemberRecord::name)?.into_iter();
        let balancers = records(segment, lbs_start, balancers, LbRecord::shape)?;
        let balancers: Vec<_> = balancers
            .into_iter()
            .map(|(name, count)| (name, members.by_ref().take(count).collect()))
            .collect();
        let layout = Layout::found(workers.clone(), &balancers, slots);
        if layout.shape() != header.shape() || layout.size() as u64 != header.size() {
            return Err(DAMAGED.to_owned());
        }
        let shared = Shared::view(Arc::clone(segment), layout).map_err(|_| DAMAGED)?;
        Ok(Self { shared, workers, balancers })
    }

    /// Whose the slots for counts are, but those that nobody has.
    pub(crate) fn processes(&self) -> Vec<Owner> {
        self.shared.children.owners().filter(|owner| *owner != Owner::Nobody).collect()
    }

    /// When the memory was made, or the oldest error that it knows of; seconds since the epoch.
    pub(crate) fn made_at(&self) -> i64 {
        self.shared.header.times_start()
    }
}

const NONE: &str = "it is no shared memory of mod_jk";
const DAMAGED: &str = "it is damaged: its records do not fit";

/// What `tell` says of `count` records from `start` on.
fn records<T: Record, U>(
    segment: &Arc<Segment>,
    start: usize,
    count: usize,
    tell: fn(&T) -> U,
) -> Result<Vec<U>, String> {
    let place = |index: usize| start.checked_add(index.checked_mul(size_of::<T>())?);
    let record = |index| segment.record::<T>(place(index)?).map(|record| tell(&record));
    (0..count).map(|index| record(index).ok_or_else(|| DAMAGED.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::{symlink, FileExt, PermissionsExt};
    use std::path::PathBuf;

    use super::*;
    use crate::config::settings::samples::{lb_settings, settings_of};

    /// The file of memory for two balancers and a worker alone.
    fn memory(directory: &Path) -> (Arc<Shared>, PathBuf) {
        let balancers = [lb_settings("one", &["a", "b"]), lb_settings("two", &["b"])];
        let settings = settings_of(&balancers, &["alone"]);
        let shared = Shared::create(Some(&directory.join("shm")), &settings, 3).expect("memory");
        let path = shared.segment.path().expect("a file").to_owned();
        (shared, path)
    }

    fn refusal(path: &Path) -> String {
        Found::open(path).map(drop).expect_err("refused").replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn another_process_reads_what_is_there() {
        let directory = tempfile::tempdir().expect("directory");
        let (shared, path) = memory(directory.path());
        shared.attach_child(77_777).expect("a slot");
        let busy = shared.ajp("b").expect("b").request_started();
        let found = Found::open(&path).expect("memory");
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected = [("one".to_owned(), names(&["a", "b"])), ("two".to_owned(), names(&["b"]))];
        assert_eq!(found.balancers, expected);
        assert_eq!(
            {
                let mut workers = found.workers.clone();
                workers.sort();
                workers
            },
            names(&["a", "alone", "b"])
        );
        assert_eq!(found.processes(), [Owner::AnyProcess, Owner::Child(77_777)]);
        assert_eq!(found.shared.ajp("b").expect("b").by_process(), [(Owner::Child(77_777), 1, 0)]);
        assert!(found.shared.member("two", "b").is_some() && found.shared.lb("one").is_some());
        drop((busy, found));
        assert!(path.exists(), "who only looks removes nothing");
    }

    #[test]
    fn what_is_no_memory_of_this_build_is_refused() {
        let directory = tempfile::tempdir().expect("directory");
        let (_shared, path) = memory(directory.path());
        let copy = directory.path().join("copy");
        let changed = |offset: u64, octets: &[u8]| {
            fs::copy(&path, &copy).expect("a copy");
            File::options()
                .write(true)
                .open(&copy)
                .and_then(|file| file.write_all_at(octets, offset))
                .expect("a change");
            refusal(&copy)
        };
        assert_eq!(changed(0, b"other"), format!("FILE: {NONE}"));
        let old = changed(8, &7_u32.to_ne_bytes());
        assert!(old.contains("its layout has version 7, and this program reads"), "{old}");
        assert_eq!(changed(16, &1_u64.to_ne_bytes()), format!("FILE: {DAMAGED}"), "another size");
        for shape in 0..4 {
            let place = (size_of::<Header>() - 40 + 4 * shape) as u64;
            for count in [0, 1000, u32::MAX] {
                assert_eq!(
                    changed(place, &count.to_ne_bytes()),
                    format!("FILE: {DAMAGED}"),
                    "{shape}: {count}"
                );
            }
        }
    }

    #[test]
    fn only_files_that_nobody_else_can_change_are_read() {
        let directory = tempfile::tempdir().expect("directory");
        let (_shared, path) = memory(directory.path());
        let link = directory.path().join("link");
        symlink(&path, &link).expect("a link");
        assert_eq!(refusal(&link), "FILE: it is a symbolic link, which is not followed");
        assert!(refusal(directory.path()).contains("it is no regular file"));
        let gone = directory.path().join("gone");
        assert!(refusal(&gone).contains("No such file"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).expect("our own file");
        assert_eq!(refusal(&path), "FILE: others may write to it, expected mode 0600");
        fs::write(&gone, "").expect("a file");
        fs::set_permissions(&gone, fs::Permissions::from_mode(0o600)).expect("our own file");
        assert_eq!(refusal(&gone), format!("FILE: {NONE}"));
    }
}
