//! Names of Tomcats, asked for side by side before anything is built with them. "decisions, row 23".

use std::time::Duration;

use crate::config::settings::{is_host_name, Ajp13Settings, WorkersSettings};
use crate::config::workers::map::Entry;
use crate::config::workers::table::Property;
use crate::config::workers::PropertyMap;
use crate::config::Report;
use crate::ffi::resolver::{self, Answer};
use crate::worker::{HostAddresses, Named};

/// Time for all names together.
const LIMIT: Duration = Duration::from_secs(3);

/// What the resolver knows of the hosts of all workers.
pub(crate) struct Hosts<'w> {
    /// By name: its addresses, or why there are none.
    pub(crate) answers: HostAddresses,
    /// The first worker of each host that has no addresses, and why.
    pub(crate) missing: Vec<(&'w Ajp13Settings, String)>,
}

impl<'w> Hosts<'w> {
    /// Asks for all names that `workers` contact or connect from.
    pub(crate) fn ask(workers: &'w WorkersSettings) -> Self {
        let mut named: Vec<(&str, Option<&Ajp13Settings>)> = Vec::new();
        for worker in workers.tomcats().filter(|worker| worker.port != 0) {
            named.push((&worker.host, Some(worker)));
            named.extend(worker.source.as_deref().map(|source| (source, None)));
        }
        named.retain(|(name, _)| is_host_name(name));
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
        let named = match answer {
            Answer::Found(addresses) => Named::found(addresses),
            Answer::Refused(reason) => Named::unresolved(reason),
            Answer::Silent => Named::unresolved(format!("no answer within {} s", LIMIT.as_secs())),
        };
        let why = named.trouble.as_ref().map(|why| format!("does not resolve ({why})"));
        self.missing.extend(worker.zip(why));
        self.answers.insert(name.to_owned(), named);
    }
}

/// Warns of hosts that do not resolve now.
pub(super) fn check(workers: &WorkersSettings, properties: &PropertyMap, report: &mut Report) {
    for (worker, why) in Hosts::ask(workers).missing {
        let (name, host) = (&worker.name, &worker.host);
        let origin = properties.of_worker(name.as_str().into(), Property::Host).and_then(Entry::origin);
        // What is wrong with the value was said: that it does not resolve follows from it.
        if origin.is_some_and(|origin| report.is_about(origin)) {
            continue;
        }
        report.warn(origin, format!("worker.{name}.host={host} {why}; it is tried again later"));
    }
}
