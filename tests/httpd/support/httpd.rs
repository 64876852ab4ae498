//! A running httpd: requests, logs, graceful restart, stop.

use std::net::TcpStream;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::{Client, Reply};
use super::daemon::Daemon;
use super::process::{self, Process};
use super::site::Site;
use super::wait;

const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running server; dropping it stops it, and shows its logs when the test has failed.
pub struct Httpd {
    site: Site,
    parent: Parent,
}

/// The parent process of a server.
pub enum Parent {
    /// In the foreground: a child of this run.
    Foreground(Process),
    /// Detached, as after `apachectl start`.
    Daemon(Daemon),
}

/// What `httpd -t` or a start that ended said.
pub struct Verdict {
    /// Exit code was 0.
    pub ok: bool,
    /// Standard output and standard error.
    pub output: String,
}

impl Httpd {
    /// Takes over the process of `site` and waits until it answers connections and has written its PidFile, without
    /// which `httpd -k graceful` would start a second server.
    pub fn new(parent: Parent, site: Site) -> Self {
        let mut httpd = Self { site, parent };
        wait::until_true("httpd to listen", START_LIMIT, || {
            assert!(httpd.is_running(), "httpd ended: {}", httpd.logs());
            httpd.generations() > 0 && TcpStream::connect(("127.0.0.1", httpd.port())).is_ok()
        });
        httpd
    }

    /// What it was started with.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The first port.
    pub fn port(&self) -> u16 {
        self.site.port()
    }

    /// The parent process.
    pub fn id(&self) -> u32 {
        match &self.parent {
            Parent::Foreground(process) => process.id(),
            Parent::Daemon(daemon) => daemon.id(),
        }
    }

    /// The child processes.
    pub fn children(&self) -> Vec<u32> {
        process::children_of(self.id())
    }

    /// A client with its own connections.
    pub fn client(&self) -> Client {
        Client::new(self.site.port())
    }

    /// One GET with a client of its own.
    pub fn get(&self, path: &str) -> Reply {
        self.client().get(path)
    }

    /// httpd's error log.
    pub fn error_log(&self) -> String {
        self.site.read("logs/error.log")
    }

    /// The module's log.
    pub fn jk_log(&self) -> String {
        self.site.read("logs/mod_jk.log")
    }

    /// A log in the `logs` directory.
    pub fn log(&self, name: &str) -> String {
        self.site.read(&format!("logs/{name}"))
    }

    /// Runs `httpd -k graceful`, as apachectl does.
    pub fn graceful(&self) -> Verdict {
        self.control("graceful")
    }

    /// Runs `httpd -k <word>`.
    pub fn control(&self, word: &str) -> Verdict {
        self.site.write_conf();
        Verdict::from(self.site.command(&["-k", word]).output().expect("httpd runs"))
    }

    /// Restarts gracefully without `httpd -k`, that is without its check of the configuration.
    pub fn graceful_by_signal(&self) {
        process::send(self.id(), Signal::USR1);
    }

    /// Waits until the error log has reported `count` completed starts and restarts.
    pub fn wait_for_generation(&self, count: usize) {
        wait::until_true("the next generation", START_LIMIT, || self.generations() >= count);
    }

    /// Completed starts and restarts.
    pub fn generations(&self) -> usize {
        self.error_log().matches("resuming normal operations").count()
    }

    /// Tells whether the parent still runs.
    pub fn is_running(&mut self) -> bool {
        match &mut self.parent {
            Parent::Foreground(process) => process.ended().is_none(),
            Parent::Daemon(daemon) => !daemon.has_ended(),
        }
    }

    /// Stops it as `httpd -k stop` does and verifies that no process is left.
    pub fn stop(&mut self) {
        match &mut self.parent {
            Parent::Foreground(process) => stop(process),
            Parent::Daemon(daemon) => stop_daemon(daemon),
        }
    }

    /// Starts a server that was stopped again, as a daemon.
    pub fn start_again(&mut self) {
        assert!(!self.is_running(), "it runs");
        let generations = self.generations();
        self.parent = Parent::Daemon(self.site.start_daemon());
        self.wait_for_generation(generations + 1);
    }

    fn logs(&self) -> String {
        let tail = |name: &str| {
            let text = self.log(name);
            let from = text.lines().count().saturating_sub(40);
            let lines: Vec<_> = text.lines().skip(from).collect();
            format!("--- {name}\n{}\n", lines.join("\n"))
        };
        ["stderr.log", "error.log", "mod_jk.log"].map(tail).concat()
    }
}

impl Drop for Httpd {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            eprintln!("{}", self.logs());
        }
    }
}

/// Ends an httpd by SIGTERM to its parent and verifies that no child outlives it.
pub fn stop(parent: &mut Process) {
    if parent.ended().is_some() {
        return;
    }
    let children = process::children_of(parent.id());
    let stopped = terminate(parent.id(), |limit| parent.wait(limit).is_some());
    if !stopped {
        parent.kill();
    }
    none_left(stopped, children);
}

fn stop_daemon(parent: &Daemon) {
    if parent.has_ended() {
        return;
    }
    let children = process::children_of(parent.id());
    let stopped = terminate(parent.id(), |limit| parent.wait(limit));
    if !stopped {
        process::send(parent.id(), Signal::KILL);
    }
    none_left(stopped, children);
}

/// Tells the parent `id` to end until it `has_ended`; false if it has not within [`STOP_LIMIT`]. httpd forgets a SIGTERM
/// that comes just while a restart begins a generation, with or without this module.
fn terminate(id: u32, mut has_ended: impl FnMut(Duration) -> bool) -> bool {
    let pause = Duration::from_secs(2);
    (0..STOP_LIMIT.as_secs() / pause.as_secs()).any(|_| {
        process::send(id, Signal::TERM);
        has_ended(pause)
    })
}

/// Verifies that a parent stopped and that none of its children goes on. Log programs end a moment later than httpd,
/// which tells them to and does not wait for them.
fn none_left(stopped: bool, mut children: Vec<u32>) {
    if !stopped {
        children.iter().for_each(|child| process::send(*child, Signal::KILL));
        assert!(thread::panicking(), "httpd did not stop within {STOP_LIMIT:?}");
    }
    let deadline = Instant::now() + STOP_LIMIT;
    while !children.is_empty() && Instant::now() < deadline {
        children.retain(|id| Path::new(&format!("/proc/{id}")).exists());
        thread::sleep(Duration::from_millis(5));
    }
    assert!(children.is_empty() || thread::panicking(), "children outlived httpd: {children:?}");
}

impl From<Output> for Verdict {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].map(|octets| String::from_utf8_lossy(&octets).into_owned());
        Self { ok: output.status.success(), output: text.concat() }
    }
}
