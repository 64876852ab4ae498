//! The servers that a configuration defines, as the module sees them.

use std::net::IpAddr;
use std::path::Path;

use jk_rooms::admin::{Directive, Facts, ServerFacts};
use jk_rooms::config::directives::ServerSettings;
use jk_rooms::config::{Origin, Report};

use super::apply::{apply, path_of, Around};
use super::line::words;
use super::reader::Tree;

/// Threads of a child, where nothing says how many: that of the event and worker MPMs.
const THREADS: usize = 25;

/// The main server and its virtual hosts.
#[derive(Debug)]
pub struct Servers {
    /// The main server first, then virtual hosts as they are defined.
    pub all: Vec<Server>,
    /// By Listen.
    listens: Vec<Address>,
    threads: usize,
    tree: Tree,
}

/// One server.
#[derive(Debug, Default)]
pub struct Server {
    /// What its directives say, without what it inherits.
    pub settings: ServerSettings,
    /// Where `<VirtualHost>` stands; `None` is the main server.
    pub origin: Option<Origin>,
    /// ServerName without its port.
    pub name: Option<String>,
    /// The port of ServerName.
    pub port: u16,
    /// ServerAlias.
    pub aliases: Vec<String>,
    /// What `<VirtualHost>` names.
    pub addresses: Vec<Address>,
}

/// An address as Listen and `<VirtualHost>` write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As written, without its port.
    pub host: String,
    /// `None` is every port.
    pub port: Option<u16>,
}

impl Address {
    /// Reads `80`, `*:80`, `10.0.0.1`, `[::1]:80`; a lone number is a port if it may be `lone_port`.
    fn read(text: &str, lone_port: bool) -> Self {
        let after_address = text.rfind(']').map_or(0, |end| end + 1);
        let (host, port) = match text[after_address..].rfind(':').map(|at| at + after_address) {
            Some(colon) => (&text[..colon], text[colon + 1..].parse().ok()),
            None if lone_port && text.parse::<u16>().is_ok() => ("*", text.parse().ok()),
            None => (text, None),
        };
        Self { host: host.to_owned(), port }
    }

    fn is_any(&self) -> bool {
        matches!(self.host.as_str(), "*" | "_default_")
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.trim_matches(['[', ']']).parse().ok()
    }

    /// Tells whether connections to `bound` come to it.
    pub fn serves(&self, bound: &Self) -> bool {
        let has_port = self.port.is_none() || bound.port.is_none() || self.port == bound.port;
        has_port && (self.is_any() || self.ip().is_some() && self.ip() == bound.ip())
    }
}

impl Servers {
    /// Makes servers of what files say; complaints go into the report of the tree.
    pub fn new(mut tree: Tree) -> Self {
        let mut report = std::mem::take(&mut tree.report);
        let mut making = Making {
            root: &tree.server_root,
            report: &mut report,
            all: vec![Server::default()],
            listens: Vec::new(),
            threads: None,
        };
        making.enter(&tree.directives, 0, None, None);
        let Making { all, listens, threads, .. } = making;
        tree.report = report;
        Self { all, listens, threads: threads.unwrap_or(THREADS), tree }
    }

    /// Complaints of the files themselves and of the directives, each for itself.
    pub fn report(&self) -> &Report {
        &self.tree.report
    }

    /// What relative paths are relative to.
    pub fn server_root(&self) -> &Path {
        &self.tree.server_root
    }

    /// Has `take` judge it as the module does.
    pub fn with_facts<T>(&self, take: impl FnOnce(&Facts<'_>) -> T) -> T {
        let main = &self.all[0].settings;
        let place = |server: &Server| Some((self.label(server), server.origin.clone()?));
        let facts =
            |server: &Server| ServerFacts { settings: server.settings.inherit(main), place: place(server) };
        // httpd's list has the virtual host that was defined last behind the main server.
        let virtual_hosts = self.all[1..].iter().rev().map(facts);
        let main = ServerFacts { settings: main.clone(), place: None };
        take(&Facts {
            servers: std::iter::once(main).chain(virtual_hosts).collect(),
            main_is_reachable: self.is_main_reachable(),
            server_root: self.server_root().to_string_lossy().trim_end_matches('/').to_owned(),
            threads_per_child: self.threads,
            starts: false,
            waits: false,
            directives: &|| self.tree.directives.clone(),
            matches: &|pattern, text| {
                regex_lite::Regex::new(pattern).map_or(true, |regex| regex.is_match(text))
            },
        })
    }

    /// What the module calls a server.
    pub fn label(&self, server: &Server) -> String {
        let name = server.name.as_ref().or(self.all[0].name.as_ref());
        let name = name.map_or("localhost", String::as_str);
        match server.addresses.first() {
            Some(address) => format!("{name} [{}:{}]", address.host, address.port.unwrap_or(0)),
            None => format!("{name}:{}", server.port),
        }
    }

    /// What httpd listens on. Files that don't say it are taken to listen where their virtual hosts are.
    pub fn listens(&self) -> Vec<Address> {
        let any = |port| Address { host: "*".to_owned(), port };
        let hosts = || self.all[1..].iter().flat_map(|server| &server.addresses);
        match (self.listens.is_empty(), hosts().next().is_some()) {
            (false, _) => self.listens.clone(),
            (true, true) => hosts().map(|address| any(address.port)).collect(),
            (true, false) => vec![any(Some(80))],
        }
    }

    fn is_main_reachable(&self) -> bool {
        let serves = |bound: &Address| {
            self.all[1..].iter().flat_map(|host| &host.addresses).any(|host| host.serves(bound))
        };
        self.listens().iter().any(|bound| !serves(bound))
    }
}

/// Servers while they are made.
struct Making<'m> {
    root: &'m Path,
    report: &'m mut Report,
    all: Vec<Server>,
    listens: Vec<Address>,
    threads: Option<usize>,
}

impl Making<'_> {
    /// Goes through what stands in a section, or outside of all, for the server of that number.
    fn enter(
        &mut self,
        directives: &[Directive],
        server: usize,
        section: Option<&Directive>,
        path: Option<&str>,
    ) {
        for directive in directives {
            if directive.is("<VirtualHost") {
                let addresses = directive.words().iter().map(|text| Address::read(text, false)).collect();
                let origin = Some(directive.origin.clone());
                self.all.push(Server { origin, addresses, ..Server::default() });
                self.enter(&directive.inner, self.all.len() - 1, None, None);
            } else if directive.name.starts_with('<') {
                let path = path_of(directive, path);
                self.enter(&directive.inner, server, Some(directive), path.as_deref());
            } else {
                let around = Around { in_virtual_host: server > 0, section, path };
                let settings = &mut self.all[server].settings;
                apply(directive, around, settings, self.root, self.report);
                if section.is_none() {
                    self.take(directive, server);
                }
            }
        }
    }

    /// What httpd itself is told.
    fn take(&mut self, directive: &Directive, server: usize) {
        let words = words(&directive.arguments);
        let (Some(first), server) = (words.first(), &mut self.all[server]) else { return };
        match directive.name.to_ascii_lowercase().as_str() {
            "listen" => self.listens.push(Address::read(first, true)),
            "threadsperchild" => self.threads = first.parse().ok(),
            "servername" => {
                let name = first.split_once("://").map_or(first.as_str(), |(_, rest)| rest);
                let address = Address::read(name, false);
                (server.name, server.port) = (Some(address.host), address.port.unwrap_or(0));
            }
            "serveralias" => server.aliases.extend(words),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use jk_rooms::config::directives::DIRECTIVES;

    use super::super::reader::{read, Options};
    use super::*;

    fn servers(text: &str) -> Servers {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("httpd.conf");
        std::fs::write(&file, text).expect("a file");
        Servers::new(read(&[file], &Options::default()).expect("files"))
    }

    fn complaints(text: &str) -> Vec<String> {
        let text_of = |found: &jk_rooms::config::Diagnostic| found.message.clone();
        servers(text).report().iter().map(text_of).collect()
    }

    #[test]
    fn httpds_own_complaints_are_in_its_words() {
        for (text, complaint) in [
            ("JkLogLevel a b", "JkLogLevel takes one argument, HELP"),
            ("JkMount a b c", "JkMount takes 1-2 arguments, HELP"),
            (
                "<VirtualHost *>\nJkWorkersFile x\n</VirtualHost>",
                "JkWorkersFile cannot occur within <VirtualHost> section",
            ),
            ("<Location /a>\nJkLogFile x\n</Location>", "JkLogFile not allowed in <Location> context"),
            ("JkExtractSSL maybe", "JkExtractSSL must be On or Off"),
            ("jkmuont /a b", "Invalid command 'jkmuont', did you mean JkMount?"),
            ("JkMount a b", "JkMount: path a must start with /"),
        ] {
            let name = text.split(' ').next().unwrap_or_default();
            let row = DIRECTIVES.iter().find(|row| row.name.to_str() == Ok(name));
            let help = row.map(|row| row.help.to_string_lossy().into_owned()).unwrap_or_default();
            assert_eq!(complaints(text), [complaint.replace("HELP", &help)], "{text}");
        }
        assert_eq!(complaints("Rewrite x\nJkOptions\n<Location /a>\nJkMount x\n</Location>"), [""; 0]);
    }

    #[test]
    fn the_main_server_is_reachable_where_no_virtual_host_is() {
        for (text, reachable) in [
            ("", true),
            ("<VirtualHost *:80>\n</VirtualHost>", false),
            ("Listen 80\nListen 81\n<VirtualHost *:80>\n</VirtualHost>", true),
            ("Listen 80\n<VirtualHost *>\n</VirtualHost>", false),
            ("Listen 10.0.0.1:80\n<VirtualHost 10.0.0.1:80>\n</VirtualHost>", false),
            ("Listen [::1]:80\n<VirtualHost [::2]:80>\n</VirtualHost>", true),
        ] {
            assert_eq!(servers(text).is_main_reachable(), reachable, "{text}");
        }
    }

    #[test]
    fn servers_have_names_and_mounts() {
        let found = servers(
            "ServerName main:8080\nJkMount /a w\n<VirtualHost *:80>\nServerName https://one.org:443\nServerAlias 1 *.one.org\n\
             <Location /b>\nJkMount v\n</Location>\n</VirtualHost>\n",
        );
        let [main, host] = &found.all[..] else { panic!("{found:?}") };
        assert_eq!(
            (found.label(main), found.label(host)),
            ("main:8080".to_owned(), "one.org [*:80]".to_owned())
        );
        assert_eq!(host.aliases, ["1", "*.one.org"]);
        assert_eq!(
            (&*main.settings.mounts[0].path, &*host.settings.mounts[0].path),
            (&b"/a"[..], &b"/b"[..])
        );
    }
}
