//! Where a request over AJP goes: `ajp://host:port/path?query`, at a socket `unix:/path|ajp://host/path`.

use std::str::FromStr;

use crate::tomcat::Place;

/// What is expected.
const EXPECTED: &str = "expected ajp://HOST:PORT/PATH or unix:/SOCKET|ajp://HOST/PATH";

/// Where to connect to, and what to ask there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Where the Tomcat listens.
    pub place: Place,
    /// The host of the URL without its port, IPv6 in brackets: what Tomcat is told of as its name.
    pub host: String,
    /// Path as it is written, never empty.
    pub path: String,
    /// What follows the question mark.
    pub query: Option<String>,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (socket, rest) = match text.split_once('|') {
            Some((socket, rest)) if socket.starts_with("unix:") => (Some(socket), rest),
            _ => (None, text),
        };
        let rest = rest.strip_prefix("ajp://").ok_or_else(|| no_scheme(rest))?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let place: Place = authority.parse()?;
        let host = match &place {
            Place::Port { host, .. } if host.contains(':') => format!("[{host}]"),
            Place::Port { host, .. } => host.clone(),
            Place::Socket(_) => return Err(EXPECTED.into()),
        };
        let place = socket.map_or(Ok(place), str::parse)?;
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        match target.bytes().find(|octet| !octet.is_ascii_graphic()) {
            Some(octet) => Err(format!("octet {octet:#04x} can't stand in a URL, write it as %{octet:02X}")),
            None => Ok(Self { place, host, path: path.to_owned(), query: query.map(str::to_owned) }),
        }
    }
}

fn no_scheme(text: &str) -> String {
    match text.starts_with("http:") || text.starts_with("https:") {
        true => format!("{EXPECTED}; this is a command for AJP, for HTTP there is curl"),
        false => EXPECTED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String, Option<String>) {
        let url: Url = text.parse().unwrap_or_else(|told| panic!("{text}: {told}"));
        (url.place.to_string(), url.host, url.path, url.query)
    }

    #[test]
    fn urls_in_their_parts() {
        for (text, place, host, path, query) in [
            ("ajp://tomcat:8010/a/b?c=d?e", "tomcat:8010", "tomcat", "/a/b", Some("c=d?e")),
            ("ajp://tomcat", "tomcat:8009", "tomcat", "/", None),
            ("ajp://tomcat?q", "tomcat:8009", "tomcat", "/", Some("q")),
            ("ajp://[::1]:8010/;x=1#part", "[::1]:8010", "[::1]", "/;x=1", None),
            (
                "unix:/run/a.sock|ajp://www.example.org/x?",
                "unix:/run/a.sock",
                "www.example.org",
                "/x",
                Some(""),
            ),
            ("ajp://tomcat/a|b", "tomcat:8009", "tomcat", "/a|b", None),
        ] {
            let expected = (place.into(), host.into(), path.into(), query.map(str::to_owned));
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_told() {
        for (text, told) in [
            ("http://tomcat:8080/", "for HTTP there is curl"),
            ("tomcat:8009/", "expected ajp://"),
            ("ajp://", "expected HOST:PORT"),
            ("ajp://user@tomcat/", "expected HOST:PORT"),
            ("ajp://tomcat:x/", "is no port"),
            ("ajp://tomcat/a b", "write it as %20"),
            ("ajp://tomcat/ä", "write it as %C3"),
            ("unix:run/a.sock|ajp://tomcat/", "absolute path"),
            ("unix:/run/a.sock", "expected ajp://"),
        ] {
            let verdict = text.parse::<Url>();
            assert!(verdict.as_ref().is_err_and(|said| said.contains(told)), "{text}: {verdict:?}");
        }
    }
}
