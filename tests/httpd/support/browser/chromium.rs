//! How Chromium and its driver are started.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{json, Value};

use crate::support::paths;
use crate::support::process::{self, AtDeath, Process};

/// Starts the driver; its files and those of the browser lie in the profile.
pub fn driver(profile: &Path, port: u16) -> Process {
    let mut command = process::guarded("chromedriver", AtDeath::Terminate);
    let log = fs::File::create(profile.join("driver.log")).expect("a log of our own");
    command.arg(format!("--port={port}"));
    for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, profile);
    }
    command.stdout(Stdio::null()).stderr(log);
    Process::start(command)
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
