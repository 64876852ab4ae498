//! `workers.properties` and JkWorkerProperty: from lines to typed settings, and every complaint on the way.
//!
//! - [`table`] is the one list of properties, in the terms of [`spec`]; [`values`] is the grammar of their values.
//! - [`map`] reads lines, [`references`] resolves templates, [`names`] knows which names exist.
//! - `section` reads the properties of one worker by the table; `ajp13`, `lb`, `cookie_flags` and `status` make settings
//!   of them, and `build` those of all workers. `misplaced`, `unused` and `variables` find what has no effect where
//!   it stands.
//!
//! Whether hosts resolve is the workers' business, and who prints the complaints that of the caller. Rules:
//! "workers.properties".

mod ajp13;
mod build;
mod cookie_flags;
mod lb;
pub mod map;
mod misplaced;
pub mod names;
pub mod references;
mod section;
pub mod spec;
pub mod status;
pub mod table;
mod unused;
pub mod values;
mod variables;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use build::settings;
pub use map::PropertyMap;
pub use names::{check_mounted_worker, check_worker_property, is_property_key, DefinedNames};

use super::diagnostic::{Origin, Report};
use super::properties::is_utf16;
use super::settings::WorkersSettings;

/// What came out of all sources of worker properties.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The workers; incomplete if the report has errors.
    pub settings: WorkersSettings,
    /// The properties as written, with their places.
    pub properties: PropertyMap,
    /// Names of all workers with properties, to check mounts against.
    pub defined: DefinedNames,
    /// Every complaint, in the order of the lines.
    pub report: Report,
}

/// Reads the JkWorkerProperty lines and then the workers file, as `JkWorkersFile` names it, with its octets.
///
/// `$(ServerRoot)` is defined for the file alone; `mpm_threads` is the number of threads of a child process.
pub fn load(
    lines: &[(Vec<u8>, Origin)],
    file: Option<(&[u8], Arc<str>)>,
    server_root: &str,
    mpm_threads: usize,
) -> Loaded {
    let mut report = Report::default();
    let mut map = PropertyMap::new();
    for (line, origin) in lines {
        map.read_line(line, origin, &mut report);
    }
    map.define("ServerRoot", server_root);
    if let Some((text, name)) = &file {
        map.read_file(text, name, &mut report);
    }
    map.resolve_references(&mut report);
    let (settings, mut defined) = settings(&map, mpm_threads, &mut report);
    if file.is_some_and(|(text, _)| is_utf16(text)) {
        defined.set_unread();
    }
    report.keep_first_of(|origin| map.is_doubted(origin));
    report.sort();
    Loaded { settings, defined, properties: map, report }
}
