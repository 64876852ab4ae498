//! The workers that are defined, or those of the last configuration that worked.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::{Facts, LastGood};
use crate::config::workers::{self, Loaded};
use crate::config::{Origin, Report};
use crate::rights;
use crate::rights::Wish;

/// Workers, and the texts that define them.
pub(super) struct Source {
    pub(super) loaded: Loaded,
    pub(super) texts: LastGood,
}

impl Source {
    /// The same workers, with the complaints that led to them.
    pub(super) fn with(self, report: Report) -> Self {
        Self { loaded: Loaded { report, ..self.loaded }, ..self }
    }
}

/// The workers that the directives and the workers file define.
pub(super) fn read(facts: &Facts<'_>) -> Source {
    let global = &facts.servers[0].settings.global;
    let mut unreadable = Report::default();
    let file = global.workers_file.as_ref().and_then(|(path, origin)| {
        let name: Arc<str> = path.to_string_lossy().into();
        let read = regular_file(path, Wish::Secrets).and_then(|()| {
            std::fs::read(path).map_err(|error| {
                format!("can't read {name}: {}", rights::reason(&error, path, Wish::Secrets))
            })
        });
        let text = read.map_err(|text| unreadable.error(Some(origin), format!("JkWorkersFile: {text}")));
        text.ok().map(|text| (text, name))
    });
    let text = file.as_ref().map(|(text, name)| (text.as_slice(), Arc::clone(name)));
    let mut loaded =
        workers::load(&global.worker_properties, text, &facts.server_root, facts.threads_per_child);
    if global.workers_file.is_none() && global.worker_properties.is_empty() {
        loaded.defined.set_unnamed();
    }
    if unreadable.has_errors() {
        loaded.defined.set_unread();
    }
    unreadable.append(std::mem::take(&mut loaded.report));
    loaded.report = unreadable;
    // A server that starts goes on with the default worker, as ever; one that runs would lose what it has.
    if let Some((_, name)) = file.as_ref().filter(|_| !facts.starts && loaded.properties.is_empty()) {
        loaded.report.error(Some(&Origin::new(name, 0)), "the workers file holds no property");
    }
    let mut texts = LastGood::default();
    global.worker_properties.iter().for_each(|(line, _)| texts.add_property(line));
    file.iter().for_each(|(text, _)| texts.set_workers_file(text));
    Source { loaded, texts }
}

/// Refuses, naming `path`, what is not there or is no regular file; `wish` says what is in it.
pub(super) fn regular_file(path: &Path, wish: Wish) -> Result<(), String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(format!("{} is not a regular file", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(format!("can't find file {}", path.display()))
        }
        Err(error) => {
            Err(format!("can't read file {}: {}", path.display(), rights::reason(&error, path, wish)))
        }
    }
}

/// The workers of the last configuration that worked.
pub(super) fn restore(facts: &Facts<'_>, good: &LastGood) -> Source {
    let mut texts = LastGood::default();
    let origin = Origin::new(&"(last good configuration)".into(), 0);
    let lines: Vec<_> = good.properties().map(|line| (line.to_vec(), origin.clone())).collect();
    let file = good.workers_file().map(|text| (text, Arc::clone(&origin.file)));
    lines.iter().for_each(|(line, _)| texts.add_property(line));
    good.workers_file().into_iter().for_each(|text| texts.set_workers_file(text));
    let loaded = workers::load(&lines, file, &facts.server_root, facts.threads_per_child);
    Source { loaded, texts }
}
