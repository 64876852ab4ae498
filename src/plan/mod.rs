//! The configuration of all servers, read and checked, before anything is built from it.
//!
//! What httpd knows of its servers comes as [`Facts`], so that its files can be judged without it as well.

mod access;
mod exposure;
mod facts;
mod hosts;
mod http2;
mod known_maps;
mod last_good;
mod lost;
mod maps;
mod names;
mod pools;
mod reach;
mod workers;

use std::collections::HashSet;
use std::sync::Arc;

use exposure::Host;
use hosts::{MapTexts, Planner};
use known_maps::KnownMaps;
use workers::Source;

pub use access::Directive;
pub use facts::{Facts, ServerFacts};
pub(crate) use http2::http2_threads;
pub(crate) use last_good::LastGood;
pub(crate) use names::Hosts;

use crate::config::directives::{JkOptions, LogFormat, ServerSettings};
use crate::config::settings::WorkersSettings;
use crate::config::workers::{DefinedNames, Loaded, PropertyMap};
use crate::config::Report;
use crate::mapping::{ServerMap, WorkerCheck};

/// Workers and maps of one configuration, and what is wrong with them.
pub(crate) struct Plan {
    pub(crate) workers: WorkersSettings,
    /// Properties of workers as written, with their places.
    pub(crate) properties: PropertyMap,
    /// Names of all workers with properties, served or not.
    pub(crate) defined: DefinedNames,
    pub(crate) hosts: Vec<HostPlan>,
    /// Complaints about workers; an error means that the server can't start.
    pub(crate) workers_report: Report,
    /// Complaints about files that directives name and that are not there, or can't be made; an error means that the
    /// server can't start for the first time.
    pub(crate) files_report: Report,
    /// Complaints about mounts, map files and formats; an error means that a part of them is not in force.
    pub(crate) maps_report: Report,
    /// The texts this was made from.
    pub(crate) texts: LastGood,
}

/// One server of the list that starts with the main server.
pub(crate) struct HostPlan {
    pub(crate) settings: ServerSettings,
    pub(crate) options: JkOptions,
    pub(crate) map: Option<Arc<ServerMap>>,
    pub(crate) request_log: Option<LogFormat>,
}

impl Plan {
    /// Reads and checks everything. With `last_good`, texts that are broken now are replaced by those.
    pub(crate) fn make(facts: &Facts<'_>, last_good: Option<&LastGood>) -> Self {
        let new = workers::read(facts);
        let Some(good) = last_good else {
            return Self::of(facts, MapTexts::New { waits: facts.waits }, new);
        };
        let maps = MapTexts::NewOrGood(good);
        let old = workers::restore(facts, good);
        let mut report = new.loaded.report.clone();
        if !report.has_errors() {
            let now = new.loaded.clone();
            let plan = Self::of(facts, maps, new);
            let maps: Vec<_> = distinct_maps(&plan.hosts).map(|map| map.current()).collect();
            let rules = maps.iter().flat_map(|map| map.rules()).map(|(rule, _)| rule);
            report.append(lost::check(rules, &old.loaded, &now));
            if !report.has_errors() {
                return plan;
            }
        }
        Self::of(facts, maps, old.with(report))
    }

    /// Takes the last good texts, for the reason that `complaint` names, whatever is on disk now.
    pub(crate) fn restored(facts: &Facts<'_>, good: &LastGood, complaint: String) -> Self {
        let mut report = Report::default();
        report.error(None, complaint);
        let old = workers::restore(facts, good).with(report);
        Self::of(facts, MapTexts::Good(good), old)
    }

    /// The plan with the workers of `source`.
    fn of(facts: &Facts<'_>, map_texts: MapTexts<'_>, source: Source) -> Self {
        let Source { loaded, mut texts } = source;
        let Loaded { settings: workers, properties, defined, report: workers_report } = loaded;
        let check = WorkerCheck::new(&workers, &defined);
        let mut planner = Planner {
            workers: &workers,
            check,
            map_texts,
            missing: Report::default(),
            report: Report::default(),
            texts: &mut texts,
            known_maps: KnownMaps::default(),
        };
        let settings = facts.servers.iter().map(|server| server.settings.clone()).collect();
        let hosts = planner.hosts(settings, facts.main_is_reachable);
        let (files_report, mut maps_report) = (planner.missing, planner.report);
        let servers = facts.servers.iter().zip(&hosts).skip(usize::from(!facts.main_is_reachable));
        let reachable: Vec<_> = servers
            .map(|(server, plan)| Host { name: server.place.clone(), map: plan.map.as_deref() })
            .collect();
        exposure::check(facts, &reachable, &workers, &mut maps_report);
        Self { workers, properties, defined, hosts, workers_report, files_report, maps_report, texts }
    }

    /// Warns of hosts that do not resolve now.
    pub(crate) fn check_names(&mut self) {
        names::check(&self.workers, &self.properties, &mut self.workers_report);
    }

    /// Warns of pools that are smaller than the number of threads of a child.
    pub(crate) fn check_pools(&mut self, threads: usize) {
        pools::check(&self.workers, &self.properties, threads, &mut self.workers_report);
    }

    /// All complaints, each once, in the order of the lines that they are about.
    pub(crate) fn complaints(&self) -> Report {
        let mut all = self.workers_report.clone();
        all.append(self.files_report.clone());
        all.append(self.maps_report.clone());
        all.drop_repeated();
        all.sort();
        all
    }
}

/// The maps of all servers, each once however many share it.
fn distinct_maps(hosts: &[HostPlan]) -> impl Iterator<Item = &Arc<ServerMap>> {
    let mut known = HashSet::new();
    let maps = hosts.iter().filter_map(|host| host.map.as_ref());
    maps.filter(move |map| known.insert(Arc::as_ptr(map)))
}
