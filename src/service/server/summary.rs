//! What a start or restart has put in force, in one line.

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

/// How many connections a Tomcat can get from all children, with the smallest and the largest pool.
fn count_connections(settings: &WorkersSettings, serving: Serving) -> String {
    let Serving { children, threads } = serving;
    let workers = children * threads;
    let pools = settings.tomcats().map(|tomcat| tomcat.connection_pool_size.unwrap_or(threads));
    let (least, most) = pools.fold((usize::MAX, 0), |(least, most), size| (least.min(size), most.max(size)));
    let children = match children {
        1 => "1 child".to_owned(),
        children => format!("{children} children"),
    };
    match () {
        () if most == 0 => format!("MaxRequestWorkers {workers}"),
        () if least == most => format!(
            "up to {children} x {} a Tomcat = {}, MaxRequestWorkers {workers}",
            Counted(most as u64, "connection"),
            serving.children * most
        ),
        () => format!(
            "up to {children} x {least} to {most} connections a Tomcat = {} to {}, MaxRequestWorkers {workers}",
            serving.children * least,
            serving.children * most
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::samples::ajp_settings;
    use crate::config::settings::WorkerSettings;

    fn settings(pools: &[Option<usize>]) -> WorkersSettings {
        let worker = |(number, size): (usize, &Option<usize>)| {
            let mut tomcat = ajp_settings(&format!("w{number}"));
            tomcat.connection_pool_size = *size;
            WorkerSettings { name: tomcat.name.clone(), kind: WorkerKind::Ajp13(tomcat), mounts: Vec::new() }
        };
        WorkersSettings { workers: pools.iter().enumerate().map(worker).collect(), maintain: None }
    }

    #[test]
    fn workers_are_counted_by_kind_and_connections_by_pool() {
        let serving = Serving { children: 8, threads: 25 };
        let even = settings(&[None, Some(25)]);
        assert_eq!(count_workers(&even), "2 workers (2 Tomcats)");
        assert_eq!(
            count_connections(&even, serving),
            "up to 8 children x 25 connections a Tomcat = 200, MaxRequestWorkers 200"
        );
        assert_eq!(count_workers(&settings(&[])), "0 workers");
        let one = Serving { children: 1, threads: 1 };
        assert_eq!(
            count_connections(&settings(&[Some(1)]), one),
            "up to 1 child x 1 connection a Tomcat = 1, MaxRequestWorkers 1"
        );
    }
}
