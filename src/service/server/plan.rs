//! The configuration of all servers, read and checked, before anything is built from it.

mod access;
mod exposure;
mod hosts;
mod lost;
mod maps;
mod reach;
mod workers;

use std::sync::Arc;

use exposure::Host;
use hosts::{MapTexts, Planner};
use workers::Source;

use super::last_good::LastGood;
use super::log_format::LogFormat;
use super::slot::ServerSlot;
use crate::config::directives::{JkOptions, ServerSettings};
use crate::config::settings::WorkersSettings;
use crate::config::workers::{DefinedNames, Loaded, PropertyMap};
use crate::config::Report;
use crate::ffi::guard::panic_point;
use crate::ffi::pool::Pool;
use crate::ffi::server::{Phase, Server};
use crate::mapping::{ServerMap, WorkerCheck};

/// Workers and maps of one configuration, and what is wrong with them.
pub(super) struct Plan {
    pub(super) workers: WorkersSettings,
    /// Properties of workers as written, with their places.
    pub(super) properties: PropertyMap,
    /// Names of all workers with properties, served or not.
    pub(super) defined: DefinedNames,
    pub(super) hosts: Vec<HostPlan>,
    /// Complaints about workers; an error means that the server can't start.
    pub(super) workers_report: Report,
    /// Complaints about files that directives name and that are not there, or can't be made; an error means that the
    /// server can't start for the first time.
    pub(super) files_report: Report,
    /// Complaints about mounts, map files and formats; an error means that a part of them is not in force.
    pub(super) maps_report: Report,
    /// The texts this was made from.
    pub(super) texts: LastGood,
}

/// One server of the list that starts with the main server.
pub(super) struct HostPlan {
    pub(super) settings: ServerSettings,
    pub(super) options: JkOptions,
    pub(super) map: Option<Arc<ServerMap>>,
    pub(super) request_log: Option<LogFormat>,
}

impl Plan {
    /// Reads and checks everything. With `last_good`, texts that are broken now are replaced by those.
    pub(super) fn make(pool: Pool<'_>, main: Server<'_>, phase: Phase, last_good: Option<&LastGood>) -> Self {
        panic_point("plan");
        let settings = servers_settings(main);
        let new = workers::read(pool, &settings[0].global, phase);
        let Some(good) = last_good else {
            // What the first reading at a start finds is not used.
            let waits = phase != Phase::PreConfig;
            return Self::of(main, settings, MapTexts::New { waits }, new);
        };
        let maps = MapTexts::NewOrGood(good);
        let old = workers::restore(pool, good);
        let mut report = new.loaded.report.clone();
        if !report.has_errors() {
            let now = new.loaded.clone();
            let plan = Self::of(main, settings.clone(), maps, new);
            let maps: Vec<_> =
                plan.hosts.iter().filter_map(|host| Some(host.map.as_ref()?.current())).collect();
            let rules = maps.iter().flat_map(|map| map.rules()).map(|(rule, _)| rule);
            report.append(lost::check(rules, &old.loaded, &now));
            if !report.has_errors() {
                return plan;
            }
        }
        Self::of(main, settings, maps, old.with(report))
    }

    /// Takes the last good texts, for the reason that `complaint` names, whatever is on disk now.
    pub(super) fn restored(pool: Pool<'_>, main: Server<'_>, good: &LastGood, complaint: String) -> Self {
        let mut report = Report::default();
        report.error(None, complaint);
        let old = workers::restore(pool, good).with(report);
        Self::of(main, servers_settings(main), MapTexts::Good(good), old)
    }

    /// The plan with the workers of `source`.
    fn of(main: Server<'_>, settings: Vec<ServerSettings>, map_texts: MapTexts<'_>, source: Source) -> Self {
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
        };
        let hosts = planner.hosts(settings, main.is_reachable());
        let (files_report, mut maps_report) = (planner.missing, planner.report);
        let reachable =
            main.and_following().zip(&hosts).filter(|(server, _)| server.is_virtual() || main.is_reachable());
        let reachable: Vec<_> =
            reachable.map(|(server, plan)| Host::of(server, plan.map.as_deref())).collect();
        exposure::check(main, &reachable, &workers, &mut maps_report);
        Self { workers, properties, defined, hosts, workers_report, files_report, maps_report, texts }
    }

    /// All complaints, each once, in the order of the lines that they are about.
    pub(super) fn complaints(&self) -> Report {
        let mut all = self.workers_report.clone();
        all.append(self.files_report.clone());
        all.append(self.maps_report.clone());
        all.drop_repeated();
        all.sort();
        all
    }
}

/// Settings of all servers, with what virtual hosts inherit; the main server's come first.
fn servers_settings(main: Server<'_>) -> Vec<ServerSettings> {
    let of_main = ServerSlot::of(main).map(|slot| slot.settings.lock().clone()).unwrap_or_default();
    let virtual_hosts = main.and_following().skip(1).map(|server| match ServerSlot::of(server) {
        // A virtual host without directives shares the main server's record.
        Some(slot) if !ServerSlot::of(main).is_some_and(|of_main| std::ptr::eq(of_main, slot)) => {
            slot.settings.lock().clone()
        }
        _ => ServerSettings::default().inherit(&of_main),
    });
    std::iter::once(of_main.clone()).chain(virtual_hosts).collect()
}
