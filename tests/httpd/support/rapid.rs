//! Many requests as fast as their answers come: one connection a client, which stays open, and little work on them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::raw;

/// Sends `count` requests from `clients` at a time; `path` names what request `number` asks for. Under prefork each
/// client has a process of its own. Panics unless every answer is whole, with status 200 and a length.
pub fn send(port: u16, clients: usize, count: usize, path: impl Fn(usize) -> String + Sync) {
    let next = AtomicUsize::new(0);
    let client = || {
        let mut connection = BufReader::new(raw::connect(port));
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            exchange(&mut connection, &path(number));
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        running.into_iter().for_each(|client| client.join().expect("a client that does not panic"));
    });
}

fn exchange(connection: &mut BufReader<TcpStream>, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    connection.get_mut().write_all(request.as_bytes()).expect("httpd reads");
    let status = line(connection);
    assert!(status.starts_with("HTTP/1.1 200"), "{path}: {status}");
    let mut length = None;
    loop {
        let header = line(connection);
        match header.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(value.parse().expect("a number"));
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length.expect("a length")];
    connection.read_exact(&mut body).expect("a whole body");
}

fn line(connection: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    connection.read_line(&mut line).expect("httpd answers");
    line.truncate(line.trim_end().len());
    line
}
