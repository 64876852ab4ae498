//! The balancer: shares, sessions, activation, failover and recovery, over scripted members that name themselves.
//!
//! Rules: "load-balancer" and "decisions, rows 9 and 11". Methods of choice are tested beside their code.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use crate::support::ajp::Forward;
use crate::support::backend::{self, Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, raw, wait};

const MPMS: [Mpm; 2] = [Mpm::Event, Mpm::Prefork];

pub fn suite() -> Suite {
    Suite::new("balancer")
        .under(&MPMS, "three_equal_members_share_nine_requests_evenly", equal_shares)
        .under(&MPMS, "lbfactor_sets_the_shares", weighted_shares)
        .test("a_session_goes_to_the_member_of_its_route", routes)
        .test("sticky_session_can_be_off_and_rules_can_ignore_it", not_sticky)
        .test("a_disabled_member_keeps_its_sessions_and_a_stopped_one_nothing", activation)
        .test("rules_override_activation", rule_activation)
        .test("a_nearer_member_is_preferred", distance)
        .test("a_redirect_takes_over", redirect)
        .test("a_domain_shares_its_sessions", domain)
        .test("all_members_stopped_is_503", all_stopped)
        .test("the_member_that_answered_gives_route_and_cookie", failover_route)
        .test("rule_extensions_name_the_cookie", rule_cookie)
        .test("the_cookie_has_the_flags_that_are_listed", cookie_flags)
        .test("a_forced_session_fails_at_once_while_its_member_is_in_error", forced_session)
        .test("no_client_can_put_a_member_into_error", clients_fault)
        .under(&MPMS, "a_dead_member_costs_no_request_and_takes_part_again", recovery)
}

/// A backend whose body is `name`.
fn member(name: &'static str) -> Backend {
    Backend::constant(name)
}

fn balancer(mpm: Mpm, members: &[(&str, u16)], properties: &str) -> Site {
    let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
    let workers: String = members.iter().map(|(name, port)| backend::worker(name, *port)).collect();
    Site::new(mpm).workers(&format!(
        "worker.list=lb\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers={}\n{workers}{properties}",
        names.join(",")
    ))
}

fn of_two(a: &Backend, b: &Backend, properties: &str) -> Httpd {
    balancer(Mpm::Event, &[("a", a.port()), ("b", b.port())], properties).conf("JkMount /* lb").start()
}

fn shares(httpd: &Httpd, count: usize) -> BTreeMap<String, usize> {
    (0..count).fold(BTreeMap::new(), |mut shares, _| {
        *shares.entry(httpd.get("/x").text()).or_default() += 1;
        shares
    })
}

fn with_session(httpd: &Httpd, route: &str) -> String {
    let cookie = format!("other=1; JSESSIONID=0123456789.{route}; more=2");
    let reply = httpd.client().get_with("/x", &[("Cookie", &cookie)]);
    match reply.status {
        200 => reply.text(),
        status => status.to_string(),
    }
}

fn expect_shares(httpd: &Httpd, expected: &[(&str, usize)]) {
    let count = expected.iter().map(|(_, share)| share).sum();
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
    assert_eq!(shares(httpd, count), expected);
}

fn equal_shares(mpm: Mpm) {
    let (a, b, c) = (member("a"), member("b"), member("c"));
    let members = [("a", a.port()), ("b", b.port()), ("c", c.port())];
    let httpd = balancer(mpm, &members, "").conf("JkMount /* lb").start();
    expect_shares(&httpd, &[("a", 3), ("b", 3), ("c", 3)]);
}

fn weighted_shares(mpm: Mpm) {
    let (a, b) = (member("a"), member("b"));
    let members = [("a", a.port()), ("b", b.port())];
    let properties = "worker.a.lbfactor=2 # twice as strong\nworker.b.lbfactor=1\n";
    let httpd = balancer(mpm, &members, properties).conf("JkMount /* lb").start();
    expect_shares(&httpd, &[("a", 8), ("b", 4)]);
}

fn routes() {
    let (a, b) = (member("a"), member("b"));
    let httpd = of_two(&a, &b, "worker.b.route=jvm-b\n");
    for _ in 0..3 {
        assert_eq!(with_session(&httpd, "a"), "a");
        assert_eq!(with_session(&httpd, "jvm-b"), "b");
        assert_eq!(httpd.get("/x;jsessionid=0123.jvm-b").text(), "b");
        assert_eq!(httpd.get("/x;jsessionid=0123.a?q=1").text(), "a");
    }
    let sent = b.requests();
    assert!(sent.iter().all(|forward| route(forward) == Some("jvm-b")), "the container is told its route");
    let strangers: Vec<_> = (0..4).map(|_| with_session(&httpd, "unknown")).collect();
    assert!(strangers.contains(&"a".into()) && strangers.contains(&"b".into()), "{strangers:?}");
}

fn route(forward: &Forward) -> Option<&str> {
    forward.attributes.get("route").map(String::as_str)
}

fn not_sticky() {
    let (a, b) = (member("a"), member("b"));
    let off = of_two(&a, &b, "worker.lb.sticky_session=Off\n");
    let seen: Vec<_> = (0..4).map(|_| with_session(&off, "a")).collect();
    assert_eq!(seen.iter().filter(|name| *name == "a").count(), 2, "{seen:?}");
    let members = [("a", a.port()), ("b", b.port())];
    let ignored = balancer(Mpm::Event, &members, "").conf("JkMount /* lb;sticky_ignore=1").start();
    let seen: Vec<_> = (0..4).map(|_| with_session(&ignored, "a")).collect();
    assert_eq!(seen.iter().filter(|name| *name == "a").count(), 2, "{seen:?}");
}

fn activation() {
    let (a, b) = (member("a"), member("b"));
    let disabled = of_two(&a, &b, "worker.a.activation=Disabled\n");
    expect_shares(&disabled, &[("b", 4)]);
    assert_eq!(with_session(&disabled, "a"), "a");
    let told = a.requests().pop().expect("the request with a session");
    assert_eq!(told.attributes.get("JK_LB_ACTIVATION").map(String::as_str), Some("DIS"));
    let stopped = of_two(&a, &b, "worker.a.activation=s\n");
    expect_shares(&stopped, &[("b", 4)]);
    assert_eq!(with_session(&stopped, "a"), "b");
}

fn rule_activation() {
    let (a, b) = (member("a"), member("b"));
    let members = [("a", a.port()), ("b", b.port())];
    let httpd = balancer(Mpm::Event, &members, "worker.b.activation=Disabled\n")
        .conf("JkMount /* lb;disabled=a;active=b")
        .start();
    expect_shares(&httpd, &[("b", 4)]);
    assert_eq!(with_session(&httpd, "a"), "a");
}

fn distance() {
    let (a, b) = (member("a"), member("b"));
    let httpd = of_two(&a, &b, "worker.a.distance=2\nworker.b.distance=1\n");
    expect_shares(&httpd, &[("b", 4)]);
    assert_eq!(with_session(&httpd, "a"), "a");
}

fn redirect() {
    let (dead, b, c) = (ports::free(), member("b"), member("c"));
    let members = [("a", dead), ("b", b.port()), ("c", c.port())];
    let properties = "worker.a.redirect=c\nworker.c.activation=Disabled\n";
    let httpd = balancer(Mpm::Event, &members, properties).conf("JkMount /* lb").start();
    wait::until_true("the hot standby to take over", Duration::from_secs(10), || {
        with_session(&httpd, "a") == "c"
    });
    assert_eq!(with_session(&httpd, "a"), "c");
    expect_shares(&httpd, &[("b", 4)]);
}

fn domain() {
    let (dead, b, c) = (ports::free(), member("b"), member("c"));
    let members = [("a", dead), ("b", b.port()), ("c", c.port())];
    let properties = "worker.a.domain=left\nworker.b.domain=right\nworker.c.domain=left\n";
    let httpd = balancer(Mpm::Event, &members, properties).conf("JkMount /* lb").start();
    for _ in 0..4 {
        assert_eq!(with_session(&httpd, "a"), "c", "the other member of its domain");
    }
    assert_eq!(with_session(&httpd, "b"), "b");
}

fn all_stopped() {
    let (a, b) = (member("a"), member("b"));
    let httpd = of_two(&a, &b, "worker.a.activation=Stopped\nworker.b.activation=Disabled\n");
    assert_eq!(httpd.get("/x").status, 503);
    assert_eq!(with_session(&httpd, "b"), "b");
}

/// Decisions, row 11.
fn failover_route() {
    let (dead, b) = (ports::free(), member("b"));
    let httpd = balancer(Mpm::Event, &[("a", dead), ("b", b.port())], "worker.lb.set_session_cookie=1\n")
        .conf("JkMount /* lb\nLogFormat \"%{JK_WORKER_NAME}n %{JK_WORKER_ROUTE}n\" notes\nCustomLog logs/notes.log notes")
        .start();
    for _ in 0..4 {
        let reply = httpd.get("/x");
        let cookies: Vec<_> = reply.headers_named("set-cookie").collect();
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        assert!(cookies[0].starts_with("JSESSIONID=.b;") && cookies[0].contains("HttpOnly"), "{cookies:?}");
    }
    assert!(b.requests().iter().all(|forward| route(forward) == Some("b")));
    wait::until_true("four log lines", Duration::from_secs(5), || {
        httpd.log("notes.log").lines().count() == 4
    });
    assert!(httpd.log("notes.log").lines().all(|line| line == "lb b"), "{}", httpd.log("notes.log"));
}

fn rule_cookie() {
    let (a, b) = (member("a"), member("b"));
    let members = [("a", a.port()), ("b", b.port())];
    let rule = "JkMount /* lb;session_cookie=SID;set_session_cookie=1;session_cookie_path=/shop";
    let httpd = balancer(Mpm::Event, &members, "").conf(rule).start();
    for _ in 0..4 {
        let reply = httpd.client().get_with("/x", &[("Cookie", "JSESSIONID=1.a; SID=2.b")]);
        assert_eq!(reply.text(), "b");
    }
    let reply = httpd.get("/x");
    let cookie = reply.header("set-cookie").expect("a cookie for the new client");
    assert!(cookie.starts_with("SID=.") && cookie.to_lowercase().contains("path=/shop"), "{cookie}");
}

/// Each list of flags, and what follows the path.
fn cookie_flags() {
    let table = [
        ("", ";HttpOnly"),
        ("worker.lb.session_cookie_flags=samesite=lax, httponly\n", ";HttpOnly;SameSite=Lax"),
        ("worker.lb.session_cookie_flags=Secure=auto\n", ""),
        ("worker.lb.session_cookie_flags=SameSite=None,Secure\n", ";Secure;SameSite=None"),
    ];
    let (a, b) = (member("a"), member("b"));
    for (line, flags) in table {
        let httpd = of_two(&a, &b, &format!("worker.lb.set_session_cookie=1\n{line}"));
        let reply = httpd.get("/x");
        let expected = format!("JSESSIONID=.{};PATH=/{flags}", reply.text());
        assert_eq!(reply.headers_named("set-cookie").collect::<Vec<_>>(), [expected], "{line}");
    }
}

/// Decisions, row 9.
fn forced_session() {
    let losing = Backend::start(|connection: &mut Connection| {
        connection.whole_request();
    });
    let good = member("b");
    let httpd = of_two(&losing, &good, "worker.lb.sticky_session_force=1\nworker.lb.recover_time=600\n");
    wait::until_true("the member's error", Duration::from_secs(10), || with_session(&httpd, "a") == "503");
    let before = losing.connections();
    for _ in 0..5 {
        assert_eq!(with_session(&httpd, "a"), "503");
    }
    assert_eq!(losing.connections(), before, "a member in error is not tried by each request");
    assert!(good.requests().is_empty(), "a forced session never leaves its member");
    assert_eq!(with_session(&httpd, "b"), "b");
}

fn clients_fault() {
    let (a, b) = (member("a"), member("b"));
    let httpd = of_two(&a, &b, "worker.lb.recover_time=600\n");
    let heads = [
        "POST /x HTTP/1.1\r\nContent-Length: 100000\r\n\r\nsome".to_owned(),
        "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n".to_owned(),
        format!("GET /x HTTP/1.1\r\nX-A: {0}\r\nX-B: {0}\r\n\r\n", "v".repeat(5000)),
        "BREW /x HTTP/1.1\r\n\r\n".to_owned(),
    ];
    for head in heads {
        let mut stream = raw::connect(httpd.port());
        let cookie = "HTTP/1.1\r\nHost: h\r\nCookie: JSESSIONID=1.a\r\n";
        stream.write_all(head.replacen("HTTP/1.1\r\n", cookie, 1).as_bytes()).expect("httpd reads");
        stream.shutdown(Shutdown::Write).expect("an open connection");
        raw::read_to_close(&mut stream);
        assert_eq!(with_session(&httpd, "a"), "a", "after {}", head.lines().next().unwrap_or_default());
    }
}

fn recovery(mpm: Mpm) {
    let (late, b) = (ports::free(), member("b"));
    let members = [("a", late), ("b", b.port())];
    let httpd = balancer(mpm, &members, "worker.lb.recover_time=1\n").conf("JkMount /* lb").start();
    expect_shares(&httpd, &[("b", 6)]);
    assert_eq!(with_session(&httpd, "a"), "b");
    let _a = Backend::start_at(late, |connection| connection.serve(&|_| Answer::ok("a")));
    wait::until_true("the member to take part again", Duration::from_secs(20), || {
        httpd.get("/x").text() == "a"
    });
    assert_eq!(with_session(&httpd, "a"), "a");
}
