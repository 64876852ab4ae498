//! What is sent again after a failure, what never is, and which status is left at the end.
//!
//! Rules: the retry rule of "promises", "decisions, rows 6 to 8", "connections, section 8". A worker
//! tries twice by default.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::ajp;
use crate::support::backend::{Answer, Backend, Connection};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, process, raw, wait};

pub fn suite() -> Suite {
    Suite::new("retries")
        .test("a_lost_request_is_repeated_only_if_idempotent", lost_request)
        .test("recovery_options_forbid_and_allow_repeats", recovery_options)
        .test("a_requested_body_packet_ends_repetition", after_body_packet)
        .test("a_container_that_closed_idle_connections_costs_no_request", stale_connection)
        .test("a_container_that_closes_on_reuse_gets_even_a_post_again", closed_on_reuse)
        .test("a_reply_timeout_is_504_and_bounds_silence_inside_a_packet", reply_timeout)
        .test("a_reset_is_502_even_with_a_reply_timeout", reset)
        .test("a_refused_connection_is_503_and_always_tried_again", refused_connection)
        .test("a_container_that_does_not_answer_pings_is_503", mute_container)
        .test("a_prepost_ping_finds_a_hung_connection", prepost_ping)
        .test("fail_on_status_fails_over_at_once", fail_on_status)
        .test("use_server_errors_gives_way_to_httpd", use_server_errors)
        .test("busy_limit_holds_and_a_killed_child_gives_its_place_back", busy_limit)
        .test("a_request_that_fits_no_packet_is_413_and_named_in_the_log", too_large)
        .test("the_secret_is_sent_and_never_logged", secret)
}

fn site(workers: &str) -> Site {
    Site::single_child(Mpm::Event, 8).workers(&format!("worker.list=w\n{workers}")).conf("JkMount /* w")
}

/// A backend that takes each request whole and then does `instead` of answering.
fn losing(instead: fn(&mut Connection)) -> Backend {
    Backend::start(move |connection| {
        if connection.whole_request().is_some() {
            instead(connection);
        }
    })
}

fn attempts(httpd: &Httpd, backend: &Backend, method: &str, body: &[u8]) -> (u16, usize) {
    let before = backend.requests().len();
    let status = httpd.client().send(method, "/x", &[], body).status;
    (status, backend.requests().len() - before)
}

fn lost_request() {
    let backend = losing(Connection::close);
    let httpd = site(&backend.worker("w")).start();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
        assert_eq!(attempts(&httpd, &backend, method, &[]), (502, 2), "{method}");
    }
    for method in ["POST", "PATCH", "LOCK", "BREW"] {
        assert_eq!(attempts(&httpd, &backend, method, &[]), (502, 1), "{method}");
    }
    assert_eq!(attempts(&httpd, &backend, "POST", b"pay 100"), (502, 1), "POST with a body");
}

fn recovery_options() {
    let cases =
        [(1, "GET", 1), (1, "POST", 1), (9, "HEAD", 2), (17, "GET", 2), (25, "GET", 2), (32, "POST", 2)];
    let backend = losing(Connection::close);
    for (options, method, expected) in cases {
        let workers = format!("{}worker.w.recovery_options={options}\n", backend.worker("w"));
        let httpd = site(&workers).start();
        let seen = attempts(&httpd, &backend, method, &[]);
        assert_eq!(seen, (502, expected), "recovery_options={options}, {method}");
    }
}

fn after_body_packet() {
    let backend = losing(Connection::close);
    let httpd = site(&backend.worker("w")).start();
    assert_eq!(attempts(&httpd, &backend, "PUT", &[b'x'; 50_000]), (502, 1));
    assert_eq!(attempts(&httpd, &backend, "PUT", &[b'x'; 100]), (502, 2), "only the first, unasked packet");
}

fn stale_connection() {
    let backend = Backend::start(|connection| {
        connection.whole_request();
        connection.answer(&Answer::ok("done"));
    });
    let httpd = site(&backend.worker("w")).start();
    let client = httpd.client();
    for count in 1..=10 {
        assert_eq!(client.send("POST", "/x", &[], b"pay 100").status, 200, "POST {count}");
        wait::until_true("the container's close", Duration::from_secs(5), || backend.ended() == count);
    }
    assert_eq!(backend.requests().len(), 10, "each POST was executed once");
}

fn closed_on_reuse() {
    let script = |connection: &mut Connection| {
        connection.whole_request();
        connection.answer(&Answer::ok("done"));
        connection.request();
    };
    let cases = [("POST", 0, 200, 3), ("GET", 0, 200, 3), ("POST", 1, 502, 2)];
    for (method, options, status, requests) in cases {
        let backend = Backend::start(script);
        let workers = format!("{}worker.w.recovery_options={options}\n", backend.worker("w"));
        let httpd = site(&workers).start();
        let client = httpd.client();
        assert_eq!(client.send(method, "/x", &[], &[]).status, 200);
        let seen = (client.send(method, "/x", &[], &[]).status, backend.requests().len());
        assert_eq!(seen, (status, requests), "{method} with recovery_options={options}");
    }
}

fn reply_timeout() {
    let scripts: [fn(&mut Connection); 3] = [
        Connection::stall,
        |connection| {
            connection.send(&ajp::send_headers(200, &[])[..3]);
            connection.stall();
        },
        |connection| {
            connection.send(&ajp::send_headers(200, &[])[..7]);
            connection.stall();
        },
    ];
    for (number, script) in scripts.into_iter().enumerate() {
        let backend = losing(script);
        let httpd = site(&format!("{}worker.w.reply_timeout=200\n", backend.worker("w"))).start();
        assert_eq!(attempts(&httpd, &backend, "POST", b"x"), (504, 1), "POST, script {number}");
        assert_eq!(attempts(&httpd, &backend, "GET", &[]), (504, 2), "GET, script {number}");
        backend.wait_for_close();
    }
}

fn reset() {
    let backend = losing(Connection::reset);
    let httpd = site(&format!("{}worker.w.reply_timeout=20000\n", backend.worker("w"))).start();
    assert_eq!(attempts(&httpd, &backend, "POST", b"x"), (502, 1));
}

fn refused_connection() {
    let port = ports::free();
    let workers = crate::support::backend::worker("w", port);
    let httpd = site(&format!("{workers}worker.w.retries=40\nworker.w.retry_interval=100\n")).start();
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        Backend::start_at(port, |connection| connection.serve(&|_| Answer::ok("late")))
    });
    assert_eq!(
        httpd.client().send("POST", "/x", &[], b"x").status,
        200,
        "a POST was never sent, so it may wait"
    );
    let backend = late.join().expect("a backend");
    assert_eq!(backend.requests().len(), 1);
    drop(backend);
    let httpd = site(&workers).start();
    assert_eq!(httpd.get("/x").status, 503);
}

fn mute_container() {
    let backend = Backend::start(Connection::stall);
    let properties = "worker.w.ping_mode=A\nworker.w.ping_timeout=200\n";
    let httpd = site(&format!("{}{properties}", backend.worker("w"))).start();
    let start = Instant::now();
    assert_eq!(httpd.client().send("POST", "/x", &[], b"x").status, 503);
    assert!(start.elapsed() < Duration::from_secs(10), "two pings of 200 ms, not a wait without end");
    assert!(backend.requests().is_empty());
    assert_eq!(backend.connections(), 2, "a POST that was never sent is tried twice");
}

fn prepost_ping() {
    let backend = Backend::start(|connection| {
        connection.whole_request();
        connection.answer(&Answer::ok("done"));
        if connection.number() == 0 {
            connection.stall();
        }
        connection.serve(&|_| Answer::ok("done"));
    });
    let properties = "worker.w.ping_mode=P\nworker.w.ping_timeout=300\n";
    let httpd = site(&format!("{}{properties}", backend.worker("w"))).start();
    for _ in 0..3 {
        assert_eq!(httpd.client().send("POST", "/x", &[], b"x").status, 200);
    }
    assert_eq!((backend.requests().len(), backend.connections()), (3, 2));
    assert!(backend.pings() >= 1);
}

fn fail_on_status() {
    let failing = Backend::answering(|_| Answer::status(500));
    let good = Backend::constant("good");
    let httpd = site(&format!(
        "worker.w.type=lb\nworker.w.balance_workers=a,b\n{}{}worker.a.fail_on_status=500\nworker.b.distance=1\n",
        failing.worker("a"),
        good.worker("b"),
    ))
    .start();
    let client = httpd.client();
    for _ in 0..3 {
        assert_eq!(client.get("/x").text(), "good");
    }
    assert_eq!(failing.requests().len(), 1, "not repeated on the same member, which is in error now");
}

fn use_server_errors() {
    let backend = Backend::answering(|_| Answer::status(404));
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /own/* w;use_server_errors=400\nJkMount /* w")
        .file("htdocs/sorry.html", "page of httpd")
        .conf("JkUnMount /sorry.html w\nErrorDocument 404 /sorry.html")
        .start();
    assert_eq!(httpd.get("/own/x").text(), "page of httpd");
    assert_eq!(httpd.get("/x").text(), "");
}

/// Decisions, row 12.
fn busy_limit() {
    let backend = Backend::start(|connection| {
        while let Some(forward) = connection.request() {
            match forward.uri.as_str() {
                "/stall" => connection.stall(),
                _ => connection.answer(&Answer::ok("done")),
            }
        }
    });
    let httpd = Site::new(Mpm::Prefork)
        .workers(&format!("worker.list=w\n{}worker.w.busy_limit=1\n", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    assert_eq!(httpd.get("/x").status, 200);
    let client = httpd.client();
    let stalled = std::thread::spawn(move || client.try_send("GET", "/stall", &[], &[]).is_ok());
    wait::until_true("the request to stall", Duration::from_secs(10), || {
        backend.requests().iter().any(|forward| forward.uri == "/stall")
    });
    assert_eq!(httpd.get("/x").status, 503, "the second at the same time");
    httpd.children().iter().for_each(|child| process::send(*child, Signal::KILL));
    stalled.join().expect("a client that does not panic");
    wait::until_true("the dead child's place", Duration::from_secs(20), || {
        httpd.client().try_send("GET", "/x", &[], &[]).is_ok_and(|reply| reply.status == 200)
    });
}

fn too_large() {
    let backend = Backend::constant("done");
    let httpd = site(&backend.worker("w")).conf("LimitRequestFieldSize 200000").start();
    let remedy = ["max_packet_size", "packetSize", "8192"];
    let beyond_ajp = ["max_packet_size", "65536", "8192"];
    let cases = [
        ("cookie", 9000, remedy),
        ("x-long", 65_535, beyond_ajp),
        ("x-longer", 65_600, beyond_ajp),
        ("x-longest", 140_000, beyond_ajp),
    ];
    for (name, size, words) in cases {
        let value = "v".repeat(size);
        let request = format!("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{name}: {value}\r\n\r\n");
        assert_eq!(raw::exchange(httpd.port(), request).status(), 413, "{name} of {size} octets");
        let log = httpd.jk_log();
        let named = format!("{name} ");
        let line =
            log.lines().find(|line| line.contains(&named)).unwrap_or_else(|| panic!("no line names {name}"));
        assert!(words.iter().all(|word| line.contains(word)), "{words:?} in {line}");
    }
    assert!(backend.requests().is_empty(), "nothing was sent");
    assert_eq!(httpd.get("/x").status, 200);
}

/// Decisions, row 22.
fn secret() {
    let backend = Backend::constant("done");
    let workers = format!("{}worker.w.secret=f00-bar-secret\n", backend.worker("w"));
    let httpd = site(&workers).conf("JkLogLevel trace").start();
    assert_eq!(httpd.get("/x").status, 200);
    assert_eq!(backend.requests()[0].attributes.get("secret").map(String::as_str), Some("f00-bar-secret"));
    assert!(!httpd.jk_log().contains("f00-bar-secret"), "the log shows the secret");
}
