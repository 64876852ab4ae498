//! An HTTP client for whole exchanges; broken ones are looked at with [`super::raw`].

use std::time::Duration;

use ureq::http;
use ureq::{Agent, SendBody};

const LIMIT: Duration = Duration::from_secs(60);

/// A client that keeps its connections to one server.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of 127.0.0.1:`port`.
    pub fn new(port: u16) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(LIMIT))
            .build();
        Self { agent: config.into(), base: format!("http://127.0.0.1:{port}") }
    }

    /// GET of a complete response.
    pub fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[])
    }

    /// GET with headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, &[])
    }

    /// Any method; an empty `body` is sent as none, or with `Content-Length: 0` where the method expects one.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.try_send(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.base))
    }

    /// As [`Client::send`], with the failure as a value.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, ureq::Error> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let expects_body = matches!(method, "POST" | "PUT" | "PATCH");
        let response = if body.is_empty() && !expects_body {
            self.agent.run(request.body(())?)?
        } else {
            self.agent.run(request.body(body)?)?
        };
        Reply::read(response)
    }

    /// POST of a body of unknown length, that is chunked.
    pub fn post_chunked(&self, path: &str, mut body: impl std::io::Read) -> Reply {
        let response = self.agent.post(format!("{}{path}", self.base)).send(SendBody::from_reader(&mut body));
        response.and_then(Reply::read).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }
}

impl Reply {
    fn read(response: http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let (head, mut body) = response.into_parts();
        let headers = head.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Self {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: body.with_config().limit(u64::MAX).read_to_vec()?,
        })
    }

    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// All headers of that name, in order.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value behind `name=` on a line of its own, as the probe servlet writes facts.
    pub fn fact(&self, name: &str) -> Option<String> {
        let text = self.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(str::to_owned)
    }
}
