//! The log of one server.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::field::Value;
use super::json::Object;
use super::line::Line;
use super::repeats::{Alarm, Repeats, Said};
use super::sink::{self, Head, Sink};
use super::stamp::{StampFormat, Timestamp};
use super::{Format, Level, MAX_LINE};
use crate::text::Counted;

/// Longest note of a count in octets: that of an object, which a pipe takes in one piece.
const MAX_NOTE: usize = 4096;
const _: () = assert!(MAX_NOTE > MAX_LINE + 64);

/// Level, format and place of one server's lines.
#[derive(Debug)]
pub(crate) struct Logger {
    level: Level,
    format: Format,
    stamp: StampFormat,
    /// What objects call the server; empty leaves it out.
    server: String,
    sink: Sink,
    repeats: Repeats,
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
        Self { level, format: Format::Text, stamp, server: String::new(), sink, repeats: Repeats::default() }
    }

    /// The same log in `format`, in which objects call its server `server`.
    pub(crate) fn in_format(self, format: Format, server: String) -> Self {
        Self { format, server, ..self }
    }

    /// The same log, which counts repeated lines from [`Logger::begin_counting`] on; `alarm` wakes who tells counts.
    pub(crate) fn with_alarm(self, alarm: &Arc<Alarm>) -> Self {
        Self { repeats: Repeats::new(Arc::clone(alarm)), ..self }
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

    /// Tells whether its lines go to a log that is not ours.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.sink, Sink::Other(_))
    }

    /// The least severe level that is written.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Writes a line of the request log, at any level. Text stands as it is behind the stamp, or is more than one line
    /// if its format has `\n`; what came from a client is made visible by the caller. An object has what `facts` tells,
    /// too, numbers as such.
    pub(crate) fn write_request_line(&self, text: &[u8], facts: impl FnOnce(TakeFact<'_>)) {
        let mut line = self.begin(Level::Info);
        match self.format {
            Format::Text => {
                let _ = line.verbatim().write_all(text);
            }
            Format::Json => {
                let mut object = Object::on(&mut line);
                object.text("event", "request");
                self.add_origin(&mut object, "");
                facts(&mut |name, value| object.number_or_octets(name, value));
                object.end_octets(text);
            }
        }
        self.put(Level::Info, line);
    }

    /// Writes a line, unless it repeats one.
    pub(super) fn write(&self, entry: &Entry<'_>) {
        let line = self.compose(entry);
        let (is_new, over) = self.repeats.judge(&line, entry.level, entry.source.1);
        over.iter().for_each(|said| self.tell_count(said));
        if is_new {
            self.put(entry.level, line);
        }
    }

    /// Counts repeated lines from now on: this process has a thread that calls [`Logger::tell_counts`].
    pub(crate) fn begin_counting(&self) {
        self.repeats.begin();
    }

    /// Tells how often lines were repeated whose second is over; returns when that of the next is.
    pub(crate) fn tell_counts(&self) -> Option<Duration> {
        let (over, next) = self.repeats.take_over();
        over.iter().for_each(|said| self.tell_count(said));
        next
    }

    /// Tells all counts, and counts no more. For the end of a process, which in prefork comes in a signal handler: it
    /// waits for nothing and takes no memory, and so notes have the time of the line that they are about.
    pub(crate) fn end_counting(&self) {
        let Some(said) = self.repeats.end() else { return };
        for said in said.iter().filter(|said| said.is_counted()) {
            let mut note = [0; MAX_NOTE];
            let mut rest = &mut note[..];
            let _ = rest.write_all(said.stamp()).and_then(|()| said.write_note(self.format, &mut rest));
            let _ = rest.write_all(b"\n");
            let length = MAX_NOTE - rest.len();
            self.sink.write(said.level(), &note[..length]);
        }
    }

    fn tell_count(&self, said: &Said) {
        let mut note = self.begin(said.level());
        let _ = said.write_note(self.format, &mut note.octets);
        self.put(said.level(), note);
    }

    /// Writes a line, after one that stands for those that were lost before it.
    fn put(&self, level: Level, mut line: Line) {
        let lost = self.sink.take_lost();
        if lost > 0 && !self.sink.write(Level::Warn, self.note_of(lost).finish()) {
            self.sink.count_lost(lost + 1);
        } else if !self.sink.write(level, line.finish()) {
            self.sink.count_lost(1);
        }
    }

    /// A line that has its time.
    fn begin(&self, level: Level) -> Line {
        let mut line = Line::default();
        if let Head::Syslog(log) = self.sink.head() {
            log.write_head(level, &mut line.octets);
        }
        match (self.format, self.sink.head()) {
            (Format::Json, _) => Object::begin(&mut line, Timestamp::now()),
            (Format::Text, Head::Whole) => self.stamp.write(&mut line.verbatim()),
            (Format::Text, Head::Syslog(_) | Head::Short) => {}
        }
        line.stamp_end = line.octets.len();
        line
    }

    fn note_of(&self, lost: u64) -> Line {
        let verb = if lost == 1 { "is" } else { "are" };
        let told = Counted(lost, "line");
        let text = format!("{told} {verb} missing here: they could not be written at once");
        let mut line = self.begin(Level::Warn);
        match self.format {
            Format::Text => {
                self.write_head(&mut line, "", Level::Warn);
                let _ = line.text().write_all(text.as_bytes());
            }
            Format::Json => {
                let mut object = self.begin_object(&mut line, "", Level::Warn);
                object.number("lost", lost);
                object.end(format_args!("{text}"));
            }
        }
        line
    }

    fn compose(&self, entry: &Entry<'_>) -> Line {
        let mut line = self.begin(entry.level);
        match self.format {
            Format::Text => self.compose_text(entry, &mut line),
            Format::Json => self.compose_object(entry, &mut line),
        }
        line
    }

    fn compose_text(&self, entry: &Entry<'_>, line: &mut Line) {
        self.write_head(line, entry.id, entry.level);
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
        self.level <= Level::Debug
    }

    /// What stands before each text; an empty `id` is left out.
    fn write_head(&self, line: &mut Line, id: &str, level: Level) {
        if !id.is_empty() {
            let _ = write!(line.text(), "[{id}] ");
        }
        if let Head::Whole | Head::Syslog(_) = self.sink.head() {
            let (pid, tid) = sink::process_and_thread();
            let _ = write!(line.text(), "[{pid}:{tid}] [{}] ", level.name());
        }
    }

    fn begin_object<'l>(&self, line: &'l mut Line, id: &str, level: Level) -> Object<'l> {
        let mut object = Object::on(line);
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
