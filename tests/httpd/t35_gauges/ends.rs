//! Children that end by themselves, after so many connections.

use std::time::Duration;

use super::Bench;
use crate::support::load::Load;
use crate::support::site::Mpm;
use crate::support::wait;

pub fn run(mpm: Mpm) {
    let sizing = match mpm {
        Mpm::Event | Mpm::Worker => {
            "StartServers 2\nServerLimit 8\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 64\n\
             MinSpareThreads 16\nMaxSpareThreads 64\nMaxConnectionsPerChild 25\n"
        }
        Mpm::Prefork => {
            "StartServers 8\nServerLimit 24\nMaxRequestWorkers 24\nMinSpareServers 8\nMaxSpareServers 24\n\
             MaxConnectionsPerChild 10\n"
        }
    };
    let bench = Bench::start(mpm, sizing);
    let first = bench.httpd.children();
    let request = |client: usize| (["/page", "/slow", "/flushed"][client % 3], Vec::new());
    let load =
        Load::start(6, bench.httpd.port(), Duration::from_millis(1), request, |reply| match reply.status {
            200 => Ok(String::new()),
            status => Err(status.to_string()),
        });
    wait::until_true("other children than the first", Duration::from_secs(60), || {
        load.finished() >= 200 && !bench.httpd.children().iter().any(|child| first.contains(child))
    });
    load.stop().assert_all_good(200);
    bench.assert_true_counts("their ends");
    bench.assert_nothing_is_left();
}
