//! Restarts that can't make their segment or open their logs go on with what is there; only a first start refuses.

use std::fs;
use std::time::Duration;

use rustix::process::{prlimit, Pid, Resource, Rlimit};

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{process, wait};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_restart_without_its_directories_goes_on_until_they_are_back", without_directories)
        .test("a_restart_without_room_for_its_segment_goes_on", without_room)
}

fn without_directories() {
    let backend = Backend::constant("tomcat");
    let site = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .file("of-jk/empty", "")
        .conf("JkMountCopy All\nJkMount /* w\nJkShmFile of-jk/jk.shm\nJkLogFile of-jk/mod_jk.log")
        .conf("<VirtualHost 127.0.0.1:@PORT@>\nServerName other\nJkLogFile of-jk/other.log\n</VirtualHost>");
    let httpd = site.start_as_daemon();
    let descriptors = process::descriptors(httpd.id());
    let moved =
        |from: &str, to: &str| fs::rename(httpd.site().path(from), httpd.site().path(to)).expect("a move");
    moved("of-jk", "elsewhere");
    for generation in [2, 3] {
        restart(&httpd, generation);
        for (log, lines) in [("mod_jk.log", generation), ("other.log", 0)] {
            let text = httpd.site().read(&format!("elsewhere/{log}"));
            assert_eq!(text.matches("initialized").count(), lines, "{log} goes on: {text}");
            let complaint = format!("JkLogFile {}", httpd.site().path("of-jk").join(log).display());
            assert!(text.contains("[error]") && text.contains(&complaint), "{text}");
        }
        let complaints = httpd.error_log().matches("the log of the last configuration goes on").count();
        assert_eq!(complaints, 2 * (generation - 1), "{}", httpd.error_log());
        let complaints = httpd.error_log().matches("memory without a file takes its place").count();
        assert_eq!(complaints, generation - 1, "{}", httpd.error_log());
    }
    assert!(httpd.error_log().contains("[jk:error]"), "{}", httpd.error_log());
    moved("elsewhere", "of-jk");
    restart(&httpd, 4);
    let files = fs::read_dir(httpd.site().path("of-jk")).expect("the directory").flatten();
    assert_eq!(files.filter(|file| file.file_name().to_string_lossy().starts_with("jk.shm")).count(), 1);
    wait::until_true("the parent's descriptors", Duration::from_secs(20), || {
        process::descriptors(httpd.id()) == descriptors
    });
}

/// A limit on the size of files stands for a full disk, which a test can't have for itself.
fn without_room() {
    let backend = Backend::constant("tomcat");
    let names: Vec<_> = (0..500).map(|number| format!("tomcat{number}")).collect();
    let workers: String = names.iter().map(|name| backend.worker(name)).collect();
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list={}\n{workers}", names.join(",")))
        .conf("JkMount /* tomcat1")
        .start_as_daemon();
    let parent = i32::try_from(httpd.id()).ok().and_then(Pid::from_raw);
    let most = Some(128 * 1024);
    prlimit(parent, Resource::Fsize, Rlimit { current: most, maximum: most }).expect("a limit");
    restart(&httpd, 2);
    assert!(
        httpd.error_log().contains("cannot reserve space for the shared memory file"),
        "{}",
        httpd.error_log()
    );
    assert_eq!(super::shared_files(&httpd), 0, "nothing half made is left");
}

fn restart(httpd: &Httpd, generation: usize) {
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generation);
    assert_eq!(httpd.get("/x").text(), "tomcat");
}
