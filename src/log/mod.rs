//! JkLogFile: levels, formats, stamps, and where lines go.
//!
//! A line of text is `stamp[id] [pid:tid] [level] text`, at most [`MAX_LINE`] octets, written with one system call. The
//! id is that of the request, or names the phase of the server's life; it is left out where requests have none. From
//! JkLogLevel debug on, `file (line): ` of the source stands before the text. With `JkLogFormat json` a line is an
//! object that tells the same (docs/book/src/logs.md). Writing never blocks and never fails a request: what can't be written is
//! dropped, and a line in its place says how much that was; what repeats within a second is counted.

mod context;
mod field;
mod json;
mod line;
mod logger;
mod repeats;
mod sink;
mod stamp;
mod syslog;

pub(crate) use context::Context;
pub(crate) use field::Field;
pub(crate) use logger::{Logger, TakeFact};
pub(crate) use repeats::Alarm;
pub(crate) use sink::{OtherLog, Sink};
pub(crate) use stamp::{StampFormat, MAX_STAMP};
pub(crate) use syslog::Facility;

/// Longest line of text in octets, with stamp and newline; longer ones end in `...`.
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

/// JkLogFormat: what a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The original's lines.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Writes one line to a [`Context`] if its level is enabled: `log!(context, Info, "({name}) ...")`.
///
/// What the text tells can be named, so that it stands in fields of its own with `JkLogFormat json`:
/// `log!(context, Info, [Worker = name], "({name}) ...")`, with the names of [`Field`]. The arguments are not
/// evaluated when the level drops the line.
#[macro_export]
macro_rules! log {
    ($context:expr, $level:ident, [$($field:ident = $value:expr),+ $(,)?], $($text:tt)+) => {{
        let context: $crate::log::Context<'_> = $context;
        if context.enabled($crate::log::Level::$level) {
            context.write(
                ($crate::log::Level::$level, file!(), line!()),
                &[$(($crate::log::Field::$field, &$value as &dyn ::std::fmt::Display)),+],
                format_args!($($text)+),
            );
        }
    }};
    ($context:expr, $level:ident, $($text:tt)+) => {{
        let context: $crate::log::Context<'_> = $context;
        if context.enabled($crate::log::Level::$level) {
            context.write(($crate::log::Level::$level, file!(), line!()), &[], format_args!($($text)+));
        }
    }};
}

#[cfg(test)]
mod tests;
