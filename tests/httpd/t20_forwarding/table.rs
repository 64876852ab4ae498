//! The form of the tables: a setup is one httpd, a group one of its virtual hosts, a row one request with facts.

/// One httpd configuration with several virtual hosts.
pub struct Setup {
    /// Directives of the main server.
    pub main: &'static str,
    /// Its virtual hosts; the first also answers requests for unknown hosts.
    pub groups: &'static [Group],
}

/// One virtual host, named `<name>.test`.
pub struct Group {
    /// First label of its host name.
    pub name: &'static str,
    /// Its directives.
    pub conf: &'static str,
    /// Requests, in the order in which they are sent.
    pub rows: &'static [Row],
}

/// A request and what must be seen of it.
pub struct Row {
    /// Request line (`HTTP/1.1` may be left out), headers and, behind an empty line, the body; lines end with `\n`.
    /// `@HOST@` is the group's host, `@SESSION@` the session that an earlier row of the setup began.
    pub request: &'static str,
    /// `name=value`, `name~part of the value`, or `!name` for what must be absent.
    pub facts: &'static [&'static str],
    /// Where the C original differs on purpose.
    pub original: Option<Original>,
}

/// What the C original does where it was left behind on purpose.
pub struct Original {
    /// Number of the row in docs/decisions.md.
    pub decision: u32,
    /// Facts as in [`Row::facts`]; those named in either list are not compared between the two.
    pub facts: &'static [&'static str],
}

/// A request whose facts are the same with both modules.
pub const fn row(request: &'static str, facts: &'static [&'static str]) -> Row {
    Row { request, facts, original: None }
}

impl Row {
    /// Marks a deliberate difference: its row in docs/decisions.md, and what the original does.
    pub const fn unlike(self, decision: u32, facts: &'static [&'static str]) -> Self {
        Self { original: Some(Original { decision, facts }), ..self }
    }
}
