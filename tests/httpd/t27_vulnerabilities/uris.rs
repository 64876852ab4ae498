//! Spellings and lengths of URIs that evaded a rule, or overran a buffer.

use super::{assert_no_crash, site, status};
use crate::support::backend::Backend;
use crate::support::raw;
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("cve_2007_0774_a_long_uri_overflows_nothing", cve_2007_0774)
        .test("cve_2007_1860_an_encoded_percent_is_decoded_once", cve_2007_1860)
        .test("cve_2014_8111_an_exclusion_holds_for_every_spelling", cve_2014_8111)
        .test("cve_2016_6808_a_long_host_name_overflows_nothing", cve_2016_6808)
        .test("cve_2018_1323_path_parameters_do_not_hide_a_mount", cve_2018_1323)
        .test("cve_2018_11759_path_parameters_do_not_evade_a_location", cve_2018_11759)
        .test("cve_2023_41081_nothing_is_forwarded_that_is_not_mounted", cve_2023_41081)
}

fn cve_2007_0774() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).conf("JkMount /app/* w\nLimitRequestLine 200000").start();
    for length in [1024, 4094, 4095, 4096, 4097, 7000, 8192, 65_536, 150_000] {
        let expected = if length <= 7000 { 200 } else { 413 };
        assert_eq!(status(&httpd, &format!("/app/{}", "x".repeat(length))), expected, "{length}");
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
