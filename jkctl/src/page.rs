//! A status page of a running server, asked over HTTP.
//!
//! What it answers in JSON is described in docs/book/src/status-formats.md and docs/status.schema.json; [`report`] reads it.

mod access;
mod https;
pub mod report;
mod trust;

use serde_json::Value;
use ureq::http::Response;
use ureq::Body;

pub use access::Access;

use crate::ending::Failure;
use crate::terminal::harmless;

/// Octets of an answer, at most: thousands of members have room in that.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A page, and how it is asked.
#[derive(Debug)]
pub struct Page {
    agent: ureq::Agent,
    /// Its address without user, query and fragment.
    url: String,
    /// What stood behind the question mark, without `mime`.
    query: String,
    authorization: Option<String>,
}

/// What a page said.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The document as it came.
    pub text: String,
    /// The document, of which no text has control characters.
    pub json: Value,
}

impl Answer {
    /// The message of its result.
    pub fn message(&self) -> &str {
        self.json["result"]["message"].as_str().unwrap_or("the answer holds no result")
    }

    /// Tells whether the result is an error.
    pub fn is_refusal(&self) -> bool {
        self.json["result"]["type"] != "OK"
    }
}

/// What the page at `url`, asked as `access` says, answers to `query`, whatever its HTTP status is if it is a page of the module.
///
/// # Errors
/// [`Failure`] if the page can't be reached, or the answer is none of its own.
pub fn ask(url: &str, access: &Access, query: &str) -> Result<String, Failure> {
    let page = Page::new(url, access)?;
    let (status, text) = page.call("GET", query)?;
    let is_page = status < 300 || text.starts_with('{') || text.starts_with("Result: ");
    match is_page {
        true => Ok(harmless(&text)),
        false => Err(page.refusal(status)),
    }
}

/// A document whose texts have no control characters: they are shown on terminals, as parts of lines.
fn on_one_line(json: Value) -> Value {
    match json {
        Value::String(text) => harmless(&text).replace('\n', "\u{FFFD}").into(),
        Value::Array(values) => values.into_iter().map(on_one_line).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, on_one_line(value))).collect(),
        other => other,
    }
}

impl Page {
    /// The page at `url`, asked as `access` says.
    ///
    /// # Errors
    /// [`Failure`] if that is no URL, or a file can't be read.
    pub fn new(url: &str, access: &Access) -> Result<Self, Failure> {
        let expected =
            || Failure::new(format_args!("{url}: expected the URL of a status page, http://HOST/PATH"));
        let (scheme, rest) = url.split_once("://").ok_or_else(expected)?;
        let is_known = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
        let rest = rest.split('#').next().unwrap_or(rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if !is_known || host.is_empty() {
            return Err(expected());
        }
        let path = if path.is_empty() { "/" } else { path };
        let changes = |pair: &&str| pair.starts_with("cmd=") && !["cmd=list", "cmd=show"].contains(pair);
        if let Some(command) = query.split('&').find(changes) {
            return Err(Failure::new(format_args!(
                "{url}: expected the URL of a status page alone, as {command} is more than a look at it"
            )));
        }
        let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("mime="));
        Ok(Self {
            agent: access.agent(scheme.eq_ignore_ascii_case("https"))?,
            url: format!("{scheme}://{host}{path}"),
            query: others.collect::<Vec<_>>().join("&"),
            authorization: access.authorization(user)?,
        })
    }

    /// Its address, without a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it shows in JSON, for the parameters of its URL.
    ///
    /// # Errors
    /// [`Failure`] if it can't be reached, or shows something else than asked for.
    pub fn show(&self) -> Result<Answer, Failure> {
        let separator = if self.query.is_empty() { "" } else { "&" };
        self.shown(self.json("GET", &format!("{}{separator}mime=json", self.query))?)
    }

    /// What it shows of all balancers, without their rules.
    ///
    /// # Errors
    /// As for [`Page::show`].
    pub fn list(&self) -> Result<Answer, Failure> {
        self.shown(self.json("GET", "cmd=list&opt=2&mime=json")?)
    }

    fn shown(&self, answer: Answer) -> Result<Answer, Failure> {
        match answer.is_refusal() {
            true => Err(Failure::new(format_args!("{}: {}", self.url, answer.message()))),
            false => Ok(answer),
        }
    }

    /// Has it do what `query` says. POST is taken by all pages (update_methods); a tool needs no nonce.
    ///
    /// # Errors
    /// [`Failure`] if it can't be reached, or is no status page.
    pub fn change(&self, query: &str) -> Result<Answer, Failure> {
        self.json("POST", &format!("{query}&mime=json"))
    }

    fn json(&self, method: &str, query: &str) -> Result<Answer, Failure> {
        let (status, text) = self.call(method, query)?;
        match serde_json::from_str::<Value>(&text) {
            Ok(json) if json["result"]["type"].is_string() => match json["version"].as_u64() {
                Some(1) => Ok(Answer { status, text, json: on_one_line(json) }),
                version => Err(Failure::new(format_args!(
                    "{}: its JSON has version {}, this jkctl reads version 1",
                    self.url,
                    version.unwrap_or_default()
                ))),
            },
            _ => Err(self.refusal(status)),
        }
    }

    /// The status and the text of its answer.
    fn call(&self, method: &str, query: &str) -> Result<(u16, String), Failure> {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}?{query}", self.url));
        let request = match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        };
        let request = request.body(()).map_err(|error| self.failure(&error))?;
        let mut response = self.agent.run(request).map_err(|error| self.failure(&access::reason(&error)))?;
        if response.status().is_redirection() {
            return Err(self.moved(&response));
        }
        let text = response.body_mut().with_config().limit(LARGEST).lossy_utf8(true).read_to_string();
        Ok((response.status().as_u16(), text.map_err(|error| self.failure(&access::reason(&error)))?))
    }

    fn failure(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::new(format_args!("{}: {why}", self.url))
    }

    fn moved(&self, response: &Response<Body>) -> Failure {
        let place = response.headers().get("Location").and_then(|place| place.to_str().ok());
        let place = place.unwrap_or("another address").split('?').next().unwrap_or_default();
        self.failure(&format_args!("redirects to {place}: use that address"))
    }

    /// What an answer means that is none of a status page.
    fn refusal(&self, status: u16) -> Failure {
        let has_user = self.authorization.is_some();
        let why = match status {
            401 if has_user => "the server does not take this user and password (401)".to_owned(),
            401 => {
                "the server wants a user and a password (401): --user, and --password-file or JKCTL_PASSWORD"
                    .into()
            }
            403 => "the server forbids it (403): see Require at the mount of the status page".into(),
            404 => "HTTP status 404 Not Found, expected a status page: JkMount leads its path to a worker of type status"
                .into(),
            503 => "the server can't serve it now (503)".into(),
            status => format!(
                "no status page of this module (HTTP status {status}); one of the C mod_jk has no JSON"
            ),
        };
        self.failure(&why)
    }
}

/// A value as it stands in a query.
pub fn escape(value: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~*?,".contains(&octet);
    value
        .bytes()
        .map(|octet| if plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::access::tests::of_the_credulous;
    use super::*;

    #[test]
    fn addresses_in_their_parts() {
        for (url, shown, query, authorization) in [
            ("http://host/status", "http://host/status", "", None),
            ("https://host:8443", "https://host:8443/", "", None),
            ("http://host/status?cmd=show&mime=txt&w=lb#part", "http://host/status", "cmd=show&w=lb", None),
            ("http://a:b%40@host/status", "http://host/status", "", Some("Basic YTpiQA==")),
        ] {
            let page = Page::new(url, &of_the_credulous()).unwrap();
            assert_eq!((page.url(), page.query.as_str()), (shown, query), "{url}");
            assert_eq!(page.authorization.as_deref(), authorization, "{url}");
        }
        for url in ["host/status", "ftp://host/", "http:///status", "http://user@/", ""] {
            assert!(Page::new(url, &of_the_credulous()).is_err(), "{url}");
        }
    }

    #[test]
    fn values_are_escaped_for_a_query() {
        assert_eq!(escape("a-1,b*"), "a-1,b*");
        assert_eq!(escape("a&b=c d+ä"), "a%26b%3Dc%20d%2B%C3%A4");
    }
}
