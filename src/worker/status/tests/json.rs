//! `mime=json` over real records, held against its schema.

use serde_json::{json, Value};

use super::schema::Schema;
use super::*;
use crate::config::live::Live;
use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
use crate::config::workers::spec::ValueKind;
use crate::config::workers::table::TABLE;
use crate::shared::{Balanced, Fault, Health, Served};

const STATUS: &str = include_str!("../../../../docs/status.schema.json");

impl Bench {
    fn json(&self, query: &str) -> Value {
        let answer = self.answer(&format!("{query}&mime=json"), "", None);
        assert_eq!(answer.media_type, "application/json");
        serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{query}: {error}: {}", answer.body))
    }
}

/// A page with something to tell in every place.
fn busy_bench() -> Bench {
    let bench = Bench::new();
    let lb = Bench::lb(&bench.workers);
    let figures = lb.members()[0].worker().figures();
    figures.count_served(Served::Truncated);
    figures.count_fault(Fault::Cping);
    figures.count_latency(Duration::from_millis(7));
    figures.note_error(1_700_000_000, Fault::Cping, "127.0.0.1:8009 kept \"silent\"\n<b>");
    lb.record().count_balanced(Balanced::NoMember);
    assert_eq!(bench.result("cmd=update&w=lb&sw=t1&vwa=d&vwdt=60&vwc=d%5C%22%3C"), DONE);
    bench
}

#[test]
fn every_answer_fits_the_schema() {
    let (bench, schema) = (busy_bench(), Schema::read(STATUS));
    for query in [
        "cmd=list",
        "cmd=list&opt=3",
        "cmd=list&opt=24",
        "cmd=show&w=lb",
        "cmd=show&w=lb&sw=t1",
        "cmd=show&w=alone",
        "cmd=edit&w=lb&sw=t2",
        "cmd=version",
        "cmd=dump",
        "cmd=explain&uri=/shop/x;jsessionid=a.t2",
        "cmd=explain&uri=/shop/x&host=www.example.org&session=s.t1",
        "cmd=explain&uri=/nowhere&host=other",
        "cmd=explain&uri=/..;/x",
        "cmd=explain&uri=x",
        "cmd=update&w=lb&sw=t1&vwf=3",
        "cmd=update&w=lb&sw=t1&vwf=x",
        "cmd=reset&w=lb",
        "cmd=recover&w=lb&sw=t1",
        "cmd=nix",
        "cmd=show&w=%zz",
    ] {
        let faults = schema.faults(&bench.json(query));
        assert_eq!(faults, [""; 0], "{query}");
    }
}

#[test]
fn what_does_not_fit_the_schema_is_noticed() {
    let (bench, schema) = (busy_bench(), Schema::read(STATUS));
    let list = bench.json("cmd=list");
    let spoilt = |path: &str, value: Value| {
        let mut list = list.clone();
        *list.pointer_mut(path).unwrap_or_else(|| panic!("nothing at {path}")) = value;
        schema.faults(&list).len()
    };
    for (path, value) in [
        ("/version", json!(2)),
        ("/time", json!("now")),
        ("/server/port", json!(-1)),
        ("/server", json!({})),
        ("/events/0/kind", json!("party")),
        ("/balancers/0/settings/method", json!("Requests")),
        ("/balancers/0/settings/sticky_session", json!(1)),
        ("/balancers/0/members/0/drain", json!({"since": 1})),
        ("/balancers/0/members/0/last_error/kind", json!("none")),
        ("/balancers/0/members/0/latency/places/3", json!({"to_ms": 1, "count": 1, "more": 1})),
        ("/workers/0/requests/ok", json!(0.5)),
        ("/balancers/0/maps/0", json!([])),
    ] {
        assert!(spoilt(path, value) > 0, "{path}");
    }
}

#[test]
fn values_are_what_they_are() {
    let bench = busy_bench();
    let list = bench.json("cmd=list");
    let member = &list["balancers"][0]["members"][0];
    for (name, value) in [
        ("name", json!("t1")),
        ("state", json!("OK/IDLE")),
        ("rating", json!("degraded")),
        ("source", json!(null)),
        ("address", json!("127.0.0.1:8009")),
    ] {
        assert_eq!(member[name], value, "{name}");
    }
    let settings = &member["settings"];
    assert_eq!(
        (&settings["activation"], &settings["drain_timeout"], &settings["domain"]),
        (&json!("Disabled"), &json!(60), &json!("d\\@@"))
    );
    assert_eq!(member["drain"]["left"].as_i64().map(|left| (59..=60).contains(&left)), Some(true));
    assert_eq!(
        member["last_error"],
        json!({"time": 1_700_000_000, "kind": "cping", "text": "127.0.0.1:8009 kept \"silent\"\n<b>"})
    );
    assert_eq!(
        (&member["requests"]["truncated"], &member["errors_by_kind"]["cping"]),
        (&json!(1), &json!(1))
    );
    let latency = &member["latency"];
    assert_eq!(
        (&latency["count"], &latency["sum_ms"], &latency["p50_ms"]),
        (&json!(1), &json!(7), &json!(7.5))
    );
    assert_eq!(latency["places"][3], json!({"to_ms": 10, "count": 1}));
    assert_eq!(list["balancers"][0]["requests"]["no_member"], json!(1));
    assert_eq!(list["balancers"][0]["maps"][0]["uri"], json!("/shop/*"));
    let event = list["events"].as_array().and_then(|events| events.last()).expect("an event");
    assert_eq!((&event["kind"], &event["subject"]), (&json!("edit"), &json!("lb/t1")));
    assert_eq!(event["text"], json!("drain_timeout: '0' to '60': somebody from 10.0.0.1"));
    let dump = bench.json("cmd=dump");
    assert_eq!(dump["properties"], json!([{"name": "worker.a", "value": "<&>\"\n"}]));
}

/// The table says which properties there are, and what they look like.
#[test]
fn the_schema_lists_the_properties_of_the_table() {
    fn kind(kind: ValueKind) -> Value {
        match kind {
            ValueKind::Boolean => json!("boolean"),
            ValueKind::Letter(_) => json!(null),
            ValueKind::Name | ValueKind::Text => json!("string"),
            _ => json!("integer"),
        }
    }
    fn rows<T: Live>() -> Vec<(&'static str, Value, Value)> {
        let live = TABLE.iter().filter(|spec| spec.live_in(T::SCOPE).is_some());
        live.map(|spec| {
            let words = if kind(spec.kind).is_null() { json!(spec.kind.words()) } else { json!(null) };
            (spec.name, kind(spec.kind), words)
        })
        .collect()
    }
    let schema = Schema::read(STATUS);
    let tomcat = rows::<Ajp13Settings>();
    let of_member = [rows::<MemberSettings>(), tomcat.clone()].concat();
    for (name, mut expected) in
        [("balancer", rows::<LbSettings>()), ("member", of_member), ("worker", tomcat)]
    {
        let listed = schema.definition(name)["properties"]["settings"]["properties"].as_object();
        let listed = listed.expect("settings").iter();
        let mut found: Vec<_> = listed
            .map(|(name, schema)| (name.as_str(), schema["type"].clone(), schema["enum"].clone()))
            .collect();
        found.sort_by_key(|(name, ..)| *name);
        expected.sort_by_key(|(name, ..)| *name);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn faults_have_a_status_in_the_new_formats_alone() {
    let mut bench = Bench::new();
    let status = |bench: &Bench, query: &str| {
        let of = |mime: &str| bench.answer(&format!("{query}&mime={mime}"), "", None).status;
        let new = [of("json"), of("prometheus")];
        assert_eq!(new[0], new[1], "{query}");
        assert_eq!(["html", "xml", "txt", "prop"].map(of), [200; 4], "{query}");
        new[0]
    };
    for (query, expected) in [
        ("cmd=list", 200),
        ("cmd=show&w=nix", 404),
        ("cmd=show&w=lb&sw=nix", 404),
        ("cmd=update&w=lb&sw=z*&vwf=1", 404),
        ("cmd=show", 400),
        ("cmd=nix", 400),
        ("cmd=show&w=%zz", 400),
        ("cmd=update&w=lb&sw=t1&vwf=0", 400),
        ("cmd=recover&w=lb&sw=t1", 400),
        ("cmd=reset&w=lb&opt=32", 403),
        ("cmd=update&w=lb&sw=t1&vwf=2", 200),
    ] {
        assert_eq!(status(&bench, query), expected, "{query}");
    }
    bench.page.settings.users = vec!["admin".to_owned()];
    assert_eq!(status(&bench, "cmd=list"), 403);
}

#[test]
fn a_member_in_error_is_told_with_the_time_of_its_next_probe() {
    let bench = Bench::new();
    let lb = Bench::lb(&bench.workers);
    let now = bench.workers.now();
    let error = Health { state: MemberState::Error, first_error: Some(now), last_error: Some(now) };
    lb.members()[0].record().update_health(|_| Some(error));
    let told = bench.json("cmd=list");
    let next = |index: usize| told["balancers"][0]["members"][index]["next_probe"].clone();
    let seconds = next(0).as_i64().expect("a number");
    assert!((60..=62).contains(&seconds), "recover_time is 60 s, and looks are one apart: {seconds}");
    assert!(next(1).is_null());
}

/// The schema of the log has the same words for why an attempt failed, and docs/book/src/logs.md describes each field.
#[test]
fn the_log_speaks_of_faults_as_the_page_does() {
    let schema = include_str!("../../../../docs/log.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let words: Vec<_> = Fault::ALL.iter().map(|fault| fault.word()).collect();
    assert_eq!(schema["properties"]["error"]["enum"], json!(words));
    let page = include_str!("../../../../docs/book/src/logs.md");
    let fields = schema["properties"].as_object().expect("fields");
    let missing: Vec<_> =
        fields.keys().filter(|name| *name != "event" && !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
