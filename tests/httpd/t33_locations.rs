//! `<Location>` and spellings: whatever way a request comes to Tomcat, no spelling reaches what is denied, and what is
//! allowed arrives as it was spelled.
//!
//! Rules: "uri-mapping, section 5" and "decisions, rows 15, 40, 50, 51 and 52".

use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::raw;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("locations")
        .test("no_spelling_reaches_what_is_denied_and_what_is_allowed_arrives_unchanged", spellings)
        .test("no_forwarding_option_lets_a_spelling_reach_what_is_denied", forwarding_options)
        .test("sections_of_the_clean_uri_decide_who_serves_it", sections_of_the_clean_uri)
}

/// What becomes of a spelling that is asked of one of the four ways that lead every URI below them to Tomcat.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It arrives as it was spelled.
    Same,
    /// It arrives in another spelling of the same.
    As(&'static str),
    /// 403.
    Denied,
    /// Its way leads through what is denied: who is routed by a handler is denied, a mount looks at the end only, and it
    /// arrives so.
    Through(&'static str),
    /// Refused with this status.
    Refused(u16),
}

use Fate::{As, Denied, Refused, Same, Through};

/// Spellings below each way, of which `/admin` is denied.
const SPELLINGS: &[(&str, Fate)] = &[
    // Path parameters.
    ("/public/x", Same),
    ("/public/x;v=1", Same),
    ("/public/x;", Same),
    ("/public;v=1/x", Same),
    ("/public/x;jsessionid=A.r1;b", Same),
    ("/public;/;a/x", Same),
    ("/public/x;p=1/100%25", Same),
    ("/public/x;p=%2525", Same),
    ("/public/a%3Bb", As("/public/a;b")),
    ("/public/a%3b;c", As("/public/a;;c")),
    // Escapes.
    ("/public/a%20b", Same),
    ("/public/100%25", Same),
    ("/public/%252e%252e/x", Same),
    ("/public/%25%32%65/x", As("/public/%252e/x")),
    ("/public/%2541", Same),
    ("/public/%2525", Same),
    ("/public/a%252Fb", Same),
    ("/public/a%252fb", Same),
    ("/public/%252e%252e%252fadmin", Same),
    ("/public/%E4%EA%b0", As("/public/%E4%EA%B0")),
    ("/public/a%3Fb", Same),
    ("/public/%23x", Same),
    ("/public/x%5Cy", Same),
    ("/public/%41%7e", As("/public/A~")),
    ("/public/a+b&c=d,e", Same),
    // Dots and slashes.
    ("/public//x", As("/public/x")),
    ("/public/./x", As("/public/x")),
    ("/public/y/../x", As("/public/x")),
    ("/public/%2e/x", As("/public/x")),
    ("/public/y/%2e%2E/x", As("/public/x")),
    ("/public/y/..;/x", Same),
    ("/public/y/%2E.;/x", As("/public/y/..;/x")),
    ("/public/.;a/x", Same),
    ("/public/...;/x", Same),
    ("/public/..x", Same),
    // Others than what is denied.
    ("/public/admin/x", Same),
    ("/adminx", Same),
    ("/ADMIN/x", Same),
    ("/admin%20/x", Same),
    ("/admin;x/..;/public/x", Same),
    ("/admin;x/../public/x", As("/public/x")),
    ("/admin/..;/public/x", Through("/admin/..;/public/x")),
    ("/admin/..%3B/public/x", Through("/admin/..;/public/x")),
    ("/admin/%2e%2e%3bv/public/x", Through("/admin/..;v/public/x")),
    ("/admin%2Fb/../public/x", As("/public/x")),
    ("/admin%5Cb/../public/x", As("/public/x")),
    // What is denied.
    ("/admin", Denied),
    ("/admin/", Denied),
    ("/admin/x", Denied),
    ("/admin;", Denied),
    ("/admin;v=1", Denied),
    ("/admin;/x", Denied),
    ("/admin;v=1/x", Denied),
    ("/admin;a%20b/x", Denied),
    ("/admin;a=%252F/x", Denied),
    ("/admin;%2e%2e/x", Denied),
    ("/admin%3B/x", Denied),
    ("/admin%3bv=1/x", Denied),
    ("//admin/x", Denied),
    ("/./admin/x", Denied),
    ("/%61dmin/x", Denied),
    ("/%61%64%6d%69%6E;x/y", Denied),
    ("/;/admin/x", Denied),
    ("/.;/admin/x", Denied),
    ("/;a/.;b/admin;c/x;d", Denied),
    ("/admin//x;", Denied),
    ("/public/../admin/x", Denied),
    ("/public/..;/admin/x", Denied),
    ("/public/..;v=1/admin/x", Denied),
    ("/public/..%3B/admin/x", Denied),
    ("/public/..;//admin/x", Denied),
    ("/public/%2e%2e/admin/x", Denied),
    ("/public/%2E%2e;/admin/x", Denied),
    ("/public/.%2e;x/admin/x", Denied),
    ("/public/y/..;/..;/admin/x", Denied),
    ("/public/x;a/..;b/..;c/admin/x", Denied),
    ("/admin;x/%252e%252e/public", Denied),
    ("/admin;x/..;y/admin/x", Denied),
    // What names nothing.
    ("/..;/..;/x", Refused(400)),
    ("/public/%00x", Refused(404)),
    ("/public/%zz", Refused(400)),
];

/// Spellings with an encoded slash, and their fates with AllowEncodedSlashes Off, On and NoDecode.
const SLASHES: &[(&str, [Fate; 3])] = &[
    ("/public%2Fx", [Refused(404), As("/public/x"), Same]),
    ("/public/a%2fb", [Refused(404), As("/public/a/b"), Same]),
    ("/public/100%25/a%2Fb", [Refused(404), As("/public/100%25/a/b"), Same]),
    ("/public/a%252Fb", [Same, Same, Same]),
    ("/public/a%252Fb%2Fc", [Refused(404), As("/public/a%252Fb/c"), Same]),
    ("/public/y/../a%2Fb", [Refused(404), As("/public/a/b"), As("/public/a%2Fb")]),
    ("/public/x;v=1/a%2Fb", [Refused(404), As("/public/x;v=1/a/b"), Same]),
    ("/public;a=%2F/x", [Refused(404), As("/public;a=/x"), Same]),
    // Whether it is in the parameter, or in the name that `..` takes away, depends on what comes first.
    ("/;a%2Fb/admin/x", [Refused(404), As("/;a/b/admin/x"), Denied]),
    ("/;%2fb/admin/x", [Refused(404), As("/;/b/admin/x"), Denied]),
    ("/public;a%2Fb/x", [Refused(404), As("/public;a/b/x"), Same]),
    ("/public/y%2Fz/..;/x", [Refused(404), As("/public/y/z/..;/x"), Same]),
    ("/a%2Fb/..;/admin/x", [Refused(404), As("/a/b/..;/admin/x"), Denied]),
    ("/admin%2Fx", [Refused(404), Denied, Same]),
    ("/admin%2fx;v=1", [Refused(404), Denied, Same]),
    ("/%2Fadmin/x", [Refused(404), Denied, Same]),
    ("/admin;a=%2F/x", [Refused(404), Denied, Denied]),
    ("/admin/a%2Fb", [Refused(404), Denied, Denied]),
    ("/public%2f..%2fadmin/x", [Refused(404), Denied, Refused(400)]),
    ("/public%2F%2e%2E%2Fadmin/x", [Refused(404), Denied, Refused(400)]),
    ("/public/..%2Fadmin/x", [Refused(404), Denied, Refused(400)]),
    ("/public%2F..;/admin/x", [Refused(404), Denied, Refused(400)]),
    ("/public%2F..;v%2fadmin/x", [Refused(404), Denied, Refused(400)]),
];

/// Values of AllowEncodedSlashes, each in a virtual host of that name.
const MODES: [&str; 3] = ["Off", "On", "NoDecode"];

/// Ways that lead every URI below them to Tomcat; the last two by their handler.
const WAYS: [&str; 4] = ["/mount", "/section", "/handler", "/variable"];

const CONF: &str = r#"
JkMount /mount/* w
<Location /section/*>
  JkMount w
</Location>
<Location /handler>
  SetHandler jakarta-servlet
  SetEnv JK_WORKER_NAME w
</Location>
SetEnvIf Request_URI ^/variable/ JK_WORKER_NAME=w
<Location /variable>
  SetHandler jakarta-servlet
</Location>
JkAutoAlias @ROOT@/apps
<Directory @ROOT@/apps>
  Require all granted
</Directory>
DirectoryIndex index.jsp
JkMount /index/*.jsp w
JkMount /fallback/front w
<Location /fallback>
  FallbackResource /fallback/front
</Location>
RewriteEngine On
RewriteRule "^/rewritten/(.*)" /rewritten-to/front [PT]
JkMount /rewritten-to/* w
<LocationMatch "^/(mount|section|handler|variable|alias|index|fallback)/admin(/|$)">
  Require all denied
</LocationMatch>
"#;

/// A server with a virtual host per mode, each with `options` beside the ways.
fn server(backend: &Backend, options: &str) -> Httpd {
    let hosts: String = MODES
        .iter()
        .map(|mode| {
            format!("<VirtualHost *:@PORT@>\nServerName {mode}.test\nAllowEncodedSlashes {mode}\n{options}\n{CONF}</VirtualHost>\n")
        })
        .collect();
    let site = ["env", "setenvif", "dir", "rewrite"]
        .iter()
        .fold(Site::single_child(Mpm::Event, 8), |site, name| site.load(name));
    let trees = ["htdocs/index", "htdocs/fallback", "apps/alias"];
    let files = trees.iter().flat_map(|tree| {
        [("public/x/file", "public"), ("public/y/file", "public"), ("admin/x/file", "secret")]
            .map(|(file, text)| (format!("{tree}/{file}"), text))
    });
    files
        .fold(site, |site, (path, text)| site.file(&path, text))
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf(&hosts)
        .start()
}

/// Status and body of a GET to one of the virtual hosts.
fn ask(httpd: &Httpd, mode: &str, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {mode}.test\r\nConnection: close\r\n\r\n");
    let reply = raw::exchange(httpd.port(), request);
    (reply.status(), String::from_utf8_lossy(&reply.body).into_owned())
}

/// Spellings and fates in the virtual host with that value of AllowEncodedSlashes.
fn table(mode: usize) -> impl Iterator<Item = (&'static str, Fate)> {
    SPELLINGS.iter().copied().chain(SLASHES.iter().map(move |(spelling, fates)| (*spelling, fates[mode])))
}

fn spellings() {
    let backend = Backend::answering(|forward| Answer::ok(forward.uri.clone()));
    let httpd = server(&backend, "");
    for (index, mode) in MODES.iter().enumerate() {
        for (spelling, fate) in table(index) {
            for (way, by_handler) in WAYS.iter().zip([false, false, true, true]) {
                let arrives = |uri: &str| (200, Some(format!("{way}{uri}")));
                let expected = match fate {
                    Same => arrives(spelling),
                    As(uri) => arrives(uri),
                    Through(uri) if !by_handler => arrives(uri),
                    Denied | Through(_) => (403, None),
                    Refused(status) => (status, None),
                };
                let (status, body) = ask(&httpd, mode, &format!("{way}{spelling}"));
                let found = (status, Some(body).filter(|_| status == 200));
                assert_eq!(found, expected, "{way}{spelling} with AllowEncodedSlashes {mode}");
            }
            what_leads_elsewhere(&httpd, mode, spelling);
        }
    }
    what_httpd_finds_first(&httpd);
    assert_nothing_denied(&backend);
}

/// The ways on which a request becomes one for another URI: that one arrives, or nothing.
fn what_leads_elsewhere(httpd: &Httpd, mode: &str, spelling: &str) {
    let file = ask(httpd, mode, &format!("/alias{spelling}/file"));
    assert!(!file.1.contains("secret"), "/alias{spelling}/file with {mode}");
    let index = ask(httpd, mode, &format!("/index{spelling}/"));
    assert!(index.0 != 200 || index.1.starts_with("/index/public"), "/index{spelling}/: {index:?}");
    for (path, front) in [("/fallback", "/fallback/front"), ("/rewritten", "/rewritten-to/front")] {
        let found = ask(httpd, mode, &format!("{path}{spelling}"));
        assert!(found.0 != 200 || found.1 == front, "{path}{spelling} with {mode}: {found:?}");
    }
}

/// The ways on which httpd looks at its own files first.
fn what_httpd_finds_first(httpd: &Httpd) {
    let cases = [
        ("/alias/public/x/file", 200, "public"),
        ("/alias/public;v=1/x/file", 200, "public"),
        ("/alias/public/y/..;/x/file", 200, "public"),
        ("/alias/admin/x/file", 403, ""),
        ("/alias/admin;v=1/x/file", 403, ""),
        ("/alias/public/..;/admin/x/file", 403, ""),
        ("/alias/;/admin/x;/file", 403, ""),
        ("/index/public/x/", 200, "/index/public/x/index.jsp"),
        ("/index/public/./y/..//x/", 200, "/index/public/x/index.jsp"),
        ("/index/public/x/index.jsp;v=1", 200, "/index/public/x/index.jsp;v=1"),
        ("/index/admin/x/", 403, ""),
        ("/index/%61dmin/x/", 403, ""),
        ("/index/admin/x;/index.jsp", 403, ""),
        ("/fallback/none", 200, "/fallback/front"),
        ("/fallback/none;v=1/x", 200, "/fallback/front"),
        ("/fallback/public/x/file", 200, "public"),
        ("/fallback/admin/none", 403, ""),
    ];
    for (path, status, body) in cases {
        let found = ask(httpd, "Off", path);
        assert_eq!(found.0, status, "{path}");
        assert!(status != 200 || found.1 == body, "{path}: {found:?}");
    }
}

/// JkOptions ForwardURI* change the spelling that Tomcat gets, not what it names.
fn forwarding_options() {
    let backend = Backend::answering(|forward| Answer::ok(forward.uri.clone()));
    for option in ["ForwardURIEscaped", "ForwardURICompat", "ForwardURICompatUnparsed"] {
        let httpd = server(&backend, &format!("JkOptions +{option}"));
        for (index, mode) in MODES.iter().enumerate() {
            for (spelling, fate) in table(index) {
                for way in ["/mount", "/handler"] {
                    let (status, body) = ask(&httpd, mode, &format!("{way}{spelling}"));
                    let allowed: &[u16] = match fate {
                        // ForwardURICompat refuses what Tomcat would decode a second time.
                        Same | As(_) if option == "ForwardURICompat" => &[200, 400],
                        Same | As(_) => &[200],
                        Through(_) => &[200, 403],
                        Denied if option == "ForwardURICompat" => &[403, 400],
                        Denied => &[403],
                        Refused(400) => &[400],
                        Refused(_) => &[404],
                    };
                    assert!(allowed.contains(&status), "{way}{spelling} with {option} and {mode}: {status}");
                    if matches!(fate, Same) && option == "ForwardURICompatUnparsed" {
                        assert_eq!(body, format!("{way}{spelling}"), "with {mode}");
                    }
                }
                what_leads_elsewhere(&httpd, mode, spelling);
            }
        }
        what_httpd_finds_first(&httpd);
    }
    assert_nothing_denied(&backend);
}

fn assert_nothing_denied(backend: &Backend) {
    for forward in backend.requests() {
        // Where encoded slashes are names' own, Tomcat has to be told so as well.
        let decodes_slashes: &[bool] =
            if forward.server.0 == "nodecode.test" { &[false] } else { &[false, true] };
        for uri in decodes_slashes.iter().map(|decodes| understood(&forward.uri, *decodes)) {
            assert_ne!(uri.split('/').nth(2), Some("admin"), "{} reached {uri}", forward.uri);
        }
    }
}

/// What Tomcat makes of a URI, by `encodedSolidusHandling`: parameters are taken away, then the rest is decoded once,
/// slashes included or not, and then dot segments are resolved.
fn understood(uri: &str, decodes_slashes: bool) -> String {
    let names: Vec<_> = uri
        .split('/')
        .map(|segment| decoded(segment.split(';').next().unwrap_or_default(), decodes_slashes))
        .collect();
    let mut kept: Vec<&str> = Vec::new();
    let path = names.join("/");
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    format!("/{}", kept.join("/"))
}

fn decoded(name: &str, decodes_slashes: bool) -> String {
    let mut pieces = name.split('%');
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) if octet != b'/' || decodes_slashes => {
                // A connector with allowBackslash takes it for a slash.
                octets.push(if octet == b'\\' && decodes_slashes { b'/' } else { octet });
                octets.extend_from_slice(&piece.as_bytes()[2..]);
            }
            _ => octets.extend_from_slice(format!("%{piece}").as_bytes()),
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// By its handler a URI with parameters is ours; its clean one is another worker's, httpd's own, or another module's.
fn sections_of_the_clean_uri() {
    let [first, second] = ["first", "second"].map(|name| {
        Backend::answering(move |forward| {
            let body = format!(
                "{name} {} {} {}",
                forward.method,
                forward.uri,
                forward.content_length().unwrap_or(0)
            );
            Answer::ok(body)
        })
    });
    let httpd = ["dir", "env", "rewrite"]
        .iter()
        .fold(Site::single_child(Mpm::Event, 8), |site, name| site.load(name))
        .workers(&format!("worker.list=a,b\n{}{}", first.worker("a"), second.worker("b")))
        .conf("<Location /handled>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME a\n</Location>")
        .conf("<Location /handled/static>\nSetHandler none\n</Location>")
        .conf("<Location /handled/other>\nSetEnv JK_WORKER_NAME b\n</Location>")
        .conf("<Location /handled/off>\nSetEnv no-jk 1\n</Location>")
        .conf("JkRequestLogFormat \"%w %s %U\"\nRewriteEngine On")
        .conf("RewriteRule ^/handled/rewritten/(.*)$ /handled/$1;v=1 [PT]")
        .conf("RewriteRule ^(/handled/(other/)?always)$ $1;v=1 [PT]")
        .conf("RewriteRule ^/listed/.*/$ @ROOT@/htdocs/handled/directory/")
        .conf("JkMount /front.jsp a\nDirectoryIndex index.html /front.jsp\nJkOptions +ForwardDirectories")
        .conf("<Location /listed/secret>\nRequire all denied\n</Location>")
        .file("htdocs/handled/static/f", "file")
        .file("htdocs/handled/off/f", "file")
        .file("htdocs/handled/directory/f", "file")
        .file("htdocs/handled/indexed/index.html", "file")
        .start();
    for (path, expected) in [
        ("/handled/rewritten/x", "first GET /handled/x;v=1 0"),
        ("/handled/always", "first GET /handled/always;v=1 0"),
        ("/handled/other/always", "second GET /handled/other/always;v=1 0"),
        ("/handled/x", "first GET /handled/x 0"),
        ("/handled/x;v=1/100%25?a=%20", "first GET /handled/x;v=1/100%25 0"),
        ("/listed/public/", "first GET /listed/public/ 0"),
        ("/listed/;x/secret/", "first GET /front.jsp 0"),
        ("/handled/directory/", "first GET /handled/directory/ 0"),
        ("/handled/directory/;x", "first GET /handled/directory/;x 0"),
        ("/handled/directory/;v=1/.;x/", "first GET /handled/directory/;v=1/.;x/ 0"),
        ("/handled/indexed/", "first GET /handled/indexed/index.html 0"),
        ("/handled/indexed/;x", "first GET /handled/indexed/index.html 0"),
        ("/handled/static/f", "file"),
        ("/handled/static;x/f", "file"),
        ("/handled/x;y/..;/static/f", "file"),
        ("/handled/other/x", "second GET /handled/other/x 0"),
        ("/handled/other;v=1/x", "second GET /handled/other;v=1/x 0"),
        ("/handled/off;v=1/f", "file"),
    ] {
        let reply = httpd.get(path);
        assert_eq!((reply.status, &*reply.text()), (200, expected), "{path}");
    }
    for path in ["/handled/directory", "/handled/directory;x"] {
        let reply = httpd.get(path);
        let location = reply.header("location").unwrap_or_default();
        assert!(reply.status == 301 && location.ends_with("/handled/directory/"), "{path}: {location}");
    }
    let posted = httpd.client().send("POST", "/handled/other;v=2/x?q", &[], b"a body");
    assert_eq!(posted.text(), "second POST /handled/other;v=2/x 6", "the body is still there");
    assert_eq!(
        second.requests().pop().expect("it").attributes.get("query_string").map(String::as_str),
        Some("q")
    );
    let last = "b 200 /handled/other;v=2/x\n";
    wait::until_true("the request log", Duration::from_secs(20), || httpd.jk_log().contains(last));
    let log = httpd.jk_log();
    for line in ["a 200 /handled/x\n", "a 200 /handled/x;v=1/100%\n"] {
        assert!(log.contains(line), "{line} in {log}");
    }
}
