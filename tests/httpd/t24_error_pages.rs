//! Whose error page the client sees: Tomcat's, httpd's ErrorDocument, or that of another member.
//!
//! Rules: "workers-properties, section 6.2", "uri-mapping, section 3", "directives, section 11".

use crate::support::backend::{Answer, Backend};
use crate::support::client::Reply;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, raw, tomcat};

pub fn suite() -> Suite {
    Suite::new("error_pages")
        .test("pages_of_tomcat_pass_through_beside_an_error_document", pass_through)
        .test("empty_error_bodies_stay_empty", empty_bodies)
        .test("use_server_errors_shows_the_error_document", server_errors)
        .test("what_a_status_needs_survives_the_error_document", needed_headers)
        .test("a_status_without_a_phrase_stays_what_it_is", unknown_statuses)
        .test("an_error_document_may_be_mounted", mounted_document)
        .test("fail_on_status_of_a_worker_is_503", failing_statuses)
        .test("fail_on_status_of_a_rule_replaces_that_of_the_worker", rule_replaces_worker)
        .test("a_status_that_fails_takes_its_member_out", fatal_status)
        .test("a_soft_status_that_fails_leaves_its_member_in", soft_status)
}

/// A backend that answers `/<status>` with a page of its own and headers that tell where it comes from.
fn pages() -> Backend {
    Backend::answering(|forward| {
        let status = forward.uri.rsplit('/').next().and_then(|text| text.parse().ok());
        Answer::page(status.unwrap_or(200), "page of the backend").header("X-Backend", "yes")
    })
}

fn single(backend: &Backend, properties: &str, conf: &str) -> Httpd {
    Site::single_child(Mpm::Event, 8)
        .workers(&format!("worker.list=w\n{}{properties}", backend.worker("w")))
        .conf(conf)
        .start()
}

fn is_backends(reply: &Reply) -> bool {
    reply.text() == "page of the backend" && reply.header("x-backend") == Some("yes")
}

fn pass_through() {
    let httpd = Site::single_child(Mpm::Event, 8)
        .workers(&tomcat::shared().balancer())
        .conf("JkMount /* tomcat1\nErrorDocument 404 \"page of httpd\"\nErrorDocument 500 \"page of httpd\"")
        .start();
    for code in [404, 500] {
        let reply = httpd.get(&format!("/error?code={code}"));
        assert_eq!(reply.status, code);
        assert!(
            reply.text().contains("as ordered") && reply.text().contains("Apache Tomcat"),
            "{}",
            reply.text()
        );
    }
}

fn empty_bodies() {
    let backend = Backend::start(|connection| {
        while connection.whole_request().is_some() {
            connection.send(&[ajp::send_headers(404, &[]), ajp::end_response(true)].concat());
        }
    });
    let tomcat = tomcat::shared().balancer();
    let httpd = Site::single_child(Mpm::Event, 8)
        .workers(&format!("{tomcat}worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /status tomcat1\nJkMount /bare w\nErrorDocument 404 \"page of httpd\"")
        .start();
    for path in ["/status?code=404", "/bare"] {
        for method in ["GET", "HEAD"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let reply = raw::exchange(httpd.port(), request);
            assert_eq!(
                (reply.status(), reply.body.len(), reply.surplus.len()),
                (404, 0, 0),
                "{method} {path}"
            );
        }
    }
}

fn server_errors() {
    let backend = pages();
    let conf = "JkMount /from500/* w;use_server_errors=500\nJkMount /from400/* w;use_server_errors=400\n\
                JkMount /off/* w;use_server_errors=0\n\
                ErrorDocument 404 \"page of httpd\"\nErrorDocument 500 /local.html";
    let httpd = single(&backend, "", conf);
    httpd.site().write("htdocs/local.html", "file of httpd");
    let cases = [
        ("/from500/200", 200, None),
        ("/from500/404", 404, None),
        ("/from500/500", 500, Some("file of httpd")),
        ("/from400/399", 399, None),
        ("/from400/404", 404, Some("page of httpd")),
        ("/from400/500", 500, Some("file of httpd")),
        ("/off/500", 500, None),
    ];
    for (path, status, page) in cases {
        let reply = httpd.get(path);
        assert_eq!(reply.status, status, "{path}");
        match page {
            Some(page) => assert_eq!((&*reply.text(), reply.header("x-backend")), (page, None), "{path}"),
            None => assert!(is_backends(&reply), "{path}: {}", reply.text()),
        }
    }
    assert_eq!(backend.connections(), 1, "a page that is not shown costs no connection");
}

/// Headers that a status can't do without, and one that it can.
fn needed_headers() {
    let backend = Backend::answering(|forward| {
        let status = forward.uri[1..].parse().expect("a status as path");
        Answer::page(status, "page of the backend")
            .header("WWW-Authenticate", "Basic realm=\"first\"")
            .header("WWW-Authenticate", "Digest realm=\"last\"")
            .header("Proxy-Authenticate", "Basic realm=\"proxy\"")
            .header("Allow", "GET, HEAD, POST,BREW")
            .header("Retry-After", "120")
            .header("Content-Range", "bytes */47022")
            .header("Location", "/elsewhere")
            .header("X-Backend", "yes")
    });
    let documents: String =
        [401, 403, 404].map(|status| format!("ErrorDocument {status} \"page of httpd\"\n")).concat();
    let conf = format!("TraceEnable Off\nJkMount /* w;use_server_errors=300\n{documents}");
    let canned = single(&backend, "", &conf);
    let file = single(&backend, "", "TraceEnable Off\nJkMount /??? w;use_server_errors=300\nErrorDocument 401 /page.html\nErrorDocument 405 /page.html\nErrorDocument 429 /page.html\nErrorDocument 503 /page.html");
    file.site().write("htdocs/page.html", "page of httpd");
    let challenges = ["Basic realm=\"first\"", "Digest realm=\"last\""];
    let cases: [(u16, &str, &[&str]); 8] = [
        (401, "www-authenticate", &challenges),
        (407, "proxy-authenticate", &["Basic realm=\"proxy\""]),
        (405, "allow", &["BREW,GET,HEAD,POST"]),
        (429, "retry-after", &["120"]),
        (503, "retry-after", &["120"]),
        (416, "content-range", &["bytes */47022"]),
        (302, "location", &["/elsewhere"]),
        (403, "", &[]),
    ];
    let names =
        ["www-authenticate", "proxy-authenticate", "allow", "retry-after", "content-range", "location"];
    for (status, name, values) in cases {
        for httpd in [&canned, &file] {
            let reply = httpd.get(&format!("/{status}"));
            assert_eq!((reply.status, reply.header("x-backend")), (status, None));
            assert_ne!(reply.text(), "page of the backend", "{status}");
            for other in names.iter().filter(|other| **other != name) {
                assert_eq!(reply.header(other), None, "{other} of {status}");
            }
            let found: Vec<_> = reply.headers_named(name).map(sorted_if_list).collect();
            assert_eq!(found, values, "{name} of {status}");
        }
    }
    let plain = single(&backend, "", "JkMount /* w\nErrorDocument 401 \"page of httpd\"");
    let reply = plain.get("/401");
    assert_eq!((reply.status, reply.headers_named("www-authenticate").count()), (401, 2), "all of Tomcat's");
    assert_eq!(reply.text(), "page of the backend");
}

/// httpd writes the methods of Allow in an order of its own.
fn sorted_if_list(value: &str) -> String {
    let mut items: Vec<_> = value.split(',').map(str::trim).collect();
    items.sort_unstable();
    items.join(",")
}

fn unknown_statuses() {
    let backend = pages();
    let httpd = single(&backend, "", "JkMount /* w;use_server_errors=400");
    for status in [499, 520, 599] {
        let reply = raw::get(httpd.port(), &format!("/{status}"));
        // The test's backend gives the number as reason.
        assert!(reply.head.starts_with(&format!("HTTP/1.1 {status} {status}\r\n")), "{}", reply.head);
        let page = String::from_utf8_lossy(&reply.body);
        assert!(page.contains(&format!("<title>{status} ")), "{page}");
    }
    assert!(
        raw::get(httpd.port(), "/404").head.starts_with("HTTP/1.1 404 Not Found\r\n"),
        "httpd's own phrase"
    );
}

fn mounted_document() {
    let backend = pages();
    let conf = "JkMount /app/* w;use_server_errors=500\nJkMount /errors/* w\n\
                ErrorDocument 500 /errors/200\nErrorDocument 404 /errors/203";
    let httpd = single(&backend, "", conf);
    for (path, target, status) in [("/app/500", "/errors/200", 200), ("/missing", "/errors/203", 203)] {
        let reply = httpd.get(path);
        assert!(reply.status == status && is_backends(&reply), "{path}: {} {}", reply.status, reply.text());
        let forward = backend.requests().pop().expect("a request for the page");
        assert_eq!((forward.uri.as_str(), forward.method.as_str()), (target, "GET"));
    }
    for path in ["/app/500", "/missing"] {
        let announced = httpd.client().send("POST", path, &[], b"a body");
        let chunked = httpd.client().post_chunked(path, &b"a body"[..]);
        assert!(is_backends(&announced) && is_backends(&chunked), "{path}: {}", chunked.text());
    }
    for forward in backend.requests().iter().filter(|forward| forward.uri.starts_with("/errors")) {
        let length = (forward.content_length(), forward.header("transfer-encoding"));
        assert_eq!((forward.method.as_str(), length), ("GET", (Some(0), None)), "the body is spent");
    }
}

fn failing_statuses() {
    let backend = pages();
    let httpd = single(&backend, "worker.w.fail_on_status=500,-404\n", "JkMount /* w");
    for (path, status) in [("/200", 200), ("/404", 503), ("/500", 503), ("/502", 502), ("/200", 200)] {
        let reply = httpd.get(path);
        assert_eq!((reply.status, is_backends(&reply)), (status, status != 503), "{path}");
    }
}

fn rule_replaces_worker() {
    let backend = pages();
    let conf = "JkMount /own/* w;fail_on_status=-501\nJkMount /* w";
    let httpd = single(&backend, "worker.w.fail_on_status=-500\n", conf);
    for (path, status) in [("/500", 503), ("/501", 501), ("/own/500", 500), ("/own/501", 503)] {
        assert_eq!(httpd.get(path).status, status, "{path}");
    }
}

/// Two members, of which the first fails `/trouble` with 500; every answer names its member.
fn members(fail_on_status: &str) -> (Httpd, [Backend; 2]) {
    let backends = ["first", "second"].map(|name| {
        Backend::answering(move |forward| {
            let fails = name == "first" && forward.uri == "/trouble";
            Answer::page(if fails { 500 } else { 200 }, format!("member={name}\n"))
        })
    });
    let workers = format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=first,second\n\
         worker.second.distance=1\nworker.first.fail_on_status={fail_on_status}\n{}{}",
        backends[0].worker("first"),
        backends[1].worker("second"),
    );
    let httpd = Site::single_child(Mpm::Event, 8).workers(&workers).conf("JkMount /* lb").start();
    (httpd, backends)
}

fn member_after_trouble(httpd: &Httpd) -> Option<String> {
    assert_eq!(httpd.get("/calm").fact("member").as_deref(), Some("first"), "the near one");
    let rescued = httpd.get("/trouble");
    assert_eq!((rescued.status, rescued.fact("member").as_deref()), (200, Some("second")));
    httpd.get("/calm").fact("member")
}

fn fatal_status() {
    let (httpd, [first, _second]) = members("500");
    assert_eq!(member_after_trouble(&httpd).as_deref(), Some("second"));
    assert_eq!(first.requests().len(), 2, "the request that failed was not repeated there");
}

fn soft_status() {
    let (httpd, [first, _second]) = members("-500");
    assert_eq!(member_after_trouble(&httpd).as_deref(), Some("first"));
    assert_eq!(first.requests().len(), 3, "the request that failed was not repeated there");
}
