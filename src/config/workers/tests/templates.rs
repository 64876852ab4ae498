//! `reference` takes any prefix that has properties.

use super::*;

#[test]
fn any_prefix_with_properties_is_a_template() {
    let text = "\
worker.list=a,b
tmpl.port=8010
tmpl.reference=base
base.host=10.0.0.1
base.port=1
worker.a.reference=tmpl
worker.b.reference=worker.t
worker.t.reference=tmpl
worker.t.retries=7
";
    let loaded = load_file(text);
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let [a, b] = ["a", "b"].map(|name| ajp13(&loaded, name));
    assert_eq!((a.host.as_str(), a.port, a.retries), ("10.0.0.1", 8010, 2));
    assert_eq!((b.host.as_str(), b.port, b.retries), ("10.0.0.1", 8010, 7));
}

#[test]
fn a_whole_balancer_can_come_from_a_template() {
    let text =
        TWO_TOMCATS.replace("worker.balancer", "any.name.lb") + "worker.balancer.reference=any.name.lb\n";
    let loaded = load_file(&text);
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    assert_eq!(lb(&loaded, "balancer").members.len(), 2);
}

#[test]
fn properties_of_a_template_are_checked_like_others() {
    let text = "worker.list=a\nworker.a.reference=tmpl\ntmpl.port=word\ntmpl.hots=b\ntmpl.deep.host=c\n";
    assert_eq!(
        complaints(text),
        [
            "error: w.properties:3: tmpl.port=word: not a number, expected 0 to 65535",
            "w.properties:4: tmpl.hots: unknown property hots, did you mean host?",
        ]
    );
}

#[test]
fn a_prefix_without_properties_is_an_error() {
    let cases = [
        ("reference=tmlp", "tmlp: no property begins with tmlp., did you mean tmpl?"),
        ("reference=nothing", "nothing: no property begins with nothing."),
        ("reference=a", "a: no property begins with a."),
    ];
    for (line, expected) in cases {
        let text = format!("worker.list=a\nworker.a.{line}\ntmpl.port=8010\n");
        assert_eq!(complaints(&text), [format!("error: w.properties:2: worker.a.reference={expected}")]);
    }
    assert_eq!(
        complaints("worker.list=a\nworker.a.reference=t\nt.reference=u\nu.reference=t\n"),
        [""; 0],
        "a loop of templates is followed once around"
    );
}
