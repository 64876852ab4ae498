//! What a line can tell in fields of its own.

use std::fmt::Display;

/// A fact that stands in a line's text, and with `JkLogFormat json` under its name as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The worker of the line: a Tomcat or a balancer.
    Worker,
    /// The balancer's member that it is about.
    Member,
    /// Where the Tomcat is, as `host:port` or `unix:/path`.
    Address,
    /// Method and URI.
    Request,
    /// A URI alone.
    Uri,
    /// The HTTP status that a client gets, or that Tomcat gave.
    Status,
    /// How often it was tried.
    Attempts,
    /// Why it failed: a word of the status worker's `errors`.
    Error,
    /// A file.
    Path,
}

impl Field {
    /// Its name in an object.
    pub(super) fn name(self) -> &'static str {
        match self {
            Field::Worker => "worker",
            Field::Member => "member",
            Field::Address => "address",
            Field::Request => "request",
            Field::Uri => "uri",
            Field::Status => "status",
            Field::Attempts => "attempts",
            Field::Error => "error",
            Field::Path => "path",
        }
    }
}

/// A field with its value.
pub(super) type Value<'a> = (Field, &'a dyn Display);
