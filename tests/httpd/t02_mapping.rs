//! Which requests are ours: mounts, exclusions, virtual hosts, odd paths, and map files that change.
//!
//! Rules: "uri-mapping" and "decisions, rows 2 to 4 and 14". The grammar itself is tested beside its code.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{ports, raw, wait};

pub fn suite() -> Suite {
    Suite::new("mapping")
        .under(&ALL_MPMS, "exclusions_are_served_by_httpd", exclusions)
        .test("one_argument_mounts_take_the_path_of_their_location", locations)
        .test("virtual_hosts_see_the_rules_of_the_main_server_only_by_mount_copy", mount_copy)
        .test("no_spelling_of_a_path_evades_a_rule", spellings)
        .test("the_uri_is_forwarded_as_the_options_say", forward_uri)
        .test("a_long_uri_is_mapped_like_any_other", long_uri)
        .test("patterns_of_a_map_file_work_as_documented", documented_patterns)
        .test("a_disabled_rule_switches_off_the_mount_of_the_same_pattern", disabled_rule)
        .test("a_request_no_rule_maps_goes_to_no_worker", no_implicit_worker)
        .test("a_worker_can_be_named_by_the_environment", environment)
        .test("a_worker_that_does_not_exist_is_500", unknown_worker)
        .test("mount_properties_map_in_the_main_server", mount_property)
        .test("a_changed_map_file_takes_effect_without_a_restart", reload)
        .test("a_map_file_that_cannot_be_used_leaves_the_last_good_map", bad_reload)
}

fn with_worker(backend: &Backend) -> Site {
    Site::new(Mpm::Event).workers(&format!("worker.list=w\n{}", backend.worker("w")))
}

fn answers(httpd: &Httpd, path: &str) -> String {
    let reply = raw::get(httpd.port(), path);
    match reply.status() {
        200 => String::from_utf8_lossy(&reply.body).into_owned(),
        status => status.to_string(),
    }
}

fn exclusions(mpm: Mpm) {
    let backend = Backend::constant("tomcat");
    let httpd = Site::new(mpm)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nJkUnMount /images/* w\njkUnMount /externlib/* w\nJkUnMount /*.txt *")
        .file("htdocs/images/a", "httpd")
        .file("htdocs/externlib/b", "httpd")
        .file("htdocs/deep/c.txt", "httpd")
        .start();
    let cases = [
        ("/images/a", "httpd"),
        ("/externlib/b", "httpd"),
        ("/deep/c.txt", "httpd"),
        ("/images", "tomcat"),
        ("/", "tomcat"),
    ];
    for (path, by) in cases {
        assert_eq!(answers(&httpd, path), by, "{path}");
    }
}

fn locations() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .conf("<Location /exact>\nJkMount w\n</Location>\n<Location /tree/*>\nJkMount w\n</Location>")
        .start();
    for (path, by) in [("/exact", "tomcat"), ("/exact/x", "404"), ("/tree/x", "tomcat"), ("/tree", "404")] {
        assert_eq!(answers(&httpd, path), by, "{path}");
    }
}

fn mount_copy() {
    let backend = Backend::constant("tomcat");
    let hosts =
        ["JkMountCopy On", "JkMountCopy Off", "", "JkMountCopy On\nJkMount /own w\nJkUnMount /main/no w"];
    let ports: Vec<_> = hosts.iter().map(|_| ports::free()).collect();
    let vhosts: String = hosts
        .iter()
        .zip(&ports)
        .map(|(text, port)| {
            format!("Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>\n{text}\n</VirtualHost>\n")
        })
        .collect();
    for (main, bare) in [("", "404"), ("JkMountCopy All", "tomcat")] {
        let httpd = with_worker(&backend).conf("JkMount /main/* w").conf(main).conf(&vhosts).start();
        let status = |port: u16, path: &str| match raw::get(port, path).status() {
            200 => "tomcat".to_owned(),
            other => other.to_string(),
        };
        assert_eq!(status(ports[0], "/main/x"), "tomcat", "On, {main}");
        assert_eq!(status(ports[1], "/main/x"), "404", "Off, {main}");
        assert_eq!(status(ports[2], "/main/x"), bare, "unset, {main}");
        for (path, by) in [("/main/x", "tomcat"), ("/own", "tomcat"), ("/main/no", "404")] {
            assert_eq!(status(ports[3], path), by, "On with rules of its own, {path}, {main}");
        }
        drop(httpd);
    }
}

/// CVE-2014-8111, CVE-2018-1323, CVE-2018-11759.
fn spellings() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .conf("JkMount /app/* w\nJkUnMount /app/static/* w\nJkMount /deny/* w")
        .conf("<Location /deny>\nRequire all denied\n</Location>")
        .start();
    let cases = [
        ("/app/x", "tomcat"),
        ("/app/x;jsessionid=a.r1", "tomcat"),
        ("/app", "404"),
        ("/APP/x", "404"),
        ("/app/..;/x", "404"),
        ("/..;/x", "400"),
        ("/app/x/..;/..;/..;/z", "400"),
        ("/app/static/a", "404"),
        ("/app//static/a", "404"),
        ("//app/static/a", "404"),
        ("/app/static;x/a", "404"),
        ("/app/./static/a", "404"),
        ("/app/x/../static/a", "404"),
        ("/app/x;a/..;b/static;c/a", "404"),
        ("/app/%73tatic/a", "404"),
        ("/deny/x", "403"),
        ("/deny;v=1/x", "403"),
        ("/v/..;/deny/x", "403"),
        ("//deny/x", "403"),
        ("/app/..;/deny/x", "403"),
        ("/app/%00x", "404"),
        ("/app/%zz", "400"),
    ];
    for (path, expected) in cases {
        assert_eq!(answers(&httpd, path), expected, "{path}");
    }
    assert_eq!(backend.requests().len(), 2);
    assert_eq!(backend.requests()[1].uri, "/app/x;jsessionid=a.r1", "path parameters are forwarded");
}

fn forward_uri() {
    let backend = Backend::constant("tomcat");
    let cases = [
        ("", "/u/a%20b%25c%3Fd;p=1/%EA%B0%80", "/u/a%20b%25c%3Fd;p=1/%EA%B0%80"),
        ("JkOptions +ForwardURIProxy", "/u/%7cx%26~", "/u/%7Cx&~"),
        ("JkOptions +ForwardURICompat", "/u/a%20b%25c%3Fd;p=1", "/u/a b%c?d;p=1"),
        ("JkOptions +ForwardURIEscaped", "/u/a%20b%25c%3Fd", "/u/a%20b%25c%3fd"),
        ("JkOptions +ForwardURICompatUnparsed", "/u/./x/../a%20b//c?q=%20", "/u/./x/../a%20b//c"),
    ];
    for (option, path, forwarded) in cases {
        let httpd = with_worker(&backend).conf("JkMount /u/* w").conf(option).start();
        assert_eq!(answers(&httpd, path), "tomcat", "{path} with {option}");
        let request = backend.requests().pop().expect("a request that arrived");
        assert_eq!(request.uri, forwarded, "{path} with {option}");
        let query = path.split_once('?').map(|(_, query)| query);
        assert_eq!(request.attributes.get("query_string").map(String::as_str), query);
    }
}

/// CVE-2007-0774, and "decisions, row 14": the original serves what is longer than 4095 octets itself.
fn long_uri() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend).conf("JkMount /app/* w").start();
    for length in [4_000, 4_095, 4_096, 7_000] {
        assert_eq!(answers(&httpd, &format!("/app/{}", "x".repeat(length - 5))), "tomcat", "{length} octets");
    }
}

fn documented_patterns() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .conf("JkMountFile conf/map.properties")
        .file("conf/map.properties", "/tree|/*=w\n*.jsp=w\n/a?c=w\n!*.html=w\n!-/tree/off=w\n!/tree/no/*=*\n")
        .start();
    let cases = [
        ("/tree", "tomcat"),
        ("/tree/x", "tomcat"),
        ("/tree/x.html", "404"),
        ("/tree/off", "tomcat"),
        ("/tree/no/x", "404"),
        ("/some/page.jsp", "tomcat"),
        ("/abc", "tomcat"),
        ("/abbc", "404"),
    ];
    for (path, expected) in cases {
        assert_eq!(answers(&httpd, path), expected, "{path}");
    }
}

fn disabled_rule() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .conf("JkMount /off/* w\nJkMount /on/* w\nJkMountFile conf/map.properties")
        .file("conf/map.properties", "-/off/*=w\n")
        .start();
    assert_eq!((answers(&httpd, "/off/x"), answers(&httpd, "/on/x")), ("404".into(), "tomcat".into()));
}

/// CVE-2023-41081.
fn no_implicit_worker() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .load("autoindex")
        .conf("JkMount /app/* w\nJkOptions +ForwardDirectories")
        .conf("<Location /handled>\nSetHandler jakarta-servlet\n</Location>")
        .start();
    for path in ["/handled", "/handled/x", "/", "/x"] {
        assert_ne!(answers(&httpd, path), "tomcat", "{path}");
    }
    assert!(backend.requests().is_empty());
}

fn environment() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend)
        .load("setenvif")
        .conf("SetEnvIf Request_URI ^/by-env JK_WORKER_NAME=w\nSetEnvIf Request_URI ^/app/not no-jk")
        .conf("JkMount /app/* w\n<Location /by-env>\nSetHandler jakarta-servlet\n</Location>")
        .file("htdocs/app/not", "httpd")
        .start();
    for (path, by) in [("/by-env/x", "tomcat"), ("/app/x", "tomcat"), ("/app/not", "httpd")] {
        assert_eq!(answers(&httpd, path), by, "{path}");
    }
}

fn unknown_worker() {
    let backend = Backend::constant("tomcat");
    let httpd = with_worker(&backend).conf("JkMount /bad/* nobody\nJkMount /app/* w").start();
    assert_eq!((answers(&httpd, "/bad/x"), answers(&httpd, "/app/x")), ("500".into(), "tomcat".into()));
}

fn mount_property() {
    let backend = Backend::constant("tomcat");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}worker.w.mount=/a/* /b !/a/no\n", backend.worker("w")))
        .start();
    for (path, by) in [("/a/x", "tomcat"), ("/b", "tomcat"), ("/a/no", "404"), ("/c", "404")] {
        assert_eq!(answers(&httpd, path), by, "{path}");
    }
}

fn reloading(backend: &Backend) -> Httpd {
    with_worker(backend)
        .conf("JkMount /fixed w\nJkMountFile conf/map.properties\nJkMountFileReload 1")
        .file("conf/map.properties", "/one=w\n")
        .start()
}

fn becomes(httpd: &Httpd, path: &str, expected: &str) {
    let what = format!("{path} to become {expected}");
    wait::until_true(&what, Duration::from_secs(15), || answers(httpd, path) == expected);
}

fn reload() {
    let backend = Backend::constant("tomcat");
    let httpd = reloading(&backend);
    assert_eq!((answers(&httpd, "/one"), answers(&httpd, "/two")), ("tomcat".into(), "404".into()));
    httpd.site().write("conf/map.properties", "/two=w\n");
    becomes(&httpd, "/two", "tomcat");
    becomes(&httpd, "/one", "404");
    httpd.site().write("conf/map.properties", "");
    becomes(&httpd, "/two", "404");
    assert_eq!(answers(&httpd, "/fixed"), "tomcat", "rules of httpd.conf are untouched");
    httpd.site().write("conf/map.properties", "/one=w");
    becomes(&httpd, "/one", "tomcat");
}

fn bad_reload() {
    let backend = Backend::constant("tomcat");
    let httpd = reloading(&backend);
    let path = httpd.site().path("conf/map.properties");
    let stays = |what: &str| {
        for _ in 0..30 {
            assert_eq!(
                (answers(&httpd, "/one"), answers(&httpd, "/fixed")),
                ("tomcat".into(), "tomcat".into()),
                "{what}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    };
    httpd.site().write("conf/map.properties", "# a comment\n/one=wokrer\n/two=w\n");
    stays("unknown worker");
    let log = httpd.jk_log();
    let line = log.lines().find(|line| line.contains("wokrer")).expect("a line that names the worker");
    assert!(line.contains("map.properties:2"), "{line}");
    assert!(log.matches("wokrer").count() <= 4, "once per version and process: {log}");
    httpd.site().write("conf/map.properties", "/two=w\nworker.w.nonsense=1\n");
    stays("a line of another file");
    fs::remove_file(&path).expect("the map file");
    stays("no file");
    fs::create_dir(&path).expect("a directory of our own");
    stays("a directory");
    fs::remove_dir(&path).expect("the directory");
    httpd.site().write("conf/map.properties", "/three=w\n");
    becomes(&httpd, "/three", "tomcat");
    becomes(&httpd, "/one", "404");
}
