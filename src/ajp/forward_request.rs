//! FORWARD_REQUEST: one HTTP request on its way to the container.
//!
//! | field | type |
//! |---|---|
//! | prefix_code | byte 2 |
//! | method | byte, 0xFF for methods without a code |
//! | protocol, req_uri | string |
//! | remote_addr, remote_host, server_name | string, may be null |
//! | server_port | integer |
//! | is_ssl | boolean |
//! | num_headers | integer |
//! | req_header_name, req_header_value | code 0xA001 to 0xA00E or string, and string; once per header |
//! | attributes | code, and string (ssl_key_size: integer; req_attribute: two strings); each optional |
//! | request_terminator | byte 0xFF |
//!
//! Strings go out octet by octet as they are. They have no NUL inside, because httpd keeps them as C strings;
//! one that had would still be framed correctly, since only lengths count.
//! What the values are is for the adapter to decide. Rules: "ajp13, section 4"; "directives, section 8".

use super::code::{self, Attribute, REQUEST_HEADERS};
use super::too_large::TooLarge;
use super::writer::PacketWriter;
use crate::text::is_same_name;

/// Its prefix_code.
pub(super) const CODE: u8 = 2;

/// Its name in error messages.
#[cfg(any(test, fuzzing))]
pub(super) const NAME: &str = "FORWARD_REQUEST";

/// Everything of an HTTP request that the container is told, borrowed from where it stands.
///
/// `None` in an address field is sent as the null string; an attribute that is `None` is not sent.
#[derive(Clone, Copy)]
pub struct ForwardRequest<'a> {
    /// Method as received; unknown ones travel as stored method.
    pub method: &'a [u8],
    /// Protocol as received, `HTTP/1.1`.
    pub protocol: &'a [u8],
    /// Path without query string, encoded as JkOptions say.
    pub req_uri: &'a [u8],
    /// Address of the client.
    pub remote_addr: Option<&'a [u8]>,
    /// Name of the client, if it was looked up.
    pub remote_host: Option<&'a [u8]>,
    /// Name the client called the server by.
    pub server_name: Option<&'a [u8]>,
    /// Port the client called.
    pub server_port: u16,
    /// The client's connection is TLS.
    pub is_ssl: bool,
    /// Request headers in order.
    pub headers: &'a dyn Headers,
    /// Optional attributes.
    pub attributes: Attributes<'a>,
}

/// Request headers, visited in the order in which they are sent.
pub trait Headers {
    /// Calls `visit` with name and value of each header to send.
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8]));

    /// Calls `visit` with the value of each Cookie header.
    fn for_each_cookie(&self, visit: &mut dyn FnMut(&[u8])) {
        self.for_each(&mut |name, value| {
            if is_same_name(name, b"Cookie") {
                visit(value);
            }
        });
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.iter().for_each(|(name, value)| visit(name.as_ref(), value.as_ref()));
    }
}

/// The request attributes that do not depend on the chosen worker.
#[derive(Clone, Copy, Default)]
pub struct Attributes<'a> {
    /// Authenticated user; not sent if empty.
    pub remote_user: Option<&'a [u8]>,
    /// How it was authenticated; not sent if empty.
    pub auth_type: Option<&'a [u8]>,
    /// Query string, also if empty.
    pub query_string: Option<&'a [u8]>,
    /// Client certificate, PEM; not sent if empty. This and all other TLS attributes need `is_ssl`.
    pub ssl_cert: Option<&'a [u8]>,
    /// Cipher suite.
    pub ssl_cipher: Option<&'a [u8]>,
    /// TLS session id.
    pub ssl_session: Option<&'a [u8]>,
    /// Key size in bits.
    pub ssl_key_size: Option<u16>,
    /// `AJP_SSL_PROTOCOL`; not sent if empty.
    pub ssl_protocol: Option<&'a [u8]>,
    /// `AJP_REMOTE_PORT`, decimal text; `None` is sent as the null string.
    pub remote_port: Option<&'a [u8]>,
    /// `AJP_LOCAL_ADDR`.
    pub local_addr: Option<&'a [u8]>,
    /// `JkEnvVar` names and values in order.
    pub environment: &'a [(&'a [u8], &'a [u8])],
}

/// What the worker adds for one attempt.
#[derive(Clone, Copy, Default)]
pub struct Hop<'a> {
    /// `secret` of the worker.
    pub secret: Option<&'a [u8]>,
    /// Route of the chosen member, or JK_ROUTE.
    pub route: Option<&'a [u8]>,
    /// `JK_LB_ACTIVATION`: `ACT`, `DIS` or `STP`.
    pub activation: &'a [u8],
}

impl ForwardRequest<'_> {
    /// Writes the whole packet, envelope included, into `buffer`, whose former content is dropped.
    ///
    /// # Errors
    /// [`TooLarge`] if the packet would exceed `max_packet_size` octets, or a header name has 0xA000 octets
    /// or more, which would be read as a code. The buffer is empty then.
    pub fn encode(
        &self,
        hop: &Hop<'_>,
        buffer: &mut Vec<u8>,
        max_packet_size: usize,
    ) -> Result<(), TooLarge> {
        let mut packet = PacketWriter::new(buffer, max_packet_size);
        self.write_fixed_part(&mut packet);
        self.write_headers(&mut packet);
        self.write_attributes(hop, &mut packet);
        self.write_named_attributes(hop, &mut packet);
        packet.u8(code::END_OF_ATTRIBUTES);
        packet.finish().map_err(|overflow| TooLarge::new(overflow, self.headers))
    }

    fn write_fixed_part(&self, packet: &mut PacketWriter<'_>) {
        packet.u8(CODE);
        packet.u8(code::method_code(self.method).unwrap_or(code::STORED_METHOD));
        packet.string("protocol", self.protocol);
        packet.string("req_uri", self.req_uri);
        packet.optional_string("remote_addr", self.remote_addr);
        packet.optional_string("remote_host", self.remote_host);
        packet.optional_string("server_name", self.server_name);
        packet.u16(self.server_port);
        packet.u8(self.is_ssl.into());
    }
    fn write_headers(&self, packet: &mut PacketWriter<'_>) {
        let num_headers = packet.reserve_u16();
        let mut count = 0_usize;
        self.headers.for_each(&mut |name, value| {
            packet.header_name("req_header_name", &REQUEST_HEADERS, name);
            packet.string("req_header_value", value);
            count += 1;
        });
        // More headers than an integer can tell exceed the largest packet: that count is never sent.
        packet.fill(num_headers, u16::try_from(count).unwrap_or(u16::MAX));
    }

    /// Writes the attributes that have a code of their own, in the order of the original.
    fn write_attributes(&self, hop: &Hop<'_>, packet: &mut PacketWriter<'_>) {
        let of = &self.attributes;
        let tls = self.is_ssl;
        write_attribute(packet, Attribute::Secret, hop.secret);
        write_attribute(packet, Attribute::RemoteUser, of.remote_user.filter(is_not_empty));
        write_attribute(packet, Attribute::AuthType, of.auth_type.filter(is_not_empty));
        write_attribute(packet, Attribute::QueryString, of.query_string);
        write_attribute(packet, Attribute::Route, hop.route);
        write_attribute(packet, Attribute::SslCert, of.ssl_cert.filter(|cert| tls && is_not_empty(cert)));
        write_attribute(packet, Attribute::SslCipher, of.ssl_cipher.filter(|_| tls));
        write_attribute(packet, Attribute::SslSession, of.ssl_session.filter(|_| tls));
        if let Some(bits) = of.ssl_key_size.filter(|_| tls) {
            packet.u8(Attribute::SslKeySize.code());
            packet.u16(bits);
        }
        let has_code = code::method_code(self.method).is_some();
        write_attribute(packet, Attribute::StoredMethod, (!has_code).then_some(self.method));
    }

    /// Writes the attributes that carry their own name, in the order of the original.
    fn write_named_attributes(&self, hop: &Hop<'_>, packet: &mut PacketWriter<'_>) {
        let of = &self.attributes;
        let protocol = of.ssl_protocol.filter(|protocol| self.is_ssl && is_not_empty(protocol));
        if let Some(protocol) = protocol {
            write_named(packet, b"AJP_SSL_PROTOCOL", Some(protocol));
        }
        write_named(packet, b"AJP_REMOTE_PORT", of.remote_port);
        if let Some(address) = of.local_addr {
            write_named(packet, b"AJP_LOCAL_ADDR", Some(address));
        }
        write_named(packet, b"JK_LB_ACTIVATION", Some(hop.activation));
        for (name, value) in of.environment {
            write_named(packet, name, Some(value));
        }
    }
}

fn write_named(packet: &mut PacketWriter<'_>, name: &[u8], value: Option<&[u8]>) {
    packet.u8(Attribute::Named.code());
    packet.string("req_attribute name", name);
    packet.optional_string("req_attribute value", value);
}

fn write_attribute(packet: &mut PacketWriter<'_>, attribute: Attribute, value: Option<&[u8]>) {
    if let Some(value) = value {
        packet.u8(attribute.code());
        packet.string(attribute.name(), value);
    }
}

fn is_not_empty(value: &&[u8]) -> bool {
    !value.is_empty()
}

#[cfg(test)]
mod tests;
