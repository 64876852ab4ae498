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
    let head = BTreeSet::from(["viewport".to_owned(), "robots".to_owned()]);
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
    assert_eq!(values(&page, "action"), ["?cmd=update&opt=3&w=lb&sw=t1&from=show&psw=t1"]);
    assert!(page.contains("<input type=\"hidden\" name=\"vwa\" value=\"Disabled\">"), "{page}");
    assert_eq!(bench.changes(), before);
    let done = bench.answer("cmd=update&opt=3&w=lb&sw=t1&from=show&psw=t1", "vwa=Disabled", None).body;
    assert!(done.contains("content=\"3; url=?cmd=show&amp;opt=3&amp;w=lb&amp;sw=t1\""), "{done}");
    let rest = bench.ask("cmd=confirm&do=stop&w=lb&sw=t2");
    assert!(!rest.contains("503"), "t3 is left");
    bench.ask("cmd=update&w=lb&sw=t3&vwa=s");
    assert!(bench.ask("cmd=confirm&do=stop&w=lb&sw=t2").contains("No other member of lb is active"));
    for (query, message) in [
        ("cmd=confirm&w=lb&sw=t1", "Invalid command."),
        ("cmd=confirm&do=update&w=lb&sw=t1", "Invalid command."),
        ("cmd=confirm&do=stop&w=lb", "EMPTY sub worker param"),
        ("cmd=confirm&do=stop&w=nix", "Could not find given worker"),
        ("cmd=confirm&do=stop&w=lb&sw=t1&opt=32", "This command is not allowed in read only mode."),
    ] {
        assert!(bench.ask(query).contains(&format!("Result: ERROR - {message}")), "{query}");
    }
}

#[test]
fn what_is_done_is_said_by_the_address_alone() {
    let bench = bench();
    let before = bench.changes();
    bench.answer("cmd=list", "cmd=update&w=lb&sw=t1&vwa=s", None);
    assert_eq!(bench.changes(), before);
}
