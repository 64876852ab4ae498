//! Forms: an input for each property, and nothing else is changed by them; questions before something is done.

use std::collections::BTreeSet;

use super::bench;
use super::tags::{check, tags, values};
use crate::config::live::Live;
use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
use crate::config::workers::table::TABLE;
use crate::worker::status::tests::Bench;

#[test]
fn every_property_that_can_be_changed_has_an_input() {
    fn expected<T: Live>() -> BTreeSet<String> {
        let live = TABLE.iter().filter_map(|spec| spec.live_in(T::SCOPE));
        live.map(|live| live.parameter.to_owned()).collect()
    }
    let bench = bench();
    let offered = |query: &str| values(&bench.ask(query), "name").into_iter().collect::<BTreeSet<_>>();
    let head = BTreeSet::from(["viewport", "robots", "nonce"].map(str::to_owned));
    assert_eq!(&offered("cmd=edit&w=lb") - &head, expected::<LbSettings>());
    let of_member = &expected::<MemberSettings>() | &expected::<Ajp13Settings>();
    assert_eq!(&offered("cmd=edit&w=lb&sw=t1") - &head, of_member);
    assert_eq!(&offered("cmd=edit&w=alone") - &head, expected::<Ajp13Settings>());
    for code in of_member {
        let page = bench.ask(&format!("cmd=edit&w=lb&att={code}"));
        assert_eq!(
            &offered(&format!("cmd=edit&w=lb&att={code}")) - &head,
            ["val0", "val1", "val2"].map(str::to_owned).into()
        );
        check(&page);
    }
}

/// What a browser sends for a form of which nobody has changed anything.
fn fields(page: &str) -> String {
    let mut sent = Vec::new();
    let mut select = String::new();
    for (at, (closes, name, attributes)) in tags(page).into_iter().enumerate() {
        let get =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        match name.as_str() {
            "input" => sent.push(format!("{}={}", get("name").unwrap(), get("value").unwrap())),
            "select" if !closes => select = get("name").unwrap(),
            "option" if get("selected").is_some() => {
                let word = page.split('<').nth(at + 2).and_then(|text| text.split_once('>')).unwrap().1;
                sent.push(format!("{select}={word}"));
            }
            _ => {}
        }
    }
    sent.join("&")
}

#[test]
fn a_form_sent_back_as_it_came_changes_nothing_and_one_value_only_that() {
    let bench = bench();
    for (query, subject) in [("w=lb&sw=t1", "w=lb&sw=t1"), ("w=lb", "w=lb"), ("w=alone", "w=alone")] {
        let page = bench.ask(&format!("cmd=edit&{query}"));
        let action = values(&page, "action").remove(0);
        assert_eq!(action, format!("?cmd=update&{subject}"));
        let before = bench.changes();
        let form = &page[page.find("<form").expect("a form")..];
        let form = fields(&format!("<!DOCTYPE html>\n{form}"));
        assert!(form.contains(if query == "w=lb" { "vlm=Request" } else { "vart=0" }), "{form}");
        let answer = bench.answer(&action[1..], &form, None);
        assert!(answer.body.contains("Result: OK - You will be redirected in 3 seconds."), "{}", answer.body);
        assert_eq!(bench.changes(), before, "{form}");
    }
    let sticky = bench.answer("cmd=update&w=lb", "vls=false", None);
    assert!(sticky.body.contains("Result: OK"), "{}", sticky.body);
    assert!(!Bench::lb(&bench.workers).current_settings().sticky_session);
}

#[test]
fn whoever_is_refused_learns_nothing_by_a_form() {
    let mut bench = bench();
    let refused = "cmd=update&w=lb&sw=t1&vwf=x&vwd=7";
    let page = bench.ask(refused);
    assert!(
        page.contains("name=\"vwf\" aria-invalid=\"true\" value=\"x\"")
            && page.contains("name=\"vwd\" value=\"7\""),
        "{page}"
    );
    assert!(!bench.ask("cmd=edit&w=lb&sw=t1&vwd=7").contains("value=\"7\""), "a link fills in nothing");
    bench.page.settings.users = vec!["admin".to_owned()];
    let page = bench.ask(refused);
    assert!(page.contains("Result: ERROR - Access denied."));
    assert_eq!(values(&page, "method"), Vec::<String>::new());
}

#[test]
fn a_question_is_asked_before_something_is_done_and_nothing_changes_by_it() {
    let bench = bench();
    let before = bench.changes();
    let page = bench.ask("cmd=confirm&do=disable&w=lb&sw=t1&from=show&psw=t1&opt=3");
    assert_eq!(values(&page, "action"), ["?cmd=disable&opt=3&w=lb&sw=t1&from=show&psw=t1"]);
    assert_eq!(bench.changes(), before);
    let done = bench.answer("cmd=disable&opt=3&w=lb&sw=t1&from=show&psw=t1", "", None).body;
    assert!(done.contains("content=\"3; url=?cmd=show&amp;opt=3&amp;w=lb&amp;sw=t1\""), "{done}");
    let rest = bench.ask("cmd=confirm&do=stop&w=lb&sw=t2");
    assert!(!rest.contains("will fail with 503"), "t3 is left");
    assert!(bench.ask("cmd=confirm&do=stop&w=lb&sw=t2,t3").contains("will fail with 503"));
    bench.ask("cmd=stop&w=lb&sw=t3");
    for deed in ["disable", "drain", "stop"] {
        let page = bench.ask(&format!("cmd=confirm&do={deed}&w=lb&sw=t2"));
        assert!(page.contains("No other member of lb is active"), "{page}");
    }
    for (query, message) in [
        ("cmd=confirm&w=lb&sw=t1", "Invalid command."),
        ("cmd=confirm&do=update&w=lb&sw=t1", "Invalid command."),
        ("cmd=confirm&do=stop&w=lb", "expected sw (names of members"),
        ("cmd=confirm&do=switch&w=lb", "expected domain"),
        ("cmd=confirm&do=switch&w=lb&sw=t1", "expected domain"),
        ("cmd=confirm&do=stop&w=nix", "could not find worker"),
        ("cmd=confirm&do=stop&w=lb&sw=t1&opt=32", "This command is not allowed in read only mode."),
    ] {
        assert!(bench.ask(query).contains(&format!("Result: ERROR - {message}")), "{query}");
    }
}

#[test]
fn a_question_about_draining_asks_for_its_time() {
    let bench = bench();
    let timeout = |page: &str| {
        let input = &page[page.find("<input type=\"number\"").expect("an input")..];
        input[..input.find('>').unwrap()].to_owned()
    };
    let page = bench.ask("cmd=confirm&do=drain&w=lb&sw=t1");
    assert!(timeout(&page).ends_with(" name=\"timeout\" value=\"\""), "{page}");
    bench.ask("cmd=update&w=lb&sw=t1&vwdt=90");
    assert!(timeout(&bench.ask("cmd=confirm&do=drain&w=lb&sw=t1")).ends_with("value=\"90\""));
    let before = bench.changes();
    let refused = bench.answer("cmd=drain&w=lb&sw=t1&from=list", "timeout=soon", None).body;
    check(&refused);
    assert!(refused.contains("Result: ERROR - timeout=soon: expected 0 to 2147483647 seconds"), "{refused}");
    assert!(timeout(&refused).ends_with("aria-invalid=\"true\" value=\"soon\""), "{refused}");
    assert_eq!(
        (values(&refused, "action"), bench.changes()),
        (vec!["?cmd=drain&w=lb&sw=t1&from=list".to_owned()], before)
    );
    let done = bench.answer("cmd=drain&w=lb&sw=t1&from=list", "timeout=", None).body;
    assert!(done.contains("Result: OK"), "{done}");
    let shown = bench.ask("");
    for part in [", stopped in 1 min ", " s or when silent</small>"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn several_members_can_be_chosen() {
    let bench = bench();
    let page = bench.ask("");
    check(&page);
    assert_eq!(
        values(&page, "value").iter().filter(|value| ["t1", "t2", "t3"].contains(&value.as_str())).count(),
        3
    );
    let before = bench.changes();
    let action =
        values(&page, "action").into_iter().find(|action| action.contains("cmd=confirm")).expect("a form");
    assert_eq!(action, "?cmd=confirm&w=lb&from=list");
    let question = bench.answer(&action[1..], "chosen=t1&chosen=t3&do=drain", None).body;
    check(&question);
    assert!(question.contains("<h2>Drain 2 members of lb?</h2>"), "{question}");
    assert!(question.contains("<input type=\"hidden\" name=\"sw\" value=\"t1,t3\">"), "{question}");
    assert_eq!(
        (values(&question, "action"), bench.changes()),
        (vec!["?cmd=drain&w=lb&from=list".to_owned()], before)
    );
    let done = bench.answer("cmd=drain&w=lb&from=list", "sw=t1,t3&timeout=5", None).body;
    assert!(done.contains("Result: OK"), "{done}");
    let lb = Bench::lb(&bench.workers);
    let drains = [0, 1, 2].map(|index| lb.members()[index].record().drain().is_some());
    assert_eq!(drains, [true, false, true]);
    let none = bench.answer(&action[1..], "do=stop", None).body;
    assert!(none.contains("Result: ERROR - expected sw") && none.contains("Back without a change"), "{none}");
    for query in ["opt=32", "cmd=show&w=lb&sw=t1", "cmd=show&w=alone"] {
        assert!(!bench.ask(query).contains("type=\"checkbox\""), "{query}");
    }
}

#[test]
fn new_sessions_can_be_led_from_domain_to_domain() {
    let bench = bench();
    let offered = |bench: &Bench| {
        let links = values(&bench.ask(""), "href").into_iter();
        links.filter(|link| link.contains("do=switch")).collect::<Vec<_>>()
    };
    bench.ask("cmd=update&w=lb&att=vwc&val0=blue&val1=blue&val2=green");
    assert_eq!(offered(&bench), [""; 0], "all are active");
    bench.ask("cmd=stop&w=lb&sw=t3");
    assert_eq!(offered(&bench), ["?cmd=confirm&w=lb&from=list&do=switch&domain=green"]);
    let question = bench.ask(&offered(&bench)[0][1..]);
    check(&question);
    assert!(question.contains("<h2>Switch lb to domain green?</h2>"), "{question}");
    let (activated, drained) = question.split_once("Drained, unless stopped:").expect("both");
    assert!(
        activated.contains("<li>t3 ") && drained.contains("<li>t1 ") && drained.contains("<li>t2 "),
        "{question}"
    );
    let action = values(&question, "action").remove(0);
    assert_eq!(action, "?cmd=switch&w=lb&domain=green&from=list");
    bench.answer(&action[1..], "timeout=60", None);
    assert_eq!(offered(&bench), ["?cmd=confirm&w=lb&from=list&do=switch&domain=blue"]);
    bench.ask("cmd=update&w=lb&att=vwc&val2=blue");
    assert_eq!(offered(&bench), [""; 0], "there is one domain");
}

#[test]
fn what_is_done_is_said_by_the_address_alone() {
    let bench = bench();
    let before = bench.changes();
    bench.answer("cmd=list", "cmd=update&w=lb&sw=t1&vwa=s", None);
    assert_eq!(bench.changes(), before);
}
