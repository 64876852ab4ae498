//! JkLogLevel trace: packets.

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};

/// The texts of the lines at trace level, of a POST with credentials at `level`.
fn traced(level: &str) -> (Httpd, Vec<String>) {
    let backend = Backend::answering(|_| Answer::page(200, "x".repeat(500)).header("X-Answer", "yes"));
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!(
            "worker.list=w\n{}worker.w.secret=s3cretword\nworker.w.ping_mode=A\n",
            backend.worker("w")
        ))
        .conf(&format!("JkMount /* w\nJkLogLevel {level}"))
        .start();
    let headers = [("Authorization", "Basic bWU6d29yZA=="), ("X-Ask", "please")];
    assert_eq!(httpd.client().send("POST", "/page", &headers, "body".repeat(100).as_bytes()).status, 200);
    let log = httpd.jk_log();
    let texts = log.lines().filter_map(|line| line.split_once(" [trace] ")?.1.split_once("): "));
    let texts = texts.map(|(_, text)| text.to_owned()).collect();
    (httpd, texts)
}

/// Each packet is named and shown, those of CPing too, bodies cut; secrets are not in it.
pub fn shown() {
    let (httpd, lines) = traced("trace");
    let heads: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("(w) ")).collect();
    let ways: Vec<_> =
        heads.iter().map(|head| (&head[..4], head.split(": ").nth(1).unwrap_or_default())).collect();
    let expected = [
        ("to 1", "CPING, 5 octets"),
        ("from", "CPONG, 5 octets"),
        ("to 1", "FORWARD_REQUEST, "),
        ("to 1", "request body, 406 octets"),
        ("from", "SEND_HEADERS, "),
        ("from", "SEND_BODY_CHUNK, "),
        ("from", "END_RESPONSE, 6 octets"),
    ];
    assert_eq!(ways.len(), expected.len(), "{lines:#?}");
    for ((way, packet), (expected_way, begin)) in ways.iter().zip(expected) {
        assert!(*way == expected_way && packet.starts_with(begin), "{begin}: {heads:#?}");
    }
    let rows: Vec<_> = lines.iter().filter(|line| line.contains(" - ")).collect();
    let read: String = rows.iter().filter_map(|row| row.split_once(" - ")).map(|(_, text)| text).collect();
    for word in ["HTTP/1.1", "/page", "x-ask", "JK_LB_ACTIVATION", "bodybody", "X-Answer", "xxxx"] {
        assert!(read.contains(word), "{word}: {rows:#?}");
    }
    assert!(rows.iter().all(|row| row.len() <= 75 && row.as_bytes()[4..8] == *b"    "), "{rows:#?}");
    assert!(lines.iter().any(|line| line.ends_with("0040    342 more octets")), "{lines:#?}");
    assert!(!read.contains("s3cretword") && !read.contains("bWU6d29yZA"), "{read}");
    assert!(read.contains("**********") && !httpd.jk_log().contains("73 33 63 72 65 74"), "{read}");
}

/// At debug level there are none.
pub fn only_at_trace() {
    let (httpd, lines) = traced("debug");
    assert!(lines.is_empty() && !httpd.jk_log().contains("FORWARD_REQUEST"), "{lines:#?}");
}
