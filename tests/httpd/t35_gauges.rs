//! Gauges tell what is: whatever becomes of requests and of children, the counts of requests in flight and of open
//! connections are those of living children, and come back to 0.
//!
//! Rules: "decisions, row 12" and "load-balancer, section 1". The servers are of the build for tests, which says with
//! each answer what the records hold.

mod ends;
mod killed;
mod mishaps;

use std::thread;
use std::time::Duration;

use crate::support::ajp;
use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::pinned::Pinned;
use crate::support::report::{self, Report};
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{paths, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// What `/slow` takes.
const SLOW: Duration = Duration::from_millis(20);

/// The length of `/big`, whose octets are all the same.
const BIG: usize = 200_000;

pub fn suite() -> Suite {
    let two = [Mpm::Event, Mpm::Prefork];
    Suite::new("gauges")
        .alone_under(
            &ALL_MPMS,
            "killed_children_leave_nothing_behind_and_cost_no_other_a_request",
            killed::run,
        )
        .under(&two, "a_child_killed_with_the_lock_of_changes_stops_no_change", killed::with_lock)
        .under(&two, "children_that_end_as_they_should_leave_nothing_behind", ends::run)
        .under(&two, "requests_that_fail_in_every_way_leave_nothing_behind", mishaps::run)
}

/// A server over two Tomcats, `a` and `b` of the balancer `lb`, and one apart, whose requests show the report and
/// touch no other.
struct Bench {
    httpd: Httpd,
    members: [Backend; 2],
    _apart: Backend,
}

impl Bench {
    /// Pooled connections are kept until the pool's timeout is changed ([`Bench::close_idle`]).
    fn start(mpm: Mpm, sizing: &str) -> Self {
        let (members, apart) = ([member(), member()], Backend::constant("apart"));
        let site = report::in_answers(Site::of_with_sizing(paths::panicking_module(), mpm, sizing))
            .workers(&format!(
                "worker.list=lb,apart\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n\
                 worker.lb.reference=worker.pool\nworker.a.reference=worker.pool\nworker.b.reference=worker.pool\n\
                 worker.pool.connection_pool_minsize=0\n{}{}{}",
                members[0].worker("a"),
                members[1].worker("b"),
                apart.worker("apart")
            ))
            .env("MOD_JK_PANIC_POINTS", "conf/panics")
            .file("conf/panics", "")
            .load("http2")
            .conf("Protocols h2c http/1.1\nJkMount /apart apart\nJkMount /* lb");
        Self { httpd: site.start(), members, _apart: apart }
    }

    /// A connection of its own; it keeps its child.
    fn pinned(&self) -> Pinned {
        Pinned::new(self.httpd.port())
    }

    fn report(&self) -> Report {
        Report::of(&self.pinned().get("/apart", &[]))
    }

    /// Waits until no request is in flight, and the count of open connections is the backends' own.
    fn assert_true_counts(&self, after: &str) {
        wait::until_true(&format!("counts as the backends have them after {after}"), PATIENCE, || {
            let report = self.report();
            let open = ["a", "b"].map(|name| report.number("member", name, "connected"));
            let open_there = [0, 1].map(|index| self.members[index].open() as u64);
            report.all("busy").iter().all(|(_, busy)| *busy == 0) && open == open_there
        });
    }

    /// Has idle connections closed, and waits until all counts are 0.
    fn assert_nothing_is_left(&self) {
        for name in ["a", "b"] {
            // A child that ends closes a connection that waits for the next request.
            report::change(&mut self.pinned(), "/apart", &format!("lb {name} connection_pool_timeout 1"));
        }
        wait::until_true("counts of 0", PATIENCE, || {
            let report = self.report();
            let busy = report.all("busy");
            let open = ["a", "b"].map(|name| report.number("member", name, "connected"));
            // A child that is about to end counts nowhere, and still has its connections.
            let open_there = [0, 1].map(|index| self.members[index].open());
            busy.iter().all(|(_, busy)| *busy == 0) && open == [0, 0] && open_there == [0, 0]
        });
    }
}

/// A Tomcat with pages of several kinds.
fn member() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.whole_request() {
            match forward.uri.as_str() {
                "/slow" => thread::sleep(SLOW),
                "/big" => {
                    connection.answer(&Answer::ok(vec![b'x'; BIG]));
                    continue;
                }
                "/flushed" => {
                    flushed(connection);
                    continue;
                }
                "/hang" => return connection.stall(),
                "/cut" => {
                    let parts = [ajp::send_headers(200, &[]), ajp::body_chunk(b"part"), ajp::body_chunk(b"")];
                    return connection.send(&parts.concat());
                }
                "/lost" => return,
                "/nonsense" => {
                    connection.send(b"AB\0\x02\x63\x63");
                    return connection.stall();
                }
                _ => {}
            }
            connection.answer(&Answer::ok("page"));
        }
    })
}

/// An answer in parts, each of which leaves at once.
fn flushed(connection: &mut Connection) {
    connection.send(&ajp::send_headers(200, &[]));
    for _ in 0..4 {
        connection.send(&[ajp::body_chunk(b"part"), ajp::body_chunk(b"")].concat());
        thread::sleep(SLOW / 8);
    }
    connection.send(&ajp::end_response(true));
}
