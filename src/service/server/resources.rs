//! configtest: can what a start makes, logs and shared memory, be made where it is configured?
//!
//! Nothing is made here: configtest may be run by anyone, beside a running server. "decisions, row 1".

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{access, Access};
use rustix::process::geteuid;

use super::logs::LOG_DIRECTORY;
use super::persistence::{consequence, state_file};
use super::state_file::StateFile;
use crate::config::directives::{GlobalSettings, LogTarget, Persist};
use crate::config::{Origin, Report, Severity};
use crate::ffi::pool::Pool;
use crate::ffi::server::server_root_relative;
use crate::plan::HostPlan;
use crate::rights;
use crate::rights::Wish;
use crate::text::Reason;

/// Complains about log files and files of shared memory and state that can't be made.
pub(super) fn check(pool: Pool<'_>, hosts: &[HostPlan], report: &mut Report) {
    let default = |name| server_root_relative(pool, format!("{LOG_DIRECTORY}/{name}").as_bytes());
    let named = hosts[0].settings.global.shm_file.as_ref().map(|(path, origin)| (path.clone(), Some(origin)));
    if let Some((path, origin)) = named.or_else(|| Some((default("jk-runtime-status")?, None))) {
        complain(("JkShmFile", origin), &path, directory_obstacle(&path, Wish::SharedMemory), report);
        check_state_file(&hosts[0].settings.global, &path, report);
    }
    hosts.iter().for_each(|host| doubt_mount_file(host, report));
    check_programs(hosts, report);
    let mut known: Vec<PathBuf> = Vec::new();
    for host in hosts {
        let named = match &host.settings.log_file {
            Some((LogTarget::Program(_) | LogTarget::Syslog(..) | LogTarget::ErrorLog, _)) => None,
            Some((LogTarget::File(path), origin)) => Some((path.clone(), Some(origin))),
            None => default("mod_jk.log").map(|path| (path, None)),
        };
        if let Some((path, origin)) = named.filter(|(path, _)| !known.contains(path)) {
            complain(("JkLogFile", origin), &path, log_obstacle(&path), report);
            known.push(path);
        }
    }
}

/// Complains about log programs that httpd will not start.
fn check_programs(hosts: &[HostPlan], report: &mut Report) {
    let named = hosts.iter().filter_map(|host| host.settings.log_file.as_ref());
    let mut known: Vec<&LogTarget> = Vec::new();
    for (target, origin) in named.filter(|(target, _)| matches!(target, LogTarget::Program(_))) {
        let LogTarget::Program(command) = target else { continue };
        if let Some(text) = program_obstacle(command).filter(|_| !known.contains(&target)) {
            report.error(Some(origin), format!("{target}: {text}"));
            known.push(target);
        }
    }
}

/// What keeps httpd from starting the program of a command: it looks for an executable file, and not in PATH, before it
/// does. What a shell is to run (`$`), or where a relative path leads at a start, is not known.
pub(super) fn program_obstacle(command: &[u8]) -> Option<String> {
    let command = command.strip_prefix(b"|").unwrap_or(command);
    let word = match command.split_first()? {
        (b'$', _) => return None,
        (quote @ (b'"' | b'\''), rest) => rest.split(|octet| octet == quote).next()?,
        _ => command.split(u8::is_ascii_whitespace).next()?,
    };
    let program = Path::new(OsStr::from_bytes(word));
    if !program.is_absolute() {
        return (!word.contains(&b'/'))
            .then(|| format!("{} is looked for in no PATH: write where it is", program.display()));
    }
    let why = match access(program, Access::EXEC_OK) {
        Err(error) => Reason(&error.into()).to_string(),
        Ok(()) if program.is_dir() => "it is a directory".to_owned(),
        Ok(()) => return None,
    };
    Some(format!("{} can't be run: {why}", program.display()))
}

/// Complains about a state file that can't be made, and warns of one that a start would not take. That of a server can
/// be read by root alone.
fn check_state_file(global: &GlobalSettings, shm_file: &Path, report: &mut Report) {
    if global.persist != Persist::On {
        return;
    }
    let path = state_file(global, shm_file);
    let origin = global.state_file.as_ref().map(|(_, origin)| origin);
    complain(("JkStateFile", origin), &path, directory_obstacle(&path, Wish::State), report);
    let doubt = || consequence(&StateFile::at(path.clone()).look());
    if let Some(text) = geteuid().is_root().then(doubt).flatten() {
        report.warn(origin, format!("JkStateFile {}: {text}", path.display()));
    }
}

/// Warns of a map file that is looked at for changes, and that child processes, which are not root, can't read.
fn doubt_mount_file(host: &HostPlan, report: &mut Report) {
    let Some(file) = host.settings.mount_file.as_ref().filter(|_| geteuid().is_root()) else { return };
    let is_roots_alone = |found: Metadata| found.is_file() && found.uid() == 0 && found.mode() & 0o077 == 0;
    let looks_for_changes = host.settings.mount_file_reload != Some(0);
    if looks_for_changes && std::fs::metadata(&file.path).is_ok_and(is_roots_alone) {
        let path = file.path.display();
        let text =
            format!("JkMountFile {path}: root alone can read it, child processes do not see its changes");
        report.warn(Some(&file.origin), text);
    }
}

/// What is in the way of a file, and who sees it so.
type Obstacle = (String, ErrorKind);

/// An error about a directive where it stands, if it is set, unless this user lacks a right that the one who starts the
/// server may have.
fn complain(
    (directive, origin): (&str, Option<&Origin>),
    path: &Path,
    obstacle: Option<Obstacle>,
    report: &mut Report,
) {
    let Some((text, kind)) = obstacle else { return };
    let severity = match kind {
        ErrorKind::PermissionDenied if !geteuid().is_root() => Severity::Warning,
        _ => Severity::Error,
    };
    report.add(severity, origin, || format!("{directive} {}: {text}", path.display()));
}

/// What keeps a log from being opened, which is made if it is not there.
fn log_obstacle(path: &Path) -> Option<Obstacle> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(("it is a directory".to_owned(), ErrorKind::IsADirectory)),
        Ok(found) if found.is_file() => {
            let opened = File::options().append(true).custom_flags(libc::O_NONBLOCK).open(path);
            opened.err().map(|error| refused("it can't be opened for appending", &error, path, Wish::Log))
        }
        // A FIFO or a device: whether someone reads it is another question.
        Ok(_) => None,
        Err(_) => directory_obstacle(path, Wish::Log),
    }
}

/// What keeps a new file from being made.
fn directory_obstacle(path: &Path, wish: Wish) -> Option<Obstacle> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = directory.display();
    match std::fs::metadata(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Some((format!("directory {name} does not exist: create it, or name another file"), error.kind()))
        }
        Err(error) => Some(refused(&format!("directory {name}"), &error, path, wish)),
        Ok(found) if !found.is_dir() => {
            Some((format!("{name} is not a directory"), ErrorKind::NotADirectory))
        }
        Ok(_) => access(directory, Access::WRITE_OK | Access::EXEC_OK).err().map(|error| {
            let uid = geteuid().as_raw();
            refused(&format!("uid {uid} can't make files in {name}"), &error.into(), path, wish)
        }),
    }
}

fn refused(text: &str, error: &Error, path: &Path, wish: Wish) -> Obstacle {
    (format!("{text}: {}", rights::reason(error, path, wish)), error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_to_be_a_file_that_may_be_run() {
        let obstacle = |command: &str| program_obstacle(command.as_bytes());
        let fine =
            ["/bin/sh -c cat", "|/bin/sh", "\"/bin/sh\" -c 'cat'", "$cat | /nonexistent", "bin/tool x"];
        fine.iter().for_each(|command| assert_eq!(obstacle(command), None, "{command}"));
        for (command, why) in [
            ("/nonexistent/prog x", "/nonexistent/prog can't be run: No such file or directory"),
            ("'/nonexistent/a b' x", "/nonexistent/a b can't be run: No such file or directory"),
            ("/etc/passwd", "/etc/passwd can't be run: Permission denied"),
            ("/usr", "/usr can't be run: it is a directory"),
            ("rotatelogs x", "rotatelogs is looked for in no PATH: write where it is"),
        ] {
            assert_eq!(obstacle(command).as_deref(), Some(why));
        }
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("log"), "").unwrap();
        let fifo = path("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
        for free in ["log", "new", "fifo"] {
            assert_eq!(log_obstacle(&path(free)), None, "{free}");
        }
        assert_eq!(directory_obstacle(&path("shm"), Wish::SharedMemory), None);
        let text = |obstacle: Option<Obstacle>| obstacle.map(|(text, _)| text).unwrap_or_default();
        assert_eq!(text(log_obstacle(directory.path())), "it is a directory");
        let missing =
            format!("directory {} does not exist: create it, or name another file", path("gone").display());
        assert_eq!(text(log_obstacle(&path("gone/log"))), missing);
        assert_eq!(text(directory_obstacle(&path("gone/shm"), Wish::SharedMemory)), missing);
        let file = path("log");
        let inside = text(directory_obstacle(&file.join("shm"), Wish::SharedMemory));
        assert_eq!(inside, format!("{} is not a directory", file.display()));
        // Nobody can make files there.
        assert!(text(directory_obstacle(Path::new("/proc/self/shm"), Wish::SharedMemory))
            .contains("can't make files in /proc/self"));
    }
}
