//! A virtual host as requests see it, and what all virtual hosts share.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::Arc;

use parking_lot::Mutex;

use super::logs::NamedSink;
use super::persistence::Persistence;
use crate::config::directives::{EnvVar, Indicator, JkOptions, LogFormat, StripSession};
use crate::config::settings::WorkersSettings;
use crate::config::workers::DefinedNames;
use crate::config::{Origin, Report, Severity};
use crate::ffi::request::Request;
use crate::ffi::server::Server;
use crate::log;
use crate::log::{Alarm, Context, Logger};
use crate::mapping::{self, Rule, RuleOptions, ServerMap, WorkerCheck};
use crate::shared::{Board, Shared};
use crate::text::Shown;
use crate::worker::registry::Workers;

/// What all servers share: workers and their records.
pub(crate) struct Connector {
    pub(crate) workers: Workers,
    pub(crate) shared: Arc<Shared>,
    /// What one process finds of map files, for all.
    pub(crate) board: Arc<Board>,
    pub(crate) settings: WorkersSettings,
    pub(crate) defined: DefinedNames,
    /// Properties of workers, in their order, as the status page dumps them.
    pub(crate) properties: Vec<(String, String)>,
    /// The maps of all servers that have one, and what the status page calls these.
    pub(crate) maps: Vec<(String, Arc<ServerMap>)>,
    /// Log of the main server: for what belongs to no request.
    pub(crate) log: Arc<Logger>,
    /// Where their state is kept.
    pub(super) persistence: Persistence,
    /// Where the lines of all servers go.
    pub(crate) sinks: Vec<NamedSink>,
    /// The logs of all servers.
    pub(super) logs: Vec<Arc<Logger>>,
    /// Wakes who tells how often their lines were repeated.
    pub(super) alarm: Arc<Alarm>,
}

/// One server, ready to serve.
pub(crate) struct VirtualHost {
    pub(crate) log: Arc<Logger>,
    /// Requests can have ids, so that one without is worth a word.
    pub(crate) has_ids: bool,
    pub(crate) map: Option<Arc<ServerMap>>,
    pub(crate) options: JkOptions,
    pub(crate) indicators: [CString; Indicator::COUNT],
    pub(crate) env_vars: Vec<EnvVar>,
    pub(crate) auto_alias: Option<Vec<u8>>,
    pub(crate) strip_session: Option<StripSession>,
    pub(crate) extract_ssl: bool,
    /// Something is forwarded that may be one of the variables that httpd makes of every request.
    pub(crate) forwards_common_variables: bool,
    pub(crate) request_log: Option<LogFormat>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) indicated: IndicatedWorkers,
}

/// Facts of TLS, by the variables that have them.
const TLS: [Indicator; 7] = [
    Indicator::Https,
    Indicator::SslProtocol,
    Indicator::Certs,
    Indicator::CertChainPrefix,
    Indicator::Cipher,
    Indicator::Session,
    Indicator::KeySize,
];

/// Tells whether a variable that is forwarded may be one that httpd makes of every request for CGI programs. Those of
/// mod_ssl are there without that ("decisions, row 66").
pub(super) fn forwards_common_variables(
    extract_ssl: bool,
    indicators: &[CString; Indicator::COUNT],
    env_vars: &[EnvVar],
) -> bool {
    let facts = TLS.iter().filter(|_| extract_ssl).map(|fact| &indicators[*fact as usize]);
    let mut names = facts.chain(env_vars.iter().map(|var| &var.name));
    names.any(|name| {
        let name = name.to_bytes();
        let is_of_mod_ssl = name.len() >= 4 && name[..4].eq_ignore_ascii_case(b"SSL_");
        !is_of_mod_ssl && !name.eq_ignore_ascii_case(b"HTTPS")
    })
}

impl VirtualHost {
    /// The virtual host that serves `request`; `None` before post_config has built it.
    pub(crate) fn of<'r>(request: Request<'r>) -> Option<&'r Self> {
        Self::of_server(request.server())
    }

    /// What post_config has built for `server`.
    pub(crate) fn of_server(server: Server<'_>) -> Option<&Self> {
        server.kept()
    }

    /// Name of an environment variable that an indicator directive may rename.
    pub(crate) fn indicator(&self, indicator: Indicator) -> &CStr {
        &self.indicators[indicator as usize]
    }

    /// Finds the rule of a clean URI.
    pub(crate) fn find_rule(&self, uri: &[u8], log: Context<'_>) -> Option<Arc<Rule>> {
        let map = self.map.as_ref()?;
        let found = map.lookup(uri);
        match &found {
            Some(rule) => log!(
                log,
                Debug,
                [Uri = Shown::uri(uri), Worker = rule.worker],
                "{} maps to worker {}",
                Shown::uri(uri),
                rule.worker
            ),
            None => log!(log, Debug, [Uri = Shown::uri(uri)], "no rule for {}", Shown::uri(uri)),
        }
        found
    }
}

impl Connector {
    /// Complains about rules of a changed map file; one that names an unknown worker keeps the file from being
    /// taken.
    pub(crate) fn check_rules(&self, rules: &[Rule], report: &mut Report) {
        WorkerCheck::new(&self.settings, &self.defined).check_all(rules, Severity::Error, report);
    }
}

/// A worker that the variable of JkWorkerIndicator names, and its extensions.
#[derive(Debug)]
pub(crate) struct IndicatedWorker {
    pub(crate) name: String,
    pub(crate) options: RuleOptions,
}

/// All of them, parsed once per distinct value.
#[derive(Default)]
pub(crate) struct IndicatedWorkers(Mutex<HashMap<Vec<u8>, Arc<IndicatedWorker>>>);

impl IndicatedWorkers {
    /// Distinct values kept; a configuration has few, a runaway RewriteRule could make many.
    const LIMIT: usize = 1000;

    /// Parses `worker;extension=value...`; complaints are logged the first time.
    pub(crate) fn get(&self, text: &[u8], log: Context<'_>) -> Arc<IndicatedWorker> {
        let mut known = self.0.lock();
        if let Some(worker) = known.get(text) {
            return Arc::clone(worker);
        }
        let mut report = Report::default();
        let origin = Origin::new(&"environment".into(), 0);
        let (name, options) = mapping::parse_worker(text, &origin, &mut report);
        let worker = Arc::new(IndicatedWorker { name, options });
        report.iter().for_each(|complaint| log!(log, Warn, "{complaint}"));
        if known.len() >= Self::LIMIT {
            known.clear();
        }
        known.insert(text.to_vec(), Arc::clone(&worker));
        worker
    }
}
