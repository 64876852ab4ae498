//! A newer `mod_jk.so` in the place of the older one is what the next graceful restart runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{paths, wait};

/// How the module calls itself in the Server header.
const VERSION: &str = concat!("mod_jk/", env!("CARGO_PKG_VERSION"));

/// What the module calls that which outlives a restart, and the version of its layout.
const KEYS: [&str; 2] = ["mod_jk:last-good-texts:1", "mod_jk:descriptors:1"];

/// The build that knows other layouts.
const STRANGER: char = 'c';

pub fn add(suite: Suite) -> Suite {
    suite.under(&ALL_MPMS, "each_restart_runs_the_build_that_is_in_place", three_builds)
}

/// The parent is led through what it can do in a generation: names to resolve, map files, logs, broken texts.
fn three_builds(mpm: Mpm) {
    let backend = Backend::constant("route=a\n");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let module = directory.path().join("mod_jk.so");
    install(&module, 'a');
    let httpd = Site::of(&module, mpm)
        .workers(&format!("worker.list=w\nworker.w.host=localhost\nworker.w.port={}", backend.port()))
        .file("conf/map", "/*=w\n")
        .conf("JkMountFile conf/map\nJkMountCopy All\nJkShmFile run/jk.shm\nJkRequestLogFormat \"%w %U\"")
        .conf("<VirtualHost 127.0.0.1:@PORT@>\nServerName other\nJkLogFile \"|/bin/cat\"\n</VirtualHost>")
        .start_as_daemon();
    assert_eq!(build(&httpd), 'a');
    for (build_wanted, generation) in ('b'..='d').zip(2..) {
        install(&module, build_wanted);
        if build_wanted == 'd' {
            httpd.site().write("conf/map", "nonsense\n");
            httpd.site().write("conf/workers.properties", "worker.list=w\nworker.w.type=ajp31\n");
        }
        httpd.graceful_by_signal();
        httpd.wait_for_generation(generation);
        // A child of the old generation may take one more connection before it hears of its end.
        let what = format!("build {build_wanted} to answer");
        wait::until_true(&what, Duration::from_secs(20), || build(&httpd) == build_wanted);
    }
}

/// Puts a build with a letter of its own in its version in place, as `make install` does: a new file of that name.
fn install(module: &Path, letter: char) {
    let mut octets = fs::read(paths::module()).expect("the module");
    end_in(&mut octets, VERSION, letter);
    if letter == STRANGER {
        KEYS.iter().for_each(|key| end_in(&mut octets, key, '2'));
    }
    let new = module.with_extension("new");
    fs::write(&new, octets).expect("a build of our own");
    fs::rename(new, module).expect("a build of our own");
}

/// Has `text` end in `last`, wherever it stands.
fn end_in(octets: &mut [u8], text: &str, last: char) {
    let places: Vec<_> = memchr::memmem::find_iter(octets, text).collect();
    assert!(!places.is_empty(), "no {text} in the module");
    places.into_iter().for_each(|place| octets[place + text.len() - 1] = last as u8);
}

/// The build that answers now.
fn build(httpd: &Httpd) -> char {
    let reply = httpd.get("/x");
    assert_eq!((reply.status, reply.text().as_str()), (200, "route=a\n"));
    let server = reply.header("server").expect("a Server header").to_owned();
    let version = server.split(' ').find(|word| word.starts_with("mod_jk/")).expect("the module's version");
    version.chars().last().expect("a letter")
}
