//! From httpd's request to a Forward Request: the facts, and what is made of them.
//!
//! What comes from where, and which environment variable overrides it: "directives, section 8".

mod expanded;
mod gather;
mod headers;
mod variables;

use std::borrow::Cow;

use gather::{Gather, PortText};
use headers::RequestHeaders;
use smallvec::SmallVec;
use variables::number;
pub(super) use variables::{reply_timeout, switch, Environment};

use super::record::RequestRecord;
use super::uri::{as_received, encoded_slashes};
use crate::ajp::{Attributes, ForwardRequest};
use crate::config::directives::Indicator;
use crate::ffi::request::Request;
use crate::service::server::host::VirtualHost;
use crate::worker::Body;

/// Facts about a request, gathered once; [`Facts::forward_request`] borrows from them.
pub(super) struct Facts<'r> {
    request: Request<'r>,
    uri: Cow<'r, [u8]>,
    remote_addr: Option<&'r [u8]>,
    remote_port: PortText,
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
        let mut gather = Gather::new(request, host);
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
            headers: RequestHeaders::of(request, body),
            body,
        };
        // Not before: what httpd knows itself overrides nothing, and adding it drops the first of two values.
        if host.forwards_common_variables {
            request.add_common_variables();
            gather = Gather::new(request, host);
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
