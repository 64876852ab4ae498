//! What is doubtful at start and at configtest, said once and where it is read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::site::{Mpm, Site};
use crate::support::wait;

/// A pattern with `|` is one line of the configuration, and one warning.
pub fn one_mount() {
    let site = Site::new(Mpm::Event)
        .workers("worker.list=w\nworker.w.port=1")
        .file("conf/map", "/in/map|/*=wokrer\n")
        .conf("JkMount /in/conf|/* wokrer\nJkMountFile conf/map");
    let verdict = site.configtest();
    for place in ["/in/conf", "/in/map"] {
        let lines: Vec<_> = verdict.output.lines().filter(|line| line.contains(place)).collect();
        assert_eq!(lines.len(), 1, "{}", verdict.output);
    }
}

/// Each process finds out what is wrong with a new version of the map file, and that it is right again.
pub fn refused_map() {
    let backend = Backend::constant("served");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w1\n{}", backend.worker("w1")))
        .file("conf/map", "/*=w1\n")
        .conf("JkLogLevel debug\nStartServers 3\nJkMountFile conf/map\nJkMountFileReload 1")
        .start();
    httpd.site().write("conf/map", "/*=w2\n");
    let each_says = |words: &str| {
        wait::until_true(words, Duration::from_secs(60), || httpd.jk_log().matches(words).count() >= 3);
    };
    each_says("conf/map is refused by this process");
    let log = httpd.jk_log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("[error]")).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("conf/map is not taken, the rules read before stay in force: "), "{told:?}");
    assert!(told[0].contains("requests for this mount would get 500"), "{told:?}");
    assert_eq!(httpd.get("/x").status, 200);
    httpd.site().write("conf/map", "/*=w1\n");
    let again = "is right again: it holds the rules in force";
    wait::until_true(again, Duration::from_secs(60), || httpd.jk_log().contains(again));
}

/// The parent may read what its children may not: the first child says so at start, once.
pub fn unreadable_map() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let backend = Backend::constant("served");
    let site = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .file("conf/map", "/*=w\n")
        .conf("JkMountFile conf/map\n<VirtualHost *>\nJkMountFile conf/map\n</VirtualHost>");
    fs::set_permissions(site.path("conf/map"), fs::Permissions::from_mode(0o600)).expect("a file of our own");
    let httpd = site.start();
    let text = "conf/map can't be read: Permission denied; its changes stay without effect";
    wait::until_true("a word about the map file", Duration::from_secs(20), || {
        httpd.error_log().contains(text)
    });
    assert_eq!(httpd.get("/x").status, 200);
    for (name, log) in [("mod_jk.log", httpd.jk_log()), ("error.log", httpd.error_log())] {
        assert_eq!(log.matches(text).count(), 1, "{name}: {log}");
        assert!(log.contains("open to the children's user (uid "), "{name}: {log}");
    }
}
