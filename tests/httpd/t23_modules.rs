//! The module among others: each of httpd's own modules does its work on requests that go to Tomcat.
//!
//! Rules: "directives, sections 10 and 10.4".

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, gzip, raw, tomcat};

pub fn suite() -> Suite {
    Suite::new("modules")
        .test("remoteip_tells_tomcat_the_real_client", remote_ip)
        .test("rewrite_acts_before_mapping_and_beside_it", rewrite)
        .test("deflate_compresses_answers_and_expands_requests", deflate)
        .test("a_mount_beats_an_alias_whatever_comes_first", alias)
        .test("directories_are_forwarded_as_their_index_or_themselves", directories)
        .test("the_user_of_auth_basic_is_known_to_tomcat", auth_basic)
        .test("headers_changes_what_goes_either_way", headers)
        .test("cache_answers_in_place_of_tomcat", cache)
        .test("cache_keeps_no_answer_that_broke_off", cache_of_cut)
        .test("cache_asks_tomcat_whether_its_answer_still_holds", revalidation)
        .test("include_puts_answers_into_a_page", includes)
        .test("a_page_breaks_off_with_an_answer_in_it", cut_include)
        .test("internal_redirects_are_mapped_anew", internal_redirects)
        .test("no_jk_leaves_a_request_to_httpd", no_jk)
}

/// A backend that answers with the URI it was asked for.
fn echo() -> Backend {
    Backend::answering(|forward| Answer::ok(format!("uri={}\n", forward.uri)))
}

fn with_modules(modules: &[&str]) -> Site {
    modules.iter().fold(Site::single_child(Mpm::Event, 8), |site, module| site.load(module))
}

fn worker(backend: &Backend) -> String {
    format!("worker.list=w\n{}", backend.worker("w"))
}

/// Status and `uri=` fact of a GET.
fn uri(httpd: &Httpd, path: &str) -> (u16, Option<String>) {
    let reply = httpd.get(path);
    (reply.status, reply.fact("uri"))
}

fn forwarded(path: &str) -> (u16, Option<String>) {
    (200, Some(path.to_owned()))
}

fn remote_ip() {
    let httpd = with_modules(&["remoteip"])
        .workers(&tomcat::shared().balancer())
        .conf("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\nJkMount /* tomcat1")
        .start();
    let headers = [("X-Forwarded-For", "198.51.100.7, 203.0.113.9")];
    let reply = httpd.client().get_with("/mirror/identity", &headers);
    assert_eq!(reply.fact("remote_addr").as_deref(), Some("203.0.113.9"), "{}", reply.text());
    assert_eq!(httpd.get("/mirror/identity").fact("remote_addr").as_deref(), Some("127.0.0.1"));
}

fn rewrite() {
    let backend = echo();
    let httpd = with_modules(&["rewrite"])
        .workers(&worker(&backend))
        .conf("RewriteEngine On\nRewriteRule ^/through/(.*)$ /app/$1 [PT]\nRewriteRule ^/file/(.*)$ /app/$1")
        .conf("RewriteRule ^/handler/ - [H=jakarta-servlet,E=JK_WORKER_NAME:w]")
        .conf("RewriteRule ^/app/moved/(.*)$ /nowhere/$1\nRewriteRule ^/app/old/(.*)$ /app/new/$1 [PT]")
        .conf("<Location /app/away>\nRewriteEngine On\nRewriteRule .* /app/back [R=302,L]\n</Location>")
        .conf("JkMount /app/* w")
        .start();
    let cases = [
        ("/through/a%20b", forwarded("/app/a%20b")),
        ("/file/x", (404, None)),
        ("/handler/x", forwarded("/handler/x")),
        ("/app/moved/x", forwarded("/app/moved/x")),
        ("/app/old/x", forwarded("/app/new/x")),
    ];
    for (path, expected) in cases {
        assert_eq!(uri(&httpd, path), expected, "{path}");
    }
    let redirect = httpd.get("/app/away");
    let target = redirect.header("location").unwrap_or_default();
    assert!(redirect.status == 302 && target.ends_with("/app/back"), "{} {target}", redirect.status);
}

fn deflate() {
    let httpd = with_modules(&["deflate", "filter"])
        .workers(&tomcat::shared().balancer())
        .conf("AddOutputFilterByType DEFLATE text/plain\nJkMount /* tomcat1")
        .conf("SetInputFilter DEFLATE")
        .start();
    let plain = httpd.get("/facts");
    let packed = httpd.client().get_with("/facts", &[("Accept-Encoding", "gzip")]);
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
    let expanded = String::from_utf8_lossy(&gzip::expand(&packed.body)).into_owned();
    assert!(expanded.starts_with("route=tomcat1\nmethod=GET\n"), "{expanded}");
    let octets = httpd.client().get_with("/body?size=5000", &[("Accept-Encoding", "gzip")]);
    assert_eq!((octets.header("content-encoding"), octets.body.len()), (None, 5000), "another type");
    let numbers: String = (0..10_000).map(|number| number.to_string()).collect();
    let body = gzip::compress(numbers.as_bytes());
    let upload = httpd.client().send("POST", "/upload", &[("Content-Encoding", "gzip")], &body);
    assert_eq!(upload.fact("length"), Some(numbers.len().to_string()), "{}", upload.text());
    let plain = httpd.client().send("POST", "/facts", &[], b"not compressed");
    assert_eq!(plain.fact("header.content-length").as_deref(), Some("14"), "{}", plain.text());
}

fn alias() {
    let backend = echo();
    let conf = "Alias /app/files @ROOT@/htdocs\nAlias /files @ROOT@/htdocs\nJkMount /app/* w";
    for site in [with_modules(&["alias"]), Site::single_child(Mpm::Event, 8).load_before("alias")] {
        let httpd = site.workers(&worker(&backend)).conf(conf).file("htdocs/x", "uri=local\n").start();
        assert_eq!(uri(&httpd, "/app/files/x"), forwarded("/app/files/x"));
        assert_eq!(uri(&httpd, "/files/x"), forwarded("local"));
    }
}

fn directories() {
    let backend = echo();
    let rules = "DirectoryIndex index.jsp\nDirectorySlash On\nJkMount /*.jsp w\nJkMount /mounted/ w\n\
                 SetEnvIf Request_URI ^/variable/ JK_WORKER_NAME=w\n\
                 <Location /disabled>\nDirectoryIndex disabled\n</Location>\n\
                 <Location /variable>\nDirectoryIndex none.html\n</Location>\n\
                 <Location /nothing>\nDirectoryIndex none.html\n</Location>";
    let cases = [
        ("/there/", forwarded("/there/index.jsp"), forwarded("/there/index.jsp")),
        ("/missing/", forwarded("/missing/index.jsp"), forwarded("/missing/")),
        ("/variable/", (404, None), forwarded("/variable/")),
        ("/mounted/", forwarded("/mounted/"), forwarded("/mounted/")),
        ("/nothing/", (404, None), (404, None)),
        ("/disabled/", (404, None), (404, None)),
    ];
    let [off, on] = ["", "JkOptions +ForwardDirectories"].map(|options| {
        let site = with_modules(&["dir", "setenvif"]).workers(&worker(&backend)).conf(rules).conf(options);
        let directories = ["missing", "variable", "mounted", "nothing", "disabled"];
        let site = directories.iter().fold(site, |site, name| site.file(&format!("htdocs/{name}/keep"), ""));
        site.file("htdocs/there/index.jsp", "source").start()
    });
    for (path, without, with) in cases {
        assert_eq!(uri(&off, path), without, "{path} without ForwardDirectories");
        assert_eq!(uri(&on, path), with, "{path} with ForwardDirectories");
    }
}

fn auth_basic() {
    let httpd = with_modules(&["authn_core", "authn_file", "authz_user", "auth_basic"])
        .workers(&tomcat::shared().balancer())
        .file("conf/users", "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
        .conf("<Location /mirror>\nAuthType Basic\nAuthName staff\nAuthUserFile conf/users\nRequire valid-user\n</Location>")
        .conf("JkMount /* tomcat1")
        .start();
    let refused = httpd.get("/mirror/identity;x=1");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Basic realm=\"staff\"")));
    let reply = httpd.client().get_with("/mirror/identity", &[("Authorization", "Basic YWxpY2U6c2VjcmV0")]);
    assert_eq!((reply.status, reply.fact("user").as_deref()), (200, Some("alice")), "{}", reply.text());
    assert_eq!(reply.fact("auth").as_deref(), Some("Basic"));
}

fn headers() {
    let httpd = with_modules(&["headers"])
        .workers(&tomcat::shared().balancer())
        .conf("Header set X-Set one\nHeader always set X-Always two\nHeader onsuccess set X-Success three")
        .conf("Header edit Set-Cookie \"$\" \"; SameSite=Lax\"\nHeader edit Content-Type UTF-8 utf-8")
        .conf("RequestHeader set X-To-Tomcat yes\nRequestHeader unset X-From-Client\nJkMount /* tomcat1")
        .start();
    let reply = httpd.client().get_with("/facts", &[("X-From-Client", "spoofed")]);
    assert_eq!(reply.fact("header.x-to-tomcat").as_deref(), Some("yes"));
    assert_eq!(reply.fact("header.x-from-client"), None);
    assert_eq!(reply.header("content-type"), Some("text/plain;charset=utf-8"));
    for path in ["/facts", "/error?code=500"] {
        let reply = httpd.get(path);
        let found = ["x-set", "x-always", "x-success"].map(|name| reply.header(name));
        assert_eq!(found, [Some("one"), Some("two"), Some("three")], "{path}");
    }
    let cookies = httpd.get("/cookies");
    let cookies: Vec<_> = cookies.headers_named("set-cookie").collect();
    assert_eq!(cookies.len(), 3);
    assert!(cookies.iter().all(|cookie| cookie.ends_with("; SameSite=Lax")), "{cookies:?}");
}

/// Answers the first request of a connection with a part of a body.
fn break_off(connection: &mut Connection, headers: &[(&str, &str)]) {
    if connection.request().is_some() {
        connection.send(
            &[ajp::send_headers(200, headers), ajp::body_chunk(b"a part"), ajp::body_chunk(&[])].concat(),
        );
    }
}

/// A server for `backend` that keeps answers in shared memory, or in files, where also those without length go.
fn caching(backend: &Backend, provider: &str, quick: &str) -> Httpd {
    let site = with_modules(&["cache", "cache_disk", "cache_socache", "socache_shmcb"])
        .workers(&worker(backend))
        .conf("CacheSocache shmcb:@ROOT@/run/cache(512000)\nCacheRoot @ROOT@/cache\nCacheHeader On")
        .conf(&format!("CacheEnable {provider} /\nCacheQuickHandler {quick}\nJkMount /* w"));
    fs::create_dir(site.path("cache")).expect("a directory of our own");
    fs::set_permissions(site.path("cache"), Permissions::from_mode(0o777)).expect("rights on it");
    site.start()
}

fn cache() {
    for (provider, quick) in [("socache", "On"), ("socache", "Off"), ("disk", "On")] {
        let backend =
            Backend::answering(|_| Answer::ok("page\n".repeat(2000)).header("Cache-Control", "max-age=60"));
        let httpd = caching(&backend, provider, quick);
        for visit in ["MISS", "HIT", "HIT"] {
            let reply = httpd.get("/page");
            assert_eq!((reply.status, reply.body.len()), (200, 10_000), "{visit}");
            let told = reply.header("x-cache").unwrap_or_default();
            assert!(
                told.starts_with(visit),
                "{told} instead of {visit} from {provider}, CacheQuickHandler {quick}"
            );
        }
        assert_eq!(backend.requests().len(), 1);
    }
}

fn cache_of_cut() {
    let backend = Backend::start(|connection| break_off(connection, &[("Cache-Control", "max-age=60")]));
    let httpd = caching(&backend, "disk", "On");
    for visit in 1..=2 {
        assert_eq!(raw::get(httpd.port(), "/page").ending, raw::Ending::Cut, "visit {visit}");
        assert_eq!(backend.requests().len(), visit, "half an answer is not kept");
    }
}

fn revalidation() {
    let backend = Backend::answering(|forward| {
        let known = forward.header("if-none-match") == Some("\"v1\"");
        let answer = if known { Answer::status(304) } else { Answer::ok("page\n".repeat(2000)) };
        answer.header("ETag", "\"v1\"").header("Cache-Control", "max-age=0")
    });
    let httpd = caching(&backend, "disk", "On");
    for visit in 1..=3 {
        let reply = httpd.get("/page");
        assert_eq!((reply.status, reply.body.len()), (200, 10_000), "visit {visit}");
        assert_eq!(backend.requests().len(), visit);
    }
    let conditions =
        backend.requests().iter().filter(|forward| forward.header("if-none-match").is_some()).count();
    assert_eq!((conditions, backend.connections()), (2, 1));
}

fn including() -> Site {
    with_modules(&["include"])
        .conf("<Location /page.shtml>\nSetOutputFilter INCLUDES\nOptions +Includes\n</Location>")
}

fn cut_include() {
    let backend = Backend::start(|connection| break_off(connection, &[]));
    let httpd = including()
        .workers(&worker(&backend))
        .conf("JkMount /app/* w")
        .file("htdocs/page.shtml", "a <!--#include virtual=\"/app/part\" --> b")
        .start();
    let reply = raw::get(httpd.port(), "/page.shtml");
    assert_eq!((reply.status(), reply.ending), (200, raw::Ending::Cut), "{reply:?}");
}

fn includes() {
    let backend = Backend::answering(|forward| Answer::ok(format!("[{}]", forward.uri)));
    let page = "a <!--#include virtual=\"/app/one?x=1\" --> b <!--#include virtual=\"/app/two\" --> c\n";
    let httpd = including()
        .workers(&worker(&backend))
        .conf("JkMount /app/* w")
        .file("htdocs/page.shtml", page)
        .start();
    for _ in 0..2 {
        let reply = httpd.get("/page.shtml");
        assert_eq!(reply.text(), "a [/app/one] b [/app/two] c\n");
    }
    let forwards = backend.requests();
    let protocols: Vec<_> = forwards.iter().map(|forward| forward.protocol.as_str()).collect();
    assert_eq!(protocols, ["INCLUDED"; 4]);
    assert_eq!(forwards[0].attributes.get("query_string").map(String::as_str), Some("x=1"));
    assert_eq!(backend.connections(), 1);
}

fn internal_redirects() {
    let backend = echo();
    let httpd = with_modules(&["actions"])
        .workers(&worker(&backend))
        .conf("Action by-tomcat /app/action\n<Location /page.own>\nSetHandler by-tomcat\n</Location>")
        .conf("JkMount /app/* w\nErrorDocument 404 /app/missing")
        .file("htdocs/page.own", "source")
        .start();
    assert_eq!(uri(&httpd, "/page.own"), forwarded("/app/action/page.own"));
    assert_eq!(uri(&httpd, "/missing"), forwarded("/app/missing"));
}

fn no_jk() {
    let backend = echo();
    let httpd = including()
        .load("setenvif")
        .load("env")
        .workers(&worker(&backend))
        .conf("SetEnvIf Request_URI ^/app/early/ no-jk\n<Location /app/late>\nSetEnv no-jk 1\n</Location>")
        .conf("JkMount /app/* w")
        .file("htdocs/page.shtml", "<!--#include virtual=\"/app/late/x\" -->")
        .file("htdocs/app/early/x", "uri=local\n")
        .file("htdocs/app/late/x", "uri=local\n")
        .start();
    assert_eq!(uri(&httpd, "/app/x"), forwarded("/app/x"));
    assert_eq!(uri(&httpd, "/app/early/x"), forwarded("local"));
    assert_eq!(uri(&httpd, "/app/late/x"), forwarded("local"));
    assert_eq!(uri(&httpd, "/app/late/missing"), (404, None));
    assert_eq!(uri(&httpd, "/page.shtml"), forwarded("local"));
}
