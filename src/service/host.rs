//! A virtual host as requests see it, and what all virtual hosts share.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::Arc;

use parking_lot::Mutex;

use super::logs::NamedSink;
use super::record::Choice;
use super::request_log::LogFormat;
use crate::config::directives::{EnvVar, Indicator, JkOptions, StripSession};
use crate::config::settings::WorkersSettings;
use crate::config::workers::DefinedNames;
use crate::config::{Origin, Report, Severity};
use crate::ffi::request::Request;
use crate::ffi::server::Server;
use crate::log;
use crate::log::{Context, Logger};
use crate::mapping::{self, Rule, ServerMap, WorkerCheck};
use crate::shared::Shared;
use crate::worker::registry::Workers;

/// What all servers share: workers and their records.
pub(super) struct Connector {
    pub(super) workers: Workers,
    pub(super) shared: Arc<Shared>,
    pub(super) settings: WorkersSettings,
    pub(super) defined: DefinedNames,
    /// Log of the main server: for what belongs to no request.
    pub(super) log: Arc<Logger>,
    /// Where the lines of all servers go.
    pub(super) sinks: Vec<NamedSink>,
    /// JkWatchdogInterval in seconds, 0 if not set.
    pub(super) watchdog_interval: u32,
}

/// One server, ready to serve.
pub(super) struct VirtualHost {
    pub(super) log: Arc<Logger>,
    /// Requests can have ids, so that one without is worth a word.
    pub(super) has_ids: bool,
    pub(super) map: Option<Arc<ServerMap>>,
    pub(super) options: JkOptions,
    pub(super) indicators: [CString; Indicator::COUNT],
    pub(super) env_vars: Vec<EnvVar>,
    pub(super) auto_alias: Option<Vec<u8>>,
    pub(super) strip_session: Option<StripSession>,
    pub(super) extract_ssl: bool,
    pub(super) request_log: Option<LogFormat>,
    pub(super) connector: Arc<Connector>,
    pub(super) choices: Choices,
}

impl VirtualHost {
    /// The virtual host that serves `request`; `None` before post_config has built it.
    pub(super) fn of<'r>(request: Request<'r>) -> Option<&'r Self> {
        Self::of_server(request.server())
    }

    /// What post_config has built for `server`.
    pub(super) fn of_server(server: Server<'_>) -> Option<&Self> {
        server.kept()
    }

    /// Name of an environment variable that an indicator directive may rename.
    pub(super) fn indicator(&self, indicator: Indicator) -> &CStr {
        &self.indicators[indicator as usize]
    }

    /// Finds the rule of a clean URI.
    pub(super) fn find_rule(&self, uri: &[u8], log: Context<'_>) -> Option<Arc<Rule>> {
        let map = self.map.as_ref()?;
        let found = map.lookup(uri);
        match &found {
            Some(rule) => log!(log, Debug, "{} maps to worker {}", bstr::BStr::new(uri), rule.worker),
            None => log!(log, Debug, "no rule for {}", bstr::BStr::new(uri)),
        }
        found
    }
}

impl Connector {
    /// Complains about rules of a changed map file; one that names an unknown worker keeps the file from being
    /// taken.
    pub(super) fn check_rules(&self, rules: &[Rule], report: &mut Report) {
        WorkerCheck::new(&self.settings, &self.defined).check_all(rules, Severity::Error, report);
    }
}

/// Workers that environment variables named, parsed once per distinct value.
#[derive(Default)]
pub(super) struct Choices(Mutex<HashMap<Vec<u8>, Arc<Choice>>>);

impl Choices {
    /// Distinct values kept; a configuration has few, a runaway RewriteRule could make many.
    const LIMIT: usize = 1000;

    /// Parses `worker;extension=value...`; complaints are logged the first time.
    pub(super) fn get(&self, text: &[u8], log: Context<'_>) -> Arc<Choice> {
        let mut known = self.0.lock();
        if let Some(choice) = known.get(text) {
            return Arc::clone(choice);
        }
        let mut report = Report::default();
        let origin = Origin::new(&"environment".into(), 0);
        let choice = Arc::new(mapping::parse_worker(text, Some(&origin), &mut report));
        report.iter().for_each(|complaint| log!(log, Warn, "{complaint}"));
        if known.len() >= Self::LIMIT {
            known.clear();
        }
        known.insert(text.to_vec(), Arc::clone(&choice));
        choice
    }
}
