//! Requests whose body or method got connections out of step, or members into error.

use std::io::Write;
use std::net::Shutdown;

use super::everything_mounted;
use crate::support::ajp::{self, packet};
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("cve_2008_5519_a_length_without_a_body_takes_nobodys_answer", cve_2008_5519)
        .test("cve_2009_1191_a_body_that_never_comes_takes_nobodys_answer", cve_2009_1191)
        .test("cve_2010_0408_a_broken_body_is_not_the_members_failure", cve_2010_0408)
        .test("cve_2011_3348_an_unknown_method_is_not_the_members_failure", cve_2011_3348)
        .test("cve_2012_3502_a_connection_in_doubt_is_closed", cve_2012_3502)
        .test("cve_2022_26377_odd_transfer_encodings_smuggle_nothing", cve_2022_26377)
        .test("cve_2022_36760_both_length_headers_smuggle_nothing", cve_2022_36760)
}

/// A backend whose answer names the URI it was asked for, before a server with one connection, which is open.
fn naming() -> (Backend, Httpd) {
    let backend = Backend::answering(|forward| Answer::ok(forward.uri.clone()));
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nTimeout 1")
        .start();
    assert_eq!(httpd.get("/own").text(), "/own");
    (backend, httpd)
}

fn cve_2008_5519() {
    let (_backend, httpd) = naming();
    for _ in 0..3 {
        let evil = "POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n";
        let mut stream = raw::connect(httpd.port());
        stream.write_all(evil.as_bytes()).expect("httpd reads");
        drop(stream);
        assert_eq!(httpd.get("/own").text(), "/own");
    }
}

fn cve_2009_1191() {
    let (_backend, httpd) = naming();
    let silent = "POST /evil HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf";
    let reply = raw::exchange(httpd.port(), silent);
    assert_ne!(reply.status(), 200, "{}", reply.everything());
    for path in ["/own", "/second", "/third"] {
        assert_eq!(httpd.get(path).text(), path);
    }
}

/// A balancer that goes on with the spare as soon as the first member is in error, for a minute.
fn balancer(first: &Backend, spare: &Backend) -> Httpd {
    let members = [first.worker("first"), spare.worker("spare")].concat();
    Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=first,spare\n\
             worker.lb.error_escalation_time=0\nworker.spare.distance=1\n{members}"
        ))
        .conf("JkMount /* lb")
        .start()
}

fn cve_2010_0408() {
    let (first, spare) = (Backend::constant("first"), Backend::constant("spare"));
    let httpd = balancer(&first, &spare);
    for body in [
        "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
        "Content-Length: 10\r\n\r\nhe",
    ] {
        let mut stream = raw::connect(httpd.port());
        write!(stream, "POST /x HTTP/1.1\r\nHost: h\r\n{body}").expect("httpd reads");
        stream.shutdown(Shutdown::Write).expect("an open connection");
        raw::read_to_close(&mut stream);
        assert_eq!(httpd.get("/x").text(), "first", "after {body:?}");
    }
}

fn cve_2011_3348() {
    let first = Backend::answering(|forward| match forward.method.as_str() {
        "GET" => Answer::ok("first"),
        _ => Answer::status(501),
    });
    let spare = Backend::constant("spare");
    let httpd = balancer(&first, &spare);
    for method in ["FOO", "X-Y", "get", "PROPFIN"] {
        assert_eq!(httpd.client().send(method, "/x", &[], &[]).status, 501, "{method}");
        assert_eq!(httpd.get("/x").text(), "first", "after {method}");
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
