//! What a start or restart has put in force, in one line.

use std::collections::BTreeMap;

use crate::config::settings::{WorkerKind, WorkersSettings};
use crate::plan::HostPlan;
use crate::shared::Shared;
use crate::text::Counted;

/// How many processes and threads serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Serving {
    /// Most child processes.
    pub(super) children: usize,
    /// Threads of each that serve requests.
    pub(super) threads: usize,
    /// Those that it has for HTTP/2 beside them.
    pub(super) http2: usize,
}

impl Serving {
    /// Requests of a child at a time.
    fn at_a_time(self) -> usize {
        self.threads + self.http2
    }
}

/// Workers, members, mounts, memory, and connections against MaxRequestWorkers.
pub(super) fn summary(
    workers: &WorkersSettings,
    hosts: &[HostPlan],
    shared: &Shared,
    serving: Serving,
) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (workers, connections) = (count_workers(workers), count_connections(workers, serving));
    let rules: Vec<usize> = hosts
        .iter()
        .filter_map(|host| Some(host.map.as_ref()?.current().rules().count()))
        .filter(|count| *count > 0)
        .collect();
    let mounts = Counted(rules.iter().sum::<usize>() as u64, "mount");
    let servers = Counted(rules.len() as u64, "server");
    let (path, size) = shared.memory();
    let memory = path.map_or("without a file".to_owned(), |path| path.display().to_string());
    let size = size.div_ceil(1024);
    format!("mod_jk/{version}: {workers}; {mounts} in {servers}; shared memory {memory} ({size} kB); {connections}")
}

/// `4 workers (1 balancer with 2 members, 2 Tomcats, 1 status worker)`.
fn count_workers(settings: &WorkersSettings) -> String {
    let (mut balancers, mut members, mut tomcats, mut pages) = (0, 0, 0, 0);
    for worker in &settings.workers {
        match &worker.kind {
            WorkerKind::Lb(lb) => {
                balancers += 1;
                members += lb.members.len() as u64;
            }
            WorkerKind::Ajp13(_) => tomcats += 1,
            WorkerKind::Status(_) => pages += 1,
        }
    }
    let balancers = (balancers > 0)
        .then(|| format!("{} with {}", Counted(balancers, "balancer"), Counted(members, "member")));
    let others = [(tomcats, "Tomcat"), (pages, "status worker")];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let kinds: Vec<_> =
        balancers.into_iter().chain(others.map(|(count, word)| Counted(count, word).to_string())).collect();
    let all = Counted(settings.workers.len() as u64, "worker");
    if kinds.is_empty() {
        return all.to_string();
    }
    format!("{all} ({})", kinds.join(", "))
}

/// How many connections a Tomcat can get from all children, with the fewest and the most, against the requests there can be.
fn count_connections(settings: &WorkersSettings, serving: Serving) -> String {
    let requests = format!("MaxRequestWorkers {}", serving.children * serving.threads);
    let requests = match serving.http2 {
        0 => requests,
        more => format!("{requests}, and {more} more of HTTP/2 in each child"),
    };
    let pools = connections_of_a_child(settings, serving);
    let Some((least, most)) = pools.values().min().copied().zip(pools.values().max().copied()) else {
        return requests;
    };
    let children = match serving.children {
        1 => "1 child".to_owned(),
        children => format!("{children} children"),
    };
    let all = |of_a_child: usize| serving.children * of_a_child;
    if least == most {
        let connections = Counted(most as u64, "connection");
        return format!("up to {children} x {connections} a Tomcat = {}, {requests}", all(most));
    }
    let (fewest, highest) = (all(least), all(most));
    format!("up to {children} x {least} to {most} connections a Tomcat = {fewest} to {highest}, {requests}")
}

/// The most connections that a child can have to each Tomcat, by address: those of its worker, and of each balancer that
/// it is in, as each has a pool.
fn connections_of_a_child(settings: &WorkersSettings, serving: Serving) -> BTreeMap<String, usize> {
    let mut pools: BTreeMap<String, usize> = BTreeMap::new();
    for tomcat in settings.tomcats() {
        let size = tomcat.connection_pool_size.unwrap_or(usize::MAX).min(serving.at_a_time());
        *pools.entry(tomcat.address().to_ascii_lowercase()).or_default() += size;
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::samples::ajp_settings;
    use crate::config::settings::WorkerSettings;

    fn settings(pools: &[Option<usize>]) -> WorkersSettings {
        let worker = |(number, size): (usize, &Option<usize>)| {
            let mut tomcat = ajp_settings(&format!("w{number}"));
            tomcat.port = 8009 + number as u16;
            tomcat.connection_pool_size = *size;
            WorkerSettings { name: tomcat.name.clone(), kind: WorkerKind::Ajp13(tomcat), mounts: Vec::new() }
        };
        WorkersSettings { workers: pools.iter().enumerate().map(worker).collect(), maintain: None }
    }

    #[test]
    fn workers_are_counted_by_kind_and_connections_by_pool() {
        let serving = Serving { children: 8, threads: 25, http2: 0 };
        let even = settings(&[None, Some(25)]);
        assert_eq!(count_workers(&even), "2 workers (2 Tomcats)");
        assert_eq!(
            count_connections(&even, serving),
            "up to 8 children x 25 connections a Tomcat = 200, MaxRequestWorkers 200"
        );
        assert_eq!(count_workers(&settings(&[])), "0 workers");
        let one = Serving { children: 1, threads: 1, http2: 0 };
        assert_eq!(
            count_connections(&settings(&[Some(1)]), one),
            "up to 1 child x 1 connection a Tomcat = 1, MaxRequestWorkers 1"
        );
    }

    #[test]
    fn a_tomcat_has_a_pool_for_each_worker_that_leads_there() {
        let serving = Serving { children: 4, threads: 16, http2: 0 };
        let mut twice = settings(&[Some(10), None, None]);
        assert_eq!(
            count_connections(&twice, serving),
            "up to 4 children x 10 to 16 connections a Tomcat = 40 to 64, MaxRequestWorkers 64"
        );
        for worker in &mut twice.workers {
            let WorkerKind::Ajp13(tomcat) = &mut worker.kind else { panic!("a Tomcat") };
            tomcat.port = 8009;
        }
        assert_eq!(
            count_connections(&twice, serving),
            "up to 4 children x 42 connections a Tomcat = 168, MaxRequestWorkers 64"
        );
    }

    #[test]
    fn threads_of_http2_need_connections_of_their_own() {
        let serving = Serving { children: 2, threads: 4, http2: 12 };
        assert_eq!(
            count_connections(&settings(&[None, Some(99)]), serving),
            "up to 2 children x 16 connections a Tomcat = 32, MaxRequestWorkers 8, and 12 more of HTTP/2 in each child"
        );
    }
}
