//! Where a Tomcat listens: host and port, resolved to socket addresses.
//!
//! The parent process asks for the names of all workers side by side, so that its children start with the result. A
//! name that did not resolve, or whose addresses refused all connections, is asked for again: by maintenance, and
//! by a request that needs it, at most once in [`LEAST_PAUSE`] and by one thread at a time. Rules:
//! "connections, section 3" and "decisions, row 23".

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::config::settings::Ajp13Settings;
use crate::log;
use crate::log::Context;
use crate::text::Reason;

/// Least time between two questions to the resolver about the same host.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// What the resolver said of each name: its addresses, or why there are none.
pub(crate) type HostAddresses = HashMap<String, Result<Vec<IpAddr>, String>>;

/// The addresses of one Tomcat, as far as they are known.
pub(super) struct Address {
    worker: String,
    host: String,
    port: u16,
    prefer_ipv6: bool,
    /// Local addresses to connect from; empty leaves it to the system.
    source: Vec<IpAddr>,
    known: ArcSwap<Vec<SocketAddr>>,
    /// The known addresses did not work: ask again.
    doubtful: AtomicBool,
    /// The log says that the name does not resolve.
    told: AtomicBool,
    asked: Mutex<Instant>,
}

impl Address {
    /// What `settings` name: literals, and what is in `names`.
    pub(super) fn new(settings: &Ajp13Settings, names: &HostAddresses) -> Self {
        let with_port = |address| SocketAddr::new(address, settings.port);
        let found = known(&settings.host, names).into_iter().filter(|_| settings.port != 0).map(with_port);
        Self {
            worker: settings.name.clone(),
            host: settings.host.clone(),
            port: settings.port,
            prefer_ipv6: settings.prefer_ipv6,
            source: settings.source.as_deref().map(|source| known(source, names)).unwrap_or_default(),
            known: ArcSwap::from_pointee(in_order(found.collect(), settings.prefer_ipv6)),
            doubtful: AtomicBool::new(false),
            told: AtomicBool::new(false),
            asked: Mutex::new(Instant::now()),
        }
    }

    /// Says that the host is not known yet, where that is so, and why, as far as `names` know.
    pub(super) fn tell_if_unknown(&self, names: &HostAddresses, log: Context<'_>) {
        if !self.has_contact() && self.port != 0 {
            let why = names.get(&self.host).and_then(|answer| answer.as_ref().err());
            self.tell_unresolved(&why.map(|why| format!(" ({why})")).unwrap_or_default(), log);
        }
    }

    /// All addresses in the order in which they are tried; empty if there is no contact.
    pub(super) fn all(&self) -> Arc<Vec<SocketAddr>> {
        self.known.load_full()
    }

    /// The local address from which to connect to `remote`, if one is configured and of its family.
    pub(super) fn source_for(&self, remote: &SocketAddr) -> Option<SocketAddr> {
        let address = self.source.iter().find(|local| local.is_ipv4() == remote.is_ipv4())?;
        Some(SocketAddr::new(*address, 0))
    }

    /// Tells whether there is something to connect to.
    pub(super) fn has_contact(&self) -> bool {
        !self.known.load().is_empty()
    }

    /// Notes that none of the known addresses took a connection.
    pub(super) fn doubt(&self) {
        if self.host.parse::<IpAddr>().is_err() {
            self.doubtful.store(true, Ordering::Relaxed);
        }
    }

    /// Tells whether the name is unresolved or doubtful.
    pub(super) fn needs_resolver(&self) -> bool {
        self.port != 0 && (!self.has_contact() || self.doubtful.load(Ordering::Relaxed))
    }

    /// Asks the resolver again if the name is unresolved or doubtful, unless it was asked just now or another
    /// thread is asking. What is known stays when the resolver has no answer.
    pub(super) fn refresh(&self, log: Context<'_>) {
        if !self.needs_resolver() {
            return;
        }
        let Some(mut asked) = self.asked.try_lock() else { return };
        if asked.elapsed() < LEAST_PAUSE {
            return;
        }
        match lookup(&self.host, self.port, self.prefer_ipv6) {
            Ok(found) => self.adopt(found, log),
            Err(error) => self.tell_unresolved(&format!(" ({})", Reason(&error)), log),
        }
        *asked = Instant::now();
    }

    /// Says once that the name does not resolve, and again only after it did.
    fn tell_unresolved(&self, reason: &str, log: Context<'_>) {
        let consequence = match self.has_contact() {
            true => "the addresses known before stay in use",
            false => "no request can go there until it does; it is asked for again",
        };
        let (worker, host) = (&self.worker, &self.host);
        if self.told.swap(true, Ordering::Relaxed) {
            log!(log, Debug, "({worker}) host {host} does not resolve{reason}");
        } else {
            log!(log, Warn, "({worker}) host {host} does not resolve{reason}: {consequence}");
        }
    }

    fn adopt(&self, found: Vec<SocketAddr>, log: Context<'_>) {
        self.doubtful.store(false, Ordering::Relaxed);
        let told = self.told.swap(false, Ordering::Relaxed);
        if told || found != **self.known.load() {
            let addresses = found.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ");
            log!(log, Info, "({}) host {} resolves to {addresses} now", self.worker, self.host);
            self.known.store(Arc::new(found));
        }
    }
}

/// Resolves `host`; literals do not ask the resolver. Port 0 means that there is nothing to contact.
fn lookup(host: &str, port: u16, prefer_ipv6: bool) -> std::io::Result<Vec<SocketAddr>> {
    if port == 0 {
        return Ok(Vec::new());
    }
    if let Ok(literal) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(literal, port)]);
    }
    let found = (host, port).to_socket_addrs()?.collect();
    Ok(in_order(found, prefer_ipv6))
}

/// The resolver's order, or its IPv6 addresses first.
fn in_order(mut addresses: Vec<SocketAddr>, prefer_ipv6: bool) -> Vec<SocketAddr> {
    if prefer_ipv6 {
        addresses.sort_by_key(SocketAddr::is_ipv4);
    }
    addresses
}

/// The addresses of `name` without asking anybody: a literal, or what is in `names`.
fn known(name: &str, names: &HostAddresses) -> Vec<IpAddr> {
    match name.parse::<IpAddr>() {
        Ok(literal) => vec![literal],
        Err(_) => names.get(name).and_then(|answer| answer.clone().ok()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Level, Logger};
    use crate::worker::ajp13::tests::settings;

    fn address(host: &str, port: u16) -> Address {
        Address::new(&Ajp13Settings { host: host.to_owned(), ..settings(port) }, &HostAddresses::new())
    }

    #[test]
    fn literals_are_taken_as_they_are() {
        assert_eq!(*address("127.0.0.1", 8009).all(), ["127.0.0.1:8009".parse().unwrap()]);
        assert_eq!(*address("::1", 8009).all(), ["[::1]:8009".parse().unwrap()]);
    }

    #[test]
    fn port_0_and_unknown_names_have_no_contact() {
        assert!(!address("127.0.0.1", 0).has_contact());
        assert!(!address("no.such.host.invalid", 8009).has_contact());
        assert!(!address("127.0.0.1:8009", 8009).has_contact());
    }

    #[test]
    fn names_are_known_from_the_start_and_not_asked_for() {
        let names = HostAddresses::from([
            ("tomcat".to_owned(), Ok(vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()])),
            ("here".to_owned(), Ok(vec!["127.0.0.2".parse().unwrap()])),
        ]);
        let (host, source) = ("tomcat".to_owned(), Some("here".to_owned()));
        let address =
            Address::new(&Ajp13Settings { host, source, prefer_ipv6: true, ..settings(8009) }, &names);
        assert_eq!(*address.all(), ["[::1]:8009", "10.0.0.1:8009"].map(|text| text.parse().unwrap()));
        assert_eq!(address.source_for(&address.all()[1]), Some("127.0.0.2:0".parse().unwrap()));
    }

    #[test]
    fn prefer_ipv6_moves_addresses_and_loses_none() {
        let addresses: Vec<SocketAddr> =
            ["1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "[::2]:1"].map(|text| text.parse().unwrap()).into();
        assert_eq!(in_order(addresses.clone(), false), addresses);
        let preferred = [addresses[1], addresses[3], addresses[0], addresses[2]];
        assert_eq!(in_order(addresses.clone(), true), preferred);
        assert_eq!(in_order(vec![addresses[0]], true), [addresses[0]]);
    }

    #[test]
    fn source_is_used_for_its_own_family() {
        let settings = Ajp13Settings { source: Some("127.0.0.2".to_owned()), ..settings(1) };
        let address = Address::new(&settings, &HostAddresses::new());
        let remote = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(address.source_for(&remote("127.0.0.1:1")), Some(remote("127.0.0.2:0")));
        assert_eq!(address.source_for(&remote("[::1]:1")), None);
    }

    #[test]
    fn doubtful_names_are_asked_for_again_but_not_at_once() {
        let logger = Logger::capture(Level::Info);
        let address = address("localhost", 8009);
        address.known.store(Arc::new(Vec::new()));
        address.refresh(logger.with_id("-"));
        assert!(!address.has_contact(), "asked again within the pause");
        *address.asked.lock() -= LEAST_PAUSE;
        address.refresh(logger.with_id("-"));
        assert!(address.has_contact());
        assert!(logger.captured()[0].starts_with("[info] (tomcat) host localhost resolves to "));
    }

    #[test]
    fn an_unknown_name_is_told_when_that_begins_and_when_it_ends() {
        let logger = Logger::capture(Level::Info);
        let mut address = address("no.such.host.invalid", 8009);
        let names =
            HostAddresses::from([("no.such.host.invalid".to_owned(), Err("no such name".to_owned()))]);
        address.tell_if_unknown(&names, logger.with_id(""));
        for host in ["no.such.host.invalid", "localhost"] {
            host.clone_into(&mut address.host);
            *address.asked.lock() -= LEAST_PAUSE;
            address.refresh(logger.with_id(""));
        }
        let lines = logger.captured();
        let told = "[warn] (tomcat) host no.such.host.invalid does not resolve (no such name): no request can go there \
                    until it does; it is asked for again";
        assert!(lines[0].starts_with(told), "{lines:?}");
        assert!(lines[1].starts_with("[info] (tomcat) host localhost resolves to "), "{lines:?}");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn literals_are_never_doubtful() {
        let address = address("127.0.0.1", 8009);
        address.doubt();
        assert!(!address.doubtful.load(Ordering::Relaxed));
    }
}
