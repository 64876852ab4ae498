//! What `make` does on machines that have less, or more, than it needs: set-up, installation, and the manual as written.
//!
//! A machine is a folder of programs that stands first in PATH, so that nothing of the real one is changed.

mod install;
mod manual;
mod programs;
mod setup;

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::httpd::Verdict;
use crate::support::suite::Suite;
use crate::support::{paths, site};

pub fn suite() -> Suite {
    let suite = Suite::new("machine");
    let suite = setup::add(suite);
    let suite = install::add(suite);
    let suite = programs::add(suite);
    manual::add(suite)
}

/// A machine to be: a directory whose `bin` holds programs of our own.
pub struct Machine {
    root: TempDir,
}

impl Machine {
    /// One without any program.
    pub fn new() -> Self {
        let root =
            tempfile::Builder::new().prefix("mod_jk-machine-").tempdir().expect("a temporary directory");
        site::open_to_all(root.path());
        fs::create_dir(root.path().join("bin")).expect("a directory of our own");
        Self { root }
    }

    /// Adds, or replaces, a program: a shell script.
    pub fn program(self, path: &str, script: &str) -> Self {
        let path = self.path(path);
        let _absent = fs::remove_file(&path);
        fs::create_dir_all(path.parent().expect("a path below the root")).expect("a directory of our own");
        fs::write(&path, format!("#!/bin/sh\n{}\n", script.replace("@ROOT@", &self.root())))
            .expect("a script");
        site::open_to_all(&path);
        self
    }

    /// A path below its directory.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    /// Its directory.
    pub fn root(&self) -> String {
        self.root.path().display().to_string()
    }

    /// The text of a file; empty if there is none.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_default()
    }

    /// A program of the project, run where there is neither Rust nor apxs but the machine's own.
    pub fn bare_command(&self, program: &str) -> Command {
        self.command_with(program, &other_programs().display().to_string())
    }

    /// A program of the project, run where the machine's own programs come first.
    pub fn command(&self, program: &str) -> Command {
        self.command_with(program, &format!("{}:/usr/sbin:/sbin", env::var("PATH").unwrap_or_default()))
    }

    fn command_with(&self, program: &str, path: &str) -> Command {
        let mut command = Command::new(paths::project().join(program));
        let path = format!("{}:{path}", self.path("bin").display());
        command.env_clear().env("PATH", path).env("HOME", self.root.path());
        command
    }
}

/// A directory with all programs of this machine but Rust's and apxs.
fn other_programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let programs = paths::scratch().join("programs");
        fs::create_dir(&programs).expect("a directory of our own");
        let directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].into_iter().flat_map(fs::read_dir);
        for program in directories.flatten().flatten() {
            let name = program.file_name().to_string_lossy().into_owned();
            if !["cargo", "rust", "apxs"].iter().any(|left_out| name.starts_with(left_out)) {
                let _same_name_in_two_places = symlink(program.path(), programs.join(name));
            }
        }
        programs
    })
}

/// Runs it to its end.
pub fn run(command: &mut Command) -> Verdict {
    Verdict::from(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// A file of the project.
pub fn project_file(path: impl AsRef<Path>) -> String {
    let path = paths::project().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
