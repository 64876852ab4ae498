//! Asks for host names that are due, for all workers of this process and on behalf of all others.
//!
//! A thread of each child goes the rounds, and sleeps until a name is due or the bell of a doubtful one rings. It waits
//! for no answer: a question is an errand, so that one name that hangs holds up no other, and names that did so before
//! are kept apart from the rest. Requests take part in nothing of this. "connections, section 14".

use std::collections::{HashMap, HashSet};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::thread::Scope;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::log::Context;
use crate::shared::moment;

use super::ajp13::{Ajp13Worker, Answer, Look, NEXT_LOOK};
use super::bell::Bell;
use super::errands::Errands;
use super::registry::Workers;

/// A name whose answer took longer is slow from then on, until one comes sooner.
const SLOW: Duration = Duration::from_secs(1);

/// Questions that run at a time: those about quick names, and those about slow ones.
const SIDE_BY_SIDE: [usize; 2] = [256, 64];

/// Sleep without anything to do, so that whatever was missed has an end.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Looks up the addresses of a name; may hang.
pub(crate) type Lookup = fn(&str) -> Answer;

/// Asks the resolver of the system, which tries DNS, `/etc/hosts` and what else it is told to.
pub(crate) fn system_lookup(host: &str) -> Answer {
    Ok((host, 0).to_socket_addrs()?.collect())
}

/// Goes the rounds in one process.
pub(crate) struct Resolver<'scope, 'env> {
    workers: &'env Workers,
    lookup: Lookup,
    quick: Errands<'scope, 'env>,
    slow: Errands<'scope, 'env>,
    hosts: Arc<Mutex<Hosts>>,
}

/// What is known of hosts beside their addresses.
#[derive(Default)]
struct Hosts {
    /// Those whose answer is waited for.
    asked: HashSet<String>,
    slow: HashSet<String>,
}

/// A question to the resolver, for all workers that have the host.
struct Question<'env> {
    host: String,
    workers: Vec<&'env Ajp13Worker>,
    hosts: Arc<Mutex<Hosts>>,
    bell: &'env Bell,
}

impl<'scope, 'env> Resolver<'scope, 'env> {
    /// Asks by `lookup`, in threads of `scope`.
    pub(crate) fn new(scope: &'scope Scope<'scope, 'env>, workers: &'env Workers, lookup: Lookup) -> Self {
        Self {
            workers,
            lookup,
            quick: Errands::limited(scope, SIDE_BY_SIDE[0]),
            slow: Errands::limited(scope, SIDE_BY_SIDE[1]),
            hosts: Arc::default(),
        }
    }

    /// Looks after all hosts, and has those asked for that are due; returns how long nothing else is due.
    pub(crate) fn round(&self, log: Context<'env>) -> Duration {
        let now = moment();
        let mut next = now + LONGEST_SLEEP.as_millis() as u64;
        let mut due: HashMap<String, Vec<&'env Ajp13Worker>> = HashMap::new();
        for worker in self.workers.containers() {
            match worker.look_for_host(now, log) {
                Look::Due(host) => due.entry(host).or_default().push(worker),
                Look::At(moment) => next = next.min(moment),
                Look::Nothing => {}
            }
        }
        if !due.is_empty() {
            next = next.min(now + NEXT_LOOK);
        }
        due.into_iter().for_each(|(host, workers)| self.ask(host, workers, now, log));
        Duration::from_millis(next.saturating_sub(now).max(1))
    }

    /// Asks for `host` on behalf of those of `workers` for which no other process does, if it is not asked for already.
    fn ask(&self, host: String, mut workers: Vec<&'env Ajp13Worker>, now: u64, log: Context<'env>) {
        let mut hosts = self.hosts.lock();
        if hosts.asked.contains(&host) {
            return;
        }
        workers.retain(|worker| worker.claim_host(now));
        if workers.is_empty() {
            return;
        }
        hosts.asked.insert(host.clone());
        let errands = if hosts.slow.contains(&host) { &self.slow } else { &self.quick };
        drop(hosts);
        let (hosts, bell, lookup) = (Arc::clone(&self.hosts), self.workers.bell(), self.lookup);
        let question = Question { host, workers, hosts, bell };
        errands.run(move || question.ask(lookup, log));
    }
}

impl Question<'_> {
    fn ask(self, lookup: Lookup, log: Context<'_>) {
        let begin = Instant::now();
        let answer = lookup(&self.host);
        let is_slow = begin.elapsed() > SLOW;
        self.workers.iter().for_each(|worker| worker.take_answer(&self.host, &answer, log));
        let mut hosts = self.hosts.lock();
        match is_slow {
            true => hosts.slow.insert(self.host.clone()),
            false => hosts.slow.remove(&self.host),
        };
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.hosts.lock().asked.remove(&self.host);
        self.bell.ring();
    }
}

#[cfg(test)]
mod tests;
