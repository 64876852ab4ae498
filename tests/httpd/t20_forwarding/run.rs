//! Runs the rows of a setup through one build of the module.

use std::io::Write;
use std::path::Path;

use super::facts::Facts;
use super::table::{Group, Setup};
use crate::support::ajp::Forward;
use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::{ports, raw, tomcat};

/// Workers of every setup. `w` is one Tomcat, `lb` balances two, `wire` tells what arrived octet by octet.
/// Each balancer has members of its own, so that what one group does to their state stays with it.
const WORKERS: &str = "\
worker.list=w,lb,rules,picky,flaky,cookies,wire,slow
worker.ajp.type=ajp13
worker.ajp.host=127.0.0.1
worker.w.reference=worker.ajp
worker.w.port=@TOMCAT1@
worker.picky.reference=worker.w
worker.picky.fail_on_status=418,-404
worker.slow.reference=worker.w
worker.slow.reply_timeout=300
worker.wire.reference=worker.ajp
worker.wire.port=@WIRE@
worker.pair.type=lb
worker.lb.reference=worker.pair
worker.lb.balance_workers=tomcat1,tomcat2
worker.rules.reference=worker.pair
worker.rules.balance_workers=r1,r2
worker.flaky.reference=worker.pair
worker.flaky.balance_workers=f1,f2
worker.cookies.reference=worker.pair
worker.cookies.balance_workers=c1,c2
worker.cookies.session_cookie=OWNID
worker.cookies.session_path=;ownid
worker.cookies.set_session_cookie=1
worker.cookies.session_cookie_path=/shop
";

/// Members: the first of each pair is the first Tomcat.
const PAIRS: [[&str; 2]; 4] = [["tomcat1", "tomcat2"], ["r1", "r2"], ["f1", "f2"], ["c1", "c2"]];

/// httpd's own modules that the tables use.
const MODULES: [&str; 14] = [
    "env",
    "setenvif",
    "rewrite",
    "headers",
    "alias",
    "mime",
    "dir",
    "remoteip",
    "authn_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "unique_id",
    "include",
];

/// Notes that the access log shows, and those of the first and the last member that was tried.
const NOTES: [&str; 4] = ["JK_WORKER_NAME", "JK_WORKER_TYPE", "JK_WORKER_ROUTE", "JK_REQUEST_DURATION"];
const MEMBER_NOTES: [&str; 10] =
    ["NAME", "VALUE", "ACCESSED", "SESSIONS", "READ", "TRANSFERRED", "ERRORS", "BUSY", "ACTIVATION", "STATE"];

/// A server with one build of the module, and what the rows need to know about it.
pub struct Run {
    httpd: Httpd,
    virtual_port: u16,
    session: String,
    logged: [usize; 2],
    _wire: Backend,
}

/// What asks the client for its body.
const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Logs that get a line per request, and the prefix of the facts in it.
const LOGS: [&str; 2] = ["access.log", "requests.log"];

impl Run {
    /// Starts `setup` with that build.
    pub fn start(setup: &Setup, module: &Path) -> Self {
        let wire = Backend::start(mirror);
        let virtual_port = ports::free();
        let site = Site::single_child_of(module, Mpm::Event, 16);
        let site = MODULES.iter().fold(site, |site, module| site.load(module));
        let site = setup.groups.iter().fold(
            site.workers(&workers(&wire))
                .file("conf/client.pem", include_str!("../tomcat/client.pem"))
                .file("conf/users", "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
                .conf("TypesConfig /dev/null\nAddType text/plain .txt")
                .file("htdocs/local.txt", "from httpd")
                .file("htdocs/shop/local.txt", "from httpd")
                .file("htdocs/error.txt", "httpd's own page")
                .file("htdocs/page.shtml", "(<!--#include virtual=\"/wire/answer/200?q\" -->)")
                .conf(&format!("CustomLog logs/access.log \"{}\"", access_format()))
                .conf(&format!("Listen 127.0.0.1:{virtual_port}"))
                .conf(setup.main),
            |site, group| {
                site.conf(&format!("<VirtualHost 127.0.0.1:{virtual_port}>\nServerName {}.test", group.name))
                    .conf(group.conf)
                    .conf("</VirtualHost>")
            },
        );
        Self { httpd: site.start(), virtual_port, session: String::new(), logged: [0; 2], _wire: wire }
    }

    /// Sends one request to a virtual host and gathers all that is seen of it.
    pub fn observe(&mut self, group: &Group, request: &str) -> Facts {
        let host = format!("{}.test", group.name);
        let request = request.replace("@SESSION@", &self.session).replace("@20000@", &"x".repeat(20_000));
        let request = request.replace("@6000@", &"x".repeat(6_000));
        let octets = wire_form(&request, &host);
        let mut stream = raw::connect(self.virtual_port);
        let client = stream.local_addr().expect("a connected socket").port().to_string();
        stream.write_all(octets.as_bytes()).expect("httpd reads the request");
        // httpd closes after it has written its logs.
        let received = raw::read_to_close(&mut stream);
        let (interim, rest) = received.strip_prefix(INTERIM).map_or((false, &*received), |rest| (true, rest));
        let mut facts = Facts::of(&raw::parse(rest, request.starts_with("HEAD ")));
        facts.set("interim", &interim.to_string());
        self.add_logs(&mut facts);
        self.remember_session(&facts);
        facts.mask_durations();
        facts.mask(&client, "@CLIENT@");
        facts.mask(&self.virtual_port.to_string(), "@PORT@");
        if !self.session.is_empty() {
            facts.mask_all(&self.session, "@SESSION@");
        }
        facts
    }

    fn add_logs(&mut self, facts: &mut Facts) {
        let [access, requests] = [0, 1].map(|log| self.news(log));
        facts.add_lines(access.trim_end().split('\t'));
        if !requests.is_empty() {
            facts.set("request_log", requests.trim_end_matches('\n'));
        }
    }

    /// What was appended to a log since the last call.
    fn news(&mut self, log: usize) -> String {
        let text = self.httpd.log(LOGS[log]);
        let news = text[self.logged[log]..].to_owned();
        self.logged[log] = text.len();
        news
    }

    fn remember_session(&mut self, facts: &Facts) {
        let cookie = facts.get("reply.set-cookie").and_then(|cookie| cookie.strip_prefix("JSESSIONID="));
        let id = cookie.and_then(|cookie| cookie.split(';').next());
        // One that begins with a dot is the module's own cookie: a route without a session.
        if let Some(id) = id.filter(|id| !id.starts_with('.')) {
            self.session = id.to_owned();
        }
    }
}

fn workers(wire: &Backend) -> String {
    let tomcats = tomcat::shared();
    let ports = ["tomcat1", "tomcat2"].map(|route| tomcats.service(route).port);
    let mut text =
        WORKERS.replace("@TOMCAT1@", &ports[0].to_string()).replace("@WIRE@", &wire.port().to_string());
    for (name, index) in PAIRS.iter().flat_map(|pair| pair.iter().zip(0..)) {
        let (port, route): (u16, usize) = (ports[index], index + 1);
        text += &format!(
            "worker.{name}.reference=worker.ajp\nworker.{name}.port={port}\nworker.{name}.route=tomcat{route}\n"
        );
    }
    text
}

fn access_format() -> String {
    let members = ["FIRST", "LAST"]
        .iter()
        .flat_map(|which| MEMBER_NOTES.iter().map(move |name| format!("JK_LB_{which}_{name}")));
    let names = NOTES.iter().map(|name| (*name).to_owned()).chain(members);
    let notes: Vec<_> = names.map(|name| format!("note.{name}=%{{{name}}}n")).collect();
    notes.join("\\t") + "\\tlog.uri=%U\\tlog.status=%>s"
}

/// Completes a request of a table.
fn wire_form(request: &str, host: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines: Vec<_> = head.replace("@HOST@", host).lines().map(str::to_owned).collect();
    if !lines[0].contains(" HTTP/") {
        lines[0] += " HTTP/1.1";
    }
    let has = |name: &str| lines.iter().any(|line| line.to_ascii_lowercase().starts_with(name));
    let due = [("host:", format!("Host: {host}")), ("connection:", "Connection: close".to_owned())];
    let missing: Vec<_> = due.into_iter().filter(|(name, _)| !has(name)).map(|(_, line)| line).collect();
    lines.splice(1..1, missing);
    format!("{}\r\n\r\n{}", lines.join("\r\n"), body.replace('\n', "\r\n"))
}

/// Answers each request with what it carried, as the protocol carries it; `/answer/<code>` with that status,
/// `/empty/<code>` so and without a body.
fn mirror(connection: &mut Connection) {
    let mut reused = false;
    while let Some(forward) = connection.request() {
        let mut body = Vec::new();
        let eaten = connection.body(&forward, |data| body.extend_from_slice(data));
        if eaten.is_none() {
            return;
        }
        let code = |path| forward.uri.rsplit_once(path).and_then(|(_, code)| code.parse().ok());
        connection.answer(&match (code("/answer/"), code("/empty/")) {
            (Some(code), _) => refusal(code),
            (None, Some(code)) => Answer::page(code, ""),
            (None, None) => Answer::ok(describe(&forward, &body, reused)).header("X-Mirror", "wire"),
        });
        reused = true;
    }
}

fn refusal(code: u16) -> Answer {
    let answer = Answer::status(code).body("from the wire");
    answer.header("WWW-Authenticate", "Basic realm=\"wire\"").header("X-Other", "kept")
}

/// Only `/again` tells whether its connection is a re-used one: the two modules close them for different reasons.
fn describe(forward: &Forward, body: &[u8], reused: bool) -> String {
    let names: Vec<_> = forward.headers.iter().map(|(name, _)| name.as_str()).collect();
    let mut lines = vec![
        format!("method={}", forward.method),
        format!("protocol={}", forward.protocol),
        format!("uri={}", forward.uri),
        format!("remote_addr={}", forward.remote_addr),
        format!("remote_host={}", forward.remote_host),
        format!("server_name={}", forward.server.0),
        format!("server_port={}", forward.server.1),
        format!("secure={}", forward.is_ssl),
        format!("headers={}", names.join(" ")),
        format!("attributes={}", forward.attribute_order.join(" ")),
        format!("body.length={}", body.len()),
        format!("body.text={}", String::from_utf8_lossy(body)),
    ];
    lines.extend(forward.headers.iter().map(|(name, value)| format!("header.{name}={value}")));
    lines.extend(forward.attributes.iter().map(|(name, value)| format!("attr.{name}={value}")));
    lines.extend((forward.uri == "/again").then(|| format!("reused={reused}")));
    lines.join("\n")
}
