//! HTTP/2 clients. Those of nghttp2: nghttp shows one exchange frame by frame, h2load opens many streams at once. And one
//! by hand, which uploads as slowly as a test says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use super::process::{self, AtDeath, Process};
use super::raw;

/// Seconds after which a client that hangs is ended.
const LIMIT: &str = "60";

/// What nghttp printed about one exchange: its frames, with the body in between.
pub struct Exchange {
    transcript: String,
}

/// How many requests of a run ended how.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Complete responses with a status of 2xx.
    pub good: usize,
    /// Complete responses with a status of 5xx.
    pub server_errors: usize,
    /// All complete responses.
    pub complete: usize,
    /// Requests without a complete response.
    pub failed: usize,
}

/// Sends one request with further `arguments` of nghttp, such as `-H:method: HEAD`.
pub fn request(url: &str, arguments: &[&str]) -> Exchange {
    let output = limited("nghttp").arg("-v").args(arguments).arg(url).output().expect("nghttp runs");
    Exchange { transcript: text(&output) }
}

/// Sends `count` requests on one connection, all of them at once.
pub fn parallel(url: &str, count: usize) -> Counts {
    let output = limited("h2load").args(streams(count)).arg(url).output().expect("h2load runs");
    let report = text(&output);
    let number = |line: &str, word: &str| {
        number_before(&report, line, word).unwrap_or_else(|| panic!("no {word} in {line} of {report}"))
    };
    let (finished, lost) = (number("requests:", " done"), number("requests:", " errored"));
    let complete = ["2xx", "3xx", "4xx", "5xx"].map(|class| number("status codes:", &format!(" {class}")));
    let complete = complete.iter().sum();
    Counts {
        good: number("status codes:", " 2xx"),
        server_errors: number("status codes:", " 5xx"),
        complete,
        failed: finished.saturating_sub(complete) + lost,
    }
}

/// As [`parallel`], and lets it run.
pub fn start_parallel(url: &str, count: usize) -> Process {
    let mut command = process::guarded("h2load", AtDeath::Kill);
    command.args(streams(count)).arg(url).stdout(Stdio::null()).stderr(Stdio::null());
    Process::start(command)
}

/// Arguments of h2load for one connection with `count` requests at once.
fn streams(count: usize) -> [String; 4] {
    ["-c1", "-t1", &format!("-n{count}"), &format!("-m{count}")].map(str::to_owned)
}

impl Exchange {
    /// The status; 0 without a response.
    pub fn status(&self) -> u16 {
        self.header(":status").and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The last response header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let received = self.transcript.lines().filter(|line| line.contains(" recv (stream_id="));
        let fields = received.filter_map(|line| line.split_once(") ")?.1.split_once(": "));
        fields.rev().find(|(found, _)| *found == name).map(|(_, value)| value.trim())
    }

    /// The value behind `name=` on a line of its own, as the probe servlet writes facts.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.transcript.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }

    /// Tells whether the server reset the stream.
    pub fn is_reset(&self) -> bool {
        self.transcript.contains("recv RST_STREAM frame")
    }

    /// Tells whether the server ended the stream as complete.
    pub fn is_complete(&self) -> bool {
        let mut lines = self.transcript.lines().skip_while(|line| !line.contains(":status: "));
        lines.any(|line| line.trim_start().starts_with("; END_STREAM"))
    }

    /// The transcript, for messages.
    pub fn transcript(&self) -> &str {
        &self.transcript
    }
}

fn limited(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args([LIMIT, program]);
    command
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets).into_owned()).concat()
}

/// The number before `word` in the line that begins with `line`, as in "requests: 100 total, 99 done".
fn number_before(report: &str, line: &str, word: &str) -> Option<usize> {
    let rest = report.lines().find_map(|text| text.strip_prefix(line))?;
    rest.split(',').find_map(|item| item.trim().strip_suffix(word.trim_start())?.trim().parse().ok())
}

/// Types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;

/// Flags of DATA, and of HEADERS, in which they have the same places.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A request on a stream of its own connection, whose body is sent piece by piece.
pub struct Upload {
    socket: TcpStream,
}

/// What of an answer has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Blocks of headers, as they are coded.
    pub heads: Vec<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the stream was ended.
    pub ended: bool,
    /// Whether it was reset.
    pub reset: bool,
}

impl Upload {
    /// Sends the head of a POST, without the length of the body.
    pub fn start(port: u16, path: &str) -> Self {
        let mut upload = Self { socket: raw::connect(port) };
        let fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x")];
        let block: Vec<u8> = fields.iter().flat_map(|(name, value)| literal(name, value)).collect();
        upload.socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("httpd reads the preface");
        upload.frame(SETTINGS, 0, 0, &[]);
        upload.frame(HEADERS, END_HEADERS, 1, &block);
        upload
    }

    /// Sends a piece of the body; no more than 65,535 octets in all fit without asking.
    pub fn send(&mut self, octets: &[u8]) {
        self.frame(DATA, 0, 1, octets);
    }

    /// Ends the body.
    pub fn end(&mut self) {
        self.frame(DATA, END_STREAM, 1, &[]);
    }

    /// Reads on with the answer until it is `enough`, or at its end.
    pub fn read(&mut self, progress: &mut Progress, enough: impl Fn(&Progress) -> bool) {
        while !enough(progress) && !progress.ended && !progress.reset {
            let mut head = [0; 9];
            self.socket.read_exact(&mut head).expect("a frame");
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.socket.read_exact(&mut payload).expect("the frame's payload");
            let (kind, flags) = (head[3], head[4]);
            match kind {
                DATA => progress.body.extend(payload),
                HEADERS => progress.heads.push(payload),
                RST_STREAM => progress.reset = true,
                _ => {}
            }
            progress.ended |= matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.socket.write_all(&frame).expect("httpd reads the frame");
    }
}

/// A field of a head that is not indexed (RFC 7541, section 6.2.2).
fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}
