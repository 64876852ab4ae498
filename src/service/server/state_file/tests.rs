//! What may lie at the path of a state file, and what becomes of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{symlink, PermissionsExt};

use tempfile::TempDir;

use super::*;

struct Place {
    directory: TempDir,
    file: StateFile,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let file = StateFile::at(directory.path().join("jk.state"));
        Self { directory, file }
    }

    fn with(text: &str) -> Self {
        let place = Self::new();
        fs::write(place.file.path(), text).expect("a file");
        place.set_mode(0o600);
        place
    }

    fn set_mode(&self, mode: u32) {
        fs::set_permissions(self.file.path(), Permissions::from_mode(mode)).expect("rights");
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("directory").flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).expect("a file")
    }
}

fn text(saved: i64) -> String {
    SavedState { saved, ..SavedState::default() }.to_text()
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let place = Place::new();
    assert_eq!(place.file.look(), Found::Nothing);
    for saved in [7, 8] {
        place.file.replace(&text(saved)).expect("written");
        let state = SavedState { saved, ..SavedState::default() };
        assert_eq!(place.file.look(), Found::State(state, Vec::new()));
        assert_eq!(place.names(), ["jk.state"]);
        let found = fs::metadata(place.file.path()).expect("the file");
        assert_eq!((found.mode() & 0o7777, found.uid()), (0o600, geteuid().as_raw()));
    }
}

#[test]
fn what_can_not_be_written_leaves_what_was_there() {
    let place = Place::with(&text(7));
    let gone = StateFile::at(place.directory.path().join("gone/jk.state"));
    let complaint = gone.replace(&text(8)).expect_err("no directory");
    assert!(complaint.starts_with(&format!("can't write {}.new.", gone.path().display())), "{complaint}");
    assert!(complaint.ends_with(": No such file or directory"), "{complaint}");
    let taken = StateFile::at(place.directory.path().join("taken"));
    fs::create_dir(taken.path()).expect("a directory");
    let complaint = taken.replace(&text(8)).expect_err("a directory");
    assert!(
        complaint.starts_with("can't move ") && complaint.ends_with(" there: Is a directory"),
        "{complaint}"
    );
    assert_eq!(place.names(), ["jk.state", "taken"], "no new file is left");
    assert_eq!(place.text("jk.state"), text(7));
}

#[test]
fn what_others_may_have_written_is_not_believed() {
    let place = Place::with(&text(7));
    for mode in [0o620, 0o602, 0o666] {
        place.set_mode(mode);
        let reason = format!("others may write to it (mode {mode:04o}), expected mode 0600");
        assert_eq!(place.file.look(), Found::Other(reason));
    }
    place.set_mode(0o644);
    assert!(matches!(place.file.look(), Found::State(..)), "it is no secret");
    let link = StateFile::at(place.directory.path().join("link"));
    symlink(place.file.path(), link.path()).expect("a link");
    assert_eq!(link.look(), Found::Other("it is a symbolic link, and none is followed".to_owned()));
    let fifo = StateFile::at(place.directory.path().join("fifo"));
    rustix::fs::mkfifoat(CWD, fifo.path(), Mode::RWXU).expect("a fifo");
    for no_file in [fifo, StateFile::at(place.directory.path().to_owned())] {
        assert_eq!(no_file.look(), Found::Other("it is no regular file".to_owned()));
    }
    if geteuid().is_root() {
        std::os::unix::fs::chown(place.file.path(), Some(65534), None).expect("another owner");
        assert_eq!(place.file.look(), Found::Other("it belongs to uid 65534, expected 0".to_owned()));
    }
}

#[test]
fn a_foreign_file_is_told_from_a_broken_one() {
    let foreign = Place::with("worker.list=w\n");
    assert_eq!(foreign.file.look(), Found::Other("it is no state of mod_jk".to_owned()));
    for broken in ["", &text(7)[..20], &text(7).replace("version\": 1", "version\": 9")] {
        assert!(matches!(Place::with(broken).file.look(), Found::Broken(_)), "{broken}");
    }
    let large = Place::with("");
    File::options()
        .write(true)
        .open(large.file.path())
        .and_then(|file| file.set_len(MOST + 1))
        .expect("a size");
    let reason = format!("it has {} octets, expected at most {MOST}", MOST + 1);
    assert_eq!(large.file.look(), Found::Other(reason));
}

#[test]
fn what_is_set_aside_replaces_nothing() {
    let place = Place::new();
    for number in 1..=NAMES_ASIDE {
        fs::write(place.file.path(), number.to_string()).expect("a file");
        let aside = place.file.set_aside().expect("a free name");
        assert_eq!(fs::read_to_string(aside).expect("the file"), number.to_string());
    }
    assert_eq!((place.text("jk.state.refused"), place.text("jk.state.refused.9")), ("1".into(), "9".into()));
    fs::write(place.file.path(), "last").expect("a file");
    assert_eq!(place.file.set_aside().map_err(|error| error.kind()), Err(ErrorKind::AlreadyExists));
    assert_eq!(place.text("jk.state"), "last");
}

#[test]
fn what_was_left_half_written_is_removed() {
    let place = Place::new();
    let left = fresh(&place.file.beside("new"));
    fs::write(&left, "half").expect("a file");
    place.file.replace(&text(7)).expect("written");
    assert_eq!(place.names(), ["jk.state"]);
}
