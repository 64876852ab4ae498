//! How a command ends.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use jk_rooms::admin::Reason;

/// What a command found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Yes, done, nothing to complain about: exit status 0.
    Good,
    /// No, and what was printed says why: exit status 1.
    Bad,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending as u8)
    }
}

/// Why a command could not find out: exit status 2.
#[derive(Debug)]
pub struct Failure {
    message: String,
}

impl Failure {
    /// A failure that `message` tells: what was tried, with what, and what is wrong.
    pub fn new(message: impl Display) -> Self {
        Self { message: message.to_string() }
    }

    /// The system refused `what`, mostly a file.
    pub fn refused(what: impl Display, error: &io::Error) -> Self {
        Self::new(format_args!("{what}: {}", Reason(error)))
    }

    /// Says so on standard error. Whoever closed the other end of standard output has seen enough, and hears nothing.
    pub fn tell(&self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("jkctl: {}", self.message);
        }
        ExitCode::from(2)
    }
}

/// Errors of writing results.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { message: String::new() },
            _ => Self::refused("can't write the result", &error),
        }
    }
}

/// Says on standard error what is worth knowing beside a result.
pub fn warn(message: impl Display) {
    eprintln!("jkctl: warning: {message}");
}

/// Says on standard error why the answer is no, where standard output is not for words.
pub fn refuse(message: impl Display) -> Ending {
    eprintln!("jkctl: {message}");
    Ending::Bad
}
