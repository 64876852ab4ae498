//! Which virtual host httpd would choose for a name: address and port come first, and of those the names.

use glob::{MatchOptions, Pattern};
use jk_rooms::admin::{Choice, ChosenBy, VirtualHosts};

use super::servers::{Server, Servers};

/// Servers, asked for requests that come to a port if they name none.
#[derive(Debug)]
pub struct AtPort<'s> {
    servers: &'s Servers,
    port: u16,
}

impl<'s> AtPort<'s> {
    /// Those of `servers`; a URI says by its scheme which port that is.
    pub fn new(servers: &'s Servers, uri: &str) -> Self {
        let scheme = uri.split_once("://").map(|(scheme, _)| scheme);
        let usual = if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) { 443 } else { 80 };
        let at_usual = Self { servers, port: usual };
        let first = servers.listens().into_iter().find_map(|bound| bound.port);
        match first {
            Some(port) if !at_usual.is_used(usual) => Self { servers, port },
            _ => at_usual,
        }
    }

    fn is_used(&self, port: u16) -> bool {
        self.servers.listens().iter().any(|bound| bound.port.is_none_or(|bound| bound == port))
    }

    fn choice(&self, number: usize, by: ChosenBy) -> Choice {
        // The module's list has the virtual host that was defined last behind the main server.
        let server = if number == 0 { 0 } else { self.servers.all.len() - number };
        Choice { server, by, ignored_port: None }
    }

    fn by_name(&self, name: &str, port: Option<u16>) -> Choice {
        let here = port.unwrap_or(self.port);
        let hosts = || (1..).zip(&self.servers.all[1..]);
        let at_port: Vec<_> = hosts().filter(|(_, host)| has_port(host, here)).collect();
        let main = &self.servers.all[0];
        let is_called = |host: &Server| self.is_called(host, name);
        let is_addressed =
            |host: &Server| host.addresses.iter().any(|address| address.host.eq_ignore_ascii_case(name));
        let named = at_port.iter().find(|(_, host)| is_called(host));
        let named = named.or_else(|| at_port.iter().find(|(_, host)| is_addressed(host)));
        let elsewhere = || {
            hosts()
                .filter(|(_, host)| port.is_none_or(|port| has_port(host, port)))
                .find(|(_, host)| is_called(host))
        };
        match (named, at_port.first()) {
            (Some((number, _)), _) => self.choice(*number, ChosenBy::Name),
            (None, None) if is_called(main) => self.choice(0, ChosenBy::Name),
            (None, first) => match (elsewhere(), first) {
                (Some((number, _)), _) => self.choice(number, ChosenBy::NameElsewhere),
                (None, Some((number, _))) => self.choice(*number, ChosenBy::Default),
                (None, None) => self.choice(0, ChosenBy::Default),
            },
        }
    }

    fn is_called(&self, host: &Server, name: &str) -> bool {
        let options = MatchOptions { case_sensitive: false, ..MatchOptions::default() };
        let fits =
            |alias: &String| Pattern::new(alias).is_ok_and(|pattern| pattern.matches_with(name, options));
        let own = host.name.as_ref().or(self.servers.all[0].name.as_ref());
        own.is_some_and(|own| own.eq_ignore_ascii_case(name)) || host.aliases.iter().any(fits)
    }
}

fn has_port(host: &Server, port: u16) -> bool {
    host.addresses.iter().any(|address| address.port.is_none_or(|own| own == port))
}

impl VirtualHosts for AtPort<'_> {
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Choice {
        let asked = name.and_then(|(_, port)| port);
        let choice = match name {
            Some((name, port)) => self.by_name(name, port.filter(|port| self.is_used(*port))),
            None => {
                let first = self.servers.all[1..].iter().position(|host| has_port(host, self.port));
                self.choice(first.map_or(0, |place| place + 1), ChosenBy::First)
            }
        };
        Choice { ignored_port: asked.filter(|port| !self.is_used(*port)), ..choice }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::{read, Options};
    use super::*;

    const HOSTS: &str =
        "ServerName main.org\nListen 80\nListen 443\nListen 8080\n<VirtualHost *:80>\nServerName a.org\n\
        </VirtualHost>\n<VirtualHost *:80>\nServerName b.org\nServerAlias *.b.org\n</VirtualHost>\n\
        <VirtualHost *:443>\nServerName c.org\n</VirtualHost>\n";

    #[test]
    fn names_count_at_their_port_and_then_elsewhere() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("httpd.conf");
        std::fs::write(&file, HOSTS).expect("a file");
        let servers = Servers::new(read(&[file], &Options::default()).expect("files"));
        for (uri, name, server, by) in [
            ("/", None, 3, ChosenBy::First),
            ("https://c.org/", None, 1, ChosenBy::First),
            ("/", Some(("B.org", None)), 2, ChosenBy::Name),
            ("/", Some(("www.b.org", Some(80))), 2, ChosenBy::Name),
            ("/", Some(("other", None)), 3, ChosenBy::Default),
            ("/", Some(("c.org", None)), 1, ChosenBy::NameElsewhere),
            ("/", Some(("c.org", Some(443))), 1, ChosenBy::Name),
            ("https://x/", Some(("b.org", None)), 2, ChosenBy::NameElsewhere),
            ("/", Some(("main.org", Some(8080))), 0, ChosenBy::Name),
            ("/", Some(("other", Some(8080))), 0, ChosenBy::Default),
        ] {
            let expected = Choice { server, by, ignored_port: None };
            assert_eq!(AtPort::new(&servers, uri).choose(name), expected, "{uri} {name:?}");
        }
        let ignored = AtPort::new(&servers, "/").choose(Some(("a.org", Some(81))));
        assert_eq!((ignored.server, ignored.ignored_port), (3, Some(81)));
    }
}
