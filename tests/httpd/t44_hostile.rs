//! Queries and headers that mean harm, in every format of the status worker: it goes on, nothing changes, and what comes
//! back of them is text.
//!
//! Rules: "status-worker, sections 2 and 4", "decisions, rows 21 and 60" and "promises".

use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::pinned::Pinned;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("hostile")
        .test("a_read_only_worker_changes_nothing_by_any_query", read_only)
        .test("no_other_site_changes_anything_by_any_query", cross_site)
        .test("bad_values_change_nothing", bad_values)
}

/// Queries of each test; each is asked for in every format.
const QUERIES: usize = 700;

const FORMATS: [&str; 7] = ["html", "xml", "txt", "prop", "json", "prometheus", "%3Czq7"];

/// What must never come back as it is.
const MARK: &str = "zq7";

/// Values that have broken pages, logs or readers elsewhere, with the mark behind what would let them out.
const BAD: [&str; 22] = [
    "%3Cscript%3Ezq7",
    "%3Czq7%20onload=x%3E",
    "%22zq7",
    "'zq7",
    "%22%3E%3Czq7%3E",
    "'%3E%3Czq7%3E",
    "%0Azq7",
    "%0D%0Azq7:%201",
    "%22%7D%20zq7",
    "%5C%22zq7",
    "]]%3E%3Czq7",
    "%26lt;zq7",
    "--%3E%3Czq7",
    "%C0%BCzq7",
    "%FF%FEzq7",
    "%E2%80%A8zq7",
    "%1B%5B2Jzq7",
    "%00zq7",
    "%zzzq7",
    "${jndi:ldap://zq7}",
    "../../../../zq7",
    "javascript:zq7",
];

/// Names and values of configured members that need escapes in one format or another.
const WORKERS: &str = "\
    worker.list=lb,alone,rw,ro\n\
    worker.rw.type=status\n\
    worker.ro.type=status\n\
    worker.ro.read_only=true\n\
    worker.lb.type=lb\n\
    worker.lb.balance_workers=t1,t2\n\
    worker.t1.route=r<zq7 x='\">&\\}\n\
    worker.t1.domain=\"zq7'zq7<zq7>&amp;\n\
    worker.t2.redirect='zq7\"zq7<zq7>\n";

fn server() -> (Httpd, [Backend; 1]) {
    let backend = Backend::constant("ok");
    let places = ["t1", "t2", "alone"].map(|name| backend.worker(name)).concat();
    let site = Site::single_child(Mpm::Event, 8).workers(&format!("{WORKERS}{places}")).conf(
        "JkMount /rw rw\nJkMount /ro ro\nJkMount /app/* lb\nJkMount /q\"zq7'<zq7>* lb\nUseCanonicalName Off",
    );
    (site.start(), [backend])
}

/// All that can be set, and what was edited.
fn settings(httpd: &Httpd) -> Value {
    let text = httpd.get("/rw?mime=json").text();
    let all: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    fn told(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match name.as_str() {
                "settings" | "activation" | "events" | "host" | "port" | "route" | "last_reset" => {
                    found.push(value.clone());
                }
                _ => told(value, found),
            }),
            Value::Array(values) => values.iter().for_each(|value| told(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    told(&all, &mut found);
    assert!(found.len() > 5, "{all}");
    Value::Array(found)
}

const NAMES: [&str; 30] = [
    "cmd", "w", "sw", "att", "re", "opt", "from", "psw", "do", "uri", "host", "route", "session", "domain",
    "timeout", "nonce", "val0", "vwf", "vwa", "vwn", "vwc", "vwr", "vahst", "vaprt", "vart", "vlm", "vls",
    "", "<zq7", "'zq7",
];

const VALUES: [&str; 34] = [
    "list", "show", "edit", "confirm", "update", "reset", "recover", "version", "dump", "explain", "drain",
    "switch", "activate", "disable", "stop", "lb", "alone", "ro", "rw", "t1", "t2", "t*", "t1,t2", "vwa",
    "vwf", "d", "s", "1", "3", "511", "32", "Stopped", "/app/x", "",
];

/// Queries, other ones in each run.
fn queries() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => select(&VALUES[..]).prop_map(str::to_owned),
        2 => select(&BAD[..]).prop_map(str::to_owned),
        1 => "[!-~]{0,6}",
        1 => "%[0-9A-F]{2}",
    ];
    let parameter = (select(&NAMES[..]), value).prop_map(|(name, value)| format!("{name}={value}"));
    vec(parameter, 1..7).prop_map(|parameters| parameters.join("&"))
}

/// Calls `look` with so many of what `strategy` makes.
fn each<T>(strategy: impl Strategy<Value = T>, mut look: impl FnMut(usize, T)) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for number in 0..QUERIES {
        look(number, strategy.new_tree(&mut runner).expect("a value").current());
    }
}

/// Asks for `query` at `path` in every format, and looks at what comes.
fn ask(connection: &mut Pinned, path: &str, query: &str, headers: &[(&str, &str)], statuses: &[u16]) {
    for format in FORMATS {
        let target = format!("{path}?mime={format}&{query}").replace(' ', "%20");
        let method = if query.len() % 7 == 0 { "POST" } else { "GET" };
        connection.send(method, &target, headers).expect("httpd reads");
        let reply = connection.receive().unwrap_or_else(|error| panic!("{target}: {error}"));
        let text = reply.text();
        assert!(statuses.contains(&reply.status), "{target}: {} {text}", reply.status);
        let media_type = reply.header("content-type").unwrap_or_default();
        assert_is_text(media_type, &text, &target);
        let others = reply.headers.iter().filter(|(name, _)| name != "content-type");
        assert!(!others.into_iter().any(|(_, value)| value.contains(MARK)), "{target}: {:?}", reply.headers);
    }
}

/// Whatever a value holds, it does not get out of the place that it has in the format.
fn assert_is_text(media_type: &str, text: &str, target: &str) {
    let media_type = media_type.split(';').next().unwrap_or_default();
    let is_markup = matches!(media_type, "text/html" | "text/xml");
    if is_markup {
        for opener in ["<zq7", "<script>zq7", "\"zq7", "'zq7", "]]>"] {
            assert!(!text.contains(opener), "{target}: {opener} in {text}");
        }
        for (at, _) in text.match_indices('&').filter(|_| media_type == "text/xml") {
            let entity = text[at + 1..].split(';').next().unwrap_or_default();
            let is_known = ["amp", "lt", "gt", "quot", "apos"].contains(&entity) || entity.starts_with('#');
            assert!(is_known, "{target}: &{entity} in {text}");
        }
    }
    if media_type == "application/json" {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{target}: {text}");
    } else {
        assert!(!text.lines().any(|line| line.starts_with(MARK)), "{target}: a line of its own in {text}");
    }
    let is_control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    assert!(!text.contains(is_control), "{target}: {text:?}");
}

/// Runs `test` for a server that nothing must happen to.
fn unchanged(test: impl Fn(&mut Pinned)) {
    let (httpd, _backend) = server();
    let (before, children) = (settings(&httpd), httpd.children());
    assert!(["html", "xml"]
        .iter()
        .all(|format| { httpd.get(&format!("/rw?mime={format}")).text().contains("r&lt;zq7") }));
    test(&mut Pinned::new(httpd.port()));
    assert_eq!(settings(&httpd), before);
    assert_eq!(httpd.children(), children, "{}", httpd.error_log());
    let log = httpd.jk_log();
    assert!(!log.contains("panic") && !httpd.error_log().contains("exit signal"), "{log}");
    assert!(log.lines().all(|line| line.starts_with('[')), "a value makes a line of its own: {log}");
    assert_eq!(httpd.get("/app/").status, 200);
}

fn read_only() {
    unchanged(|connection| {
        each(queries(), |_, query| ask(connection, "/ro", &query, &[], &[200, 400, 403, 404, 405]));
    });
}

fn cross_site() {
    let foreign = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "<zq7>"),
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Referer", "http://evil.example/'\"><zq7>"),
    ];
    let others = [("Accept", "application/openmetrics-text<zq7"), ("X-Forwarded-For", "\"zq7")];
    unchanged(|connection| {
        each(queries(), |number, query| {
            let headers = [foreign[number % foreign.len()], others[0], others[1]];
            ask(connection, "/rw", &query, &headers, &[200, 400, 403, 404, 405]);
        });
    });
}

/// Each query has one value at least that is none of its parameter.
fn bad_values() {
    const WRONG: [&str; 13] = [
        "vwf=0",
        "vwf=x",
        "vwf=99999999999",
        "vwa=x",
        "vwd=1.5",
        "vapng=-5",
        "vart=1e3",
        "vamps=70000000",
        "vahst=%00",
        "vaprt=65536",
        "var=0",
        "vls=2",
        "sw=nobody",
    ];
    unchanged(|connection| {
        each("(vw[fd]=[1-9]&|vabl=[0-9]{1,2}&|vwa=[ads]&|vwn=x[a-z]&){0,3}", |number, right| {
            let wrong = match WRONG.get(number % (WRONG.len() + BAD.len())) {
                Some(wrong) => (*wrong).to_owned(),
                None => format!("vwf={}", BAD[number % BAD.len()]),
            };
            let worker = if wrong.starts_with("vl") { "w=lb" } else { "w=lb&sw=t1" };
            ask(connection, "/rw", &format!("cmd=update&{worker}&{right}{wrong}"), &[], &[200, 400, 404]);
        });
    });
}
