//! Answers as they reach the client: their shape is theirs alone, whatever reads they came in, and they cost memory in
//! proportion to their octets.
//!
//! Rules: "ajp13, sections 10 and 11".

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, process, wait};

pub fn suite() -> Suite {
    Suite::new("answers")
        .test("their_shape_does_not_depend_on_the_reads_they_come_in", shapes)
        .test("those_without_body_leave_the_connection_in_step", bodiless)
        .test("an_upload_that_is_refused_early_is_read_within_bounds", refused_upload)
        .alone("small_chunks_to_stalled_clients_cost_little_memory", small_chunks)
}

fn site(backend: &Backend) -> Site {
    Site::single_child(Mpm::Event, 8)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
}

/// The body packets of each path; no data is a flush.
fn chunks(path: &str) -> Vec<Vec<u8>> {
    let lengths: &[usize] = match path {
        "/short" => &[3, 3],
        "/most" => &[4000, 4000],
        "/more" => &[4000, 4001],
        "/large" => &[8184, 8184, 8184],
        "/flushed" => &[3, 0],
        "/late" => &[3, 0, 3],
        _ => &[],
    };
    lengths.iter().map(|length| vec![b'x'; *length]).collect()
}

/// A backend that sends the packets of an answer at once, or each by itself.
fn shaped() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let (path, pause) = forward.uri.rsplit_once('/').unwrap_or_default();
            let mut packets =
                vec![ajp::send_headers(200, &[("Content-Type", "text/plain"), ("ETag", "\"1\"")])];
            packets.extend(chunks(path).iter().map(|chunk| ajp::body_chunk(chunk)));
            packets.push(ajp::end_response(true));
            if pause == "slowly" {
                for packet in packets {
                    connection.send(&packet);
                    thread::sleep(Duration::from_millis(20));
                }
            } else {
                connection.send(&packets.concat());
            }
        }
    })
}

fn shapes() {
    let backend = shaped();
    let conf = "AddOutputFilterByType DEFLATE text/plain";
    let httpd = site(&backend).load("deflate").load("filter").conf(conf).start();
    let look = |path: &str, header: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{header}\r\n");
        let reply = raw::exchange(httpd.port(), request);
        assert_ne!(reply.ending, Ending::Cut, "{path}: {}", reply.head);
        let head: Vec<_> =
            reply.head.lines().filter(|line| !line.starts_with("Date:")).map(str::to_owned).collect();
        (head, reply.body)
    };
    for path in ["/none", "/short", "/most", "/more", "/large", "/flushed", "/late"] {
        for header in ["", "Accept-Encoding: gzip\r\n", "Range: bytes=1-2\r\n"] {
            let (at_once, slowly) =
                (look(&format!("{path}/once"), header), look(&format!("{path}/slowly"), header));
            assert_eq!(at_once.0, slowly.0, "{path} {header}");
            assert!(at_once.1 == slowly.1 || header.contains("gzip"), "{path} {header}");
        }
    }
    let announces = |path: &str| look(path, "").0.iter().any(|line| line.starts_with("Content-Length:"));
    let paths = ["/short/slowly", "/most/slowly", "/more/once", "/flushed/once"];
    assert_eq!(paths.map(announces), [true, true, false, false]);
}

fn bodiless() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let status = forward.uri[1..].parse().unwrap_or(200);
            let packets = [
                ajp::send_headers(status, &[("Content-Length", "5"), ("X-Own", "kept")]),
                ajp::body_chunk(b"hello"),
                ajp::end_response(true),
            ];
            connection.send(&packets.concat());
        }
    });
    let httpd = site(&backend).start();
    for (method, status, length) in
        [("GET", 204, vec![]), ("GET", 205, vec!["0"]), ("GET", 304, vec![]), ("HEAD", 200, vec!["5"])]
    {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "{method} /{status} HTTP/1.1\r\nHost: h\r\n\r\n").expect("httpd reads");
        write!(stream, "GET /200 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("httpd reads");
        let head = raw::parse(raw::read_head(&mut stream).as_bytes(), true);
        assert_eq!((head.status(), head.headers("X-Own")), (status, vec!["kept"]), "{}", head.head);
        assert_eq!(head.headers("Content-Length"), length, "{method} {status}");
        let next = raw::parse(&raw::read_to_close(&mut stream), false);
        assert_eq!((next.status(), &next.body[..]), (200, &b"hello"[..]), "behind {status}: {}", next.head);
    }
    assert_eq!(backend.connections(), 1, "each answer left the connection in step");
}

/// The client has the answer at once, may go on with the connection when it has sent the rest, and is not waited for if
/// it does not.
fn refused_upload() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            if forward.content_length().is_some_and(|length| length > 0) {
                connection.body_packet();
            }
            connection.answer(&Answer::page(403, "refused"));
        }
    });
    let httpd = site(&backend).start();
    for goes_on in [true, false] {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            .expect("httpd reads");
        stream.write_all(&[b'x'; 50_000]).expect("httpd reads a part");
        assert!(
            raw::read_head(&mut stream).starts_with("HTTP/1.1 403 "),
            "the answer before the rest is sent"
        );
        if goes_on {
            stream.write_all(&[b'x'; 950_000]).expect("httpd reads the rest");
            write!(stream, "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("httpd reads");
        }
        let rest = String::from_utf8_lossy(&raw::read_to_close(&mut stream)).into_owned();
        assert!(rest.starts_with("refused") && rest.contains("HTTP/1.1 403") == goes_on, "{goes_on}: {rest}");
    }
}

/// Chunks of one octet to clients that do not read, until nobody takes any more.
fn small_chunks() {
    const CLIENTS: usize = 4;
    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    let backend = Backend::start(move |connection| {
        while connection.request().is_some() {
            connection.send(&ajp::send_headers(200, &[]));
            let packets = ajp::body_chunk(b"x").repeat(1000);
            while connection.offer(&packets) {
                counted.fetch_add(1000, Ordering::Relaxed);
            }
        }
    });
    let httpd = site(&backend).conf("SendBufferSize 65536").start();
    let before = peak(&httpd);
    let mut streams: Vec<_> = (0..CLIENTS).map(|_| raw::connect(httpd.port())).collect();
    for stream in &mut streams {
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n").expect("httpd reads");
    }
    let mut last = 0;
    let mut still = 0;
    wait::until_true("the backends to be stopped by the clients", Duration::from_secs(60), || {
        let now = sent.load(Ordering::Relaxed);
        still = if now == last { still + 1 } else { 0 };
        last = now;
        thread::sleep(Duration::from_millis(20));
        now > 0 && still > 50
    });
    let grown = peak(&httpd).saturating_sub(before);
    assert!(grown < 6 << 20, "{CLIENTS} stalled clients cost {grown} octets after {last} chunks");
}

fn peak(httpd: &Httpd) -> u64 {
    httpd.children().into_iter().map(|child| process::proc_octets(child, "status", "VmHWM")).sum()
}
