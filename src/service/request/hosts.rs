//! Which virtual host would serve a request for a name, for those who ask the status page.

use std::ffi::CString;

use crate::ffi::request::Request;
use crate::ffi::server::Server;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::worker::status::{Chosen, ChosenBy, Hosts};

/// The virtual hosts, as seen from the request for the page.
pub(super) struct HostsAround<'r>(pub(super) Request<'r>);

impl Hosts for HostsAround<'_> {
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Chosen<'_> {
        let asked_port = name.and_then(|(_, port)| port);
        let is_used = |port: &u16| self.0.main_server().listens_on(*port);
        let (server, by) = match name {
            None => (self.0.server(), ChosenBy::Page),
            Some((name, port)) => self.by_name(name, port.filter(is_used)),
        };
        let host = VirtualHost::of_server(server);
        let place = server.place();
        let map = host.and_then(|host| host.map.as_ref());
        Chosen {
            server: server.label(),
            place: place.map(|(file, line)| format!("{}:{line}", String::from_utf8_lossy(file))),
            by,
            ignored_port: asked_port.filter(|port| !is_used(port)),
            map: map.map(|map| map.current()),
            objection: Box::new(move |uri, clean| {
                let encoded = mapping::encoded_slashes(uri, uri);
                mapping::objection(host?.options, uri, &encoded, clean)
            }),
        }
    }
}

impl<'r> HostsAround<'r> {
    /// As httpd does: address and port come first, and of those the names; then any other that has the name.
    fn by_name(&self, host: &str, port: Option<u16>) -> (Server<'r>, ChosenBy) {
        let here = port.unwrap_or_else(|| self.0.local_port());
        let candidates = self.0.candidates(here);
        // A NUL is in no name.
        let Ok(name) = CString::new(host) else { return (candidates.default, ChosenBy::Default) };
        let is_called = |server: &Server<'r>| server.is_called(&name);
        let is_addressed = |server: &Server<'r>| server.is_addressed(host, here);
        let named = || candidates.named.iter().copied();
        if let Some(server) = named().find(is_called).or_else(|| named().find(is_addressed)) {
            return (server, ChosenBy::Name);
        }
        let has_port = |server: &Server<'r>| port.is_none_or(|port| server.has_port(port));
        let elsewhere = self.0.main_server().and_following().skip(1).filter(has_port);
        // httpd's list begins with the one that was defined last.
        match elsewhere.filter(is_called).last() {
            Some(server) => (server, ChosenBy::NameElsewhere),
            None => (candidates.default, ChosenBy::Default),
        }
    }
}
