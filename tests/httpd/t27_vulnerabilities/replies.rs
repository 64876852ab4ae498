//! Replies that overran or overread a buffer.

use super::{assert_no_crash, everything_mounted};
use crate::support::ajp::{self, packet};
use crate::support::backend::{Answer, Backend};
use crate::support::raw::{self, Ending, RawReply};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("cve_2006_7197_a_chunk_longer_than_its_packet_reveals_no_memory", cve_2006_7197)
        .test("unnumbered_a_chunk_packet_of_one_octet_reveals_no_memory", chunk_of_one_octet)
        .test("unnumbered_header_code_a000_crashes_nothing", header_code_a000)
        .test("cve_2026_28780_a_message_of_full_size_overflows_nothing", cve_2026_28780)
        .test("cve_2026_33857_a_number_cut_at_the_end_is_not_read", cve_2026_33857)
        .test("cve_2026_34032_a_string_without_nul_is_not_read", cve_2026_34032)
        .test("cve_2026_34059_a_short_chunk_packet_is_not_read", cve_2026_34059)
}

/// What a client gets when the container answers with exactly `reply`; the server must be as well as before.
fn answered_with(reply: &[u8]) -> RawReply {
    let octets = reply.to_vec();
    let backend = Backend::start(move |connection| {
        if connection.request().is_some_and(|forward| forward.uri == "/evil") {
            connection.send(&octets);
            connection.finish();
            connection.stall();
        } else {
            connection.answer(&Answer::ok("good"));
        }
    });
    let httpd = everything_mounted(&backend);
    let evil = raw::get(httpd.port(), "/evil");
    assert_eq!(httpd.get("/good").text(), "good");
    assert_no_crash(&httpd);
    evil
}

/// Nothing but the head may have come of a reply whose first chunk is malformed.
fn assert_no_body(reply: &RawReply) {
    let visible = reply.status() == 502 || reply.ending == Ending::Cut;
    assert!(visible && (reply.status() != 200 || reply.body.is_empty()), "{}", reply.everything());
}

fn head_then(rest: &[u8]) -> Vec<u8> {
    [&ajp::send_headers(200, &[])[..], rest, &ajp::end_response(true)].concat()
}

fn cve_2006_7197() {
    for claimed in [2_u16, 100, 8184, 8192, 0xFFFE, 0xFFFF] {
        let chunk = packet(&[&[3], &claimed.to_be_bytes()[..], b"x"].concat());
        assert_no_body(&answered_with(&head_then(&chunk)));
    }
}

fn chunk_of_one_octet() {
    assert_no_body(&answered_with(&head_then(&packet(&[3]))));
    assert_no_body(&answered_with(&head_then(&packet(&[3, 0]))));
}

/// Send Headers of one header: its name, octet by octet, and what follows.
fn head_with(header: &[u8]) -> Vec<u8> {
    let payload = [&[4, 0, 200, 0, 2, b'O', b'K', 0, 0, 1][..], header].concat();
    [packet(&payload), ajp::end_response(true)].concat()
}

fn header_code_a000() {
    for code in [0xA000_u16, 0xA00C, 0xA0FF, 0xA100, 0xFFFF] {
        let header = [&code.to_be_bytes()[..], &[0, 1, b'v', 0]].concat();
        assert_eq!(answered_with(&head_with(&header)).status(), 502, "{code:#x}");
    }
}

/// Messages as large as the buffer, and a little larger: payloads of up to max_packet_size octets are taken.
fn cve_2026_28780() {
    for payload in 8186..=8200_usize {
        let data = vec![b'x'; payload - 4];
        let reply = answered_with(&head_then(&ajp::body_chunk(&data)));
        if payload <= 8192 {
            assert_eq!((reply.status(), reply.body.len()), (200, data.len()), "{payload}");
        } else {
            assert_no_body(&reply);
        }
    }
}

/// Each reply is a packet that ends inside a number, with more octets behind it in the buffer.
fn cve_2026_33857() {
    let head = packet(&[4, 0, 200, 0, 2, b'O', b'K', 0, 0]);
    let rows: [&[u8]; 7] =
        [&[4], &[4, 0], &[4, 0, 200, 0], &[4, 0, 200, 0, 2, b'O', b'K', 0, 0], &[5], &[6], &[6, 1]];
    for row in rows {
        let reply = answered_with(&[packet(row), head.clone(), ajp::end_response(true)].concat());
        assert_eq!(reply.status(), 502, "{row:?}");
    }
}

fn cve_2026_34032() {
    let rows: [&[u8]; 5] = [
        b"\0\x01n\0\0\x01v",
        b"\0\x01n\0\0\x01vv",
        b"\0\x01nn\0\x01v\0",
        b"\0\x01n\0\0\x03v\0",
        b"\0\x01n\0\x1f\xffv\0",
    ];
    for row in rows {
        assert_eq!(answered_with(&head_with(row)).status(), 502, "{row:?}");
    }
    let unterminated = packet(&[4, 0, 200, 0, 2, b'O', b'K', b'!', 0, 0]);
    assert_eq!(answered_with(&[unterminated, ajp::end_response(true)].concat()).status(), 502);
}

fn cve_2026_34059() {
    for payload in [&[3][..], &[3, 0], &[3, 0, 1], &[3, 0xFF], &[3, 0xFF, 0xFE, b'x']] {
        assert_no_body(&answered_with(&head_then(&packet(payload))));
    }
}
