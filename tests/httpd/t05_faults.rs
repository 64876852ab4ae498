//! Backends that lie: every malformed or poisonous reply ends in 502, or in a visible cut, and nothing leaks.
//!
//! Rules: "ajp13, section 12" with "decisions, rows 19 and 25 to 27"; promises to clients and
//! from backends.

use std::thread;
use std::time::Duration;

use crate::support::ajp::{self, packet};
use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::process;
use crate::support::raw::{self, Ending};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("faults")
        .test("a_malformed_reply_is_502_and_closes_the_connection", malformed)
        .test("a_malformed_reply_to_a_post_is_not_repeated", malformed_post)
        .test("no_octet_behind_a_short_chunk_packet_reaches_the_client", short_chunk_leaks_nothing)
        .test("a_reply_that_breaks_off_is_cut_visibly", cut)
        .test("a_length_that_does_not_fit_is_cut_visibly", wrong_length)
        .test("transfer_encoding_of_the_backend_is_dropped", transfer_encoding)
        .test("a_body_where_none_belongs_does_not_reach_the_wire", body_on_bodiless)
        .test("octets_behind_the_end_never_answer_another_client", surplus)
        .test("octets_on_an_idle_connection_never_answer_a_client", unsolicited)
        .test("floods_of_empty_packets_end_well", floods)
        .test("thousands_of_failures_leave_nothing_behind", no_growth)
}

/// Sends one GET to `/<row>` for each row of replies, each of which has a backend and a worker of its own.
fn with_rows(replies: Vec<Vec<u8>>, check: impl Fn(usize, &Httpd, &Backend)) {
    let backends: Vec<_> = replies.into_iter().map(replying).collect();
    let names: Vec<_> = (0..backends.len()).map(|row| format!("w{row}")).collect();
    let workers: String = backends.iter().zip(&names).map(|(backend, name)| backend.worker(name)).collect();
    let mounts: String =
        names.iter().enumerate().map(|(row, name)| format!("JkMount /{row} {name}\n")).collect();
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list={}\n{workers}", names.join(",")))
        .conf(&mounts)
        .start();
    for (row, backend) in backends.iter().enumerate() {
        check(row, &httpd, backend);
    }
}

/// A backend that sends `reply` to each request, ends its half if the reply is short, and waits.
fn replying(reply: Vec<u8>) -> Backend {
    Backend::start(move |connection| {
        if connection.request().is_some() {
            connection.send(&reply);
            connection.finish();
            connection.stall();
        }
    })
}

fn text(value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short text");
    [&length.to_be_bytes(), value, &[0]].concat()
}

/// Send Headers with one header given octet by octet.
fn head_with(status: u16, reason: &[u8], count: u16, headers: &[u8]) -> Vec<u8> {
    packet(&[&[4], &status.to_be_bytes()[..], &text(reason), &count.to_be_bytes(), headers].concat())
}

fn head_and_end(status: u16, reason: &[u8], count: u16, headers: &[u8]) -> Vec<u8> {
    [head_with(status, reason, count, headers), ajp::end_response(true)].concat()
}

/// Replies of which nothing may reach the client.
fn malformed_replies() -> Vec<(&'static str, Vec<u8>)> {
    let head = ajp::send_headers(200, &[]);
    let end = ajp::end_response(true);
    let named = |name: &[u8], value: &[u8]| [text(name), text(value)].concat();
    let coded = |code: u16, value: &[u8]| [&code.to_be_bytes()[..], &text(value)].concat();
    vec![
        ("nothing", vec![]),
        ("one octet", b"A".to_vec()),
        ("three octets", b"AB\0".to_vec()),
        ("wrong magic", b"BA\0\x02\x05\x01".to_vec()),
        ("magic of the web server", b"\x12\x34\0\x02\x05\x01".to_vec()),
        ("length beyond max_packet_size", [&b"AB\xFF\xFF"[..], &[3; 100]].concat()),
        ("end inside the payload", head[..head.len() - 2].to_vec()),
        ("empty payload", b"AB\0\0".to_vec()),
        ("unknown type", packet(&[99])),
        ("Forward Request as reply", packet(&[2, 2, 0, 0])),
        ("Shutdown as reply", packet(&[7])),
        ("Ping as reply", packet(&[8])),
        ("CPong as reply", packet(&[9])),
        ("CPing as reply", packet(&[10])),
        ("body chunk before the head", [ajp::body_chunk(b"early"), end.clone()].concat()),
        ("end before the head", end.clone()),
        ("two heads", [head.clone(), head.clone(), end.clone()].concat()),
        ("Get Body Chunk without length", packet(&[6])),
        ("Get Body Chunk of 65535", packet(&[6, 0xFF, 0xFF])),
        ("null header name", head_and_end(200, b"", 1, &[&[0xFF, 0xFF], &text(b"v")[..]].concat())),
        ("null header value", head_and_end(200, b"", 1, &[&text(b"n")[..], &[0xFF, 0xFF]].concat())),
        ("header code A000", head_and_end(200, b"", 1, &coded(0xA000, b"v"))),
        ("header code A00C", head_and_end(200, b"", 1, &coded(0xA00C, b"v"))),
        ("header code A0FF", head_and_end(200, b"", 1, &coded(0xA0FF, b"v"))),
        ("more headers announced than sent", head_and_end(200, b"", 2, &named(b"n", b"v"))),
        ("65535 headers announced", head_and_end(200, b"", 0xFFFF, &named(b"n", b"v"))),
        (
            "string longer than the packet",
            head_and_end(200, b"", 1, &[&text(b"n")[..], b"\0\x50v\0"].concat()),
        ),
        ("string without its final NUL", head_and_end(200, b"", 1, &[&text(b"n")[..], b"\0\x01vv"].concat())),
    ]
}

/// Replies in sound packets that say what is no HTTP.
fn no_http() -> Vec<(&'static str, Vec<u8>)> {
    let named = |name: &[u8], value: &[u8]| [text(name), text(value)].concat();
    let coded = |code: u16, value: &[u8]| [&code.to_be_bytes()[..], &text(value)].concat();
    vec![
        ("status 0", head_and_end(0, b"", 0, &[])),
        ("status 65535", head_and_end(0xFFFF, b"", 0, &[])),
        ("status 1000", head_and_end(1000, b"", 0, &[])),
        ("status 100", head_and_end(100, b"", 0, &[])),
        ("status 101", head_and_end(101, b"", 0, &[])),
        ("CR LF in a name", head_and_end(200, b"", 1, &named(b"X\r\nEvil", b"v"))),
        ("colon in a name", head_and_end(200, b"", 1, &named(b"X: v", b"v"))),
        ("empty name", head_and_end(200, b"", 1, &named(b"", b"v"))),
        ("negative Content-Length", head_and_end(200, b"", 1, &coded(0xA003, b"-1"))),
        ("Content-Length that is no number", head_and_end(200, b"", 1, &coded(0xA003, b"0x10"))),
    ]
}

fn malformed() {
    refused_after(2, malformed_replies());
    refused_after(1, no_http());
}

/// Checks that a GET that meets one of `replies` gets 502, that of so many attempts, and that nothing of them
/// reaches the client.
fn refused_after(expected: usize, replies: Vec<(&'static str, Vec<u8>)>) {
    let (names, replies): (Vec<_>, Vec<_>) = replies.into_iter().unzip();
    let mismatches = std::cell::RefCell::new(Vec::new());
    with_rows(replies, |row, httpd, backend| {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        let attempts = backend.requests().len();
        let evil = reply.everything().contains("Evil") || reply.everything().contains("early");
        if reply.status() != 502 || attempts != expected || evil || !reply.surplus.is_empty() {
            let seen = format!("{}: status {}, {attempts} attempts, evil {evil}", names[row], reply.status());
            mismatches.borrow_mut().push(seen);
        } else {
            backend.wait_for_close();
        }
    });
    let mismatches = mismatches.into_inner();
    assert!(mismatches.is_empty(), "expected 502 after {expected} attempts:\n{}", mismatches.join("\n"));
}

fn malformed_post() {
    let rows = ["unknown type", "two heads", "wrong magic", "nothing", "end before the head"];
    let replies =
        malformed_replies().into_iter().filter(|(name, _)| rows.contains(name)).map(|(_, reply)| reply);
    with_rows(replies.collect(), |row, httpd, backend| {
        let reply = httpd.client().send("POST", &format!("/{row}"), &[], b"pay 100");
        assert_eq!((reply.status, backend.requests().len()), (502, 1), "row {row}");
    });
}

/// CVE-2006-7197 and the chunk packet of one octet: the length field points behind the packet.
fn short_chunk_leaks_nothing() {
    let head = ajp::send_headers(200, &[("Content-Type", "text/plain")]);
    let chunks = [packet(&[3]), packet(&[3, 0]), packet(&[3, 0xFF, 0xFF]), packet(&[3, 0, 100, b'x', 0])];
    let replies = chunks.iter().map(|chunk| [&head[..], chunk, &ajp::end_response(true)].concat());
    with_rows(replies.collect(), |row, httpd, backend| {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        let visible = reply.status() == 502 || reply.ending == Ending::Cut;
        assert!(visible, "row {row}: {} {:?}", reply.head, reply.ending);
        if reply.status() == 200 {
            assert!(reply.body.is_empty(), "row {row} leaks {:?}", reply.body);
        }
        backend.wait_for_close();
    });
}

/// Decisions, rows 5 and 25. The flush takes what came before it to the client; then the reply breaks off.
fn cut() {
    let head = ajp::send_headers(200, &[]);
    let sized = ajp::send_headers(200, &[("Content-Length", "50000")]);
    let chunk = ajp::body_chunk(&[b'x'; 8000]);
    let flush = ajp::body_chunk(b"");
    let end = ajp::end_response(true);
    let rows: Vec<(Vec<u8>, Vec<u8>)> = vec![
        ([&head[..], &chunk, &chunk, &flush].concat(), vec![]),
        ([&sized[..], &chunk, &chunk, &flush].concat(), vec![]),
        ([&sized[..], &flush].concat(), vec![]),
        ([&head[..], &chunk, &flush].concat(), chunk[..500].to_vec()),
        ([&head[..], &chunk, &flush].concat(), packet(&[99])),
        ([&head[..], &chunk, &flush].concat(), [&head[..], &end].concat()),
        ([&head[..], &chunk, &flush].concat(), b"ABCDEFGH".to_vec()),
        ([&head[..], &chunk, &flush].concat(), packet(&[5])),
        ([&sized[..], &chunk, &flush].concat(), end.clone()),
    ];
    for (row, (delivered, rest)) in rows.into_iter().enumerate() {
        let backend = Backend::start(move |connection| {
            while connection.whole_request().is_some() {
                connection.send(&delivered);
                thread::sleep(Duration::from_millis(200));
                connection.send(&rest);
                connection.finish();
                connection.stall();
            }
        });
        let httpd = single(&backend);
        let reply = raw::get(httpd.port(), "/x");
        assert_eq!((reply.status(), reply.ending), (200, Ending::Cut), "row {row}: {}", reply.head);
        assert!(reply.body.iter().all(|octet| *octet == b'x'), "row {row}: something else in the body");
        assert_eq!(backend.requests().len(), 1, "row {row} was repeated");
        backend.wait_for_close();
    }
}

fn single(backend: &Backend) -> Httpd {
    Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start()
}

/// Decisions, row 27.
fn wrong_length() {
    let head = ajp::send_headers(200, &[("Content-Length", "10")]);
    let end = ajp::end_response(true);
    let chunk = |data: &[u8]| ajp::body_chunk(data);
    let rows = vec![
        [&head[..], &chunk(b"short"), &end].concat(),
        [&head[..], &chunk(b"0123456789too long"), &end].concat(),
        [&head[..], &chunk(b"0123456789"), &chunk(b"too long"), &end].concat(),
    ];
    with_rows(rows, |row, httpd, _| {
        let port = httpd.port();
        let requests =
            format!("GET /{row} HTTP/1.1\r\nHost: h\r\n\r\nGET /{row} HTTP/1.1\r\nHost: h\r\n\r\n");
        let reply = raw::exchange(port, requests);
        let text = reply.everything();
        assert!(!text.contains("too long"), "row {row}: octets beyond the length went out: {text}");
        if reply.status() == 200 {
            let begun = text.matches("HTTP/1.1 ").count();
            assert_eq!((reply.ending, begun), (Ending::Cut, 1), "row {row}: a wrong length, not cut: {text}");
        } else {
            assert_eq!(reply.status(), 502, "row {row}: nothing was delivered yet");
        }
    });
}

fn transfer_encoding() {
    let head = ajp::send_headers(200, &[("Transfer-Encoding", "chunked"), ("Keep-Alive", "timeout=9999")]);
    let reply = [head, ajp::body_chunk(b"plain"), ajp::end_response(true)].concat();
    with_rows(vec![reply], |row, httpd, _| {
        let reply = raw::get(httpd.port(), &format!("/{row}"));
        assert_eq!((reply.status(), reply.body.as_slice()), (200, &b"plain"[..]), "{}", reply.everything());
        assert_ne!(reply.ending, Ending::Cut);
        assert!(!reply.head.contains("9999"), "a hop-by-hop header of the backend: {}", reply.head);
    });
}

fn body_on_bodiless() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let status = forward.uri[1..].parse().unwrap_or(200);
            connection.send(&ajp::send_headers(status, &[("Content-Type", "text/plain")]));
            connection.send(&ajp::body_chunk(b"smuggled"));
            connection.send(&ajp::end_response(true));
        }
    });
    let httpd = single(&backend);
    for request in ["GET /204", "GET /304", "HEAD /200"] {
        let text = format!("{request} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let reply = raw::exchange(httpd.port(), text);
        assert!(!reply.everything().contains("smuggled"), "{request}: {}", reply.everything());
        assert_ne!(reply.status(), 0, "{request}");
    }
}

/// Decisions, row 26.
fn surplus() {
    let stolen = [ajp::send_headers(200, &[]), ajp::body_chunk(b"stolen"), ajp::end_response(true)].concat();
    let tails = [stolen, ajp::body_chunk(b""), ajp::cpong(), b"A".to_vec()];
    for tail in tails {
        never_answered_by(move |connection| {
            connection.request();
            let own =
                [ajp::send_headers(200, &[]), ajp::body_chunk(b"own"), ajp::end_response(true)].concat();
            connection.send(&[own, tail.clone()].concat());
            connection.stall();
        });
    }
}

fn unsolicited() {
    never_answered_by(|connection| {
        connection.request();
        connection.answer(&Answer::ok("own"));
        connection.send(
            &[ajp::send_headers(200, &[]), ajp::body_chunk(b"stolen"), ajp::end_response(true)].concat(),
        );
        connection.stall();
    });
}

/// Runs `script` on the first connection and a good backend on the next: two clients must get their own answers.
fn never_answered_by(script: impl Fn(&mut Connection) + Send + Sync + 'static) {
    let backend = Backend::start(move |connection| match connection.number() {
        0 => script(connection),
        _ => connection.serve(&|_| Answer::ok("own")),
    });
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    for client in 0..3 {
        let reply = httpd.get("/x");
        assert_eq!((reply.status, reply.text().as_str()), (200, "own"), "client {client}");
    }
    assert_eq!(backend.connections(), 2, "the doubtful connection was closed");
}

fn floods() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.whole_request() {
            let (asks, flushes) = match forward.uri.as_str() {
                "/asks" => (3, 0),
                "/asks-on-and-on" => (50_000, 0),
                _ => (0, 20_000),
            };
            for _ in 0..asks {
                connection.send(&ajp::get_body_chunk(8186));
                let Some(data) = connection.body_packet() else { return };
                assert!(data.is_empty(), "no body, so an empty packet");
            }
            connection.send(&ajp::send_headers(200, &[]));
            (0..flushes).for_each(|_| connection.send(&ajp::body_chunk(b"")));
            connection.send(&[ajp::body_chunk(b"done"), ajp::end_response(true)].concat());
        }
    });
    let httpd = single(&backend);
    assert_eq!(httpd.get("/asks").text(), "done");
    assert_eq!(httpd.get("/asks-on-and-on").status, 502, "a container that never stops asking is stopped");
    assert_eq!(httpd.get("/flushes").text(), "done");
}

fn no_growth() {
    let backend = Backend::start(|connection| {
        connection.request();
        match connection.number() % 3 {
            0 => connection.send(&head_and_end(200, b"", 2, &[])),
            1 => connection.reset(),
            _ => connection.close(),
        }
    });
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!("worker.list=w\n{}worker.w.retries=1\n", backend.worker("w")))
        .conf("JkMount /* w\nJkLogLevel error")
        .start();
    let client = httpd.client();
    let fail = |count| (0..count).for_each(|_| assert_eq!(client.get("/x").status, 502));
    let child = httpd.children()[0];
    let state = || (process::descriptors(child), process::proc_octets(child, "smaps_rollup", "Rss"));
    fail(1000);
    let before = state();
    fail(2000);
    let after = state();
    assert!(after.0 <= before.0 + 2, "descriptors: {before:?} before, {after:?} after");
    assert!(after.1 < before.1 + (1 << 20), "octets resident: {before:?} before, {after:?} after");
}
