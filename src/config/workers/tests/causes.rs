//! One cause, one complaint: what only follows from it is not said, and no suggestion leads to the next error.

use super::*;

/// Each file, and all that is said about it and about mounting `lb`, `a` and `b`.
const CAUSES: &[(&str, &[&str])] = &[
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_wokrers=a,b\nworker.a.host=x\nworker.b.host=y",
        &["error: w.properties:3: worker.lb.balance_wokrers: unknown property balance_wokrers, did you mean \
           balance_workers?"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.tomcats=a,b\nworker.a.host=x\nworker.b.host=y",
        &["error: w.properties:3: worker.lb.tomcats: unknown property tomcats"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=\nworker.a.host=x",
        &["error: w.properties:3: worker.lb.balance_workers: balancer lb has no members"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb",
        &["error: w.properties:1: balancer lb has no members, expected worker.lb.balance_workers"],
    ),
    (
        "worker.list=lb\nworker.lb.balance_workers=a,b\nworker.lb.method=B\nworker.a.host=x\nworker.b.lbfactor=2",
        &["w.properties:2: worker.lb.balance_workers: without a type, worker lb is one Tomcat; add \
           worker.lb.type=lb"],
    ),
    (
        "wokrer.list=lb\nworker.lb.host=x",
        &["w.properties:1: wokrer.list is a variable that nothing uses, and no property, did you mean worker.list?"],
    ),
    (
        "worker.list=lbb\nworker.lb.type=lb\nworker.lb.balance_workers=a1\nworker.a1.lbfactor=2",
        &["w.properties:1: worker.list: worker lbb has no property and becomes an ajp13 worker at \
           localhost:8009, did you mean lb?"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=node1,noed2\nworker.node1.lbfactor=1\n\
         worker.node2.lbfactor=1",
        &["w.properties:3: worker.lb.balance_workers: worker noed2 has no property and becomes an ajp13 worker \
           at localhost:8009, did you mean node2?"],
    ),
    (
        "worker.list=lb\nworker.lb.host=a\nworker.lb.port=$(NO_SUCH_PORT)",
        &["error: w.properties:3: worker.lb.port: $(NO_SUCH_PORT) is not defined and stays as written"],
    ),
    (
        "worker.list=lb\nworker.lb.port=eight",
        &["error: w.properties:2: worker.lb.port=eight: not a number, expected 0 to 65535"],
    ),
    (
        "worker.list=\"lb\"\nworker.lb.host=x",
        &["w.properties:1: worker.list: the quotes are part of the value; are they meant?"],
    ),
    (
        "worker.list=\"lb\",a\nworker.lb.host=x\nworker.a.host=y",
        &["w.properties:1: worker.list: the quotes are part of the value; are they meant?"],
    ),
    (
        "worker.list=lb\nworker.lb.port=\"80\"",
        &["error: w.properties:2: worker.lb.port: the quotes are part of the value; are they meant?"],
    ),
    (
        "worker.list=lb\nworker.lb.port=\u{A0}80",
        &["error: w.properties:2: worker.lb.port: a no-break space is part of the value; is it meant?"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a\u{FF0C}b\nworker.a.port=1\nworker.b.port=2",
        &["w.properties:3: worker.lb.balance_workers: a typographic comma is part of the value; is it meant?"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.a.host=x\nworker.a.port=\n\
         worker.b.host=y\nworker.b.port=2",
        &["w.properties:5: worker.a.port: the line is ignored because the value is empty"],
    ),
    (
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.a.port=ajp\nworker.b.port=http",
        &[
            "error: w.properties:4: worker.a.port=ajp: not a number, expected 0 to 65535",
            "error: w.properties:5: worker.b.port=http: not a number, expected 0 to 65535",
        ],
    ),
    ("w\0o\0r\0k\0e\0r\0.\0l\0i\0s\0t\0=\0l\0b\0", &["error: w.properties: the file is UTF-16, save it as UTF-8"]),
    ("workers.list=lb\nworker.lb.host=x", &["w.properties:1: workers.list is a variable that nothing uses, and no property, did you mean worker.list?"]),
    ("Worker.list=lb\nworker.lb.host=x", &["w.properties:1: Worker.list is a variable that nothing uses, and no property, did you mean worker.list?"]),
];

fn mounts(loaded: &Loaded) -> Vec<String> {
    let check = |name: &str| check_mounted_worker(&loaded.settings, &loaded.defined, name);
    let is_told = |name: &&&str| !loaded.defined.is_excused(name);
    ["lb"].iter().filter(is_told).filter_map(|name| Some(format!("{name} {}", check(name)?.0))).collect()
}

#[test]
fn one_cause_is_one_complaint() {
    let told = |text: &str| [complaints(text), mounts(&load_file(text))].concat();
    let wrong: Vec<_> = CAUSES.iter().filter(|(text, expected)| told(text) != *expected).collect();
    assert!(wrong.is_empty(), "{:#?}", wrong.iter().map(|(text, _)| (text, told(text))).collect::<Vec<_>>());
}

#[test]
fn no_suggestion_leads_to_the_next_error() {
    let cases = [
        // A name that stands in the same list.
        (
            "worker.balancer.balance_workers=t11",
            "t11 has no property and becomes an ajp13 worker at localhost:8009",
        ),
        // A balancer as member.
        (
            "worker.balancer.balance_workers=balancr",
            "balancr has no property and becomes an ajp13 worker at localhost:8009",
        ),
        // Its properties would replace others.
        ("worker.balancr.type=ajp13", "nothing uses it"),
        ("worker.balancr.method=S", "nothing uses it, did you mean balancer?"),
        // A template that would refer to itself.
        ("worker.t1.reference=worker.tt1", "no property begins with worker.tt1., did you mean worker.t2?"),
    ];
    for (line, end) in cases {
        let found = complaints(&format!("{TWO_TOMCATS}{line}\n"));
        assert!(found.len() == 1 && found[0].ends_with(end), "{line}: {found:?}");
    }
    let loaded = load_file(TWO_TOMCATS);
    let told = check_mounted_worker(&loaded.settings, &loaded.defined, "t11");
    assert_eq!(told, Some(("is not defined", String::new())), "t1 is not in worker.list");
}

#[test]
fn hundreds_of_names_that_are_wrong_are_judged_in_no_time() {
    let mut text = String::from("worker.list=x\n");
    for number in 0..100 {
        text += &format!("worker.list=used{number},lost{number}\nworker.used{number}.host=a\n");
        text += &format!("worker.uesd{number}.retries=1\nworker.t{number}.reference=worker.tmpl{number}\n");
    }
    let begin = std::time::Instant::now();
    assert!(complaints(&text).len() >= 200);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn two_members_that_are_one_tomcat_are_told_unless_both_are_defaults() {
    let lb = |members: &str| {
        complaints(&format!("worker.list=l\nworker.l.type=lb\nworker.l.balance_workers=a,b\n{members}\n"))
    };
    let told = "balancer l: members a and b are the same Tomcat at";
    assert_eq!(
        lb("worker.a.host=x\nworker.a.port=1\nworker.b.host=x\nworker.b.port=1"),
        [format!("w.properties:7: {told} x:1")]
    );
    assert_eq!(lb("worker.a.port=1\nworker.b.port=1"), [format!("w.properties:5: {told} localhost:1")]);
    let fine = [
        "worker.a.port=1\nworker.b.port=2",
        "worker.a.host=x\nworker.b.host=y",
        "worker.a.port=0\nworker.b.port=0",
        "worker.a.lbfactor=1\nworker.b.lbfactor=1",
    ];
    for members in fine {
        assert_eq!(lb(members), [""; 0], "{members}");
    }
}

#[test]
fn complaints_come_in_the_order_of_the_lines() {
    let text =
        "worker.list=a,b\nworker.a.port=x\nworker.b.retries=x\nworker.b.hots=y\nc\nworker.a.retries=x\n";
    let lines: Vec<_> =
        load_file(text).report.iter().filter_map(|d| d.origin.clone()).map(|o| o.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6]);
}

#[test]
fn lines_that_belong_elsewhere_are_told_of_once() {
    let lines = "\
; a comment
;worker.t1.host=c
// another
/app/*=balancer
!/app/*.gif=balancer
JkMount /app/* balancer
worker.t1.host=\u{201C}c\u{201D}
worker.t1.max_reuse_connections=5
";
    assert_eq!(
        complaints(&(TWO_TOMCATS.replace("worker.t1.host=a\n", "\n") + lines)),
        [
            "w.properties:8: ; starts no comment, only # does; this line and 2 more of the kind are ignored",
            "w.properties:11: a rule of a map file has no effect here, it belongs into the file of JkMountFile; \
             this line and one more of the kind are ignored",
            "w.properties:13: a directive of httpd has no effect here, it belongs into httpd's configuration; \
             the line is ignored",
            "w.properties:14: worker.t1.host: a typographic quote is part of the value; is it meant?",
            "error: w.properties:15: worker.t1.max_reuse_connections: unknown property max_reuse_connections \
             (of another connector), use connection_pool_size",
        ]
    );
}
