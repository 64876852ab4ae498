//! The segment against squatters, links, missing directories and full disks.

use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicU8, Ordering};

use super::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

#[test]
fn the_file_is_private_reserved_and_removed_with_the_segment() {
    let directory = directory();
    let path = directory.path().join("jk.1");
    let segment = Segment::create(&path, 10_000).expect("segment");
    let found = std::fs::symlink_metadata(&path).expect("file");
    assert_eq!(found.permissions().mode() & 0o7777, 0o600);
    assert_eq!(found.len() as usize, segment.size());
    assert!(found.blocks() * 512 >= 10_000, "its space is reserved");
    drop(segment);
    assert!(std::fs::symlink_metadata(&path).is_err());
}

#[test]
fn places_are_checked_for_bounds_and_alignment() {
    let segment = Arc::new(Segment::anonymous(1).expect("segment"));
    let size = segment.size();
    assert!(segment.record::<AtomicU64>(size - 8).is_some());
    assert!(segment.record::<AtomicU64>(size - 4).is_none());
    assert!(segment.record::<AtomicU64>(4).is_none());
    assert!(segment.record::<AtomicU32>(4).is_some());
    assert!(segment.records::<AtomicU32>(8, size / 4).is_none());
    assert!(segment.records::<AtomicU64>(0, usize::MAX / 4).is_none());
    assert!(segment.record::<AtomicU8>(usize::MAX).is_none());
    let whole = Arc::new(Segment::anonymous(1).expect("segment"));
    assert!(whole.records::<AtomicU32>(0, size / 4).is_some());
    assert!(whole.record::<AtomicU64>(8).is_none(), "atomics of two sizes in one place");
}

#[test]
fn what_is_written_reaches_the_file() {
    let directory = directory();
    let path = directory.path().join("jk.1");
    let segment = Arc::new(Segment::create(&path, 64).expect("segment"));
    let place = segment.record::<AtomicU32>(8).expect("place");
    place.store(u32::from_ne_bytes(*b"abcd"), Ordering::Relaxed);
    assert_eq!(&std::fs::read(&path).expect("file")[8..12], b"abcd");
    let another = place.clone();
    drop(place);
    drop(segment);
    assert_eq!(
        another.load(Ordering::Relaxed),
        u32::from_ne_bytes(*b"abcd"),
        "a place keeps the memory mapped"
    );
}

#[test]
fn what_has_the_name_already_is_refused_and_left_alone() {
    let directory = directory();
    let (path, victim) = (directory.path().join("jk.1"), directory.path().join("victim"));
    std::fs::write(&victim, "precious").expect("victim");
    let squatters: [fn(&Path, &Path); 3] = [
        |path, victim| symlink(victim, path).expect("link"),
        |path, victim| std::fs::hard_link(victim, path).expect("link"),
        |path, _| std::fs::create_dir(path).expect("directory"),
    ];
    for squat in squatters {
        squat(&path, &victim);
        let error = Segment::create(&path, 64).expect_err("a name that is taken");
        assert_eq!((error.operation, error.source.kind()), (Operation::Create, io::ErrorKind::AlreadyExists));
        std::fs::rename(&path, directory.path().join("aside")).expect("it is still there");
        let _ = std::fs::remove_file(directory.path().join("aside"));
    }
    assert_eq!(std::fs::read_to_string(&victim).expect("victim"), "precious");
}

#[test]
fn a_missing_directory_is_named() {
    let directory = directory();
    let path = directory.path().join("missing/jk.1");
    let error = Segment::create(&path, 64).expect_err("no such directory");
    let text = error.to_string();
    let missing = directory.path().join("missing");
    assert!(text.contains(&format!("directory {} does not exist", missing.display())), "{text}");
    assert!(text.contains(&format!("uid {}", rustix::process::geteuid().as_raw())), "{text}");
}

#[test]
fn missing_permission_and_a_full_disk_say_what_to_do() {
    let path = Path::new("/run/private/jk.1");
    let denied = SegmentError::new(path, Operation::Create, io::Error::from_raw_os_error(libc::EACCES));
    assert!(denied.to_string().contains("may not create files in the directory /run"), "{denied}");
    let full = SegmentError::new(path, Operation::Reserve, io::Error::from_raw_os_error(libc::ENOSPC));
    assert!(full.to_string().contains("free some space in /run/private"), "{full}");
}

#[test]
fn a_size_no_disk_has_is_refused_and_leaves_no_file() {
    let directory = directory();
    let path = directory.path().join("jk.1");
    let error = Segment::create(&path, 1 << 60).expect_err("an exbibyte");
    assert_eq!(error.operation, Operation::Reserve);
    assert!(std::fs::symlink_metadata(&path).is_err());
}

#[test]
fn a_newer_file_of_the_same_name_outlives_the_older_segment() {
    let directory = directory();
    let path = directory.path().join("jk.1");
    let older = Segment::create(&path, 64).expect("older");
    std::fs::remove_file(&path).expect("the name of the older");
    let newer = Segment::create(&path, 64).expect("newer");
    drop(older);
    assert!(path.exists(), "the older segment must not remove the newer file");
    drop(newer);
    assert!(!path.exists());
}
