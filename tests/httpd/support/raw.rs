//! HTTP by hand: what a library would hide, such as a response that is cut.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// Everything that came until the server closed the connection.
#[derive(Clone, Debug)]
pub struct RawReply {
    /// Status line and headers, without the empty line.
    pub head: String,
    /// The body, with chunked coding removed.
    pub body: Vec<u8>,
    /// How the body ended.
    pub ending: Ending,
    /// Octets behind the end of the response.
    pub surplus: Vec<u8>,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By its Content-Length or its final chunk.
    Complete,
    /// By the end of the connection, with no length announced.
    Close,
    /// Before the end that its framing announces.
    Cut,
}

impl RawReply {
    /// The status code; 0 if there was no response at all.
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// Values of the headers of that name, in order.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// Head and body as one text, for searches.
    pub fn everything(&self) -> String {
        let octets = [self.head.as_bytes(), &self.body, &self.surplus].concat();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

/// Opens a connection with timeouts that end a hanging test.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("httpd accepts");
    stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
    stream.set_write_timeout(Some(LIMIT)).expect("a timeout");
    stream.set_nodelay(true).expect("TCP_NODELAY");
    stream
}

/// Sends one GET and reads until the server closes.
pub fn get(port: u16, path: &str) -> RawReply {
    exchange(port, format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"))
}

/// Sends `request` and reads until the server closes.
pub fn exchange(port: u16, request: impl AsRef<[u8]>) -> RawReply {
    let mut stream = connect(port);
    stream.write_all(request.as_ref()).expect("httpd reads the request");
    let is_head = request.as_ref().starts_with(b"HEAD ");
    parse(&read_to_close(&mut stream), is_head)
}

/// Reads until the peer closes; a reset ends the stream like a close.
pub fn read_to_close(stream: &mut TcpStream) -> Vec<u8> {
    let mut octets = Vec::new();
    match stream.read_to_end(&mut octets) {
        Ok(_) => octets,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => octets,
        Err(error) => panic!("httpd neither answered nor closed: {error}, after {} octets", octets.len()),
    }
}

/// Reads one head, octet by octet, so that nothing behind it is lost; empty at the end of the stream.
pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut octet) {
            Ok(1) => head.push(octet[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Takes a response apart.
pub fn parse(octets: &[u8], is_head: bool) -> RawReply {
    let end = find(octets, b"\r\n\r\n");
    let head = String::from_utf8_lossy(&octets[..end.unwrap_or(octets.len())]).into_owned();
    let rest = end.map_or(&[][..], |end| &octets[end + 4..]);
    let mut reply = RawReply { head, body: Vec::new(), ending: Ending::Cut, surplus: Vec::new() };
    let bodiless = is_head || matches!(reply.status(), 204 | 304);
    let length = reply.headers("Content-Length").first().and_then(|text| text.parse::<usize>().ok());
    if end.is_none() {
        return reply;
    }
    if bodiless {
        reply.ending = Ending::Complete;
        reply.surplus = rest.to_vec();
    } else if reply.headers("Transfer-Encoding").contains(&"chunked") {
        unchunk(rest, &mut reply);
    } else if let Some(length) = length {
        let end = length.min(rest.len());
        reply.ending = if end == length { Ending::Complete } else { Ending::Cut };
        reply.body = rest[..end].to_vec();
        reply.surplus = rest[end..].to_vec();
    } else {
        reply.ending = Ending::Close;
        reply.body = rest.to_vec();
    }
    reply
}

fn unchunk(mut rest: &[u8], reply: &mut RawReply) {
    while let Some(line_end) = find(rest, b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..line_end]).into_owned();
        let Ok(size) = usize::from_str_radix(line.trim(), 16) else { return };
        rest = &rest[line_end + 2..];
        if size == 0 {
            reply.ending = Ending::Complete;
            reply.surplus = rest.strip_prefix(b"\r\n").unwrap_or(rest).to_vec();
            return;
        }
        let end = size.min(rest.len());
        reply.body.extend_from_slice(&rest[..end]);
        rest = rest.get(end + 2..).unwrap_or_default();
    }
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(octets, wanted)
}
