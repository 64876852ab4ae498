//! `jkctl get`.

use std::fs;

use super::program::{jkctl, jkctl_with, Said};
use super::tomcats::Guarded;
use crate::support::backend::Backend;
use crate::support::suite::Suite;
use crate::support::{ajp, ports, tomcat};

pub fn add_to(suite: Suite) -> Suite {
    suite
        .test("get_tells_tomcat_what_it_is_told", told)
        .test("get_prints_bodies_and_heads_as_they_are", prints)
        .test("get_sends_bodies_from_text_files_and_input", sends)
        .test("get_ends_as_the_answer_does", ends)
        .test("get_passes_a_secret_and_a_socket", secret)
        .test("get_takes_nothing_but_a_whole_answer_in_its_order", cut)
}

/// Runs `jkctl get` with a path of the shared Tomcat.
fn get(path: &str, arguments: &[&str]) -> Said {
    jkctl_with(line(path, arguments), &[], b"")
}

fn line(path: &str, arguments: &[&str]) -> Vec<String> {
    let url = format!("ajp://127.0.0.1:{}{path}", tomcat::shared().service("tomcat1").port);
    let arguments = arguments.iter().map(|argument| (*argument).to_owned());
    ["get".to_owned(), url].into_iter().chain(arguments).collect()
}

fn facts(said: &Said, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(said.fact(name).as_deref(), Some(*value), "{name} of {}", said.text());
    }
}

fn told() {
    let said = get("/facts;a=1?b=c", &[]).ends_with(0);
    facts(
        &said,
        &[
            ("route", "tomcat1"),
            ("method", "GET"),
            ("uri", "/facts;a=1"),
            ("query", "b=c"),
            ("remote_addr", "127.0.0.1"),
            ("server_name", "127.0.0.1"),
            ("server_port", "80"),
            ("scheme", "http"),
            ("header.accept", "*/*"),
        ],
    );
    let options =
        ["-X", "PATCH", "-H", "Host: www.example.org:8443", "-H", "Accept:", "-H", "X-A: 1", "--https"];
    let more = ["--remote-addr", "2001:db8::1", "--remote-user", "alice"];
    let said = get("/mirror/facts", &[&options[..], &more].concat()).ends_with(0);
    facts(&said, &[("method", "PATCH"), ("header.x-a", "1"), ("header.host", "www.example.org:8443")]);
    let text = said.text();
    assert!(text.contains("=alice\n") && text.contains("=2001:db8::1\n"), "{text}");
    assert!(text.contains("scheme=https\n") && text.contains("=8443\n"), "{text}");
    assert_eq!(said.fact("header.accept"), None);
}

fn prints() {
    let expected: Vec<u8> = (0..300_000).map(|index| (index % 251) as u8).collect();
    for path in ["/body?size=300000", "/body?size=300000&chunked=1"] {
        assert!(get(path, &[]).ends_with(0).out == expected, "{path}");
    }
    let head = get("/body?size=300000", &["-I"]).ends_with(0).text();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("Content-Length: 300000\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "and no body: {head}");
    let both = get("/facts", &["-i"]).ends_with(0).text();
    assert!(both.contains("\r\n\r\nroute=tomcat1\n"), "{both}");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("answer");
    let said = get("/body?size=300000", &["-o", file.to_str().expect("a plain path")]).ends_with(0);
    assert!(said.out.is_empty() && fs::read(&file).expect("the answer") == expected);
    get("/facts", &["-o", "/nowhere/answer"]).ends_with(2).says("/nowhere/answer: No such file");
}

fn sends() {
    let data: Vec<u8> = (0..100_000).map(|index| (index % 241) as u8).collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("data");
    fs::write(&file, &data).expect("a file of our own");
    let from_file = get("/upload", &["-d", &format!("@{}", file.display())]).ends_with(0);
    let from_input = jkctl_with(line("/upload", &["-d", "@-"]), &[], &data).ends_with(0);
    assert_eq!(from_file.fact("length").as_deref(), Some("100000"));
    assert_eq!(from_file.out, from_input.out, "the same length and sum");
    let packets = get("/upload", &["-d", &format!("@{}", file.display()), "--max-packet-size", "65536"]);
    packets.ends_with(1).says("but the packetSize is only [8,192]");
    let said = get("/facts", &["-d", "a=b"]).ends_with(0);
    facts(
        &said,
        &[
            ("method", "POST"),
            ("header.content-type", "application/x-www-form-urlencoded"),
            ("header.content-length", "3"),
        ],
    );
    get("/unread", &["-d", &format!("@{}", file.display())]).ends_with(0).says("unread=1");
    get("/upload", &["-d", "@/nowhere/data"]).ends_with(2).says("/nowhere/data: No such file");
}

fn ends() {
    get("/status?code=404", &[]).ends_with(0);
    let said = get("/error?code=500", &["-f"]).ends_with(1).says(": 500");
    assert!(said.out.is_empty(), "{}", said.text());
    get("/status?code=399", &["-f"]).ends_with(0);
    get("/slow?ms=2000", &["--timeout", "0.3"]).ends_with(1).says("did not answer within 0.3 s");
    let large = format!("X-Large: {}", "x".repeat(9000));
    get("/facts", &["-H", &large]).ends_with(2).says("largest header X-Large has 9000 octets");
    for (url, code, told) in [
        ("http://127.0.0.1/", 2, "for HTTP there is curl"),
        ("ajp://127.0.0.1/a b", 2, "write it as %20"),
        (&format!("ajp://127.0.0.1:{}/", ports::free()), 1, "refused the connection"),
    ] {
        jkctl(["get", url]).ends_with(code).says(told);
    }
}

fn secret() {
    let tomcat = Guarded::start();
    let [right, wrong] = ["sesame", "poppy"].map(|line| tomcat.file(line, 0o600).display().to_string());
    let port = tomcat.service.port;
    for url in
        [format!("ajp://127.0.0.1:{port}/facts"), format!("{}|ajp://www.example.org/facts", tomcat.socket())]
    {
        let said = jkctl(["get", &url, "--secret-file", &right]).ends_with(0);
        facts(&said, &[("route", "guarded")]);
        jkctl(["get", "-f", &url, "--secret-file", &wrong]).ends_with(1).says("the secret is not that of");
        jkctl(["get", "-f", &url]).ends_with(1).says("if its Connector has a secret and none came");
    }
}

/// Octets that a Tomcat would not send, and what is said of them.
fn cut() {
    let ok = || ajp::send_headers(200, &[("Content-Length", "4")]);
    let chunk = |text: &str| ajp::body_chunk(text.as_bytes());
    let end = || ajp::end_response(true);
    for (octets, told) in [
        (vec![ok(), chunk("ab")], "the answer is not complete: closed the connection"),
        (vec![ok(), chunk("ab"), end()], "sent a body shorter than its Content-Length"),
        (vec![ok(), chunk("abcde"), end()], "sent a body longer than its Content-Length"),
        (vec![ok(), ok()], "sent the head of its answer twice"),
        (vec![chunk("ab")], "sent a body before the head"),
        (vec![end()], "ended its answer before it began"),
        (vec![ok(), ajp::cpong()], "sent a CPong though no CPing was sent"),
        (vec![ajp::get_body_chunk(0)], "asked for 0 octets"),
        (vec![ajp::get_body_chunk(100); 100], "asked for more after the end"),
        (vec![chunk(""); 100], "nothing but empty chunks"),
        (vec![ajp::packet(&[4, 0, 99, 0, 0, 0, 0, 0])], "sent an invalid answer"),
    ] {
        let octets = octets.concat();
        let backend = Backend::start(move |connection| {
            connection.whole_request();
            connection.send(&octets);
            connection.finish();
            connection.stall();
        });
        jkctl(["get", &format!("ajp://127.0.0.1:{}/", backend.port())]).ends_with(1).says(told);
    }
}
