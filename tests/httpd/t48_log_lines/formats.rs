//! JkLogFormat.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::backend::{self, Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::schema::Schema;
use crate::support::site::{Mpm, Site};
use crate::support::wait;

/// The lines of a log, each of which has to be one object as docs/log.schema.json describes it, and say in its message
/// which worker and request it is about, as a line of text does.
pub fn objects(log: &str) -> Vec<Value> {
    let schema = Schema::read(include_str!("../../../docs/log.schema.json"));
    let object = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        let faults = schema.faults(&object);
        assert!(faults.is_empty(), "{faults:#?} of {line}");
        for name in ["worker", "request", "uri"].iter().filter(|_| object["event"].is_null()) {
            let told = object[name].as_str().unwrap_or_default();
            assert!(message(&object).contains(told), "{name} is not in the message of {line}");
        }
        object
    };
    log.lines().map(object).collect()
}

fn message(line: &Value) -> &str {
    line["message"].as_str().expect("a message")
}

/// A balancer of two Tomcats that don't run.
fn broken(ports: [u16; 2], format: &str) -> Httpd {
    let workers = ["one", "two"].map(|name| format!("worker.{name}.retries=1\n"));
    Site::single_child(Mpm::Event, 4)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=one,two\n{}{}{}{}",
            backend::worker("one", ports[0]),
            backend::worker("two", ports[1]),
            workers[0],
            workers[1]
        ))
        .conf(&format!("JkMount /* lb\nJkLogFormat {format}\nJkLogLevel debug"))
        .start()
}

/// Each message of text is one of an object, at the same level, and what it names stands beside it.
pub fn same_facts() {
    let ports = [ports::free(), ports::free()];
    let (text, json) = (broken(ports, "text"), broken(ports, "json"));
    for httpd in [&text, &json] {
        assert_eq!(httpd.get("/page").status, 503);
        let log = httpd.jk_log();
        assert!(log.contains(": /page gets 503"), "{log}");
        assert!(!log.contains("Unsent") && !log.contains("Status("), "{log}");
    }
    let lines = objects(&json.jk_log());
    let of_request = |told: &str| told.contains("/page");
    let told: BTreeSet<String> = lines
        .iter()
        .filter(|line| of_request(message(line)))
        .map(|line| {
            let source = format!("{} ({})", line["file"].as_str().unwrap(), line["line"]);
            format!("[{}] {source}: {}", line["level"].as_str().unwrap(), message(line))
        })
        .collect();
    let log = text.jk_log();
    let expected = log.lines().filter(|line| of_request(line));
    let expected: BTreeSet<_> =
        expected.map(|line| line.splitn(3, "] ").nth(2).unwrap().to_owned()).collect();
    assert_eq!(told, expected);

    let member = lines.iter().find(|line| line["level"] == "warn" && line["worker"] == "one");
    let member = member.unwrap_or_else(|| panic!("no warning of one: {lines:#?}"));
    assert_eq!(member["address"], format!("127.0.0.1:{}", ports[0]));
    assert_eq!((&member["request"], &member["attempts"]), (&"GET /page".into(), &1.into()));
    assert_eq!(member["error"], "connect");
    let end = lines.iter().find(|line| line["level"] == "error").expect("an error");
    // What both members have in common is told once.
    let advice = "; Tomcat is not running there or a firewall is between; or its AJP connector has another address or port \
                  in server.xml";
    assert!(
        message(end).ends_with(advice) && message(end).matches("Tomcat is not running").count() == 1,
        "{end}"
    );
    assert_eq!((&end["worker"], &end["status"]), (&"lb".into(), &503.into()));
    assert!(end["pid"].is_u64() && end["tid"].is_u64() && end["server"].is_string(), "{end}");
    let time = end["time"].as_str().unwrap();
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert!(
        ["0000-00-00T00:00:00.000000+00:00", "0000-00-00T00:00:00.000000-00:00"].contains(&&*shape),
        "{time}"
    );
}

/// Quotes, control characters and broken UTF-8 of a client end no object.
pub fn any_octets() {
    let httpd = broken([ports::free(), ports::free()], "json");
    let long = "x".repeat(6000);
    for path in ["/%22%5c%0a%0d%1b%00", "/%ff%c3%28%e2%80%a8", &format!("/{long}"), "/{\"a\":1}"] {
        httpd.get(path);
    }
    let log = httpd.jk_log();
    let lines = objects(&log);
    assert!(log.lines().all(|line| line.len() < 4096));
    assert!(lines.iter().any(|line| message(line).contains("/{\"a\":1}")), "{log}");
    let cut = lines
        .iter()
        .find(|line| line["request"].as_str().is_some_and(|text| text.ends_with("x... (6001 octets)")));
    assert!(cut.is_some_and(|line| line["worker"].is_string()), "{log}");
}

/// However long a client's URI is, both formats say what became of the request, and quote the same of it.
pub fn long_requests() {
    let long = "A".repeat(8090);
    let [text, json] = ["text", "json"].map(|format| {
        let httpd = Site::single_child(Mpm::Event, 4)
            .load("rewrite")
            .workers("worker.list=w\nworker.w.port=1\nworker.w.retries=1")
            .conf(&format!(
                "JkMount /u/* w\nJkLogFormat {format}\nJkLogLevel debug\nLimitRequestLine 9000\n\
                 JkRequestLogFormat \"[request log] %r %s\"\n\
                 RewriteEngine On\nRewriteRule ^/named/(.*) - [E=JK_WORKER_NAME:w$1,H=jakarta-servlet]"
            ))
            .start();
        assert_eq!(httpd.get(&format!("/u/{long}")).status, 413);
        assert_eq!(httpd.get(&format!("/named/{}", &long[..3000])).status, 500);
        wait::until_true("both requests in the log", Duration::from_secs(20), || {
            httpd.jk_log().matches("octets) 413").count() + httpd.jk_log().matches("octets) 500").count() >= 2
        });
        httpd.jk_log()
    });
    let quoted = format!("GET /u/{}... (8093 octets)", &long[..253]);
    let named = format!(
        "(w{}... (3001 octets)) is not in worker.list: /named/{}... (3007 octets) gets 500",
        &long[..63],
        &long[..249]
    );
    let subject = format!("[request log] GET /u/{}... (8106 octets) 413", &long[..505]);
    for words in [
        &format!("(w) {quoted} gets 413: the request is too large for AJP: largest header "),
        "packetSize of Tomcat's AJP connector",
        &named,
        &subject,
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let lines = objects(&json);
    let refused =
        lines.iter().find(|line| line["status"] == 413 && line["level"] == "error").expect("an error");
    assert_eq!(refused["request"], quoted);
    assert!(text.contains(message(refused)), "{refused}");
    assert!(lines.iter().any(|line| message(line).contains(&named)), "{json}");
}

/// The request log keeps its line, and its tokens have names.
pub fn requests() {
    let backend = Backend::answering(|_| Answer::page(201, "made"));
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nJkLogFormat json\nJkRequestLogFormat \"%w %m %U %q %s %B %b %T %R %H %p %v %V \\\"%r\\\"\"")
        .start();
    assert_eq!(httpd.client().get("/a%22b?q=1").status, 201);
    let line = wait::until("a line of the request log", Duration::from_secs(20), || {
        objects(&httpd.jk_log()).into_iter().find(|line| line["event"] == "request")
    });
    let expected =
        serde_json::json!({"worker": "w", "method": "GET", "query": "?q=1", "status": 201, "bytes": 4});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{line}");
    }
    assert!(line["duration"].is_number() && line["route"].is_null(), "{line}");
    assert!(message(&line).starts_with("w GET /a"), "{line}");
    assert!(message(&line).ends_with("\"GET /a%22b?q=1 HTTP/1.1\""), "{line}");
}

/// A virtual host has its own format, or that of the main server, and its lines say which one it is.
pub fn per_server() {
    let httpd = Site::new(Mpm::Event)
        .workers("worker.list=w\nworker.w.port=1")
        .conf("JkLogFormat json\nJkMount /* w")
        .conf("<VirtualHost *>\nServerName a.test\nJkLogFormat text\nJkLogFile logs/a.log\nJkMount /* w\n</VirtualHost>")
        .conf("<VirtualHost *>\nServerName b.test\nJkMount /* w\n</VirtualHost>")
        .start();
    for host in ["a.test", "b.test"] {
        assert_eq!(httpd.client().get_with("/page", &[("Host", host)]).status, 503);
    }
    let text = httpd.log("a.log");
    assert!(text.lines().all(|line| line.starts_with('[')) && text.contains("/page"), "{text}");
    let lines = objects(&httpd.jk_log());
    let error = lines.iter().find(|line| line["level"] == "error").expect("an error");
    assert!(error["server"].as_str().unwrap().starts_with("b.test"), "{error}");
}

pub fn unknown() {
    let site = Site::new(Mpm::Event).conf("JkLogFormat jsn");
    let verdict = site.configtest();
    assert!(!verdict.ok);
    assert!(
        verdict.output.contains("unknown word jsn, expected text or json, did you mean json?"),
        "{}",
        verdict.output
    );
}
