//! Workers in words, for the status page and for what httpd dumps of its configuration.

use std::fmt::{self, Display, Formatter};

use super::{socket_path, Ajp13Settings, MemberSettings};
use crate::config::workers::table::ACTIVATIONS;

/// What a worker is.
#[derive(Clone, Copy, Debug)]
pub enum WorkerWords<'a> {
    /// A name that is not in worker.list.
    Unknown,
    /// A Tomcat at this address, or a word for why it has none.
    Tomcat(&'a str),
    /// A balancer by this method.
    Balancer(&'a str),
    /// A status worker.
    Status,
}

impl Display for WorkerWords<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => out.write_str("is not in worker.list, so that requests get 500"),
            Self::Tomcat(address) if address.contains(':') => write!(out, "is a Tomcat at {address}"),
            Self::Tomcat(why) => write!(out, "is a Tomcat whose address is {why}"),
            Self::Balancer(method) => write!(out, "is a balancer by {method}"),
            Self::Status => out.write_str("is a status worker"),
        }
    }
}

impl Ajp13Settings {
    /// Host and port, or the socket, as they are configured.
    pub fn address(&self) -> String {
        match self.host.contains(':') {
            _ if socket_path(&self.host).is_some() => self.host.clone(),
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl MemberSettings {
    /// All that decides about who gets a request, on one line; `address` is where its Tomcat is found.
    pub fn in_full(&self, address: &str) -> String {
        let Self { worker, activation, route, distance, domain, redirect, .. } = self;
        let distance = Some(distance)
            .filter(|distance| **distance != 0)
            .map(|distance| format!(", distance {distance}"));
        let domain = domain.as_ref().map(|domain| format!(", domain {domain}"));
        let redirect = redirect.as_ref().map(|redirect| format!(", redirect {redirect}"));
        let more: String = [distance, domain, redirect].into_iter().flatten().collect();
        format!("{} {address} {}, route {route}{more}", worker.name, ACTIVATIONS[*activation as usize])
    }
}
