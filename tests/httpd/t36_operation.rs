//! What an operator does with a running server: settings are changed, members are drained, Tomcats fail and come back.
//!
//! Rules: "load-balancer, sections 5 to 8", "status-worker, section 7" and "decisions, rows 9, 10 and 13".

mod changes;
mod draining;
mod tomcats;

use crate::support::httpd::Httpd;
use crate::support::pinned::Pinned;
use crate::support::report::Report;
use crate::support::site::Mpm;
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let two = [Mpm::Event, Mpm::Prefork];
    Suite::new("operation")
        .test("a_change_by_one_child_is_seen_by_the_next_request_of_each", changes::seen_by_each_child)
        .under(&two, "no_request_sees_half_of_a_change", changes::whole)
        .under(&two, "a_member_that_is_disabled_for_its_drain_timeout_is_stopped", draining::run)
        .alone("tomcats_that_are_killed_cost_what_was_in_flight_and_come_back", tomcats::run)
}

/// Four children, no more and no less.
fn sizing(mpm: Mpm) -> &'static str {
    match mpm {
        Mpm::Event | Mpm::Worker => {
            "StartServers 4\nServerLimit 4\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 32\n\
             MinSpareThreads 32\nMaxSpareThreads 40\n"
        }
        Mpm::Prefork => {
            "StartServers 4\nServerLimit 4\nMaxRequestWorkers 4\nMinSpareServers 4\nMaxSpareServers 5\n"
        }
    }
}

/// Connections to each of the four children of a prefork server, which has no more.
fn one_for_each_child(httpd: &Httpd) -> [Pinned; 4] {
    let mut connections = [(); 4].map(|()| Pinned::new(httpd.port()));
    let mut processes = connections.each_mut().map(|connection| report(connection).process());
    processes.sort_unstable();
    assert!(processes.windows(2).all(|two| two[0] != two[1]), "four children: {processes:?}");
    connections
}

fn report(connection: &mut Pinned) -> Report {
    Report::of(&connection.get("/page", &[]))
}

/// The body of `/page` with a session of `route`, or the status if there is none.
fn with_session(connection: &mut Pinned, route: &str) -> String {
    let cookie = format!("JSESSIONID=0123456789.{route}");
    let reply = connection.get("/page", &[("Cookie", &cookie)]);
    match reply.status {
        200 => reply.text(),
        status => status.to_string(),
    }
}
