//! From httpd's request to a Forward Request: one small function per part.
//!
//! What comes from where, and which environment variable overrides it: "directives, section 8".

use std::borrow::Cow;
use std::ffi::CStr;
use std::time::Duration;

use smallvec::SmallVec;

use super::expanded::{is_expanded, without_gzip};
use super::record::RequestRecord;
use super::uri::encoded_slashes;
use crate::ajp::{Attributes, ForwardRequest, Headers};
use crate::config::directives::{AddressForwarding, Indicator, JkOptions, UriForwarding};
use crate::ffi::request::Request;
use crate::ffi::table::Table;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::text::{content_length, trim_header_value, LeadingNumber};
use crate::worker::Body;

/// Facts about a request, gathered once; [`Facts::forward_request`] borrows from them.
pub(super) struct Facts<'r> {
    request: Request<'r>,
    uri: Cow<'r, [u8]>,
    remote_addr: Option<&'r [u8]>,
    remote_port: Cow<'r, [u8]>,
    remote_host: Option<&'r [u8]>,
    remote_user: Option<&'r [u8]>,
    auth_type: Option<&'r [u8]>,
    server_name: Option<&'r [u8]>,
    server_port: u16,
    local_addr: Option<&'r [u8]>,
    tls: Option<Tls<'r>>,
    environment: SmallVec<[(&'r [u8], &'r [u8]); 4]>,
    headers: RequestHeaders<'r>,
    body: Body,
}

/// Facts about the client's TLS connection.
struct Tls<'r> {
    certificate: Option<Cow<'r, [u8]>>,
    cipher: Option<&'r [u8]>,
    session: Option<&'r [u8]>,
    key_size: Option<u16>,
    protocol: Option<&'r [u8]>,
}

impl<'r> Facts<'r> {
    /// Gathers what the container is told about `request`. The body must have been set up.
    pub(super) fn gather(request: Request<'r>, host: &'r VirtualHost, record: &'r RequestRecord) -> Self {
        let gather = Gather { request, host, environment: request.environment() };
        let (address, port) = gather.client();
        let body = gather.body();
        let mut facts = Self {
            request,
            uri: gather.uri(record),
            remote_addr: gather.or_null(Indicator::RemoteAddr, address),
            remote_port: gather.remote_port(port),
            remote_host: gather.or_null(Indicator::RemoteHost, request.remote_host()),
            remote_user: gather.or_null(Indicator::RemoteUser, request.user()),
            auth_type: gather.or_null(Indicator::AuthType, request.auth_type()),
            server_name: gather.variable(Indicator::LocalName).or_else(|| request.server_name()),
            server_port: gather.variable(Indicator::LocalPort).map_or_else(|| request.server_port(), number),
            local_addr: gather.variable(Indicator::LocalAddr).or_else(|| request.local_ip()),
            tls: None,
            environment: SmallVec::new(),
            headers: RequestHeaders { table: request.headers_in(), body, expanded: is_expanded(request) },
            body,
        };
        // Not before: what httpd knows itself overrides nothing, and adding it drops the first of two values.
        if host.extract_ssl || !host.env_vars.is_empty() {
            request.add_common_variables();
        }
        facts.tls = gather.tls();
        facts.environment = gather.environment();
        facts
    }

    /// Length of the request body.
    pub(super) fn body(&self) -> Body {
        self.body
    }

    /// The Forward Request, borrowing from these facts.
    pub(super) fn forward_request(&self) -> ForwardRequest<'_> {
        ForwardRequest {
            method: self.request.method(),
            protocol: self.request.protocol(),
            req_uri: &self.uri,
            remote_addr: self.remote_addr,
            remote_host: self.remote_host,
            server_name: self.server_name,
            server_port: self.server_port,
            is_ssl: self.tls.is_some(),
            headers: &self.headers,
            attributes: self.attributes(),
        }
    }

    fn attributes(&self) -> Attributes<'_> {
        let tls = self.tls.as_ref();
        Attributes {
            remote_user: self.remote_user,
            auth_type: self.auth_type,
            query_string: self.request.args(),
            ssl_cert: tls.and_then(|tls| tls.certificate.as_deref()),
            ssl_cipher: tls.and_then(|tls| tls.cipher),
            ssl_session: tls.and_then(|tls| tls.session),
            ssl_key_size: tls.and_then(|tls| tls.key_size),
            ssl_protocol: tls.and_then(|tls| tls.protocol),
            remote_port: Some(&self.remote_port),
            local_addr: self.local_addr,
            environment: &self.environment,
        }
    }
}

/// Where facts are gathered from.
struct Gather<'r> {
    request: Request<'r>,
    host: &'r VirtualHost,
    environment: Table<'r>,
}

impl<'r> Gather<'r> {
    /// Value of the variable that an indicator names.
    fn variable(&self, indicator: Indicator) -> Option<&'r [u8]> {
        self.environment.get(self.host.indicator(indicator))
    }

    /// The variable if it is set, else `fact`; a variable that is set but empty means null.
    fn or_null(&self, indicator: Indicator, fact: Option<&'r [u8]>) -> Option<&'r [u8]> {
        match self.variable(indicator) {
            Some(value) => Some(value).filter(|value| !value.is_empty()),
            None => fact,
        }
    }

    /// The URI as JkOptions ForwardURI* want it.
    fn uri(&self, record: &'r RequestRecord) -> Cow<'r, [u8]> {
        let (uri, target) = match record.arrival.get() {
            Some(arrival) => (arrival.uri.as_slice(), arrival.target.as_slice()),
            None => (self.request.uri().unwrap_or_default(), self.request.unparsed_uri().unwrap_or_default()),
        };
        let escaped = |escape: &dyn Fn(&'r [u8]) -> Cow<'r, [u8]>| {
            mapping::escape_around(uri, &encoded_slashes(self.request, uri, target), escape)
        };
        match self.host.options.uri_forwarding() {
            UriForwarding::Proxy => escaped(&mapping::escape_proxy),
            UriForwarding::Compat => Cow::Borrowed(uri),
            UriForwarding::Escaped => escaped(&|path| Cow::Borrowed(self.request.escape_path(path))),
            UriForwarding::CompatUnparsed => {
                let end = memchr::memchr(b'?', target).unwrap_or(target.len());
                Cow::Borrowed(&target[..end])
            }
        }
    }

    /// Address and port of the client, as JkOptions want them.
    fn client(&self) -> (Option<&'r [u8]>, u16) {
        let request = self.request;
        match self.host.options.address_forwarding() {
            AddressForwarding::Client => (request.client_ip(), request.client_port()),
            AddressForwarding::Physical => (request.peer_ip(), request.peer_port()),
            // The client's port on a connection from this host's address is not known.
            AddressForwarding::Local => (request.local_ip(), 0),
        }
    }

    /// The client's port as text: always sent, also if a variable makes it empty.
    fn remote_port(&self, port: u16) -> Cow<'r, [u8]> {
        let given = self.variable(Indicator::RemotePort);
        given.map_or_else(|| Cow::Owned(port.to_string().into_bytes()), Cow::Borrowed)
    }

    fn tls(&self) -> Option<Tls<'r>> {
        let is_on = |value: &[u8]| value.eq_ignore_ascii_case(b"on");
        if !self.host.extract_ssl || !self.variable(Indicator::Https).is_some_and(is_on) {
            return None;
        }
        let key_size = self.host.options.contains(JkOptions::FORWARD_KEY_SIZE);
        Some(Tls {
            certificate: self.certificate(),
            cipher: self.variable(Indicator::Cipher),
            session: self.variable(Indicator::Session),
            key_size: self.variable(Indicator::KeySize).filter(|_| key_size).map(number),
            protocol: self.variable(Indicator::SslProtocol),
        })
    }

    /// The client certificate; with ForwardSSLCertChain followed by the chain, in environment order.
    fn certificate(&self) -> Option<Cow<'r, [u8]>> {
        let own = self.variable(Indicator::Certs);
        if !self.host.options.contains(JkOptions::FORWARD_SSL_CERT_CHAIN) {
            return own.map(Cow::Borrowed);
        }
        let prefix = self.host.indicator(Indicator::CertChainPrefix).to_bytes();
        let of_chain =
            |name: &[u8]| name.len() >= prefix.len() && name[..prefix.len()].eq_ignore_ascii_case(prefix);
        let chain = self.environment.iter().filter(|(name, _)| of_chain(name)).map(|(_, value)| value);
        let all: Vec<u8> = own.into_iter().chain(chain).flatten().copied().collect();
        Some(Cow::Owned(all)).filter(|all: &Cow<'_, [u8]>| !all.is_empty())
    }

    /// JkEnvVar variables that are set or have a default.
    fn environment(&self) -> SmallVec<[(&'r [u8], &'r [u8]); 4]> {
        let value =
            |name: &CStr, default: &'r Option<Vec<u8>>| self.environment.get(name).or(default.as_deref());
        let vars = self.host.env_vars.iter();
        vars.filter_map(|var| Some((var.name.to_bytes(), value(&var.name, &var.default)?))).collect()
    }

    /// Length of the body. JK_IGNORE_CL makes a known one unknown.
    fn body(&self) -> Body {
        if !self.request.has_own_body() {
            return Body::None;
        }
        if self.request.is_body_chunked() {
            return Body::Unknown;
        }
        let length = self.request.headers_in().get(c"Content-Length").map_or(0, announced_length);
        match length {
            0 => Body::None,
            _ if self.variable(Indicator::IgnoreContentLength).is_some() || is_expanded(self.request) => {
                Body::Unknown
            }
            length => Body::Length(length),
        }
    }
}

/// Request headers as the container gets them: all as received, but exactly one statement about the body.
struct RequestHeaders<'r> {
    table: Table<'r>,
    body: Body,
    /// mod_deflate expands the body.
    expanded: bool,
}

impl Headers for RequestHeaders<'_> {
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        // A container takes a missing Content-Length as a body of unknown length.
        let mut length_due = self.body == Body::None;
        for (name, value) in self.table.iter() {
            if name.eq_ignore_ascii_case(b"Content-Length") {
                if self.body == Body::Unknown || (self.body == Body::None && announced_length(value) > 0) {
                    continue;
                }
                length_due = false;
            }
            if self.body == Body::None && name.eq_ignore_ascii_case(b"Transfer-Encoding") {
                continue;
            }
            if self.expanded && name.eq_ignore_ascii_case(b"Content-Encoding") {
                let left = without_gzip(value).filter(|left| !left.is_empty());
                left.into_iter().for_each(|left| visit(name, &left));
                continue;
            }
            if self.expanded && name.eq_ignore_ascii_case(b"Content-MD5") {
                continue;
            }
            visit(name, value);
        }
        if length_due {
            visit(b"content-length", b"0");
        }
    }
}

/// JK_REPLY_TIMEOUT: how long to wait for the container.
pub(super) fn reply_timeout(environment: Table<'_>) -> Option<Option<Duration>> {
    milliseconds(environment.get(c"JK_REPLY_TIMEOUT")?)
}

/// A timeout in milliseconds: 0 is no limit; negative or no number is ignored.
fn milliseconds(text: &[u8]) -> Option<Option<Duration>> {
    let starts_with_digit = text.trim_ascii_start().first().is_some_and(u8::is_ascii_digit);
    let milliseconds = u64::try_from(LeadingNumber::of(text).value).ok().filter(|_| starts_with_digit)?;
    Some(Some(Duration::from_millis(milliseconds)).filter(|timeout| !timeout.is_zero()))
}

/// A switch among the environment variables: on if empty or a number other than 0.
pub(super) fn switch(environment: Table<'_>, name: &CStr) -> Option<bool> {
    let value = environment.get(name)?;
    Some(value.is_empty() || LeadingNumber::of(value).value != 0)
}

/// The length that a Content-Length of a request announces; httpd has refused what is no number before.
fn announced_length(value: &[u8]) -> u64 {
    content_length(trim_header_value(value)).unwrap_or(0)
}

/// The number a text starts with, cut to the 16 bits that the wire has for it.
fn number(value: &[u8]) -> u16 {
    LeadingNumber::of(value).value as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_atoi_does() {
        assert_eq!([number(b"81x"), number(b"abc"), number(b" 256"), number(b"-1")], [81, 0, 256, 65535]);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!([milliseconds(b"5000ms"), milliseconds(b"0")], [Some(seconds(5)), Some(None)]);
        assert_eq!([milliseconds(b"-1"), milliseconds(b"long"), milliseconds(b"")], [None; 3]);
        assert_eq!([announced_length(b" 42"), announced_length(b"x")], [42, 0]);
    }
}
