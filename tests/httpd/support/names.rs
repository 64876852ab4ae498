//! Host names that resolve as a test says, for one server alone: a private `/etc` in a mount namespace.
//!
//! Names are looked up in `/etc/hosts` and nowhere else. Who is not root makes the namespace as root of a user namespace.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{mkfifoat, Mode, OFlags, CWD};

use super::httpd::Httpd;
use super::site::{open_to_all, Site};

/// What programs need of the real `/etc`, as far as it is there.
const COPIED: [&str; 4] = ["passwd", "group", "ld.so.cache", "localtime"];

/// The directory that a server has in place of `/etc`.
pub struct Names {
    etc: PathBuf,
}

impl Names {
    /// Starts `site` with names that resolve as `hosts` says, lines of address and name; `None` where this user may have
    /// no namespace.
    pub fn start(site: Site, hosts: &str) -> Option<(Httpd, Self)> {
        let names = Self { etc: site.path("etc") };
        fs::create_dir(&names.etc).expect("a directory of our own");
        for file in COPIED.iter().filter(|file| Path::new("/etc").join(file).exists()) {
            fs::copy(Path::new("/etc").join(file), names.etc.join(file)).expect("a file that all can read");
        }
        site.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
        site.write("etc/host.conf", "multi on\n");
        names.resolve(hosts);
        open_to_all(&names.etc);
        if !names.inside(&["true"]).status().is_ok_and(|status| status.success()) {
            eprintln!("names: this user can't have an /etc of its own: neither root nor user namespaces");
            return None;
        }
        let server = names.inside(&["setpriv", "--pdeathsig", "TERM"]);
        Some((site.start_by(server), names))
    }

    /// From now on names resolve as `hosts` says.
    pub fn resolve(&self, hosts: &str) {
        let new = self.etc.join("hosts.new");
        fs::write(&new, hosts).expect("a file of our own");
        fs::rename(&new, self.etc.join("hosts")).expect("a file of our own");
    }

    /// From now on whoever asks hangs, until [`Names::release`].
    pub fn hang(&self) {
        let fifo = self.etc.join("hosts.fifo");
        mkfifoat(CWD, &fifo, Mode::from_raw_mode(0o644)).expect("a FIFO of our own");
        let new = self.etc.join("hosts.new");
        fs::hard_link(&fifo, &new).expect("a second name");
        fs::rename(&new, self.etc.join("hosts")).expect("a file of our own");
    }

    /// Gives those that hang a file without names; tells whether somebody did. Names that are to resolve then are told by
    /// [`Names::resolve`] before.
    pub fn release(&self) -> bool {
        let fifo = self.etc.join("hosts.fifo");
        let flags = OFlags::NONBLOCK.bits() as i32;
        OpenOptions::new().write(true).custom_flags(flags).open(fifo).is_ok()
    }

    /// A command that runs a program, with the `arguments` before it, where `/etc` is this directory.
    fn inside(&self, arguments: &[&str]) -> Command {
        const OWN_ETC: &str = "mount --bind \"$0\" /etc && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.process_group(0);
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        if !user.is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "sh", "-c", OWN_ETC]).arg(&self.etc);
        if !user.is_root() {
            let ids = [format!("--map-user={}", user.as_raw()), format!("--map-group={}", group.as_raw())];
            command.args(["unshare", "--user"]).args(ids);
        }
        command.args(arguments);
        command
    }
}
