//! One user's trouble stays that user's: a page's bad answer, a lost request, and what they leave behind.
//!
//! Rules: "decisions, rows 6, 10, 19 and 29", the retry rule of "promises".

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::Signal;

use crate::support::ajp;
use crate::support::backend::{self, Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::raw::{self, Ending};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, process, wait};

/// Long enough that only what never comes reaches it.
const LIMIT: Duration = Duration::from_secs(30);

pub fn suite() -> Suite {
    Suite::new("isolation")
        .test("a_pages_bad_answer_is_executed_once_and_moves_nobody", bad_pages)
        .test("control_characters_in_what_a_page_says_become_blanks", control_characters)
        .test("a_lost_request_reaches_warm_members_no_more_often_than_cold_ones", warm_members)
        .test("a_failed_attempt_leaves_nothing_behind", nothing_left)
        .test("a_client_that_leaves_ends_the_attempts_for_it", client_leaves_retries)
        .test("a_child_that_ends_makes_no_further_attempts", child_ends_among_retries)
        .test("twenty_hung_tomcats_do_not_delay_the_care_of_another", hung_containers)
        .test("a_download_that_ends_does_not_bring_a_member_back", old_download)
}

/// Two members `a` and `b` that answer as `page` says, and else with their name.
fn balanced(page: fn(&str) -> Option<Vec<u8>>) -> (Httpd, [Backend; 2]) {
    let member = |name: &'static str| {
        Backend::start(move |connection| {
            while let Some(forward) = connection.whole_request() {
                match page(&forward.uri) {
                    Some(octets) => connection.send(&octets),
                    None => connection.answer(&Answer::ok(name)),
                }
            }
        })
    };
    let members = ["a", "b"].map(member);
    let workers = format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n{}{}",
        members[0].worker("a"),
        members[1].worker("b")
    );
    (Site::single_child(Mpm::Event, 8).workers(&workers).conf("JkMount /* lb").start(), members)
}

/// Pages in sound AJP that are no HTTP, and whether a part of them reaches the client.
const BAD_PAGES: [(&str, bool); 10] = [
    ("/status-0", false),
    ("/status-99", false),
    ("/status-103", false),
    ("/status-1000", false),
    ("/name-with-a-blank", false),
    ("/no-name", false),
    ("/two-lengths", false),
    ("/no-length", false),
    ("/short", true),
    ("/long", true),
];

fn bad_page(uri: &str) -> Option<Vec<u8>> {
    let (status, headers, length): (u16, &[(&str, &str)], usize) = match uri {
        "/status-0" => (0, &[], 0),
        "/status-99" => (99, &[], 0),
        "/status-103" => (103, &[], 0),
        "/status-1000" => (1000, &[], 0),
        "/name-with-a-blank" => (200, &[("X Y", "v")], 0),
        "/no-name" => (200, &[("", "v")], 0),
        "/two-lengths" => (200, &[("Content-Length", "0"), ("Content-Length", "1")], 0),
        "/no-length" => (200, &[("Content-Length", "many")], 0),
        "/short" => (200, &[("Content-Length", "1000000")], 96_000),
        "/long" => (200, &[("Content-Length", "96000")], 96_001),
        _ => return None,
    };
    let mut packets = ajp::send_headers(status, headers);
    vec![b'x'; length].chunks(8000).for_each(|chunk| packets.extend(ajp::body_chunk(chunk)));
    packets.extend(ajp::end_response(true));
    Some(packets)
}

fn bad_pages() {
    let (httpd, members) = balanced(bad_page);
    let executed = || members.iter().map(|member| member.requests().len()).sum::<usize>();
    let session = |route: &str| format!("Cookie: JSESSIONID=0123456789.{route}");
    for (page, begins) in BAD_PAGES {
        for (method, header) in [("GET", "X-Session: none".to_owned()), ("POST", session("a"))] {
            let before = executed();
            let request = format!(
                "{method} {page} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{header}\r\nContent-Length: 0\r\n\r\n"
            );
            let reply = raw::exchange(httpd.port(), request);
            assert_eq!(executed() - before, 1, "{method} {page} is executed once");
            let expected = if begins { (200, Ending::Cut) } else { (502, Ending::Complete) };
            assert_eq!((reply.status(), reply.ending), expected, "{method} {page}");
            for route in ["a", "b"] {
                let cookie = format!("JSESSIONID=0123456789.{route}");
                let other = httpd.client().get_with("/good", &[("Cookie", &cookie)]);
                assert_eq!(other.text(), route, "another user's session after {method} {page}");
            }
        }
    }
    assert!(!httpd.jk_log().contains("is in error state"), "{}", httpd.jk_log());
}

fn control_characters() {
    let (httpd, members) = balanced(|uri| {
        let location = "/next?a\r\nSet-Cookie: mine=1\0\u{1}";
        let redirect = ajp::send_headers(302, &[("Location", location), ("X-Other", "\ra\n")]);
        (uri == "/redirect").then(|| [redirect, ajp::end_response(true)].concat())
    });
    let reply = raw::get(httpd.port(), "/redirect");
    assert_eq!((reply.status(), reply.ending), (302, Ending::Complete));
    assert_eq!(reply.headers("Location"), ["/next?a  Set-Cookie: mine=1"]);
    assert_eq!((reply.headers("X-Other"), reply.headers("Set-Cookie").len()), (vec!["a"], 0));
    let requests: usize = members.iter().map(|member| member.requests().len()).sum();
    assert_eq!((requests, httpd.get("/good").status), (1, 200));
}

/// Each member has a pooled connection, and loses every request: its connections look as if they had been closed
/// while they were idle, which is believed once.
fn warm_members() {
    let members = ["a", "b", "c", "d"].map(|name| {
        let backend = Backend::start(|connection| {
            while connection.whole_request().is_some_and(|forward| forward.uri == "/warm") {
                connection.answer(&Answer::ok("warm"));
            }
        });
        (name, backend)
    });
    let workers: String = members.iter().map(|(name, backend)| backend.worker(name)).collect();
    let workers = format!("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b,c,d\n{workers}");
    let httpd = Site::single_child(Mpm::Event, 8).workers(&workers).conf("JkMount /* lb").start();
    let client = httpd.client();
    for _ in &members {
        assert_eq!(client.get("/warm").status, 200);
    }
    assert_eq!(members.each_ref().map(|(_, backend)| backend.connections()), [1; 4], "all are warm");
    assert_eq!(client.get("/lost").status, 502);
    let lost = |backend: &Backend| backend.requests().iter().filter(|forward| forward.uri == "/lost").count();
    let executed: usize = members.iter().map(|(_, backend)| lost(backend)).sum();
    assert_eq!(executed, 8, "2 attempts by 2 members in 2 rounds");
}

fn nothing_left() {
    let backend = Backend::start(|connection: &mut Connection| {
        if connection.whole_request().is_some() && connection.number() == 0 {
            let head = [
                ("Content-Type", "text/first"),
                ("Content-Length", "5"),
                ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("Content-Language", "de"),
                ("X-First", "1"),
            ];
            connection.send(&ajp::send_headers(207, &head));
        } else {
            connection.answer(&Answer::status(200).header("X-Second", "2").body("second"));
        }
    });
    let httpd = Site::single_child(Mpm::Event, 8)
        .load("headers")
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nHeader set X-Before 0 early")
        .start();
    let reply = httpd.get("/x");
    assert_eq!((reply.status, reply.text().as_str(), backend.requests().len()), (200, "second", 2));
    for name in ["content-type", "last-modified", "content-language", "x-first"] {
        assert_eq!(reply.header(name), None, "{name} of the attempt that failed");
    }
    assert_eq!((reply.header("x-before"), reply.header("x-second")), (Some("0"), Some("2")));
}

/// Member `a` is put into error by another request while it still sends a download that had begun before.
fn old_download() {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let first = Backend::start(move |connection| {
        while let Some(forward) = connection.whole_request() {
            match forward.uri.as_str() {
                "/download" => {
                    let begin =
                        [ajp::send_headers(200, &[]), ajp::body_chunk(b"begin"), ajp::body_chunk(b"")];
                    connection.send(&begin.concat());
                    released.lock().recv().ok();
                    connection.send(&[ajp::body_chunk(b"end"), ajp::end_response(true)].concat());
                }
                "/broken" => connection.answer(&Answer::status(500)),
                _ => connection.answer(&Answer::ok("a")),
            }
        }
    });
    let second = Backend::constant("b");
    let workers = format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.a.fail_on_status=500\n{}{}",
        first.worker("a"),
        second.worker("b")
    );
    let httpd = Site::single_child(Mpm::Event, 8).workers(&workers).conf("JkMount /* lb").start();
    let with_session = |uri: &str| httpd.client().get_with(uri, &[("Cookie", "JSESSIONID=1.a")]).text();
    let mut download = raw::connect(httpd.port());
    let request = "GET /download HTTP/1.1\r\nHost: h\r\nConnection: close\r\nCookie: JSESSIONID=1.a\r\n\r\n";
    download.write_all(request.as_bytes()).expect("httpd reads");
    download.read_exact(&mut [0; 5]).expect("the download begins");
    assert_eq!(with_session("/broken"), "b", "another member stands in");
    release.send(()).expect("a download that waits");
    let rest = raw::read_to_close(&mut download);
    assert!(rest.ends_with(b"0\r\n\r\n"), "the download is whole: {}", rest.escape_ascii());
    assert_eq!(with_session("/good"), "b", "the member is in error still");
}

/// A Tomcat that is down, and retries for a day.
fn endless_retries() -> Httpd {
    let workers = backend::worker("w", ports::free());
    let workers = format!("worker.list=w\n{workers}worker.w.retries=1000000\n");
    Site::single_child(Mpm::Event, 8).workers(&workers).conf("JkMount /* w").start()
}

/// Sends a request that is tried again and again.
fn begin_retries(httpd: &Httpd) -> TcpStream {
    let mut client = raw::connect(httpd.port());
    client.write_all(b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("httpd reads");
    wait::until_true("a second attempt", LIMIT, || httpd.jk_log().contains("attempt 2 of 1000000"));
    client
}

fn client_leaves_retries() {
    let httpd = endless_retries();
    drop(begin_retries(&httpd));
    wait::until_true("the end of the attempts", LIMIT, || httpd.jk_log().contains("no further attempt"));
}

fn child_ends_among_retries() {
    for end in [Signal::TERM, Signal::USR1] {
        let httpd = endless_retries();
        let mut client = begin_retries(&httpd);
        process::send(httpd.id(), end);
        wait::until_true("the end of the attempts", LIMIT, || httpd.jk_log().contains("no further attempt"));
        let answer = raw::read_to_close(&mut client);
        assert!(end == Signal::TERM || answer.starts_with(b"HTTP/1.1 503"), "{}", answer.escape_ascii());
    }
}

/// Maintenance pings the connections to 20 Tomcats that are hung, each for ten seconds, and closes one to another
/// Tomcat that is idle for too long.
fn hung_containers() {
    let hung = Backend::start(|connection| {
        connection.whole_request();
        connection.answer(&Answer::ok("hung from now on"));
        connection.stall();
    });
    let sound = Backend::constant("sound");
    let names: Vec<_> = (0..20).map(|number| format!("hung{number}")).collect();
    let workers: String = names
        .iter()
        .map(|name| format!("{}worker.{name}.connection_ping_interval=1\n", hung.worker(name)))
        .collect();
    let httpd = Site::single_child(Mpm::Event, 8)
        .workers(&format!(
            "worker.list={},sound\nworker.maintain=1\n{workers}{}worker.sound.connection_pool_timeout=1\n\
             worker.sound.connection_pool_minsize=0\n",
            names.join(","),
            sound.worker("sound")
        ))
        .conf(&names.iter().map(|name| format!("JkMount /{name} {name}\n")).collect::<String>())
        .conf("JkMount /sound sound")
        .start();
    for name in names.iter().map(String::as_str).chain(["sound"]) {
        assert_eq!(httpd.get(&format!("/{name}")).status, 200);
    }
    wait::until_true("the end of the idle connection", LIMIT, || sound.ended() == 1);
}
