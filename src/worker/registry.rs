//! The workers of a server by name: what mounts name, and what one process keeps of each.
//!
//! Built by the parent from typed settings and the shared memory made for them; children inherit it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::config::settings::{Ajp13Settings, LbSettings, WorkerKind, WorkersSettings};
use crate::log;
use crate::log::Context;
use crate::shared::{MemberHandle, Shared};

use super::ajp13::{Ajp13Worker, Buffers, HostAddresses};
use super::bell::Bell;
use super::lb::{Clock, LbWorker};
use super::request::Route;
use super::status::StatusWorker;
use super::{Assignment, Client, Failure, Outcome, Progress, ServiceNotes, WorkerRequest};

/// A worker of `worker.list`.
pub(crate) enum Worker {
    /// One Tomcat.
    Ajp13(Ajp13Worker),
    /// A load balancer.
    Lb(LbWorker<Ajp13Worker>),
    /// The status page.
    Status(StatusWorker),
}

impl Worker {
    /// Serves `request`, and fills `notes`.
    pub(crate) fn service<'w>(
        &'w self,
        request: &WorkerRequest<'_>,
        client: &mut dyn Client,
        notes: &mut ServiceNotes<'w>,
    ) -> Outcome {
        match self {
            Worker::Ajp13(worker) => {
                notes.route = request.route.map(Route::from);
                let assignment = Assignment { route: request.route, ..Assignment::default() };
                worker.service(request, &assignment, client, &mut Progress::default())
            }
            Worker::Lb(worker) => worker.service(request, client, notes),
            Worker::Status(_) => Outcome::Failed { failure: Failure::NoMember, repeatable: false },
        }
    }

    fn keep_current(&self) {
        match self {
            Worker::Ajp13(worker) => worker.keep_current(),
            Worker::Lb(worker) => worker.keep_current(),
            Worker::Status(_) => {}
        }
    }

    /// What its `type` says.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Worker::Ajp13(_) => "ajp13",
            Worker::Lb(_) => "lb",
            Worker::Status(_) => "status",
        }
    }
}

/// All workers of a server.
pub(crate) struct Workers {
    workers: HashMap<String, Worker>,
    shared: Arc<Shared>,
    clock: Clock,
    /// Rings when a host is to be asked for.
    bell: Arc<Bell>,
    /// Of this process, for connections in use.
    buffers: Arc<Buffers>,
    /// The changes at run time that this process has seen.
    seen: AtomicU64,
    /// Held while it sees more.
    seeing: Mutex<()>,
}

impl Workers {
    /// Builds the workers of `settings`, whose records are in `shared` and the addresses of their hosts in `names`.
    pub(crate) fn build(
        settings: &WorkersSettings,
        names: &HostAddresses,
        shared: &Arc<Shared>,
        log: Context<'_>,
    ) -> Self {
        Self::with_clock(settings, names, shared, log, crate::shared::now)
    }

    pub(super) fn with_clock(
        settings: &WorkersSettings,
        names: &HostAddresses,
        shared: &Arc<Shared>,
        log: Context<'_>,
        clock: Clock,
    ) -> Self {
        let (bell, buffers) = (Arc::new(Bell::default()), Arc::new(Buffers::default()));
        let parts = Parts { names, shared, bell: &bell, buffers: &buffers, clock, log };
        let mut workers = HashMap::new();
        for worker in &settings.workers {
            let built = match &worker.kind {
                WorkerKind::Ajp13(settings) => ajp13(settings, &parts).map(Worker::Ajp13),
                WorkerKind::Lb(settings) => lb(settings, &parts).map(Worker::Lb),
                WorkerKind::Status(settings) => Some(Worker::Status(StatusWorker::new(settings.clone()))),
            };
            match built {
                Some(built) => drop(workers.insert(worker.name.clone(), built)),
                None => log!(
                    log,
                    Error,
                    [Worker = worker.name],
                    "({}) the shared memory was not made for this worker",
                    worker.name
                ),
            }
        }
        let (seen, seeing) = (AtomicU64::new(shared.changes()), Mutex::new(()));
        Self { workers, shared: Arc::clone(shared), clock, bell, buffers, seen, seeing }
    }

    /// The worker called `name`, with all that was changed at run time.
    pub(crate) fn get(&self, name: &str) -> Option<&Worker> {
        self.keep_current();
        self.workers.get(name)
    }

    /// Sees what was changed at run time, by this process or another.
    pub(super) fn keep_current(&self) {
        let changes = self.shared.changes();
        if changes != self.seen.load(Acquire) {
            let _seeing = self.seeing.lock();
            if changes != self.seen.load(Acquire) {
                self.workers.values().for_each(Worker::keep_current);
                self.seen.store(changes, Release);
            }
        }
    }

    /// Workers in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.workers.values()
    }

    /// All Tomcats, standing alone or as members.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Ajp13Worker> {
        self.workers.values().flat_map(|worker| {
            let (alone, members) = match worker {
                Worker::Ajp13(worker) => (Some(worker), [].as_slice()),
                Worker::Lb(worker) => (None, worker.members()),
                Worker::Status(_) => (None, [].as_slice()),
            };
            members.iter().map(|member| member.backend()).chain(alone)
        })
    }

    /// Takes over what other processes were told of hosts; tells whether addresses have changed.
    pub(crate) fn hear_of_hosts(&self, log: Context<'_>) -> bool {
        self.containers().filter(|worker| worker.hear_of_host(log)).count() > 0
    }

    /// The hosts that are names, and their addresses as far as they are known.
    pub(crate) fn named_hosts(&self) -> impl Iterator<Item = (String, Vec<IpAddr>)> + '_ {
        self.containers().filter_map(Ajp13Worker::named_host)
    }

    /// Rings when a host is to be asked for.
    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Lets go of the buffers that no exchange has needed since the last call; tells whether there were any, so that memory
    /// can go back to the system.
    pub(crate) fn trim_buffers(&self) -> bool {
        self.buffers.trim()
    }

    /// The memory shared by all processes.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// When maintenance of the shared memory was last taken on, seconds since the epoch.
    pub(crate) fn maintained_at(&self) -> i64 {
        self.shared.maintained_at()
    }

    /// Seconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }
}

/// What workers are built from, beside their settings.
struct Parts<'a> {
    names: &'a HostAddresses,
    shared: &'a Shared,
    bell: &'a Arc<Bell>,
    buffers: &'a Arc<Buffers>,
    clock: Clock,
    log: Context<'a>,
}

fn ajp13(settings: &Ajp13Settings, parts: &Parts<'_>) -> Option<Ajp13Worker> {
    let record = parts.shared.ajp(&settings.name)?;
    let worker = Ajp13Worker::new(Arc::new(settings.clone()), record, parts.names, parts.bell, parts.buffers);
    worker.tell_unresolved_host(parts.names, parts.log);
    Some(worker)
}

fn lb(settings: &LbSettings, parts: &Parts<'_>) -> Option<LbWorker<Ajp13Worker>> {
    let members: Option<Vec<(Ajp13Worker, MemberHandle)>> = settings
        .members
        .iter()
        .map(|member| {
            let record = parts.shared.member(&settings.name, &member.worker.name)?;
            Some((ajp13(&member.worker, parts)?, record))
        })
        .collect();
    let record = parts.shared.lb(&settings.name)?;
    Some(LbWorker::new(Arc::new(settings.clone()), members?, record, parts.clock))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::samples::{lb_settings, settings_of};
    use crate::config::settings::{StatusSettings, UpdateMethods};
    use crate::log::{Level, Logger};
    use crate::shared::tests::shared_with;

    fn status(name: &str) -> StatusSettings {
        StatusSettings {
            name: name.to_owned(),
            css: None,
            read_only: false,
            update_methods: UpdateMethods::Any,
            users: Vec::new(),
            user_case_insensitive: false,
            good: Vec::new(),
            bad: Vec::new(),
            prefix: "worker".to_owned(),
            ns: "jk:".to_owned(),
            xmlns: String::new(),
            doctype: None,
        }
    }

    #[test]
    fn workers_are_found_by_name() {
        let mut settings = settings_of(&[lb_settings("lb", &["t1", "t2"])], &["t1"]);
        let kind = WorkerKind::Status(status("jkstatus"));
        settings.workers.push(crate::config::settings::WorkerSettings {
            name: "jkstatus".to_owned(),
            kind,
            mounts: Vec::new(),
        });
        let shared = Shared::create(None, &settings, 1).expect("memory");
        let workers =
            Workers::build(&settings, &HostAddresses::new(), &shared, Logger::discard().with_id("-"));
        let kinds = ["lb", "t1", "jkstatus"].map(|name| workers.get(name).map(Worker::kind_name));
        assert_eq!(kinds, [Some("lb"), Some("ajp13"), Some("status")]);
        assert!(workers.get("t2").is_none(), "members are no workers of their own");
        let Some(Worker::Lb(lb)) = workers.get("lb") else { panic!("lb is a balancer") };
        let names: Vec<_> = lb.members().iter().map(|member| member.backend().name()).collect();
        assert_eq!(names, ["t1", "t2"]);
    }

    #[test]
    fn a_worker_without_records_is_left_out() {
        let logger = Logger::capture(Level::Error);
        let shared = shared_with(&[], &["t1"]);
        let settings = settings_of(&[lb_settings("lb", &["t1"])], &[]);
        let workers = Workers::build(&settings, &HostAddresses::new(), &shared, logger.with_id("-"));
        assert!(workers.get("lb").is_none());
        assert_eq!(logger.captured(), ["[error] (lb) the shared memory was not made for this worker"]);
    }
}
