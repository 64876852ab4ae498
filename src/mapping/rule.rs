//! Rules: a URI pattern, the worker it leads to, and where both were written.
//!
//! One definition (a directive, a line of a map file, an item of a `mount` property) makes one rule, or two if
//! it has a `|`. Rules: "uri-mapping, section 2" and "decisions, rows 3 and 4".

use std::fmt;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};
use memchr::memchr;

use super::{parse_worker, Pattern, PatternError, RuleOptions};
use crate::config::{Origin, Report};
use crate::text::split_prefixes;

/// Where a rule was defined. Of otherwise equal rules the greater source comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The `mount` property of a worker.
    WorkerDefinition = 1,
    /// JkMount or JkUnMount.
    JkMount = 2,
    /// JkMountFile.
    File = 3,
}

/// What a match means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// The request goes to the worker.
    Mount,
    /// The request does not go to the worker (`!`, JkUnMount).
    Exclusion,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which URIs it is about.
    pub pattern: Pattern,
    /// Worker name, not checked; an exclusion may say `*` for any.
    pub worker: String,
    /// Mount or exclusion.
    pub kind: RuleKind,
    /// Written with `-`: it matches nothing, and switches off rules of the same pattern, kind and worker.
    pub disabled: bool,
    /// Where it was defined.
    pub source: Source,
    /// The line that defines it.
    pub origin: Option<Origin>,
    /// Rule extensions; none for exclusions.
    pub options: RuleOptions,
    /// The definition's pattern with its prefixes and before the split at `|`: a later definition with the same
    /// text and source replaces this one.
    pub written: Arc<[u8]>,
}

impl Rule {
    /// Makes the rules of `JkMount path worker`.
    ///
    /// # Errors
    /// A path that doesn't start with `/`.
    pub fn mount(
        path: &[u8],
        worker: &[u8],
        origin: &Origin,
        report: &mut Report,
    ) -> Result<Vec<Self>, PatternError> {
        let written = Written { kind: RuleKind::Mount, disabled: false, text: path.into(), pattern: path };
        written.rules(Pattern::path, worker, Source::JkMount, origin, report)
    }

    /// Makes the rules of `JkUnMount path worker`.
    ///
    /// # Errors
    /// A path that doesn't start with `/`.
    pub fn unmount(
        path: &[u8],
        worker: &[u8],
        origin: &Origin,
        report: &mut Report,
    ) -> Result<Vec<Self>, PatternError> {
        let text = [b"!", path].concat().into();
        let written = Written { kind: RuleKind::Exclusion, disabled: false, text, pattern: path };
        written.rules(Pattern::path, worker, Source::JkMount, origin, report)
    }

    /// Makes the rules of the line `pattern = worker` of a map file.
    ///
    /// # Errors
    /// A pattern that starts with none of `/`, `*` and `?` after its prefixes.
    pub fn file_line(
        pattern: &[u8],
        worker: &[u8],
        origin: &Origin,
        report: &mut Report,
    ) -> Result<Vec<Self>, PatternError> {
        let written = Written::with_prefixes(pattern);
        written.rules(Pattern::path_or_wildcard, worker, Source::File, origin, report)
    }

    /// Makes the rule of one item of the `mount` property of `worker`. It has no `|` and no extensions.
    ///
    /// # Errors
    /// A pattern that starts with none of `/`, `*` and `?` after its prefixes.
    pub fn worker_mount(item: &[u8], worker: &str, origin: Option<&Origin>) -> Result<Self, PatternError> {
        let Written { kind, disabled, text, pattern } = Written::with_prefixes(item);
        Ok(Self {
            pattern: Pattern::path_or_wildcard(pattern)?,
            worker: worker.to_owned(),
            kind,
            disabled,
            source: Source::WorkerDefinition,
            origin: origin.cloned(),
            options: RuleOptions::default(),
            written: text,
        })
    }

    /// The pattern of the definition, without its prefixes and before the split at `|`.
    pub fn written_pattern(&self) -> &BStr {
        split_prefixes(&self.written).1.as_bstr()
    }

    /// The definition as the administrator wrote it.
    pub fn spelling(&self) -> String {
        let (pattern, worker) = (self.written_pattern(), &self.worker);
        match (self.source, self.kind) {
            (Source::JkMount, RuleKind::Mount) => format!("JkMount {pattern} {worker}"),
            (Source::JkMount, RuleKind::Exclusion) => format!("JkUnMount {pattern} {worker}"),
            (Source::File, _) => format!("{}={worker}", self.written.as_bstr()),
            (Source::WorkerDefinition, _) => format!("worker.{worker}.mount={}", self.written.as_bstr()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let disabled = if self.disabled { "-" } else { "" };
        let exclusion = if self.kind == RuleKind::Exclusion { "!" } else { "" };
        write!(f, "{disabled}{exclusion}{}={}", self.pattern, self.worker)
    }
}

/// The left side of a definition.
struct Written<'a> {
    kind: RuleKind,
    disabled: bool,
    text: Arc<[u8]>,
    pattern: &'a [u8],
}

impl<'a> Written<'a> {
    /// Takes off the prefixes `-` and `!`, which may stand in any combination.
    fn with_prefixes(text: &'a [u8]) -> Self {
        let (prefixes, pattern) = split_prefixes(text);
        let kind = if prefixes.contains(&b'!') { RuleKind::Exclusion } else { RuleKind::Mount };
        Self { kind, disabled: prefixes.contains(&b'-'), text: text.into(), pattern }
    }

    /// What a pattern is that was hardly meant so. Names that begin with a dot may well be excluded.
    fn doubt(&self) -> Option<String> {
        if self.kind == RuleKind::Mount && self.pattern.ends_with(b"/.*") {
            return Some(
                "matches names that begin with a dot; patterns are no regular expressions, /* matches all"
                    .into(),
            );
        }
        let (short, rest) = self.pattern.split_once_str("|")?;
        let directory = short.strip_suffix(b"/").filter(|_| rest.starts_with(b"/"))?.as_bstr();
        let (short, rest) = (short.as_bstr(), rest.as_bstr());
        let bar = if directory.is_empty() { "" } else { "|" };
        Some(format!("means {short} and {short}{rest}, which matches nothing; write {directory}{bar}{rest}"))
    }

    fn rules(
        &self,
        parse: fn(&[u8]) -> Result<Pattern, PatternError>,
        worker: &[u8],
        source: Source,
        origin: &Origin,
        report: &mut Report,
    ) -> Result<Vec<Rule>, PatternError> {
        let patterns =
            alternatives(self.pattern).iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some(doubt) = self.doubt() {
            report.warn(Some(origin), format!("{}: {doubt}", self.text.as_bstr()));
        }
        let (worker, mut options) = parse_worker(worker, origin, report);
        if self.kind == RuleKind::Exclusion {
            options = RuleOptions::default();
        }
        let rule = |pattern| Rule {
            pattern,
            worker: worker.clone(),
            kind: self.kind,
            disabled: self.disabled,
            source,
            origin: Some(origin.clone()),
            options: options.clone(),
            written: Arc::clone(&self.text),
        };
        Ok(patterns.into_iter().map(rule).collect())
    }
}

/// Splits at the first `|`: `X|Y` means `X` and `XY`.
fn alternatives(pattern: &[u8]) -> Vec<Vec<u8>> {
    match memchr(b'|', pattern) {
        None => vec![pattern.to_vec()],
        Some(bar) => {
            let (short, rest) = (&pattern[..bar], &pattern[bar + 1..]);
            vec![short.to_vec(), [short, rest].concat()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(pattern: &str, worker: &str) -> Vec<Rule> {
        let origin = Origin::new(&"map".into(), 1);
        let mut report = Report::default();
        Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut report).unwrap()
    }

    fn shown(rules: &[Rule]) -> Vec<String> {
        rules.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn map_file_patterns_follow_the_documented_grammar() {
        let cases: &[(&str, &[&str])] = &[
            ("/app", &["/app=w"]),
            ("/app|/*", &["/app=w", "/app/*=w"]),
            ("!/app|/*", &["!/app=w", "!/app/*=w"]),
            ("/a|/b|/c", &["/a=w", "/a/b|/c=w"]),
            ("-/x", &["-/x=w"]),
            ("-!/x", &["-!/x=w"]),
            ("!-/x", &["-!/x=w"]),
            ("*.jsp", &["*.jsp=w"]),
            ("?x", &["?x=w"]),
            ("!*.html", &["!*.html=w"]),
        ];
        for (pattern, expected) in cases {
            assert_eq!(shown(&line(pattern, "w")), *expected, "{pattern}");
        }
    }

    #[test]
    fn invalid_patterns_are_refused() {
        let origin = Origin::new(&"map".into(), 1);
        let report = &mut Report::default();
        for pattern in ["app", "", "-", "!", "|/x", "!app", "+/x"] {
            assert!(Rule::file_line(pattern.as_bytes(), b"w", &origin, report).is_err(), "{pattern}");
        }
        for path in ["*.jsp", "!/x", "-/x", "", "?x"] {
            assert!(Rule::mount(path.as_bytes(), b"w", &origin, report).is_err(), "{path}");
            assert!(Rule::unmount(path.as_bytes(), b"w", &origin, report).is_err(), "{path}");
        }
        assert!(Rule::worker_mount(b"*.jsp", "w", None).is_ok());
        assert!(Rule::worker_mount(b"app", "w", None).is_err());
    }

    #[test]
    fn patterns_that_were_hardly_meant_so_are_doubted() {
        let doubt = |pattern: &str| Written::with_prefixes(pattern.as_bytes()).doubt();
        let told = |pattern: &str| doubt(pattern).unwrap_or_default();
        assert_eq!(told("/shop/|/*"), "means /shop/ and /shop//*, which matches nothing; write /shop|/*");
        assert_eq!(told("!/|/*"), "means / and //*, which matches nothing; write /*");
        assert!(told("/shop/.*").starts_with("matches names that begin with a dot"));
        for fine in ["/shop|/*", "/shop/|*.jsp", "/shop/*.do", "/*.*", "!/.*", "/.well-known/*", "/a.*"] {
            assert_eq!(doubt(fine), None, "{fine}");
        }
    }

    #[test]
    fn worker_ends_at_the_semicolon_and_is_not_trimmed() {
        assert_eq!(line("/x", "w1 ;stateless=1")[0].worker, "w1 ");
        assert_eq!(line("/x", "a=b")[0].worker, "a=b");
        assert!(line("/x|/*", "w;stateless=1").iter().all(|rule| rule.options.stateless));
        assert!(!line("!/x", "w;stateless=1")[0].options.stateless);
    }

    #[test]
    fn directives_know_no_prefixes_and_mount_items_no_bar() {
        let origin = Origin::new(&"httpd.conf".into(), 7);
        let report = &mut Report::default();
        let rules = Rule::unmount(b"/app|/*", b"*", &origin, report).unwrap();
        assert_eq!(shown(&rules), ["!/app=*", "!/app/*=*"]);
        assert_eq!(&*rules[1].written, b"!/app|/*");
        let rule = Rule::worker_mount(b"-!/a|b", "w", None).unwrap();
        assert_eq!((rule.to_string().as_str(), rule.source), ("-!/a|b=w", Source::WorkerDefinition));
    }
}
