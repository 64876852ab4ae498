//! Filters of other modules on both sides, and what becomes of a body that fails in them: one answer, with the status
//! that says what happened, and never a part of a body that passes for the whole.
//!
//! Rules: "ajp13, section 5" and "decisions, row 29".

use std::io::Write;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending, RawReply};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, faulty, gzip, wait};

/// Octets of the bodies: more than a packet, so that a part of them is asked for.
const SIZE: usize = 30_000;

pub fn suite() -> Suite {
    Suite::new("filters")
        .test("a_read_without_octets_is_not_the_end_of_a_body", empty_reads)
        .test("a_gzip_body_that_comes_in_pieces_arrives_whole", gzip_in_pieces)
        .test("a_body_that_fails_in_a_filter_gets_one_answer", input_failures)
        .test("a_body_that_httpd_refuses_gets_one_answer", refused_bodies)
        .test("a_slow_body_is_408", slow_bodies)
        .test("an_answer_that_fails_in_a_filter_is_one_answer_or_a_visible_cut", output_failures)
}

fn site(backend: &Backend) -> Site {
    Site::single_child(Mpm::Event, 8)
        .load("deflate")
        .load("filter")
        .load("reqtimeout")
        .load_faulty()
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("LogFormat \"%U %>s\" short\nCustomLog logs/access.log short\nJkMount /* w")
}

/// A backend that counts the octets of a whole body.
fn counting() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let Some(length) = connection.body(&forward, |_| {}) else { return };
            connection.answer(&Answer::ok(format!("length={length}")));
        }
    })
}

/// The head of a POST with `headers`, and its body with a length or chunked.
fn post(path: &str, headers: &str, body: &[u8], chunked: bool) -> Vec<u8> {
    let framing = if chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", body.len())
    };
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}{framing}\r\n\r\n");
    if chunked {
        request += &format!("{:x}\r\n", body.len());
    }
    let end: &[u8] = if chunked { b"\r\n0\r\n\r\n" } else { b"" };
    [request.as_bytes(), body, end].concat()
}

fn header(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

fn empty_reads() {
    let backend = counting();
    let httpd = site(&backend).start();
    let body = vec![b'x'; SIZE];
    for plan in
        ["empty=1", "empty=5 split=100", "split=7", "surplus", "surplus empty=2", "delay=1 split=5000"]
    {
        for chunked in [false, true] {
            let request = post("/x", &header(faulty::INPUT, plan), &body, chunked);
            let reply = raw::exchange(httpd.port(), request);
            assert_eq!(reply.body, b"length=30000", "{plan}, chunked {chunked}: {}", reply.everything());
        }
    }
}

/// mod_deflate succeeds without octets while it has seen nothing but the head of a gzip stream.
fn gzip_in_pieces() {
    let backend = counting();
    let httpd = site(&backend).conf("SetInputFilter DEFLATE").start();
    let body: Vec<u8> =
        (0..SIZE as u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let packed = gzip::compress(&body);
    for (number, chunked) in [false, true].into_iter().enumerate() {
        let request = post("/x", "Content-Encoding: gzip\r\n", &packed, chunked);
        let start = memchr::memmem::find(&request, &packed).expect("the body") + 11;
        let mut stream = raw::connect(httpd.port());
        stream.write_all(&request[..start]).expect("httpd reads the first octets");
        // From here on the container asks for the body, of which httpd has 11 octets.
        wait::until_true("the request", Duration::from_secs(20), || backend.requests().len() > number);
        for part in request[start..].chunks(20_000) {
            stream.write_all(part).expect("httpd reads the rest");
        }
        let reply = raw::parse(&raw::read_to_close(&mut stream), false);
        let expected = format!("length={}", body.len());
        assert_eq!(reply.body, expected.as_bytes(), "chunked {chunked}: {}", reply.everything());
    }
    for forward in backend.requests() {
        assert_eq!(forward.header("content-encoding"), None, "what arrives is not compressed any more");
    }
    let other = post("/x", "Content-Encoding: br\r\n", b"not gzip", false);
    assert_eq!(raw::exchange(httpd.port(), other).body, b"length=8");
    let forward = backend.requests().pop().expect("the request");
    assert_eq!((forward.header("content-encoding"), forward.content_length()), (Some("br"), Some(8)));
}

/// Asserts that `reply` is one response of that status, which is also in the access log, and that the container was
/// asked for the page of that status alone.
fn assert_one_answer(
    httpd: &Httpd,
    backend: &Backend,
    reply: &RawReply,
    path: &str,
    status: u16,
    what: &str,
) {
    let everything = reply.everything();
    assert_eq!((reply.status(), reply.ending), (status, Ending::Complete), "{what}: {everything}");
    assert!(reply.surplus.is_empty(), "{what}: {everything}");
    assert_eq!(reply.body, format!("page {status}").as_bytes(), "{what}: {everything}");
    let line = format!("{path} {status}");
    let logged = || httpd.log("access.log").lines().any(|found| found == line);
    wait::until_true(&format!("{line} in the access log ({what})"), Duration::from_secs(20), logged);
    let pages: Vec<_> = backend
        .requests()
        .into_iter()
        .filter(|forward| forward.uri.starts_with("/page"))
        .map(|f| f.uri)
        .collect();
    assert_eq!(pages.last(), Some(&format!("/page/{status}")), "{what}");
}

/// The container's page for an error.
fn page(status: &str) -> Answer {
    Answer::page(status.parse().expect("a status"), format!("page {status}"))
}

/// A backend that answers complete bodies with "complete", and has a page for each error.
fn pages() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            if let Some(status) = forward.uri.strip_prefix("/page/") {
                connection.answer(&page(status));
                continue;
            }
            if connection.body(&forward, |_| {}).is_none() {
                return;
            }
            connection.answer(&Answer::ok("complete"));
        }
    })
}

/// Error pages of the container for the statuses that a body can bring about.
fn error_documents() -> String {
    [400, 403, 408, 409, 413, 500].map(|status| format!("ErrorDocument {status} /page/{status}\n")).concat()
}

fn input_failures() {
    let backend = pages();
    let httpd = site(&backend).conf(&error_documents()).start();
    let body = vec![b'x'; SIZE];
    let faults = [
        ("fail", 400),
        ("fail=timeup", 408),
        ("fail=nospace", 413),
        ("fail=filter", 500),
        ("answer=403", 403),
        ("answer=403 fail=general", 403),
        ("answer=413 fail=timeup", 413),
        ("bucket=409", 409),
        ("end", 400),
    ];
    let mut number = 0;
    for (fault, status) in faults {
        for (at, chunked) in [(0, false), (5000, false), (20_000, false), (0, true), (20_000, true)] {
            if fault == "end" && chunked {
                continue;
            }
            number += 1;
            let (path, what) = (format!("/{number}"), format!("{fault} at {at}, chunked {chunked}"));
            let before = backend.requests().len();
            let plan = header(faulty::INPUT, &format!("at={at} {fault}"));
            let reply = raw::exchange(httpd.port(), post(&path, &plan, &body, chunked));
            assert_one_answer(&httpd, &backend, &reply, &path, status, &what);
            let asked: Vec<_> = backend.requests().split_off(before).into_iter().map(|f| f.uri).collect();
            assert!(asked.iter().filter(|uri| uri.starts_with("/page")).count() == 1, "{what}: {asked:?}");
        }
    }
    // A filter may well say that a body of unknown length is shorter than the client's.
    let reply = raw::exchange(httpd.port(), post("/x", &header(faulty::INPUT, "at=5000 end"), &body, true));
    assert_eq!(reply.body, b"complete");
}

fn refused_bodies() {
    let backend = pages();
    let httpd = site(&backend).conf(&error_documents()).conf("LimitRequestBody 20000").start();
    let whole = post("/large", "", &vec![b'x'; SIZE], true);
    let sent = |path: &str, body: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n");
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
    };
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    let cases: [(&str, Vec<u8>, u16); 5] = [
        ("/large", whole, 413),
        ("/chunks", sent("/chunks", &format!("{}0\r\n\r\n", chunk.repeat(9))), 413),
        ("/announced", post("/announced", "", &vec![b'x'; SIZE], false), 413),
        ("/nonsense", sent("/nonsense", "nonsense\r\n"), 400),
        ("/later", sent("/later", &format!("{chunk}nonsense\r\n")), 400),
    ];
    for (path, request, status) in cases {
        let reply = raw::exchange(httpd.port(), request);
        assert_one_answer(&httpd, &backend, &reply, path, status, path);
    }
}

fn slow_bodies() {
    let backend = pages();
    let timeouts = ["RequestReadTimeout body=1", "RequestReadTimeout body=0\nTimeout 1"];
    for timeout in timeouts {
        let httpd = site(&backend).conf(&error_documents()).conf(timeout).start();
        for (path, chunked) in [("/length", false), ("/chunked", true)] {
            let request = post(path, "", &[b'x'; SIZE], chunked);
            let mut stream = raw::connect(httpd.port());
            stream.write_all(&request[..request.len() / 2]).expect("httpd reads half of it");
            let reply = raw::parse(&raw::read_to_close(&mut stream), false);
            assert_one_answer(&httpd, &backend, &reply, path, 408, &format!("{timeout}, {path}"));
        }
    }
}

/// A response of 30,000 octets in chunks as Tomcat sends them.
fn output_failures() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.whole_request() {
            if let Some(status) = forward.uri.strip_prefix("/page/") {
                connection.answer(&page(status));
                continue;
            }
            connection.send(&ajp::send_headers(200, &[("X-Answer", "of the container")]));
            for part in vec![b'x'; SIZE].chunks(8184) {
                connection.send(&ajp::body_chunk(part));
            }
            connection.send(&ajp::end_response(true));
        }
    });
    let httpd = site(&backend).conf(&error_documents()).start();
    let get = |path: &str, plan: &str| {
        let plan = header(faulty::OUTPUT, plan);
        raw::exchange(
            httpd.port(),
            format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{plan}\r\n"),
        )
    };
    for plan in ["empty=2", "split=100", "empty=1 split=1000", "split=9000 delay=1"] {
        let reply = get("/x", plan);
        assert_eq!((reply.ending, reply.body.len()), (Ending::Complete, SIZE), "{plan}: {}", reply.head);
    }
    let unsent = [("fail", 500), ("fail=filter", 500), ("answer=403", 403), ("answer=403 fail=general", 403)];
    for (number, (plan, status)) in unsent.into_iter().enumerate() {
        let path = format!("/{number}");
        let reply = get(&path, plan);
        assert_one_answer(&httpd, &backend, &reply, &path, status, plan);
        assert!(reply.headers("X-Answer").is_empty(), "{plan}: {}", reply.head);
    }
    for plan in ["at=5000 fail", "at=20000 fail", "at=20000 fail=filter", "at=30000 fail"] {
        let reply = get("/x", plan);
        assert_eq!((reply.status(), reply.ending), (200, Ending::Cut), "{plan}: {}", reply.head);
        assert!(reply.body.iter().all(|octet| *octet == b'x') && reply.surplus.is_empty(), "{plan}");
    }
    assert_eq!(get("/x", "").body.len(), SIZE, "the server goes on");
}
