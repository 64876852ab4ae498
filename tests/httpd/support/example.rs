//! The set-ups of `conf-examples/`, run as their README says: `frame.conf` around a copy of the folder.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use super::httpd::{self, Verdict};
use super::process::{self, AtDeath, Process};
use super::site::{self, Mpm};
use super::{paths, wait};

const START_LIMIT: Duration = Duration::from_secs(20);
const GRACEFUL_LIMIT: Duration = Duration::from_secs(45);

/// An example folder, copied, with the variables it asks for.
pub struct Example {
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// A running example; dropping it ends it.
pub struct Running {
    example: Example,
    process: Process,
}

impl Example {
    /// Copies the folder `conf-examples/<name>`.
    pub fn new(name: &str, mpm: Mpm) -> Self {
        let root =
            tempfile::Builder::new().prefix("mod_jk-example-").tempdir().expect("a temporary directory");
        copy(&paths::project().join("conf-examples").join(name), root.path());
        for directory in ["logs", "run"] {
            fs::create_dir_all(root.path().join(directory)).expect("a directory of our own");
        }
        site::open_to_all(root.path());
        let run_dir = root.path().display().to_string();
        let example = Self { root, variables: Vec::new() };
        example
            .set("RUN_DIR", run_dir)
            .set("HTTPD_MODULES", paths::httpd_modules().display())
            .set("JK_MODULE", paths::module().display())
            .set("MPM", mpm.name())
            .set("HTTPD_USER", "#65534")
            .set("HTTPD_GROUP", "#65534")
    }

    /// Sets a variable that the example asks for.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }

    /// What is set, for programs that read its files.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A path in the copy.
    pub fn path(&self, relative: &str) -> std::path::PathBuf {
        self.root.path().join(relative)
    }

    /// Runs `httpd -t`.
    pub fn configtest(&self) -> Verdict {
        let mut command = Command::new(paths::httpd());
        self.set_up(&mut command).arg("-t");
        Verdict::from(command.output().expect("httpd runs"))
    }

    /// Starts it and waits until it listens on `port`.
    pub fn start(self, port: u16) -> Running {
        let mut running = Running { process: self.launch(), example: self };
        running.wait(port);
        running
    }

    fn launch(&self) -> Process {
        let mut command = process::guarded(paths::httpd(), AtDeath::Terminate);
        let log = File::create(self.path("logs/stderr.log")).expect("a log of our own");
        self.set_up(&mut command).arg("-DFOREGROUND").stderr(log);
        Process::start(command)
    }

    /// Runs a program that serves in the foreground, with the variables of the example and in its directory.
    pub fn run(&self, program: &Path, arguments: &[&str]) -> Process {
        let mut command = process::guarded(program, AtDeath::Kill);
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = File::create(self.path(&format!("logs/{name}.log"))).expect("a log of our own");
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        command.envs(self.variables.iter().cloned()).current_dir(self.root.path()).args(arguments);
        Process::start(command)
    }

    fn set_up<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        let frame = paths::project().join("conf-examples/frame.conf");
        command.envs(variables).arg("-f").arg(frame).arg("-d").arg(self.root.path())
    }
}

impl Running {
    fn wait(&mut self, port: u16) {
        wait::until_true("the example to listen", START_LIMIT, || {
            assert!(self.process.ended().is_none(), "the example ended: {}", self.log("stderr.log"));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
    }

    /// Stops it when the requests under way are answered, as `httpd -k graceful-stop` does.
    pub fn stop_gracefully(&mut self) {
        self.process.signal(Signal::WINCH);
        self.process.wait(GRACEFUL_LIMIT).expect("a graceful stop comes to its end");
    }

    /// Starts it again after it has stopped.
    pub fn start_again(&mut self, port: u16) {
        self.process = self.example.launch();
        self.wait(port);
    }

    /// A log in the `logs` directory.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.example.path("logs").join(name)).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- error_log\n{}\n--- mod_jk.log\n{}", self.log("error_log"), self.log("mod_jk.log"));
        }
        httpd::stop(&mut self.process);
    }
}

/// Copies what is in a directory into another one.
pub fn copy(from: &Path, to: &Path) {
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a directory of our own");
            copy(&entry.path(), &target);
        } else {
            // Without the rights of the original, which may be closed to others.
            let octets = fs::read(entry.path()).expect("a file of the project");
            fs::write(&target, octets).expect("a copy of our own");
        }
    }
}
