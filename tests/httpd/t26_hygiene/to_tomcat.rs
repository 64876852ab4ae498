//! Requests that try to become something else on their way to the container: they arrive whole, or not at all.

use std::collections::HashMap;
use std::io::Write;
use std::net::Shutdown;
use std::sync::Arc;

use parking_lot::Mutex;

use super::server;
use crate::support::ajp::Forward;
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw;
use crate::support::suite::Suite;

/// httpd's own limits out of the way.
const WIDE: &str = "LimitRequestFieldSize 200000\nLimitRequestLine 200000\nLimitRequestFields 0";

pub fn add(suite: Suite) -> Suite {
    suite
        .test("a_head_of_any_size_around_the_packet_limit_arrives_whole_or_is_413", packet_limit)
        .test("a_string_of_any_length_arrives_whole_or_is_413", long_strings)
        .test("a_client_cannot_set_attributes", attributes)
        .test("odd_methods_arrive_as_they_are", methods)
        .test("a_body_length_is_one_number_or_the_request_is_refused", body_lengths)
        .test("a_client_cannot_forge_a_line_of_a_log", log_lines)
        .test("pipelined_requests_are_answered_in_order", pipelining)
        .test("a_client_that_half_closes_is_answered", half_close)
        .test("a_client_that_sends_and_reads_octet_by_octet_is_served", slow_client)
}

/// Answers with what it was sent: method, URI, and the body's length.
fn echo() -> Backend {
    Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let Some(received) = connection.body(&forward, |_| {}) else { return };
            connection.answer(&Answer::ok(format!("{} {} {received}\n", forward.method, forward.uri)));
        }
    })
}

fn get_with_head(httpd: &Httpd, target: &str, header: &str) -> u16 {
    let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{header}\r\n");
    raw::exchange(httpd.port(), request).status()
}

/// Where a client can put `length` octets: the target and the header line of its request.
fn places(length: usize) -> [(String, String); 3] {
    let padding = "p".repeat(length);
    [
        ("/x".into(), format!("X-Padding: {padding}\r\n")),
        (format!("/x?{padding}"), String::new()),
        (format!("/x{padding}"), String::new()),
    ]
}

fn packet_limit() {
    const LIMIT: usize = 8192;
    const FIRST: usize = 100;
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let backend = Backend::start(move |connection| {
        while let Some(payload) = connection.packet() {
            Forward::parse(&payload);
            seen.lock().push(payload.len() + 4);
            connection.answer(&Answer::ok("done"));
        }
    });
    let httpd = server(&backend, "", WIDE);
    for place in 0..3 {
        let send = |length: usize| {
            let (target, header) = &places(length)[place];
            get_with_head(&httpd, target, header)
        };
        assert_eq!(send(FIRST), 200);
        let bare = sizes.lock().pop().expect("the size of the first") - FIRST;
        for size in LIMIT - 20..=LIMIT + 20 {
            let (status, arrived) = (send(size - bare), sizes.lock().pop());
            let expected = if size <= LIMIT { (200, Some(size)) } else { (413, None) };
            assert_eq!((status, arrived), expected, "place {place}, {size} octets");
        }
    }
}

fn long_strings() {
    let backend = echo();
    let httpd = server(&backend, "worker.w.max_packet_size=65536\n", WIDE);
    let fits = |length: usize| length < 65_536 - 400;
    for length in [64_000, 65_000, 65_533, 65_534, 65_535, 65_536, 65_537, 65_542, 70_000, 131_078] {
        for (target, header) in places(length) {
            let before = backend.requests().len();
            let status = get_with_head(&httpd, &target, &header);
            let arrived = backend.requests().split_off(before);
            assert_eq!(status, if fits(length) { 200 } else { 413 }, "{length}");
            assert!(arrived.iter().all(|forward| size_of(forward) >= length), "{length} octets were cut");
        }
    }
    for length in [0x9FFF, 0xA000, 0xA001, 0xA00B, 0xA0FF, 0xA100, 65_535, 65_536, 65_542] {
        let name = "n".repeat(length);
        let status = get_with_head(&httpd, "/x", &format!("{name}: v\r\n"));
        let arrived = backend.requests().pop().is_some_and(|forward| forward.header(&name) == Some("v"));
        assert_eq!((status, arrived), if length < 0xA000 { (200, true) } else { (413, false) }, "{length}");
    }
}

/// Octets of the longest part that a client chooses.
fn size_of(forward: &Forward) -> usize {
    let headers = forward.headers.iter().map(|(_, value)| value.len());
    let query = forward.attributes.get("query_string").map_or(0, String::len);
    headers.chain([query, forward.uri.len()]).max().unwrap_or(0)
}

fn attributes() {
    let backend = echo();
    let httpd = server(&backend, "worker.w.secret=open\n", "");
    let names = [
        "AJP_REMOTE_PORT",
        "AJP_LOCAL_ADDR",
        "AJP_SSL_PROTOCOL",
        "JK_LB_ACTIVATION",
        "JK_WORKER_NAME",
        "JK_ROUTE",
        "JK_REMOTE_ADDR",
        "JK_REMOTE_USER",
        "JK_AUTH_TYPE",
        "JK_LOCAL_NAME",
        "JK_IGNORE_CL",
        "JK_REPLY_TIMEOUT",
        "REMOTE_USER",
        "Remote-User",
        "Auth-Type",
        "HTTPS",
        "SSL_CIPHER",
        "SSL_CLIENT_CERT",
        "Secret",
        "route",
        "jakarta.servlet.include.request_uri",
        "no-jk",
        "context",
        "servlet_path",
        "req_attribute",
    ];
    let evil: String = names.iter().map(|name| format!("{name}: nobody\r\n")).collect();
    let query = names.map(|name| format!("{name}=nobody")).join("&");
    assert_eq!(get_with_head(&httpd, "/x?a=b", ""), 200);
    assert_eq!(get_with_head(&httpd, &format!("/x?{query}"), &evil), 200);
    let [plain, dressed] = &backend.requests()[..] else { panic!("two requests") };
    let own = |forward: &Forward| {
        let mut attributes: HashMap<_, _> = forward.attributes.clone();
        attributes.retain(|name, _| name != "query_string" && name != "AJP_REMOTE_PORT");
        attributes
    };
    assert_eq!(own(dressed), own(plain));
    assert_eq!(
        (dressed.is_ssl, &dressed.remote_addr, &dressed.server),
        (false, &plain.remote_addr, &plain.server)
    );
    assert!(dressed.attributes["AJP_REMOTE_PORT"].parse::<u16>().is_ok());
}

fn methods() {
    let backend = echo();
    let httpd = server(&backend, "", "");
    let long = "X".repeat(7000);
    let forwarded = [
        "PATCH",
        "FOO",
        "get",
        "G3T",
        "M-SEARCH",
        "VERSION-CONTROL",
        "BASELINE-CONTROL",
        "!#$%&'*+-.^_`|~",
        &long,
    ];
    for method in forwarded {
        let request = format!("{method} /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let reply = raw::exchange(httpd.port(), request);
        let expected = format!("{method} /x 0\n");
        assert!(
            reply.status() == 200 && reply.body == expected.as_bytes(),
            "{method}: {}",
            reply.everything()
        );
    }
    let before = backend.requests().len();
    for line in ["G\tT /x", "GET\0 /x", "(GET) /x", "G\u{e9}T /x", " GET /x", "CONNECT h:80", "CONNECT /x"] {
        let request = format!("{line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let status = raw::exchange(httpd.port(), request).status();
        assert!((400..=501).contains(&status), "{line:?}: {status}");
    }
    assert_eq!(backend.requests().len(), before);
    assert_eq!(httpd.get("/x").text(), "GET /x 0\n");
}

/// Both length headers at once are the past vulnerabilities of 2022, in `t27_vulnerabilities`.
fn body_lengths() {
    let backend = echo();
    let httpd = server(&backend, "", "");
    let cases = [
        ("Content-Length: 5\r\n", Some(5)),
        ("Content-Length: 005\r\n", Some(5)),
        ("Content-Length: 0\r\n", Some(0)),
        ("Content-Length:\t5 \r\n", Some(5)),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", None),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", None),
        ("Content-Length: 5, 5\r\n", None),
        ("Content-Length: +5\r\n", None),
        ("Content-Length: -5\r\n", None),
        ("Content-Length: 0x5\r\n", None),
        ("Content-Length: 5 5\r\n", None),
        ("Content-Length: 9223372036854775808\r\n", None),
        ("Content-Length: 18446744073709551621\r\n", None),
        ("Content-Length :5\r\n", None),
    ];
    for (headers, expected) in cases {
        let before = backend.requests().len();
        let request = format!("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\nhello");
        let reply = raw::exchange(httpd.port(), request);
        let arrived = backend.requests().split_off(before);
        match expected {
            Some(length) => {
                let lengths: Vec<_> = arrived.iter().map(Forward::content_length).collect();
                assert_eq!((lengths, reply.status()), (vec![Some(length)], 200), "{headers:?}");
                assert_eq!(reply.body, format!("POST /x {length}\n").as_bytes(), "{headers:?}");
            }
            None => assert!(arrived.is_empty() && reply.status() >= 400, "{headers:?}: {arrived:?}"),
        }
    }
}

fn log_lines() {
    let backend = echo();
    let httpd =
        server(&backend, "", "JkLogLevel debug\nJkRequestLogFormat \"%w %U %q %r\"\nJkMount /gone nobody");
    for path in ["/x", "/gone", "/..;/x", "/%2e%2e;/x"] {
        for forged in ["%0aFORGED", "%0d%0aFORGED", "%0d%1b[2JFORGED", ";%0aFORGED", "?%0aFORGED"] {
            get_with_head(&httpd, &format!("{path}{forged}"), "X-Header: %0aFORGED\r\n");
        }
    }
    let log = httpd.jk_log();
    assert!(log.contains("FORGED"), "nothing was logged: {log}");
    assert!(!log.contains(['\r', '\x1b']) && log.lines().all(|line| !line.starts_with("FORGED")), "{log}");
}

fn pipelining() {
    let backend = echo();
    let httpd = server(&backend, "", "");
    let (mut requests, mut expected) = (String::new(), String::new());
    for number in 0..40 {
        let (method, body, length) = match number % 4 {
            0 => ("GET", "\r\n".into(), 0),
            1 => ("POST", "Content-Length: 9\r\n\r\nGET / HTT".to_owned(), 9),
            2 => (
                "POST",
                "Transfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n5\r\n/ HTT\r\n0\r\n\r\n".to_owned(),
                9,
            ),
            _ => ("PUT", format!("Content-Length: 20000\r\n\r\n{}", "x".repeat(20_000)), 20_000),
        };
        requests += &format!("{method} /{number} HTTP/1.1\r\nHost: h\r\n{body}");
        expected += &format!("{method} /{number} {length}\n");
    }
    requests += "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    expected += "GET /last 0\n";
    let mut stream = raw::connect(httpd.port());
    stream.write_all(requests.as_bytes()).expect("httpd reads");
    let all = String::from_utf8_lossy(&raw::read_to_close(&mut stream)).into_owned();
    let bodies =
        all.split("\r\n\r\n").skip(1).map(|part| part.split_inclusive('\n').next().unwrap_or_default());
    assert_eq!(bodies.collect::<String>(), expected);
}

fn half_close() {
    let backend = echo();
    let httpd = server(&backend, "", "");
    for request in [
        "GET /x HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    ] {
        let mut stream = raw::connect(httpd.port());
        stream.write_all(request.as_bytes()).expect("httpd reads");
        stream.shutdown(Shutdown::Write).expect("an open connection");
        let reply = raw::parse(&raw::read_to_close(&mut stream), false);
        assert_eq!(reply.status(), 200, "{request}: {}", reply.everything());
    }
    let mut stream = raw::connect(httpd.port());
    stream.write_all(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhello").expect("httpd reads");
    stream.shutdown(Shutdown::Write).expect("an open connection");
    raw::read_to_close(&mut stream);
    assert_eq!(backend.requests().len(), 2, "a body that ends early is not forwarded");
    assert_eq!(httpd.get("/x").status, 200);
}

fn slow_client() {
    let backend = echo();
    let httpd = server(&backend, "", "");
    let request = "POST /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let mut stream = raw::connect(httpd.port());
    for octet in request.bytes() {
        stream.write_all(&[octet]).expect("httpd reads");
        std::thread::yield_now();
    }
    let head = raw::read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(raw::read_to_close(&mut stream), b"POST /slow 5\n");
}
