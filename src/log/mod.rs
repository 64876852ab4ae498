//! JkLogFile: levels, stamps, and where lines go.
//!
//! A line is `stamp[id] [pid:tid] [level] text`, at most [`MAX_LINE`] octets, written with one system call. The id
//! is that of the request, or names the phase of the server's life; it is left out where requests have none. From
//! JkLogLevel debug on, `file (line): ` of the source stands before the text. Writing never blocks and never fails a
//! request: what can't be written is dropped, and a line in its place says how much that was.

mod sink;
mod stamp;

pub(crate) use sink::Sink;
pub(crate) use stamp::StampFormat;

use std::fmt;
use std::io::Write;

use crate::text::Counted;

/// Longest line in octets, with stamp and newline; longer ones end in `...`.
pub(crate) const MAX_LINE: usize = 1024;

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
pub(crate) struct Logger {
    level: Level,
    stamp: StampFormat,
    sink: Sink,
}

impl Logger {
    /// A log that takes lines from `level` on.
    pub(crate) fn new(level: Level, stamp: StampFormat, sink: Sink) -> Self {
        Self { level, stamp, sink }
    }

    /// A log that drops everything.
    #[cfg(test)]
    pub(crate) fn discard() -> Self {
        Self::new(Level::Emerg, StampFormat::default(), Sink::Discard)
    }

    /// A log that keeps its lines, for tests.
    #[cfg(test)]
    pub(crate) fn capture(level: Level) -> Self {
        Self::new(level, StampFormat::default(), Sink::capture())
    }

    /// The lines kept by [`Logger::capture`], without stamp.
    #[cfg(test)]
    pub(crate) fn captured(&self) -> Vec<String> {
        self.sink.captured()
    }

    /// This log, for lines about the request (or phase) called `id`; one without a name has an empty id.
    pub(crate) fn with_id<'a>(&'a self, id: &'a str) -> Context<'a> {
        Context { logger: self, id }
    }

    /// Writes `text` as it is, with a stamp only, at any level: a line of the request log, or more if its format has
    /// `\n`. What came from a client is made visible by the caller.
    pub(crate) fn write_request_line(&self, text: &[u8]) {
        let mut line = LineBuffer::default();
        self.stamp.write(&mut Verbatim(&mut line));
        let _ = Verbatim(&mut line).write_all(text);
        self.put(line.finish());
    }

    /// Writes a line, after one that stands for those that were lost before it.
    fn put(&self, line: &[u8]) {
        let lost = self.sink.take_lost();
        if lost > 0 && !self.sink.write(self.note_of(lost).finish()) {
            self.sink.count_lost(lost + 1);
        } else if !self.sink.write(line) {
            self.sink.count_lost(1);
        }
    }

    fn note_of(&self, lost: u64) -> LineBuffer {
        let mut line = LineBuffer::default();
        self.write_head(&mut line, "", Level::Warn);
        let verb = if lost == 1 { "is" } else { "are" };
        let _ =
            write!(line, "{} {verb} missing here: they could not be written at once", Counted(lost, "line"));
        line
    }

    /// What stands before each text; an empty `id` is left out.
    fn write_head(&self, line: &mut LineBuffer, id: &str, level: Level) {
        self.stamp.write(&mut Verbatim(line));
        if !id.is_empty() {
            let _ = write!(line, "[{id}] ");
        }
        let (pid, tid) = sink::process_and_thread();
        let _ = write!(line, "[{pid}:{tid}] [{}] ", level.name());
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
        if self.logger.sink.is_captured() {
            let _ = write!(line, "[{}] ", level.name());
        } else {
            self.logger.write_head(&mut line, self.id, level);
            self.write_source(&mut line, file, number);
        }
        let _ = write!(line, "{text}");
        self.logger.put(line.finish());
    }

    /// Where in the source a line comes from: for those who look for faults in it.
    fn write_source(&self, line: &mut LineBuffer, file: &str, number: u32) {
        if self.enabled(Level::Debug) {
            let file = file.rsplit('/').next().unwrap_or(file);
            let _ = write!(line, "{file} ({number}): ");
        }
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
    fn heads_name_the_source_for_those_who_debug_only() {
        let directory = tempfile::tempdir().unwrap();
        let head = |level, id| {
            let path = directory.path().join("log");
            let logger = Logger::new(level, StampFormat::new(b"[stamp] "), Sink::open(&path).unwrap());
            crate::log!(logger.with_id(id), Error, "text");
            let line = std::fs::read_to_string(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            let (pid, tid) = sink::process_and_thread();
            line.replace(&format!("[{pid}:{tid}]"), "[pid:tid]")
        };
        assert_eq!(head(Level::Info, "id"), "[stamp] [id] [pid:tid] [error] text\n");
        assert_eq!(head(Level::Error, ""), "[stamp] [pid:tid] [error] text\n");
        let debugged = head(Level::Debug, "id");
        assert!(debugged.starts_with("[stamp] [id] [pid:tid] [error] mod.rs ("), "{debugged}");
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
