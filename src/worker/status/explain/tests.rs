//! What is told of a URI, in each format, and that it is what the look-up says.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::config::{Origin, Report};
use crate::mapping::RuleMap;
use crate::worker::status::tests::Bench;

fn lines(text: &str) -> Vec<Arc<Rule>> {
    let rules = (1..).zip(text.lines()).flat_map(|(number, line)| {
        let origin = Origin::new(&"map".into(), number);
        let (pattern, worker) = line.split_once('=').expect("a rule");
        Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut Report::default())
            .expect("a rule")
    });
    rules.map(Arc::new).collect()
}

fn bench(rules: &str) -> Bench {
    let mut bench = Bench::with_members(&["t1", "t2"]);
    bench.rules = lines(rules);
    bench
}

/// Lines of the format txt about the URI.
fn told(bench: &Bench, query: &str) -> Vec<String> {
    let text = bench.ask(&format!("cmd=explain&mime=txt&{query}"));
    let lines = text
        .lines()
        .filter(|line| !["Server:", "Time:", "Software:"].iter().any(|head| line.starts_with(head)));
    lines.map(str::to_owned).collect()
}

fn json(bench: &Bench, query: &str) -> Value {
    let answer: Value =
        serde_json::from_str(&bench.ask(&format!("cmd=explain&mime=json&{query}"))).expect("JSON");
    answer["explanation"].clone()
}

#[test]
fn a_uri_is_told_step_by_step() {
    let bench =
        bench("/shop/*=lb;reply_timeout=5000\n!/shop/static/*=lb\n/*=alone\n*.gif=alone\n/shop/CART=alone");
    assert_eq!(
        told(&bench, "uri=http://www.example.org//shop/./cart;jsessionid=a.t2?x=1"),
        [
            "URI: http://www.example.org//shop/./cart;jsessionid=a.t2?x=1 is looked up as /shop/cart",
            "Host: www.example.org",
            "Virtual host: www.example.org [*:80] (httpd.conf:12), which has this name",
            "Verdict: worker lb takes it, by rule /shop/*=lb (Wildchar, uriworkermap, map:1, reply_timeout=5000)",
            "Worker: lb is a balancer by Request",
            "Without session: t1, then t2",
            "Asked: t1 127.0.0.1:8009 Active, route t1, OK/IDLE, load 0",
            "Asked: t2 127.0.0.1:8009 Active, route t2, OK/IDLE, load 0",
            "Session: of route t2 leads to its member: t2, then t1",
            "Passed over: /*=alone (Wildchar, uriworkermap, map:3): comes later, as it has fewer slashes",
            "Passed over: /shop/CART=alone (Exact, uriworkermap, map:5): its pattern does not match: the case of letters \
             differs",
            "Passed over: !/shop/static/*=lb (Unmount Wildchar, uriworkermap, map:2): its pattern does not match",
            "Passed over: *.gif=alone (Wildchar, uriworkermap, map:4): its pattern does not match",
            "Result: type=OK message=\"Action finished\"",
        ]
    );
}

#[test]
fn what_keeps_a_uri_out_is_named() {
    let bench =
        bench("/a/*=lb\n!/a/no/*=*\n!/a/no/*=alone\n/off=lb\n-/off=lb\n-/only=lb\n/nobody=who\n/st=alone");
    let verdict = |uri: &str| {
        let line = told(&bench, &format!("uri={uri}")).into_iter().find(|line| line.starts_with("Verdict"));
        line.expect("a verdict").trim_start_matches("Verdict: ").to_owned()
    };
    for (uri, expected) in [
        (
            "/a/no/x",
            "httpd serves it itself: rule /a/*=lb (Wildchar, uriworkermap, map:1) would take it, but !/a/no/*=* (Unmount \
             Wildchar, uriworkermap, map:2) excludes it",
        ),
        (
            "/off",
            "httpd serves it itself: rule /off=lb (Exact, uriworkermap, map:4) is disabled by -/off=lb (Disabled Exact, \
             uriworkermap, map:5)",
        ),
        ("/only", "httpd serves it itself: rule -/only=lb (Disabled Exact, uriworkermap, map:6) is disabled"),
        ("/none", "httpd serves it itself: no rule matches"),
        ("/..;/x", "httpd answers it: the URI climbs above the root with /../, which is refused with 400"),
        ("/%25zz", "httpd answers it: it has an escape that httpd refuses with 400 or 404 (a % itself is written %25)"),
    ] {
        assert_eq!(verdict(uri), expected, "{uri}");
    }
    let also = told(&bench, "uri=/a/no/x");
    assert!(also.iter().any(|line| line.ends_with("map:3): excludes another worker")), "{also:?}");
    let unknown = told(&bench, "uri=/nobody");
    assert!(
        unknown.contains(&"Worker: who is not in worker.list, so that requests get 500".to_owned()),
        "{unknown:?}"
    );
    assert!(
        told(&bench, "uri=/st").contains(&"Worker: alone is a Tomcat whose address is unresolved".to_owned())
    );
    assert!(told(&bench, "uri=/a/100%2525").contains(&"But: refused with 400 by RejectUnsafeURI".to_owned()));
}

#[test]
fn the_virtual_host_and_why_it_was_chosen_are_told() {
    let bench = bench("/a=lb");
    let chosen =
        |query: &str| json(&bench, &format!("uri=/a{query}"))["chosen_by"].as_str().map(str::to_owned);
    for (query, expected) in [
        ("", "page"),
        ("&host=", "page"),
        ("&host=www.example.org", "name"),
        ("&host=www.example.org.", "name"),
        ("&host=www.example.org:80", "name"),
        ("&host=www.example.org:81", "name_elsewhere"),
        ("&host=%5B::1%5D:80", "default"),
        ("&host=%5B::1%5D", "default"),
        ("&host=nobody", "default"),
    ] {
        assert_eq!(chosen(query).as_deref(), Some(expected), "{query}");
    }
    let ignored = "Virtual host: www.example.org [*:80] (httpd.conf:12), which is the first at this address and port, as no \
                   other has this name; httpd does not listen on port 99, so this is told for the port of this page";
    assert!(told(&bench, "uri=https://alias.org:99/a").contains(&ignored.to_owned()));
    assert_eq!(json(&bench, "uri=/a&host=x:99")["ignored_port"], 99);
    assert_eq!(json(&bench, "uri=/a&host=x:80")["ignored_port"], Value::Null);
}

#[test]
fn faults_name_their_parameter() {
    let bench = bench("/a=lb");
    for (query, message) in [
        ("", "uri is missing: cmd=explain needs one, such as uri=/shop/cart"),
        ("uri=", "uri is missing: cmd=explain needs one, such as uri=/shop/cart"),
        ("uri=shop/cart", "uri=shop/cart: it must start with / or http://"),
        ("uri=/a&host=x:y", "host=x:y: expected a name, or a name and a port from 1 to 65535"),
        ("uri=/a&host=x:0", "host=x:0: expected a name, or a name and a port from 1 to 65535"),
    ] {
        let answer = bench.answer(&format!("cmd=explain&mime=json&{query}"), "", None);
        let text: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!((answer.status, text["result"]["message"].as_str()), (400, Some(message)), "{query}");
    }
    let figures = bench.answer("cmd=explain&mime=prometheus&uri=/a", "", None);
    assert_eq!(
        (figures.status, figures.body.as_str()),
        (400, "# cmd=explain has no format prometheus: it tells no figures\n")
    );
}

#[test]
fn it_is_for_readers_and_for_users_alone() {
    let mut bench = bench("/a=lb");
    bench.page.settings.read_only = true;
    let before = bench.changes();
    assert_eq!(json(&bench, "uri=/a")["verdict"], "taken");
    assert_eq!(bench.changes(), before);
    bench.page.settings.users = vec!["admin".to_owned()];
    assert_eq!(bench.answer("cmd=explain&mime=json&uri=/a", "", Some("other")).status, 403);
    assert_eq!(bench.answer("cmd=explain&mime=json&uri=/a", "", Some("admin")).status, 200);
}

#[test]
fn sessions_are_told_by_id_route_and_path() {
    let bench = bench("/a=lb\n/b=lb;sticky_ignore=1\n/c=lb;session_cookie=SID;disabled=t2");
    let way = |query: &str| {
        let session = json(&bench, query)["target"]["balance"]["session"].clone();
        (
            session["leads_to"].as_str().map(str::to_owned),
            session["asked"][0]["name"].as_str().map(str::to_owned),
        )
    };
    let own = |name: &str| (Some("own".to_owned()), Some(name.to_owned()));
    assert_eq!(way("uri=/a"), (None, None));
    assert_eq!(way("uri=/a&session=abc.t2"), own("t2"));
    assert_eq!(way("uri=/a&route=t2"), own("t2"));
    assert_eq!(way("uri=/a;jsessionid=abc.t2"), own("t2"));
    assert_eq!(way("uri=/c&session=abc.t2"), own("t2"));
    assert_eq!(way("uri=/b&session=abc.t2"), (None, None));
    assert_eq!(json(&bench, "uri=/b&session=abc.t2")["target"]["balance"]["ignores_session"], true);
    let rule = json(&bench, "uri=/c")["target"]["balance"].clone();
    assert_eq!(
        (rule["asked"][0]["name"].as_str(), rule["not_asked"][0]["why"].as_str()),
        (Some("t1"), Some("is disabled by the rule"))
    );
}

#[test]
fn xml_and_properties_have_names_of_their_own() {
    let bench = bench("/a=lb\n!/a=alone\n/A=lb");
    let xml = bench.ask("cmd=explain&mime=xml&uri=/a%26b;%3C&session=s.t1");
    assert!(xml.contains("  <jk:explanation\n    uri=\"/a&amp;b;&lt;\"\n    clean=\"/a&amp;b\"\n"), "{xml}");
    let xml = bench.ask("cmd=explain&mime=xml&uri=/a&session=s.t1");
    for part in [
        "      <jk:rule\n        uri=\"/a\"\n        worker=\"lb\"\n        type=\"Exact\"\n",
        "      <jk:target\n        name=\"lb\"\n        type=\"lb\"\n        method=\"Request\"\n",
        "      <jk:asked\n        name=\"t1\"\n",
        "      <jk:session\n        routes=\"t1\"\n        leads_to=\"own\"\n",
        "      <jk:passed_over\n        uri=\"/a\"\n        worker=\"alone\"\n        type=\"Unmount Exact\"\n",
        "  </jk:explanation>\n",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    let properties = bench.ask("cmd=explain&mime=prop&uri=/a");
    for line in [
        "worker.explain.uri=/a",
        "worker.explain.verdict=taken",
        "worker.explain.rule.origin=map:1",
        "worker.explain.asked.2.name=t2",
        "worker.explain.passed_over.2.why=its pattern does not match: the case of letters differs",
        "worker.result.type=OK",
    ] {
        assert!(properties.lines().any(|found| found == line), "{line} in {properties}");
    }
}

#[test]
fn the_page_has_a_form_and_leads_to_other_formats() {
    let bench = bench("/a=lb");
    let list = bench.ask("");
    assert!(list.contains("<summary>Explain a URI</summary><form class=\"inline\"><input type=\"hidden\" name=\"cmd\" value=\"explain\">"), "{list}");
    let page = bench.ask("cmd=explain&uri=/a%3Fb&session=s.t1");
    assert!(page.contains(" name=\"uri\" required placeholder=\"/shop/cart\" value=\"/a?b\">"), "{page}");
    assert!(page.contains("?cmd=explain&amp;uri=%2Fa%3Fb&amp;session=s.t1&amp;mime=json"), "{page}");
    assert!(page.contains("worker lb takes it, by rule /a=lb"), "{page}");
    assert!(!page.contains("mime=prometheus") && list.contains("mime=prometheus"), "{page}");
    assert!(bench.ask("cmd=explain").contains("Result: ERROR - uri is missing"));
}

#[test]
fn ten_thousand_rules_fit_on_a_page() {
    let far: String = (0..9_800).map(|number| format!("/app{number}/*=lb\n")).collect();
    let near: String = (0..200).map(|number| format!("/sh*{}=alone\n", "*".repeat(number))).collect();
    let bench = bench(&format!("{far}{near}/shop/*=lb"));
    let found = json(&bench, "uri=/shop/cart");
    assert_eq!(
        (found["rule"]["uri"].as_str(), found["passed_over"].as_array().map(Vec::len)),
        (Some("/shop/*"), Some(100))
    );
    for (name, number) in [
        ("matching", 200),
        ("matching_left_out", 110),
        ("not_matching", 9_800),
        ("not_matching_left_out", 9_790),
    ] {
        assert_eq!(found[name], number, "{name}");
    }
    let text = told(&bench, "uri=/shop/cart");
    assert_eq!(text.iter().filter(|line| line.starts_with("Passed over: ")).count(), 100);
    assert!(text.contains(
        &"Left out: 110 rules whose pattern matches, and 9790 rules whose pattern does not".to_owned()
    ));
    for format in ["html", "xml", "prop", "json", "txt"] {
        let length = bench.ask(&format!("cmd=explain&mime={format}&uri=/shop/cart")).len();
        assert!(length < 120_000, "{format}: {length} octets");
    }
}

fn rule_line() -> impl Strategy<Value = String> {
    ("(-|!|-!){0,1}", "/[/*?ab]{0,5}", "lb|alone|\\*")
        .prop_map(|(prefix, pattern, worker)| format!("{prefix}{pattern}={worker}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_told_is_what_the_look_up_says(
        rules in vec(rule_line(), 0..10),
        uri in "/[/ab.;]{0,7}",
    ) {
        let bench = bench(&rules.join("\n"));
        let found = json(&bench, &format!("uri={uri}"));
        let path = mapping::read_target(uri.as_bytes()).map(|target| target.path);
        let clean = path.ok().and_then(|path| Some(mapping::normalise(&path).ok()?.into_owned()));
        let clean_text = clean.clone().map(|clean| String::from_utf8(clean).expect("ASCII"));
        prop_assert_eq!(found["clean"].as_str(), clean_text.as_deref());
        let map = RuleMap::new(bench.rules.iter().cloned());
        let taken = clean.and_then(|clean| map.lookup(&clean).cloned());
        prop_assert_eq!(found["verdict"] == "taken", taken.is_some());
        if let Some(rule) = taken {
            let place = (rule.pattern.to_string(), rule.worker.clone(), rule.origin.as_ref().map(ToString::to_string));
            let text = |name: &str| found["rule"][name].as_str().unwrap_or_default().to_owned();
            prop_assert_eq!((text("uri"), text("worker"), Some(text("origin"))), place);
            prop_assert_eq!(found["target"]["name"].as_str(), Some(rule.worker.as_str()));
        }
    }
}
