//! One test for each past vulnerability of mod_jk and mod_proxy_ajp, named by its number, end to end.
//!
//! Rules: promises, last section. Other suites go deeper into most of these classes: `t02_mapping` (spellings of
//! URIs), `t05_faults` and `t26_hygiene` (replies), `t04_bodies` (bodies). Here each number stands for itself, so
//! that nobody has to search for it. CVE-2016-6808 (a buffer for host name and URI, in the IIS redirector) and
//! CVE-2018-1323 (path parameters, in the IIS redirector) concern code that has no counterpart here; their inputs
//! are tried all the same.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::ajp::{self, packet};
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending, RawReply};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("vulnerabilities")
        .test("cve_2006_7197_a_chunk_longer_than_its_packet_reveals_no_memory", cve_2006_7197)
        .test("cve_2007_0774_a_long_uri_overflows_nothing", cve_2007_0774)
        .test("cve_2007_1860_an_encoded_percent_is_decoded_once", cve_2007_1860)
        .test("cve_2008_5519_a_length_without_a_body_takes_nobodys_answer", cve_2008_5519)
        .test("cve_2014_8111_an_exclusion_holds_for_every_spelling", cve_2014_8111)
        .test("cve_2016_6808_a_long_host_name_overflows_nothing", cve_2016_6808)
        .test("cve_2018_1323_path_parameters_do_not_hide_a_mount", cve_2018_1323)
        .test("cve_2018_11759_path_parameters_do_not_evade_a_location", cve_2018_11759)
        .test("cve_2023_41081_nothing_is_forwarded_that_is_not_mounted", cve_2023_41081)
        .test("cve_2024_46544_shared_memory_belongs_to_its_owner_alone", cve_2024_46544)
        .test("shared_memory_without_a_place_is_refused_with_a_reason", shared_memory_without_a_place)
        .test("unnumbered_a_chunk_packet_of_one_octet_reveals_no_memory", chunk_of_one_octet)
        .test("unnumbered_header_code_a000_crashes_nothing", header_code_a000)
        .test("cve_2009_1191_a_body_that_never_comes_takes_nobodys_answer", cve_2009_1191)
        .test("cve_2010_0408_a_broken_body_is_not_the_members_failure", cve_2010_0408)
        .test("cve_2011_3348_an_unknown_method_is_not_the_members_failure", cve_2011_3348)
        .test("cve_2012_3502_a_connection_in_doubt_is_closed", cve_2012_3502)
        .test("cve_2022_26377_odd_transfer_encodings_smuggle_nothing", cve_2022_26377)
        .test("cve_2022_36760_both_length_headers_smuggle_nothing", cve_2022_36760)
        .test("cve_2026_28780_a_message_of_full_size_overflows_nothing", cve_2026_28780)
        .test("cve_2026_33857_a_number_cut_at_the_end_is_not_read", cve_2026_33857)
        .test("cve_2026_34032_a_string_without_nul_is_not_read", cve_2026_34032)
        .test("cve_2026_34059_a_short_chunk_packet_is_not_read", cve_2026_34059)
}

fn site(backend: &Backend) -> Site {
    Site::new(Mpm::Event).workers(&format!("worker.list=w\n{}worker.w.retries=1\n", backend.worker("w")))
}

fn everything_mounted(backend: &Backend) -> Httpd {
    site(backend).conf("JkMount /* w").start()
}

fn status(httpd: &Httpd, target: &str) -> u16 {
    raw::get(httpd.port(), target).status()
}

fn assert_no_crash(httpd: &Httpd) {
    assert!(!httpd.error_log().contains("exit signal"), "{}", httpd.error_log());
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
    assert!(visible && !(reply.status() == 200 && !reply.body.is_empty()), "{}", reply.everything());
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

fn cve_2007_0774() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).conf("JkMount /app/* w\nLimitRequestLine 200000").start();
    for length in [1024, 4094, 4095, 4096, 4097, 7900, 8192, 65_536, 150_000] {
        let status = status(&httpd, &format!("/app/{}", "x".repeat(length)));
        assert_eq!(
            status,
            if length < 7900 {
                200
            } else if length == 7900 {
                status
            } else {
                413
            },
            "{length}"
        );
    }
    assert_eq!(status(&httpd, "/app/x"), 200);
    assert_no_crash(&httpd);
}

fn cve_2007_1860() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).conf("JkMount /app/* w").start();
    for (target, forwarded) in [
        ("/app/%252e%252e/secret", "/app/%252e%252e/secret"),
        ("/app/%25%32%65%25%32%65/secret", "/app/%252e%252e/secret"),
        ("/app/%253b/x", "/app/%253b/x"),
        ("/app/%2525", "/app/%2525"),
    ] {
        assert_eq!(status(&httpd, target), 200, "{target}");
        assert_eq!(backend.requests().pop().expect("a request").uri, forwarded, "{target}");
    }
    for target in ["/app/../secret", "/app/%2e%2e/secret", "/app/x/%2e%2e/../secret", "/app/.%2e/secret"] {
        assert_ne!(status(&httpd, target), 200, "{target}");
    }
    assert!(backend.requests().iter().all(|forward| forward.uri.starts_with("/app/")));
}

/// A backend whose answer names the URI it was asked for, behind a server whose children keep one connection each.
fn naming(uri_of_own: &'static str) -> Httpd {
    let backend = Box::leak(Box::new(Backend::answering(|forward| Answer::ok(forward.uri.clone()))));
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nTimeout 1")
        .start();
    assert_eq!(httpd.get(uri_of_own).text(), uri_of_own);
    httpd
}

fn cve_2008_5519() {
    let httpd = naming("/own");
    for _ in 0..3 {
        let evil = "POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n";
        let mut stream = raw::connect(httpd.port());
        stream.write_all(evil.as_bytes()).expect("httpd reads");
        drop(stream);
        assert_eq!(httpd.get("/own").text(), "/own");
    }
}

fn cve_2009_1191() {
    let httpd = naming("/own");
    let silent = "POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf";
    let reply = raw::exchange(httpd.port(), silent);
    assert_ne!(reply.status(), 200, "{}", reply.everything());
    for path in ["/own", "/second", "/third"] {
        assert_eq!(httpd.get(path).text(), path);
    }
}

fn cve_2014_8111() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).conf("JkMount /app/* w\nJkUnMount /app/private/* w").start();
    assert_eq!(status(&httpd, "/app/x"), 200);
    for target in [
        "/app/private/x",
        "/app//private/x",
        "//app/private/x",
        "/app/./private/x",
        "/app/x/../private/x",
        "/app/%70rivate/x",
        "/app/private//x",
        "/./app/private/x",
        "/app/x//..//private/x",
        "/app/%2e/private/x",
    ] {
        assert_eq!(status(&httpd, target), 404, "{target}");
    }
    assert_eq!(backend.requests().len(), 1);
}

fn cve_2016_6808() {
    let backend = Backend::constant("tomcat");
    let httpd =
        site(&backend).conf("JkMount /app/* w\nLimitRequestLine 20000\nLimitRequestFieldSize 20000").start();
    for (host, uri) in [(255, 10), (1000, 3000), (4000, 95), (4000, 4000), (7000, 10), (15_000, 15_000)] {
        let (name, path) = ("h".repeat(host), "x".repeat(uri));
        let request = format!("GET /app/{path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let before = backend.requests().len();
        let status = raw::exchange(httpd.port(), request).status();
        assert!(matches!(status, 200 | 400 | 413), "{host} and {uri}: {status}");
        if let Some(forward) = backend.requests().get(before) {
            assert_eq!((forward.server.0.len(), forward.uri.len()), (host, uri + 5), "cut");
        }
    }
    assert_eq!(status(&httpd, "/app/x"), 200);
    assert_no_crash(&httpd);
}

fn cve_2018_1323() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).conf("JkMount /app/* w\nJkUnMount /app/private/* w").start();
    for (target, expected) in [
        ("/app;x=1/y", 200),
        ("/app/y;x=1", 200),
        ("/app/private;x=1/y", 404),
        ("/app;a/private;b/y;c", 404),
        ("/app/;/private/y", 404),
        ("/app/x;a/..;b/private/y", 404),
    ] {
        assert_eq!(status(&httpd, target), expected, "{target}");
    }
}

fn cve_2018_11759() {
    let backend = Backend::constant("tomcat");
    let denied = "<Location /app/admin>\nRequire all denied\n</Location>";
    let by_handler = "<Location /handled>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w\n</Location>";
    let denied_handler = "<Location /handled/admin>\nRequire all denied\n</Location>";
    let httpd = site(&backend)
        .load("env")
        .conf("JkMount /app/* w")
        .conf(denied)
        .conf(by_handler)
        .conf(denied_handler)
        .start();
    assert_eq!((status(&httpd, "/app/x"), status(&httpd, "/handled/x")), (200, 200));
    for root in ["/app", "/handled"] {
        for path in
            ["/admin", "/admin;", "/admin;x=1", "/admin;/y", "/;/admin", "/x;/../admin", "/x/..;/admin"]
        {
            let target = format!("{root}{path}");
            assert_eq!(status(&httpd, &target), 403, "{target}");
        }
    }
    assert_eq!(backend.requests().len(), 2);
}

fn cve_2023_41081() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend)
        .conf("JkMount /app/* w\nJkUnMount /app/no/* w\n<Location /handled>\nSetHandler jakarta-servlet\n</Location>")
        .start();
    for target in ["/", "/x", "/handled", "/handled/x", "/app", "/app/no/x", "/appx"] {
        assert_eq!(status(&httpd, target), 404, "{target}");
    }
    assert!(backend.requests().is_empty());
}

/// The segment of a running server: a file in its run directory that carries its process id.
fn segment(httpd: &Httpd) -> PathBuf {
    let entries = fs::read_dir(httpd.site().path("run")).expect("a directory of our own").flatten();
    let mut segments =
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("jk.shm"));
    segments.next().expect("a segment while the server runs")
}

/// At a restart the server takes a new segment of the same name, which others may know by then.
fn cve_2024_46544() {
    let backend = Backend::constant("tomcat");
    let squatters: [fn(&Path, &Path); 3] = [
        |path, _| fs::write(path, vec![0xFF; 100_000]).expect("a file"),
        |path, victim| symlink(victim, path).expect("a link"),
        |path, victim| fs::hard_link(victim, path).expect("a link"),
    ];
    for squat in squatters {
        let httpd = site(&backend).conf("JkMount /* w").start();
        let (path, victim) = (segment(&httpd), httpd.site().path("victim"));
        assert_eq!(fs::symlink_metadata(&path).expect("a segment").mode() & 0o7777, 0o600);
        fs::write(&victim, "precious").expect("a file of our own");
        fs::remove_file(&path).expect("the segment's name");
        squat(&path, &victim);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("a file of our own");
        assert!(httpd.graceful().ok);
        httpd.wait_for_generation(2);
        assert_eq!(httpd.get("/x").status, 200);
        assert_eq!(fs::read_to_string(&victim).expect("still there"), "precious");
        let found = fs::symlink_metadata(segment(&httpd)).expect("a segment");
        assert!(found.is_file() && found.mode() & 0o7777 == 0o600 && found.nlink() == 1, "{found:?}");
    }
}

/// A directory that does not exist or that this user may not write to is named, and nothing is started.
fn shared_memory_without_a_place() {
    let backend = Backend::constant("tomcat");
    let missing = site(&backend).conf("JkShmFile gone/jk.shm").refused();
    assert!(!missing.ok && missing.output.contains("gone does not exist"), "{}", missing.output);
    let blocked = site(&backend).conf("JkShmFile htdocs/file/jk.shm").file("htdocs/file", "a file").refused();
    assert!(!blocked.ok && blocked.output.contains("htdocs/file/jk.shm"), "{}", blocked.output);
    let closed = site(&backend).conf("JkShmFile closed/jk.shm").file("closed/x", "");
    for open in ["logs", "run"] {
        fs::set_permissions(closed.path(open), fs::Permissions::from_mode(0o777)).expect("rights of our own");
    }
    let denied = closed.refused_as_nobody();
    assert!(!denied.ok && denied.output.contains("may not create files in"), "{}", denied.output);
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

/// A worker that would be in error for a minute after its first failure.
fn strict_balancer(backend: &Backend) -> Httpd {
    Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=w\nworker.lb.error_escalation_time=0\n{}",
            backend.worker("w")
        ))
        .conf("JkMount /* lb")
        .start()
}

fn cve_2010_0408() {
    let backend = Backend::answering(|_| Answer::ok("done"));
    let httpd = strict_balancer(&backend);
    for body in [
        "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
        "Content-Length: 10\r\n\r\nhe",
    ] {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\n{body}").expect("httpd reads");
        stream.shutdown(std::net::Shutdown::Write).expect("an open connection");
        raw::read_to_close(&mut stream);
        assert_eq!(httpd.get("/x").status, 200, "after {body:?}");
    }
}

fn cve_2011_3348() {
    let backend = Backend::answering(|forward| match forward.method.as_str() {
        "GET" => Answer::ok("done"),
        _ => Answer::status(501),
    });
    let httpd = strict_balancer(&backend);
    for method in ["FOO", "X-Y", "get", "PROPFIN"] {
        assert_eq!(httpd.client().send(method, "/x", &[], &[]).status, 501, "{method}");
        assert_eq!(httpd.get("/x").status, 200, "after {method}");
    }
}

fn cve_2012_3502() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            let whole = [ajp::send_headers(200, &[]), ajp::body_chunk(forward.uri.as_bytes())].concat();
            connection.send(&whole);
            match forward.uri.as_str() {
                "/unread" => connection.send(&packet(&[99])),
                "/late" => {
                    connection.send(&[ajp::end_response(true), whole, ajp::end_response(true)].concat())
                }
                _ => connection.send(&ajp::end_response(true)),
            }
        }
    });
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    for evil in ["/unread", "/late"] {
        raw::get(httpd.port(), evil);
        for path in ["/first", "/second"] {
            assert_eq!(httpd.get(path).text(), path, "after {evil}");
        }
    }
}

/// No octet of a body becomes a request, whatever the two ends make of its headers.
fn assert_no_smuggling(headers: &[&str]) {
    let backend = Backend::answering(|_| Answer::ok("done"));
    let httpd = everything_mounted(&backend);
    let smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    let length = smuggled.len().to_string();
    for headers in headers {
        let before = backend.requests().len();
        let headers = headers.replace("LENGTH", &length);
        let request =
            format!("POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n\r\n{smuggled}");
        raw::exchange(httpd.port(), request);
        let arrived = backend.requests().split_off(before);
        assert!(
            arrived.len() <= 1 && arrived.iter().all(|forward| forward.uri == "/x"),
            "{headers:?}: {arrived:?}"
        );
        for forward in arrived {
            let statements =
                ["content-length", "transfer-encoding"].map(|name| forward.header(name).is_some());
            assert_ne!(statements, [true, true], "{headers:?}: two statements about one body");
        }
        assert_eq!(httpd.get("/next").status, 200);
    }
}

fn cve_2022_26377() {
    assert_no_smuggling(&[
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: CHUNKED",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\n ",
    ]);
}

fn cve_2022_36760() {
    assert_no_smuggling(&[
        "Content-Length: LENGTH\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: LENGTH",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: LENGTH\r\nTransfer-Encoding: identity",
        "Content-Length: LENGTH\r\nTransfer-Encoding: xchunked",
        "Content-Length: LENGTH\r\nTransfer-Encoding:",
        "Content-Length: LENGTH\r\nContent-Length: 0",
        "Connection: Content-Length, close\r\nContent-Length: LENGTH",
        "Connection: Transfer-Encoding, close\r\nTransfer-Encoding: chunked\r\nContent-Length: LENGTH",
    ]);
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
