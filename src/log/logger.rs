//! The log of one server.

use std::fmt;
use std::io::Write;

use super::context::Context;
use super::field::Value;
use super::json::Object;
use super::line::Line;
use super::sink::{self, Sink};
use super::stamp::{StampFormat, Timestamp};
use super::{Format, Level};
use crate::text::Counted;

/// Level, format and place of one server's lines.
#[derive(Debug)]
pub(crate) struct Logger {
    level: Level,
    format: Format,
    stamp: StampFormat,
    /// What objects call the server; empty leaves it out.
    server: String,
    sink: Sink,
}

/// What a line tells.
pub(super) struct Entry<'a> {
    /// Of the request, or the phase of the server's life; may be empty.
    pub(super) id: &'a str,
    pub(super) level: Level,
    /// File and line of the source.
    pub(super) source: (&'a str, u32),
    /// Facts that the text tells, too.
    pub(super) fields: &'a [Value<'a>],
    pub(super) text: fmt::Arguments<'a>,
}

/// Takes the facts of a request by their names, see [`Logger::write_request_line`].
pub(crate) type TakeFact<'t> = &'t mut dyn FnMut(&str, &[u8]);

impl Logger {
    /// A log of text that takes lines from `level` on.
    pub(crate) fn new(level: Level, stamp: StampFormat, sink: Sink) -> Self {
        Self { level, format: Format::Text, stamp, server: String::new(), sink }
    }

    /// The same log in `format`, in which objects call its server `server`.
    pub(crate) fn in_format(self, format: Format, server: String) -> Self {
        Self { format, server, ..self }
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
        Context::new(self, id)
    }

    /// The least severe level that is written.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Writes a line of the request log, at any level. Text stands as it is behind the stamp, or is more than one line
    /// if its format has `\n`; what came from a client is made visible by the caller. An object has what `facts` tells,
    /// too, numbers as such.
    pub(crate) fn write_request_line(&self, text: &[u8], facts: impl FnOnce(TakeFact<'_>)) {
        let mut line = Line::default();
        match self.format {
            Format::Text => {
                self.stamp.write(&mut line.verbatim());
                let _ = line.verbatim().write_all(text);
            }
            Format::Json => {
                let mut object = Object::begin(&mut line, Timestamp::now());
                object.text("event", "request");
                self.add_origin(&mut object, "");
                facts(&mut |name, value| object.number_or_octets(name, value));
                object.end_octets(text);
            }
        }
        self.put(line);
    }

    /// Writes a line.
    pub(super) fn write(&self, entry: &Entry<'_>) {
        self.put(self.compose(entry));
    }

    /// Writes a line, after one that stands for those that were lost before it.
    fn put(&self, mut line: Line) {
        let lost = self.sink.take_lost();
        if lost > 0 && !self.sink.write(self.note_of(lost).finish()) {
            self.sink.count_lost(lost + 1);
        } else if !self.sink.write(line.finish()) {
            self.sink.count_lost(1);
        }
    }

    fn note_of(&self, lost: u64) -> Line {
        let verb = if lost == 1 { "is" } else { "are" };
        let told = Counted(lost, "line");
        let text = format_args!("{told} {verb} missing here: they could not be written at once");
        let mut line = Line::default();
        match self.format {
            Format::Text => {
                self.write_head(&mut line, "", Level::Warn);
                let _ = line.text().write_fmt(text);
            }
            Format::Json => {
                let mut object = self.begin_object(&mut line, "", Level::Warn);
                object.number("lost", lost);
                object.end(text);
            }
        }
        line
    }

    fn compose(&self, entry: &Entry<'_>) -> Line {
        let mut line = Line::default();
        match self.format {
            Format::Text => self.compose_text(entry, &mut line),
            Format::Json => self.compose_object(entry, &mut line),
        }
        line
    }

    fn compose_text(&self, entry: &Entry<'_>, line: &mut Line) {
        if self.sink.is_captured() {
            let _ = write!(line.text(), "[{}] ", entry.level.name());
        } else {
            self.write_head(line, entry.id, entry.level);
        }
        line.text_at = line.octets.len();
        if self.tells_source() {
            let (file, number) = entry.source;
            let _ = write!(line.text(), "{file} ({number}): ");
        }
        let _ = line.text().write_fmt(entry.text);
    }

    fn compose_object(&self, entry: &Entry<'_>, line: &mut Line) {
        let mut object = self.begin_object(line, entry.id, entry.level);
        if self.tells_source() {
            let (file, number) = entry.source;
            object.text("file", file);
            object.number("line", number.into());
        }
        entry.fields.iter().for_each(|(field, value)| object.field(*field, value));
        object.end(entry.text);
    }

    /// Where in the source a line comes from is for those who look for faults in it.
    fn tells_source(&self) -> bool {
        self.level <= Level::Debug && !self.sink.is_captured()
    }

    /// What stands before each text; an empty `id` is left out.
    fn write_head(&self, line: &mut Line, id: &str, level: Level) {
        self.stamp.write(&mut line.verbatim());
        line.stamp_end = line.octets.len();
        if !id.is_empty() {
            let _ = write!(line.text(), "[{id}] ");
        }
        let (pid, tid) = sink::process_and_thread();
        let _ = write!(line.text(), "[{pid}:{tid}] [{}] ", level.name());
    }

    fn begin_object<'l>(&self, line: &'l mut Line, id: &str, level: Level) -> Object<'l> {
        let mut object = Object::begin(line, Timestamp::now());
        object.text("level", level.name());
        self.add_origin(&mut object, id);
        object
    }

    /// Who writes: process, thread, server and request.
    fn add_origin(&self, object: &mut Object<'_>, id: &str) {
        let (pid, tid) = sink::process_and_thread();
        object.number("pid", pid.into());
        object.number("tid", tid);
        for (name, value) in [("server", &*self.server), ("id", id)] {
            if !value.is_empty() {
                object.text(name, value);
            }
        }
    }
}
