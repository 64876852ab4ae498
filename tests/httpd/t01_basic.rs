//! The module in place: loaded, started and stopped under each MPM, requests reach Tomcat and come back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{process, raw, tomcat, wait};

pub fn suite() -> Suite {
    Suite::new("basic")
        .under(&ALL_MPMS, "a_request_reaches_tomcat_with_all_it_carries", request_is_whole)
        .under(&ALL_MPMS, "members_take_turns_and_sessions_stick", balanced_and_sticky)
        .under(&ALL_MPMS, "stop_leaves_neither_process_nor_file", stop_is_clean)
        .under(&ALL_MPMS, "a_killed_child_is_replaced", killed_child)
        .test("the_wire_carries_what_the_protocol_asks_for", on_the_wire)
        .test("every_method_arrives", methods)
        .test("without_configuration_there_is_one_worker_ajp13", default_worker)
        .test("shared_memory_that_cannot_be_made_is_an_error_with_its_path", no_shared_memory)
        .test("the_segment_belongs_to_its_owner_alone", segment_mode)
        .test("a_log_that_takes_no_octet_disturbs_no_request", full_log)
        .test("a_host_that_does_not_resolve_stops_only_its_worker", unresolved_host)
        .test("a_log_program_that_never_reads_disturbs_no_request", || unread_log("|/bin/sleep 600"))
        .test("a_log_program_that_keeps_dying_disturbs_no_request", || unread_log("|/bin/false"))
        .test("the_log_has_stamp_level_and_a_pipe", logging)
}

fn balancer(mpm: Mpm) -> Httpd {
    Site::new(mpm).workers(&tomcat::shared().balancer()).conf("JkMount /* balancer").start()
}

fn request_is_whole(mpm: Mpm) {
    let httpd = balancer(mpm);
    let headers = [("Accept-Language", "ko, en"), ("X-Own", "kept as it is"), ("Cookie", "a=1; b=2")];
    let reply = httpd.client().get_with("/facts/%EA%B0%80?x=1&y=%20z", &headers);
    assert_eq!(reply.status, 200);
    let port = httpd.port().to_string();
    let expected = [
        ("method", "GET"),
        ("protocol", "HTTP/1.1"),
        ("uri", "/facts/%EA%B0%80"),
        ("query", "x=1&y=%20z"),
        ("remote_addr", "127.0.0.1"),
        ("local_addr", "127.0.0.1"),
        ("server_name", "127.0.0.1"),
        ("server_port", &port),
        ("scheme", "http"),
        ("secure", "false"),
        ("activation", "ACT"),
        ("header.accept-language", "ko, en"),
        ("header.x-own", "kept as it is"),
        ("header.cookie", "a=1; b=2"),
    ];
    for (name, value) in expected {
        assert_eq!(reply.fact(name).as_deref(), Some(value), "{name}");
    }
    let client_port = reply.fact("remote_port").and_then(|text| text.parse::<u16>().ok());
    assert!(client_port.is_some_and(|port| port > 0), "Tomcat knows the client's port");
    assert!(
        reply.header("server").is_some_and(|server| server.contains("mod_jk/")),
        "the server names the module"
    );
}

fn balanced_and_sticky(mpm: Mpm) {
    let httpd = balancer(mpm);
    let routes: Vec<_> = (0..8).filter_map(|_| httpd.get("/facts").fact("route")).collect();
    for member in ["tomcat1", "tomcat2"] {
        assert_eq!(
            routes.iter().filter(|route| *route == member).count(),
            4,
            "4 of 8 for {member}: {routes:?}"
        );
    }
    let first = httpd.get("/session");
    let (id, route) = (first.fact("session").expect("a session"), first.fact("route").expect("a route"));
    assert!(id.ends_with(&format!(".{route}")), "{id} ends with its jvmRoute");
    let cookie = format!("JSESSIONID={id}");
    for visit in 2..6 {
        let reply = httpd.client().get_with("/session", &[("Cookie", &cookie)]);
        assert_eq!(reply.fact("route").as_deref(), Some(&*route), "by cookie");
        assert_eq!(reply.fact("visits"), Some(visit.to_string()));
    }
    for visit in 6..10 {
        let reply = httpd.get(&format!("/session;jsessionid={id}"));
        assert_eq!(reply.fact("route").as_deref(), Some(&*route), "by path parameter");
        assert_eq!(reply.fact("visits"), Some(visit.to_string()));
    }
}

fn stop_is_clean(mpm: Mpm) {
    let mut httpd = balancer(mpm);
    assert_eq!(httpd.get("/facts").status, 200);
    assert!(!httpd.children().is_empty());
    let run = httpd.site().path("run");
    assert!(names(&run).iter().any(|name| name.starts_with("jk.shm")), "a segment while it runs");
    httpd.stop();
    let left: Vec<_> = names(&run).into_iter().filter(|name| name.starts_with("jk.shm")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn killed_child(mpm: Mpm) {
    let httpd = balancer(mpm);
    assert_eq!(httpd.get("/facts").status, 200);
    let before = httpd.children();
    before.iter().for_each(|child| process::send(*child, Signal::KILL));
    wait::until_true("new children", Duration::from_secs(20), || {
        let now = httpd.children();
        !now.is_empty() && now.iter().all(|child| !before.contains(child))
    });
    for _ in 0..4 {
        assert_eq!(httpd.get("/facts").status, 200);
    }
}

fn on_the_wire() {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    let request = "GET /x?q HTTP/1.0\r\nHost: shop.example:81\r\nX-A: 1\r\nX-A: 2\r\n\r\n";
    assert_eq!(raw::exchange(httpd.port(), request).status(), 200);
    let sent = backend.requests().pop().expect("the request");
    assert_eq!(
        (sent.protocol.as_str(), sent.remote_addr.as_str(), sent.is_ssl),
        ("HTTP/1.0", "127.0.0.1", false)
    );
    assert_eq!(sent.server.0, "shop.example");
    assert_eq!((sent.header("x-a"), sent.header("host")), (Some("1, 2"), Some("shop.example:81")));
    let attribute = |name: &str| sent.attributes.get(name).map(String::as_str);
    assert_eq!(attribute("query_string"), Some("q"));
    assert_eq!(attribute("JK_LB_ACTIVATION"), Some("ACT"));
    assert_eq!(attribute("AJP_LOCAL_ADDR"), Some("127.0.0.1"));
    assert!(attribute("AJP_REMOTE_PORT").is_some_and(|port| port.parse::<u16>().is_ok()));
    assert_eq!((attribute("secret"), attribute("route")), (None, None));
}

/// More is logged than any pipe holds.
fn unread_log(program: &str) {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf(&format!("JkMount /* w\nJkLogLevel trace\nJkLogFile \"{program}\""))
        .conf(&format!("JkRequestLogFormat \"%w %s {}\"", "x".repeat(500)))
        .start();
    let client = httpd.client();
    for _ in 0..300 {
        assert_eq!(client.get("/x").status, 200);
    }
}

fn full_log() {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nJkLogLevel trace\nJkLogFile /dev/full")
        .start();
    for _ in 0..5 {
        assert_eq!(httpd.get("/x").status, 200);
    }
}

fn unresolved_host() {
    let backend = Backend::constant("done");
    let workers = "worker.list=w,gone\nworker.gone.host=tomcat.invalid\nworker.gone.port=8009\n";
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("{workers}{}", backend.worker("w")))
        .conf("JkMount /* w\nJkMount /gone/* gone")
        .start();
    assert_eq!((httpd.get("/gone/x").status, httpd.get("/x").status), (503, 200));
}

fn methods() {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    let methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "LOCK", "REPORT", "PATCH", "BREW"];
    for method in methods {
        assert_eq!(httpd.client().send(method, "/x", &[], &[]).status, 200, "{method}");
    }
    let arrived: Vec<_> = backend.requests().into_iter().map(|forward| forward.method).collect();
    assert_eq!(arrived, methods);
    assert!(
        backend.requests().iter().all(|forward| forward.content_length() == Some(0)),
        "no body, and said so"
    );
}

fn default_worker() {
    let site =
        Site::bare(Mpm::Event).conf("JkShmFile run/jk.shm\nJkLogFile logs/mod_jk.log\nJkMount /* ajp13");
    assert!(site.configtest().ok);
    let httpd = site.start();
    let status = httpd.get("/x").status;
    assert!(matches!(status, 200..=404 | 503), "a worker at localhost:8009, not {status}");
}

fn no_shared_memory() {
    let verdict = Site::new(Mpm::Event)
        .workers("worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port=1\n")
        .conf("JkShmFile missing/directory/jk.shm")
        .refused();
    assert!(!verdict.ok);
    assert!(
        verdict.output.contains("missing/directory/jk.shm"),
        "the message names the path: {}",
        verdict.output
    );
}

fn segment_mode() {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    let run = httpd.site().path("run");
    let segments: Vec<_> = names(&run).into_iter().filter(|name| name.starts_with("jk.shm")).collect();
    assert!(!segments.is_empty());
    for name in segments {
        let mode = fs::metadata(run.join(&name)).expect("a file that exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

fn logging() {
    let backend = Backend::constant("done");
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w\nJkLogLevel debug\nJkLogStampFormat \"<%Y.%Q> \"")
        .conf("JkLogFile \"|/bin/sh -c 'exec cat > @ROOT@/logs/piped.log'\"")
        .start();
    assert_eq!(httpd.get("/x").status, 200);
    wait::until_true("a line through the pipe", Duration::from_secs(5), || {
        httpd.log("piped.log").contains("[debug]")
    });
    let log = httpd.log("piped.log");
    let line = log.lines().find(|line| line.contains("[debug]")).expect("a debug line");
    let (year, rest) = line[1..].split_once('.').expect("year and milliseconds");
    assert!(line.starts_with('<') && year.len() == 4 && rest.as_bytes()[3] == b'>', "{line}");
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory of our own").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
