//! One plan per server: its rules, what a virtual host takes over from the main server, and formats.

use std::sync::Arc;

use super::known_maps::KnownMaps;
use super::{distinct_maps, reach, HostPlan, LastGood};
use crate::config::directives::{JkOptions, LogFormat, LogTarget, MountCopy, Persist, ServerSettings};
use crate::config::settings::WorkersSettings;
use crate::config::Report;
use crate::log::Format;
use crate::mapping::{compose, Rule, ServerMap, WorkerCheck};

/// Which texts of map files count.
#[derive(Clone, Copy)]
pub(super) enum MapTexts<'a> {
    /// Those on disk; one that is just being written is waited for, if it `waits`.
    New { waits: bool },
    /// Those on disk that are right, and in place of others the last good ones.
    NewOrGood(&'a LastGood),
    /// The last good ones, whatever is on disk.
    Good(&'a LastGood),
}

/// Plans all servers.
pub(super) struct Planner<'a> {
    pub(super) workers: &'a WorkersSettings,
    pub(super) check: WorkerCheck<'a>,
    pub(super) map_texts: MapTexts<'a>,
    /// Complaints about map files that are not there.
    pub(super) missing: Report,
    /// Complaints about mounts, map files and formats.
    pub(super) report: Report,
    /// Texts that are right.
    pub(super) texts: &'a mut LastGood,
    /// Maps of the servers before.
    pub(super) known_maps: KnownMaps,
}

impl Planner<'_> {
    /// The plans of all servers, that of the main server first.
    pub(super) fn hosts(&mut self, settings: Vec<ServerSettings>, main_is_reachable: bool) -> Vec<HostPlan> {
        let main = &settings[0];
        let copies = |server: &ServerSettings| match server.mount_copy() {
            None => main.mount_copy() == Some(MountCopy::All),
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
                    self.map(compose(&main_rules, own, copy), server, Some(main).filter(|_| copy))
                }
            };
            let inherited = main.auto_alias.clone().filter(|_| copy);
            let auto_alias = server.auto_alias.clone().or(inherited);
            let settings = ServerSettings { auto_alias, ..server.clone() };
            hosts.push(self.host(settings, server.options.in_virtual_host(main_options), map));
        }
        self.check_reach(&settings, &main_rules, main_is_reachable || is_copied);
        let maps = distinct_maps(&hosts).map(|map| &**map);
        let kept: &[Arc<Rule>] = if is_copied || settings.len() == 1 { &[] } else { &main_rules };
        reach::check_exclusions(maps, kept, self.workers, &mut self.report);
        hosts
    }

    /// Warns of mounts of the main server that are not in `use`, and of virtual hosts that would take over none.
    fn check_reach(&mut self, settings: &[ServerSettings], main_rules: &[Arc<Rule>], in_use: bool) {
        let (main, hosts) = (&settings[0], &settings[1..]);
        let mut without_rules = hosts.iter().filter(|host| !has_rules(host));
        if main_rules.is_empty() && main.mount_file.is_none() && main.auto_alias.is_none() {
            reach::check_copies(without_rules, &mut self.report);
        } else if !in_use && without_rules.any(|host| host.mount_copy() != Some(MountCopy::Off)) {
            reach::check_main_rules(main, main_rules, self.workers, &mut self.report);
        }
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
        let global = &server.global;
        if let Some((_, origin)) = global.state_file.as_ref().filter(|_| global.persist != Persist::On) {
            self.report.warn(Some(origin), "JkStateFile has no effect without JkPersist On");
        }
        if let (Some((LogTarget::ErrorLog, origin)), Some(Format::Json)) =
            (&server.log_file, server.log_format)
        {
            let text = "JkLogFormat json has no effect with JkLogFile error_log: its lines are as ErrorLogFormat says";
            self.report.warn(Some(origin), text);
        }
    }
}

fn has_rules(server: &ServerSettings) -> bool {
    !server.mounts.is_empty() || server.mount_file.is_some()
}
