//! What lies in the shared memory of a running server, as values.

use std::path::Path;

use crate::shared::header::LAYOUT_VERSION;
use crate::shared::{now, Balanced, Found, Owner, Served};

/// All of it.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Version of its layout.
    pub layout: u32,
    /// When it was made, or the oldest error that it knows; seconds since the epoch.
    pub since: i64,
    /// Another memory takes its place: its server restarts.
    pub is_retired: bool,
    /// Processes that count in it.
    pub processes: Vec<Process>,
    /// Tomcats, in no order.
    pub workers: Vec<Worker>,
    /// Balancers, in the order of the configuration.
    pub balancers: Vec<Balancer>,
}

/// A process of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id; `None` is the parent, and children that found no place of their own.
    pub pid: Option<u32>,
}

/// What a process holds of a Tomcat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which process.
    pub process: Process,
    /// Requests in flight.
    pub busy: u32,
    /// Open connections.
    pub connected: u32,
}

/// A Tomcat, by whatever balancers it is used.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Its name.
    pub name: String,
    /// Requests given to it.
    pub requests: u64,
    /// Failed attempts.
    pub errors: u64,
    /// Requests that failed by the client's fault.
    pub client_errors: u64,
    /// Octets sent to it, and received.
    pub octets: (u64, u64),
    /// Requests in flight, and the most at a time.
    pub busy: (u32, u32),
    /// Open connections, and the most at a time.
    pub connected: (u32, u32),
    /// How requests ended, by the words of docs/book/src/status-formats.md.
    pub served: Vec<(&'static str, u64)>,
    /// When an attempt failed last, seconds since the epoch, and why.
    pub last_error: Option<(i64, String)>,
    /// What each process holds of it.
    pub held: Vec<Holding>,
}

/// A balancer.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Its name.
    pub name: String,
    /// Requests in it, and the most at a time.
    pub busy: (u32, u32),
    /// How requests ended, by the words of docs/book/src/status-formats.md.
    pub ended: Vec<(&'static str, u64)>,
    /// Its members, in the order of the configuration.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Name of its Tomcat.
    pub name: String,
    /// As the status page writes it.
    pub state: &'static str,
    /// Load value.
    pub load: u64,
    /// Requests without a session.
    pub sessions: u64,
    /// Failures that count against it.
    pub errors: u64,
    /// Since when it is not active, seconds since the epoch.
    pub draining_since: Option<i64>,
    /// Requests of its sessions in the last minute.
    pub session_requests: u32,
    /// Since when it is in error, seconds since the epoch.
    pub first_error: Option<i64>,
}

impl Memory {
    /// Reads the file of the memory, which root or this user made; nothing is written.
    ///
    /// # Errors
    /// Why not, with the path.
    pub fn read(path: &Path) -> Result<Self, String> {
        let found = Found::open(path)?;
        Ok(Self {
            layout: LAYOUT_VERSION,
            since: found.made_at(),
            is_retired: found.shared.is_retired(),
            processes: found.processes().into_iter().filter_map(process).collect(),
            workers: found.workers.iter().filter_map(|name| worker(&found, name)).collect(),
            balancers: found
                .balancers
                .iter()
                .filter_map(|(name, members)| balancer(&found, name, members))
                .collect(),
        })
    }
}

fn process(owner: Owner) -> Option<Process> {
    match owner {
        Owner::AnyProcess => Some(Process { pid: None }),
        Owner::Child(pid) => Some(Process { pid: Some(pid) }),
        Owner::Nobody => None,
    }
}

fn worker(found: &Found, name: &str) -> Option<Worker> {
    let handle = found.shared.ajp(name)?;
    let counters = handle.snapshot();
    let held = handle.by_process().into_iter();
    Some(Worker {
        name: name.to_owned(),
        requests: counters.used,
        errors: counters.errors,
        client_errors: counters.client_errors,
        octets: (counters.transferred, counters.read),
        busy: (counters.busy, counters.max_busy),
        connected: (counters.connected, counters.max_connected),
        served: Served::ALL.into_iter().map(Served::word).zip(counters.figures.served).collect(),
        last_error: handle.figures().last_error().map(|error| (error.time, error.text)),
        held: held
            .filter_map(|(owner, busy, connected)| {
                Some(Holding { process: process(owner)?, busy, connected })
            })
            .collect(),
    })
}

fn balancer(found: &Found, name: &str, members: &[String]) -> Option<Balancer> {
    let handle = found.shared.lb(name)?;
    let counters = handle.snapshot();
    let member = |member: &String| {
        let known = found.shared.member(name, member)?.snapshot(now());
        Some(Member {
            name: member.clone(),
            state: known.health.state.text(),
            load: known.load,
            sessions: known.sessions,
            errors: known.errors,
            draining_since: known.draining_since,
            session_requests: known.session_requests,
            first_error: known.health.first_error,
        })
    };
    Some(Balancer {
        name: name.to_owned(),
        busy: (handle.busy(), counters.max_busy),
        ended: Balanced::ALL.into_iter().map(Balanced::word).zip(counters.balanced).collect(),
        members: members.iter().filter_map(member).collect(),
    })
}
