//! The page: whether browsers understand it, what it offers, and that nothing breaks out of its place.

mod forms;
mod tags;

use std::time::Duration;

use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};

use tags::{check, values};

use crate::config::diagnostic::{Origin, Report};
use crate::config::settings::samples::{lb_settings, settings_of};
use crate::config::settings::{Activation, Ajp13Settings, MemberSettings};
use crate::mapping::Rule;
use crate::shared::{EventKind, Fault, Health, MemberState, Reload, Served};
use crate::worker::status::tests::Bench;

const HOSTILE: &str = "'><script>alert(1)</script>&\"";

fn bench() -> Bench {
    Bench::with_members(&["t1", "t2", "t3"])
}

const PAGES: [&str; 21] = [
    "",
    "re=5&opt=0",
    "opt=511",
    "cmd=show&w=lb",
    "cmd=show&w=lb&sw=t1",
    "cmd=show&w=alone",
    "cmd=edit&w=lb",
    "cmd=edit&w=lb&sw=t1&from=show&psw=t1",
    "cmd=edit&w=lb&att=vwf",
    "cmd=edit&w=alone",
    "cmd=confirm&do=stop&w=lb&sw=t1&from=list",
    "cmd=confirm&do=drain&w=lb&sw=t1,t2",
    "cmd=confirm&do=switch&w=lb&domain=d",
    "cmd=confirm&do=reset&w=lb",
    "cmd=drain&w=lb&sw=*&timeout='",
    "cmd=version",
    "cmd=dump",
    "cmd=update&w=lb&sw=t1&vwf=x&from=list",
    "cmd=explain",
    "cmd=explain&uri=/a/'%22%3E%3Cscript%3Ealert(1)%3C/script%3E&host='%22%3E%3Cb%3E&session='%22%3E.t1",
    "cmd=explain&uri=/%3Cscript%3Ealert",
];

#[test]
fn every_page_is_well_formed_whatever_names_and_values_are() {
    let mut bench = bench();
    let lb = Bench::lb(&bench.workers);
    let hostile = |member: &mut MemberSettings| {
        member.route = HOSTILE.to_owned();
        member.domain = Some(HOSTILE.to_owned());
        member.redirect = Some(HOSTILE.to_owned());
        member.activation = Activation::Disabled;
    };
    lb.change_member(0, hostile).expect("changed");
    lb.members()[0].backend().change(|settings| settings.host = HOSTILE.to_owned()).expect("changed");
    let error = Health { state: MemberState::Error, first_error: Some(1), last_error: Some(1) };
    lb.members()[1].record().update_health(|_| Some(error));
    let origin = Origin::new(&HOSTILE.into(), 7);
    let rule = Rule::worker_mount(b"/<script>\"'", "lb", Some(&origin)).expect("a rule");
    let line = Rule::file_line(b"/a|/*", b"lb;active=t1", &origin, &mut Report::default()).expect("rules");
    bench.rules = std::iter::once(rule).chain(line).map(Into::into).collect();
    bench.page.settings.css = Some(HOSTILE.to_owned());
    for query in PAGES {
        let page = bench.ask(query);
        check(&page);
        assert!(!page.contains("<script>alert"), "{query}: {page}");
        assert!(!page.contains("='"), "{query}");
    }
    let shown = bench.ask("");
    let escaped = "&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;";
    for place in ["redirect ", "domain ", "</th><td>Exact</td><td>worker definition<small>"] {
        assert!(shown.contains(&format!("{place}{escaped}")), "{place}: {shown}");
    }
}

#[test]
fn parameters_come_back_escaped_or_not_at_all() {
    let bench = bench();
    for query in [
        "w='%3Cb%3E&cmd=show",
        "cmd=%27onload=1",
        "re=%27&opt=%27",
        "cmd=edit&w=lb&att=%27%26lt;",
        "from=%27&cmd=reset&w='",
    ] {
        let page = bench.ask(query);
        check(&page);
        assert!(!page.contains("'onload") && !page.contains("'@b@"), "{page}");
    }
}

#[test]
fn read_only_pages_lead_to_no_change() {
    let mut bench = bench();
    let leads = |page: &str| {
        let links = values(page, "href").into_iter().chain(values(page, "action"));
        let changes = ["cmd=edit", "cmd=update", "cmd=reset", "cmd=recover", "cmd=confirm"];
        links.filter(|link| changes.iter().any(|change| link.contains(change))).count()
    };
    assert!(leads(&bench.ask("")) > 0);
    assert_eq!(leads(&bench.ask("opt=32")), 0);
    assert!(bench.ask("opt=32").contains("<h1>JK Status Manager for www.example.org:80 (read only)</h1>"));
    assert!(bench.ask("opt=32").contains(">Read/Write</a>"));
    bench.page.settings.read_only = true;
    for query in ["", "cmd=show&w=lb", "cmd=show&w=alone"] {
        let page = bench.ask(query);
        assert_eq!((leads(&page), page.matches("Read/Write").count()), (0, 0), "{query}");
        assert_eq!(values(&page, "method"), Vec::<String>::new());
    }
    assert!(bench.ask("cmd=update&w=lb&sw=t1&vwf=x").contains("Result: ERROR - This command is not allowed"));
}

#[test]
fn bits_of_opt_hide_parts() {
    let bench = bench();
    let parts = [
        (1, "<table class=\"members\">"),
        (2, "<summary>URI maps"),
        (4, "<summary>Legend"),
        (8, "<h2>Load Balancing Workers"),
        (16, "<h2>AJP Workers"),
        (32, ">Edit</a>"),
        (64, "<summary>Settings of lb"),
        (128, "<dt>Max Busy"),
        (256, "<summary>Settings of its Tomcats"),
    ];
    let all = bench.ask("");
    for (bit, text) in parts {
        assert!(all.contains(text), "{text}");
        let page = bench.ask(&format!("opt={bit}"));
        assert!(!page.contains(text), "opt={bit}");
        check(&page);
    }
}

#[test]
fn members_are_told_with_all_that_people_ask_for() {
    let bench = bench();
    let lb = Bench::lb(&bench.workers);
    let change = |member: &mut MemberSettings| {
        member.activation = Activation::Disabled;
        member.redirect = Some("t2".to_owned());
        member.distance = 2;
        member.drain_timeout = Some(std::time::Duration::from_secs(90_000));
    };
    lb.change_member(0, change).expect("changed");
    lb.members()[0].record().count_session_request(bench.workers.now());
    lb.members()[0].worker().add_transferred(2048);
    bench.ask("cmd=version");
    let page = bench.ask("");
    let row = row(&page, "t1");
    for text in [
        "<span class=\"pill warn\">Disabled</span> <span class=\"pill good\">OK/IDLE</span> <small>for ",
        "1 session request a minute, 0 in flight, stopped in 1 d 1 h",
        "to Tomcat </span>2.0K",
        "t1<small>redirect t2</small><small>distance 2</small>",
        ">Activate</a> <a",
    ] {
        assert!(row.contains(text), "{text} in {row}");
    }
    assert!(!row.contains(">Disable</a>") && !row.contains(">Recover</a>"), "{row}");
    assert!(page.contains("<strong class=\"pill warn\">DEGRADED</strong> 2 good, 1 degraded, 0 bad/stopped"));
}

#[test]
fn a_time_that_is_up_is_not_told_as_none() {
    let bench = bench();
    Bench::lb(&bench.workers).drain(0, Some(std::time::Duration::ZERO)).expect("changed");
    let page = bench.ask("");
    assert!(row(&page, "t1").contains(" in flight, stopped any moment<"), "{page}");
}

/// The row of member `name` of lb.
fn row<'p>(page: &'p str, name: &str) -> &'p str {
    let row = &page[page.find(&format!("<tr data-live id=\"w/lb/{name}\"")).expect("a row")..];
    &row[..row.find("</tr>").expect("its end")]
}

#[test]
fn a_tomcat_is_told_with_its_times_its_pool_and_its_last_error() {
    let bench = bench();
    let member = &Bench::lb(&bench.workers).members()[0];
    let figures = member.worker().figures();
    (0..100).for_each(|_| figures.count_latency(Duration::from_millis(4)));
    figures.count_served(Served::ServerError);
    figures.count_retry();
    figures.note_error(1_700_000_000, Fault::ConnectionLost, HOSTILE);
    member.backend().change(|settings: &mut Ajp13Settings| settings.busy_limit = Some(7)).expect("changed");
    let page = bench.ask("");
    let text = "&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;";
    for part in [
        "<td>4.9 ms<small>p50 3.8 ms</small><small>p99 5.0 ms</small></td>",
        "<td><strong>0</strong><small>5xx 1</small><small>retries 1</small></td>",
        "<td>0 <small class=\"of\">of 7</small><small>max 0</small></td>",
        "<td>0<small>idle 0</small><small>max 0</small></td>",
        &format!("<details><summary>connection lost</summary>{text}</details>"),
    ] {
        assert!(row(&page, "t1").contains(part), "{part} in {}", row(&page, "t1"));
    }
    assert!(row(&page, "t2").contains("<td>\u{2013}</td>") && row(&page, "t2").contains("<td>none</td>"));
    let shown = bench.ask("cmd=show&w=lb&sw=t1");
    assert!(shown.contains("<details open><summary>connection lost"), "there is room for it");
}

#[test]
fn it_is_told_when_a_member_in_error_is_tried_again() {
    let with = |by_probe: bool| {
        let mut lb = lb_settings("lb", &["t1", "t2"]);
        lb.recover_probe = by_probe;
        lb.members.iter_mut().for_each(|member| member.worker.host = "127.0.0.1".to_owned());
        let bench = Bench::of(settings_of(&[lb], &[]));
        let now = Some(bench.workers.now());
        let error = Health { state: MemberState::Error, first_error: now, last_error: now };
        Bench::lb(&bench.workers).members()[0].record().update_health(|_| Some(error));
        bench.ask("")
    };
    let (by_probe, by_request) = (with(true), with(false));
    assert!(row(&by_probe, "t1").contains("<small>asked by CPing within 1 min "), "{by_probe}");
    assert!(row(&by_request, "t1").contains("<small>next try in "), "{by_request}");
    assert!(!row(&by_probe, "t2").contains("CPing") && !by_request.contains("asked by CPing within"));
}

#[test]
fn what_happened_is_told_newest_first() {
    let bench = bench();
    assert!(bench.ask("").contains("<summary>Events <small id=\"event\" data-live>none yet</small>"));
    bench.ask("cmd=update&w=lb&sw=t1&vwf=3");
    bench.workers.shared().history().note(1_700_000_000, EventKind::Reload, HOSTILE, "taken: 2 rules");
    bench.workers.shared().history().count_reload(Reload::MapTaken);
    let page = bench.ask("");
    let events = &page[page.find("<tbody id=\"events\"").expect("events")..];
    let [newest, oldest] = ["taken: 2 rules", "lbfactor"].map(|text| events.find(text).expect(text));
    assert!(newest < oldest, "{events}");
    assert!(page.contains("<dt>Changed Map Files</dt><dd>1 taken, 0 refused</dd>"), "{page}");
    assert!(!page.contains("<script>alert"));
    assert!(!bench.ask("cmd=show&w=lb").contains("id=\"events\""), "the whole is told by the list alone");
}

#[test]
fn many_members_are_folded_and_the_doubtful_named() {
    let names: Vec<String> = (0..60).map(|number| format!("m{number}")).collect();
    let bench = Bench::with_members(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let lb = Bench::lb(&bench.workers);
    let error = Health { state: MemberState::Error, first_error: Some(1), last_error: Some(1) };
    for member in &lb.members()[..40] {
        member.record().update_health(|_| Some(error));
    }
    let page = bench.ask("");
    check(&page);
    assert!(page.contains("<details class=\"members\"><summary>Members <small>(60)"));
    let named = &page[page.find("w/lb.attention").unwrap()..];
    let named = &named[..named.find("</p>").unwrap()];
    assert_eq!((named.matches("<a ").count(), named.ends_with("and 10 more")), (30, true), "{named}");
}

#[test]
fn headers_allow_nothing_but_what_the_page_brings() {
    let bench = bench();
    let header = |query: &str, name: &str| {
        let headers = bench.answer(query, "", None).headers;
        headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.into_owned())
    };
    assert_eq!(header("", "Cache-Control").as_deref(), Some("no-store, no-cache"));
    assert_eq!(header("mime=txt", "Cache-Control").as_deref(), Some("no-cache"));
    assert_eq!(header("mime=xml", "Content-Security-Policy"), None);
    assert_eq!(header("", "X-Content-Type-Options").as_deref(), Some("nosniff"));
    let policy = header("", "Content-Security-Policy").expect("a policy");
    for part in [
        "default-src 'none'; style-src 'sha256-",
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
}

#[test]
fn a_style_sheet_of_the_administrator_takes_the_place_of_ours() {
    let mut bench = bench();
    assert!(bench.ask("").contains("<style>"));
    bench.page.settings.css = Some("/jk.css".to_owned());
    let page = bench.ask("");
    assert!(page.contains("<link rel=\"stylesheet\" href=\"/jk.css\">") && !page.contains("<style>"));
}

#[test]
fn no_query_breaks_the_page() {
    let bench = bench();
    let value = "(list|show|edit|confirm|update|reset|dump|lb|alone|t1|t\\*|vwf|stop|511|%2[0-9]|[ -~]{0,8}|\\PC{0,6})";
    let part = format!("(cmd|w|sw|att|re|opt|from|psw|do|vwf|vwn|val0|nonce|[a-z'<&]{{0,3}})=?{value}");
    let query = format!("({part}&){{0,6}}{part}");
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let looked = runner.run(&string_regex(&query).expect("a pattern"), |query| {
        // Other formats are none of the page.
        if !query.contains("mime=") {
            check(&bench.ask(&query));
        }
        Ok(())
    });
    assert_eq!(looked, Ok(()));
}
