//! Repeats are counted, not repeated: of the lines of a process that differ in time and request alone, the first of a
//! second is written, and a note with the number of the others when the second is over.
//!
//! So many different lines are counted at a time as a process says at once when it is in trouble; if there are more,
//! the oldest count is told early. Nothing waits: while another thread looks at the counts, a line is written as it is.
//! "decisions, row 68".

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::line::Line;
use super::{Format, Level};
use crate::ffi::time::moment;
use crate::text::Counted;

/// How long a line stands for those like it, in milliseconds.
const SPAN: u64 = 1000;

/// How many different lines are counted at a time.
const MOST: usize = 16;

/// What was said within the last second.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Somebody tells the counts in time.
    on: AtomicBool,
    /// In the order of their times.
    said: Mutex<Vec<Said>>,
    alarm: Arc<Alarm>,
}

/// A line that was written, and how many like it were not.
#[derive(Debug)]
pub(super) struct Said {
    line: Line,
    level: Level,
    /// Of the line in the source.
    number: u32,
    ends: u64,
    left_out: u64,
}

impl Repeats {
    /// Counts nothing yet; `alarm` wakes the thread that tells the counts.
    pub(super) fn new(alarm: Arc<Alarm>) -> Self {
        Self { alarm, ..Self::default() }
    }

    /// Counts from now on.
    pub(super) fn begin(&self) {
        self.on.store(true, Relaxed);
    }

    /// Tells whether `line`, of a line in the source, is to be written, and which counts are over. The steps of debug
    /// and trace are all written.
    pub(super) fn judge(&self, line: &Line, level: Level, number: u32) -> (bool, Vec<Said>) {
        if level < Level::Info || !self.on.load(Relaxed) {
            return (true, Vec::new());
        }
        let Some(mut said) = self.said.try_lock() else { return (true, Vec::new()) };
        let now = moment();
        let mut over = take_over(&mut said, now);
        if let Some(known) = said.iter_mut().find(|known| known.is_like(line, level, number)) {
            known.left_out += 1;
            if known.left_out == 1 {
                self.alarm.ring();
            }
            return (false, over);
        }
        if said.len() >= MOST {
            let oldest = said.remove(0);
            over.extend((oldest.left_out > 0).then_some(oldest));
        }
        said.push(Said { line: line.clone(), level, number, ends: now + SPAN, left_out: 0 });
        (true, over)
    }

    /// The counts that are over, and how long until the next is.
    pub(super) fn take_over(&self) -> (Vec<Said>, Option<Duration>) {
        let mut said = self.said.lock();
        let now = moment();
        let over = take_over(&mut said, now);
        let next = said.iter().find(|said| said.left_out > 0);
        (over, next.map(|said| Duration::from_millis(said.ends.saturating_sub(now).max(1))))
    }

    /// Counts no more. What was counted is there to be told, unless a thread keeps it for longer than moments: this does
    /// not wait.
    pub(super) fn end(&self) -> Option<MutexGuard<'_, Vec<Said>>> {
        const TRIES: usize = 1000;
        self.on.store(false, Relaxed);
        (0..TRIES).find_map(|_| self.said.try_lock())
    }
}

/// Takes out what is over, and returns what has a count of that.
fn take_over(said: &mut Vec<Said>, now: u64) -> Vec<Said> {
    let end = said.iter().take_while(|said| said.ends <= now).count();
    said.drain(..end).filter(|said| said.left_out > 0).collect()
}

impl Said {
    fn is_like(&self, line: &Line, level: Level, number: u32) -> bool {
        self.number == number && self.level == level && self.line.message() == line.message()
    }

    /// There are lines that were left out.
    pub(super) fn is_counted(&self) -> bool {
        self.left_out > 0
    }

    /// Its severity.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// The time at which it was written, as the line has it.
    pub(super) fn stamp(&self) -> &[u8] {
        &self.line.octets[..self.line.stamp_end]
    }

    /// Writes the note that stands for the lines left out, behind its time. Takes no memory.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn write_note(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        let (head, message) =
            (&self.line.octets[self.line.stamp_end..self.line.text_at], self.line.message());
        out.write_all(head)?;
        match format {
            Format::Text => {
                write!(out, "message repeated {}: [", Counted(self.left_out, "time"))?;
                out.write_all(message)?;
                out.write_all(b"]")
            }
            Format::Json => {
                write!(out, ",\"repeated\":{}", self.left_out)?;
                out.write_all(message)
            }
        }
    }
}

/// Wakes the thread that tells counts.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    thread: OnceLock<Thread>,
    stopped: AtomicBool,
}

impl Alarm {
    /// Runs `round` when something was counted, and again after the pause that it returns, until [`Alarm::stop`].
    pub(crate) fn listen(&self, mut round: impl FnMut() -> Option<Duration>) {
        let _ = self.thread.set(thread::current());
        while !self.stopped.load(Relaxed) {
            match round() {
                Some(pause) => thread::park_timeout(pause),
                None => thread::park(),
            }
        }
    }

    /// Ends [`Alarm::listen`]; waits for nothing.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
        self.ring();
    }

    fn ring(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}
