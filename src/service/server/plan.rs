//! The configuration of all servers, read and checked, before anything is built from it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::last_good::LastGood;
use super::log_format::LogFormat;
use super::reach;
use super::slot::ServerSlot;
use crate::config::directives::{GlobalSettings, JkOptions, MountCopy, MountFile, ServerSettings};
use crate::config::settings::WorkersSettings;
use crate::config::workers::{self, DefinedNames, Loaded, PropertyMap};
use crate::config::{Origin, Report, Severity};
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, threads_per_child, Phase, Server};
use crate::mapping::{compose, describe_replaced, Definitions, MapFile, Rule, ServerMap, WorkerCheck};
use crate::text::Reason;

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
        let settings = servers_settings(main);
        let mut texts = LastGood::default();
        let Loaded { settings: workers, properties, defined, report: workers_report } =
            read_workers(pool, &settings[0].global, last_good, &mut texts);
        let check = WorkerCheck::new(&workers, &defined);
        // What the first reading at a start finds is not used.
        let waits = phase != Phase::PreConfig;
        let mut maps = Maps {
            workers: &workers,
            check,
            last_good,
            waits,
            missing: Report::default(),
            report: Report::default(),
            texts: &mut texts,
        };
        let hosts = maps.hosts(settings, main.is_reachable());
        let (files_report, maps_report) = (maps.missing, maps.report);
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

/// The workers that the directives and the workers file define.
fn read_workers(
    pool: Pool<'_>,
    global: &GlobalSettings,
    last_good: Option<&LastGood>,
    texts: &mut LastGood,
) -> Loaded {
    let root = server_root_relative(pool, b"").unwrap_or_default();
    let root = root.to_string_lossy();
    let root = root.trim_end_matches('/');
    let mut unreadable = Report::default();
    let file = global.workers_file.as_ref().and_then(|(path, origin)| {
        let name: Arc<str> = path.to_string_lossy().into();
        let read = regular_file(path).and_then(|()| {
            std::fs::read(path).map_err(|error| format!("can't read {name}: {}", Reason(&error)))
        });
        let text = read.map_err(|text| unreadable.error(Some(origin), format!("JkWorkersFile: {text}")));
        text.ok().map(|text| (text, name))
    });
    let text = file.as_ref().map(|(text, name)| (text.as_slice(), Arc::clone(name)));
    let mut loaded = workers::load(&global.worker_properties, text, root, threads_per_child());
    unreadable.append(std::mem::take(&mut loaded.report));
    loaded.report = unreadable;
    if let Some(good) = last_good.filter(|_| loaded.report.has_errors()) {
        return Loaded { report: loaded.report, ..restore_workers(good, root, texts) };
    }
    global.worker_properties.iter().for_each(|(line, _)| texts.add_property(line));
    file.iter().for_each(|(text, _)| texts.set_workers_file(text));
    loaded
}

/// Refuses, naming `path`, what is not there or is no regular file.
fn regular_file(path: &Path) -> Result<(), String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(format!("{} is not a regular file", path.display())),
        Err(error) => Err(format!("can't find file {}: {}", path.display(), Reason(&error))),
    }
}

/// The workers of the last configuration that worked.
fn restore_workers(good: &LastGood, root: &str, texts: &mut LastGood) -> Loaded {
    let origin = Origin::new(&"(last good configuration)".into(), 0);
    let lines: Vec<_> = good.properties().map(|line| (line.to_vec(), origin.clone())).collect();
    let file = good.workers_file().map(|text| (text, Arc::clone(&origin.file)));
    lines.iter().for_each(|(line, _)| texts.add_property(line));
    good.workers_file().into_iter().for_each(|text| texts.set_workers_file(text));
    workers::load(&lines, file, root, threads_per_child())
}

/// Builds the maps of all servers.
struct Maps<'a> {
    workers: &'a WorkersSettings,
    check: WorkerCheck<'a>,
    last_good: Option<&'a LastGood>,
    /// A map file that is just being written is waited for.
    waits: bool,
    /// Complaints about map files that are not there.
    missing: Report,
    report: Report,
    texts: &'a mut LastGood,
}

impl Maps<'_> {
    fn hosts(&mut self, settings: Vec<ServerSettings>, main_is_reachable: bool) -> Vec<HostPlan> {
        let main = &settings[0];
        let copies = |server: &ServerSettings| match server.mount_copy {
            None => main.mount_copy == Some(MountCopy::All),
            own => own == Some(MountCopy::On),
        };
        let is_copied = settings[1..].iter().any(copies);
        let main_rules = self.main_rules(main, main_is_reachable || is_copied);
        let main_options = main.options.in_main_server();
        let main_map = self.map(main_rules.clone(), main, None);
        let mut hosts = Vec::with_capacity(settings.len());
        hosts.push(self.host(main.clone(), main_options, main_map.clone()));
        for server in &settings[1..] {
            let copy = copies(server);
            let map = match (copy, has_rules(server)) {
                (false, false) => None,
                (true, false) => main_map.clone(),
                (_, true) => {
                    let own = self.rules(server, true);
                    self.map(compose(&main_rules, &own, copy), server, Some(main).filter(|_| copy))
                }
            };
            let inherited = main.auto_alias.clone().filter(|_| copy);
            let auto_alias = server.auto_alias.clone().or(inherited);
            let settings = ServerSettings { auto_alias, ..server.clone() };
            hosts.push(self.host(settings, server.options.in_virtual_host(main_options), map));
        }
        if !is_copied && !settings[1..].iter().all(has_rules) {
            reach::check_main_mounts(&main_rules, self.workers, &mut self.report);
        }
        let maps = hosts.iter().skip(usize::from(!main_is_reachable)).filter_map(|host| host.map.as_deref());
        reach::check_exclusions(maps, self.workers, &mut self.report);
        hosts
    }

    fn host(
        &mut self,
        settings: ServerSettings,
        options: JkOptions,
        map: Option<Arc<ServerMap>>,
    ) -> HostPlan {
        let request_log = self.request_log(&settings);
        self.doubts(&settings);
        HostPlan { settings, options, map, request_log }
    }

    /// Rules of the main server: its mounts, and those in the definitions of workers.
    fn main_rules(&mut self, main: &ServerSettings, in_use: bool) -> Vec<Rule> {
        let mut rules = self.rules(main, in_use);
        for worker in &self.workers.workers {
            for (item, origin) in &worker.mounts {
                match Rule::worker_mount(item.as_bytes(), &worker.name, origin.as_ref()) {
                    Ok(rule) => rules.push(rule),
                    Err(error) => self.report.error(origin.as_ref(), format!("mount {item}: {error}")),
                }
            }
        }
        rules
    }

    /// Rules of JkMount and JkUnMount in one server; their workers matter only if the rules are in `use`.
    fn rules(&mut self, server: &ServerSettings, in_use: bool) -> Vec<Rule> {
        let mut definitions = Definitions::default();
        for mount in &server.mounts {
            let make = if mount.exclusion { Rule::unmount } else { Rule::mount };
            let origin = Some(&mount.origin);
            match make(&mount.path, &mount.worker, &mount.origin, &mut self.report) {
                Ok(rules) => {
                    let new = rules.first().cloned();
                    let old = definitions.define(rules).and_then(|old| old.into_iter().next());
                    let replaced = old.zip(new).and_then(|(old, new)| describe_replaced(&old, &new));
                    replaced.into_iter().for_each(|text| self.report.warn(origin, text));
                }
                Err(error) => self.report.error(origin, error.to_string()),
            }
        }
        let rules = definitions.into_rules();
        if let Some(first) = server.mounts.first().filter(|_| in_use) {
            let mut report = Report::limited();
            self.check.check_all(&rules, Severity::Warning, &mut report);
            self.report.append(report.closed(&first.origin.file));
        }
        rules
    }

    /// The map of one server, with its map file or that of `fallback`; `None` if it would have no rules.
    fn map(
        &mut self,
        rules: Vec<Rule>,
        server: &ServerSettings,
        fallback: Option<&ServerSettings>,
    ) -> Option<Arc<ServerMap>> {
        let file = server.mount_file.as_ref().or_else(|| fallback.and_then(|main| main.mount_file.as_ref()));
        if rules.is_empty() && file.is_none() {
            return None;
        }
        let reload = server.mount_file_reload.unwrap_or(DEFAULT_RELOAD);
        let reload = Some(Duration::from_secs(u64::from(reload))).filter(|reload| !reload.is_zero());
        let known_property = workers::is_property_key;
        let map_file = file.map(|file| MapFile { path: file.path.clone(), reload, known_property });
        let map = ServerMap::new(rules, map_file);
        if let Some(file) = file {
            self.load(&map, file);
        }
        Some(Arc::new(map))
    }

    /// Loads the map file. At a restart, rules that still fit the workers stay until the file is whole.
    fn load(&mut self, map: &ServerMap, file: &MountFile) {
        let validate = |severity| {
            let check = &self.check;
            move |rules: &[_], report: &mut _| check.check_all(rules, severity, report)
        };
        let good = self.last_good.and_then(|good| good.map_file(&file.path));
        let (warn, mut report) = (validate(Severity::Warning), Report::default());
        let right = match (good, regular_file(&file.path)) {
            (Some(good), _) if map.accepts(good, &validate(Severity::Error)) => {
                map.reload(good, &warn, &mut report)
            }
            (None, Err(text)) => {
                self.missing.error(Some(&file.origin), format!("JkMountFile: {text}"));
                None
            }
            (good, _) => map.load(self.waits, &warn, &mut report).or_else(|| map.restore(good?)),
        };
        if let Some(text) = right {
            self.texts.set_map_file(&file.path, &text);
        }
        self.report.append(report);
    }

    /// The request log's format; an inherited one is complained about only once.
    fn request_log(&mut self, server: &ServerSettings) -> Option<LogFormat> {
        let (format, origin) = server.request_log_format.as_ref()?;
        match LogFormat::parse(format) {
            Ok(format) => Some(format),
            Err(complaint) => {
                let text = format!("JkRequestLogFormat: {complaint}; there is no request log");
                let known = self.report.iter().any(|found| found.message == text);
                if !known {
                    self.report.warn(Some(origin), text);
                }
                None
            }
        }
    }

    fn doubts(&mut self, server: &ServerSettings) {
        for (origin, text) in &server.doubts {
            self.report.warn(Some(origin), text.clone());
        }
        if server.options.has_obsolete() {
            self.report.warn(
                None,
                "JkOptions CollapseSlashes* has no effect: slashes are always collapsed for matching",
            );
        }
    }
}

/// JkMountFileReload when it is not configured, in seconds.
const DEFAULT_RELOAD: u32 = 60;

fn has_rules(server: &ServerSettings) -> bool {
    !server.mounts.is_empty() || server.mount_file.is_some()
}
