//! The container's side of the protocol: what a scripted container in tests and fuzzers needs.
//!
//! It decodes requests into owned values and encodes replies. The module itself never uses it: a decoder that
//! shares only code tables and cursor with the encoder is what proves the encoder right.
//! Rules: "ajp13, sections 2 to 5 and 8".

use super::code::{self, Attribute, REQUEST_HEADERS, RESPONSE_HEADERS};
use super::cursor::{Cursor, Defect, Malformed};
use super::packet::{self, FramingError, FROM_CONTAINER, MAX_PACKET_SIZE};
use super::writer::PacketWriter;

/// The complete CPONG packet.
pub const CPONG: [u8; 5] = [0x41, 0x42, 0x00, 0x01, 0x09];

/// Name and value of a header or attribute.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A Forward Request as a container sees it. `None` is the null string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// Method, from its code or from the attribute stored_method.
    pub method: Vec<u8>,
    /// Protocol.
    pub protocol: Vec<u8>,
    /// Path.
    pub req_uri: Vec<u8>,
    /// Address of the client.
    pub remote_addr: Option<Vec<u8>>,
    /// Name of the client.
    pub remote_host: Option<Vec<u8>>,
    /// Name of the server.
    pub server_name: Option<Vec<u8>>,
    /// Port of the server.
    pub server_port: u16,
    /// The client's connection is TLS.
    pub is_ssl: bool,
    /// Headers in order; coded names in their canonical spelling.
    pub headers: Vec<Pair>,
    /// Attributes in order, by the protocol's name (`secret`, `query_string`) or their own
    /// (`AJP_REMOTE_PORT`); ssl_key_size as decimal text; stored_method included.
    pub attributes: Vec<Pair>,
}

impl ReceivedRequest {
    /// Value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| &value[..])
    }

    /// Value of the first attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&[u8]> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(found, _)| found == name.as_bytes()).map(|(_, value)| &value[..])
    }
}

/// Finds the first packet to the container in what was received, as [`super::split_packet`] does for the
/// other direction.
///
/// # Errors
/// [`FramingError`] as soon as the octets received so far can't be the beginning of a packet.
pub fn split_request_packet(
    buffer: &[u8],
    max_payload: usize,
) -> Result<Option<(&[u8], usize)>, FramingError> {
    packet::split(packet::TO_CONTAINER, buffer, max_payload)
}

/// Decodes the payload of a Forward Request.
///
/// # Errors
/// [`Malformed`] if it is anything else, cut off, or too long.
pub fn decode_forward_request(payload: &[u8]) -> Result<ReceivedRequest, Malformed> {
    let mut body = Cursor::new(super::forward_request::NAME, payload);
    let prefix_code = body.u8("prefix_code")?;
    if prefix_code != super::forward_request::CODE {
        return Err(body.malformed("prefix_code", Defect::UnknownCode(prefix_code.into())));
    }
    let method = body.u8("method")?;
    let mut request = ReceivedRequest {
        protocol: body.string("protocol")?.to_vec(),
        req_uri: body.string("req_uri")?.to_vec(),
        remote_addr: body.optional_string("remote_addr")?.map(<[u8]>::to_vec),
        remote_host: body.optional_string("remote_host")?.map(<[u8]>::to_vec),
        server_name: body.optional_string("server_name")?.map(<[u8]>::to_vec),
        server_port: body.u16("server_port")?,
        is_ssl: body.u8("is_ssl")? != 0,
        ..ReceivedRequest::default()
    };
    for _ in 0..body.u16("num_headers")? {
        let name = body.header_name("req_header_name", &REQUEST_HEADERS)?.to_vec();
        request.headers.push((name, body.string("req_header_value")?.to_vec()));
    }
    while let Some(attribute) = attribute(&mut body)? {
        request.attributes.push(attribute);
    }
    request.method = method_name(&body, method, &request)?;
    body.end()?;
    Ok(request)
}

/// Reads one attribute; `None` is the end of them.
fn attribute(body: &mut Cursor<'_>) -> Result<Option<Pair>, Malformed> {
    const FIELD: &str = "attribute";
    let code = body.u8(FIELD)?;
    if code == code::END_OF_ATTRIBUTES {
        return Ok(None);
    }
    let Some(attribute) = Attribute::from_code(code) else {
        return Err(body.malformed(FIELD, Defect::UnknownCode(code.into())));
    };
    let name = match attribute {
        Attribute::Named => body.string(attribute.name())?.to_vec(),
        _ => attribute.name().into(),
    };
    let value = match attribute {
        Attribute::SslKeySize => body.u16(attribute.name())?.to_string().into_bytes(),
        _ => body.optional_string(attribute.name())?.unwrap_or_default().to_vec(),
    };
    Ok(Some((name, value)))
}

fn method_name(body: &Cursor<'_>, code: u8, request: &ReceivedRequest) -> Result<Vec<u8>, Malformed> {
    let name = match code {
        code::STORED_METHOD => request.attribute(Attribute::StoredMethod.name()),
        code => code::method_name(code).map(str::as_bytes),
    };
    let unknown = || body.malformed("method", Defect::UnknownCode(code.into()));
    name.map(<[u8]>::to_vec).ok_or_else(unknown)
}

/// Puts any payload into an envelope, also one that no sane container would send.
///
/// # Panics
/// If it has more than 65,532 octets: a mistake of the test.
pub fn encode_packet(payload: &[u8]) -> Vec<u8> {
    encode(|packet| packet.octets(payload))
}

/// SEND_HEADERS; known header names go as codes, as from Tomcat.
///
/// # Panics
/// If it does not fit into a packet, or has more than 65,535 headers: a mistake of the test.
pub fn encode_send_headers(status: u16, reason: Option<&[u8]>, headers: &[(&[u8], &[u8])]) -> Vec<u8> {
    encode(|packet| {
        packet.u8(super::send_headers::CODE);
        packet.u16(status);
        packet.optional_string("http_status_msg", reason);
        packet.u16(u16::try_from(headers.len()).expect("too many headers"));
        for (name, value) in headers {
            packet.header_name("res_header_name", &RESPONSE_HEADERS, name);
            packet.string("res_header_value", value);
        }
    })
}

/// SEND_BODY_CHUNK with the trailing NUL that Tomcat adds; without data it asks for a flush.
///
/// # Panics
/// If `data` has more than 65,528 octets: a mistake of the test.
pub fn encode_chunk(data: &[u8]) -> Vec<u8> {
    encode(|packet| {
        packet.u8(super::send_body_chunk::CODE);
        packet.string("chunk", data);
    })
}

/// GET_BODY_CHUNK.
pub fn encode_get_body_chunk(wanted: u16) -> Vec<u8> {
    encode(|packet| {
        packet.u8(super::get_body_chunk::CODE);
        packet.u16(wanted);
    })
}

/// END_RESPONSE.
pub fn encode_end_response(reuse: bool) -> Vec<u8> {
    encode(|packet| {
        packet.u8(super::end_response::CODE);
        packet.u8(reuse.into());
    })
}

fn encode(write: impl FnOnce(&mut PacketWriter<'_>)) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut packet = PacketWriter::with_magic(FROM_CONTAINER, &mut buffer, MAX_PACKET_SIZE);
    write(&mut packet);
    packet.finish().expect("a scripted reply fits into a packet");
    buffer
}
