//! A Forward Request made of arbitrary octets: what is sent is what a container reads, or nothing is sent.
//!
//! The input is cut at 0xFF: first max_packet_size in one octet (times 16), method, URI, query, secret, and
//! then names and values of headers in turn.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_jk::ajp::{peer, Attributes, ForwardRequest, Hop};

fuzz_target!(|input: &[u8]| {
    let Some((&size, fields)) = input.split_first() else { return };
    let mut fields = fields.split(|octet| *octet == 0xff);
    let (method, req_uri) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let (query, secret) = (fields.next(), fields.next());
    let values: Vec<&[u8]> = fields.collect();
    let headers: Vec<(&[u8], &[u8])> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let request = ForwardRequest {
        method,
        protocol: b"HTTP/1.1",
        req_uri,
        remote_addr: None,
        remote_host: None,
        server_name: None,
        server_port: 80,
        is_ssl: false,
        headers: &headers,
        attributes: Attributes { query_string: query, ..Attributes::default() },
    };
    let mut packet = Vec::new();
    let limit = usize::from(size) * 16;
    match request.encode(&Hop { secret, ..Hop::default() }, &mut packet, limit) {
        Ok(()) => {
            assert!(packet.len() <= limit);
            check(&packet, &request, secret, &headers);
        }
        Err(refused) => assert!(packet.is_empty() && (refused.needed > limit || refused.name_too_long)),
    }
});

fn check(packet: &[u8], sent: &ForwardRequest<'_>, secret: Option<&[u8]>, headers: &[(&[u8], &[u8])]) {
    let (payload, size) = peer::split_request_packet(packet, 65532).expect("a packet").expect("all of it");
    assert_eq!(size, packet.len());
    let received = peer::decode_forward_request(payload).expect("valid");
    assert_eq!(received.method, sent.method);
    assert_eq!(received.req_uri, sent.req_uri);
    assert_eq!(received.attribute("query_string"), sent.attributes.query_string);
    assert_eq!(received.attribute("secret"), secret);
    assert_eq!(received.headers.len(), headers.len());
    for ((name, value), (sent_name, sent_value)) in received.headers.iter().zip(headers) {
        assert!(name.eq_ignore_ascii_case(sent_name) && value == sent_value);
    }
}
