//! Where lines go: the system's log, and httpd's.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::support::process::{self, AtDeath};
use crate::support::site::{Mpm, Site};
use crate::support::wait;

const PATIENCE: Duration = Duration::from_secs(20);

/// A command that runs what is appended to it with a /dev of its own, in which `log` leads to `socket`; `None` if this
/// user can't have one.
fn with_dev_log(site: &Site, socket: &str) -> Option<Command> {
    let dev = site.path("dev");
    std::fs::create_dir(&dev).expect("a folder of our own");
    let script = format!(
        "set -e; d={dev}; mount -t tmpfs none $d; for n in null zero random urandom; do cp -a /dev/$n $d/; done; \
         mkdir $d/shm; chmod 1777 $d/shm; ln -s {socket} $d/log; mount --bind $d /dev; exec \"$@\"",
        dev = dev.display(),
        socket = site.path(socket).display()
    );
    let alone = |arguments: &[&str]| {
        let mut command = process::guarded("unshare", AtDeath::Terminate);
        command.args(["--mount", "sh", "-c", &script, "sh"]).args(arguments);
        command
    };
    alone(&["true"]).status().is_ok_and(|status| status.success()).then(|| alone(&[]))
}

/// Lines are datagrams; who listens may come late, go, and come back, and no request waits or fails meanwhile.
pub fn syslog() {
    let site = Site::single_child(Mpm::Event, 4)
        .workers("worker.list=w\nworker.w.port=1\nworker.maintain=1")
        .conf("JkLogFile syslog:local3:shop\nJkMount /* w");
    let Some(command) = with_dev_log(&site, "syslog") else {
        eprintln!("log lines: this user can't have a /dev of its own");
        return;
    };
    let socket = site.path("syslog");
    let listen = || {
        let listener = UnixDatagram::bind(&socket).expect("a socket of our own");
        listener.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        // Children are another user.
        std::fs::set_permissions(&socket, Permissions::from_mode(0o666)).expect("a socket of our own");
        listener
    };
    let httpd = site.start_by(command);
    let told = httpd.error_log();
    let missing = "JkLogFile syslog:local3:shop: nobody listens at /dev/log (No such file or directory)";
    assert_eq!(told.matches(missing).count(), 1, "{told}");
    assert_eq!(httpd.get("/lost").status, 503);
    wait::until_true("a word about lost lines", PATIENCE, || {
        httpd.error_log().contains("JkLogFile syslog:local3:shop takes no more lines")
    });
    let listener = listen();
    assert_eq!(httpd.get("/first").status, 503);
    assert!(received(&listener, "are missing here").contains("[warn]"));
    let line = received(&listener, "/first gets");
    // local3 (19) and err (3), and no stamp of ours.
    assert!(line.starts_with("<155>") && line.contains(" shop["), "{line}");
    let head = line.split("]: [").nth(1).expect("process and thread");
    assert!(head.contains("] [error] (w) GET /first gets 503: ") && !line.ends_with('\n'), "{line}");
    drop(listener);
    std::fs::remove_file(&socket).expect("a socket of our own");
    assert_eq!(httpd.get("/gone").status, 503);
    let listener = listen();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    assert_eq!(httpd.get("/back").status, 503);
    received(&listener, "/back gets");
}

/// The first datagram with that word; a read that finds none fails.
fn received(listener: &UnixDatagram, word: &str) -> String {
    let mut packet = [0; 8192];
    for _ in 0..1000 {
        let length = listener.recv(&mut packet).unwrap_or_else(|why| panic!("{word}: {why}"));
        let text = String::from_utf8_lossy(&packet[..length]).into_owned();
        if text.contains(word) {
            return text;
        }
    }
    panic!("{word} is not in a thousand lines");
}

/// httpd's log of the server takes them at its own levels, and no file is made.
pub fn error_log() {
    let httpd = Site::new(Mpm::Event)
        .workers("worker.list=w\nworker.w.port=1")
        .conf("JkLogFile error_log\nJkMount /* w\nLogLevel jk:error")
        .conf("<VirtualHost *>\nServerName a.test\nErrorLog logs/a.log\nJkMount /* w\n</VirtualHost>")
        .conf("<VirtualHost *>\nServerName b.test\nErrorLog logs/b.log\nLogLevel jk:info\nJkMount /* w\n</VirtualHost>")
        .start();
    for host in ["a.test", "b.test"] {
        assert_eq!(httpd.client().get_with("/page", &[("Host", host)]).status, 503);
    }
    for (name, is_open) in [("a.log", false), ("b.log", true)] {
        let log = httpd.log(name);
        let error = log.lines().find(|line| line.contains("(w) GET /page gets 503"));
        let error = error.unwrap_or_else(|| panic!("{name}: {log}"));
        assert!(error.contains(" [jk:error] [pid ") && !error.contains("] [error] "), "{error}");
        assert_eq!(log.contains("[jk:info]"), is_open, "{name}: {log}");
    }
    assert!(!httpd.site().path("error_log").exists());
}

pub fn words() {
    let complaint = |conf: &str| Site::new(Mpm::Event).conf(conf).configtest();
    let unknown = complaint("JkLogFile syslog:lokal3");
    assert!(!unknown.ok && unknown.output.contains("did you mean local3?"), "{}", unknown.output);
    for fine in ["syslog:", "syslog:daemon", "error_log", "./error_log"] {
        let verdict = complaint(&format!("JkLogFile {fine}"));
        assert!(verdict.ok && verdict.output.contains("Syntax OK"), "{fine}: {}", verdict.output);
    }
    let idle = complaint("JkLogFile error_log\nJkLogFormat json");
    assert!(idle.ok && idle.output.contains("JkLogFormat json has no effect"), "{}", idle.output);
}
