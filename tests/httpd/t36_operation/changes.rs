//! Settings that are changed at run time.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{one_for_each_child, report, sizing, with_session};
use crate::support::ajp::Forward;
use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::pinned::Pinned;
use crate::support::report::{change, in_answers, Report};
use crate::support::site::{Mpm, Site};
use crate::support::{paths, ports, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// A Tomcat whose `/alone/held` is held as long as the switch is on, and whose `/alone/slow` takes a while.
fn tomcat(name: &'static str, hold: &Arc<AtomicBool>) -> Backend {
    let hold = Arc::clone(hold);
    Backend::answering(move |forward: &Forward| {
        match forward.uri.as_str() {
            "/alone/held" => {
                wait::until_true("the end of the hold", PATIENCE, || !hold.load(Ordering::SeqCst))
            }
            "/alone/slow" => thread::sleep(Duration::from_millis(300)),
            _ => {}
        }
        Answer::ok(name)
    })
}

struct Children {
    connections: [Pinned; 4],
    changes: usize,
}

impl Children {
    /// Makes a change through one child, each time another, and looks at its effect through each.
    fn change(&mut self, order: &str, look: impl Fn(&mut Pinned) -> String, expected: &str) {
        let changer = self.changes % self.connections.len();
        self.changes += 1;
        let status = change(&mut self.connections[changer], "/other", order).status;
        assert_eq!(status, 200, "{order}");
        for (child, connection) in self.connections.iter_mut().enumerate() {
            assert_eq!(look(connection), expected, "{order} through child {changer}, seen by child {child}");
        }
    }
}

/// Who serves so many requests without a session, in the order of their names.
fn new_sessions(connection: &mut Pinned, count: usize) -> String {
    let mut names: Vec<_> = (0..count).map(|_| connection.get("/page", &[]).text()).collect();
    names.sort_unstable();
    names.concat()
}

fn status(connection: &mut Pinned, path: &str) -> String {
    connection.get(path, &[]).status.to_string()
}

/// What a request of a session of a costs a.
fn cost_of_session(connection: &mut Pinned) -> String {
    let load = |connection: &mut Pinned| report_apart(connection).number("member", "a", "load");
    let before = load(connection);
    with_session(connection, "a");
    (load(connection) - before).to_string()
}

/// A report that comes with a request for none of the members.
fn report_apart(connection: &mut Pinned) -> Report {
    Report::of(&connection.get("/other", &[]))
}

pub fn seen_by_each_child() {
    let hold = Arc::new(AtomicBool::new(true));
    let [a, b, other] = ["a", "b", "other"].map(|name| tomcat(name, &hold));
    let httpd =
        in_answers(Site::of_with_sizing(paths::panicking_module(), Mpm::Prefork, sizing(Mpm::Prefork)))
            .workers(&format!(
                "worker.list=lb,alone,other\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n\
             worker.lb.recover_probe=off\nworker.alone.reference=worker.a\n{}{}{}",
                a.worker("a"),
                b.worker("b"),
                other.worker("other")
            ))
            .conf("JkMount /other other\nJkMount /alone/* alone\nJkMount /page lb")
            .start();
    let mut children = Children { connections: one_for_each_child(&httpd), changes: 0 };
    children.change("lb a activation 2", |child| with_session(child, "a"), "b");
    children.change("lb a activation 1", |child| with_session(child, "a") + &new_sessions(child, 2), "abb");
    children.change("lb a activation 0", |child| new_sessions(child, 2), "ab");
    children.change("lb a lbfactor 3", |child| new_sessions(child, 8), "aaaaaabb");
    children.change("lb a lbfactor 1", |child| report(child).text("member", "a", "lbfactor").to_owned(), "1");
    children.change(
        "lb a route moved",
        |child| with_session(child, "moved") + &with_session(child, "moved"),
        "aa",
    );
    children.change("lb a route a", |child| with_session(child, "a") + &with_session(child, "a"), "aa");
    children.change("lb b distance 1", |child| new_sessions(child, 2), "aa");
    children.change("lb b distance 0, domain d", |child| with_session(child, "d.gone"), "b");
    children.change("lb a activation 2, redirect b", |child| with_session(child, "a"), "b");
    children.change("lb a activation 0, redirect ", |child| with_session(child, "a"), "a");
    children.change("lb - method 3", cost_of_session, "0");
    children.change("lb - method 0", cost_of_session, "1");
    children.change("lb - sticky_session_force 1", |child| with_session(child, "nobody"), "503");
    // A change of activation evens the loads.
    children.change("lb b activation 1", |child| with_session(child, "b"), "b");
    children.change("lb b activation 0", |child| new_sessions(child, 2), "ab");
    children.change("lb - sticky_session_force 0, sticky_session 0", strays, "ab");
    children.change("- alone reply_timeout 50, retries 1", |child| status(child, "/alone/slow"), "504");
    children.change("- alone reply_timeout 0", |child| status(child, "/alone/slow"), "200");
    limit(&mut children, &hold);
    children.change("- alone busy_limit 0", |child| status(child, "/alone/page"), "200");
    assert_eq!(httpd.children().len(), 4);
}

/// Who serves two requests of a session of a.
fn strays(connection: &mut Pinned) -> String {
    let mut names = [(); 2].map(|()| with_session(connection, "a"));
    names.sort_unstable();
    names.concat()
}

/// With one request in flight there is no room for others under a limit of 1, whichever children they come to.
fn limit(children: &mut Children, hold: &AtomicBool) {
    let [holder, others @ ..] = &mut children.connections;
    holder.send("GET", "/alone/held", &[]).expect("httpd reads");
    wait::until_true("the request to be held", PATIENCE, || {
        report_apart(&mut others[0]).number("worker", "alone", "busy") == 1
    });
    change(&mut others[0], "/other", "- alone busy_limit 1");
    assert_eq!(others.each_mut().map(|child| status(child, "/alone/page")), ["503"; 3]);
    change(&mut others[1], "/other", "- alone busy_limit 2");
    assert_eq!(others.each_mut().map(|child| status(child, "/alone/page")), ["200"; 3]);
    hold.store(false, Ordering::SeqCst);
    assert_eq!(holder.receive().expect("an answer").status, 200);
}

/// Two places where a Tomcat may be, which say where they are; there is nothing at the host of the one with the port of
/// the other.
fn places() -> [(Backend, Ipv4Addr); 2] {
    [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)].map(|host| {
        let page = move |_: &Forward| Answer::ok(host.to_string());
        let place = Backend::start_on(host, ports::free(), move |connection| connection.serve(&page));
        (place, host)
    })
}

const CHANGES: usize = 300;

pub fn whole(mpm: Mpm) {
    let places = places();
    let httpd = in_answers(Site::of_with_sizing(paths::panicking_module(), mpm, sizing(mpm)))
        .workers(&format!(
            "worker.list=lb,w\nworker.lb.type=lb\nworker.lb.balance_workers=a\nworker.a.reference=worker.w\n\
             worker.w.retries=1\n{}",
            places[0].0.worker("w")
        ))
        .conf("JkMount /page w")
        .start();
    let (over, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut connection = Pinned::new(httpd.port());
                while !over.load(Ordering::Relaxed) {
                    assert_whole(&mut connection);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Also where the test fails: the scope waits for the clients.
        let _end = AtEnd(&over);
        make_changes(&httpd, &places);
    });
    assert!(served.into_inner() > 100, "requests all the time");
}

struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Serves a request, and returns who did: a worker whose host and port don't belong together serves none.
fn assert_whole(connection: &mut Pinned) -> String {
    let reply = connection.get("/page", &[]);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let report = Report::of(&reply);
    let of_member =
        |word| report.text("member", "a", word).trim_start_matches(char::is_alphabetic).to_owned();
    let (factor, distance) = (of_member("lbfactor"), of_member("distance"));
    let words = ["route", "domain", "redirect"].map(of_member);
    if distance != "0" {
        assert!(words.iter().chain([&factor]).all(|number| *number == distance), "{report:?}");
    }
    reply.text()
}

fn make_changes(httpd: &Httpd, places: &[(Backend, Ipv4Addr); 2]) {
    let [mut changing, mut looking] = [(); 2].map(|()| Pinned::new(httpd.port()));
    for number in 1..=CHANGES {
        let (place, host) = &places[number % 2];
        let port = place.port();
        let order = format!("- w host {host}, port {port}, retries {}", 1 + number % 2);
        // The answer comes from the new place already.
        let told = [change(&mut changing, "/page", &order).text(), assert_whole(&mut looking)];
        assert_eq!(told, [(); 2].map(|()| host.to_string()), "after change {number}");
        let order = format!(
            "lb a lbfactor {number}, distance {number}, route r{number}, domain d{number}, redirect x{number}"
        );
        assert_eq!(change(&mut changing, "/page", &order).status, 200);
    }
}
