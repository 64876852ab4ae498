//! One Tomcat: its address, its connections, and the exchange of requests and replies with it.
//!
//! A request goes through [`attempts`]: it takes a lease from the [`pool`], gets a sound connection from
//! [`endpoint`] (an idle one, or a new one by [`connect`] to a [`place`] of its [`address`], tried with a [`ping`]), and
//! runs the [`exchange`] over it ([`body`] towards the container, [`reply`] from it by way of what is [`gathered`]).
//! What goes wrong is an [`error`], for which the log has [`advice`] (and at level trace each packet, by [`trace`]); what follows from that is decided in
//! [`crate::worker::outcome`]. Between requests, [`maintain`] looks after the pool, and [`resolving`] after the host's
//! name; a [`probe`] asks whether the Tomcat works again.

mod address;
mod advice;
mod attempts;
mod body;
mod buffers;
mod connect;
mod connection;
mod endpoint;
mod error;
mod exchange;
mod gathered;
mod inbox;
mod maintain;
mod ping;
mod place;
mod pool;
mod probe;
mod reply;
mod resolving;
mod trace;

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use crate::config::settings::Ajp13Settings;
use crate::log::Context;
use crate::shared::AjpHandle;
use crate::worker::bell::Bell;

use address::Address;
pub(crate) use address::{HostAddresses, Named};
pub(crate) use buffers::Buffers;
use connection::Connection;
use place::Place;
use pool::ConnectionPool;
pub(crate) use probe::{wait_for, Probe, Step};
pub(crate) use resolving::{Answer, Look, NEXT_LOOK};

/// An ajp13 worker, standing alone or as member of a balancer.
///
/// The parent builds it before it forks; each child then has connections of its own.
pub(crate) struct Ajp13Worker {
    configured: Arc<Ajp13Settings>,
    /// As configured, or as somebody changed them since.
    settings: ArcSwap<Ajp13Settings>,
    /// Version of the changes that the settings have.
    version: AtomicU64,
    record: AjpHandle,
    address: Address,
    pool: ConnectionPool<Box<Connection>>,
    /// Of this process, for the connections in use.
    buffers: Arc<Buffers>,
    /// Held while maintenance waits for a ping.
    asking: Mutex<()>,
}

impl Ajp13Worker {
    /// A worker without connections, whose host is a literal or among `names`, or will be asked for by who hears `bell`. Its
    /// connections use `buffers`.
    pub(crate) fn new(
        settings: Arc<Ajp13Settings>,
        record: AjpHandle,
        names: &HostAddresses,
        bell: &Arc<Bell>,
        buffers: &Arc<Buffers>,
    ) -> Self {
        let (now, version) = record.values().read(&*settings);
        let address = Address::new(&now, names, record.host().clone(), bell);
        let pool = ConnectionPool::new(settings.connection_pool_size);
        Self {
            configured: settings,
            settings: ArcSwap::from_pointee(now),
            version: AtomicU64::new(version),
            record,
            address,
            pool,
            buffers: Arc::clone(buffers),
            asking: Mutex::new(()),
        }
    }

    /// Its settings, as they are now. An exchange keeps those it began with.
    pub(crate) fn settings(&self) -> Guard<Arc<Ajp13Settings>> {
        self.settings.load()
    }

    /// Sees what was changed at run time since the last call. Calls must not overlap.
    pub(crate) fn keep_current(&self) {
        if self.record.values().version() == self.version.load(Relaxed) {
            return;
        }
        let (settings, version) = self.record.values().read(&*self.configured);
        let before = self.settings();
        if (&before.host, before.port) != (&settings.host, settings.port) {
            // Idle connections to where it was are closed at the next look.
            self.address.retarget(&settings.host, settings.port, &[]);
        }
        self.version.store(version, Relaxed);
        let now = Arc::new(settings);
        let before = self.settings.swap(Arc::clone(&now));
        if (&now.host, now.port) != (&before.host, before.port) {
            self.address.retarget(&now.host, now.port, &[]);
        }
    }

    /// Tells all processes where `host` is, before settings change to it.
    pub(crate) fn announce_host(&self, host: &str, addresses: &[SocketAddr]) {
        self.address.announce(host, addresses);
    }

    /// The address that is tried first, or why there is none; for the status page.
    pub(crate) fn address_text(&self) -> String {
        let target = self.address.target();
        match target.all.first() {
            Some(Place::Tcp(first)) => format!("{}:{}", first.ip(), first.port()),
            Some(place @ Place::Unix(_)) => place.to_string(),
            None if target.port == 0 => "invalid".to_owned(),
            None => "unresolved".to_owned(),
        }
    }

    /// Changes settings at run time; each process sees them with its next request.
    ///
    /// # Errors
    /// That of the lock under which changes are made; nothing is changed then.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Ajp13Settings)) -> std::io::Result<()> {
        self.record.values().change(&*self.configured, change)
    }

    /// Says at start that its host does not resolve, if that is so.
    pub(crate) fn tell_unresolved_host(&self, names: &HostAddresses, log: Context<'_>) {
        self.address.tell_if_unresolved(names, log);
    }

    /// Its name in the configuration.
    pub(crate) fn name(&self) -> &str {
        &self.configured.name
    }

    /// The record that all processes share.
    pub(crate) fn record(&self) -> &AjpHandle {
        &self.record
    }

    /// Tells whether there is something to connect to: a port other than 0, and a host that resolved.
    pub(crate) fn has_contact(&self) -> bool {
        self.address.has_contact()
    }

    /// Goes to another host and port from now on, both at once; `addresses` are those of a name, as far as who wants the
    /// change has found them. Idle connections to where it was are closed, those in use when they are given back.
    #[cfg(test)]
    pub(crate) fn retarget(&self, host: &str, port: u16, addresses: &[IpAddr], log: Context<'_>) {
        self.address.retarget(host, port, addresses);
        self.close_departed(log);
    }

    /// Takes over what other processes were told of its host, closes the connections that are in vain then, and finds
    /// out whether the host is to be asked for at `now`.
    pub(crate) fn look_for_host(&self, now: u64, log: Context<'_>) -> Look {
        let look = self.address.look(now, log);
        if self.address.has_moved() {
            self.close_departed(log);
        }
        look
    }

    /// Takes over what other processes were told of its host; tells whether its addresses have changed.
    pub(crate) fn hear_of_host(&self, log: Context<'_>) -> bool {
        self.address.hear(log)
    }

    /// Its host, if that is a name, and the addresses as far as they are known.
    pub(crate) fn named_host(&self) -> Option<(String, Vec<IpAddr>)> {
        let target = self.address.target();
        let addresses = target.addresses().iter().map(SocketAddr::ip).collect();
        target.is_name().then(|| (target.host.clone(), addresses))
    }

    /// Takes it on to ask for its host; false if another process does.
    pub(crate) fn claim_host(&self, now: u64) -> bool {
        self.address.claim(now)
    }

    /// Takes over what the resolver says of `host`.
    pub(crate) fn take_answer(&self, host: &str, answer: &Answer, log: Context<'_>) {
        if self.address.take_answer(host, answer, log) {
            self.close_departed(log);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
