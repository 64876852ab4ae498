//! Lines of the two text formats.

use std::fmt::{Display, Write};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    OpenMetrics,
    Text,
}

/// What samples of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A family of samples about subjects of type `T`.
pub(super) struct Family<T> {
    /// A counter's without `_total`, a histogram's without `_bucket` and the like.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What it is, in a sentence.
    pub(super) help: &'static str,
    /// Adds the samples of one subject.
    pub(super) tell: fn(&T, &mut Subject<'_>),
}

/// The text that is being written.
pub(super) struct Samples {
    dialect: Dialect,
    out: String,
}

/// One subject of a family.
pub(super) struct Subject<'s> {
    out: &'s mut String,
    name: &'static str,
    suffix: &'static str,
    /// As they stand between the braces.
    labels: &'s str,
}

impl Samples {
    /// Nothing yet.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, out: String::new() }
    }

    /// Adds a family with its samples; one without any is left out.
    pub(super) fn add<T>(&mut self, family: &Family<T>, subjects: &[(String, &T)]) {
        let start = self.out.len();
        let Family { name, kind, help, .. } = family;
        let suffix = if *kind == Kind::Counter { "_total" } else { "" };
        let shown = if self.dialect == Dialect::Text { suffix } else { "" };
        let _ = writeln!(self.out, "# HELP {name}{shown} {help}\n# TYPE {name}{shown} {}", kind.word());
        let end_of_head = self.out.len();
        for (labels, subject) in subjects {
            (family.tell)(subject, &mut Subject { out: &mut self.out, name, suffix, labels });
        }
        if self.out.len() == end_of_head {
            self.out.truncate(start);
        }
    }

    /// The whole text.
    pub(super) fn end(mut self) -> String {
        self.out.push_str("# EOF\n");
        self.out
    }
}

impl Subject<'_> {
    /// Adds its only sample.
    pub(super) fn value(&mut self, value: impl Display) {
        self.sample(self.suffix, None, value);
    }

    /// Adds the sample that has this label, whose text needs no escape.
    pub(super) fn with(&mut self, label: &str, text: &str, value: impl Display) {
        self.sample(self.suffix, Some((label, text)), value);
    }

    /// Adds a 1 with such labels.
    pub(super) fn info(&mut self, more: &[(&str, &str)]) {
        let _ = writeln!(self.out, "{}{{{},{}}} 1", self.name, self.labels, labels(more));
    }

    /// Adds one sample for each of `all`, which is 1 for the one that is the case.
    pub(super) fn one_of(&mut self, label: &str, all: impl IntoIterator<Item = &'static str>, case: &str) {
        all.into_iter().for_each(|word| self.with(label, word, u8::from(word == case)));
    }

    /// Adds a histogram: the upper end of each place but the last, in seconds, the counts of all, and the sum.
    pub(super) fn histogram(&mut self, bounds: &[f64], counts: &[u64], sum: f64) {
        let mut count = 0;
        let ends = bounds.iter().map(|bound| format!("{bound:?}")).chain(["+Inf".to_owned()]);
        for (end, found) in ends.zip(counts) {
            count += found;
            self.sample("_bucket", Some(("le", &end)), count);
        }
        self.sample("_count", None, count);
        self.sample("_sum", None, sum);
    }

    fn sample(&mut self, suffix: &str, label: Option<(&str, &str)>, value: impl Display) {
        let _ = write!(self.out, "{}{suffix}", self.name);
        let comma = if self.labels.is_empty() { "" } else { "," };
        let _ = match label {
            Some((label, text)) => write!(self.out, "{{{}{comma}{label}=\"{text}\"}}", self.labels),
            None if self.labels.is_empty() => Ok(()),
            None => write!(self.out, "{{{}}}", self.labels),
        };
        let _ = writeln!(self.out, " {value}");
    }
}

impl Kind {
    fn word(self) -> &'static str {
        ["counter", "gauge", "histogram"][self as usize]
    }
}

/// Labels as they stand between the braces.
pub(super) fn labels(all: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in all {
        let comma = if out.is_empty() { "" } else { "," };
        let _ = write!(out, "{comma}{name}=\"{}\"", escaped(value));
    }
    out
}

/// `text` as the value of a label.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTER: Family<u64> = Family {
        name: "things",
        kind: Kind::Counter,
        help: "Things.",
        tell: |count, subject| subject.value(count),
    };

    fn text(dialect: Dialect) -> String {
        let mut samples = Samples::new(dialect);
        samples.add(&COUNTER, &[(labels(&[("a", "x")]), &1), (String::new(), &2)]);
        samples.add(&Family { name: "none", tell: |_, _| {}, ..COUNTER }, &[(String::new(), &1)]);
        let states = Family {
            name: "state",
            kind: Kind::Gauge,
            tell: |_, subject: &mut Subject<'_>| subject.one_of("is", ["up", "down"], "down"),
            ..COUNTER
        };
        samples.add(&states, &[(labels(&[("a", "x")]), &1)]);
        samples.end()
    }

    #[test]
    fn the_two_formats_differ_in_the_names_of_counters_alone() {
        let open_metrics = text(Dialect::OpenMetrics);
        assert_eq!(
            open_metrics,
            "# HELP things Things.\n# TYPE things counter\nthings_total{a=\"x\"} 1\nthings_total 2\n\
             # HELP state Things.\n# TYPE state gauge\nstate{a=\"x\",is=\"up\"} 0\nstate{a=\"x\",is=\"down\"} 1\n\
             # EOF\n"
        );
        let renamed = open_metrics.replace("HELP things ", "HELP things_total ");
        assert_eq!(text(Dialect::Text), renamed.replace("TYPE things ", "TYPE things_total "));
    }

    #[test]
    fn places_of_a_histogram_add_up() {
        let mut out = String::new();
        let mut subject = Subject { out: &mut out, name: "took", suffix: "", labels: "a=\"x\"" };
        subject.histogram(&[0.0025, 1.0], &[3, 0, 2], 60.5);
        assert_eq!(
            out,
            "took_bucket{a=\"x\",le=\"0.0025\"} 3\ntook_bucket{a=\"x\",le=\"1.0\"} 3\n\
             took_bucket{a=\"x\",le=\"+Inf\"} 5\ntook_count{a=\"x\"} 5\ntook_sum{a=\"x\"} 60.5\n"
        );
    }

    #[test]
    fn nothing_breaks_out_of_a_label() {
        assert_eq!(labels(&[("a", "x\\\"}\n#"), ("b", "é")]), "a=\"x\\\\\\\"}\\n#\",b=\"é\"");
    }
}
