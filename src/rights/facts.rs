//! Who this process is, and whether SELinux is enforced, as the system's files say.
//!
//! Names are those of /etc/passwd and /etc/group: no directory service is asked, which a request would wait for.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{accessat, getxattr, Access, AtFlags, CWD};
use rustix::process::{getegid, geteuid, getgroups};

use super::Right;

/// The bit of CAP_DAC_OVERRIDE in a set of capabilities (capabilities(7)).
const DAC_OVERRIDE: u64 = 1 << 1;

/// Facts about this process and its system.
pub(crate) struct Facts {
    /// Below which /etc, /proc and /sys lie: another folder in tests.
    pub(super) root: PathBuf,
    /// Effective user.
    pub(super) uid: u32,
    /// Effective and supplementary groups.
    pub(super) groups: Vec<u32>,
    /// SELinux's context of a file.
    pub(super) file_context: fn(&Path) -> Option<String>,
}

impl Facts {
    /// Those of this process.
    pub(super) fn of_this_process() -> Self {
        let own = getegid();
        let groups =
            getgroups().unwrap_or_default().into_iter().chain([own]).map(|group| group.as_raw()).collect();
        Self { root: PathBuf::from("/"), uid: geteuid().as_raw(), groups, file_context }
    }

    /// `uid 33 (www-data)`.
    pub(super) fn user(&self) -> String {
        let name = self.user_name(self.uid);
        match name == self.uid.to_string() {
            true => format!("uid {name}"),
            false => format!("uid {} ({name})", self.uid),
        }
    }

    /// The name of a user, or the number of one without.
    pub(super) fn user_name(&self, uid: u32) -> String {
        self.name("etc/passwd", uid)
    }

    /// The name of a group, or the number of one without.
    pub(super) fn group_name(&self, gid: u32) -> String {
        self.name("etc/group", gid)
    }

    /// Both files have the name first and the number third.
    fn name(&self, file: &str, number: u32) -> String {
        let number = number.to_string();
        let text = self.read(file);
        let found = text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == number).then(|| name.to_owned())
        });
        found.unwrap_or(number)
    }

    /// Whether modes don't bind this process, as they don't bind root unless that was taken from it.
    pub(super) fn overrides_modes(&self) -> bool {
        let text = self.read("proc/self/status");
        let effective = text.lines().find_map(|line| line.strip_prefix("CapEff:"));
        effective
            .and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
            .is_some_and(|set| set & DAC_OVERRIDE != 0)
    }

    /// Whether SELinux refuses, and does not only report.
    pub(super) fn is_selinux_enforced(&self) -> bool {
        self.read("sys/fs/selinux/enforce").trim() == "1"
    }

    /// SELinux's context of this process, where it is enforced.
    pub(super) fn context(&self) -> Option<String> {
        let text = self.read("proc/self/attr/current");
        let context = text.trim_matches(['\0', '\n']).to_owned();
        (self.is_selinux_enforced() && !context.is_empty()).then_some(context)
    }

    /// SELinux's context of a file, where it is enforced.
    pub(super) fn context_of(&self, path: &Path) -> Option<String> {
        self.is_selinux_enforced().then(|| (self.file_context)(path)).flatten()
    }

    /// Whether the system refuses this process a right, for whatever reason.
    pub(super) fn is_refused(&self, path: &Path, right: Right) -> bool {
        let wanted = Access::from_bits_truncate(right.bits());
        let refused = accessat(CWD, path, wanted, AtFlags::EACCESS);
        refused.is_err_and(|error| error == rustix::io::Errno::ACCESS)
    }

    fn read(&self, file: &str) -> String {
        fs::read(self.root.join(file))
            .map(|octets| String::from_utf8_lossy(&octets).into_owned())
            .unwrap_or_default()
    }
}

fn file_context(path: &Path) -> Option<String> {
    let mut octets = [0; 256];
    let length = getxattr(path.as_os_str().as_bytes(), "security.selinux", &mut octets).ok()?;
    let context = octets.get(..length)?.split(|octet| *octet == 0).next()?;
    Some(String::from_utf8_lossy(context).into_owned())
}
