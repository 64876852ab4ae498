//! A connection that stays open, so that the same child serves all its requests.
//!
//! httpd closes it with answers such as 503. It is opened again then, under prefork to the same child if all others have
//! connections that stay open.

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::client::Reply;
use super::raw;

/// An open connection.
pub struct Pinned {
    port: u16,
    stream: BufReader<TcpStream>,
    is_closed: bool,
}

impl Pinned {
    /// Connects to 127.0.0.1:`port`.
    pub fn new(port: u16) -> Self {
        Self { port, stream: BufReader::new(raw::connect(port)), is_closed: false }
    }

    /// One GET.
    ///
    /// # Errors
    /// The connection ends before the answer does.
    pub fn try_get(&mut self, path: &str, headers: &[(&str, &str)]) -> io::Result<Reply> {
        self.send("GET", path, headers)?;
        self.receive()
    }

    /// As [`Pinned::try_get`]; panics if there is no whole answer.
    pub fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.try_get(path, headers).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Sends a request without a body.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        if self.is_closed {
            *self = Self::new(self.port);
        }
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if method != "GET" {
            request += "Content-Length: 0\r\n";
        }
        self.stream.get_mut().write_all(format!("{request}\r\n").as_bytes())
    }

    /// Waits for a whole answer.
    ///
    /// # Errors
    /// The connection ends before.
    pub fn receive(&mut self) -> io::Result<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let mut reply = Reply { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            reply.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        self.is_closed = reply.header("connection") == Some("close");
        reply.body = match reply.header("content-length") {
            Some(length) => self.octets(length.parse().map_err(Error::other)?)?,
            None => self.chunks()?,
        };
        Ok(reply)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(Error::other)?;
            body.extend(self.octets(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn octets(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; count];
        self.stream.read_exact(&mut octets)?;
        Ok(octets)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.ends_with('\n') {
            true => Ok(line.trim_end().to_owned()),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}
