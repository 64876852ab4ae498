//! JkOptions FlushHeader and FlushPackets: what has come so far reaches the client before the rest is there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::support::ajp;
use crate::support::backend::{Backend, Connection};
use crate::support::site::{Mpm, Site};
use crate::support::{paths, raw};

/// Longest wait of the backend for the client to see something.
const PATIENCE: Duration = Duration::from_secs(20);

/// With this module and with the original.
pub fn pieces_arrive_one_by_one() {
    for module in std::iter::once(paths::module().to_owned()).chain(paths::original()) {
        flushed(&module, "FlushHeader", 0);
        flushed(&module, "FlushPackets", 1);
    }
}

/// The backend sends a head and `count` body chunks, and the end only when the client has seen those.
fn flushed(module: &Path, option: &str, count: usize) {
    let (seen, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let backend = Backend::start(move |connection: &mut Connection| {
        while connection.whole_request().is_some() {
            let mut begin = ajp::send_headers(200, &[]);
            (0..count).for_each(|_| begin.extend(ajp::body_chunk(b"piece")));
            connection.send(&begin);
            if wait.lock().recv_timeout(PATIENCE).is_err() {
                return;
            }
            connection.send(&[ajp::body_chunk(b"last"), ajp::end_response(true)].concat());
        }
    });
    let httpd = Site::single_child_of(module, Mpm::Event, 4)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf(&format!("JkMount /* w\nJkOptions +{option}"))
        .start();
    let mut stream = raw::connect(httpd.port());
    stream
        .write_all(b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .expect("httpd reads the request");
    let head = raw::read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200"), "{option}: {head:?}");
    let pieces = "piece".repeat(count);
    let mut early = String::new();
    while !early.contains(&pieces) {
        early.push_str(&read_some(&mut stream).unwrap_or_else(|| panic!("{option}: cut behind {early:?}")));
    }
    seen.send(()).expect("the backend waits");
    let rest = String::from_utf8_lossy(&raw::read_to_close(&mut stream)).into_owned();
    assert!(!early.contains("last") && rest.contains("last"), "{option}: {early:?} {rest:?}");
}

fn read_some(stream: &mut TcpStream) -> Option<String> {
    let mut buffer = [0; 512];
    let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}
