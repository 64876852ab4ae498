//! Replies that are legal AJP and poisonous HTTP: nothing of the poison reaches the client.

use super::{replying_by_row, server};
use crate::support::ajp::{self, packet};
use crate::support::raw::{self, Ending, RawReply};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("no_control_character_of_the_backend_reaches_a_head", control_characters)
        .test("tab_and_octets_above_ascii_pass_in_values", harmless_octets)
        .test("headers_named_by_connection_end_at_this_hop", named_by_connection)
        .test("connection_close_of_the_backend_is_not_the_clients", close_of_the_backend)
        .test("only_final_statuses_pass", statuses)
        .test("only_one_plain_content_length_passes", lengths)
}

fn text(value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short text");
    [&length.to_be_bytes(), value, &[0]].concat()
}

/// A whole reply whose reason and only header are given octet by octet.
fn reply(status: u16, reason: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let head = [&[4], &status.to_be_bytes()[..], &text(reason), &[0, 1], &text(name), &text(value)].concat();
    [packet(&head), ajp::body_chunk(b"body"), ajp::end_response(true)].concat()
}

fn with_headers(headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    [ajp::send_headers(200, headers), ajp::body_chunk(body.as_bytes()), ajp::end_response(true)].concat()
}

/// Sends each reply once, and hands what the client got to `check`.
fn each_reply(replies: Vec<Vec<u8>>, check: impl Fn(usize, RawReply)) {
    let count = replies.len();
    let backend = replying_by_row(replies);
    let httpd = server(&backend, "", "JkLogLevel error");
    for row in 0..count {
        check(row, raw::get(httpd.port(), &format!("/{row}")));
    }
}

fn control_characters() {
    let mut rows = Vec::new();
    for octet in (0..0x20).chain([0x7F]).filter(|octet| *octet != b'\t') {
        let poison = [b"a", &[octet][..], b"b"].concat();
        rows.extend([
            (octet, "name", reply(200, b"OK", &poison, b"v")),
            (octet, "value", reply(200, b"OK", b"X-Value", &poison)),
            (octet, "reason", reply(200, &poison, b"X", b"v")),
            (octet, "Content-Type", reply(200, b"OK", b"Content-Type", &poison)),
            (octet, "Location", reply(302, b"Found", b"Location", &poison)),
            (octet, "Last-Modified", reply(200, b"OK", b"Last-Modified", &poison)),
        ]);
    }
    rows.push((b'\t', "name", reply(200, b"OK", b"a\tb", b"v")));
    rows.push((b' ', "name", reply(200, b"OK", b"a b", b"v")));
    let replies = rows.iter().map(|(_, _, reply)| reply.clone()).collect();
    each_reply(replies, |row, reply| {
        let (octet, place, _) = &rows[row];
        let expected = match *place {
            "name" => 502,
            "Location" => 302,
            _ => 200,
        };
        let seen = (reply.status(), &*reply.surplus);
        assert_eq!(seen, (expected, &b""[..]), "{octet:#x} in {place}: {}", reply.head);
        let lines = reply.head.split("\r\n");
        let poison = |line: &str| line.bytes().any(|octet| octet.is_ascii_control());
        assert!(!lines.clone().any(poison), "{octet:#x} in {place}: {}", reply.head);
        assert!(!lines.clone().any(|line| line.starts_with('b')), "{octet:#x} in {place}: {}", reply.head);
    });
}

fn harmless_octets() {
    let replies = vec![reply(200, b"Sch\xf6n", b"X-Value", b"tab\there \xe4\xff")];
    each_reply(replies, |_, reply| {
        assert_eq!((reply.status(), &*reply.body), (200, &b"body"[..]), "{}", reply.head);
        assert!(reply.headers("X-Value")[0].starts_with("tab\there "), "{}", reply.head);
    });
}

/// RFC 9110, section 7.6.1.
fn named_by_connection() {
    let named = [("Connection", "X-Inner, keep-alive,x-other"), ("X-Inner", "hop"), ("X-OTHER", "hop")];
    let before = [("X-Inner", "hop"), ("Connection", "close , X-Inner"), ("X-Outer", "kept")];
    let fixed = [("Keep-Alive", "hop"), ("TE", "hop"), ("Trailer", "hop"), ("Upgrade", "hop")];
    let framing = [("Transfer-Encoding", "chunked"), ("Proxy-Connection", "hop"), ("X-Outer", "kept")];
    let length = [("Connection", "Content-Length, X-Inner"), ("Content-Length", "4"), ("X-Inner", "hop")];
    let replies: Vec<_> = [&named[..], &before, &fixed, &framing, &length]
        .into_iter()
        .map(|headers| with_headers(headers, "body"))
        .collect();
    each_reply(replies, |row, reply| {
        assert_eq!((reply.status(), &*reply.body), (200, &b"body"[..]), "row {row}: {}", reply.head);
        assert_ne!(reply.ending, Ending::Cut, "row {row}");
        assert!(!reply.head.contains("hop"), "row {row}: {}", reply.head);
        assert_eq!(reply.head.contains("X-Outer: kept"), matches!(row, 1 | 3), "row {row}: {}", reply.head);
    });
}

fn close_of_the_backend() {
    let backend =
        replying_by_row(vec![with_headers(&[("Connection", "close"), ("Content-Length", "4")], "body")]);
    let httpd = server(&backend, "", "");
    let twice = format!(
        "{}{}",
        "GET /0 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /0 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    );
    let both = raw::exchange(httpd.port(), twice).everything();
    assert_eq!(both.matches("HTTP/1.1 200").count(), 2, "{both}");
}

fn statuses() {
    let final_status = |status: &u16| (200..1000).contains(status);
    let all = [
        0, 1, 99, 100, 101, 102, 103, 150, 199, 200, 226, 299, 307, 404, 418, 451, 500, 599, 600, 999, 1000,
        65_535,
    ];
    let replies = all.iter().map(|status| reply(*status, b"Reason", b"X", b"v")).collect();
    each_reply(replies, |row, reply| {
        let expected = Some(all[row]).filter(final_status).unwrap_or(502);
        assert_eq!(reply.status(), expected, "{}: {}", all[row], reply.head);
        assert!(reply.surplus.is_empty(), "{}", all[row]);
    });
}

/// Each with a body of 5 octets: what the client is told, and whether it gets a whole response.
fn lengths() {
    let rows: [(&[&str], Result<&str, u16>); 20] = [
        (&["5"], Ok("5")),
        (&["005"], Ok("5")),
        (&[" 5\t"], Ok("5")),
        (&["5", "5"], Ok("5")),
        (&["5", "6"], Err(502)),
        (&["6", "5"], Err(502)),
        (&["5, 5"], Err(502)),
        (&["4"], Err(502)),
        (&["0"], Err(502)),
        (&["6"], Err(502)),
        (&["-5"], Err(502)),
        (&["+5"], Err(502)),
        (&["0x5"], Err(502)),
        (&["5.0"], Err(502)),
        (&["5e0"], Err(502)),
        (&["5 5"], Err(502)),
        (&[""], Err(502)),
        (&["9223372036854775807"], Err(502)),
        (&["9223372036854775808"], Err(502)),
        (&["18446744073709551621"], Err(502)),
    ];
    let reply_with = |lengths: &[&str]| {
        let headers: Vec<_> = lengths.iter().map(|length| ("Content-Length", *length)).collect();
        with_headers(&headers, "01234")
    };
    let replies = rows.iter().map(|(lengths, _)| reply_with(lengths)).collect();
    each_reply(replies, |row, reply| {
        let (lengths, expected) = &rows[row];
        match expected {
            Ok(length) => {
                assert_eq!((reply.status(), reply.ending), (200, Ending::Complete), "{lengths:?}");
                assert_eq!((reply.headers("Content-Length"), &*reply.body), (vec![*length], &b"01234"[..]));
            }
            Err(_) if reply.status() == 200 => assert_eq!(reply.ending, Ending::Cut, "{lengths:?}"),
            Err(status) => assert_eq!(reply.status(), *status, "{lengths:?}: {}", reply.head),
        }
        assert!(reply.surplus.is_empty(), "{lengths:?}");
    });
}
