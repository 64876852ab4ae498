//! Every parameter of `cmd=update` changes the property that it stands for, and no other, in all processes and over a
//! graceful restart.

use mod_jk::config::workers::spec::{Live, Scopes, Spec, ValueKind};
use mod_jk::config::workers::table::{Property, TABLE};
use serde_json::{json, Value};

use super::{balanced, status};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::Mpm;

/// New connections that each change is looked at by: more than there are children.
const LOOKS: usize = 12;

/// Who is changed: the address, where json tells it, and whose properties it has.
const SUBJECTS: [(&str, &str, Scopes); 3] = [
    ("w=lb", "/balancers/0/settings", Scopes::LB),
    ("w=lb&sw=tomcat1", "/balancers/0/members/0/settings", Scopes::MEMBER),
    ("w=lb&sw=tomcat1", "/balancers/0/members/0/settings", Scopes::TOMCAT),
];

pub fn each(mpm: Mpm) {
    let backends = ["1", "2"].map(Backend::constant);
    let httpd = balanced(mpm, &backends.each_ref());
    let mut tried = 0;
    for (address, place, scope) in SUBJECTS {
        for (spec, live) in TABLE.iter().filter_map(|spec| Some((spec, live_of(spec, scope)?))) {
            change(&httpd, address, place, spec, live);
            tried += 1;
        }
    }
    assert!(tried >= 29, "{tried}");
    let before = told(&httpd);
    let generations = httpd.generations();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    (0..LOOKS).for_each(|_| assert_eq!(told(&httpd), before));
}

fn live_of(spec: &'static Spec, scope: Scopes) -> Option<&'static Live> {
    spec.live.iter().find(|live| live.of == scope)
}

/// All settings of balancer and member.
fn told(httpd: &Httpd) -> [Value; 2] {
    let text = status(httpd, "mime=json");
    let all: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    [SUBJECTS[0].1, SUBJECTS[1].1].map(|place| all.pointer(place).expect("it is told").clone())
}

fn change(httpd: &Httpd, address: &str, place: &str, spec: &Spec, live: &Live) {
    let index = usize::from(place == SUBJECTS[1].1);
    let before = told(httpd);
    let (text, value) = other(spec, &before[index][spec.name]);
    let query = format!("cmd=update&{address}&{}={text}&mime=txt", live.parameter);
    assert_eq!(status(httpd, &query), "Result: type=OK message=\"Action finished\"\n", "{query}");
    let mut after = before;
    after[index][spec.name] = value;
    (0..LOOKS).for_each(|_| assert_eq!(told(httpd), after, "{query}"));
}

/// Another value than that of now: as a parameter, and as json tells it.
fn other(spec: &Spec, now: &Value) -> (String, Value) {
    match (spec.kind, now) {
        (ValueKind::Boolean, Value::Bool(now)) => ((!now).to_string(), json!(!now)),
        (ValueKind::Letter(words), Value::String(now)) => {
            let word = words.iter().rfind(|word| **word != now.as_str()).expect("a choice");
            ((*word).to_owned(), json!(word))
        }
        (_, Value::Number(now)) => {
            let step = if spec.kind == ValueKind::Octets { 1024 } else { 1 };
            let number = now.as_i64().expect("a whole number") + step;
            (number.to_string(), json!(number))
        }
        (_, Value::String(_)) if spec.property == Property::Host => {
            ("127.0.0.2".to_owned(), json!("127.0.0.2"))
        }
        (_, Value::String(now)) => (format!("{now}x"), json!(format!("{now}x"))),
        (kind, now) => panic!("{}: {kind:?} is told as {now}", spec.name),
    }
}
