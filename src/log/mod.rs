//! JkLogFile: levels, stamps, and where lines go.
//!
//! A line is `stamp[request id] [pid:tid] [level] file (line): text`, at most [`MAX_LINE`] octets, written with
//! one system call. Writing never blocks and never fails a request: what can't be written is dropped.

mod sink;
mod stamp;

pub use sink::Sink;
pub use stamp::StampFormat;

use std::fmt;
use std::io::Write;

/// Longest line in octets, with stamp and newline; longer ones end in `...`.
pub const MAX_LINE: usize = 1024;

/// Severity of a line, in the order of JkLogLevel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// Details for finding faults.
    Debug,
    /// What an operator wants to know.
    #[default]
    Info,
    /// Something odd that was dealt with.
    Warn,
    /// A request or a configuration failed.
    Error,
    /// The module can't work.
    Emerg,
}

impl Level {
    /// Names as JkLogLevel takes and the log shows them, in order.
    pub const NAMES: [&'static str; 6] = ["trace", "debug", "info", "warn", "error", "emerg"];

    /// The level called `name`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        use Level::*;
        let index = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some([Trace, Debug, Info, Warn, Error, Emerg][index])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The log of one server.
#[derive(Debug)]
pub struct Logger {
    level: Level,
    stamp: StampFormat,
    sink: Sink,
}

impl Logger {
    /// A log that takes lines from `level` on.
    pub fn new(level: Level, stamp: StampFormat, sink: Sink) -> Self {
        Self { level, stamp, sink }
    }

    /// A log that drops everything.
    pub fn discard() -> Self {
        Self::new(Level::Emerg, StampFormat::default(), Sink::Discard)
    }

    /// A log that keeps its lines, for tests.
    pub fn capture(level: Level) -> Self {
        Self::new(level, StampFormat::default(), Sink::capture())
    }

    /// The lines kept by [`Logger::capture`], without stamp.
    pub fn captured(&self) -> Vec<String> {
        self.sink.captured()
    }

    /// This log, for lines about the request (or phase) called `id`.
    pub fn with_id<'a>(&'a self, id: &'a str) -> Context<'a> {
        Context { logger: self, id }
    }

    /// Writes `text` as it is, with a stamp only, at any level: a line of the request log, or more if its format has
    /// `\n`. What came from a client is made visible by the caller.
    pub fn write_request_line(&self, text: &[u8]) {
        let mut line = LineBuffer::default();
        self.stamp.write(&mut Verbatim(&mut line));
        let _ = Verbatim(&mut line).write_all(text);
        self.sink.write(line.finish());
    }
}

/// A log together with the request, or phase of the server's life, that its lines belong to.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    logger: &'a Logger,
    id: &'a str,
}

impl Context<'_> {
    /// Tells whether lines of `level` are written.
    pub fn enabled(&self, level: Level) -> bool {
        level >= self.logger.level
    }

    /// Writes a line; called by [`log!`](crate::log!), which tests the level first.
    pub fn write(&self, level: Level, file: &str, number: u32, text: fmt::Arguments<'_>) {
        let mut line = LineBuffer::default();
        if !matches!(self.logger.sink, Sink::Capture(_)) {
            self.logger.stamp.write(&mut Verbatim(&mut line));
            let file = file.rsplit('/').next().unwrap_or(file);
            let (pid, tid) = sink::process_and_thread();
            let _ = write!(line, "[{}] [{pid}:{tid}] [{}] {file} ({number}): ", self.id, level.name());
        } else {
            let _ = write!(line, "[{}] ", level.name());
        }
        let _ = write!(line, "{text}");
        self.logger.sink.write(line.finish());
    }
}

/// Writes one line to a [`Context`] if its level is enabled: `log!(context, Info, "({name}) ...")`.
///
/// The arguments are not evaluated when the level drops the line.
#[macro_export]
macro_rules! log {
    ($context:expr, $level:ident, $($text:tt)+) => {{
        let context: $crate::log::Context<'_> = $context;
        if context.enabled($crate::log::Level::$level) {
            context.write($crate::log::Level::$level, file!(), line!(), format_args!($($text)+));
        }
    }};
}

/// A line under construction: bounded, on the stack. Control characters of what is written to it are made visible.
struct LineBuffer {
    octets: [u8; MAX_LINE],
    length: usize,
    cut: bool,
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self { octets: [0; MAX_LINE], length: 0, cut: false }
    }
}

impl LineBuffer {
    fn append(&mut self, text: &[u8], shown: fn(u8) -> u8) -> usize {
        let taken = text.len().min(MAX_LINE - 1 - self.length);
        self.cut |= taken < text.len();
        for octet in &text[..taken] {
            self.octets[self.length] = shown(*octet);
            self.length += 1;
        }
        text.len()
    }

    fn finish(&mut self) -> &[u8] {
        if self.cut {
            self.octets[MAX_LINE - 4..MAX_LINE - 1].copy_from_slice(b"...");
        }
        self.octets[self.length] = b'\n';
        &self.octets[..=self.length]
    }
}

impl Write for LineBuffer {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        Ok(self.append(text, visible))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn visible(octet: u8) -> u8 {
    if octet.is_ascii_control() && octet != b'\t' {
        b'?'
    } else {
        octet
    }
}

/// Writes to a line what the administrator wished, whatever it is: stamp and format.
struct Verbatim<'l>(&'l mut LineBuffer);

impl Write for Verbatim<'_> {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        Ok(self.0.append(text, |octet| octet))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_names_and_an_order() {
        assert_eq!(Level::parse("WARN"), Some(Level::Warn));
        assert_eq!(Level::parse("warning"), None);
        assert!(Level::Trace < Level::Debug && Level::Error < Level::Emerg);
    }

    #[test]
    fn dropped_lines_are_not_formatted() {
        let logger = Logger::capture(Level::Info);
        let context = logger.with_id("id");
        let mut evaluated = false;
        crate::log!(context, Debug, "{}", {
            evaluated = true;
            1
        });
        crate::log!(context, Warn, "({}) gone", "w1");
        assert!(!evaluated);
        assert_eq!(logger.captured(), ["[warn] (w1) gone"]);
    }

    #[test]
    fn long_lines_are_cut_and_control_characters_replaced() {
        let logger = Logger::capture(Level::Info);
        crate::log!(logger.with_id("-"), Info, "a\nb{}", "x".repeat(2 * MAX_LINE));
        let line = logger.captured().remove(0);
        assert!(line.starts_with("[info] a?bxxx") && line.ends_with("x..."));
        assert_eq!(line.len(), MAX_LINE - 1);
    }

    #[test]
    fn stamp_and_request_line_stand_as_they_were_written() {
        let sink = Sink::capture();
        let logger = Logger::new(Level::Info, StampFormat::new(b"[%n%t] "), sink.clone());
        logger.write_request_line(b"one\n\ttwo");
        assert_eq!(sink.captured(), ["[\n\t] one\n\ttwo"]);
    }
}
