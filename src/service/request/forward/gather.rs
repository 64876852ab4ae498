//! Where each fact comes from: one small function per part.

use std::borrow::Cow;
use std::ffi::CStr;

use smallvec::SmallVec;

use super::expanded::is_expanded;
use super::headers::announced_length;
use super::variables::{number, Environment};
use super::{as_received, encoded_slashes, RequestRecord, Tls};
use crate::config::directives::{AddressForwarding, Indicator, JkOptions, UriForwarding};
use crate::ffi::request::Request;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::worker::Body;

/// A port as text, which mostly is short.
pub(super) type PortText = SmallVec<[u8; 8]>;

/// Where facts are gathered from.
pub(super) struct Gather<'r> {
    request: Request<'r>,
    host: &'r VirtualHost,
    environment: Environment<'r>,
}

impl<'r> Gather<'r> {
    pub(super) fn new(request: Request<'r>, host: &'r VirtualHost) -> Self {
        Self { request, host, environment: Environment::of(request) }
    }

    /// Value of the variable that an indicator names.
    pub(super) fn variable(&self, indicator: Indicator) -> Option<&'r [u8]> {
        self.environment.get(self.host.indicator(indicator))
    }

    /// The variable if it is set, else `fact`; a variable that is set but empty means null.
    pub(super) fn or_null(&self, indicator: Indicator, fact: Option<&'r [u8]>) -> Option<&'r [u8]> {
        match self.variable(indicator) {
            Some(value) => Some(value).filter(|value| !value.is_empty()),
            None => fact,
        }
    }

    /// The URI as JkOptions ForwardURI* want it.
    pub(super) fn uri(&self, record: &'r RequestRecord) -> Cow<'r, [u8]> {
        let (uri, target) = match record.arrival(self.request) {
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
            UriForwarding::CompatUnparsed => as_received(self.request, uri, target)
                .map_or_else(|| escaped(&mapping::escape_proxy), Cow::Borrowed),
        }
    }

    /// Address and port of the client, as JkOptions want them.
    pub(super) fn client(&self) -> (Option<&'r [u8]>, u16) {
        let request = self.request;
        match self.host.options.address_forwarding() {
            AddressForwarding::Client => (request.client_ip(), request.client_port()),
            AddressForwarding::Physical => (request.peer_ip(), request.peer_port()),
            // The client's port on a connection from this host's address is not known.
            AddressForwarding::Local => (request.local_ip(), 0),
        }
    }

    /// The client's port as text: always sent, also if a variable makes it empty.
    pub(super) fn remote_port(&self, port: u16) -> PortText {
        match self.variable(Indicator::RemotePort) {
            Some(given) => PortText::from_slice(given),
            None => PortText::from_slice(itoa::Buffer::new().format(port).as_bytes()),
        }
    }

    pub(super) fn tls(&self) -> Option<Tls<'r>> {
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
    pub(super) fn certificate(&self) -> Option<Cow<'r, [u8]>> {
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
    pub(super) fn environment(&self) -> SmallVec<[(&'r [u8], &'r [u8]); 4]> {
        let value =
            |name: &CStr, default: &'r Option<Vec<u8>>| self.environment.get(name).or(default.as_deref());
        let vars = self.host.env_vars.iter();
        vars.filter_map(|var| Some((var.name.to_bytes(), value(&var.name, &var.default)?))).collect()
    }

    /// Length of the body. JK_IGNORE_CL makes a known one unknown.
    pub(super) fn body(&self) -> Body {
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
