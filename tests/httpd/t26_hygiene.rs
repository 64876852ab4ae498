//! What passes between client and container, attacked from both ends, and what is left after thousands of attacks.
//!
//! Rules: promises to clients, from backends and over time; "ajp13, sections 4.6, 5, 9 to 12". The replies that
//! `t05_faults` lists one by one are taken apart here octet by octet and in every order.

mod endurance;
mod to_client;
mod to_tomcat;
mod torn;

use crate::support::ajp::Forward;
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let suite = Suite::new("hygiene");
    let suite = to_client::add(suite);
    let suite = torn::add(suite);
    let suite = to_tomcat::add(suite);
    endurance::add(suite)
}

/// A server with the worker `w` for `backend`, which gets one attempt, mounted everywhere.
pub fn server(backend: &Backend, properties: &str, conf: &str) -> Httpd {
    Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}worker.w.retries=1\n{properties}", backend.worker("w")))
        .conf("JkMount /* w")
        .conf(conf)
        .start()
}

/// A backend that sends the octets of row n to a request for `/n`, ends its half, and waits.
pub fn replying_by_row(replies: Vec<Vec<u8>>) -> Backend {
    Backend::start(move |connection| {
        if let Some(forward) = connection.request() {
            connection.send(&replies[row(&forward)]);
            connection.finish();
            connection.stall();
        }
    })
}

fn row(forward: &Forward) -> usize {
    forward.uri[1..].parse().expect("a path that names a row")
}
