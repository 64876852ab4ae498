//! What is told, family by family. docs/book/src/status-formats.md has the same list, as a test sees to.

use super::samples::Family;
use super::samples::Kind::{Counter, Gauge, Histogram};
use crate::config::workers::table::ACTIVATIONS;
use crate::shared::{Balanced, Fault, MemberState, Reload, Served, LATENCY_BOUNDS};
use crate::worker::status::report::{Balancer, Member, Overview, Tomcat};

/// Of the whole.
pub(super) static SERVER: [Family<Overview>; 4] = [
    Family {
        name: "jk_build_info",
        kind: Gauge,
        help: "1, with the version of the module.",
        tell: |_, of| of.with("version", env!("CARGO_PKG_VERSION"), 1),
    },
    Family {
        name: "jk_processes",
        kind: Gauge,
        help: "Child processes of httpd.",
        tell: |whole, of| of.value(whole.processes),
    },
    Family {
        name: "jk_workers_reloads",
        kind: Counter,
        help: "Restarts, by whether the workers found were taken.",
        tell: |whole, of| {
            [Reload::WorkersTaken, Reload::WorkersRefused]
                .into_iter()
                .for_each(|reload| of.with("result", reload.result(), whole.reloads[reload as usize]));
        },
    },
    Family {
        name: "jk_map_reloads",
        kind: Counter,
        help: "Changed map files, by whether they were taken.",
        tell: |whole, of| {
            [Reload::MapTaken, Reload::MapRefused]
                .into_iter()
                .for_each(|reload| of.with("result", reload.result(), whole.reloads[reload as usize]));
        },
    },
];

/// Of each balancer.
pub(super) static BALANCER: [Family<Balancer>; 5] = [
    Family {
        name: "jk_balancer_requests",
        kind: Counter,
        help: "Requests to the balancer, by how they ended.",
        tell: |lb, of| {
            let count = |how: Balanced| lb.balanced[how as usize];
            Balanced::ALL.into_iter().for_each(|how| of.with("result", how.word(), count(how)));
        },
    },
    Family {
        name: "jk_balancer_members",
        kind: Gauge,
        help: "Members, by how they are rated (good and bad of the status worker).",
        tell: |lb, of| {
            [("good", lb.good), ("degraded", lb.degraded), ("bad", lb.bad)]
                .into_iter()
                .for_each(|(rating, count)| of.with("rating", rating, count));
        },
    },
    Family {
        name: "jk_balancer_busy",
        kind: Gauge,
        help: "Requests in the balancer.",
        tell: |lb, of| of.value(lb.busy),
    },
    Family {
        name: "jk_balancer_busy_max",
        kind: Gauge,
        help: "Most requests in the balancer at a time since the last reset.",
        tell: |lb, of| of.value(lb.max_busy),
    },
    Family {
        name: "jk_balancer_last_reset_timestamp_seconds",
        kind: Gauge,
        help: "When its counters began.",
        tell: |lb, of| of.value(lb.reset.at),
    },
];

/// Of each member for its balancer.
pub(super) static MEMBER: [Family<Member>; 9] = [
    Family {
        name: "jk_member_info",
        kind: Gauge,
        help: "1, with route and domain: joins what is told of a worker with its balancers.",
        tell: |member, of| {
            let domain = member.settings.domain.as_deref().unwrap_or_default();
            of.info(&[("route", &member.settings.route), ("domain", domain)]);
        },
    },
    Family {
        name: "jk_member_state",
        kind: Gauge,
        help: "1 for the state that the member is in, 0 for others.",
        tell: |member, of| {
            of.one_of("state", MemberState::ALL.map(MemberState::text), member.health.state.text());
        },
    },
    Family {
        name: "jk_member_activation",
        kind: Gauge,
        help: "1 for the activation that the member has, 0 for others.",
        tell: |member, of| {
            let now = ACTIVATIONS[member.settings.activation as usize];
            of.one_of("activation", ACTIVATIONS.iter().copied(), now);
        },
    },
    Family {
        name: "jk_member_errors",
        kind: Counter,
        help: "Failures that count against the member.",
        tell: |member, of| of.value(member.errors),
    },
    Family {
        name: "jk_member_sessions",
        kind: Counter,
        help: "Requests without a session that it got.",
        tell: |member, of| of.value(member.sessions),
    },
    Family {
        name: "jk_member_recent_session_requests",
        kind: Gauge,
        help: "Requests of its sessions in the last minute.",
        tell: |member, of| of.value(member.session_requests),
    },
    Family {
        name: "jk_member_load",
        kind: Gauge,
        help: "Load value: the balancer prefers the lowest.",
        tell: |member, of| of.value(member.load),
    },
    Family {
        name: "jk_member_drain_start_timestamp_seconds",
        kind: Gauge,
        help: "Since when it is not active; not there while it is.",
        tell: |member, of| member.draining.iter().for_each(|drain| of.value(drain.since)),
    },
    Family {
        name: "jk_member_drain_end_timestamp_seconds",
        kind: Gauge,
        help: "When it is stopped at the latest; not there without such a limit.",
        tell: |member, of| {
            let until = member.draining.and_then(|drain| drain.until);
            until.iter().for_each(|until| of.value(until));
        },
    },
];

/// Of each Tomcat, however many balancers have it.
pub(super) static WORKER: [Family<Tomcat>; 17] = [
    Family {
        name: "jk_worker_requests",
        kind: Counter,
        help: "Requests given to the worker, by how they ended.",
        tell: |tomcat, of| {
            let count = |how: Served| tomcat.figures.served[how as usize];
            Served::ALL.into_iter().for_each(|how| of.with("result", how.word(), count(how)));
        },
    },
    Family {
        name: "jk_worker_errors",
        kind: Counter,
        help: "Attempts that failed, by why.",
        tell: |tomcat, of| {
            let count = |fault: Fault| tomcat.figures.faults[fault as usize];
            Fault::ALL.into_iter().for_each(|fault| of.with("kind", fault.word(), count(fault)));
        },
    },
    Family {
        name: "jk_worker_retries",
        kind: Counter,
        help: "Attempts after the first of a request.",
        tell: |tomcat, of| of.value(tomcat.figures.retries),
    },
    Family {
        name: "jk_worker_request_duration_seconds",
        kind: Histogram,
        help: "What attempts took that had a connection, whatever came of them.",
        tell: |tomcat, of| {
            let bounds = LATENCY_BOUNDS.map(seconds);
            of.histogram(&bounds, &tomcat.figures.latency, seconds(tomcat.figures.latency_sum));
        },
    },
    Family {
        name: "jk_worker_read_bytes",
        kind: Counter,
        help: "Octets read from Tomcat.",
        tell: |tomcat, of| of.value(tomcat.counters.read),
    },
    Family {
        name: "jk_worker_written_bytes",
        kind: Counter,
        help: "Octets written to Tomcat.",
        tell: |tomcat, of| of.value(tomcat.counters.transferred),
    },
    Family {
        name: "jk_worker_cpings",
        kind: Counter,
        help: "CPings to Tomcat, by whether they were answered; without probes.",
        tell: |tomcat, of| {
            of.with("result", "answered", tomcat.figures.answered);
            of.with("result", "unanswered", tomcat.figures.unanswered);
        },
    },
    Family {
        name: "jk_worker_probes",
        kind: Counter,
        help: "Probes whether a Tomcat in error works again (recover_probe), by whether they were answered.",
        tell: |tomcat, of| {
            of.with("result", "answered", tomcat.figures.probes_answered);
            of.with("result", "unanswered", tomcat.figures.probes_failed);
        },
    },
    Family {
        name: "jk_worker_busy",
        kind: Gauge,
        help: "Requests in flight.",
        tell: |tomcat, of| of.value(tomcat.counters.busy),
    },
    Family {
        name: "jk_worker_busy_max",
        kind: Gauge,
        help: "Most requests in flight at a time since the last reset.",
        tell: |tomcat, of| of.value(tomcat.counters.max_busy),
    },
    Family {
        name: "jk_worker_busy_limit",
        kind: Gauge,
        help: "Most requests in flight that are let in (busy_limit); not there without limit.",
        tell: |tomcat, of| tomcat.settings.busy_limit.iter().for_each(|limit| of.value(limit)),
    },
    Family {
        name: "jk_worker_connected",
        kind: Gauge,
        help: "Open connections of all processes.",
        tell: |tomcat, of| of.value(tomcat.counters.connected),
    },
    Family {
        name: "jk_worker_connected_max",
        kind: Gauge,
        help: "Most open connections at a time since the last reset.",
        tell: |tomcat, of| of.value(tomcat.counters.max_connected),
    },
    Family {
        name: "jk_worker_pool_connections",
        kind: Gauge,
        help: "Open connections of all processes, by whether they are in use.",
        tell: |tomcat, of| {
            of.with("state", "busy", tomcat.pool.busy);
            of.with("state", "idle", tomcat.pool.idle);
        },
    },
    Family {
        name: "jk_worker_pool_limit",
        kind: Gauge,
        help: "Most connections that there can be (connection_pool_size times processes); not there without limit.",
        tell: |tomcat, of| tomcat.pool.limit.iter().for_each(|limit| of.value(limit)),
    },
    Family {
        name: "jk_worker_last_error_timestamp_seconds",
        kind: Gauge,
        help: "When an attempt failed last; not there if none has.",
        tell: |tomcat, of| tomcat.last_error.iter().for_each(|error| of.value(error.time)),
    },
    Family {
        name: "jk_worker_last_reset_timestamp_seconds",
        kind: Gauge,
        help: "When its counters began.",
        tell: |tomcat, of| of.value(tomcat.reset.at),
    },
];

/// Microseconds as seconds.
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}
