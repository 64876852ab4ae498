//! Rules from mounts and map files, and the maps made of them.

use std::sync::Arc;
use std::time::Duration;

use super::hosts::{MapTexts, Planner};
use super::known_maps::Fingerprint;
use super::workers::regular_file;
use crate::config::directives::{MountFile, ServerSettings};
use crate::config::{workers, Report, Severity};
use crate::mapping::{describe_replaced, Definitions, MapFile, Rule, ServerMap};
use crate::rights::Wish;

impl Planner<'_> {
    /// Rules of the main server: its mounts, and those in the definitions of workers.
    pub(super) fn main_rules(&mut self, main: &ServerSettings, in_use: bool) -> Vec<Arc<Rule>> {
        let mut rules = self.rules(main, in_use);
        for worker in &self.workers.workers {
            for (item, origin) in &worker.mounts {
                match Rule::worker_mount(item.as_bytes(), &worker.name, origin.as_ref()) {
                    Ok(rule) => rules.push(rule),
                    Err(error) => self.report.error(origin.as_ref(), format!("mount {item}: {error}")),
                }
            }
        }
        rules.into_iter().map(Arc::new).collect()
    }

    /// Rules of JkMount and JkUnMount in one server; their workers matter only if the rules are in `use`.
    pub(super) fn rules(&mut self, server: &ServerSettings, in_use: bool) -> Vec<Rule> {
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

    /// The map of one server, with its map file or that of `fallback`; `None` if it would have no rules. Servers that say the
    /// same share it.
    pub(super) fn map(
        &mut self,
        rules: Vec<Arc<Rule>>,
        server: &ServerSettings,
        fallback: Option<&ServerSettings>,
    ) -> Option<Arc<ServerMap>> {
        let file = server.mount_file.as_ref().or_else(|| fallback.and_then(|main| main.mount_file.as_ref()));
        if rules.is_empty() && file.is_none() {
            return None;
        }
        let reload = Some(Duration::from_secs(u64::from(server.reload()))).filter(|reload| !reload.is_zero());
        let known_property = workers::is_property_key;
        let map_file = file.map(|file| MapFile { path: file.path.clone(), reload, known_property });
        let fingerprint = Fingerprint::of(&rules, map_file.as_ref());
        if let Some(known) = self.known_maps.find(fingerprint, &rules, map_file.as_ref()) {
            return Some(known);
        }
        let map = Arc::new(ServerMap::new(rules, map_file));
        if let Some(file) = file {
            self.load(&map, file);
        }
        self.known_maps.add(fingerprint, &map);
        Some(map)
    }

    /// Loads the map file. At a restart, rules that still fit the workers stay until the file is whole.
    fn load(&mut self, map: &ServerMap, file: &MountFile) {
        let validate = |severity| {
            let check = &self.check;
            move |rules: &[_], report: &mut _| check.check_all(rules, severity, report)
        };
        let (good, waits, is_read) = match self.map_texts {
            MapTexts::New { waits } => (None, waits, true),
            MapTexts::NewOrGood(good) => (good.map_file(&file.path), true, true),
            MapTexts::Good(good) => (good.map_file(&file.path), true, false),
        };
        let (warn, mut report) = (validate(Severity::Warning), Report::default());
        let right = match (good, regular_file(&file.path, Wish::Configuration)) {
            (Some(good), _) if !is_read => map.restore(good),
            (Some(good), _) if map.accepts(good, &validate(Severity::Error)) => {
                map.reload(good, &warn, &mut report)
            }
            (None, Err(text)) => {
                self.missing.error(Some(&file.origin), format!("JkMountFile: {text}"));
                None
            }
            (good, _) => map.load(waits, &warn, &mut report).or_else(|| map.restore(good?)),
        };
        if let Some(text) = right {
            self.texts.set_map_file(&file.path, &text);
        }
        self.report.append(report.placed(&file.origin));
    }
}
