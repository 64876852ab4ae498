//! One test for each past vulnerability of mod_jk and mod_proxy_ajp, named by its number, end to end.
//!
//! Rules: promises, last section. Other suites go deeper into most of these classes: `t02_mapping` (spellings of
//! URIs), `t05_faults` and `t26_hygiene` (replies), `t04_bodies` (bodies). Here each number stands for itself, so
//! that nobody has to search for it. CVE-2016-6808 (a buffer for host name and URI, in the IIS redirector) and
//! CVE-2018-1323 (path parameters, in the IIS redirector) concern code that has no counterpart here; their inputs
//! are tried all the same.

mod bodies;
mod replies;
mod shared_memory;
mod uris;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::raw;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let suite = uris::add(Suite::new("vulnerabilities"));
    let suite = bodies::add(suite);
    let suite = replies::add(suite);
    shared_memory::add(suite)
}

fn site(backend: &Backend) -> Site {
    Site::new(Mpm::Event).workers(&format!("worker.list=w\n{}worker.w.retries=1\n", backend.worker("w")))
}

fn everything_mounted(backend: &Backend) -> Httpd {
    site(backend).conf("JkMount /* w").start()
}

fn status(httpd: &Httpd, target: &str) -> u16 {
    raw::get(httpd.port(), target).status()
}

fn assert_no_crash(httpd: &Httpd) {
    assert!(!httpd.error_log().contains("exit signal"), "{}", httpd.error_log());
}
