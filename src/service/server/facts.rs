//! What this httpd knows of its servers, for the plan.

use super::slot::ServerSlot;
use super::summary::Serving;
use crate::config::directives::ServerSettings;
use crate::config::Origin;
use crate::ffi::configuration::{configuration, regex_matches, Node};
use crate::ffi::guard::panic_point;
use crate::ffi::pool::Pool;
use crate::ffi::server::{
    is_module_loaded, server_root_relative, serving_children, threads_per_child, Phase, Server,
};
use crate::plan::{http2_threads, Directive, Facts, LastGood, Plan, ServerFacts};

/// Reads and checks everything. With `last_good`, texts that are broken now are replaced by those.
pub(super) fn plan(pool: Pool<'_>, main: Server<'_>, phase: Phase, last_good: Option<&LastGood>) -> Plan {
    panic_point("plan");
    with_facts(pool, main, phase, |facts| Plan::make(facts, last_good))
}

/// Takes the last good texts, for the reason that `complaint` names, whatever is on disk now.
pub(super) fn plan_of(pool: Pool<'_>, main: Server<'_>, good: &LastGood, complaint: String) -> Plan {
    with_facts(pool, main, Phase::Restart, |facts| Plan::restored(facts, good, complaint))
}

fn with_facts(pool: Pool<'_>, main: Server<'_>, phase: Phase, plan: impl FnOnce(&Facts<'_>) -> Plan) -> Plan {
    let servers = main.and_following().zip(servers_settings(main));
    plan(&Facts {
        servers: servers.map(|(server, settings)| ServerFacts { settings, place: place(server) }).collect(),
        main_is_reachable: main.is_reachable(),
        server_root: server_root(pool),
        threads_per_child: threads_per_child(),
        starts: matches!(phase, Phase::PreConfig | Phase::Start),
        // What the first reading at a start finds is not used.
        waits: phase != Phase::PreConfig,
        directives: &|| configuration(main).filter_map(directive).collect(),
        matches: &regex_matches,
    })
}

/// How many requests there can be at a time.
pub(super) fn serving(main: Server<'_>) -> Serving {
    let threads = threads_per_child();
    let has_http2 = threads > 1 && is_module_loaded(c"mod_http2.c");
    let directives: Vec<_> =
        if has_http2 { configuration(main).filter_map(directive).collect() } else { Vec::new() };
    Serving { children: serving_children(), threads, http2: http2_threads(&directives, threads) }
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

/// What a virtual host is called, and where it is defined.
fn place(server: Server<'_>) -> Option<(String, Origin)> {
    let place = server.place().filter(|_| server.is_virtual());
    place.map(|(file, line)| (server.label(), Origin::new(&String::from_utf8_lossy(file).into(), line)))
}

fn server_root(pool: Pool<'_>) -> String {
    let root = server_root_relative(pool, b"").unwrap_or_default();
    root.to_string_lossy().trim_end_matches('/').to_owned()
}

/// What matters of httpd's configuration, as a value.
fn directive(node: Node<'_>) -> Option<Directive> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let name = text(node.name());
    let (file, line) = node.place();
    Directive::matters(&name).then(|| Directive {
        name,
        arguments: text(node.arguments()),
        origin: Origin::new(&text(file).into(), line),
        inner: node.inner().filter_map(directive).collect(),
    })
}
