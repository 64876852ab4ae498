//! Bodies of every size and framing, in both directions, and clients that go away in the middle.
//!
//! Rules: "ajp13, sections 5 and 13"; sizes around 8186 are the first body packet's limit.

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, faulty, process, tomcat, wait};

const SIZES: [usize; 7] = [0, 1, 8185, 8186, 8187, 16_372, 300_000];

/// What lies between client and module.
#[derive(Clone, Copy)]
struct Way {
    mpm: Mpm,
    /// Filters that split, and succeed without octets, on both sides.
    filters: bool,
}

const DIRECT: Way = Way { mpm: Mpm::Event, filters: false };
const WAYS: [(&str, Way); 3] = [
    ("event", DIRECT),
    ("prefork", Way { mpm: Mpm::Prefork, filters: false }),
    ("filters", Way { mpm: Mpm::Event, filters: true }),
];
const EVENT_WAYS: [(&str, Way); 2] = [WAYS[0], WAYS[2]];

/// 2 GiB and a little more, so that no 31-bit counter survives.
const HUGE: u64 = (2 << 30) + 12_345;

pub fn suite() -> Suite {
    Suite::new("bodies")
        .each(&WAYS, "uploads_arrive_whole", uploads)
        .each(&WAYS, "downloads_arrive_whole", downloads)
        .each(&WAYS, "answers_without_body_keep_the_connection_in_step", bodiless)
        .each(&EVENT_WAYS, "repeated_headers_stay_separate_and_in_order", cookies)
        .each(&EVENT_WAYS, "error_pages_of_tomcat_pass_through", error_pages)
        .each(&EVENT_WAYS, "a_body_that_tomcat_ignores_is_read_to_its_end", unread_body)
        .each(&EVENT_WAYS, "expect_100_continue_is_answered_before_the_body", expect_continue)
        .each(&EVENT_WAYS, "flush_of_the_container_reaches_the_client_at_once", flush)
        .each(&EVENT_WAYS, "a_client_that_goes_while_sending_is_nobodys_failure", abort_while_sending)
        .each(&EVENT_WAYS, "a_client_that_goes_while_receiving_is_nobodys_failure", abort_while_receiving)
        .each(&EVENT_WAYS, "an_invalid_chunk_of_the_client_is_not_repeated", invalid_chunk)
        .each(&EVENT_WAYS, "both_length_headers_become_one_framing", one_framing)
        .alone("two_gib_to_the_client_in_bounded_memory", huge_download)
        .alone("two_gib_from_the_client_in_bounded_memory", huge_upload)
}

impl Way {
    fn site(self) -> Site {
        let site = Site::new(self.mpm);
        if self.filters {
            site.load_faulty().conf(faulty::HARMLESS)
        } else {
            site
        }
    }

    /// A server before Tomcat.
    fn to_tomcat(self) -> Httpd {
        self.site().workers(&tomcat::shared().balancer()).conf("JkMount /* tomcat1").start()
    }

    /// A server before a backend of the test.
    fn to(self, backend: &Backend, properties: &str) -> Httpd {
        let workers = format!("worker.list=w\n{}{properties}", backend.worker("w"));
        self.site().workers(&workers).conf("JkMount /* w").start()
    }
}

fn uploads(way: Way) {
    let httpd = way.to_tomcat();
    let client = httpd.client();
    for size in SIZES {
        let body = pattern(size);
        let expected = (Some(size.to_string()), Some(crc32(&body).to_string()));
        let announced = client.send("POST", "/upload", &[], &body);
        assert_eq!((announced.fact("length"), announced.fact("crc")), expected, "{size} with Content-Length");
        let chunked = client.post_chunked("/upload", Cursor::new(body));
        assert_eq!((chunked.fact("length"), chunked.fact("crc")), expected, "{size} chunked");
    }
}

fn downloads(way: Way) {
    let httpd = way.to_tomcat();
    let client = httpd.client();
    for size in SIZES {
        let announced = client.get(&format!("/body?size={size}"));
        assert_eq!(announced.header("content-length"), Some(&*size.to_string()));
        assert!(announced.body == pattern(size), "{size} with Content-Length");
        let chunked = client.get(&format!("/body?size={size}&chunked=1"));
        assert!(chunked.body == pattern(size), "{size} chunked");
    }
}

fn bodiless(way: Way) {
    let httpd = way.to_tomcat();
    let cases = [
        ("HEAD /body?size=1000", 200, Some("1000")),
        ("GET /status?code=204", 204, None),
        ("GET /status?code=304", 304, None),
        ("HEAD /error?code=404", 404, None),
    ];
    for (request, status, length) in cases {
        let next = "GET /facts HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let mut stream = raw::connect(httpd.port());
        write!(stream, "{request} HTTP/1.1\r\nHost: h\r\n\r\n{next}").expect("httpd reads");
        let head = raw::parse(raw::read_head(&mut stream).as_bytes(), true);
        assert_eq!(head.status(), status, "{request}");
        if let Some(length) = length {
            assert_eq!(head.headers("Content-Length"), [length], "{request}");
        }
        let following = raw::parse(&raw::read_to_close(&mut stream), false);
        assert_eq!(following.status(), 200, "behind {request}: {}", following.head);
        assert_ne!(following.ending, Ending::Cut, "behind {request}");
    }
}

fn cookies(way: Way) {
    let httpd = way.to_tomcat();
    let reply = httpd.get("/cookies");
    let cookies: Vec<_> = reply.headers_named("set-cookie").collect();
    assert_eq!(cookies, ["one=1; Path=/", "two=2; Path=/; HttpOnly", "three=3"]);
}

fn error_pages(way: Way) {
    let httpd = way.to_tomcat();
    for code in [404, 500, 503] {
        let reply = httpd.get(&format!("/error?code={code}"));
        assert_eq!(reply.status, code);
        assert!(reply.text().contains("as ordered"), "Tomcat's page for {code}: {}", reply.text());
    }
}

fn unread_body(way: Way) {
    let httpd = way.to_tomcat();
    let client = httpd.client();
    for _ in 0..3 {
        assert_eq!(
            client.send("POST", "/unread", &[], &pattern(200_000)).fact("unread").as_deref(),
            Some("1")
        );
        assert_eq!(client.get("/facts").status, 200);
    }
}

fn expect_continue(way: Way) {
    let httpd = way.to_tomcat();
    let mut stream = raw::connect(httpd.port());
    let head = "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("httpd reads the head");
    assert!(raw::read_head(&mut stream).starts_with("HTTP/1.1 100 "));
    stream.write_all(b"hello").expect("httpd reads the body");
    let reply = raw::parse(&raw::read_to_close(&mut stream), false);
    assert_eq!(reply.status(), 200);
    assert!(reply.everything().contains("length=5"));
}

fn flush(way: Way) {
    let backend = Backend::start(|connection| {
        while connection.request().is_some() {
            connection.send(&ajp::send_headers(200, &[]));
            connection.send(&ajp::body_chunk(b"first"));
            connection.send(&ajp::body_chunk(b""));
            connection.stall();
        }
    });
    let httpd = way.to(&backend, "");
    let mut stream = raw::connect(httpd.port());
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n").expect("httpd reads");
    assert!(raw::read_head(&mut stream).starts_with("HTTP/1.1 200 "));
    let mut chunk = [0; 10];
    stream.read_exact(&mut chunk).expect("the first chunk, while the container is still at work");
    assert_eq!(&chunk, b"5\r\nfirst\r\n");
}

fn abort_while_sending(way: Way) {
    let backend = Backend::start(|connection| {
        while connection.whole_request().is_some() {
            connection.answer(&Answer::ok("done"));
        }
    });
    let httpd = way.to(&backend, "worker.w.busy_limit=1\n");
    let bodies = [
        "Content-Length: 100000\r\n\r\n",
        "Content-Length: 100000\r\n\r\nsome",
        "Content-Length: 9000\r\n\r\nsome",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        "Transfer-Encoding: chunked\r\n\r\n400\r\nsome",
    ];
    for body in bodies {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\n{body}").expect("httpd reads");
        drop(stream);
        served_again(&httpd, body);
    }
    let posts = backend.requests().iter().filter(|forward| forward.method == "POST").count();
    assert!(posts <= bodies.len(), "{posts} POSTs for {} clients: a failed one was repeated", bodies.len());
}

fn abort_while_receiving(way: Way) {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            if forward.uri != "/endless" {
                connection.answer(&Answer::ok("done"));
                continue;
            }
            connection.send(&ajp::send_headers(200, &[]));
            while connection.offer(&ajp::body_chunk(&[b'x'; 8000])) {}
            return;
        }
    });
    let httpd = way.to(&backend, "worker.w.busy_limit=1\n");
    let endless = || backend.requests().iter().filter(|forward| forward.uri == "/endless").count();
    for (before, received) in [0, 1, 100_000].into_iter().enumerate() {
        let mut stream = raw::connect(httpd.port());
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").expect("httpd reads");
        // A client that goes before that is not forwarded at all.
        wait::until_true("the request at the backend", Duration::from_secs(20), || endless() == before + 1);
        read_some(&mut stream, received);
        drop(stream);
        served_again(&httpd, "an aborted download");
    }
    assert_eq!(endless(), 3);
}

/// With busy_limit=1 a request is served only after the one before has given its place back. This one has when httpd
/// closes its connection.
fn served_again(httpd: &Httpd, after: &str) {
    let what = format!("the worker to serve again after {after:?}");
    let next = "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    wait::until_true(&what, Duration::from_secs(20), || raw::exchange(httpd.port(), next).status() == 200);
}

fn invalid_chunk(way: Way) {
    let backend = Backend::answering(|_| Answer::ok("done"));
    let httpd = way.to(&backend, "");
    let request = "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n";
    let reply = raw::exchange(httpd.port(), request);
    assert_ne!(reply.status(), 200, "{}", reply.everything());
    assert!(backend.requests().len() <= 1);
    assert_eq!(httpd.get("/x").status, 200);
}

/// The request smuggling of mod_proxy_ajp: CVE-2022-26377 and CVE-2022-36760.
fn one_framing(way: Way) {
    let backend = Backend::answering(|_| Answer::ok("done"));
    let httpd = way.to(&backend, "");
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    let headers = [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", smuggled.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", smuggled.len()),
    ];
    for headers in headers {
        let request =
            format!("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n\r\n{smuggled}");
        raw::exchange(httpd.port(), request);
    }
    let requests = backend.requests();
    assert!(requests.iter().all(|forward| forward.uri == "/x"), "{requests:?}");
    assert!(requests.iter().all(|forward| forward.content_length().is_none()), "{requests:?}");
    assert_eq!(httpd.get("/next").status, 200);
}

fn huge_download() {
    let backend = Backend::start(|connection| {
        while connection.request().is_some() {
            connection.send(&ajp::send_headers(200, &[("Content-Length", &HUGE.to_string())]));
            let packets = ajp::body_chunk(&[b'x'; 65_000]).repeat(8);
            let mut left = HUGE;
            while left >= 8 * 65_000 && connection.offer(&packets) {
                left -= 8 * 65_000;
            }
            for part in vec![b'x'; usize::try_from(left).expect("less than 520000")].chunks(65_000) {
                connection.send(&ajp::body_chunk(part));
            }
            connection.send(&ajp::end_response(true));
        }
    });
    let httpd = DIRECT.to(&backend, "worker.w.max_packet_size=65536\n");
    assert_bounded(&httpd, || {
        let mut stream = raw::connect(httpd.port());
        stream.write_all(b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("httpd reads");
        assert!(raw::read_head(&mut stream).starts_with("HTTP/1.1 200 "));
        let mut received = 0;
        let mut buffer = vec![0; 1 << 20];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            received += count as u64;
        }
        assert_eq!(received, HUGE);
    });
}

fn huge_upload() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let received = connection.body(&forward, |_| {}).unwrap_or_default();
            connection.answer(&Answer::ok(received.to_string()));
        }
    });
    let httpd = DIRECT.to(&backend, "worker.w.max_packet_size=65536\n");
    assert_bounded(&httpd, || {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {HUGE}\r\nConnection: close\r\n\r\n")
            .expect("httpd reads the head");
        let part = vec![b'x'; 1 << 20];
        let mut left = HUGE;
        while left > 0 {
            let size = usize::try_from(left.min(part.len() as u64)).expect("at most 1 MiB");
            stream.write_all(&part[..size]).expect("httpd reads the body");
            left -= size as u64;
        }
        let reply = raw::parse(&raw::read_to_close(&mut stream), false);
        assert!(reply.everything().ends_with(&HUGE.to_string()), "{}", reply.everything());
    });
}

/// Runs `transfer` and checks that no child needed more than 16 MiB for it.
fn assert_bounded(httpd: &Httpd, transfer: impl FnOnce()) {
    let peak = |child: &u32| process::proc_octets(*child, "status", "VmHWM");
    let children = httpd.children();
    let before: Vec<_> = children.iter().map(peak).collect();
    transfer();
    for (child, before) in children.iter().zip(before) {
        let grown = peak(child).saturating_sub(before);
        assert!(grown < 16 << 20, "a child grew by {grown} octets");
    }
}

fn read_some(stream: &mut TcpStream, count: usize) {
    let mut buffer = vec![0; count];
    stream.read_exact(&mut buffer).expect("a part of the answer");
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|index| u8::try_from(index % 251).expect("less than 251")).collect()
}

fn crc32(octets: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !octets.iter().fold(u32::MAX, |crc, octet| (0..8).fold(crc ^ u32::from(*octet), step))
}
