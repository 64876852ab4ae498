//! Lines that belong elsewhere: comments begun by other marks than `#`, rules of a map file, directives of httpd.
//!
//! The original ignores them, or takes them for variables that nothing uses. One complaint tells of all lines of a
//! kind, at the first of them.

use crate::config::diagnostic::{Origin, Report};
use crate::text::{is_c_space, split_prefixes, trim_c_spaces};

/// What a stray line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrayKind {
    /// A comment that begins with this mark.
    Comment(&'static str),
    /// A rule of a map file.
    Rule,
    /// A directive of httpd.
    Directive,
    /// A property of a worker.
    Property,
}

/// Marks that begin a comment elsewhere.
const MARKS: [&str; 4] = [";", "//", "--", "!"];

/// The stray lines of one file.
#[derive(Clone, Debug, Default)]
pub struct Strays {
    lines: Vec<(StrayKind, Origin)>,
}

impl Strays {
    /// Keeps the place of a line of `kind`, and tells whether it is stray at all.
    pub fn take(&mut self, kind: Option<StrayKind>, origin: &Origin) -> bool {
        self.lines.extend(kind.map(|kind| (kind, origin.clone())));
        kind.is_some()
    }

    /// Complains once of each kind.
    pub fn tell(&self, report: &mut Report) {
        self.tell_of(|kind| matches!(kind, StrayKind::Comment(_)), report);
        for kind in [StrayKind::Rule, StrayKind::Directive, StrayKind::Property] {
            self.tell_of(|other| other == kind, report);
        }
    }

    fn tell_of(&self, is_meant: impl Fn(StrayKind) -> bool, report: &mut Report) {
        let mut found = self.lines.iter().filter(|(kind, _)| is_meant(*kind));
        let Some((kind, first)) = found.next() else { return };
        let ignored = match found.count() {
            0 => "the line is ignored".to_owned(),
            1 => "this line and one more of the kind are ignored".to_owned(),
            more => format!("this line and {more} more of the kind are ignored"),
        };
        report.warn(Some(first), format!("{}; {ignored}", kind.fault()));
    }
}

impl StrayKind {
    fn fault(self) -> String {
        let (what, place) = match self {
            StrayKind::Comment(mark) => return format!("{mark} starts no comment, only # does"),
            StrayKind::Rule => ("a rule of a map file", "the file of JkMountFile"),
            StrayKind::Directive => ("a directive of httpd", "httpd's configuration"),
            StrayKind::Property => ("a worker property", "the workers file"),
        };
        format!("{what} has no effect here, it belongs into {place}")
    }
}

/// Judges a line of a workers file.
pub fn in_workers_file(line: &[u8]) -> Option<StrayKind> {
    let line = trim_c_spaces(line);
    if is_rule(line) {
        return Some(StrayKind::Rule);
    }
    if line.starts_with(b"<") || is_directive(line) {
        return Some(StrayKind::Directive);
    }
    MARKS.into_iter().find(|mark| line.starts_with(mark.as_bytes())).map(StrayKind::Comment)
}

/// Judges a line of a map file, where `!` and `-` begin rules. No URI has `//` when rules are asked.
pub fn in_map_file(line: &[u8]) -> Option<StrayKind> {
    if is_directive(line) {
        return Some(StrayKind::Directive);
    }
    MARKS[..2].iter().find(|mark| line.starts_with(mark.as_bytes())).map(|mark| StrayKind::Comment(mark))
}

/// A pattern of a map file, after its prefixes. `//` is more likely a comment.
fn is_rule(line: &[u8]) -> bool {
    let (_, pattern) = split_prefixes(line);
    (pattern.starts_with(b"/") && !pattern.starts_with(b"//")) || pattern.starts_with(b"*.")
}

/// `JkMount /x w` and the like: a word in Jk, and then anything but `=`.
fn is_directive(line: &[u8]) -> bool {
    let length = line.iter().take_while(|octet| octet.is_ascii_alphabetic()).count();
    let (word, rest) = line.split_at(length);
    let is_jk = word.len() > 2 && word[..2].eq_ignore_ascii_case(b"jk");
    is_jk && rest.first().is_some_and(|octet| is_c_space(*octet)) && !trim_c_spaces(rest).starts_with(b"=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_are_told_by_how_they_begin() {
        let cases: &[(&str, Option<StrayKind>)] = &[
            ("; a comment", Some(StrayKind::Comment(";"))),
            (";worker.a.host=b", Some(StrayKind::Comment(";"))),
            ("// a comment", Some(StrayKind::Comment("//"))),
            ("! a comment", Some(StrayKind::Comment("!"))),
            ("/app/*=w", Some(StrayKind::Rule)),
            ("!/app/*.gif=w", Some(StrayKind::Rule)),
            ("*.jsp=w", Some(StrayKind::Rule)),
            ("JkMount /app/* w", Some(StrayKind::Directive)),
            ("</IfModule>", Some(StrayKind::Directive)),
            ("jkhome = /opt/jk", None),
            ("worker.list=a", None),
            ("ps=/", None),
        ];
        for (line, expected) in cases {
            assert_eq!(in_workers_file(line.as_bytes()), *expected, "{line}");
        }
    }
}
