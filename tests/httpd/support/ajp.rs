//! AJP/1.3 as a container speaks it, written apart from the module's codec so that both can't err alike.
//!
//! Rules: AJPv13 (apache/tomcat-connectors `xdocs/ajp/ajpv13a.xml`).

use std::collections::HashMap;

/// A Forward Request, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Forward {
    /// Method, by name.
    pub method: String,
    /// Protocol, such as `HTTP/1.1`.
    pub protocol: String,
    /// URI without query string.
    pub uri: String,
    /// The client's address.
    pub remote_addr: String,
    /// The client's host name; empty if it is not known.
    pub remote_host: String,
    /// Name and port the client asked for.
    pub server: (String, u16),
    /// Whether the client came by TLS.
    pub is_ssl: bool,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Attributes by name; coded ones by the name the protocol's documentation gives them.
    pub attributes: HashMap<String, String>,
    /// Names of the attributes as they came.
    pub attribute_order: Vec<String>,
}

impl Forward {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The length of the body, if it is announced.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Takes the payload of a Forward Request apart, its code included.
    pub fn parse(payload: &[u8]) -> Self {
        let mut cursor = Cursor { rest: payload };
        assert_eq!(cursor.byte(), 2, "a Forward Request begins with its code");
        let method = cursor.byte();
        let mut forward = Self {
            protocol: cursor.text(),
            uri: cursor.text(),
            remote_addr: cursor.text(),
            remote_host: cursor.text(),
            ..Self::default()
        };
        forward.server = (cursor.text(), cursor.integer());
        forward.is_ssl = cursor.byte() == 1;
        for _ in 0..cursor.integer() {
            let name = cursor.header_name();
            forward.headers.push((name, cursor.text()));
        }
        let attributes = attributes(&mut cursor);
        forward.attribute_order = attributes.iter().map(|(name, _)| name.clone()).collect();
        forward.attributes = attributes.into_iter().collect();
        forward.method = match method {
            0xFF => forward.attributes["stored_method"].clone(),
            code => METHODS[usize::from(code) - 1].to_owned(),
        };
        assert!(cursor.rest.is_empty(), "octets behind the end of a Forward Request");
        forward
    }
}

/// Send Headers, with header names as strings.
pub fn send_headers(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut payload = vec![4];
    payload.extend(status.to_be_bytes());
    put_text(&mut payload, &status.to_string());
    let count = u16::try_from(headers.len()).expect("a sensible number of headers");
    payload.extend(count.to_be_bytes());
    for (name, value) in headers {
        put_text(&mut payload, name);
        put_text(&mut payload, value);
    }
    packet(&payload)
}

/// Send Body Chunk; no data means flush.
pub fn body_chunk(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a chunk of less than 64 KiB");
    packet(&[&[3], &length.to_be_bytes()[..], data, &[0]].concat())
}

/// Get Body Chunk.
pub fn get_body_chunk(wanted: u16) -> Vec<u8> {
    packet(&[&[6], &wanted.to_be_bytes()[..]].concat())
}

/// End Response.
pub fn end_response(reuse: bool) -> Vec<u8> {
    packet(&[5, u8::from(reuse)])
}

/// CPong.
pub fn cpong() -> Vec<u8> {
    packet(&[9])
}

/// CPing, as a web server sends it.
pub const CPING: [u8; 5] = [0x12, 0x34, 0, 1, 10];

/// Puts the container's envelope around `payload`.
pub fn packet(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a payload of less than 64 KiB");
    [b"AB", &length.to_be_bytes()[..], payload].concat()
}

fn put_text(payload: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).expect("a text of less than 64 KiB");
    payload.extend(length.to_be_bytes());
    payload.extend(text.as_bytes());
    payload.push(0);
}

fn attributes(cursor: &mut Cursor<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        let (name, value) = match cursor.byte() {
            0xFF => return found,
            10 => (cursor.text(), cursor.text()),
            11 => ("ssl_key_size".to_owned(), cursor.integer().to_string()),
            code => (ATTRIBUTES[usize::from(code)].to_owned(), cursor.text()),
        };
        found.push((name, value));
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.rest.split_first().expect("a packet that is not cut");
        self.rest = rest;
        *first
    }

    fn integer(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn text(&mut self) -> String {
        match self.integer() {
            0xFFFF => String::new(),
            length => self.octets(length),
        }
    }

    fn octets(&mut self, length: u16) -> String {
        let (text, rest) = self.rest.split_at(usize::from(length));
        assert_eq!(rest.first(), Some(&0), "a string ends with NUL");
        self.rest = &rest[1..];
        String::from_utf8_lossy(text).into_owned()
    }

    fn header_name(&mut self) -> String {
        match self.integer() {
            code @ 0xA001..=0xA00E => REQUEST_HEADERS[usize::from(code - 0xA001)].to_owned(),
            length => self.octets(length).to_lowercase(),
        }
    }
}

const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

const REQUEST_HEADERS: [&str; 14] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "cookie2",
    "host",
    "pragma",
    "referer",
    "user-agent",
];

const ATTRIBUTES: [&str; 14] = [
    "",
    "context",
    "servlet_path",
    "remote_user",
    "auth_type",
    "query_string",
    "route",
    "ssl_cert",
    "ssl_cipher",
    "ssl_session",
    "",
    "ssl_key_size",
    "secret",
    "stored_method",
];
