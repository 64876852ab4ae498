//! HTTP/2 clients of nghttp2: nghttp shows one exchange frame by frame, h2load opens many streams at once.

use std::process::{Command, Output, Stdio};

use super::process::{self, AtDeath, Process};

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
