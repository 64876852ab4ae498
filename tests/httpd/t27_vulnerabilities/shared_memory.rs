//! The shared-memory file: its rights, what others put in its place, and no place at all.

use std::fs;
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::site;
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("cve_2024_46544_shared_memory_belongs_to_its_owner_alone", cve_2024_46544)
        .test("shared_memory_without_a_place_is_refused_with_a_reason", shared_memory_without_a_place)
}

/// The segment of a running server: a file in its run directory that is called by JkShmFile, and none of `others`.
fn segment(httpd: &Httpd, others: &[PathBuf]) -> PathBuf {
    let entries = fs::read_dir(httpd.site().path("run")).expect("a directory of our own").flatten();
    let mut segments = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("jk.shm") && !others.contains(path));
    segments.next().expect("a segment while the server runs")
}

/// At a restart the server takes a new segment. Others may put what they like in the place of the last one, and of any
/// name they think of.
fn cve_2024_46544() {
    let backend = Backend::constant("tomcat");
    let squatters: [fn(&Path, &Path); 4] = [
        |path, _| fs::write(path, vec![0xFF; 100_000]).expect("a file"),
        |path, victim| symlink(victim, path).expect("a link"),
        |path, victim| fs::hard_link(victim, path).expect("a link"),
        |path, _| fs::create_dir(path).expect("a directory"),
    ];
    for squat in squatters {
        let httpd = site(&backend).conf("JkMount /* w").start();
        let (path, victim) = (segment(&httpd, &[]), httpd.site().path("victim"));
        assert_eq!(fs::symlink_metadata(&path).expect("a segment").mode() & 0o7777, 0o600);
        fs::write(&victim, "precious").expect("a file of our own");
        fs::remove_file(&path).expect("the segment's name");
        let squatted = [path, httpd.site().path(&format!("run/jk.shm.{}", httpd.id()))];
        for path in &squatted {
            squat(path, &victim);
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("a file of our own");
        }
        assert!(httpd.graceful().ok);
        httpd.wait_for_generation(2);
        assert_eq!(httpd.get("/x").status, 200);
        assert_eq!(fs::read_to_string(&victim).expect("still there"), "precious");
        let found = fs::symlink_metadata(segment(&httpd, &squatted)).expect("a segment");
        assert!(found.is_file() && found.mode() & 0o7777 == 0o600 && found.nlink() == 1, "{found:?}");
    }
}

/// A directory that does not exist or that this user may not write to is named, and nothing is started.
fn shared_memory_without_a_place() {
    let backend = Backend::constant("tomcat");
    let missing = site(&backend).conf("JkShmFile gone/jk.shm").refused();
    assert!(!missing.ok && missing.output.contains("gone does not exist"), "{}", missing.output);
    let blocked = site(&backend).conf("JkShmFile htdocs/file/jk.shm").file("htdocs/file", "a file").refused();
    assert!(!blocked.ok && blocked.output.contains("htdocs/file/jk.shm"), "{}", blocked.output);
    let closed = site(&backend).conf("JkShmFile closed/jk.shm").file("closed/x", "");
    let rights = |path: &str, mode| {
        fs::set_permissions(closed.path(path), fs::Permissions::from_mode(mode)).expect("rights of our own");
    };
    for (path, mode) in [("logs", 0o777), ("run", 0o777), ("closed", 0o555)] {
        rights(path, mode);
    }
    let denied = closed.refused_as_nobody();
    rights("closed", 0o755); // for whoever removes it
    assert!(!denied.ok && denied.output.contains("may not create files in"), "{}", denied.output);
}
