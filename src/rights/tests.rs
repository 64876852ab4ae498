//! Messages with facts of other users and systems: who runs these tests may be root, without SELinux.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt};

use super::*;

/// A system in a folder, and files that are looked at from there.
struct System {
    directory: tempfile::TempDir,
}

impl System {
    fn new() -> Self {
        let system = Self { directory: tempfile::tempdir().unwrap() };
        fs::set_permissions(system.directory.path(), Permissions::from_mode(0o755)).unwrap();
        system.file("etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:4000033:4000033::/:/bin/false\n");
        system.file("etc/group", "root:x:0:\ntomcat:x:4000044:\n");
        system
    }

    fn with_selinux(self) -> Self {
        self.file("sys/fs/selinux/enforce", "1");
        self.file("proc/self/attr/current", "system_u:system_r:httpd_t:s0\0");
        self
    }

    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Facts of `uid`, which is no root.
    fn facts(&self, uid: u32, groups: &[u32]) -> Facts {
        let file_context = |_: &Path| Some("system_u:object_r:default_t:s0".to_owned());
        Facts { root: self.directory.path().to_owned(), uid, groups: groups.to_vec(), file_context }
    }
}

const WWW_DATA: u32 = 4_000_033;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Mode and owner of a path as messages have them.
fn owner(facts: &Facts, path: &Path) -> String {
    let found = fs::metadata(path).unwrap();
    format!("{}:{}", facts.user_name(found.uid()), facts.group_name(found.gid()))
}

#[test]
fn the_folder_that_may_not_be_searched_is_named_however_deep_the_path() {
    let system = System::new();
    let log = system.file("srv/closed/logs/jk/mod_jk.log", "");
    let closed = system.directory.path().join("srv/closed");
    mode(&closed, 0o700);
    let facts = system.facts(WWW_DATA, &[]);
    let expected = format!(
        "uid 4000033 (www-data) may not search the directory {0} (mode 0700, owner {1}): chmod o+x {0}, or setfacl -m \
         u:www-data:x {0}",
        closed.display(),
        owner(&facts, &closed)
    );
    for wish in [Wish::Log, Wish::SharedMemory, Wish::Socket, Wish::Configuration] {
        assert_eq!(facts.explain(&log, wish), expected);
    }
    mode(&closed, 0o755);
}

#[test]
fn what_may_be_reached_and_not_used_is_named_with_what_mends_it() {
    let system = System::new();
    let file = system.file("logs/file", "");
    mode(&file, 0o640);
    let logs = file.parent().unwrap();
    let facts = system.facts(WWW_DATA, &[]);
    for (path, wish, says, mends) in [
        (file.clone(), Wish::Log, "may not write to", format!(": chown www-data {}", file.display())),
        (
            logs.join("new"),
            Wish::Log,
            "may not create files in the directory",
            format!(": setfacl -m u:www-data:rwx {}, or chown", logs.display()),
        ),
        (
            logs.join("shm"),
            Wish::SharedMemory,
            "may not create files in the directory",
            format!(": setfacl -m u:www-data:rwx {}, or", logs.display()),
        ),
        (
            file.clone(),
            Wish::Configuration,
            "may not read",
            format!(": chmod o+r {}, or setfacl", file.display()),
        ),
        (
            file.clone(),
            Wish::Secrets,
            "may not read",
            format!(
                ": it holds secrets, ask as root, who starts httpd, or setfacl -m u:www-data:r {}",
                file.display()
            ),
        ),
        (
            file.clone(),
            Wish::Socket,
            "may not connect to the socket",
            format!(": setfacl -m u:www-data:rw {} opens it until Tomcat makes it anew; ", file.display()),
        ),
    ] {
        let told = facts.explain(&path, wish);
        assert!(told.contains(says) && told.contains(&mends), "{told}");
        assert!(!told.contains("SELinux") && !told.contains("context"), "not there: {told}");
    }
}

#[test]
fn a_socket_of_a_group_is_opened_by_joining_it() {
    let system = System::new();
    let socket = system.file("run/ajp", "");
    mode(&socket, 0o660);
    let facts = system.facts(WWW_DATA, &[]);
    if rustix::process::geteuid().is_root() {
        let of_root = facts.explain(&socket, Wish::Socket);
        assert!(of_root.contains("usermod -a -G GROUP www-data") && !of_root.contains("chmod"), "{of_root}");
        chown(&socket, None, Some(4_000_044)).unwrap();
        let told = facts.explain(&socket, Wish::Socket);
        assert!(told.contains("usermod -a -G tomcat www-data"), "{told}");
        let member = system.facts(WWW_DATA, &[4_000_044]).explain(&socket, Wish::Socket);
        assert!(member.contains("though its mode allows it"), "{member}");
    }
}

#[test]
fn where_modes_allow_it_selinux_is_named_with_contexts_and_commands_if_it_is_enforced() {
    let system = System::new().with_selinux();
    let log = system.file("logs/file", "");
    mode(&log, 0o666);
    let facts = system.facts(WWW_DATA, &[]);
    let (file, folder) = (log.display(), log.parent().unwrap().display());
    let told = facts.explain(&log, Wish::Log);
    let expected = format!(
        "uid 4000033 (www-data) (context system_u:system_r:httpd_t:s0) may not write to {file} (mode 0666, owner {}, \
         context system_u:object_r:default_t:s0), by SELinux: restorecon -v {file}; if its place is not one of the \
         policy's, semanage fcontext -a -t httpd_log_t '{folder}(/.*)?' && restorecon -Rv {folder}",
        owner(&facts, &log)
    );
    assert_eq!(told, expected);
    mode(log.parent().unwrap(), 0o777);
    let segment = facts.explain(&log.with_file_name("shm"), Wish::SharedMemory);
    assert!(
        segment.contains("-t httpd_var_run_t '") && segment.contains("create files in the directory"),
        "{segment}"
    );
    assert!(facts.explain(&log, Wish::Socket).contains("ausearch -m avc"));
    system.file("sys/fs/selinux/enforce", "0");
    let permissive = facts.explain(&log, Wish::Log);
    assert!(permissive.contains("though its mode allows it: look at its ACL (getfacl "), "{permissive}");
    assert!(!permissive.contains("SELinux") && !permissive.contains("context"), "{permissive}");
}

#[test]
fn connections_that_are_refused_name_the_port_and_the_commands() {
    let plain = System::new();
    let told = plain.facts(WWW_DATA, &[]).explain_port(8009);
    assert!(told.starts_with("uid 4000033 (www-data) may not connect to port 8009: a firewall"), "{told}");
    let enforced = System::new().with_selinux().facts(WWW_DATA, &[]).explain_port(8009);
    for word in [
        "(context system_u:system_r:httpd_t:s0)",
        "setsebool -P httpd_can_network_connect on",
        "semanage port -a -t http_port_t -p tcp 8009",
    ] {
        assert!(enforced.contains(word), "{enforced}");
    }
}

#[test]
fn root_is_bound_by_modes_only_where_that_right_was_taken_from_it() {
    let system = System::new();
    let file = system.file("logs/file", "");
    mode(&file, 0o000);
    let facts = system.facts(WWW_DATA, &[]);
    system.file("proc/self/status", "Name:\thttpd\nCapEff:\t000001ffffffffff\n");
    assert!(facts.explain(&file, Wish::Log).contains("though its mode allows it"));
    system.file("proc/self/status", "Name:\thttpd\nCapEff:\t0000000000000000\n");
    assert!(facts.explain(&file, Wish::Log).contains("chown www-data"));
}

#[test]
fn other_errors_are_not_of_rights() {
    let missing = Error::from_raw_os_error(libc::ENOENT);
    assert_eq!(of_path(&missing, Path::new("/x"), Wish::Log), None);
    assert_eq!(of_port(&Error::from_raw_os_error(libc::ECONNREFUSED), 1), None);
    for code in [libc::EACCES, libc::EPERM] {
        assert!(of_port(&Error::from_raw_os_error(code), 1).is_some(), "{code}");
    }
}
