//! Lines of the module's log that are about a request: each names the request and its worker.
//!
//! Rules: "directives", Logging. The original has no ids in the version that Debian has.

use std::time::Duration;

use crate::support::backend;
use crate::support::site::{Mpm, Site};
use crate::support::{ports, wait};

const CONF: &str = "
JkLogLevel info
JkMount /gone/* gone
JkMount /missing/* missing
JkMount /pair/* pair
JkRequestIdIndicator OWN_ID
SetEnvIf X-Own-Id (.+) OWN_ID=$1
CustomLog logs/ids.log \"%U %{UNIQUE_ID}e\"";

/// Each request fails, which is worth a line.
pub fn lines_name_request_and_worker() {
    let httpd = Site::new(Mpm::Event)
        .load("unique_id")
        .load("setenvif")
        .workers(&format!(
            "worker.list=gone,pair\nworker.pair.type=lb\nworker.pair.balance_workers=gone\n{}",
            backend::worker("gone", ports::free())
        ))
        .conf(CONF)
        .start();
    let cases =
        [("gone", ""), ("missing", ""), ("pair", ""), ("gone", "my-own-id"), ("missing", "another.id")];
    for (index, (worker, own)) in cases.into_iter().enumerate() {
        let path = format!("/{worker}/{index}");
        let header = [("X-Own-Id", own)];
        let reply = httpd.client().get_with(&path, if own.is_empty() { &[] } else { &header });
        assert!(matches!(reply.status, 500 | 503), "{path}: {}", reply.status);
        let unique = wait::until("the access log", Duration::from_secs(10), || {
            let log = httpd.log("ids.log");
            log.lines().find_map(|line| line.strip_prefix(&format!("{path} "))).map(str::to_owned)
        });
        let id = if own.is_empty() { &unique } else { own };
        let log = httpd.jk_log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&format!("[{id}] ["))).collect();
        assert!(!lines.is_empty() && id.len() > 5, "{path}: no line with [{id}] in\n{log}");
        for line in lines {
            let names = [worker, "gone"].iter().any(|name| line.contains(&format!("({name})")));
            assert!(names, "{path}: a line without its worker: {line}");
        }
    }
    let without_id: Vec<_> =
        httpd.jk_log().lines().filter(|line| line.contains("[NO-ID]")).map(str::to_owned).collect();
    assert!(without_id.is_empty(), "{without_id:?}");
}
