//! A log as those who write lines see it.

use std::fmt;

use super::field::Value;
use super::logger::{Entry, Logger};
use super::Level;

/// A log together with the request, or phase of the server's life, that its lines belong to.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    logger: &'a Logger,
    id: &'a str,
}

impl<'a> Context<'a> {
    pub(super) fn new(logger: &'a Logger, id: &'a str) -> Self {
        Self { logger, id }
    }

    /// Tells whether its lines stand in a log that is not ours, and that others write to, too.
    pub fn is_shared(&self) -> bool {
        self.logger.is_shared()
    }

    /// Tells whether lines of `level` are written.
    #[inline]
    pub fn enabled(&self, level: Level) -> bool {
        level >= self.logger.level()
    }

    /// Writes a line that stands in a file of the source at a line, with what it tells in fields of their own; called
    /// by [`log!`](crate::log!), which tests the level first.
    pub fn write(&self, place: (Level, &str, u32), fields: &[Value<'_>], text: fmt::Arguments<'_>) {
        let (level, file, number) = place;
        let file = file.rsplit('/').next().unwrap_or(file);
        self.logger.write(&Entry { id: self.id, level, source: (file, number), fields, text });
    }
}
