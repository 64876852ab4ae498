//! Operators take members out, and who may: `cmd=drain`, `switch` and the like, `update_methods`, and the nonce of forms.
//!
//! Rules: "decisions, rows 61 and 62".

use std::io::Write;
use std::time::Duration;

use serde_json::Value;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::raw;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("control")
        .under(&ALL_MPMS, "a_drain_ends_when_its_time_is_up_in_all_children", time_is_up)
        .under(&[Mpm::Worker, Mpm::Prefork], "a_drain_goes_on_over_restarts", over_restarts)
        .test("a_drain_outlives_the_server_with_persist_on", over_a_stop)
        .under(&[Mpm::Event, Mpm::Prefork], "a_change_that_comes_after_the_restart_is_refused", too_late)
        .test("a_drain_is_cancelled_by_another_wish", cancelled)
        .alone("a_switch_between_domains_loses_no_request", switch)
        .test("several_members_are_chosen_at_once", several)
        .test("changes_come_by_post_where_that_is_asked_for", methods)
        .under(&[Mpm::Event, Mpm::Prefork], "forms_of_browsers_carry_the_nonce_of_the_page", nonces)
        .test("the_nonce_is_that_of_all_children_until_the_server_ends", nonce_over_restarts)
}

/// How long is waited for what comes within seconds.
const PATIENCE: Duration = Duration::from_secs(30);

const DONE: &str = "Result: type=OK message=\"Action finished\"\n";

/// A balancer over members that are called as the backends' routes, with `more` lines; nothing is maintained.
fn site(mpm: Mpm, backends: &[(&str, &Backend)], more: &str) -> Site {
    let names: Vec<_> = backends.iter().map(|(name, _)| *name).collect();
    let workers: String = backends.iter().map(|(name, backend)| backend.worker(name)).collect();
    let lb = format!("worker.lb.type=lb\nworker.lb.balance_workers={}\n", names.join(","));
    Site::new(mpm)
        .workers(&format!("worker.list=lb,st\nworker.maintain=0\nworker.st.type=status\n{lb}{workers}{more}"))
        .conf("JkMount /status st\nJkMount /app/* lb")
}

fn two() -> [Backend; 2] {
    ["route=a\n", "route=b\n"].map(Backend::constant)
}

fn site_of_two(mpm: Mpm, [a, b]: &[Backend; 2], more: &str) -> Site {
    site(mpm, &[("a", a), ("b", b)], more)
}

/// What the status worker says to a command, by whichever child takes it.
fn command(httpd: &Httpd, query: &str) -> String {
    let close = [("Connection", "close")];
    httpd.client().get_with(&format!("/status?cmd={query}&mime=txt"), &close).text()
}

fn done(httpd: &Httpd, query: &str) {
    assert_eq!(command(httpd, query), DONE, "{query}");
}

/// A member in JSON.
fn member(httpd: &Httpd, name: &str) -> Value {
    let text = httpd.get(&format!("/status?cmd=show&w=lb&sw={name}&mime=json")).text();
    let shown: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    shown["balancers"][0]["members"][0].clone()
}

fn activation(httpd: &Httpd, name: &str) -> String {
    member(httpd, name)["settings"]["activation"].as_str().expect("a word").to_owned()
}

/// Who serves a request of a session of `route`, or without one, on a connection of its own.
fn served(httpd: &Httpd, route: Option<&str>) -> String {
    let cookie = route.map(|route| format!("JSESSIONID=1.{route}"));
    let cookie = cookie.iter().map(|cookie| ("Cookie", cookie.as_str()));
    let headers: Vec<_> = cookie.chain([("Connection", "close")]).collect();
    let reply = httpd.client().get_with("/app/", &headers);
    reply.fact("route").unwrap_or_else(|| panic!("{}: {}", reply.status, reply.text()))
}

fn restart(httpd: &Httpd) {
    let (generations, old) = (httpd.generations(), httpd.children());
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    wait::until_true("the old children to end", PATIENCE, || {
        httpd.children().iter().all(|child| !old.contains(child))
    });
}

fn time_is_up(mpm: Mpm) {
    let backends = two();
    let httpd = site_of_two(mpm, &backends, "worker.lb.recover_probe=off\n").start();
    done(&httpd, "drain&w=lb&sw=a&timeout=3");
    let drain = member(&httpd, "a")["drain"].clone();
    assert!(drain["left"].as_i64().is_some_and(|left| left <= 3), "{drain}");
    assert_eq!(drain["ordered"], true);
    // In prefork each of these may be another child's.
    let new: Vec<_> = (0..16).map(|_| served(&httpd, None)).collect();
    assert!(new.iter().all(|route| route == "b"), "{new:?}");
    let mut seen = [0, 0];
    wait::until_true("its sessions to go on elsewhere, in all children", PATIENCE, || {
        match served(&httpd, Some("a")).as_str() {
            "a" => seen = [seen[0] + 1, 0],
            _ => seen[1] += 1,
        }
        seen[1] == 24
    });
    assert!(seen[0] > 0, "they stay while it drains");
    assert_eq!(activation(&httpd, "a"), "Stopped");
    let log = httpd.jk_log();
    assert_eq!(log.matches(", and its time is up: it is stopped now").count(), 1, "{log}");
    assert!(log
        .contains("changes activation of lb/a from 'Active' to 'Disabled', to drain for 3 seconds at most"));
    let list = httpd.get("/status?mime=json").text();
    assert!(list.contains("activation: Disabled to Stopped (drain: time is up)"), "{list}");
}

fn over_restarts(mpm: Mpm) {
    let backends = two();
    let httpd = site_of_two(mpm, &backends, "").start();
    done(&httpd, "drain&w=lb&sw=a&timeout=600");
    let left = |httpd: &Httpd| member(httpd, "a")["drain"]["left"].as_i64().expect("a limit");
    let mut before = left(&httpd);
    for _ in 0..2 {
        restart(&httpd);
        assert_eq!(
            (activation(&httpd, "a"), member(&httpd, "a")["drain"]["ordered"].clone()),
            ("Disabled".into(), true.into())
        );
        assert!(left(&httpd) <= before && left(&httpd) > 0);
        before = left(&httpd);
        assert_eq!([served(&httpd, Some("a")), served(&httpd, None)], ["a", "b"]);
    }
    done(&httpd, "drain&w=lb&sw=a&timeout=5");
    restart(&httpd);
    wait::until_true("its time to be up", PATIENCE, || activation(&httpd, "a") == "Stopped");
    restart(&httpd);
    assert_eq!((activation(&httpd, "a"), served(&httpd, Some("a"))), ("Stopped".to_owned(), "b".to_owned()));
    done(&httpd, "activate&w=lb&sw=a");
    assert_eq!(served(&httpd, Some("a")), "a");
}

fn over_a_stop() {
    let backends = two();
    let mut httpd = site_of_two(Mpm::Event, &backends, "").conf("JkPersist On").start_as_daemon();
    done(&httpd, "drain&w=lb&sw=a&timeout=600");
    done(&httpd, "drain&w=lb&sw=b");
    httpd.stop();
    let state = httpd.site().read("run/jk.shm.state");
    assert!(state.contains("\"drain_until\": ") && !state.contains("nonce"), "{state}");
    httpd.start_again();
    for (name, has_limit) in [("a", true), ("b", false)] {
        let drain = member(&httpd, name)["drain"].clone();
        assert_eq!((drain["left"].is_i64(), drain["ordered"].clone()), (has_limit, true.into()), "{drain}");
    }
}

/// The form of a command is held back until httpd has restarted: the old process that has it must not say that it is done.
fn too_late(mpm: Mpm) {
    let backends = two();
    let httpd = site_of_two(mpm, &backends, "").start();
    let form = b"w=lb&sw=a&timeout=500";
    let mut stream = raw::connect(httpd.port());
    let head = format!(
        "POST /status?cmd=drain&mime=json HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        form.len()
    );
    stream.write_all(head.as_bytes()).expect("httpd reads");
    // It asks for the form, so that a process of this generation has begun.
    assert!(raw::read_head(&mut stream).starts_with("HTTP/1.1 100"));
    let generations = httpd.generations();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    stream.write_all(form).expect("httpd reads");
    let reply = raw::parse(&raw::read_to_close(&mut stream), false);
    assert_eq!(reply.status(), 503, "{}", reply.everything());
    assert!(reply.everything().contains("ask again, another process will do it"), "{}", reply.everything());
    assert_eq!(activation(&httpd, "a"), "Active");
    wait::until_true("another process to do it", PATIENCE, || {
        command(&httpd, "drain&w=lb&sw=a&timeout=500") == DONE
    });
    assert_eq!(activation(&httpd, "a"), "Disabled");
}

fn cancelled() {
    let backends = ["route=a\n", "route=b\n", "route=c\n", "route=d\n"].map(Backend::constant);
    let named: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&backends).collect();
    let httpd = site(Mpm::Event, &named, "").start();
    done(&httpd, "drain&w=lb&sw=a,b,c&timeout=1");
    done(&httpd, "activate&w=lb&sw=a");
    done(&httpd, "disable&w=lb&sw=b");
    done(&httpd, "update&w=lb&sw=c&vwa=a");
    // When this one is stopped, the time of the others is up, too.
    done(&httpd, "drain&w=lb&sw=d&timeout=2");
    wait::until_true("the last of them to be stopped", PATIENCE, || activation(&httpd, "d") == "Stopped");
    let now = ["a", "b", "c"].map(|name| activation(&httpd, name));
    assert_eq!(now, ["Active", "Disabled", "Active"]);
    assert_eq!(served(&httpd, Some("b")), "b");
    let log = httpd.jk_log();
    assert_eq!(
        log.matches("which ends its drain").count() + log.matches("ends the drain of lb/c").count(),
        3,
        "{log}"
    );
}

fn switch() {
    let names = ["blue1", "blue2", "green1", "green2"];
    let backends =
        ["route=blue1\n", "route=blue2\n", "route=green1\n", "route=green2\n"].map(Backend::constant);
    let named: Vec<_> = names.into_iter().zip(&backends).collect();
    let domains: String = names
        .iter()
        .map(|name| format!("worker.{name}.domain={}\n", name.trim_end_matches(['1', '2'])))
        .collect();
    let httpd = site(Mpm::Worker, &named, &domains).start();
    let request = move |client: usize| {
        let session = [("Cookie", format!("JSESSIONID=1.{}", names[client % names.len()]))];
        ("/app/", if client % 2 == 0 { Vec::new() } else { session.to_vec() })
    };
    let load = Load::start(8, httpd.port(), Duration::from_millis(2), request, load::by_route);
    for (to, from) in [("green", "blue"), ("blue", "green"), ("green", "blue")] {
        done(&httpd, &format!("switch&w=lb&domain={to}&timeout=1"));
        let finished = load.finished();
        let routes: Vec<_> = (0..12).map(|_| served(&httpd, None)).collect();
        assert!(routes.iter().all(|route| route.starts_with(to)), "{routes:?}");
        wait::until_true("the others to be stopped", PATIENCE, || {
            ["1", "2"].iter().all(|number| activation(&httpd, &format!("{from}{number}")) == "Stopped")
        });
        wait::until_true("requests of their sessions", PATIENCE, || load.finished() > finished + 200);
    }
    let tally = load.stop();
    tally.assert_all_good(600);
    eprintln!("three switches: {:?}", tally.good);
    let unknown = httpd.get("/status?cmd=switch&w=lb&domain=gren&mime=json");
    assert_eq!(unknown.status, 404);
    let expected =
        "no member of balancer 'lb' has domain 'gren', did you mean green?; theirs are blue, green";
    assert!(unknown.text().contains(expected), "{}", unknown.text());
    assert_eq!(activation(&httpd, "green1"), "Active");
}

fn several() {
    let backends = ["route=a1\n", "route=a2\n", "route=b1\n"].map(Backend::constant);
    let named: Vec<_> = ["a1", "a2", "b1"].into_iter().zip(&backends).collect();
    let httpd = site(Mpm::Event, &named, "worker.b1.domain=b\n").start();
    let now = || ["a1", "a2", "b1"].map(|name| activation(&httpd, name));
    done(&httpd, "disable&w=lb&sw=a1,b1");
    assert_eq!(now(), ["Disabled", "Active", "Disabled"]);
    done(&httpd, "stop&w=lb&sw=a%3F");
    assert_eq!(now(), ["Stopped", "Stopped", "Disabled"]);
    done(&httpd, "activate&w=lb&domain=b");
    done(&httpd, "activate&w=lb&sw=*1");
    assert_eq!(now(), ["Active", "Stopped", "Active"]);
    for (query, status, message) in [
        ("stop&w=lb&sw=a1,a3", 404, "could not find sub worker 'a3', did you mean a1?"),
        ("stop&w=lb", 400, "expected sw (names of members"),
        ("drain&w=lb&sw=a1&timeout=soon", 400, "timeout=soon: expected 0 to 2147483647 seconds"),
    ] {
        let reply = httpd.get(&format!("/status?cmd={query}&mime=json"));
        assert_eq!((reply.status, reply.text().contains(message)), (status, true), "{}", reply.text());
        let text = command(&httpd, query);
        assert!(text.starts_with(&format!("Result: type=ERROR message=\"{message}")), "{text}");
    }
    assert_eq!(now(), ["Active", "Stopped", "Active"]);
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn methods() {
    let backends = two();
    let httpd = site_of_two(Mpm::Event, &backends, "worker.st.update_methods=post\n").start();
    let target = "/status?cmd=stop&w=lb&sw=a";
    for method in ["GET", "HEAD", "PUT"] {
        for format in ["html", "xml", "txt", "prop", "json", "prometheus"] {
            let reply = httpd.client().send(method, &format!("{target}&mime={format}"), &[], b"");
            assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{method} {format}");
            assert!(method == "HEAD" || reply.text().contains("update_methods=post"), "{}", reply.text());
        }
    }
    assert_eq!(activation(&httpd, "a"), "Active");
    let reply = httpd.client().send("POST", &format!("{target}&mime=txt"), &[], b"");
    assert_eq!((reply.status, reply.text().as_str()), (200, DONE));
    assert_eq!(activation(&httpd, "a"), "Stopped");
}

/// The nonce of the forms of a page.
fn nonce(httpd: &Httpd) -> String {
    let close = [("Connection", "close")];
    let page = httpd.client().get_with("/status?cmd=edit&w=lb&sw=a", &close).text();
    let (_, rest) = page.split_once("name=\"nonce\" value=\"").expect("a nonce");
    rest.split('"').next().expect("its end").to_owned()
}

fn nonces(mpm: Mpm) {
    let backends = two();
    let httpd = site_of_two(mpm, &backends, "").start();
    let origin = format!("http://127.0.0.1:{}", httpd.port());
    let post = |headers: &[(&str, &str)], form: &str| {
        let headers = [&[FORM, ("Connection", "close")][..], headers].concat();
        httpd.client().send("POST", "/status?cmd=update&w=lb&sw=a", &headers, form.as_bytes())
    };
    let factor = |httpd: &Httpd| member(httpd, "a")["settings"]["lbfactor"].as_i64().expect("a number");
    let (own, fetch) = (("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin"));
    let nonce = nonce(&httpd);
    let wrong = "0".repeat(32);
    for (headers, form, message) in [
        (&[own][..], "vwf=7".to_owned(), "this form is none of the status page"),
        (&[fetch], "vwf=7".to_owned(), "this form is none of the status page"),
        (
            &[own, fetch],
            format!("vwf=7&nonce={wrong}"),
            "this form is older than the server&#39;s last start",
        ),
        (&[], format!("vwf=7&nonce={wrong}"), "this form is older than the server&#39;s last start"),
        (&[("Sec-Fetch-Site", "cross-site")], format!("vwf=7&nonce={nonce}"), "a page of another site"),
    ] {
        let reply = post(headers, &form);
        assert_eq!(reply.status, 403, "{headers:?} {form}");
        assert!(reply.text().contains(message), "{}", reply.text());
        assert_eq!(reply.text().contains(&nonce), message.contains("older"), "that one is shown again");
    }
    assert_eq!(factor(&httpd), 1);
    // Each of these may be another child's.
    for factor_now in 2..8 {
        let reply = post(&[own, fetch], &format!("nonce={nonce}&vwf={factor_now}"));
        assert!(reply.status == 200 && reply.text().contains("Result: OK"), "{}", reply.text());
        assert_eq!(factor(&httpd), factor_now);
    }
    assert!(post(&[], "vwf=9").text().contains("Result: OK"), "tools need none");
    assert_eq!(factor(&httpd), 9);
}

fn nonce_over_restarts() {
    let backends = two();
    let mut httpd = site_of_two(Mpm::Prefork, &backends, "").conf("JkPersist Off").start_as_daemon();
    let first = nonce(&httpd);
    assert!(first.len() == 32 && first.bytes().all(|digit| digit.is_ascii_hexdigit()), "{first}");
    for _ in 0..6 {
        assert_eq!(nonce(&httpd), first);
    }
    restart(&httpd);
    assert_eq!(nonce(&httpd), first, "an open page stays good");
    restart(&httpd);
    assert_eq!(nonce(&httpd), first);
    httpd.stop();
    httpd.start_again();
    assert_ne!(nonce(&httpd), first);
}
