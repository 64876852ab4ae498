//! A private httpd to be: its ServerRoot and its configuration.
//!
//! Each server has its own ServerRoot in a temporary directory and listens on 127.0.0.1 only. Texts may hold
//! `@ROOT@` and `@PORT@`, which stand for that directory and the first port.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::daemon::Daemon;
use super::httpd::{Httpd, Parent, Verdict};
use super::process::{self, AtDeath, Process};
use super::{faulty, paths, ports};

const REFUSAL_LIMIT: Duration = Duration::from_secs(20);

/// The multi-processing modules under which the module must run.
pub const ALL_MPMS: [Mpm; 3] = [Mpm::Event, Mpm::Worker, Mpm::Prefork];

/// A multi-processing module of httpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mpm {
    /// Threads, with idle connections parked.
    Event,
    /// Threads.
    Worker,
    /// Processes.
    Prefork,
}

impl Mpm {
    /// Its name in `mpm_<name>_module`.
    pub fn name(self) -> &'static str {
        match self {
            Mpm::Event => "event",
            Mpm::Worker => "worker",
            Mpm::Prefork => "prefork",
        }
    }

    fn sizing(self) -> &'static str {
        match self {
            Mpm::Event | Mpm::Worker => {
                "StartServers 2\nServerLimit 16\nThreadsPerChild 16\nMaxRequestWorkers 64\n\
                 MinSpareThreads 16\nMaxSpareThreads 64\n"
            }
            Mpm::Prefork => {
                "StartServers 4\nServerLimit 48\nMaxRequestWorkers 48\nMinSpareServers 4\nMaxSpareServers 24\n"
            }
        }
    }

    fn single_child(self, threads: u32) -> String {
        match self {
            Mpm::Event | Mpm::Worker => format!(
                "StartServers 1\nServerLimit 1\nThreadsPerChild {threads}\nThreadLimit {threads}\n\
                 MaxRequestWorkers {threads}\nMinSpareThreads 1\nMaxSpareThreads {threads}\n"
            ),
            Mpm::Prefork => {
                "StartServers 1\nServerLimit 1\nMaxRequestWorkers 1\nMinSpareServers 1\nMaxSpareServers 1\n"
                    .into()
            }
        }
    }
}

/// A server to be: its ServerRoot is filled, nothing runs yet.
pub struct Site {
    root: TempDir,
    port: u16,
    conf: String,
    environment: Vec<(String, PathBuf)>,
}

impl Site {
    /// A server with the module loaded, one log each, and nothing mounted.
    pub fn new(mpm: Mpm) -> Self {
        Self::with_sizing(mpm, mpm.sizing())
    }

    /// As [`Site::new`], with one child process of `threads` threads that is never replaced.
    pub fn single_child(mpm: Mpm, threads: u32) -> Self {
        Self::with_sizing(mpm, &mpm.single_child(threads))
    }

    /// As [`Site::new`], with that build of the module.
    pub fn of(module: &Path, mpm: Mpm) -> Self {
        Self::with_module(module, mpm, mpm.sizing())
    }

    /// As [`Site::with_sizing`], with that build of the module.
    pub fn of_with_sizing(module: &Path, mpm: Mpm, sizing: &str) -> Self {
        Self::with_module(module, mpm, sizing)
    }

    /// As [`Site::single_child`], with that build of the module, which may be the C original.
    pub fn single_child_of(module: &Path, mpm: Mpm, threads: u32) -> Self {
        Self::with_module(module, mpm, &mpm.single_child(threads))
    }

    /// As [`Site::new`] without any directive of the module but LoadModule.
    pub fn bare(mpm: Mpm) -> Self {
        Self::with_base(&format!("{}{}", mpm_conf(mpm, mpm.sizing()), load_line("jk", paths::module())))
    }

    /// As [`Site::bare`], not even loaded.
    pub fn without_module(mpm: Mpm) -> Self {
        Self::with_base(&mpm_conf(mpm, mpm.sizing()))
    }

    /// As [`Site::new`], with directives of its own for the number of processes and threads.
    pub fn with_sizing(mpm: Mpm, sizing: &str) -> Self {
        Self::with_module(paths::module(), mpm, sizing)
    }

    fn with_module(module: &Path, mpm: Mpm, sizing: &str) -> Self {
        Self::with_base(&format!("{}{}", mpm_conf(mpm, sizing), load_line("jk", module)))
            .conf("JkLogFile logs/mod_jk.log\nJkLogLevel info\nJkShmFile run/jk.shm")
    }

    fn with_base(base: &str) -> Self {
        let root = tempfile::Builder::new().prefix("mod_jk-test-").tempdir().expect("a temporary directory");
        for directory in ["conf", "logs", "run", "htdocs"] {
            fs::create_dir(root.path().join(directory)).expect("a directory of our own");
        }
        open_to_all(root.path());
        let port = ports::free();
        let site = Self { root, port, conf: String::new(), environment: Vec::new() };
        site.conf(base).conf(BASE).conf(&run_as())
    }

    /// Sets an environment variable of httpd to a path below the ServerRoot.
    pub fn env(mut self, name: &str, path: &str) -> Self {
        self.environment.push((name.to_owned(), self.path(path)));
        self
    }

    /// Appends to httpd.conf.
    pub fn conf(mut self, text: &str) -> Self {
        self.conf.push_str(&self.expand(text));
        self.conf.push('\n');
        self
    }

    /// Writes workers.properties and names it in httpd.conf.
    pub fn workers(self, text: &str) -> Self {
        self.file("conf/workers.properties", text).conf("JkWorkersFile conf/workers.properties")
    }

    /// Loads one of httpd's own modules.
    pub fn load(self, module: &str) -> Self {
        let path = paths::httpd_modules().join(format!("mod_{module}.so"));
        self.conf(&load_line(module, &path))
    }

    /// Loads the filters that misbehave ([`faulty`]).
    pub fn load_faulty(self) -> Self {
        self.conf(&load_line("faulty", faulty::module()))
    }

    /// As [`Site::load`], before the module under test, so that its hooks run first.
    pub fn load_before(mut self, module: &str) -> Self {
        let path = paths::httpd_modules().join(format!("mod_{module}.so"));
        self.conf.insert_str(0, &load_line(module, &path));
        self
    }

    /// Writes a file below the ServerRoot.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Replaces a file below the ServerRoot.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).expect("a directory of our own");
        }
        fs::write(&path, self.expand(text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// A path below the ServerRoot.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    /// The first port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Line number in httpd.conf of the first line that holds `word`, as messages count it.
    pub fn conf_line(&self, word: &str) -> usize {
        let index = self.conf.lines().position(|line| line.contains(word));
        index.unwrap_or_else(|| panic!("no line with {word} in httpd.conf")) + 1
    }

    /// Runs `httpd -t`.
    pub fn configtest(&self) -> Verdict {
        self.write_conf();
        Verdict::from(self.command(&["-t"]).output().expect("httpd runs"))
    }

    /// Runs `httpd -t` as the user nobody, who cannot read what only root may.
    pub fn configtest_as_nobody(&self) -> Verdict {
        self.write_conf();
        let httpd = self.command(&["-t"]);
        let mut command = Command::new("setpriv");
        command.args(as_nobody());
        Verdict::from(command.arg(httpd.get_program()).args(httpd.get_args()).output().expect("setpriv runs"))
    }

    /// Starts the server and expects it to end by itself.
    pub fn refused(&self) -> Verdict {
        self.refusal(process::guarded(paths::httpd(), AtDeath::Terminate))
    }

    /// As [`Site::refused`], by a `command` that runs the program named by its arguments.
    pub fn refused_by(&self, mut command: Command) -> Verdict {
        command.arg(paths::httpd());
        self.refusal(command)
    }

    /// As [`Site::refused`], started as the user nobody.
    pub fn refused_as_nobody(&self) -> Verdict {
        let mut command = process::guarded("setpriv", AtDeath::Terminate);
        command.args(as_nobody()).arg(paths::httpd());
        self.refusal(command)
    }

    fn refusal(&self, httpd: Command) -> Verdict {
        self.write_conf();
        let mut process = self.launch(httpd);
        let status = process.wait(REFUSAL_LIMIT).expect("httpd refuses to start");
        let output = format!("{}{}", self.read("logs/stderr.log"), self.read("logs/error.log"));
        Verdict { ok: status.success(), output }
    }

    /// Starts the server and waits until it answers connections.
    pub fn start(self) -> Httpd {
        self.write_conf();
        let process = self.launch(process::guarded(paths::httpd(), AtDeath::Terminate));
        Httpd::new(Parent::Foreground(process), self)
    }

    /// As [`Site::start`], as a daemon.
    pub fn start_as_daemon(self) -> Httpd {
        let daemon = self.start_daemon();
        Httpd::new(Parent::Daemon(daemon), self)
    }

    /// Runs `httpd -k start`, for a server that is known already.
    pub fn start_daemon(&self) -> Daemon {
        self.write_conf();
        Daemon::start(self.command(&["-k", "start"]), &self.path("run/httpd.pid"))
    }

    /// As [`Site::start`], by a command that runs the program and arguments that are appended to it.
    pub fn start_by(self, mut command: Command) -> Httpd {
        self.write_conf();
        command.arg(paths::httpd());
        Httpd::new(Parent::Foreground(self.launch(command)), self)
    }

    fn launch(&self, mut command: Command) -> Process {
        command.args(self.arguments()).arg("-DFOREGROUND").envs(self.environment.iter().cloned());
        let stderr = File::create(self.path("logs/stderr.log")).expect("a log of our own");
        command.stdout(stderr.try_clone().expect("a second handle")).stderr(stderr);
        Process::start(command)
    }

    /// An httpd command for this server.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(paths::httpd());
        command.args(self.arguments()).args(arguments).envs(self.environment.iter().cloned());
        command
    }

    fn arguments(&self) -> [PathBuf; 4] {
        ["-d".into(), self.root.path().into(), "-f".into(), self.path("conf/httpd.conf")]
    }

    /// Writes httpd.conf.
    pub fn write_conf(&self) {
        fs::write(self.path("conf/httpd.conf"), &self.conf).expect("a file of our own");
    }

    fn expand(&self, text: &str) -> String {
        let root = self.root.path().to_str().expect("a temporary directory with a plain name");
        text.replace("@ROOT@", root).replace("@PORT@", &self.port.to_string())
    }

    /// The text of a file below the ServerRoot; empty if there is none.
    pub fn read(&self, path: &str) -> String {
        let octets = fs::read(self.path(path)).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

/// What setpriv needs to run a program as who runs the children: nobody, or the user of this run if that is not root.
pub fn as_nobody() -> &'static [&'static str] {
    if rustix::process::geteuid().is_root() {
        &["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    } else {
        &[]
    }
}

/// Directives that every server has.
const BASE: &str = r#"
ServerRoot "@ROOT@"
DefaultRuntimeDir "@ROOT@/run"
PidFile run/httpd.pid
ServerName 127.0.0.1
Listen 127.0.0.1:@PORT@
DocumentRoot "@ROOT@/htdocs"
ErrorLog logs/error.log
LogLevel info
ServerTokens Full
Timeout 60
KeepAliveTimeout 15
MaxKeepAliveRequests 0
LimitRequestBody 0
GracefulShutdownTimeout 5
<Directory "@ROOT@/htdocs">
  Require all granted
</Directory>
"#;

/// Loads what a server needs, as far as this httpd has it as modules and not built in.
fn mpm_conf(mpm: Mpm, sizing: &str) -> String {
    let names = [&format!("mpm_{}", mpm.name()), "authz_core", "authz_host", "unixd", "log_config"];
    let modules = names.map(|name| (name, paths::httpd_modules().join(format!("mod_{name}.so"))));
    let lines = modules.iter().filter(|(_, path)| path.exists()).map(|(name, path)| load_line(name, path));
    lines.collect::<String>() + sizing
}

fn load_line(name: &str, path: &Path) -> String {
    format!("LoadModule {name}_module {}\n", path.display())
}

fn run_as() -> String {
    if rustix::process::geteuid().is_root() {
        "User #65534\nGroup #65534".into()
    } else {
        String::new()
    }
}

/// Lets the children's user into a temporary directory, or read a file that is to be loaded.
pub fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("rights on a file of our own");
}
