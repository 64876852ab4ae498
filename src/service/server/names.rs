//! Names of Tomcats, asked for side by side before anything is built with them.
//!
//! A name without an answer is no reason to wait: its worker has no contact, and asks again later.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::settings::{Ajp13Settings, WorkerKind, WorkersSettings};
use crate::ffi::resolver::{self, Answer};
use crate::worker::HostAddresses;

/// Time for all names together.
const LIMIT: Duration = Duration::from_secs(3);

/// What the resolver knows of the hosts of all workers.
pub(super) struct Hosts<'w> {
    /// By name: its addresses, or why there are none.
    pub(super) answers: HostAddresses,
    /// The first worker of each host that has no addresses, and why.
    pub(super) missing: Vec<(&'w Ajp13Settings, String)>,
}

impl<'w> Hosts<'w> {
    /// Asks for all names that `workers` contact or connect from.
    pub(super) fn ask(workers: &'w WorkersSettings) -> Self {
        let mut named: Vec<(&str, Option<&Ajp13Settings>)> = Vec::new();
        for worker in containers(workers).filter(|worker| worker.port != 0) {
            named.push((&worker.host, Some(worker)));
            named.extend(worker.source.as_deref().map(|source| (source, None)));
        }
        named.retain(|(name, _)| name.parse::<IpAddr>().is_err());
        // A host comes before the same name as source: it is the one to complain about.
        named.sort_by_key(|(name, worker)| (*name, worker.is_none()));
        named.dedup_by_key(|(name, _)| *name);
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        let mut hosts = Self { answers: HostAddresses::new(), missing: Vec::new() };
        for ((name, worker), answer) in named.into_iter().zip(resolver::resolve(&names, LIMIT)) {
            hosts.take(name, worker, answer);
        }
        hosts
    }

    fn take(&mut self, name: &str, worker: Option<&'w Ajp13Settings>, answer: Answer) {
        let answer = match answer {
            Answer::Found(addresses) => Ok(addresses),
            Answer::Refused(reason) => Err(reason.to_string()),
            Answer::Silent => Err(format!("no answer within {} s", LIMIT.as_secs())),
        };
        let why = answer.as_ref().err().map(|why| format!("does not resolve ({why})"));
        self.missing.extend(worker.zip(why));
        self.answers.insert(name.to_owned(), answer);
    }
}

/// All Tomcats, standing alone or as members.
fn containers(workers: &WorkersSettings) -> impl Iterator<Item = &Ajp13Settings> {
    workers.workers.iter().flat_map(|worker| match &worker.kind {
        WorkerKind::Ajp13(settings) => vec![settings],
        WorkerKind::Lb(lb) => lb.members.iter().map(|member| &member.worker).collect(),
        WorkerKind::Status(_) => Vec::new(),
    })
}
