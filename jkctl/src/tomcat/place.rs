//! Where a Tomcat listens, as it is written on a command line, and its addresses.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jk_rooms::config::settings::socket_path;
use socket2::SockAddr;

use super::trouble::Trouble;

/// The port of an AJP connector if none is given: that of Tomcat's own server.xml.
pub const DEFAULT_PORT: u16 = 8009;

/// What is expected where a place is written.
const EXPECTED: &str = "expected HOST:PORT, [IPv6]:PORT or unix:/path";

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// TCP.
    Port {
        /// Name or address of the host; IPv6 without brackets.
        host: String,
        /// Port.
        port: u16,
    },
    /// The path of a Unix socket.
    Socket(String),
}

impl FromStr for Place {
    type Err = String;

    /// Reads `HOST:PORT`, `HOST`, `[IPv6]:PORT` or `unix:/path`.
    fn from_str(text: &str) -> Result<Self, String> {
        match socket_path(text) {
            Some(path) if path.starts_with('/') => Ok(Self::Socket(path.to_owned())),
            Some(_) => Err("expected the absolute path of a socket behind unix:".into()),
            None => Self::host_and_port(text),
        }
    }
}

impl Place {
    fn host_and_port(text: &str) -> Result<Self, String> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or(EXPECTED)?)),
            None if text.parse::<Ipv6Addr>().is_ok() => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let is_literal = text.starts_with('[');
        let is_name = |host: &str| !host.is_empty() && !host.contains(['/', '[', ']', ' ', '@', '?', '#']);
        if !is_name(host) || (is_literal && host.parse::<Ipv6Addr>().is_err()) {
            return Err(EXPECTED.into());
        }
        let port = port.map_or(Ok(DEFAULT_PORT), |port| match port.parse() {
            Err(_) if port.contains('/') => Err(EXPECTED.to_owned()),
            Ok(0) | Err(_) => Err(format!("{port:?} is no port, expected 1 to 65535")),
            Ok(port) => Ok(port),
        })?;
        Ok(Self::Port { host: host.to_owned(), port })
    }

    /// What the system connects to, in the order in which it is tried; a name is asked for at most `limit`.
    ///
    /// # Errors
    /// [`Trouble::Unresolved`], or [`Trouble::Connect`] for a path that is too long.
    pub fn addresses(&self, limit: Duration) -> Result<Vec<SockAddr>, Trouble> {
        match self {
            Self::Socket(path) => Ok(vec![SockAddr::unix(path).map_err(Trouble::Connect)?]),
            Self::Port { host, port } => {
                let found = resolve(host.clone(), *port, limit).map_err(Trouble::Unresolved)?;
                Ok(found.into_iter().map(SockAddr::from).collect())
            }
        }
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { host, port } if host.contains(':') => write!(out, "[{host}]:{port}"),
            Self::Port { host, port } => write!(out, "{host}:{port}"),
            Self::Socket(path) => write!(out, "unix:{path}"),
        }
    }
}

/// Asks the resolver, which knows no limit of its own, on a thread that is left behind if it takes too long.
fn resolve(host: String, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
    let (answer, found) = mpsc::channel();
    thread::spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody listens any more when it took too long.
        answer.send(addresses).ok();
    });
    let too_late = || io::Error::new(io::ErrorKind::TimedOut, "the resolver did not answer in time");
    let addresses: Vec<_> = found.recv_timeout(limit).unwrap_or_else(|_| Err(too_late()))?;
    match addresses.is_empty() {
        true => Err(io::Error::new(io::ErrorKind::NotFound, "it has no address")),
        false => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(host: &str, port: u16) -> Place {
        Place::Port { host: host.into(), port }
    }

    #[test]
    fn places_as_they_are_written() {
        for (text, place, shown) in [
            ("tomcat:8010", port("tomcat", 8010), "tomcat:8010"),
            ("127.0.0.1", port("127.0.0.1", 8009), "127.0.0.1:8009"),
            ("[::1]:8010", port("::1", 8010), "[::1]:8010"),
            ("[::1]", port("::1", 8009), "[::1]:8009"),
            ("::1", port("::1", 8009), "[::1]:8009"),
            ("unix:/run/ajp.sock", Place::Socket("/run/ajp.sock".into()), "unix:/run/ajp.sock"),
        ] {
            assert_eq!(text.parse(), Ok(place.clone()), "{text}");
            assert_eq!(place.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_place_is_told() {
        for text in ["", ":8009", "[::1", "[::1]8009", "[tomcat]:8009", "ajp://tomcat:8009/", "a/b:1", "a b"]
        {
            assert!(text.parse::<Place>().is_err_and(|told| told.contains("expected")), "{text}");
        }
        for text in ["tomcat:", "tomcat:0", "tomcat:65536", "tomcat:ajp", "[::1]:x", "1:2:3"] {
            assert!(text.parse::<Place>().is_err_and(|told| told.contains("is no port")), "{text}");
        }
        assert!("unix:run/ajp".parse::<Place>().is_err_and(|told| told.contains("absolute path")));
    }

    #[test]
    fn addresses_need_no_resolver_where_they_are_written() {
        for text in ["127.0.0.1:8009", "[::1]:8009", "unix:/run/ajp.sock"] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.addresses(Duration::from_secs(5)).unwrap().len(), 1, "{text}");
        }
    }
}
