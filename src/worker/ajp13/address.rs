//! Where a Tomcat listens: host and port, and the socket addresses that the host has, or a Unix socket.
//!
//! The parent process asks for the names of all workers side by side, so that its children start with the result. Who
//! asks later is told in [`super::resolving`]; requests never do. They take what is known, and note that it is doubtful
//! when none of it took a connection. Rules: "connections, sections 3 and 14" and "decisions, row 23".

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::place::Place;
use crate::config::settings::{is_host_name, Ajp13Settings};
use crate::log;
use crate::log::Context;
use crate::shared::{moment, HostHandle};
use crate::worker::bell::Bell;

/// What is known of each name.
pub(crate) type HostAddresses = HashMap<String, Named>;

/// What the resolver said of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its addresses, or those that it had before.
    pub(crate) addresses: Vec<IpAddr>,
    /// Why the resolver has none.
    pub(crate) trouble: Option<String>,
}

impl Named {
    /// One that has `addresses`.
    pub(crate) fn found(addresses: Vec<IpAddr>) -> Self {
        Self { addresses, trouble: None }
    }

    /// One that has none, and why.
    pub(crate) fn unresolved(why: String) -> Self {
        Self { addresses: Vec::new(), trouble: Some(why) }
    }
}

/// The addresses of one Tomcat, as far as they are known.
pub(super) struct Address {
    pub(super) worker: String,
    prefer_ipv6: bool,
    /// How often a name is asked for, even if nothing speaks against what is known.
    pub(super) interval: Option<Duration>,
    /// Local addresses to connect from; empty leaves it to the system.
    source: Vec<IpAddr>,
    target: ArcSwap<Target>,
    /// The number of the target, for a look without more.
    number: AtomicU64,
    /// The number of the target for which idle connections were looked through.
    looked_through: AtomicU64,
    /// What the process says that asked the resolver.
    pub(super) record: HostHandle,
    /// The proof of what was heard of it last.
    heard: AtomicU64,
    /// Since when the known addresses are doubtful; 0 if they are not.
    pub(super) doubted: AtomicU64,
    /// Rings for who asks the resolver.
    pub(super) bell: Arc<Bell>,
}

/// Host and port at one moment, with all addresses. Changed as a whole.
pub(super) struct Target {
    /// Host name or address literal.
    pub(super) host: String,
    /// TCP port; 0 disables contact.
    pub(super) port: u16,
    /// In the order in which they are tried; empty if there is no contact.
    pub(super) all: Vec<Place>,
    number: u64,
}

/// The far end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    place: Place,
    /// The number of the target of which it was one of the addresses.
    target: u64,
}

impl Target {
    /// Tells whether there is something to ask the resolver.
    pub(super) fn is_name(&self) -> bool {
        self.port != 0 && is_host_name(&self.host)
    }

    /// The end of a connection to `place`, which is one of its own.
    pub(super) fn peer(&self, place: &Place) -> Peer {
        Peer { place: place.clone(), target: self.number }
    }

    /// The addresses that the resolver said.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.all.iter().filter_map(Place::address).collect()
    }
}

impl Address {
    /// What `settings` name: literals, and what is in `names`.
    pub(super) fn new(
        settings: &Ajp13Settings,
        names: &HostAddresses,
        record: HostHandle,
        bell: &Arc<Bell>,
    ) -> Self {
        let (host, port, prefer_ipv6) = (settings.host.clone(), settings.port, settings.prefer_ipv6);
        let all = places(&host, || with_any_port(&known(&host, names)), port, prefer_ipv6);
        Self {
            worker: settings.name.clone(),
            prefer_ipv6,
            interval: settings.resolve_interval,
            source: settings.source.as_deref().map(|source| known(source, names)).unwrap_or_default(),
            target: ArcSwap::from_pointee(Target { host, port, all, number: 0 }),
            number: AtomicU64::new(0),
            looked_through: AtomicU64::new(0),
            record,
            heard: AtomicU64::new(0),
            doubted: AtomicU64::new(0),
            bell: Arc::clone(bell),
        }
    }

    /// Host, port and addresses, with what other processes heard of them since.
    pub(super) fn current(&self, log: Context<'_>) -> Arc<Target> {
        self.hear(log);
        self.target.load_full()
    }

    /// Host, port and addresses as this process knows them.
    pub(super) fn target(&self) -> Arc<Target> {
        self.target.load_full()
    }

    /// The local address from which to connect to `remote`, if one is configured and of its family.
    pub(super) fn source_for(&self, remote: &Place) -> Option<SocketAddr> {
        let remote = remote.address()?;
        let address = self.source.iter().find(|local| local.is_ipv4() == remote.is_ipv4())?;
        Some(SocketAddr::new(*address, 0))
    }

    /// Tells whether there is something to connect to.
    pub(super) fn has_contact(&self) -> bool {
        !self.target.load().all.is_empty()
    }

    /// Notes that none of the known addresses took a connection: a name is asked for soon.
    pub(super) fn doubt(&self) {
        if self.doubted.load(Relaxed) == 0 && self.target.load().is_name() {
            self.doubted.store(moment().max(1), Relaxed);
            self.bell.ring();
        }
    }

    /// Tells whether a connection leads to one of the known addresses; costs a look at a number, mostly.
    pub(super) fn is_home_of(&self, peer: &mut Peer) -> bool {
        if peer.target == self.number.load(Relaxed) {
            return true;
        }
        let target = self.target.load();
        let is_known = target.all.contains(&peer.place);
        if is_known {
            peer.target = target.number;
        }
        is_known
    }

    /// Tells, once for each change, that idle connections may lead to addresses that are known no more.
    pub(super) fn has_moved(&self) -> bool {
        let number = self.number.load(Relaxed);
        self.looked_through.swap(number, Relaxed) != number
    }

    /// Takes over what another process was told of the host; tells whether the addresses have changed.
    pub(super) fn hear(&self, log: Context<'_>) -> bool {
        if self.record.proof() == self.heard.load(Relaxed) {
            return false;
        }
        let host = self.target.load().host.clone();
        let Some((proof, found)) = self.record.told_of(&host) else { return false };
        self.heard.store(proof, Relaxed);
        let is_change = !found.is_empty() && self.adopt(&host, found);
        if is_change {
            let (worker, target) = (&self.worker, self.target());
            log!(
                log,
                Debug,
                [Worker = worker, Address = target],
                "({worker}) host {host} resolves to {target} now, as another process was told"
            );
        }
        is_change
    }

    /// Takes over the addresses `found` of `host`, if that is its host still; tells whether they are others than before.
    /// Their order counts only when they change: many resolvers turn it round with each answer.
    pub(super) fn adopt(&self, host: &str, found: Vec<SocketAddr>) -> bool {
        let mut is_change = false;
        self.target.rcu(|target| {
            let all = places(host, || found.clone(), target.port, self.prefer_ipv6);
            is_change = target.host == host && !are_the_same(&all, &target.all);
            match is_change {
                true => Arc::new(target.moved_to(target.host.clone(), target.port, all)),
                false => Arc::clone(target),
            }
        });
        self.note_number();
        is_change
    }

    /// Tells all processes where `host` is, to which the worker goes, or is about to; what is no name needs no telling.
    pub(super) fn announce(&self, host: &str, found: &[SocketAddr]) {
        if !is_host_name(host) {
            return;
        }
        match self.record.is_about(host) {
            true => self.record.tell(host, found),
            false => self.record.retell(host, found, moment()),
        }
    }

    /// Goes to another host and port from now on, both at once. The `addresses` of a name are those that whoever wants
    /// the change has found; without, those that are known of it, or else it is asked for. Connections to where it was
    /// are closed when they are looked at.
    pub(super) fn retarget(&self, host: &str, port: u16, addresses: &[IpAddr]) {
        let found = match host.parse::<IpAddr>() {
            Ok(literal) => with_any_port(&[literal]),
            Err(_) if addresses.is_empty() => self.known_of(host),
            Err(_) => with_any_port(addresses),
        };
        self.announce(host, &found);
        let all = places(host, || found, port, self.prefer_ipv6);
        self.target.rcu(|target| target.moved_to(host.to_owned(), port, all.clone()));
        self.note_number();
        self.doubted.store(0, Relaxed);
        self.heard.store(0, Relaxed);
        self.bell.ring();
    }

    /// What is known of `host` without asking: what another process tells of it, or what this one has if it is the same.
    fn known_of(&self, host: &str) -> Vec<SocketAddr> {
        let told = self.record.told_of(host).map(|(_, told)| told).filter(|told| !told.is_empty());
        let target = self.target();
        told.unwrap_or_else(|| if target.host == host { target.addresses() } else { Vec::new() })
    }

    fn note_number(&self) {
        self.number.fetch_max(self.target.load().number, Relaxed);
    }
}

impl Target {
    fn moved_to(&self, host: String, port: u16, all: Vec<Place>) -> Self {
        Self { host, port, all, number: self.number + 1 }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<_> = self.all.iter().map(Place::to_string).collect();
        out.write_str(&addresses.join(", "))
    }
}

fn with_any_port(addresses: &[IpAddr]) -> Vec<SocketAddr> {
    addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect()
}

/// Where `host` takes connections: at a Unix socket, or at the addresses `found`.
fn places(host: &str, found: impl FnOnce() -> Vec<SocketAddr>, port: u16, prefer_ipv6: bool) -> Vec<Place> {
    match Place::of_host(host) {
        Some(place) => vec![place],
        None => in_order(found(), port, prefer_ipv6).into_iter().map(Place::from).collect(),
    }
}

/// What is tried of `found`, with its port: the resolver's order, or its IPv6 addresses first; nothing with port 0.
fn in_order(mut found: Vec<SocketAddr>, port: u16, prefer_ipv6: bool) -> Vec<SocketAddr> {
    if port == 0 {
        return Vec::new();
    }
    found.iter_mut().for_each(|address| address.set_port(port));
    if prefer_ipv6 {
        found.sort_by_key(SocketAddr::is_ipv4);
    }
    found
}

fn are_the_same(one: &[Place], other: &[Place]) -> bool {
    one.iter().all(|address| other.contains(address)) && other.iter().all(|address| one.contains(address))
}

/// The addresses of `name` without asking anybody: a literal, or what is in `names`.
fn known(name: &str, names: &HostAddresses) -> Vec<IpAddr> {
    match name.parse::<IpAddr>() {
        Ok(literal) => vec![literal],
        Err(_) => names.get(name).map(|named| named.addresses.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
