//! How Chromium and its driver are started.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{json, Value};

use crate::support::process::{self, AtDeath, Process};
use crate::support::{paths, wait};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Starts the driver, which chooses and tells its port; its files and those of the browser lie in the profile.
pub fn driver(profile: &Path) -> (Process, u16) {
    let path = profile.join("driver.log");
    let log = fs::File::create(&path).expect("a log of our own");
    let mut command = process::guarded("chromedriver", AtDeath::Terminate);
    command.arg("--port=0").stderr(log.try_clone().expect("a second handle")).stdout(log);
    for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, profile);
    }
    let process = Process::start(command);
    let port = wait::until("the driver of the browser", START_LIMIT, || port(&path));
    (process, port)
}

/// The port that the driver says it listens on.
fn port(log: &Path) -> Option<u16> {
    let text = fs::read_to_string(log).ok()?;
    let (_, rest) = text.split_once("started successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

/// What is asked for: a browser that sends nothing to other machines, started with further `settings`.
pub fn capabilities(profile: &Path, settings: &[&str]) -> Value {
    let mut arguments = vec![
        format!("--user-data-dir={}", profile.join("profile").display()),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
    ];
    let fixed = [
        "--headless=new",
        "--remote-debugging-pipe",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--hide-scrollbars",
    ];
    // Root's processes can't have Chromium's sandbox.
    let sandbox = rustix::process::geteuid().is_root().then_some("--no-sandbox");
    arguments.extend(fixed.iter().chain(settings).copied().chain(sandbox).map(str::to_owned));
    let chromium = json!({"binary": paths::chromium(), "args": arguments});
    let wanted = json!({"goog:chromeOptions": chromium, "goog:loggingPrefs": {"browser": "ALL"}});
    json!({"capabilities": {"alwaysMatch": wanted}})
}
