//! Every directive: its default, its value in the main server, what a virtual host inherits and overrides, and
//! which arguments configtest refuses.
//!
//! Rules: "directives, sections 3 and 4"; "decisions, row 16".

use std::time::Duration;

use crate::support::ajp::Forward;
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, raw, wait};

pub fn suite() -> Suite {
    Suite::new("directives")
        .test("indicators_name_variables_by_default_globally_and_per_host", indicators)
        .test("request_ids_and_ignored_lengths_follow_their_indicators", other_variables)
        .test("mount_files_come_along_with_mounts_and_are_overridden", mount_files)
        .test("env_vars_are_inherited_and_overridden", env_vars)
        .test("common_variables_are_made_where_one_of_them_is_forwarded", common_variables)
        .test("options_are_inherited_and_overridden", options)
        .test("extract_ssl_is_inherited_and_overridden", extract_ssl)
        .test("logs_are_inherited_and_overridden", logs)
        .test("request_logs_are_inherited_and_overridden", request_logs)
        .test("sessions_are_stripped_in_hosts_without_mounts_too", strip_session)
        .test("auto_alias_works_in_hosts_without_mounts_too", auto_alias)
        .test("wrong_arguments_are_refused_with_the_line", refused)
        .test("right_arguments_pass", accepted)
}

/// A server with three hosts: the main server, one that inherits everything, and one that overrides.
struct Hosts {
    httpd: Httpd,
    inheriting: u16,
    overriding: u16,
}

impl Hosts {
    /// `main` stands in the main server, `own` in the overriding host, `each` in all three.
    fn start(site: Site, main: &str, own: &str, each: &str) -> Self {
        let (inheriting, overriding) = (ports::free(), ports::free());
        let host = |port: u16, text: &str| {
            format!("Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>\n{text}\n{each}\n</VirtualHost>\n")
        };
        let httpd =
            site.conf(main).conf(each).conf(&host(inheriting, "")).conf(&host(overriding, own)).start();
        Self { httpd, inheriting, overriding }
    }

    /// Where main server, inheriting host and overriding host listen.
    fn ports(&self) -> [u16; 3] {
        [self.httpd.port(), self.inheriting, self.overriding]
    }

    /// What they answer.
    fn answers(&self, path: &str) -> [String; 3] {
        self.ports().map(|port| answer(port, path))
    }
}

fn answer(port: u16, path: &str) -> String {
    let reply = raw::get(port, path);
    match reply.status() {
        200 => String::from_utf8_lossy(&reply.body).into_owned(),
        status => status.to_string(),
    }
}

/// A backend that answers with one line per fact of the Forward Request.
fn mirror() -> Backend {
    Backend::answering(|forward| Answer::ok(facts(forward)))
}

fn facts(forward: &Forward) -> String {
    let mut lines = vec![
        format!("remote_addr={}", forward.remote_addr),
        format!("remote_host={}", forward.remote_host),
        format!("server_name={}", forward.server.0),
        format!("server_port={}", forward.server.1),
        format!("is_ssl={}", forward.is_ssl),
        format!("uri={}", forward.uri),
        format!("content_length={}", forward.content_length().map_or_else(String::new, |n| n.to_string())),
    ];
    lines.extend(forward.attributes.iter().map(|(name, value)| format!("{name}={value}")));
    lines.join("\n") + "\n"
}

/// The value of one fact in an answer; empty if it is not there.
fn fact(answer: &str, name: &str) -> String {
    let prefix = format!("{name}=");
    answer.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}

/// With one child: each child reads a changed map file for itself, and a test must not meet another one next.
fn site(backend: &Backend) -> Site {
    Site::single_child(Mpm::Event, 8)
        .load("setenvif")
        .load("env")
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
}

/// An indicator directive, its default variable, and the fact that shows the variable's value.
struct Indicator(&'static str, &'static str, &'static str);

const INDICATORS: [Indicator; 14] = [
    Indicator("JkRemoteAddrIndicator", "JK_REMOTE_ADDR", "remote_addr"),
    Indicator("JkRemotePortIndicator", "JK_REMOTE_PORT", "AJP_REMOTE_PORT"),
    Indicator("JkRemoteHostIndicator", "JK_REMOTE_HOST", "remote_host"),
    Indicator("JkRemoteUserIndicator", "JK_REMOTE_USER", "remote_user"),
    Indicator("JkAuthTypeIndicator", "JK_AUTH_TYPE", "auth_type"),
    Indicator("JkLocalNameIndicator", "JK_LOCAL_NAME", "server_name"),
    Indicator("JkLocalAddrIndicator", "JK_LOCAL_ADDR", "AJP_LOCAL_ADDR"),
    Indicator("JkLocalPortIndicator", "JK_LOCAL_PORT", "server_port"),
    Indicator("JkSSLPROTOCOLIndicator", "SSL_PROTOCOL", "AJP_SSL_PROTOCOL"),
    Indicator("JkCERTSIndicator", "SSL_CLIENT_CERT", "ssl_cert"),
    Indicator("JkCIPHERIndicator", "SSL_CIPHER", "ssl_cipher"),
    Indicator("JkSESSIONIndicator", "SSL_SESSION_ID", "ssl_session"),
    Indicator("JkKEYSIZEIndicator", "SSL_CIPHER_USEKEYSIZE", "ssl_key_size"),
    Indicator("JkCERTCHAINPrefix", "SSL_CLIENT_CERT_CHAIN_", "ssl_cert"),
];

/// Each of three variables has a value of its own, so the value tells which variable was read.
fn indicators() {
    let backend = mirror();
    for Indicator(directive, default, shown) in INDICATORS {
        let suffix = if directive.ends_with("Prefix") { "0" } else { "" };
        let variables = format!(
            "SetEnvIf Request_URI . HTTPS=on {default}{suffix}=11 GLOBAL_NAME{suffix}=22 HOST_NAME{suffix}=33\n\
             JkMount /* w\nJkOptions +ForwardSSLCertChain"
        );
        let start = |main: &str, own: &str| Hosts::start(site(&backend), main, own, &variables);
        let values = |hosts: &Hosts| hosts.answers("/x").map(|answer| fact(&answer, shown));
        assert_eq!(values(&start("", "")), ["11", "11", "11"], "{directive} by default");
        let (main, own) = (format!("{directive} GLOBAL_NAME"), format!("{directive} HOST_NAME"));
        assert_eq!(values(&start(&main, &own)), ["22", "22", "33"], "{directive}");
    }
    other_indicators(&backend);
}

/// Indicators whose effect is not a value: TLS or not, body length, worker.
fn other_indicators(backend: &Backend) {
    let variables = "SetEnvIf Request_URI /g GLOBAL_TLS=on\nSetEnvIf Request_URI /h HOST_TLS=on\n\
                     SetEnvIf Request_URI /g GLOBAL_W=w\nSetEnvIf Request_URI /h HOST_W=w\n\
                     <Location />\nSetHandler jakarta-servlet\n</Location>";
    let main = "JkHTTPSIndicator GLOBAL_TLS\nJkWorkerIndicator GLOBAL_W";
    let own = "JkHTTPSIndicator HOST_TLS\nJkWorkerIndicator HOST_W";
    let hosts = Hosts::start(site(backend), main, own, variables);
    let tls = |path| hosts.answers(path).map(|answer| fact(&answer, "is_ssl"));
    // Without a worker the handler declines, and there is no such file.
    assert_eq!(tls("/g"), ["true", "true", ""]);
    assert_eq!(tls("/h"), ["", "", "true"]);
}

/// Indicators whose effect is in the log, or in what the container is told of the body.
fn other_variables() {
    let backend = mirror();
    let each = "JkMount /* w\nSetEnvIf Request_URI . UNIQUE_ID=11 GLOBAL_ID=22 HOST_ID=33\n\
                SetEnvIf Request_URI . JK_IGNORE_CL\nSetEnvIf Request_URI /g !JK_IGNORE_CL GLOBAL_CL\n\
                SetEnvIf Request_URI /h !JK_IGNORE_CL HOST_CL\nJkLogLevel debug";
    let start = |main: &str, own: &str| Hosts::start(site(&backend), main, own, each);
    let lengths = |hosts: &Hosts, path: &str| {
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        hosts.ports().map(|port| {
            let reply = raw::exchange(port, &request);
            fact(&String::from_utf8_lossy(&reply.body), "content_length")
        })
    };
    let ids = |hosts: &Hosts| {
        let log = hosts.httpd.jk_log();
        ["11", "22", "33"].map(|id| log.matches(&format!("[{id}] [")).count() > 0)
    };
    let defaults = start("", "");
    assert_eq!(lengths(&defaults, "/x"), ["", "", ""]);
    assert_eq!(lengths(&defaults, "/g"), ["5", "5", "5"]);
    assert_eq!(ids(&defaults), [true, false, false]);
    let named = start(
        "JkIgnoreCLIndicator GLOBAL_CL\nJkRequestIdIndicator GLOBAL_ID",
        "JkIgnoreCLIndicator HOST_CL\nJkRequestIdIndicator HOST_ID",
    );
    assert_eq!(lengths(&named, "/g"), ["", "", "5"]);
    assert_eq!(lengths(&named, "/h"), ["5", "5", ""]);
    assert_eq!(ids(&named), [false, true, true]);
}

fn mount_files() {
    let backend = mirror();
    let base = site(&backend).file("conf/main.map", "/main=w\n").file("conf/own.map", "/own=w\n");
    let main = "JkMountFile conf/main.map\nJkMountFileReload 1";
    let hosts = Hosts::start(base, main, "JkMountFile conf/own.map", "JkMountCopy On");
    let mapped = |path| hosts.answers(path).map(|answer| answer != "404");
    assert_eq!(mapped("/main"), [true, true, false]);
    assert_eq!(mapped("/own"), [false, false, true]);
    hosts.httpd.site().write("conf/main.map", "/later=w\n");
    hosts.httpd.site().write("conf/own.map", "/own-later=w\n");
    wait::until_true("both files to be read again", Duration::from_secs(20), || {
        mapped("/later") == [true, true, false] && mapped("/own-later") == [false, false, true]
    });
    assert_eq!((mapped("/main"), mapped("/own")), ([false; 3], [false; 3]));
}

fn env_vars() {
    let backend = mirror();
    let each = "JkMount /* w\nSetEnvIf Request_URI . IN_MAIN=main IN_HOST=host";
    let main = "JkEnvVar IN_MAIN\nJkEnvVar DEFAULTED fallback\nJkEnvVar ABSENT";
    let hosts = Hosts::start(site(&backend), main, "JkEnvVar IN_HOST\nJkEnvVar defaulted own", each);
    let answers = hosts.answers("/x");
    let facts = |name: &str| answers.clone().map(|answer| fact(&answer, name));
    assert_eq!(facts("IN_MAIN"), ["main", "main", "main"]);
    assert_eq!(facts("IN_HOST"), ["", "", "host"]);
    assert_eq!(facts("DEFAULTED"), ["fallback", "fallback", ""]);
    assert_eq!(facts("defaulted"), ["", "", "own"]);
    assert!(answers.iter().all(|answer| !answer.contains("ABSENT")));
}

/// Decisions, row 66.
fn common_variables() {
    let backend = mirror();
    let each = "JkMount /* w\nSetEnvIf Request_URI . SSL_OWN=own";
    let base = site(&backend).conf(
        "LogFormat \"%v %{HTTP_X_OWN}e %{SSL_OWN}e\" seen\nCustomLog logs/seen.log seen\nServerName main",
    );
    let own = "ServerName own\nJkEnvVar HTTP_X_OWN";
    let hosts = Hosts::start(base, "JkEnvVar SSL_OWN", own, each);
    let answers = hosts.ports().map(|port| raw::exchange(port, "GET /x HTTP/1.0\r\nX-Own: 1\r\n\r\n"));
    let facts =
        |name: &str| answers.each_ref().map(|reply| fact(&String::from_utf8_lossy(&reply.body), name));
    assert_eq!(facts("HTTP_X_OWN"), ["", "", "1"]);
    assert_eq!(facts("SSL_OWN"), ["own", "own", "own"]);
    let lines = ["main - own", "own 1 own"];
    wait::until_true("both lines", Duration::from_secs(10), || {
        let log = hosts.httpd.log("seen.log");
        lines.iter().all(|line| log.lines().any(|seen| seen == *line))
    });
}

fn options() {
    let backend = mirror();
    let each = "JkMount /* w\nSetEnvIf Request_URI . HTTPS=on SSL_CIPHER_USEKEYSIZE=256";
    let main = "JkOptions +ForwardURICompat -ForwardKeySize +ForwardLocalAddress";
    let own = "JkOptions ForwardURIEscaped -ForwardLocalAddress";
    let hosts = Hosts::start(site(&backend), main, own, each);
    let answers = hosts.answers("/a%3Fb");
    let facts = |name: &str| answers.clone().map(|answer| fact(&answer, name));
    assert_eq!(facts("uri"), ["/a?b", "/a?b", "/a%3fb"]);
    assert_eq!(facts("ssl_key_size"), ["", "", ""]);
    let ports = facts("AJP_REMOTE_PORT");
    assert_eq!([ports[0].as_str(), ports[1].as_str()], ["0", "0"]);
    assert_ne!(ports[2], "0");
    let defaults = Hosts::start(site(&backend), "", "JkOptions -ForwardKeySize", each);
    let answers = defaults.answers("/a%3Fb");
    assert_eq!(answers.clone().map(|answer| fact(&answer, "uri")), ["/a%3Fb", "/a%3Fb", "/a%3Fb"]);
    assert_eq!(answers.map(|answer| fact(&answer, "ssl_key_size")), ["256", "256", ""]);
}

fn extract_ssl() {
    let backend = mirror();
    let each = "JkMount /* w\nSetEnvIf Request_URI . HTTPS=on";
    let tls = |main: &str, own: &str| {
        Hosts::start(site(&backend), main, own, each).answers("/x").map(|answer| fact(&answer, "is_ssl"))
    };
    assert_eq!(tls("", "JkExtractSSL Off"), ["true", "true", "false"]);
    assert_eq!(tls("JkExtractSSL Off", "JkExtractSSL On"), ["false", "false", "true"]);
}

fn logs() {
    let backend = mirror();
    let main = "JkLogStampFormat \"MAIN \"\nJkLogLevel debug";
    let own = "JkLogFile logs/own.log\nJkLogLevel error\nJkLogStampFormat \"OWN \"\nJkMount /none missing";
    let hosts = Hosts::start(site(&backend), main, own, "JkMount /x w");
    hosts.answers("/x");
    assert_eq!(answer(hosts.overriding, "/none"), "500");
    let (shared, own) = (hosts.httpd.jk_log(), hosts.httpd.log("own.log"));
    let mapped = shared.lines().filter(|line| line.contains("/x maps to worker w")).count();
    assert_eq!(mapped, 2, "main server and inheriting host:\n{shared}");
    assert!(shared.lines().all(|line| line.starts_with("MAIN [")), "{shared}");
    assert!(own.lines().count() == 1 && own.starts_with("OWN ["), "{own}");
}

fn request_logs() {
    let backend = mirror();
    let main = "JkRequestLogFormat \"main %m %s %w\"\nJkLogStampFormat \"\\\\ \"";
    let hosts = Hosts::start(site(&backend), main, "JkRequestLogFormat \"own %U%q\"", "JkMount /x w");
    hosts.answers("/x?q=1");
    hosts.answers("/not-ours");
    let log = hosts.httpd.jk_log();
    assert_eq!(log.matches("main GET 200 w").count(), 2, "{log}");
    assert_eq!(log.matches("own /x?q=1").count(), 1, "{log}");
    assert!(!log.contains("not-ours"), "{log}");
}

/// The original forgets both in hosts without mounts ("decisions, row 16").
fn strip_session() {
    let backend = mirror();
    let base = || site(&backend).file("htdocs/page.html", "static");
    let own = "JkStripSession On ;sid";
    let hosts = Hosts::start(base(), "JkStripSession On", own, "");
    assert_eq!(hosts.answers("/page.html;jsessionid=1"), ["static", "static", "404"]);
    assert_eq!(hosts.answers("/page.html;sid=1"), ["404", "404", "static"]);
    let off = Hosts::start(base(), "", "JkStripSession On", "");
    assert_eq!(off.answers("/page.html;jsessionid=1"), ["404", "404", "static"]);
}

fn auto_alias() {
    let backend = mirror();
    let base = site(&backend)
        .file("apps/shop/index.txt", "of the application")
        .file("apps/shop/WEB-INF/web.xml", "secret")
        .conf("<Directory \"@ROOT@/apps\">\nRequire all granted\n</Directory>");
    let hosts = Hosts::start(base, "JkAutoAlias @ROOT@/apps", "JkMountCopy On", "");
    let answers = |path| hosts.answers(path);
    // It is inherited only together with the mounts.
    assert_eq!(answers("/shop/index.txt"), ["of the application", "404", "of the application"]);
    assert_eq!(answers("/shop/WEB-INF/web.xml"), ["404", "404", "404"]);
    assert_eq!(answers("/shop.war")[0], "403");
}

/// Lines that configtest refuses, and a word of the complaint.
const REFUSED: [(&str, &str); 23] = [
    ("JkWorkerProperty worker.w.prot=1", "did you mean port?"),
    ("JkMount /x", "needs a path and a worker"),
    ("JkMount *.jsp w", "must start with /"),
    ("JkMount !/x w", "must start with /"),
    ("JkMount /a /b w", "takes 1-2 arguments"),
    ("<Location /x>\nJkMount /x w\n</Location>", "takes the worker only"),
    ("<Files x>\nJkMount w\n</Files>", "takes no path from <Files>"),
    ("JkUnMount /x", "needs a path and a worker"),
    ("JkMountCopy Maybe", "expected On or Off or All"),
    ("<VirtualHost *:1>\nJkMountCopy All\n</VirtualHost>", "only allowed in the main server"),
    ("<VirtualHost *:1>\nJkWorkersFile conf/workers.properties\n</VirtualHost>", "cannot occur within"),
    ("<VirtualHost *:1>\nJkWorkerProperty a=b\n</VirtualHost>", "cannot occur within"),
    ("<VirtualHost *:1>\nJkShmFile run/x\n</VirtualHost>", "cannot occur within"),
    ("<VirtualHost *:1>\nJkShmSize 1\n</VirtualHost>", "cannot occur within"),
    ("<VirtualHost *:1>\nJkWatchdogInterval 1\n</VirtualHost>", "cannot occur within"),
    ("JkStripSession Perhaps", "expected On or Off"),
    ("JkExtractSSL Perhaps", "must be On or Off"),
    ("JkLogFile \"\"", "takes one argument"),
    ("JkOptions ForwardURIProxi", "did you mean ForwardURIProxy?"),
    ("JkOptions -ForwardURIProxy", "not allowed"),
    ("JkOptions +", "option expected"),
    ("JkEnvVar", "takes 1-2 arguments"),
    ("JkConfigCheck Sometimes", "expected Off or Warn or Strict"),
];

fn refused() {
    for (lines, complaint) in REFUSED {
        let site = Site::new(Mpm::Event).file("conf/workers.properties", "worker.list=w").conf(lines);
        let verdict = site.configtest();
        let first = lines.lines().position(|line| line.starts_with("Jk")).unwrap_or_default();
        let line = site.conf_line(lines.lines().next().unwrap_or_default()) + first;
        assert!(!verdict.ok, "{lines} passes");
        assert!(verdict.output.contains(complaint), "{lines}: {}", verdict.output);
        assert!(verdict.output.contains(&format!("on line {line} of")), "{lines}: {}", verdict.output);
    }
}

/// Lines that the original takes, in places where it takes them.
const ACCEPTED: &str = "\
JkWatchdogInterval 5
JkMount /a|/* w;reply_timeout=1000
JkMount \"/with blank\" w
JkUnMount /a/*.gif *
jkunmount /a/*.png w
JkMountCopy All
JkMountFileReload 0
JkAutoAlias /srv/webapps
JkStripSession On ;sid
JkLogFile |/bin/cat
JkLogLevel emerg
JkLogStampFormat \"[%y %m %d %H:%M:%S]\"
JkRequestLogFormat \"%w %V %T %R %b %B %H %m %p %q %r %s %U %v\\t\\n\"
JkOptions
JkOptions +ForwardURICompatUnparsed -ForwardDirectories FlushPackets flushheader DisableReuse
JkOptions ForwardPhysicalAddress ForwardSSLCertChain RejectUnsafeURI
JkEnvVar ONE
JkEnvVar TWO \"\"
JkExtractSSL off
<Location /one>
JkMount w
</Location>
JkMount /two/a* w
<Location /two/*>
JkUnMount w
</Location>
<VirtualHost *:1>
JkMountCopy On
JkMount /x w
</VirtualHost>
";

fn accepted() {
    let site = Site::new(Mpm::Event).workers("worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port=8009");
    let verdict = site.conf(ACCEPTED).configtest();
    assert!(verdict.ok, "{}", verdict.output);
    assert!(!verdict.output.contains("mod_jk"), "{}", verdict.output);
}
