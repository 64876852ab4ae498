//! post_config: builds logs, shared memory, workers and virtual hosts from the checked configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::{plan_last_good, show};
use super::facts::serving;
use super::host::{forwards_common_variables, Connector, IndicatedWorkers, VirtualHost};
use super::last_addresses::LastAddresses;
use super::last_good;
use super::logs::{tell_both, Logs, LOG_DIRECTORY};
use super::nonce;
use super::persistence::{self, Persistence};
use super::slot::ServerSlot;
use super::summary::summary;
use crate::config::directives::Indicator;
use crate::config::workers::PropertyMap;
use crate::config::Severity;
use crate::ffi::error_log::{write, Level};
use crate::ffi::guard::panic_point;
use crate::ffi::pool::Pool;
use crate::ffi::process::release_free_memory;
use crate::ffi::server::{
    add_version_component, child_limit, is_module_loaded, phase, server_root_relative, Phase, Server,
};
use crate::log;
use crate::log::{Context, Logger};
use crate::plan::{HostPlan, Hosts, LastGood, Plan};
use crate::service::verdict::Verdict;
use crate::shared::{now, Board, EventKind, Reload, Shared};
use crate::worker::in_force::settings_in_force;
use crate::worker::registry::Workers;

/// Component of the server's version.
const VERSION: &std::ffi::CStr =
    match std::ffi::CStr::from_bytes_with_nul(concat!("mod_jk/", env!("CARGO_PKG_VERSION"), "\0").as_bytes())
    {
        Ok(version) => version,
        Err(_) => c"mod_jk",
    };

/// Builds what requests use. httpd runs this twice at start; only the second run counts.
pub(crate) fn post_config(pool: Pool<'_>, main: Server<'_>) -> Verdict {
    let phase = phase();
    if !matches!(phase, Phase::Start | Phase::Restart) {
        return Verdict::Ok;
    }
    let Some(slot) = ServerSlot::of(main) else { return Verdict::Declined };
    let Some(plan) = slot.plan.lock().take() else { return Verdict::Declined };
    if phase == Phase::Start {
        plan.complaints().iter().for_each(|complaint| show(main, complaint, phase));
    }
    let built = build(pool, main, phase, plan);
    panic_point("built");
    install(pool, main, built)
}

/// After a panic in [`post_config`]: a restart by signal goes on with the last good texts.
pub(crate) fn build_last_good(pool: Pool<'_>, main: Server<'_>) -> Verdict {
    match plan_last_good(pool, main, "post_config") {
        Some(plan) => install(pool, main, build(pool, main, Phase::Restart, plan)),
        None => Verdict::Status(500),
    }
}

/// Puts what was built in place of what the directives said. Until here a panic leaves all that another try needs.
fn install(pool: Pool<'_>, main: Server<'_>, built: Result<Built, String>) -> Verdict {
    release_free_memory();
    match built {
        Ok(built) => {
            if let Some(process) = main.process_pool() {
                last_good::store(&built.texts, process);
                built.addresses.store(process);
                persistence::keep(pool, process, &built.hosts[0].connector);
                nonce::keep(process, &built.hosts[0].connector.shared);
            }
            add_version_component(pool, VERSION);
            for (server, host) in main.and_following().zip(built.hosts) {
                // Made by the process that will drop it: httpd may have become a daemon since it made the main
                // server's slot.
                server.keep(host);
            }
            Verdict::Ok
        }
        Err(complaint) => {
            write(Level::Critical, Some(main), &format!("mod_jk: {complaint}"));
            Verdict::Status(500)
        }
    }
}

/// What requests will use, and the texts and addresses that it was made from.
struct Built {
    /// One per server, that of the main server first.
    hosts: Vec<VirtualHost>,
    texts: LastGood,
    addresses: LastAddresses,
}

fn build(pool: Pool<'_>, main: Server<'_>, phase: Phase, plan: Plan) -> Result<Built, String> {
    let process = main.process_pool().ok_or("this process has no pool")?;
    let mut logs = match phase {
        Phase::Restart => Logs::at_restart(pool, process),
        _ => Logs::at_start(pool),
    };
    let host_logs = logs.open_all(main, &plan.hosts)?;
    let log = Arc::clone(&host_logs[0]);
    log!(log.with_id("POST_CONFIG"), Info, "mod_jk/{} initialized", env!("CARGO_PKG_VERSION"));
    tell_complaints(&plan, log.with_id("POST_CONFIG"));
    let shm_file = shm_file(pool, main, &plan);
    let persistence = Persistence::new(&plan.hosts[0].settings.global, shm_file.as_deref().ok());
    let shared = create_shared(main, phase, shm_file, &plan, &log)?;
    persistence.restore(process, phase, &plan.workers, &shared, &log);
    nonce::restore(process, phase, &shared);
    let before = match phase {
        Phase::Restart => {
            note_reload(&plan, &shared);
            LastAddresses::load(process)
        }
        _ => LastAddresses::default(),
    };
    let names = before.fill(Hosts::ask(&settings_in_force(&plan.workers, &shared)));
    let workers = Workers::build(&plan.workers, &names, &shared, log.with_id("POST_CONFIG"));
    tell_start(main, &plan, &shared, log.with_id("POST_CONFIG"));
    logs.hold(process);
    let maps = main.and_following().zip(&plan.hosts);
    let maps = maps.filter_map(|(server, host)| Some((server.label(), Arc::clone(host.map.as_ref()?))));
    let board = Board::create(plan.hosts.len()).map_err(|error| format!("map files: {error}"))?;
    let connector = Connector {
        workers,
        shared,
        board: Arc::new(board),
        maps: maps.collect(),
        properties: dumped(&plan.properties),
        settings: plan.workers,
        defined: plan.defined,
        log,
        persistence,
        logs: host_logs.clone(),
        alarm: logs.alarm(),
        sinks: logs.into_sinks(),
    };
    let connector = Arc::new(connector);
    let hosts = plan.hosts.into_iter().zip(host_logs);
    let hosts = hosts.map(|(host, log)| virtual_host(host, log, &connector)).collect();
    Ok(Built { hosts, texts: plan.texts, addresses: LastAddresses::of(&names) })
}

/// Has the status page tell what the restart made of the workers.
fn note_reload(plan: &Plan, shared: &Shared) {
    let (reload, text) = match plan.workers_report.has_errors() {
        true => {
            (Reload::WorkersRefused, "not taken: the workers of the last good configuration stay in force")
        }
        false => (Reload::WorkersTaken, "taken, by a restart"),
    };
    shared.history().count_reload(reload);
    shared.history().note(now(), EventKind::Reload, "workers", text);
}

/// What the status page dumps of the properties: all but secrets.
fn dumped(properties: &PropertyMap) -> Vec<(String, String)> {
    let shown =
        properties.iter().filter(|(key, _)| !key.ends_with(b".secret") && !key.ends_with(b".secretkey"));
    shown.map(|(key, entry)| (key.to_string(), entry.text.to_string())).collect()
}

/// Tells complaints in this module's log, as httpd's has them already. A restart that met errors goes on with older
/// texts, and says so where operators look.
fn tell_complaints(plan: &Plan, log: Context<'_>) {
    for complaint in plan.complaints().iter().filter(|_| !log.is_shared()) {
        match complaint.severity {
            Severity::Error => log!(log, Error, "{complaint}"),
            Severity::Warning => log!(log, Warn, "{complaint}"),
        }
    }
    if plan.workers_report.has_errors() {
        tell_both(None, log, "the workers of the last good configuration stay in force");
    }
}

/// One line of what is in force, in httpd's log, where a notice is written at every LogLevel, and in this module's.
fn tell_start(main: Server<'_>, plan: &Plan, shared: &Shared, log: Context<'_>) {
    let text = summary(&plan.workers, &plan.hosts, shared, serving(main));
    write(Level::Notice, Some(main), &text);
    if !log.is_shared() {
        log!(log, Info, "{text}");
    }
}

/// The memory with its file; a restart that can't make the file goes on without. "decisions, row 30".
fn create_shared(
    main: Server<'_>,
    phase: Phase,
    file: Result<PathBuf, String>,
    plan: &Plan,
    log: &Logger,
) -> Result<Arc<Shared>, String> {
    let create = |path: Option<&Path>| {
        Shared::create(path, &plan.workers, child_slots()).map_err(|error| format!("JkShmFile: {error}"))
    };
    match file.and_then(|path| create(Some(&path))) {
        Err(complaint) if phase == Phase::Restart => {
            tell_both(
                Some(main),
                log.with_id("POST_CONFIG"),
                &format!("{complaint}; memory without a file takes its place"),
            );
            create(None)
        }
        made => made,
    }
}

/// Slots for child processes: for those that the MPM runs, and as many again (under a small ServerLimit some more) for
/// those that answer their last requests when others have taken their places.
fn child_slots() -> usize {
    const LEAST_ON_THEIR_WAY_OUT: usize = 16;
    child_limit() + child_limit().max(LEAST_ON_THEIR_WAY_OUT)
}

/// JkShmFile, or its default.
fn shm_file(pool: Pool<'_>, main: Server<'_>, plan: &Plan) -> Result<PathBuf, String> {
    match &plan.hosts[0].settings.global.shm_file {
        Some((path, _)) => Ok(path.clone()),
        None => default_shm_file(pool, main),
    }
}

fn default_shm_file(pool: Pool<'_>, main: Server<'_>) -> Result<PathBuf, String> {
    let name = format!("{LOG_DIRECTORY}/jk-runtime-status");
    let path = server_root_relative(pool, name.as_bytes()).ok_or_else(|| format!("invalid path {name}"))?;
    let text = format!("No JkShmFile defined in httpd.conf. Using default {}", path.display());
    write(Level::Warning, Some(main), &text);
    Ok(path)
}

fn virtual_host(plan: HostPlan, log: Arc<Logger>, connector: &Arc<Connector>) -> VirtualHost {
    let settings = plan.settings;
    let own_ids = settings.indicators[Indicator::RequestId as usize].is_some();
    let indicators = Indicator::names(&settings.indicators);
    let extract_ssl = settings.extracts_tls();
    VirtualHost {
        log,
        has_ids: own_ids || is_module_loaded(c"mod_unique_id.c"),
        map: plan.map,
        options: plan.options,
        forwards_common_variables: forwards_common_variables(extract_ssl, &indicators, &settings.env_vars),
        indicators,
        env_vars: settings.env_vars,
        auto_alias: settings.auto_alias,
        strip_session: settings.strip_session,
        extract_ssl,
        request_log: plan.request_log,
        connector: Arc::clone(connector),
        indicated: IndicatedWorkers::default(),
    }
}
