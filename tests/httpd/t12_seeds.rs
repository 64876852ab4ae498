//! The set-ups that administrators published, from `conf-examples/`, with real Tomcats behind them.
//!
//! Set-up E is in `t08_reload`.

use std::fs;
use std::time::Duration;

use crate::support::client::{Client, Reply};
use crate::support::example::Example;
use crate::support::site::Mpm;
use crate::support::suite::Suite;
use crate::support::tomcat::{self, Service, Tomcat};
use crate::support::{ports, wait};

const MPMS: [Mpm; 2] = [Mpm::Event, Mpm::Prefork];

pub fn suite() -> Suite {
    Suite::new("seeds")
        .under(&MPMS, "a_two_applications_two_hosts_two_balancers", two_balancers)
        .under(&MPMS, "c_sticky_pair_with_comments_and_stray_properties", sticky_pair)
        .under(&MPMS, "d_replicated_sessions_survive_their_tomcat", replicated_pair)
        .test("c_the_first_try_is_explained", first_try)
}

fn route(reply: &Reply) -> String {
    reply.fact("route").unwrap_or_else(|| format!("status {}: {}", reply.status, reply.text()))
}

fn routes(port: u16, count: usize) -> Vec<String> {
    (0..count).map(|_| route(&Client::new(port).get("/facts"))).collect()
}

fn count(routes: &[String], wanted: &str) -> usize {
    routes.iter().filter(|route| *route == wanted).count()
}

fn two_balancers(mpm: Mpm) {
    let tomcats = tomcat::shared();
    let [user, admin] = [ports::free(), ports::free()];
    let port = |route: &str| tomcats.service(route).port;
    let example = Example::new("a-two-balancers", mpm)
        .set("HTTP_PORT", user)
        .set("HTTP_PORT2", admin)
        .set("USER1_AJP", port("user1"))
        .set("USER2_AJP", port("user2"))
        .set("ADMIN1_AJP", port("admin1"))
        .set("ADMIN2_AJP", port("admin2"));
    let verdict = example.configtest();
    assert!(verdict.ok && verdict.output.trim() == "Syntax OK", "{}", verdict.output);
    let statics: Vec<_> = [(user, "user"), (admin, "admin")]
        .into_iter()
        .flat_map(|(port, host)| {
            ["images/logo.svg", "js/site.js", "css/site.css", "externlib/lib.js"]
                .map(|file| (port, host, file))
        })
        .map(|(port, host, file)| {
            (port, file, fs::read(example.path(&format!("htdocs/{host}/{file}"))).expect(file))
        })
        .collect();
    let httpd = example.start(user);
    for (port, name) in [(user, "user"), (admin, "admin")] {
        let routes = routes(port, 8);
        for member in [format!("{name}1"), format!("{name}2")] {
            assert_eq!(count(&routes, &member), 4, "{routes:?}");
        }
    }
    for (port, file, content) in statics {
        let reply = Client::new(port).get(&format!("/{file}"));
        assert!(reply.status == 200 && reply.body == content, "{file} comes from httpd");
    }
    let log = httpd.log("mod_jk.log");
    let stamp = log.lines().next().unwrap_or_default().as_bytes();
    let well_formed = stamp.len() > 20 && stamp[0] == b'[' && stamp[18] == b']' && stamp[19] == b'[';
    assert!(well_formed, "the log begins with a line in the configured format: {log:?}");
}

fn pair(mpm: Mpm, port: u16, services: &[Service; 2]) -> Example {
    Example::new("c-sticky-pair", mpm)
        .set("HTTP_PORT", port)
        .set("TOMCAT1_AJP", services[0].port)
        .set("TOMCAT2_AJP", services[1].port)
}

fn sticky_pair(mpm: Mpm) {
    let services = ["tomcat1", "tomcat2"].map(Service::new);
    let [mut first, _second] = Tomcat::start([&services[..1], &services[1..]]);
    let port = ports::free();
    let example = pair(mpm, port, &services);
    let verdict = example.configtest();
    assert!(verdict.ok, "{}", verdict.output);
    for (line, property) in [(11, "method"), (12, "sticky_session"), (19, "method"), (20, "sticky_session")] {
        let place = format!("workers.properties:{line}:");
        let said = verdict.output.lines().any(|text| text.contains(&place) && text.contains(property));
        assert!(said, "no warning {place} {property} in {}", verdict.output);
    }
    let _httpd = example.start(port);
    let routes = routes(port, 8);
    assert_eq!((count(&routes, "tomcat1"), count(&routes, "tomcat2")), (4, 4), "{routes:?}");
    let mut session = Client::new(port).get("/session");
    while route(&session) != "tomcat1" {
        session = Client::new(port).get("/session");
    }
    let id = session.fact("session").expect("a session");
    let cookie = format!("JSESSIONID={id}");
    for visit in 2..6 {
        let reply = Client::new(port).get_with("/session", &[("Cookie", &cookie)]);
        assert_eq!((route(&reply).as_str(), reply.fact("visits")), ("tomcat1", Some(visit.to_string())));
    }
    assert_eq!(
        Client::new(port).get(&format!("/session;jsessionid={id}")).fact("visits").as_deref(),
        Some("6")
    );
    first.kill();
    for _ in 0..4 {
        assert_eq!(route(&Client::new(port).get_with("/facts", &[("Cookie", &cookie)])), "tomcat2");
    }
}

fn first_try() {
    let services = ["tomcat1", "tomcat2"].map(Service::new);
    let example = pair(Mpm::Event, ports::free(), &services);
    fs::copy(example.path("conf/workers.first-try.properties"), example.path("conf/workers.properties"))
        .expect("a copy of our own");
    let verdict = example.configtest();
    assert!(!verdict.ok, "{}", verdict.output);
    for (line, words) in [(6, ["apj13", "did you mean ajp13?"]), (9, ["wokrer1", "worker.list"])] {
        let place = format!("workers.properties:{line}:");
        let said = verdict
            .output
            .lines()
            .any(|text| text.contains(&place) && words.iter().all(|word| text.contains(word)));
        assert!(said, "no {place} {words:?} in {}", verdict.output);
    }
}

fn replicated_pair(mpm: Mpm) {
    let services = ["worker1", "worker2"].map(Service::new);
    let [mut first, _second] = Tomcat::start_replicated(&services);
    let port = ports::free();
    let example = Example::new("d-replicated-pair", mpm)
        .set("HTTP_PORT", port)
        .set("WORKER1_AJP", services[0].port)
        .set("WORKER2_AJP", services[1].port);
    let verdict = example.configtest();
    let warned =
        |line: &str| ["httpd.conf:", "worker1", "worker.list"].iter().all(|word| line.contains(word));
    assert!(verdict.ok && verdict.output.lines().any(warned), "{}", verdict.output);
    let _httpd = example.start(port);
    let routes = routes(port, 12);
    assert_eq!((count(&routes, "worker1"), count(&routes, "worker2")), (8, 4), "{routes:?}");
    let session = wait::until("a session on worker1", Duration::from_secs(20), || {
        let reply = Client::new(port).get("/session");
        (route(&reply) == "worker1").then_some(reply)
    });
    let id = session.fact("session").expect("a session");
    let visit = |id: &str| Client::new(port).get_with("/session", &[("Cookie", &format!("JSESSIONID={id}"))]);
    assert_eq!(visit(&id).fact("visits").as_deref(), Some("2"));
    assert_eq!(visit(&id).fact("visits").as_deref(), Some("3"));
    first.kill();
    let moved = visit(&id);
    assert_eq!(
        (route(&moved).as_str(), moved.fact("visits").as_deref()),
        ("worker2", Some("4")),
        "{}",
        moved.text()
    );
    let moved_id = moved.fact("session").expect("the session");
    assert_eq!(moved_id, id.replace(".worker1", ".worker2"), "the same id with the new route");
    assert_eq!(visit(&moved_id).fact("visits").as_deref(), Some("5"));
}
