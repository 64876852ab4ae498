//! What is said where rights are missing: who was refused what, by which mode, and the command that mends it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use crate::support::site::{Mpm, Site};
use crate::support::wait;

fn rights(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("rights of our own");
}

fn site(conf: &str) -> Site {
    let site =
        Site::new(Mpm::Event).workers("worker.list=w\nworker.w.port=1").conf("JkMount /* w").conf(conf);
    ["logs", "run"].iter().for_each(|name| rights(&site.path(name), 0o777));
    site
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A server that nobody starts, with a directory that is root's: a log and shared memory that can't be made there.
pub fn files() {
    if !is_root() {
        return;
    }
    for (conf, directive) in
        [("JkLogFile deep/closed/in/x", "JkLogFile"), ("JkShmFile deep/closed/in/x", "JkShmFile")]
    {
        let site = site(conf).file("deep/closed/in/other", "");
        let closed = site.path("deep/closed");
        rights(&closed, 0o700);
        let said = format!(
            "may not search the directory {0} (mode 0700, owner root:root): chmod o+x {0}, or setfacl -m u:",
            closed.display()
        );
        let refused = site.refused_as_nobody();
        assert!(!refused.ok && refused.output.contains(&said), "{directive}: {}", refused.output);
        assert!(refused.output.contains("uid 65534"), "{}", refused.output);
        assert!(!refused.output.contains("SELinux") || Path::new("/sys/fs/selinux/enforce").exists());
        let tested = site.configtest_as_nobody();
        assert!(tested.output.contains(directive) && tested.output.contains(&said), "{}", tested.output);
        rights(&closed, 0o755);
        let in_it = site.path("deep/closed/in");
        let said = format!(
            "may not create files in the directory {} (mode 0755, owner root:root): setfacl -m u:",
            in_it.display()
        );
        let refused = site.refused_as_nobody();
        assert!(!refused.ok && refused.output.contains(&said), "{directive}: {}", refused.output);
    }
}

/// Workers and maps that whoever tests the configuration may not read, and a map that children may not read any more.
pub fn configuration() {
    if !is_root() {
        return;
    }
    let map = || site("JkMountFile conf/map\nJkMountFileReload 1").file("conf/map", "/*=w\n");
    for (name, mends) in [
        ("conf/map", "chmod o+r @FILE@, or setfacl -m u:"),
        ("conf/workers.properties", "it holds secrets, ask as root, who starts httpd, or setfacl -m u:"),
    ] {
        let site = map();
        rights(&site.path(name), 0o600);
        let tested = site.configtest_as_nobody();
        let said = format!(
            "may not read {} (mode 0600, owner root:root): {}",
            site.path(name).display(),
            mends.replace("@FILE@", &site.path(name).display().to_string())
        );
        let line = tested.output.lines().find(|line| line.contains(&said));
        let line = line.unwrap_or_else(|| panic!("{name}: {}", tested.output));
        assert!(line.contains("uid 65534") && line.contains("httpd.conf:"), "{line}");
    }
    let httpd = map().start();
    httpd.site().write("conf/map", "/*=w\n/more=w\n");
    rights(&httpd.site().path("conf/map"), 0o600);
    let said = format!("may not read {} (mode 0600, ", httpd.site().path("conf/map").display());
    wait::until_true("a word about the map file", Duration::from_secs(60), || httpd.jk_log().contains(&said));
    let log = httpd.jk_log();
    let line = log.lines().find(|line| line.contains(&said)).expect("that line");
    assert!(line.contains(": chmod o+r ") && line.contains("the rules read before stay in force"), "{line}");
}

/// A socket that children, who are not root, may not use or reach.
pub fn socket() {
    if !is_root() {
        return;
    }
    let site = site("");
    let (directory, socket) = (site.path("tomcat"), site.path("tomcat/ajp"));
    fs::create_dir(&directory).expect("a directory of our own");
    rights(&directory, 0o755);
    let _listener = UnixListener::bind(&socket).expect("a socket of our own");
    rights(&socket, 0o660);
    site.write("conf/workers.properties", &format!("worker.list=w\nworker.w.socket={}\n", socket.display()));
    let httpd = site.start();
    assert_eq!(httpd.get("/closed").status, 503);
    let line = |word: &str| {
        let log = httpd.jk_log();
        log.lines().find(|line| line.contains("[error]") && line.contains(word)).expect("an error").to_owned()
    };
    let told = line("/closed");
    let said = format!(
        "may not connect to the socket {0} (mode 0660, owner root:root): setfacl -m u:{1}:rw {0} opens it until",
        socket.display(),
        told.split("setfacl -m u:").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or_default()
    );
    assert!(
        !told.contains("chmod") && told.contains("unixDomainSocketPathPermissions=\"rw-rw----\""),
        "{told}"
    );
    assert!(told.contains("(Permission denied)") && told.contains(&said), "{told}");
    rights(&directory, 0o700);
    assert_eq!(httpd.get("/unreachable").status, 503);
    let told = line("/unreachable");
    assert!(
        told.contains(&format!("may not search the directory {} (mode 0700", directory.display())),
        "{told}"
    );
    rights(&directory, 0o755);
}
