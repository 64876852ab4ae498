//! Requests that fail by the client, the container, a limit, a timeout or a panic.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use super::{Bench, PATIENCE};
use crate::support::pinned::Pinned;
use crate::support::raw::Ending;
use crate::support::report::change;
use crate::support::site::Mpm;
use crate::support::{http2, raw, wait};

/// What goes wrong, and how.
type Step = (&'static str, fn(&Bench));

pub fn run(mpm: Mpm) {
    let sizing = match mpm {
        Mpm::Event | Mpm::Worker => {
            "StartServers 2\nThreadsPerChild 32\nMaxRequestWorkers 64\nServerLimit 2\n"
        }
        Mpm::Prefork => "StartServers 20\nServerLimit 20\nMaxRequestWorkers 20\nMinSpareServers 20\n",
    };
    let bench = Bench::start(mpm, sizing);
    let steps: [Step; 6] = [
        ("clients that go", clients_that_go),
        ("timeouts", timeouts),
        ("limits", limits),
        ("bad answers", bad_answers),
        ("streams", streams),
        ("panics", panics),
    ];
    for (name, step) in steps {
        step(&bench);
        bench.assert_true_counts(name);
        wait::until_true("both members to work", PATIENCE, || {
            let mut connection = bench.pinned();
            (0..2).all(|_| connection.get("/page", &[]).status == 200)
        });
    }
    bench.assert_nothing_is_left();
}

/// Has the child behind a new connection change both Tomcats.
fn change_both(bench: &Bench, values: &str) {
    let mut connection = bench.pinned();
    for name in ["a", "b"] {
        change(&mut connection, "/apart", &format!("lb {name} {values}"));
    }
}

fn clients_that_go(bench: &Bench) {
    let port = bench.httpd.port();
    // Otherwise a container that hangs is waited for whether or not there is still a client.
    change_both(bench, "reply_timeout 300");
    for path in ["/page", "/slow", "/big", "/flushed", "/hang"] {
        for octets in [0, 1, 1000] {
            let mut stream = raw::connect(port);
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("httpd reads");
            if path != "/hang" {
                stream.read_exact(&mut vec![0; octets.min(200)]).expect("an answer begins");
            }
            drop(stream);
            let mut stream = raw::connect(port);
            let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome");
            stream.write_all(request.as_bytes()).expect("httpd reads");
        }
    }
}

fn timeouts(bench: &Bench) {
    change_both(bench, "reply_timeout 50");
    // Once both members are in error, they may all be spared.
    let statuses = [(); 4].map(|()| bench.pinned().get("/hang", &[]).status);
    assert!(statuses[0] == 504 && statuses.iter().all(|status| [503, 504].contains(status)), "{statuses:?}");
    change_both(bench, "reply_timeout 0");
}

fn limits(bench: &Bench) {
    change_both(bench, "busy_limit 1");
    let statuses = thread::scope(|scope| {
        let clients = [(); 12].map(|()| scope.spawn(|| bench.pinned().get("/slow", &[]).status));
        clients.map(|client| client.join().expect("an answer"))
    });
    assert!(statuses.contains(&503) && statuses.contains(&200), "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    change_both(bench, "busy_limit 0");
}

fn bad_answers(bench: &Bench) {
    for _ in 0..4 {
        assert_eq!(raw::get(bench.httpd.port(), "/cut").ending, Ending::Cut);
        for path in ["/lost", "/nonsense"] {
            let status = bench.pinned().get(path, &[]).status;
            assert!([502, 503].contains(&status), "{path}: {status}");
        }
    }
}

fn streams(bench: &Bench) {
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", bench.httpd.port());
    for path in ["/slow", "/big", "/flushed"] {
        let counts = http2::parallel(&url(path), 60);
        assert_eq!((counts.complete, counts.failed), (60, 0), "{path}: {counts:?}");
        let mut running = http2::start_parallel(&url(path), 100_000);
        thread::sleep(Duration::from_millis(100));
        running.kill();
    }
}

fn panics(bench: &Bench) {
    for place in ["head", "response"] {
        bench.httpd.site().write("conf/panics", place);
        for _ in 0..4 {
            let reply = raw::get(bench.httpd.port(), "/flushed");
            assert!(reply.status() == 500 || reply.ending == Ending::Cut, "{place}: {}", reply.everything());
        }
    }
    bench.httpd.site().write("conf/panics", "");
    assert_eq!(Pinned::new(bench.httpd.port()).get("/page", &[]).status, 200);
}
