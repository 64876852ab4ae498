//! Typed settings of a load balancer and its members.
//!
//! Rules: "workers-properties, sections 6.3 and 6.4" and "load-balancer, section 2".

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::ajp13::{ajp13, secret};
use super::build::{names_in, Builder, WorkerType};
use super::cookie_flags::cookie_flags;
use super::map::Entry;
use super::section::{Item, Section};
use super::table::{Property, ACTIVATIONS, LOCKS, METHODS};
use super::values;
use crate::config::diagnostic::{did_you_mean, Origin};
use crate::config::settings::{
    socket_path, Activation, LbLock, LbMethod, LbSettings, MemberSettings, Secret,
};

const METHOD_VALUES: [LbMethod; METHODS.len()] =
    [LbMethod::Request, LbMethod::Traffic, LbMethod::Busyness, LbMethod::Session, LbMethod::Next];
const LOCK_VALUES: [LbLock; LOCKS.len()] = [LbLock::Optimistic, LbLock::Pessimistic];
const ACTIVATION_VALUES: [Activation; ACTIVATIONS.len()] = Activation::ALL;

/// A member, and the line that gave it its route.
struct Routed {
    member: MemberSettings,
    origin: Option<Origin>,
}

/// Reads the settings of the balancer `name`, which stands on line `origin` of `worker.list`.
///
/// `None` if it has no member.
pub(super) fn lb(builder: &mut Builder<'_>, name: &BStr, origin: Option<&Origin>) -> Option<LbSettings> {
    let items = builder.section(name).items(Property::BalanceWorkers);
    if items.is_empty() {
        refuse_empty(builder, name, origin);
        return None;
    }
    let secret = secret(&builder.section(name));
    let members = members(builder, name, &items, secret.as_ref());
    check_routes(builder, name, &members);
    check_redirects(builder, name, &members);
    check_addresses(builder, name, &members);
    let members = members.into_iter().map(|routed| routed.member).collect();
    Some(balancer(&mut builder.section(name), name, members))
}

/// Refuses a balancer without members where they are missing, unless a misspelt property may name them.
fn refuse_empty(builder: &mut Builder<'_>, name: &BStr, listed: Option<&Origin>) {
    let key = format!("worker.{name}.balance_workers");
    let written = builder.map.of_worker(name, Property::BalanceWorkers).and_then(Entry::origin);
    match builder.map.empty_line(name, Property::BalanceWorkers).or(written) {
        Some(line) => builder.report.error(Some(line), format!("{key}: balancer {name} has no members")),
        None if builder.map.has_unknown(name) => {}
        None => builder.report.error(listed, format!("balancer {name} has no members, expected {key}")),
    }
}

fn balancer(section: &mut Section<'_>, name: &BStr, members: Vec<MemberSettings>) -> LbSettings {
    let recover_time = section.limit(Property::RecoverTime).unwrap_or_default();
    let (retries, retry_interval) = section.retries();
    let half_of_recover_time = std::time::Duration::from_secs(recover_time.as_secs() / 2);
    LbSettings {
        name: name.to_str_lossy().into_owned(),
        members,
        sticky_session: section.flag(Property::StickySession),
        sticky_session_force: section.flag(Property::StickySessionForce),
        method: section.letter(Property::Method, &METHOD_VALUES),
        lock: lock(section),
        retries,
        lb_retries: section.count(Property::LbRetries),
        retry_interval,
        recover_time,
        recover_probe: section.flag(Property::RecoverProbe),
        error_escalation_time: section
            .limit_if_set(Property::ErrorEscalationTime)
            .map_or(half_of_recover_time, Option::unwrap_or_default),
        max_reply_timeouts: section.count(Property::MaxReplyTimeouts),
        session_cookie: section.string(Property::SessionCookie),
        session_path: section.string(Property::SessionPath),
        set_session_cookie: section.flag(Property::SetSessionCookie),
        session_cookie_path: section.string(Property::SessionCookiePath),
        session_cookie_flags: cookie_flags(section),
    }
}

/// What `lock` says, which is kept and shown and changes nothing ("decisions, row 59").
fn lock(section: &mut Section<'_>) -> LbLock {
    let lock = section.letter(Property::Lock, &LOCK_VALUES);
    if lock == LbLock::Pessimistic {
        let why = "members are chosen, and counters kept, exactly over all processes without a lock";
        section.warn(Property::Lock, format_args!("lock=Pessimistic has no effect: {why}"));
    }
    lock
}

fn members(builder: &mut Builder<'_>, lb: &BStr, items: &[Item], secret: Option<&Secret>) -> Vec<Routed> {
    let list = format!("worker.{lb}.balance_workers");
    let map = builder.map;
    let names = names_in(items);
    let mut first_lines: HashMap<&BString, &Item> = HashMap::new();
    let mut members = Vec::with_capacity(items.len());
    for item in items {
        if !builder.accepts_name(item) || !can_be_member(builder, item, &list) {
            continue;
        }
        if let Some(first) = first_lines.insert(&item.text, item) {
            let place =
                first.origin.as_ref().map(|origin| format!(" (first in {origin})")).unwrap_or_default();
            let text = format!("{list}: worker {} is a member twice{place}", item.text);
            builder.report.error(item.origin.as_ref(), text);
            continue;
        }
        let is_ajp13 = |name: &BStr| WorkerType::of(map, name) == WorkerType::Ajp13;
        builder.expect_defined(item, &list, &names, is_ajp13);
        members.push(member(builder, item, secret));
    }
    expect_same_address(builder, lb, &members);
    expect_secrets(builder, lb, &members);
    members
}

fn can_be_member(builder: &mut Builder<'_>, item: &Item, list: &str) -> bool {
    let name = item.text.as_bstr();
    builder.check_type(name);
    let kind = match WorkerType::of(builder.map, name) {
        WorkerType::Ajp13 => return true,
        WorkerType::Lb => "load balancer",
        WorkerType::Status => "status worker",
    };
    let text = format!("{list}: worker {name} is a {kind}, only ajp13 workers can be members");
    builder.report.error(item.origin.as_ref(), text);
    false
}

fn member(builder: &mut Builder<'_>, item: &Item, lb_secret: Option<&Secret>) -> Routed {
    let name = item.text.as_bstr();
    let threads = builder.threads;
    let mut section = builder.section(name);
    let mut worker = ajp13(&mut section, name, threads);
    worker.secret = worker.secret.or_else(|| lb_secret.cloned());
    let route = section.text(Property::Route).unwrap_or_else(|| worker.name.clone());
    let activation = activation(&mut section);
    let origin = section.entry(Property::Route).map_or(item.origin.clone(), |entry| entry.origin().cloned());
    let member = MemberSettings {
        lbfactor: section.count(Property::Lbfactor),
        distance: section.number(Property::Distance),
        activation: if worker.port == 0 { Activation::Stopped } else { activation },
        domain: section.text(Property::Domain).or_else(|| domain_of(&route)),
        redirect: section.text(Property::Redirect),
        drain_timeout: section.limit(Property::DrainTimeout),
        route,
        worker,
    };
    Routed { member, origin }
}

fn activation(section: &mut Section<'_>) -> Activation {
    let (stopped, disabled) = (section.flag(Property::Stopped), section.flag(Property::Disabled));
    match section.entry(Property::Activation) {
        None if stopped => Activation::Stopped,
        None if disabled => Activation::Disabled,
        _ => section.letter(Property::Activation, &ACTIVATION_VALUES),
    }
}

fn domain_of(route: &str) -> Option<String> {
    route.split_once('.').map(|(domain, _)| domain.to_owned()).filter(|domain| !domain.is_empty())
}

/// Warns of a member that has no host, or no port, where others of the balancer have one; at a socket it needs none.
fn expect_same_address(builder: &mut Builder<'_>, lb: &BStr, members: &[Routed]) {
    let map = builder.map;
    let workers = || members.iter().map(|routed| &routed.member.worker);
    let at_ports = || workers().filter(|worker| socket_path(&worker.host).is_none());
    let names = || at_ports().map(|worker| BStr::new(&worker.name));
    // What stands there without a value was told where it stands.
    let has =
        |name, property| map.of_worker(name, property).is_some() || map.empty_line(name, property).is_some();
    let [hosts, ports] =
        [Property::Host, Property::Port].map(|property| names().any(|name| has(name, property)));
    for name in names() {
        let missing = match (hosts && !has(name, Property::Host), ports && !has(name, Property::Port)) {
            (false, false) => continue,
            (true, false) => "no host, using localhost",
            (false, true) => "no port, using 8009",
            (true, true) => "no host and no port, using localhost:8009",
        };
        let text = || format!("member {name} has {missing}; others of balancer {lb} have their own");
        warn_about(builder, name, text);
    }
}

/// Warns of a member without a secret where others have one: its Tomcat hardly does without.
fn expect_secrets(builder: &mut Builder<'_>, lb: &BStr, members: &[Routed]) {
    let has_secret = |routed: &&Routed| routed.member.worker.secret.is_some();
    if !members.iter().any(|routed| has_secret(&routed)) {
        return;
    }
    for routed in members.iter().filter(|routed| !has_secret(routed)) {
        let name = BStr::new(&routed.member.worker.name);
        if builder.map.empty_line(name, Property::Secret).is_none() {
            warn_about(builder, name, || {
                format!("member {name} has no secret; others of balancer {lb} have one")
            });
        }
    }
}

/// Warns at the first line about the worker `name`; one without any was told where it is listed.
fn warn_about(builder: &mut Builder<'_>, name: &BStr, text: impl FnOnce() -> String) {
    let first = builder.map.iter().find(|(_, entry)| is_about(entry.written.as_bstr(), name));
    if let Some((_, entry)) = first {
        builder.report.warn(entry.first_origin(), text());
    }
}

fn is_about(key: &BStr, worker: &BStr) -> bool {
    super::names::split_key(key).is_some_and(|(name, _)| name == worker)
}

/// Refuses members that share a route: a session could belong to either.
fn check_routes(builder: &mut Builder<'_>, lb: &BStr, members: &[Routed]) {
    let mut known: HashMap<&str, &Routed> = HashMap::new();
    for routed in members {
        let route = routed.member.route.as_str();
        let Some(other) = known.insert(route, routed) else { continue };
        let place = other.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        let (this, other) = (&routed.member.worker.name, &other.member.worker.name);
        let text = format!("balancer {lb}: members {other}{place} and {this} share the route {route}");
        builder.report.error(routed.origin.as_ref(), text);
    }
}

/// Warns of members that are one Tomcat: what is one failure then counts as two, and half of the sessions is homeless.
/// Defaults on both sides are no mistake, and one of them was told where the other has its own; what stands in for a
/// value that is empty, or a port that was refused, is nobody's address.
fn check_addresses(builder: &mut Builder<'_>, lb: &BStr, members: &[Routed]) {
    let map = builder.map;
    let mut known: HashMap<(&str, u16), (&str, [bool; 2])> = HashMap::new();
    for worker in members.iter().map(|routed| &routed.member.worker).filter(|worker| worker.port != 0) {
        let entry = |property| map.of_worker(worker.name.as_str().into(), property);
        let entries = [Property::Port, Property::Host].map(entry);
        let is_empty = |property: Property| {
            map.empty_lines().any(|(key, _)| key.as_bytes() == property.key(worker.name.as_str().into()))
        };
        let is_refused = entries[0].is_some_and(|entry| !says(entry, worker.port));
        if is_refused || [Property::Port, Property::Host].into_iter().any(is_empty) {
            continue;
        }
        let written = entries.map(|entry| entry.is_some());
        let (host, port, name) = (worker.host.as_str(), worker.port, worker.name.as_str());
        let (port, place) = match socket_path(host) {
            Some(_) => (0, host.to_owned()),
            None => (port, format!("{host}:{port}")),
        };
        match known.insert((host, port), (name, written)) {
            Some((other, as_well)) if as_well == written && written != [false; 2] => {
                let origin = entries.into_iter().flatten().find_map(Entry::origin);
                let text =
                    format!("balancer {lb}: members {other} and {name} are the same Tomcat at {place}");
                builder.report.warn(origin, text);
            }
            _ => {}
        }
    }
}

fn says(entry: &Entry, port: u16) -> bool {
    values::number(&entry.text).is_ok_and(|number| number.value == i32::from(port))
}

/// Warns of a `redirect` that is no route of the balancer, such as the name of a member with another route.
fn check_redirects(builder: &mut Builder<'_>, lb: &BStr, members: &[Routed]) {
    for MemberSettings { worker, redirect, .. } in members.iter().map(|routed| &routed.member) {
        let Some(redirect) = redirect else { continue };
        if members.iter().any(|routed| routed.member.route == *redirect) {
            continue;
        }
        let named = members.iter().find(|routed| routed.member.worker.name == *redirect);
        let guess = match named {
            Some(routed) => format!(", did you mean {}, the route of {redirect}?", routed.member.route),
            None => did_you_mean(redirect, members.iter().map(|routed| routed.member.route.as_str())),
        };
        let text = format_args!("no member of balancer {lb} has this route{guess}").to_string();
        builder.section(worker.name.as_str().into()).warn(Property::Redirect, text);
    }
}
