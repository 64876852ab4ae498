//! Replies torn apart: cut at each octet, changed at each octet, their messages in every order, without end.

use super::{replying_by_row, row, server};
use crate::support::ajp;
use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_backend_that_dies_at_any_octet_never_completes_a_response", death)
        .test("a_backend_that_stalls_at_any_step_costs_the_reply_timeout", stalls)
        .test("a_change_of_any_octet_never_harms_the_server", changes)
        .test("messages_in_any_order_are_a_response_or_a_failure", orders)
        .test("a_cpong_that_is_cut_or_none_at_all_is_no_cpong", pongs)
        .test("a_backend_that_fails_during_an_upload_ends_it", uploads)
        .test("a_flood_of_empty_chunks_never_holds_a_client_for_good", endless_flushes)
}

fn head() -> Vec<u8> {
    ajp::send_headers(200, &[("Content-Length", "10"), ("X-Name", "value")])
}

/// A response of every kind of message; the flush in it takes its beginning to the client.
fn response() -> Vec<u8> {
    [
        head(),
        ajp::body_chunk(b"01234"),
        ajp::body_chunk(b""),
        ajp::body_chunk(b"56789"),
        ajp::end_response(true),
    ]
    .concat()
}

/// No child has crashed, and the server serves.
fn assert_unharmed(httpd: &Httpd, path: &str) {
    assert!(!httpd.error_log().contains("exit signal"), "{}", httpd.error_log());
    assert_eq!(httpd.get(path).text(), "0123456789");
}

/// A prefix that is the whole response apart from its final packet is still a failure: END_RESPONSE is missing.
fn death() {
    let whole = response();
    let length = whole.len();
    let backend = Backend::start(move |connection| {
        let Some(forward) = connection.request() else { return };
        let row = row(&forward);
        connection.send(&whole[..row % (length + 1)]);
        match row <= length {
            true => connection.close(),
            false => connection.reset(),
        }
    });
    let httpd = server(&backend, "", "JkLogLevel error");
    for row in (0..length).chain(length + 1..2 * length + 1) {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        let visible = reply.status() == 502 || (reply.status() == 200 && reply.ending == Ending::Cut);
        // All body octets of the announced length may have gone out before the end was found missing.
        let all_but_end = row % (length + 1) >= length - 6 && reply.body == b"0123456789";
        assert!(visible || all_but_end, "row {row}: {} {:?}", reply.head, reply.ending);
        assert!(reply.surplus.is_empty(), "row {row}: {:?}", reply.surplus);
    }
    assert_unharmed(&httpd, &format!("/{length}"));
}

fn stalls() {
    let whole = response();
    let (length, head) = (whole.len(), head().len());
    let backend = Backend::start(move |connection| {
        if let Some(forward) = connection.request() {
            connection.send(&whole[..row(&forward)]);
            connection.stall();
        }
    });
    let httpd = server(&backend, "worker.w.reply_timeout=200\n", "");
    for cut in [0, 1, 4, 5, head - 1, head, head + 6, head + 20, length - 7, length - 6, length - 1] {
        let reply = raw::get(httpd.port(), &format!("/{cut}"));
        let begun = reply.status() == 200;
        assert!(begun || reply.status() == 504, "stalled after {cut} octets: {}", reply.head);
        let whole_body = reply.body == b"0123456789";
        assert!(!begun || whole_body || reply.ending == Ending::Cut, "{cut}: {:?}", reply.ending);
    }
    backend.wait_for_close();
}

fn changes() {
    let whole = response();
    let mut replies = vec![whole.clone()];
    for place in 0..whole.len() {
        for octet in [0, 0xFF, whole[place] ^ 1, whole[place] ^ 0x80] {
            let mut reply = whole.clone();
            reply[place] = octet;
            replies.push(reply);
        }
    }
    let count = replies.len();
    let backend = replying_by_row(replies);
    let httpd = server(&backend, "", "JkLogLevel error");
    for row in 1..count {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        assert!(reply.surplus.is_empty(), "row {row}: {}", reply.everything());
        assert!(reply.status() >= 200, "row {row}: {:?}", reply.head);
    }
    assert_unharmed(&httpd, "/0");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Message {
    Head,
    Chunk,
    Flush,
    End,
    Get,
    Pong,
}

impl Message {
    const ALL: [Self; 6] = [Self::Head, Self::Chunk, Self::Flush, Self::End, Self::Get, Self::Pong];

    fn octets(self) -> Vec<u8> {
        match self {
            Self::Head => ajp::send_headers(200, &[]),
            Self::Chunk => ajp::body_chunk(b"part"),
            Self::Flush => ajp::body_chunk(b""),
            Self::End => ajp::end_response(true),
            Self::Get => ajp::get_body_chunk(100),
            Self::Pong => ajp::cpong(),
        }
    }
}

/// The body of a sequence that is a response: one head, then chunks, then the end. What is behind does not count.
fn meaning(messages: &[Message]) -> Option<String> {
    let end = messages.iter().position(|message| *message == Message::End)?;
    let before = &messages[..end];
    let count = |wanted| before.iter().filter(|message| **message == wanted).count();
    let head = before.iter().position(|message| *message == Message::Head)?;
    let early = before[..head].contains(&Message::Chunk);
    (count(Message::Head) == 1 && count(Message::Pong) == 0 && !early)
        .then(|| "part".repeat(count(Message::Chunk)))
}

fn orders() {
    let mut sequences = Vec::new();
    for (first, second) in Message::ALL.into_iter().flat_map(|a| Message::ALL.map(|b| (a, b))) {
        sequences.extend(Message::ALL.map(|third| vec![first, second, third]));
        sequences.extend(Message::ALL.map(|third| vec![Message::Head, first, second, third, Message::End]));
    }
    let octets = |sequence: &Vec<Message>| sequence.iter().flat_map(|message| message.octets()).collect();
    let backend = replying_by_row(sequences.iter().map(octets).collect());
    let httpd = server(&backend, "", "JkLogLevel error");
    for (row, sequence) in sequences.iter().enumerate() {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        match meaning(sequence) {
            Some(body) => {
                assert_eq!((reply.status(), &*reply.body), (200, body.as_bytes()), "{sequence:?}");
                assert_ne!(reply.ending, Ending::Cut, "{sequence:?}");
            }
            None if reply.status() == 200 => assert_eq!(reply.ending, Ending::Cut, "{sequence:?}"),
            None => assert_eq!(reply.status(), 502, "{sequence:?}: {}", reply.head),
        }
    }
}

fn pongs() {
    let mut answers: Vec<Vec<u8>> = (0..5).map(|cut| ajp::cpong()[..cut].to_vec()).collect();
    answers.extend([
        response(),
        ajp::body_chunk(b""),
        ajp::end_response(true),
        ajp::packet(&[9; 60]),
        vec![0; 5],
    ]);
    answers.push([ajp::cpong(), response()].concat());
    for (number, answer) in answers.into_iter().enumerate() {
        for stalls in [false, true] {
            let answer = answer.clone();
            let backend = Backend::start(move |connection| {
                connection.packet();
                connection.send(&answer);
                if !stalls {
                    connection.finish();
                }
                connection.stall();
            });
            let httpd = server(&backend, "worker.w.ping_mode=A\nworker.w.ping_timeout=200\n", "");
            let reply = raw::get(httpd.port(), "/x");
            assert_eq!(reply.status(), 503, "answer {number}, stalls {stalls}: {}", reply.head);
            assert!(backend.requests().is_empty(), "answer {number}");
        }
    }
}

/// What a backend may do while 1 MB is on its way to it, and the status that the client gets.
fn uploads() {
    type Fault = fn(&mut Connection);
    let faults: [(&str, Fault, &[u16]); 6] = [
        ("closes at once", |connection| connection.close(), &[502, 503]),
        ("resets at once", |connection| connection.reset(), &[502, 503]),
        ("dies after asking", |connection| connection.send(&ajp::get_body_chunk(8186)), &[502]),
        ("never asks", |connection| connection.stall(), &[504]),
        ("asks for nothing", |connection| connection.send(&ajp::get_body_chunk(0)), &[502]),
        ("answers without reading", |connection| connection.answer(&Answer::ok("done")), &[200]),
    ];
    for (name, fault, statuses) in faults {
        let backend = Backend::start(move |connection| {
            if connection.request().is_some() {
                fault(connection);
            }
        });
        let httpd = server(&backend, "worker.w.reply_timeout=1000\n", "");
        for framing in ["chunked", "known"] {
            let reply = match framing {
                "known" => httpd.client().send("POST", "/x", &[], &[b'x'; 1_000_000]),
                _ => httpd.client().post_chunked("/x", std::io::Cursor::new([b'x'; 1_000_000])),
            };
            assert!(statuses.contains(&reply.status), "{name}, {framing}: {}", reply.status);
        }
        assert_eq!(backend.requests().len(), 2, "{name}: a POST was repeated");
    }
}

/// A response without a body for the client: neither an error page of httpd's nor HEAD waits for its end for good.
fn endless_flushes() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let status = if forward.uri == "/error" { 500 } else { 200 };
            connection.send(&ajp::send_headers(status, &[]));
            while connection.offer(&ajp::body_chunk(b"").repeat(100)) {}
        }
    });
    let httpd = server(&backend, "", "JkMount /error w;use_server_errors=400");
    assert_eq!(httpd.get("/error").status, 500);
    let head = raw::exchange(httpd.port(), "HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_eq!(head.status(), 200);
    backend.wait_for_close();
}
