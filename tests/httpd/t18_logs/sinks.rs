//! Where lines go, and what stands before their text.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::process::{self, AtDeath};
use crate::support::site::{Mpm, Site};
use crate::support::wait;

const PATIENCE: Duration = Duration::from_secs(20);

/// More lines than a pipe holds; then a reader comes, who learns how many are missing.
pub fn fifo() {
    let backend = Backend::constant("served");
    let site = Site::single_child(Mpm::Event, 4)
        .workers(&format!("worker.list=w\nworker.maintain=1\n{}", backend.worker("w")))
        .conf("JkLogFile logs/fifo\nJkLogLevel trace\nJkMount /* w");
    let path = site.path("logs/fifo");
    assert!(Command::new("mkfifo").arg("-m").arg("600").arg(&path).status().expect("mkfifo").success());
    let httpd = site.start();
    let client = httpd.client();
    let long = "x".repeat(700);
    for number in 0..200 {
        assert_eq!(client.get(&format!("/{number}/{long}")).status, 200, "request {number}");
    }
    wait::until_true("the error log to name the FIFO", PATIENCE, || {
        httpd.error_log().contains("logs/fifo takes no more lines, this process has lost ")
    });
    let mut reader = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).expect("a FIFO");
    assert!(read(&mut reader).contains("mod_jk/"), "the first lines were kept");
    assert_eq!(client.get("/after").status, 200);
    let note = wait::until("the note of what is missing", PATIENCE, || {
        read(&mut reader).lines().find(|line| line.contains(" lines are missing here")).map(str::to_owned)
    });
    assert!(note.contains("[warn] ") && !note.contains("[NO-ID]"), "{note}");
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    assert_eq!(httpd.get("/again").status, 200);
}

/// What the FIFO holds now.
fn read(reader: &mut File) -> String {
    let mut octets = Vec::new();
    match reader.read_to_end(&mut octets) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// Three servers without JkLogFile are no three faults. The default may be outside of the ServerRoot, so the server
/// gets a /var/log of its own, which takes root.
pub fn default_log() {
    const OWN_LOGS: &str =
        "mount -t tmpfs none /var/log && mkdir -p /var/log/apache2 /var/log/httpd && exec \"$@\"";
    let alone = |arguments: &[&str]| {
        let mut command = process::guarded("unshare", AtDeath::Terminate);
        command.args(["--mount", "sh", "-c", OWN_LOGS, "sh"]).args(arguments);
        command
    };
    if !alone(&["true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("logs: this user can't have a /var/log of its own");
        return;
    }
    let httpd = Site::bare(Mpm::Event)
        .workers("worker.list=w\nworker.w.port=1")
        .conf("JkShmFile run/jk.shm\nJkMount /* w")
        .conf("<VirtualHost *>\nServerName a.test\nJkMount /* w\n</VirtualHost>")
        .conf("<VirtualHost *>\nServerName b.test\n</VirtualHost>")
        .start_by(alone(&[]));
    let log = httpd.error_log();
    assert_eq!(log.matches("No JkLogFile defined").count(), 1, "{log}");
}

/// Neither an id nor a place in the source stands where nobody could use it.
pub fn heads() {
    let conf = "JkLogLevel @LEVEL@\nJkMount /* nowhere\nJkLogStampFormat \"<stamp> \"";
    let lines = |site: Site, level| {
        let site = site.workers("worker.list=w\nworker.w.port=1").conf(&conf.replace("@LEVEL@", level));
        let httpd = site.start();
        assert_eq!(httpd.get("/x").status, 500);
        let log = httpd.jk_log();
        log.lines().filter(|line| line.contains("/x")).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = lines(Site::new(Mpm::Event), "info");
    assert_eq!(plain.len(), 1, "{plain:?}");
    let (head, text) = plain[0].split_once("] [error] ").expect("a level");
    let numbers = head.strip_prefix("<stamp> [").expect("a stamp and nothing more");
    assert!(numbers.split(':').all(|number| number.parse::<u64>().is_ok()), "{plain:?}");
    assert!(text.starts_with("(nowhere) "), "{plain:?}");
    let unused = lines(Site::new(Mpm::Event).conf("JkRequestIdIndicator NEVER_SET"), "info");
    assert!(unused[0].starts_with("<stamp> [NO-ID] ["), "{unused:?}");
    let debugged = lines(Site::new(Mpm::Event), "debug");
    assert!(debugged.iter().all(|line| line.contains(".rs (")), "{debugged:?}");
}
