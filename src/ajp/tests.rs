//! Properties over all messages: what one side encodes the other reads back, and no octets of a peer make the
//! decoder panic or hand out memory that is not the packet's.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, Index};

use super::code::RESPONSE_HEADERS;
use super::peer::{self, ReceivedRequest};
use super::*;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn method() -> impl Strategy<Value = Vec<u8>> {
    let known = (1..=27_u8).prop_map(|code| code::method_name(code).expect("a method").into());
    prop_oneof![known, "[A-Z]{1,12}".prop_map(String::into_bytes)]
}

/// Names in their canonical spelling, which is what a container makes of a code, and others.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let coded = select(vec!["Accept", "Accept-Language", "Content-Length", "Cookie", "Host", "User-Agent"]);
    prop_oneof![coded.prop_map(Into::into), "X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}".prop_map(String::into_bytes)]
}

fn pairs() -> impl Strategy<Value = Pairs> {
    vec((name(), octets()), 0..20)
}

prop_compose! {
    /// A request as a container is to receive it, without its attributes.
    fn fixed_part()(
        method in method(),
        protocol in octets(),
        req_uri in octets(),
        remote_addr in option::of(octets()),
        remote_host in option::of(octets()),
        server_name in option::of(octets()),
        server_port in any::<u16>(),
        is_ssl in any::<bool>(),
        headers in pairs(),
    ) -> ReceivedRequest {
        ReceivedRequest {
            method,
            protocol,
            req_uri,
            remote_addr,
            remote_host,
            server_name,
            server_port,
            is_ssl,
            headers,
            attributes: Vec::new(),
        }
    }
}

fn forward_request<'a>(request: &'a ReceivedRequest, attributes: Attributes<'a>) -> ForwardRequest<'a> {
    ForwardRequest {
        method: &request.method,
        protocol: &request.protocol,
        req_uri: &request.req_uri,
        remote_addr: request.remote_addr.as_deref(),
        remote_host: request.remote_host.as_deref(),
        server_name: request.server_name.as_deref(),
        server_port: request.server_port,
        is_ssl: request.is_ssl,
        headers: &request.headers,
        attributes,
    }
}

/// Encodes the request and reads it back as a container does.
fn received(request: &ForwardRequest<'_>, hop: &Hop<'_>) -> ReceivedRequest {
    let mut buffer = Vec::new();
    request.encode(hop, &mut buffer, MAX_PACKET_SIZE).expect("fits");
    let (payload, size) = peer::split_request_packet(&buffer, 65532).expect("a packet").expect("all of it");
    assert_eq!(size, buffer.len());
    peer::decode_forward_request(payload).expect("valid")
}

/// A reply that a container could send, or what is left of it after some octets were changed and cut off.
fn damaged_reply() -> impl Strategy<Value = Vec<u8>> {
    let headers = (any::<u16>(), option::of(octets()), vec((name(), octets()), 0..4));
    let headers = headers.prop_map(|(status, reason, headers)| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        peer::encode_send_headers(status, reason.as_deref(), &headers)
    });
    let reply = prop_oneof![
        4 => headers,
        1 => octets().prop_map(|data| peer::encode_chunk(&data)),
        1 => any::<u16>().prop_map(peer::encode_get_body_chunk),
        1 => any::<bool>().prop_map(peer::encode_end_response),
        1 => Just(peer::CPONG.to_vec()),
    ];
    let damage = vec((any::<Index>(), any::<u8>()), 0..4);
    (reply, damage, any::<Index>(), any::<bool>()).prop_map(|(mut reply, damage, end, cut)| {
        for (index, octet) in damage {
            *index.get_mut(&mut reply) = octet;
        }
        reply.truncate(if cut { end.index(reply.len()) } else { reply.len() });
        reply
    })
}

/// Whether `part` lies inside `whole` in memory.
fn is_inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

fn assert_borrows_from(payload: &[u8], reply: &Reply<'_>) {
    match reply {
        Reply::SendBodyChunk(data) => assert!(is_inside(data, payload)),
        Reply::SendHeaders(head) => {
            let is_inside_or_changed = |text| match text {
                &Cow::Borrowed(text) => is_inside(text, payload),
                Cow::Owned(_) => true,
            };
            assert!(head.reason.as_ref().is_none_or(is_inside_or_changed));
            for (name, value) in &head.headers {
                assert!(is_inside_or_changed(value));
                assert!(is_inside(name, payload) || RESPONSE_HEADERS.code(name).is_some());
            }
        }
        Reply::GetBodyChunk { .. } | Reply::EndResponse { .. } | Reply::CPong => {}
    }
}

/// Decodes what was received as a worker would, from a buffer with other octets behind the packet.
fn assert_is_harmless(received: &[u8]) {
    let stale = b"octets of another response\0";
    let buffer = [received, stale].concat();
    if let Ok(Some((payload, size))) = split_packet(&buffer[..received.len()], 8192) {
        assert_eq!(size, payload.len() + HEADER_LENGTH);
        if let Ok(reply) = Reply::decode(payload) {
            assert_borrows_from(payload, &reply);
        }
    }
}

proptest! {
    #[test]
    fn a_container_reads_what_was_encoded(
        mut request in fixed_part(),
        user in option::of(octets()),
        query in option::of(octets()),
        secret in option::of(octets()),
        route in option::of(octets()),
        environment in pairs(),
    ) {
        let environment: Vec<_> = environment.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let attributes = Attributes {
            remote_user: user.as_deref(),
            query_string: query.as_deref(),
            environment: &environment,
            ..Attributes::default()
        };
        let hop = Hop { secret: secret.as_deref(), route: route.as_deref(), activation: b"STP" };
        let received = received(&forward_request(&request, attributes), &hop);

        let has_code = code::method_code(&request.method).is_some();
        let method = (!has_code).then(|| request.method.clone());
        let expected = [
            ("secret", secret),
            ("remote_user", user.filter(|user| !user.is_empty())),
            ("query_string", query),
            ("route", route),
            ("stored_method", method),
            ("AJP_REMOTE_PORT", Some(Vec::new())),
            ("JK_LB_ACTIVATION", Some(b"STP".to_vec())),
        ];
        let expected = expected.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
        let environment = environment.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
        request.attributes = expected.chain(environment).collect();
        prop_assert_eq!(received, request);
    }

    #[test]
    fn a_request_fits_or_leaves_nothing(request in fixed_part(), limit in 0..300_usize) {
        let mut buffer = Vec::new();
        let request = forward_request(&request, Attributes::default());
        let hop = Hop { activation: b"ACT", ..Hop::default() };
        match request.encode(&hop, &mut buffer, limit) {
            Ok(()) => prop_assert!(buffer.len() <= limit),
            Err(refused) => {
                prop_assert!(buffer.is_empty() && refused.needed > limit);
                request.encode(&hop, &mut buffer, refused.needed).expect("what is needed suffices");
                prop_assert_eq!(buffer.len(), refused.needed);
            }
        }
    }

    #[test]
    fn a_response_head_arrives_as_it_was_sent(
        status in 200..=999_u16,
        reason in option::of("([!-~]([ -~]{0,18}[!-~])?)?"),
        headers in vec(("X-[A-Za-z]{1,9}|Set-Cookie|Location", "([!-~]([ -~]*[!-~])?)?"), 0..30),
    ) {
        let headers: Vec<(&[u8], &[u8])> =
            headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let reason = reason.as_deref().map(str::as_bytes);
        let packet = peer::encode_send_headers(status, reason, &headers);
        let (payload, _) = split_packet(&packet, 8192).expect("a packet").expect("all of it");
        let reason = reason.map(Cow::Borrowed);
        let headers = headers.into_iter().map(|(name, value)| (name, Cow::Borrowed(value))).collect();
        let expected = Reply::SendHeaders(Box::new(SendHeaders { status, reason, headers }));
        prop_assert_eq!(Reply::decode(payload), Ok(expected));
    }

    #[test]
    fn a_chunk_arrives_as_it_was_sent(data in vec(any::<u8>(), 0..8184)) {
        let packet = peer::encode_chunk(&data);
        let (payload, _) = split_packet(&packet, 8192).expect("a packet").expect("all of it");
        prop_assert_eq!(Reply::decode(payload), Ok(Reply::SendBodyChunk(&data)));
    }

    #[test]
    fn any_octets_are_harmless(octets in vec(any::<u8>(), 0..200)) {
        assert_is_harmless(&octets);
        assert_is_harmless(&peer::encode_packet(&octets));
        assert!(peer::decode_forward_request(&octets).is_err() || octets[0] == 2);
    }

    #[test]
    fn damaged_replies_are_harmless(reply in damaged_reply()) {
        assert_is_harmless(&reply);
    }

    #[test]
    fn an_accepted_head_cannot_split_a_response(reply in damaged_reply()) {
        if let Ok(Some((payload, _))) = split_packet(&reply, 8192) {
            if let Ok(Reply::SendHeaders(head)) = Reply::decode(payload) {
                prop_assert!((200..=999).contains(&head.status));
                let texts = head.headers.iter().flat_map(|(name, value)| [*name, &**value]);
                let texts = texts.chain(head.reason.as_deref());
                for text in texts {
                    prop_assert!(!text.iter().any(|octet| b"\r\n\0\x7f".contains(octet)));
                }
            }
        }
    }
}

#[test]
fn simple_replies_are_encoded_as_tomcat_does() {
    assert_eq!(peer::encode_chunk(b""), [0x41, 0x42, 0x00, 0x04, 0x03, 0x00, 0x00, 0x00]);
    assert_eq!(peer::encode_end_response(true), [0x41, 0x42, 0x00, 0x02, 0x05, 0x01]);
    assert_eq!(peer::encode_get_body_chunk(8186), [0x41, 0x42, 0x00, 0x03, 0x06, 0x1f, 0xfa]);
    let head = peer::encode_send_headers(200, None, &[(b"content-type", b"a/b"), (b"X", b"")]);
    let expected = b"AB\x00\x16\x04\x00\xc8\xff\xff\x00\x02\xa0\x01\x00\x03a/b\x00\x00\x01X\x00\x00\x00\x00";
    assert_eq!(head, expected);
}

#[test]
fn a_complaint_about_a_reply_names_what_to_look_for() {
    let complaint = |payload: &[u8]| Reply::decode(payload).expect_err("malformed").to_string();
    assert_eq!(complaint(&[]), "reply: prefix_code ends beyond the packet: octets needed 1, left 0");
    assert_eq!(complaint(&[2]), "reply: prefix_code has the unknown code 0x0002");
    assert_eq!(
        complaint(&[4, 0, 100]),
        "SEND_HEADERS: http_status_code is 100, which is no final HTTP status"
    );
    assert_eq!(
        complaint(&[3, 0, 9, 1]),
        "SEND_BODY_CHUNK: chunk ends beyond the packet: octets needed 9, left 1"
    );
}
