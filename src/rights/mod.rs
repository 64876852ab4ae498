//! Why the system refuses a file, a socket or a connection for want of rights, and the command that mends it.
//!
//! What refuses is looked for from the root of the file system on: a directory that may not be searched, the directory in
//! which a file was to be made, or the file itself. The message names it with mode and owner, and who was refused.
//! SELinux is spoken of only where it is enforced; then contexts are named, too.

mod facts;

use std::fmt::Write;
use std::fs::Metadata;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub(crate) use facts::Facts;

use crate::text::Reason;

/// What was to be done with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To append to a log, which is made if it is not there.
    Log,
    /// To make a file of shared memory.
    SharedMemory,
    /// To write a file of state.
    State,
    /// To read a file of the configuration.
    Configuration,
    /// To read one with secrets in it.
    Secrets,
    /// To connect to a Unix socket.
    Socket,
}

impl Wish {
    /// The type of SELinux's policy for httpd that allows it.
    fn label(self) -> &'static str {
        match self {
            Wish::Log => "httpd_log_t",
            Wish::SharedMemory | Wish::Socket => "httpd_var_run_t",
            Wish::State => "httpd_var_lib_t",
            Wish::Configuration | Wish::Secrets => "httpd_config_t",
        }
    }
}

/// The right that lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Search,
    Make,
    Write,
    Read,
    ReadSecrets,
    Connect,
}

impl Right {
    fn words(self) -> &'static str {
        match self {
            Right::Search => "search the directory",
            Right::Make => "create files in the directory",
            Right::Write => "write to",
            Right::Read | Right::ReadSecrets => "read",
            Right::Connect => "connect to the socket",
        }
    }

    /// The permission bits that it needs.
    fn bits(self) -> u32 {
        match self {
            Right::Search => 1,
            Right::Make => 3,
            Right::Write | Right::Connect => 2,
            Right::Read | Right::ReadSecrets => 4,
        }
    }
}

/// Tells whether `error` is one of rights.
pub(crate) fn is_refusal(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

/// Who was refused what at `path`, and what mends it; `None` if `error` is about something else.
pub(crate) fn of_path(error: &Error, path: &Path, wish: Wish) -> Option<String> {
    is_refusal(error).then(|| Facts::of_this_process().explain(path, wish))
}

/// Why the system refused `path`, with who may not do what and what mends it, where that is why.
pub(crate) fn reason(error: &Error, path: &Path, wish: Wish) -> String {
    match of_path(error, path, wish) {
        Some(refusal) => format!("{}; {refusal}", Reason(error)),
        None => Reason(error).to_string(),
    }
}

/// The same for a TCP connection to `port`.
pub(crate) fn of_port(error: &Error, port: u16) -> Option<String> {
    is_refusal(error).then(|| Facts::of_this_process().explain_port(port))
}

impl Facts {
    fn explain(&self, path: &Path, wish: Wish) -> String {
        let (culprit, right) = self.culprit(path, wish);
        let found = std::fs::metadata(&culprit).ok();
        let user = self.user();
        let by_mode = found.as_ref().is_some_and(|found| !self.allows(found, right));
        let named = self.describe(&culprit, found.as_ref());
        if by_mode {
            // Nobody is asked to join the group of root.
            let has_group =
                |found: &&Metadata| found.gid() != 0 && (found.mode() >> 3) & right.bits() == right.bits();
            let group = found.as_ref().filter(has_group).map(|found| self.group_name(found.gid()));
            let remedy = self.remedy(&culprit, right, group);
            return format!("{user} may not {} {named}: {remedy}", right.words());
        }
        let process = match self.context() {
            Some(context) => format!(" (context {context})"),
            None => String::new(),
        };
        let shown = culprit.display();
        match self.is_selinux_enforced() {
            true => {
                let mut text = format!(
                    "{user}{process} may not {} {named}, by SELinux: restorecon -v {shown}; if its place is not one of \
                     the policy's, {}",
                    right.words(),
                    relabel(&culprit, found.as_ref(), wish)
                );
                if wish == Wish::Socket {
                    let _ = write!(text, "; ausearch -m avc -ts recent tells what was refused");
                }
                text
            }
            false => format!(
                "{user} may not {} {named}, though its mode allows it: look at its ACL (getfacl {shown}), its \
                 attributes (lsattr), how it is mounted, and AppArmor (aa-status)",
                right.words()
            ),
        }
    }

    fn explain_port(&self, port: u16) -> String {
        let user = self.user();
        match self.is_selinux_enforced() {
            true => {
                let context = self.context().map_or(String::new(), |context| format!(" (context {context})"));
                format!(
                    "{user}{context} may not connect to port {port}, by SELinux or a firewall of this machine: \
                     setsebool -P httpd_can_network_connect on, or semanage port -a -t http_port_t -p tcp {port}"
                )
            }
            false => format!(
                "{user} may not connect to port {port}: a firewall of this machine forbids it (nft list ruleset, or \
                 iptables -S OUTPUT), or a route (ip route get)"
            ),
        }
    }

    /// What refuses, and what it refuses.
    fn culprit(&self, path: &Path, wish: Wish) -> (PathBuf, Right) {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let above: Vec<&Path> = folder.ancestors().collect();
        for folder in above.iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
            let is_closed = std::fs::metadata(folder).is_ok_and(|found| !self.allows(&found, Right::Search));
            if is_closed || self.is_refused(folder, Right::Search) {
                return (folder.to_path_buf(), Right::Search);
            }
        }
        let is_there = path.symlink_metadata().is_ok();
        match wish {
            Wish::Configuration => (path.to_owned(), Right::Read),
            Wish::Secrets => (path.to_owned(), Right::ReadSecrets),
            Wish::Socket => (path.to_owned(), Right::Connect),
            Wish::Log if is_there => (path.to_owned(), Right::Write),
            Wish::Log | Wish::SharedMemory | Wish::State => (folder, Right::Make),
        }
    }

    /// Whether mode and owner give the right.
    fn allows(&self, found: &Metadata, right: Right) -> bool {
        if self.overrides_modes() {
            return true;
        }
        let shift = match () {
            () if found.uid() == self.uid => 6,
            () if self.groups.contains(&found.gid()) => 3,
            () => 0,
        };
        (found.mode() >> shift) & right.bits() == right.bits()
    }

    /// `PATH (mode 0700, owner root:root, context ...)`.
    fn describe(&self, path: &Path, found: Option<&Metadata>) -> String {
        let mut text = path.display().to_string();
        let Some(found) = found else { return text };
        let (mode, owner, group) =
            (found.mode() & 0o7777, self.user_name(found.uid()), self.group_name(found.gid()));
        let _ = write!(text, " (mode {mode:04o}, owner {owner}:{group}");
        if let Some(context) = self.context_of(path) {
            let _ = write!(text, ", context {context}");
        }
        text.push(')');
        text
    }

    /// What gives the right, where modes refuse it. `group` has it.
    fn remedy(&self, path: &Path, right: Right, group: Option<String>) -> String {
        let (name, user) = (path.display(), self.user_name(self.uid));
        match (right, group) {
            (Right::Search, _) => format!("chmod o+x {name}, or setfacl -m u:{user}:x {name}"),
            (Right::Read, _) => format!("chmod o+r {name}, or setfacl -m u:{user}:r {name}"),
            (Right::ReadSecrets, _) => {
                format!("it holds secrets, ask as root, who starts httpd, or setfacl -m u:{user}:r {name}")
            }
            (Right::Make, _) => format!(
                "setfacl -m u:{user}:rwx {name}, or chown {user} {name}, or name a file in a directory that {user} may \
                 write to"
            ),
            (Right::Write, _) => format!("chown {user} {name}"),
            (Right::Connect, Some(group)) => {
                format!("usermod -a -G {group} {user} and a restart of httpd, as members of its group may")
            }
            (Right::Connect, None) => format!(
                "setfacl -m u:{user}:rw {name} opens it until Tomcat makes it anew; for good \
                 unixDomainSocketPathPermissions=\"rw-rw----\" in the Connector in server.xml, and usermod -a -G GROUP \
                 {user} with the group of Tomcat's user"
            ),
        }
    }
}

/// The commands that give the folder of a file a type that httpd may use.
fn relabel(culprit: &Path, found: Option<&Metadata>, wish: Wish) -> String {
    let folder = match found {
        Some(found) if found.is_dir() => culprit,
        _ => culprit.parent().unwrap_or(culprit),
    };
    let (folder, label) = (folder.display(), wish.label());
    format!("semanage fcontext -a -t {label} '{folder}(/.*)?' && restorecon -Rv {folder}")
}

#[cfg(test)]
mod tests;
