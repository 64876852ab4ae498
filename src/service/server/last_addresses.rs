//! Addresses of Tomcats' names, remembered over restarts.
//!
//! A name without an answer is no reason to wait: its worker goes on with what was known before the restart, or has no
//! contact, and its children ask. The parent hears what they are told, whenever httpd's parent has a moment. "decisions,
//! row 23".

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::host::VirtualHost;
use crate::ffi::memory::{Key, ProcessPool};
use crate::ffi::server::Server;
use crate::plan::Hosts;
use crate::worker::HostAddresses;

/// Ends in the version of the layout that [`LastAddresses::encode`] and [`ProcessPool::remember`] write.
const KEY: Key = Key::new(c"mod_jk:last-addresses:1");

/// The addresses of names as they were known last, for restarts that meet a resolver without answers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LastAddresses(BTreeMap<String, Vec<IpAddr>>);

impl LastAddresses {
    /// Those of `names` that have some.
    pub(super) fn of(names: &HostAddresses) -> Self {
        Self::default().with(names.iter().map(|(name, named)| (name.clone(), named.addresses.clone())))
    }

    /// The same with the addresses of some names that are known now.
    fn with(mut self, names: impl Iterator<Item = (String, Vec<IpAddr>)>) -> Self {
        self.0.extend(names.filter(|(_, addresses)| !addresses.is_empty()));
        self
    }

    /// The answers of `hosts`; a name that has none goes on with what was known of it before.
    pub(super) fn fill(self, hosts: Hosts<'_>) -> HostAddresses {
        let mut answers = hosts.answers;
        for (name, addresses) in self.0 {
            if let Some(named) = answers.get_mut(&name).filter(|named| named.addresses.is_empty()) {
                named.addresses = addresses;
            }
        }
        answers
    }

    /// Stores them for later generations.
    pub(super) fn store(&self, process: ProcessPool<'_>) {
        process.remember(KEY, self.encode().as_bytes());
    }

    /// What the last generation knew.
    pub(super) fn load(process: ProcessPool<'_>) -> Self {
        Self::decode(&String::from_utf8_lossy(&process.recall(KEY).unwrap_or_default()))
    }

    /// A line for each name, which can't hold the end of one: its addresses, and the name.
    fn encode(&self) -> String {
        let line = |(name, addresses): (&String, &Vec<IpAddr>)| {
            let addresses: String = addresses.iter().map(|address| format!("{address},")).collect();
            format!("{addresses} {name}\n")
        };
        self.0.iter().map(line).collect()
    }

    fn decode(text: &str) -> Self {
        let line = |line: &str| {
            let (addresses, name) = line.split_once(' ')?;
            let addresses = addresses.split(',').filter_map(|address| address.parse().ok());
            Some((name.to_owned(), addresses.collect()))
        };
        Self::default().with(text.lines().filter_map(line))
    }
}

/// Takes over, in the parent, what children were told of hosts: those that come later begin with it, and so does the next
/// generation.
pub(crate) fn hear_in_parent(main: Server<'_>) {
    let Some(connector) = VirtualHost::of_server(main).map(|host| &host.connector) else { return };
    if connector.workers.hear_of_hosts(connector.log.with_id("WATCHDOG")) {
        if let Some(process) = main.process_pool() {
            LastAddresses::load(process).with(connector.workers.named_hosts()).store(process);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::Named;

    fn names(named: &[(&str, &[&str])]) -> HostAddresses {
        let addresses = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let named = named.iter().map(|(name, found)| ((*name).to_owned(), Named::found(addresses(found))));
        named.collect()
    }

    #[test]
    fn addresses_survive_the_way_through_memory() {
        let known = LastAddresses::of(&names(&[
            ("tomcat", &["10.0.0.1", "::1"]),
            ("with a blank", &["10.0.0.2"]),
            ("unknown", &[]),
        ]));
        assert_eq!(known.0.len(), 2);
        assert_eq!(LastAddresses::decode(&known.encode()), known);
        assert_eq!(LastAddresses::decode("torn"), LastAddresses::default());
    }

    #[test]
    fn only_a_name_without_answer_goes_on_with_what_was_known() {
        let before = LastAddresses::of(&names(&[
            ("found", &["10.0.0.1"]),
            ("silent", &["10.0.0.2"]),
            ("gone from the configuration", &["10.0.0.3"]),
        ]));
        let mut answers = names(&[("found", &["10.9.9.9"])]);
        for name in ["silent", "never known"] {
            answers.insert(name.to_owned(), Named::unresolved("no answer".to_owned()));
        }
        let answers = before.fill(Hosts { answers, missing: Vec::new() });
        let mut known = names(&[("found", &["10.9.9.9"]), ("silent", &["10.0.0.2"]), ("never known", &[])]);
        for name in ["silent", "never known"] {
            known.get_mut(name).unwrap().trouble = Some("no answer".to_owned());
        }
        assert_eq!(answers, known);
    }
}
