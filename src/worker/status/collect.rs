//! Takes what is asked for from shared memory, the views of the workers and the maps. Nothing is locked: values are
//! read one by one, while requests go on.

use std::sync::Arc;

use super::latency::Latency;
use super::problem::Problem;
use super::query::{Hide, Query};
use super::rating::{Rating, Ratings};
use super::report::{
    Alone, Balancer, Draining, List, Map, Maps, Member, Overview, Pool, Reset, Shown, Tomcat,
};
use super::{seconds, Surroundings};
use crate::config::settings::{Activation, Ajp13Settings, MemberSettings};
use crate::mapping::Rule;
use crate::shared::{AjpSnapshot, Health, MemberHandle, MemberState};
use crate::worker::ajp13::Ajp13Worker;
use crate::worker::lb::{LbWorker, NextProbe};
use crate::worker::registry::Worker;

/// Reads for one request.
#[derive(Clone, Copy)]
pub(super) struct Collector<'a> {
    pub(super) around: &'a Surroundings<'a>,
    pub(super) ratings: &'a Ratings,
    pub(super) query: &'a Query,
    /// What is left out.
    pub(super) hidden: Hide,
    pub(super) now: i64,
}

/// The whole, as it is now.
pub(super) fn overview(around: &Surroundings<'_>) -> Overview {
    let shared = around.workers.shared();
    let history = shared.history();
    Overview {
        processes: shared.processes(),
        earlier_processes: around.earlier_processes,
        reloads: history.reloads(),
        events: history.events(),
    }
}

impl Collector<'_> {
    /// All workers of `worker.list`, in its order.
    pub(super) fn list(&self) -> List {
        let mut list = List::default();
        for worker in self.workers() {
            match worker {
                Worker::Lb(lb) if !self.hidden.contains(Hide::BALANCERS) => {
                    list.balancers.get_or_insert_default().push(self.balancer(lb, None));
                }
                Worker::Ajp13(worker) if !self.hidden.contains(Hide::WORKERS) => {
                    list.workers.get_or_insert_default().push(self.alone(worker));
                }
                _ => {}
            }
        }
        list
    }

    /// The worker that `w` names; of a balancer only the member `sw`, if there is one.
    pub(super) fn show(&self) -> Result<Shown, Problem> {
        let (worker, member) = find(self.around, self.query)?;
        Ok(self.shown(worker, member))
    }

    pub(super) fn shown(&self, worker: &Worker, member: Option<usize>) -> Shown {
        match worker {
            Worker::Lb(lb) => Shown::Balancer(Box::new(self.balancer(lb, member))),
            Worker::Ajp13(worker) => Shown::Alone(Box::new(self.alone(worker))),
            Worker::Status(_) => Shown::Status,
        }
    }

    fn workers(&self) -> impl Iterator<Item = &Worker> {
        let names = self.around.settings.workers.iter();
        names.filter_map(|worker| self.around.workers.get(&worker.name))
    }

    pub(super) fn balancer(&self, lb: &LbWorker<Ajp13Worker>, only: Option<usize>) -> Balancer {
        let settings = lb.current_settings();
        let probes = lb.next_probes().into_iter().enumerate();
        let member = |(index, probe)| self.member(lb, index, seconds(settings.recover_time), probe);
        let all: Vec<Member> = probes.map(member).collect();
        let rated = |rating| all.iter().filter(|member| member.rating == rating).count();
        let (good, degraded, bad) = (rated(Rating::Good), rated(Rating::Degraded), rated(Rating::Bad));
        let (member_count, counters) = (all.len(), lb.record().snapshot());
        let highest_load = all.iter().map(|member| member.load).max().unwrap_or(0);
        let total_load = all.iter().map(|member| member.load).fold(0, u64::saturating_add);
        let mut members = all;
        match only {
            Some(index) => members = members.into_iter().skip(index).take(1).collect(),
            None if self.hidden.contains(Hide::MEMBERS) => members.clear(),
            None => {}
        }
        Balancer {
            member_count,
            good,
            degraded,
            bad,
            members,
            busy: lb.record().busy(),
            max_busy: counters.max_busy,
            balanced: counters.balanced,
            maps: self.maps(&settings.name),
            settings,
            maintenance: self.maintenance(),
            reset: self.reset(counters.last_reset),
            highest_load,
            total_load,
        }
    }

    fn member(
        &self,
        lb: &LbWorker<Ajp13Worker>,
        index: usize,
        recover_time: i64,
        probe: Option<NextProbe>,
    ) -> Member {
        let member = &lb.members()[index];
        let (settings, record) = (lb.current_member(index), member.record());
        let health = record.health();
        let mut tomcat = self.tomcat(member.backend());
        tomcat.error = health.first_error.map(|time| (time, self.ago(time)));
        Member {
            rating: self.ratings.of(settings.activation, health.state),
            recovery: self.recovery(health.state, health.last_error, recover_time),
            probe,
            multiplier: lb.current_multiplier(index),
            load: lb.load(index),
            sessions: record.sessions(),
            errors: record.errors(),
            draining: self.draining(&settings, record),
            last_error: self.last_error(&tomcat.counters, health),
            session_requests: record.session_requests(self.now),
            settings,
            tomcat,
            health,
        }
    }

    fn draining(&self, settings: &MemberSettings, record: &MemberHandle) -> Option<Draining> {
        let since = record.draining_since().filter(|_| settings.activation != Activation::Active)?;
        let is_disabled = settings.activation == Activation::Disabled;
        let order = record.drain().filter(|_| is_disabled);
        let until = match order {
            Some(order) => order.until,
            None => {
                let timeout = settings.drain_timeout.filter(|_| is_disabled);
                timeout.map(|timeout| since.saturating_add(seconds(timeout)))
            }
        };
        let left = until.map(|until| until.saturating_sub(self.now).max(0));
        Some(Draining { since, ago: self.ago(since), until, left, ordered: order.is_some() })
    }

    /// Errors of its Tomcat by way of other balancers are told, too.
    fn last_error(&self, counters: &AjpSnapshot, health: Health) -> Option<(i64, i64)> {
        let last = health.last_error.unwrap_or(0).max(counters.error_time);
        (last != 0).then(|| (last, self.ago(last)))
    }

    pub(super) fn alone(&self, worker: &Ajp13Worker) -> Alone {
        Alone { tomcat: self.tomcat(worker), maps: self.maps(worker.name()) }
    }

    fn tomcat(&self, worker: &Ajp13Worker) -> Tomcat {
        let settings = (**worker.settings()).clone();
        let counters = worker.record().snapshot();
        let address = worker.address_text();
        let error = Some(counters.error_time).filter(|time| *time != 0).map(|time| (time, self.ago(time)));
        let figures = counters.figures;
        Tomcat {
            reset: self.reset(counters.last_reset),
            latency: Latency::of(&figures),
            last_error: worker.record().figures().last_error(),
            pool: self.pool(&settings, &counters),
            settings,
            address,
            error,
            counters,
            figures,
        }
    }

    fn pool(&self, settings: &Ajp13Settings, counters: &AjpSnapshot) -> Pool {
        let processes = self.around.workers.shared().processes().max(1);
        let limit = settings.connection_pool_size.map(|size| size as u64 * processes as u64);
        let busy = counters.busy.min(counters.connected);
        Pool { busy, idle: counters.connected - busy, limit }
    }

    fn reset(&self, at: i64) -> Reset {
        Reset { at, ago: self.ago(at) }
    }

    fn ago(&self, time: i64) -> i64 {
        self.now.saturating_sub(time)
    }

    /// Seconds between two rounds of maintenance.
    fn interval(&self) -> i64 {
        self.around.settings.maintain.map_or(0, seconds)
    }

    fn maintenance(&self) -> (i64, i64) {
        let least = self.interval().saturating_sub(self.ago(self.around.workers.maintained_at()));
        (least.max(0), least.saturating_add(self.interval()).max(0))
    }

    fn recovery(&self, state: MemberState, last_error: Option<i64>, recover_time: i64) -> (i64, i64) {
        if state != MemberState::Error {
            return (0, 0);
        }
        let passed = last_error.map_or(0, |time| self.ago(time));
        let least = recover_time.saturating_sub(passed).max(0);
        (least, least.saturating_add(self.interval()))
    }

    fn maps(&self, worker: &str) -> Maps {
        let hosts = &self.around.hosts;
        let all =
            hosts.iter().flat_map(|host| host.rules.iter().map(move |rule| (host.server.as_str(), rule)));
        let mut own = all.filter(|(_, rule)| rule.worker == worker || rule.worker == "*");
        if self.hidden.contains(Hide::MAPS) {
            return Maps { count: own.count(), shown: Vec::new() };
        }
        let mut shown = Vec::new();
        for (server, rule) in own.by_ref() {
            shown.push(map(shown.len() + 1, server, rule));
        }
        Maps { count: shown.len(), shown }
    }
}

/// The worker `w`, and the index of its member `sw` if one is named.
pub(super) fn find<'a>(
    around: &'a Surroundings<'_>,
    query: &Query,
) -> Result<(&'a Worker, Option<usize>), Problem> {
    let name = query.name("w").filter(|name| !name.is_empty()).ok_or("NULL or EMPTY worker param")?;
    let member = query.name("sw");
    if member.is_some_and(str::is_empty) {
        return Err("EMPTY sub worker param".into());
    }
    let worker = around.workers.get(name).ok_or(Problem::unknown("Could not find given worker"))?;
    let Some(member) = member else { return Ok((worker, None)) };
    let Worker::Lb(lb) = worker else { return Err("worker type has no sub workers".into()) };
    if member.contains(['*', '?']) {
        return Err("wildcard not allowed in sub worker for this command".into());
    }
    let index = lb.members().iter().position(|known| known.name() == member);
    index.map(|index| (worker, Some(index))).ok_or(Problem::unknown("could not find sub worker"))
}

fn map(id: usize, server: &str, rule: &Arc<Rule>) -> Map {
    let options = &rule.options;
    let timeout = options.reply_timeout.map(|timeout| timeout.unwrap_or_default().as_millis());
    Map {
        id,
        server: server.to_owned(),
        uri: rule.pattern.to_string(),
        kind: rule.type_words(),
        source: rule.source.words(),
        origin: rule.origin.as_ref().map(ToString::to_string),
        reply_timeout: timeout.map_or(-1, |timeout| i64::try_from(timeout).unwrap_or(i64::MAX)),
        sticky_ignore: options.sticky_ignore,
        stateless: options.stateless,
        fail_on_status: options.statuses(),
        active: options.members(Activation::Active),
        disabled: options.members(Activation::Disabled),
        stopped: options.members(Activation::Stopped),
        use_server_errors: options.use_server_errors.unwrap_or(0),
    }
}
