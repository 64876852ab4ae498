//! What somebody changed at run time, what is thought of members and what was counted outlives restarts.
//!
//! Changes are made by a build for tests, which also says what shared memory holds.

mod restarts;
mod state_file;

use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::report::Report;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{paths, process, report, wait};

pub fn suite() -> Suite {
    [restarts::add, state_file::add].into_iter().fold(Suite::new("persist"), |suite, add| add(suite))
}

/// workers.properties of a balancer over `a` and `b`.
fn workers(a: &Backend, b: &Backend) -> String {
    let lb =
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.lb.recover_time=3600\n";
    format!("{lb}{}{}", a.worker("a"), b.worker("b"))
}

/// A server of the build for tests with these workers.
fn site(mpm: Mpm, workers: &str) -> Site {
    report::in_answers(Site::of(paths::panicking_module(), mpm)).workers(workers).conf("JkMount /* lb")
}

/// Makes a change as the status page would: `lb member property value`.
fn change(httpd: &Httpd, order: &str) {
    let reply = httpd.client().get_with("/change", &[("Jk-Test-Change", order), ("Connection", "close")]);
    assert_ne!(reply.status, 500, "{order}: {}", httpd.error_log());
}

/// Restarts by `how`, and waits until no child of the old configuration can answer any more.
fn restart(httpd: &Httpd, how: impl FnOnce(&Httpd)) {
    let (generations, old) = (httpd.generations(), httpd.children());
    how(httpd);
    httpd.wait_for_generation(generations + 1);
    wait::until_true("the old children to end", Duration::from_secs(30), || {
        httpd.children().iter().all(|child| !old.contains(child))
    });
}

fn by_signal(signal: Signal) -> impl FnOnce(&Httpd) {
    move |httpd| process::send(httpd.id(), signal)
}

/// What the records hold now.
fn report(httpd: &Httpd) -> Report {
    Report::of(&httpd.client().get_with("/report", &[("Connection", "close")]))
}

/// A fact about each of the two members.
fn of_both<'r>(report: &'r Report, fact: &str) -> [&'r str; 2] {
    ["a", "b"].map(|member| report.text("member", member, fact))
}
