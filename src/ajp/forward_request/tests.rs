//! Golden octets of Forward Requests, and what does not fit.

use super::*;
use crate::ajp::peer::decode_forward_request;
use crate::ajp::HEADER_LENGTH;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

const HOP: Hop<'static> = Hop { secret: None, route: None, activation: b"ACT" };

fn get(headers: &Pairs) -> ForwardRequest<'_> {
    ForwardRequest {
        method: b"GET",
        protocol: b"HTTP/1.1",
        req_uri: b"/a",
        remote_addr: Some(b"10.0.0.1"),
        remote_host: None,
        server_name: Some(b"x"),
        server_port: 80,
        is_ssl: false,
        headers,
        attributes: Attributes::default(),
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

fn encode(request: &ForwardRequest<'_>, hop: &Hop<'_>) -> Result<Vec<u8>, TooLarge> {
    let mut buffer = Vec::new();
    request.encode(hop, &mut buffer, 8192).map(|()| buffer)
}

/// The names of the attributes that a container receives, in order.
fn attribute_names(request: &ForwardRequest<'_>, hop: &Hop<'_>) -> Vec<String> {
    let packet = encode(request, hop).expect("fits");
    let received = decode_forward_request(&packet[HEADER_LENGTH..]).expect("valid");
    let names = received.attributes.into_iter().map(|(name, _)| String::from_utf8(name));
    names.collect::<Result<_, _>>().expect("text")
}

#[test]
fn golden_octets_of_a_plain_request() {
    let headers =
        pairs(&[("host", "x"), ("Accept-Encoding", "gzip"), ("Expect", ""), ("Content-Length", "0")]);
    let expected = b"\x12\x34\x00\x79\x02\x02\x00\x08HTTP/1.1\x00\x00\x02/a\x00\x00\x0810.0.0.1\x00\xff\xff\
        \x00\x01x\x00\x00\x50\x00\x00\x04\
        \xa0\x0b\x00\x01x\x00\xa0\x03\x00\x04gzip\x00\x00\x06Expect\x00\x00\x00\x00\xa0\x08\x00\x010\x00\
        \x0a\x00\x0fAJP_REMOTE_PORT\x00\xff\xff\
        \x0a\x00\x10JK_LB_ACTIVATION\x00\x00\x03ACT\x00\xff";
    let packet = encode(&get(&headers), &HOP).expect("fits");
    assert_eq!(packet.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn golden_octets_of_every_attribute() {
    let headers = Vec::new();
    let request = ForwardRequest {
        method: b"PATCH",
        protocol: b"HTTP/1.0",
        req_uri: b"/",
        remote_addr: None,
        server_name: None,
        server_port: 8443,
        is_ssl: true,
        attributes: Attributes {
            remote_user: Some(b"u"),
            auth_type: Some(b"Basic"),
            query_string: Some(b""),
            ssl_cert: Some(b"PEM"),
            ssl_cipher: Some(b"C"),
            ssl_session: Some(b"S"),
            ssl_key_size: Some(256),
            ssl_protocol: Some(b"TLSv1.3"),
            remote_port: Some(b"4711"),
            local_addr: Some(b"::1"),
            environment: &[(b"A", b"1"), (b"B", b"")],
        },
        ..get(&headers)
    };
    let hop = Hop { secret: Some(b"pw"), route: Some(b"r1"), activation: b"DIS" };
    let expected = b"\x12\x34\x00\xd3\x02\xff\x00\x08HTTP/1.0\x00\x00\x01/\x00\xff\xff\xff\xff\xff\xff\
        \x20\xfb\x01\x00\x00\
        \x0c\x00\x02pw\x00\x03\x00\x01u\x00\x04\x00\x05Basic\x00\x05\x00\x00\x00\x06\x00\x02r1\x00\
        \x07\x00\x03PEM\x00\x08\x00\x01C\x00\x09\x00\x01S\x00\x0b\x01\x00\x0d\x00\x05PATCH\x00\
        \x0a\x00\x10AJP_SSL_PROTOCOL\x00\x00\x07TLSv1.3\x00\
        \x0a\x00\x0fAJP_REMOTE_PORT\x00\x00\x044711\x00\
        \x0a\x00\x0eAJP_LOCAL_ADDR\x00\x00\x03::1\x00\
        \x0a\x00\x10JK_LB_ACTIVATION\x00\x00\x03DIS\x00\
        \x0a\x00\x01A\x00\x00\x011\x00\x0a\x00\x01B\x00\x00\x00\x00\xff";
    let packet = encode(&request, &hop).expect("fits");
    assert_eq!(packet.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn empty_user_and_type_are_not_sent() {
    let headers = Vec::new();
    let attributes = Attributes { remote_user: Some(b""), auth_type: Some(b""), ..Attributes::default() };
    let request = ForwardRequest { attributes, ..get(&headers) };
    assert_eq!(attribute_names(&request, &HOP), ["AJP_REMOTE_PORT", "JK_LB_ACTIVATION"]);
}

#[test]
fn tls_attributes_need_tls() {
    let headers = Vec::new();
    let attributes = Attributes {
        ssl_cert: Some(b"PEM"),
        ssl_cipher: Some(b"C"),
        ssl_session: Some(b"S"),
        ssl_key_size: Some(256),
        ssl_protocol: Some(b"TLSv1.3"),
        ..Attributes::default()
    };
    let plain = ForwardRequest { attributes, ..get(&headers) };
    assert_eq!(attribute_names(&plain, &HOP), ["AJP_REMOTE_PORT", "JK_LB_ACTIVATION"]);
    let empty = Attributes { ssl_cert: Some(b""), ssl_protocol: Some(b""), ..attributes };
    let tls = ForwardRequest { is_ssl: true, attributes: empty, ..plain };
    let sent = ["ssl_cipher", "ssl_session", "ssl_key_size", "AJP_REMOTE_PORT", "JK_LB_ACTIVATION"];
    assert_eq!(attribute_names(&tls, &HOP), sent);
}

#[test]
fn the_buffer_is_reused_and_keeps_nothing_of_the_last_request() {
    let headers = Vec::new();
    let mut buffer = vec![0xee; 8192];
    let place = buffer.as_ptr();
    get(&headers).encode(&HOP, &mut buffer, 8192).expect("fits");
    assert_eq!(buffer.as_ptr(), place);
    assert_eq!(Ok(buffer), encode(&get(&headers), &HOP));
}

#[test]
fn a_packet_may_be_as_large_as_the_limit() {
    let filled = |length| pairs(&[("X", &"x".repeat(length))]);
    let room = 8192 - encode(&get(&filled(0)), &HOP).expect("fits").len();
    let largest = filled(room);
    assert_eq!(encode(&get(&largest), &HOP).map(|packet| packet.len()), Ok(8192));
    let headers = filled(room + 1);
    let refused = encode(&get(&headers), &HOP).expect_err("one octet too many");
    assert_eq!((refused.needed, refused.limit), (8193, 8192));
    let largest = refused.largest_header.expect("a header");
    assert_eq!((&largest.name[..], largest.value_length), (&b"X"[..], room + 1));
    assert!(!refused.name_too_long);
}

#[test]
fn nothing_is_left_of_a_packet_that_does_not_fit() {
    let headers = pairs(&[("X", &"x".repeat(9000))]);
    let mut buffer = Vec::new();
    assert!(get(&headers).encode(&HOP, &mut buffer, 8192).is_err());
    assert!(buffer.is_empty() && buffer.capacity() < 8192);
}

#[test]
fn values_that_exceed_their_length_field_are_refused_and_not_cut() {
    for length in [65534, 65535, 65536, 65542, 200_000] {
        let headers = pairs(&[("Cookie", &"c".repeat(length))]);
        let refused = get(&headers).encode(&HOP, &mut Vec::new(), 65536).expect_err("too long");
        assert_eq!(refused.longest, Some(("req_header_value", length)));
        assert!(refused.needed > length && refused.to_string().contains("no AJP packet can have more"));
    }
}

#[test]
fn long_names_are_not_sent_as_codes() {
    for (length, fits) in [(0x9fff, true), (0xa000, false), (0xa001, false), (0xa0ff, false)] {
        let headers = pairs(&[("A", &"a".repeat(100)), (&"n".repeat(length), "")]);
        match get(&headers).encode(&HOP, &mut Vec::new(), 65536) {
            Ok(()) => assert!(fits, "{length}"),
            Err(refused) => {
                assert!(!fits && refused.name_too_long, "{length}");
                assert!(refused.to_string().ends_with("AJP header names have at most 40959 octets"));
            }
        }
    }
}

#[test]
fn more_headers_than_can_be_counted_are_refused() {
    let headers = vec![(Vec::new(), Vec::new()); 65536 + 3];
    let refused = get(&headers).encode(&HOP, &mut Vec::new(), usize::MAX).expect_err("too many");
    assert_eq!(refused.limit, 65536);
    assert!(refused.needed > 6 * 65536);
}
