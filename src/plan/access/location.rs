//! Which URIs `<Location>` is about, and which folders `<Directory>`.

use super::Directive;
use crate::mapping::Pattern;

/// Tells whether a regular expression of httpd's matches a text.
pub(in super::super) type RegexMatch<'a> = &'a dyn Fn(&str, &str) -> bool;

/// URIs that are asked about together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Reach {
    /// What all of them begin with, or the only one.
    start: String,
    /// There are others that go on.
    goes_on: bool,
    /// Some of them.
    samples: Vec<String>,
}

impl Reach {
    /// The URIs that a pattern with `*` and `?` matches.
    pub(in super::super) fn of_pattern(pattern: &str) -> Self {
        let wildcard = pattern.find(['*', '?']);
        let sample = |stars: &str| pattern.replace('*', stars).replace('?', "x");
        Self {
            start: pattern[..wildcard.unwrap_or(pattern.len())].to_owned(),
            goes_on: wildcard.is_some(),
            samples: vec![sample(""), sample("x")],
        }
    }

    /// One of them.
    pub(in super::super) fn sample(&self) -> &str {
        &self.samples[0]
    }

    /// Tells whether some are of a kind.
    pub(super) fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        self.samples.iter().any(|sample| is(sample))
    }

    /// A section for all of them.
    pub(in super::super) fn section(&self) -> (&'static str, String) {
        match self.start.as_str() {
            "" | "/" => ("Location", "/".to_owned()),
            start if self.goes_on && !start.ends_with('/') => ("LocationMatch", format!("^{start}")),
            start => ("Location", start.strip_suffix('/').unwrap_or(start).to_owned()),
        }
    }
}

/// Where a section applies.
pub(super) enum Place {
    Path(String),
    Wildcard(String),
    Regex(String),
}

impl Place {
    /// That of `<Location>` and `<LocationMatch>`.
    pub(super) fn of(section: &Directive) -> Option<Self> {
        let mut words = section.words().into_iter();
        let first = words.next()?;
        if section.is("<LocationMatch") {
            Some(Self::Regex(first))
        } else if !section.is("<Location") {
            None
        } else if first == "~" {
            words.next().map(Self::Regex)
        } else if first.contains(['*', '?', '[']) {
            Some(Self::Wildcard(first))
        } else {
            Some(Self::Path(first))
        }
    }

    /// Tells whether it applies to all URIs of `reach`.
    pub(super) fn covers(&self, reach: &Reach, matches: RegexMatch<'_>) -> bool {
        match self {
            Self::Path(path) if path == "/" => true,
            Self::Path(path) if path.ends_with('/') => reach.start.starts_with(path),
            Self::Path(path) => match reach.start.strip_prefix(path.as_str()) {
                Some("") => !reach.goes_on,
                Some(rest) => rest.starts_with('/'),
                None => false,
            },
            Self::Wildcard(pattern) => reach.samples.iter().all(|sample| wildcard(pattern, sample)),
            Self::Regex(pattern) => reach.samples.iter().all(|sample| matches(pattern, sample)),
        }
    }
}

/// Which folders `<Directory>` is about.
pub(super) struct Folder(Place);

impl Folder {
    pub(super) fn of(section: &Directive) -> Option<Self> {
        let mut words = section.words().into_iter();
        let first = words.next()?;
        Some(Self(match first.as_str() {
            _ if section.is("<DirectoryMatch") => Place::Regex(first),
            _ if !section.is("<Directory") => return None,
            "~" => Place::Regex(words.next()?),
            pattern if pattern.contains(['*', '?', '[']) => Place::Wildcard(first),
            _ => Place::Path(first),
        }))
    }

    /// Tells whether it holds for files in `root`; all do if that is not known.
    pub(super) fn holds(&self, root: Option<&str>, matches: RegexMatch<'_>) -> bool {
        let root = root.map(|root| root.strip_suffix('/').unwrap_or(root));
        let Some(root) = root.filter(|root| root.starts_with('/')) else { return true };
        match &self.0 {
            Place::Path(path) => {
                let rest = root.strip_prefix(path.strip_suffix('/').unwrap_or(path));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Place::Wildcard(pattern) => wildcard(pattern, root),
            Place::Regex(pattern) => matches(pattern, root),
        }
    }

    /// Where httpd merges it: by the number of folders, and after all of those by regular expression.
    pub(super) fn rank(&self) -> usize {
        match &self.0 {
            Place::Path(path) | Place::Wildcard(path) => {
                path.split('/').filter(|folder| !folder.is_empty()).count()
            }
            Place::Regex(_) => usize::MAX,
        }
    }
}

/// Tells whether a pattern of the shell matches; one that is not understood here is taken to match, and so is a `*` before
/// a slash.
fn wildcard(pattern: &str, text: &str) -> bool {
    match Pattern::path_or_wildcard(pattern.as_bytes()) {
        Ok(own) if !pattern.contains('[') => own.matches(text.as_bytes()),
        _ => true,
    }
}
