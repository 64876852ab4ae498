//! mod_http2 in front: every kind of request and answer over one connection of many streams.

use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::http2::{self, Counts, Progress, Upload};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, raw, tomcat, wait};

/// Threads of a child that read HTTP/1.1; mod_http2 has more of its own.
const THREADS: u32 = 8;

const STREAMS: usize = 100;

pub fn suite() -> Suite {
    Suite::new("http2")
        .test("get_post_head_and_error_pages", exchanges)
        .test("head_with_an_error_status_has_the_headers_of_get", head_with_error)
        .test("error_documents_take_the_place_of_tomcats_pages", error_documents)
        .test("the_length_of_a_body_is_told_or_left_open", body_lengths)
        .test("parallel_streams_get_all_the_connections_they_need", parallel_streams)
        .test("a_pool_smaller_than_the_streams_makes_them_wait_or_fail", small_pool)
        .test("a_client_that_goes_gives_its_connections_back", abandoned)
        .test("a_response_that_breaks_off_is_a_reset_stream", cut)
        .test("an_upload_that_tomcat_refuses_early_gets_its_answer", early_refusals)
        .test("an_early_answer_leaves_while_its_client_still_sends", early_answers)
        .test("answers_of_httpd_reach_a_client_that_still_sends", answers_of_httpd)
}

fn site() -> Site {
    Site::single_child(Mpm::Event, THREADS).load("http2").conf(
        "Protocols h2c http/1.1
H2MinWorkers 40
H2MaxWorkers 40",
    )
}

fn scripted(backend: &Backend, properties: &str) -> Httpd {
    let workers = format!("worker.list=w\n{}{properties}", backend.worker("w"));
    site().workers(&workers).conf("JkMount /* w").start()
}

fn url(httpd: &Httpd, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", httpd.port())
}

fn exchanges() {
    let httpd = site().workers(&tomcat::shared().balancer()).conf("JkMount /* tomcat1").start();
    httpd.site().write("request-body", &"0123456789".repeat(5000));
    let body = httpd.site().path("request-body").display().to_string();
    let data = format!("-d{body}");
    let get = http2::request(&url(&httpd, "/facts?x=1"), &[]);
    assert_eq!((get.status(), get.fact("method")), (200, Some("GET")), "{}", get.transcript());
    assert_eq!((get.fact("protocol"), get.fact("query")), (Some("HTTP/2.0"), Some("x=1")));
    for arguments in [&[&*data][..], &[&data, "--no-content-length"]] {
        let post = http2::request(&url(&httpd, "/upload"), arguments);
        assert_eq!((post.status(), post.fact("length")), (200, Some("50000")), "{}", post.transcript());
    }
    let head = http2::request(&url(&httpd, "/body?size=1000"), &["-H:method: HEAD"]);
    assert_eq!((head.status(), head.header("content-length")), (200, Some("1000")), "{}", head.transcript());
    for code in ["404", "500", "503"] {
        let error = http2::request(&url(&httpd, &format!("/error?code={code}")), &[]);
        assert_eq!(error.status().to_string(), code, "{}", error.transcript());
        assert!(error.is_complete() && error.transcript().contains("as ordered"), "the page of Tomcat");
    }
    let empty = http2::request(&url(&httpd, "/status?code=404"), &[]);
    assert_eq!((empty.status(), empty.header("content-length")), (404, Some("0")), "{}", empty.transcript());
}

fn head_with_error() {
    let page = |code: u16| Answer::page(code, "the page").header("X-Own", "kept");
    let backend = Backend::answering(move |forward| page(forward.uri[1..].parse().unwrap_or(200)));
    let httpd = scripted(&backend, "");
    for code in [400, 401, 404, 410, 500, 503] {
        let one = raw::exchange(
            httpd.port(),
            format!("HEAD /{code} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        );
        assert_eq!((one.status(), one.surplus.len()), (code, 0), "{one:?}");
        assert_eq!((one.headers("Content-Length"), one.headers("X-Own")), (vec!["8"], vec!["kept"]));
        let two = http2::request(&url(&httpd, &format!("/{code}")), &["-H:method: HEAD"]);
        let headers = (two.header("content-length"), two.header("x-own"));
        assert_eq!((two.status(), headers), (code, (Some("8"), Some("kept"))), "{}", two.transcript());
        assert!(two.is_complete() && !two.is_reset(), "{}", two.transcript());
    }
    assert!(backend.requests().iter().all(|forward| forward.method == "HEAD"));
}

fn error_documents() {
    let backend = Backend::answering(|_| Answer::page(500, "page of the backend"));
    let httpd = site()
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("ErrorDocument 500 \"page of httpd\"\nJkMount /* w;use_server_errors=500")
        .start();
    for (arguments, has_page) in [(&[][..], true), (&["-H:method: HEAD"], false)] {
        let exchange = http2::request(&url(&httpd, "/x"), arguments);
        assert!(exchange.status() == 500 && exchange.is_complete(), "{}", exchange.transcript());
        let pages = ["page of httpd", "page of the backend"].map(|page| exchange.transcript().contains(page));
        assert_eq!(pages, [has_page, false], "{}", exchange.transcript());
    }
}

fn body_lengths() {
    let backend = Backend::constant("done");
    let httpd = scripted(&backend, "");
    httpd.site().write("request-body", "twelve bytes");
    let data = format!("-d{}", httpd.site().path("request-body").display());
    let cases: [(&[&str], Option<u64>); 4] = [
        (&[], Some(0)),
        (&["-H:method: HEAD"], Some(0)),
        (&[&data], Some(12)),
        (&[&data, "--no-content-length"], None),
    ];
    for (arguments, length) in cases {
        let exchange = http2::request(&url(&httpd, "/x"), arguments);
        assert_eq!(exchange.status(), 200, "{}", exchange.transcript());
        let forward = backend.requests().pop().expect("the request");
        assert_eq!(forward.content_length(), length, "{arguments:?}: {:?}", forward.headers);
    }
}

fn parallel_streams() {
    let backend = slow_backend();
    let httpd = scripted(&backend, "");
    let counts = http2::parallel(&url(&httpd, "/x"), STREAMS);
    assert_eq!(counts, Counts { good: STREAMS, complete: STREAMS, ..Counts::default() });
    let connections = backend.connections();
    assert!(connections > THREADS as usize, "{connections} connections: more than a child has threads");
    let log = httpd.error_log();
    assert!(!log.contains("PROTOCOL_ERROR") && !log.contains("exit signal"), "{log}");
}

fn small_pool() {
    let backend = slow_backend();
    let patient =
        scripted(&backend, "worker.w.connection_pool_size=2\nworker.w.connection_acquire_timeout=30000\n");
    let counts = http2::parallel(&url(&patient, "/x"), STREAMS);
    assert_eq!(counts, Counts { good: STREAMS, complete: STREAMS, ..Counts::default() }, "all wait");
    let backend = slow_backend();
    let hasty =
        scripted(&backend, "worker.w.connection_pool_size=2\nworker.w.connection_acquire_timeout=10\n");
    let counts = http2::parallel(&url(&hasty, "/x"), STREAMS);
    assert_eq!((counts.complete, counts.failed), (STREAMS, 0), "{counts:?}");
    assert_eq!(counts.good + counts.server_errors, STREAMS, "{counts:?}");
    assert!(counts.good > 0 && counts.server_errors > 0, "{counts:?}");
    assert_eq!(hasty.get("/x").status, 200, "it goes on");
}

fn abandoned() {
    let backend = slow_backend();
    let pool = 4;
    let properties =
        format!("worker.w.connection_pool_size={pool}\nworker.w.connection_acquire_timeout=30000\n");
    let httpd = scripted(&backend, &properties);
    for round in 1..=3 {
        let before = backend.requests().len();
        let mut client = http2::start_parallel(&url(&httpd, "/x"), STREAMS);
        wait::until_true("requests in flight", Duration::from_secs(20), || backend.requests().len() > before);
        client.kill();
        let counts = http2::parallel(&url(&httpd, "/x"), 2 * pool);
        assert_eq!((counts.good, counts.failed), (2 * pool, 0), "round {round}: {counts:?}");
    }
}

/// A backend that takes its time, so that requests meet.
fn slow_backend() -> Backend {
    Backend::answering(|_| {
        thread::sleep(Duration::from_millis(50));
        Answer::ok("done")
    })
}

fn cut() {
    let backend = Backend::start(|connection| {
        if let Some(forward) = connection.request() {
            let length: &[(&str, &str)] = match forward.uri.as_str() {
                "/announced" => &[("Content-Length", "1000")],
                _ => &[],
            };
            connection.send(
                &[ajp::send_headers(200, length), ajp::body_chunk(b"a part\n"), ajp::body_chunk(&[])]
                    .concat(),
            );
        }
    });
    let httpd = scripted(&backend, "");
    for path in ["/announced", "/open"] {
        let exchange = http2::request(&url(&httpd, path), &[]);
        assert!(exchange.is_reset() && !exchange.is_complete(), "{path}: {}", exchange.transcript());
    }
}

/// Answers at once, without reading what the client sends, and leaves the length of the answer to httpd.
fn hasty_backend() -> Backend {
    let packets = [ajp::send_headers(403, &[]), ajp::body_chunk(b"no uploads here"), ajp::end_response(true)];
    let refusal = packets.concat();
    Backend::start(move |connection| {
        while let Some(forward) = connection.request() {
            if forward.content_length() > Some(0) {
                connection.body_packet();
            }
            connection.send(&refusal);
        }
    })
}

/// curl takes a stream that is reset while it sends for a failure, whatever came before.
fn early_refusals() {
    let backend = hasty_backend();
    let httpd = scripted(&backend, "");
    for size in [100_000, 3_000_000] {
        let upload = upload_of(&httpd, size);
        for protocol in ["--http2-prior-knowledge", "--http1.1"] {
            for framing in ["Expect:", "Transfer-Encoding: chunked"] {
                for _ in 0..5 {
                    let text = curl(&[protocol, "-H", framing, &upload, &url(&httpd, "/x")]);
                    assert_eq!(text, "no uploads here 403", "{size} octets, {protocol}, {framing}");
                }
            }
        }
    }
}

/// `content-length: 15` as mod_http2 codes it (RFC 7541, section 6.2.2): name 28 of the static table, a plain value.
const LENGTH_OF_15: [u8; 5] = [15, 13, 2, b'1', b'5'];

fn contains(octets: &[u8], part: &[u8]) -> bool {
    octets.windows(part.len()).any(|window| window == part)
}

fn early_answers() {
    let backend = hasty_backend();
    let httpd = scripted(&backend, "");
    for length in [0, 20_000] {
        let mut upload = Upload::start(httpd.port(), "/x");
        upload.send(&vec![b'x'; length / 2]);
        let mut answer = Progress::default();
        upload.read(&mut answer, |answer| !answer.body.is_empty());
        assert_eq!((&answer.body[..], answer.heads.len()), (&b"no uploads here"[..], 1), "{answer:?}");
        assert!(contains(&answer.heads[0], &LENGTH_OF_15), "{answer:?}");
        assert!(!answer.ended && !answer.reset, "it is open while the client sends: {answer:?}");
        upload.send(&vec![b'x'; length / 2]);
        upload.end();
        upload.read(&mut answer, |_| false);
        assert!(answer.ended && !answer.reset, "{answer:?}");
    }
    let length = |arguments: &[&str]| {
        let answer = http2::request(&url(&httpd, "/x"), arguments);
        (answer.status(), answer.header("content-length").map(str::to_owned))
    };
    httpd.site().write("request-body", &"0123456789".repeat(50_000));
    let data = format!("-d{}", httpd.site().path("request-body").display());
    for arguments in [&[][..], &[&*data], &[&*data, "--no-content-length"]] {
        assert_eq!(length(arguments), (403, Some("15".to_owned())), "{arguments:?}");
    }
}

/// What httpd says without asking Tomcat, too.
fn answers_of_httpd() {
    let backend = hasty_backend();
    let httpd = site()
        .load("env")
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf(
            "JkMount /app/* w
<Location /app/small>
    LimitRequestBody 1000
</Location>
<Location /none>
    SetHandler jakarta-servlet
    SetEnv JK_WORKER_NAME none
</Location>",
        )
        .start();
    let upload = upload_of(&httpd, 3_000_000);
    // Only a length that is announced is refused before Tomcat is asked.
    let (announced, open) = ("Expect:", "Transfer-Encoding: chunked");
    let cases = [("/app/small/x", announced, "413"), ("/none/x", announced, "500"), ("/none/x", open, "500")];
    for (path, framing, status) in cases {
        let text = curl(&["--http2-prior-knowledge", "-H", framing, &upload, &url(&httpd, path)]);
        assert!(text.ends_with(status) && text.contains("<title>"), "{path}, {framing}: {text}");
    }
    assert_eq!(backend.requests().len(), 0, "nothing is forwarded");
}

/// An argument of curl for the upload of a file of `size` octets.
fn upload_of(httpd: &Httpd, size: usize) -> String {
    let file = httpd.site().path("upload");
    std::fs::write(&file, vec![b'x'; size]).expect("a file of our own");
    format!("-d@{}", file.display())
}

/// Body and status of the answer that curl got.
fn curl(arguments: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--noproxy", "*", "--max-time", "60", "-w", " %{http_code}", "-H", "Expect:"]);
    let output = curl.args(arguments).output().expect("curl runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
