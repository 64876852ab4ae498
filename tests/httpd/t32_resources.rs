//! What other modules know of a mounted URI: its answer describes itself, look-ups of it change nobody else, and two
//! resources stay two.
//!
//! Rules: "decisions, rows 39, 41, 50, 51 and 52" and "directives, section 10.4".

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::gzip;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("resources")
        .test("an_extension_of_mod_mime_says_nothing_about_an_answer", extensions)
        .test("an_extension_of_mod_mime_takes_no_mounted_uri_away", handlers_by_extension)
        .test("a_look_up_of_a_mounted_uri_leaves_the_asking_request_alone", look_ups)
        .test("an_index_file_or_fallback_is_forwarded_with_its_rule", probes)
        .test("local_index_files_go_first", local_index_files)
        .test("mod_cache_keeps_resources_apart_that_differ_in_a_path_parameter", cache)
        .test("conditions_and_logs_see_path_parameters", conditions)
        .test("a_stripped_session_makes_no_dot_segment", stripped_session)
        .test("what_would_be_decoded_twice_is_refused", decoded_twice)
}

/// A backend that answers with the URI it was asked for, and no content type.
fn echo() -> Backend {
    Backend::answering(|forward| Answer::ok(forward.uri.clone()))
}

fn site(backend: &Backend, modules: &[&str]) -> Site {
    let site = modules.iter().fold(Site::single_child(Mpm::Event, 8), |site, module| site.load(module));
    site.workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("LogFormat \"%U %{JK_WORKER_NAME}n %{JK_WORKER_TYPE}n\" seen\nCustomLog logs/seen.log seen")
}

/// Status and body of a GET.
fn get(httpd: &Httpd, path: &str) -> (u16, String) {
    let reply = httpd.get(path);
    (reply.status, reply.text())
}

/// Waits for lines of the access log: httpd writes them after the client has its answer.
fn wait_for_log(httpd: &Httpd, lines: &[&str]) {
    let written = || httpd.log("seen.log").lines().count() >= lines.len();
    wait::until_true("the access log", Duration::from_secs(20), written);
    let [mut seen, mut expected] = [
        httpd.log("seen.log").lines().map(str::to_owned).collect(),
        lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(),
    ];
    // httpd writes a line when the client has its answer already: those of two connections may change places.
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}

fn forwarded(uri: &str) -> (u16, String) {
    (200, uri.to_owned())
}

/// A mounted path, and one that is ours by its handler.
const HANDLED: &str =
    "JkMount /app/* w\n<Location /handled>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME w\n\
                       </Location>";

const MIME: &str = "TypesConfig /dev/null\nAddEncoding x-gzip .gz\nAddLanguage de .de\nAddCharset UTF-8 .utf\n\
                    AddType text/x-special .special\nDefaultLanguage fr\nAddHandler type-map var\n\
                    AddHandler cgi-script .cgi\nAddHandler server-status .status\nAddOutputFilter DEFLATE .css";

fn extensions() {
    let backend = echo();
    let httpd = site(&backend, &["mime", "env", "deflate"])
        .conf(MIME)
        .conf(HANDLED)
        .conf("<Location /app/forced>\nForceType text/x-forced\n</Location>")
        .start();
    for way in ["/app", "/handled"] {
        for name in ["data.tar.gz", "page.special.de", "text.special.utf", "x.gz;v=1", "plain"] {
            let reply = httpd.get(&format!("{way}/{name}"));
            let found =
                ["content-encoding", "content-language", "content-type"].map(|name| reply.header(name));
            assert_eq!((reply.status, found), (200, [None; 3]), "{way}/{name}");
        }
    }
    // mod_deflate leaves short answers alone.
    let path = format!("/app/{}.css", "x".repeat(200));
    let css = httpd.client().get_with(&path, &[("Accept-Encoding", "gzip")]);
    assert_eq!(css.header("content-encoding"), Some("gzip"), "filters by extension work");
    assert_eq!(gzip::expand(&css.body), path.as_bytes());
    assert_eq!(httpd.get("/app/forced.special").header("content-type"), None);
    assert_eq!(httpd.get("/app/forced/x.special").header("content-type"), Some("text/x-forced"));
}

fn handlers_by_extension() {
    let backend = echo();
    let httpd = site(&backend, &["mime", "env", "negotiation", "status"])
        .conf(MIME.split("\nAddOutput").next().unwrap_or_default())
        .conf(HANDLED)
        .start();
    for way in ["/app", "/handled"] {
        for name in ["x.var", "run.cgi", "y.status", "x.var.cgi", "x.var;v=1"] {
            let path = format!("{way}/{name}");
            assert_eq!(get(&httpd, &path), forwarded(&path));
        }
    }
}

fn look_ups() {
    let backend = echo();
    let in_directory = "<Directory @ROOT@/htdocs/folder>\nRewriteEngine On\nRewriteCond /app/probe -U\nRewriteRule .* - [E=x:1]\n\
                        DirectoryIndex none.html\n</Directory>";
    let httpd = site(&backend, &["rewrite", "include", "dir"])
        .conf("JkMount /app/* w\nRewriteEngine On\nRewriteCond /app/probe -U\nRewriteRule ^/static/ - [E=seen:1]")
        .conf(in_directory)
        .conf("<Location /page.shtml>\nSetOutputFilter INCLUDES\nOptions +Includes\n</Location>")
        .file("htdocs/static/f", "file")
        .file("htdocs/folder/f", "file")
        .file("htdocs/page.shtml", "[<!--#include virtual=\"/app/part\" -->]")
        .start();
    assert_eq!(get(&httpd, "/static/f"), forwarded("file"));
    assert_eq!(get(&httpd, "/static/none").0, 404);
    assert_eq!(get(&httpd, "/folder/f"), forwarded("file"));
    assert_eq!(get(&httpd, "/folder/").0, 404);
    assert_eq!(get(&httpd, "/page.shtml"), forwarded("[/app/part]"));
    assert_eq!(get(&httpd, "/app/x"), forwarded("/app/x"));
    let lines = [
        "/static/f - -",
        "/static/none - -",
        "/folder/f - -",
        "/folder/ - -",
        "/page.shtml - -",
        "/app/x w ajp13",
    ];
    wait_for_log(&httpd, &lines);
    assert_eq!(backend.requests().len(), 2);
}

fn probes() {
    let backend = Backend::answering(|forward| {
        let status = if forward.uri.contains("bad") { 404 } else { 200 };
        Answer::page(status, forward.uri.clone())
    });
    let httpd = site(&backend, &["dir"])
        .conf("DirectoryIndex index.jsp\nJkMount /*.jsp w;use_server_errors=400\nJkMount /fall/back* w;use_server_errors=400")
        .conf("ErrorDocument 404 \"page of httpd\"")
        .conf("<Location /fall>\nFallbackResource /fall/back\n</Location>")
        .conf("<Location /falling>\nFallbackResource /fall/back-bad\n</Location>")
        .conf("<Location /closed/index.jsp>\nRequire all denied\n</Location>")
        .file("htdocs/there/index.jsp", "source")
        .file("htdocs/bad-there/index.jsp", "source")
        .file("htdocs/missing/f", "")
        .file("htdocs/bad-missing/f", "")
        .file("htdocs/closed/f", "")
        .start();
    let page = (404, "page of httpd".to_owned());
    for (path, expected) in [
        ("/there/", forwarded("/there/index.jsp")),
        ("/missing/", forwarded("/missing/index.jsp")),
        ("/bad-there/", page.clone()),
        ("/bad-missing/", page.clone()),
        ("/fall/none", forwarded("/fall/back")),
        ("/fall/none;v=1/x?q", forwarded("/fall/back")),
        ("/falling/none", page),
    ] {
        assert_eq!(get(&httpd, path), expected, "{path}");
    }
    assert_eq!(get(&httpd, "/closed/").0, 403);
    let queries =
        backend.requests().into_iter().filter_map(|forward| forward.attributes.get("query_string").cloned());
    assert_eq!(queries.collect::<Vec<_>>(), ["q"]);
    let names = [
        "there/index.jsp",
        "missing/index.jsp",
        "bad-there/index.jsp",
        "bad-missing/index.jsp",
        "fall/back",
        "fall/back",
        "fall/back-bad",
    ];
    let mut lines: Vec<_> = names.iter().map(|name| format!("/{name} w ajp13")).collect();
    lines.push("/closed/ - -".to_owned());
    wait_for_log(&httpd, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

fn local_index_files() {
    let backend = echo();
    let httpd = site(&backend, &["dir"])
        .conf("DirectoryIndex index.jsp index.html index.do\nJkMount /*.jsp w\nJkMount /*.do w")
        .file("htdocs/html/index.html", "file")
        .file("htdocs/do/index.do", "source")
        .start();
    assert_eq!(get(&httpd, "/html/"), forwarded("file"));
    assert_eq!(get(&httpd, "/do/"), forwarded("/do/index.do"));
    wait_for_log(&httpd, &["/html/index.html - -", "/do/index.do w ajp13"]);
}

fn cache() {
    let backend =
        Backend::answering(|forward| Answer::ok(forward.uri.clone()).header("Cache-Control", "max-age=60"));
    for quick in ["On", "Off"] {
        let site = site(&backend, &["env", "cache", "cache_disk"])
            .conf(HANDLED)
            .conf(&format!(
                "CacheRoot @ROOT@/cache\nCacheEnable disk /\nCacheHeader On\nCacheQuickHandler {quick}"
            ))
            .conf("<Location /handled/secret>\nRequire all denied\n</Location>");
        fs::create_dir(site.path("cache")).expect("a directory of our own");
        fs::set_permissions(site.path("cache"), Permissions::from_mode(0o777)).expect("rights on it");
        let httpd = site.start();
        for visit in ["MISS", "HIT"] {
            for path in [
                "/app/page",
                "/app/page;v=1",
                "/app/page;v=2",
                "/app/./page;v=3",
                "/app;w/page",
                "/handled/page",
            ] {
                let reply = httpd.get(path);
                assert_eq!(reply.text(), path.replace("/./", "/"), "{visit} with CacheQuickHandler {quick}");
                let told = reply.header("x-cache").unwrap_or_default();
                assert!(
                    told.starts_with(visit),
                    "{path}: {told} instead of {visit}, CacheQuickHandler {quick}"
                );
            }
            // Served before its sections are known, if it were kept.
            assert_eq!(get(&httpd, "/handled/page;v=1"), forwarded("/handled/page;v=1"));
            assert_eq!(get(&httpd, "/handled/secret;v=1/x").0, 403);
        }
    }
}

fn conditions() {
    let backend = echo();
    let conf = "<LocationMatch ^/(app|handled)/>\nRewriteEngine On\nRewriteCond %{REQUEST_URI} ;v=1$\n\
                RewriteRule .* - [E=first:yes]\nHeader set X-First %{first}e env=first\n\
                Header set X-Uri \"expr=%{REQUEST_URI}\"\n</LocationMatch>\n\
                <LocationMatch ^/(app|handled)/closed>\n<RequireAll>\nRequire all granted\n\
                Require expr \"%{REQUEST_URI} !~ m#^/[a-z]+/closed/#\"\n</RequireAll>\n</LocationMatch>";
    let httpd = site(&backend, &["env", "rewrite", "headers"])
        .conf(HANDLED)
        .conf(conf)
        .conf("JkRequestLogFormat \"request %U\"")
        .start();
    let mut expected = Vec::new();
    for way in ["/app", "/handled"] {
        for (name, first) in [("/x", None), ("/x;v=1", Some("yes")), ("/x;v=2", None)] {
            let path = format!("{way}{name}");
            let reply = httpd.get(&path);
            assert_eq!(reply.text(), path);
            assert_eq!((reply.header("x-first"), reply.header("x-uri")), (first, Some(&*path)), "{path}");
            expected.push(format!("{path} w ajp13"));
        }
    }
    let served = expected.len();
    for path in ["/app/closed/x", "/app/closed;v=1/x", "/app/x/..;/closed/x", "/handled/closed;v=1/x"] {
        assert_eq!(get(&httpd, path).0, 403, "{path}");
        let note = if path.starts_with("/app") { "w" } else { "-" };
        expected.push(format!("{path} {note} -"));
    }
    wait_for_log(&httpd, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    let in_request_log = expected[..served].iter().map(|line| line.replace(" w ajp13", ""));
    let log = httpd.jk_log();
    in_request_log.for_each(|path| assert!(log.contains(&format!("request {path}\n")), "{path} in {log}"));
}

fn stripped_session() {
    let backend = echo();
    let httpd = site(&backend, &[])
        .conf("JkMount /app/* w\nJkStripSession On\n<Location /private>\nRequire all denied\n</Location>")
        .file("htdocs/private/f", "secret")
        .file("htdocs/a/f", "file")
        .start();
    for (path, status) in [
        ("/a/f;jsessionid=1", 200),
        ("/a;jsessionid=1/f", 200),
        ("/private;jsessionid=1/f", 403),
        ("/a/..;jsessionid=1/private/f", 400),
        ("/a/..;jsessionid=1;x/private/f", 404),
        ("/a/.;jsessionid=1/f", 400),
    ] {
        assert_eq!(get(&httpd, path).0, status, "{path}");
    }
}

fn decoded_twice() {
    let backend = echo();
    let httpd = site(&backend, &["env", "dir", "rewrite"])
        .conf(HANDLED)
        .conf("JkOptions +ForwardURICompat +ForwardDirectories\nDirectoryIndex /app/front")
        .conf("RewriteEngine On\nRewriteRule ^/listed/.*/$ @ROOT@/htdocs/listed/")
        .file("htdocs/listed/f", "file")
        .start();
    for way in ["/app", "/handled"] {
        for (name, expected) in [
            ("/%252e%252e/x", None),
            ("/%25%32%65/x", None),
            ("/x;p=%2541", None),
            ("/100%25", Some("/100%")),
            ("/a%25zz", Some("/a%zz")),
            ("/a%20b;c", Some("/a b;c")),
        ] {
            let expected = expected.map_or(400, |_| 200);
            assert_eq!(get(&httpd, &format!("{way}{name}")).0, expected, "{way}{name}");
        }
    }
    assert_eq!(get(&httpd, "/listed/%252e%252e/x/").0, 400, "a directory's name is not decoded twice either");
    assert_eq!(get(&httpd, "/listed/100%25/"), forwarded("/listed/100%/"));
}
