//! `mime=prometheus`: figures for Prometheus and whoever else reads its format or OpenMetrics.
//!
//! Both formats have the same samples; they differ in what a counter is called in the lines above its samples, and
//! OpenMetrics has an end, which is a comment in the other. Which one is told follows what the client takes. A sample is
//! of a `balancer`, a `worker`, or a member, which is both; a Tomcat that several balancers have is told once. What is
//! gone after a restart is not told any more.

mod families;
mod samples;

use std::collections::HashSet;

use super::page::{Content, Page};
use super::report::{Alone, Balancer, List, Member, Question, Shown, Subject, Tomcat};
use samples::{labels, Dialect, Samples};

/// Media type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Media type of what all versions of Prometheus read.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Media type and text. Of a fault, which has an HTTP status of its own, the text is a comment.
pub(super) fn render(page: &Page<'_>) -> (&'static str, String) {
    let content = match &page.outcome {
        Ok(content) => content,
        Err(message) => return (TEXT, format!("# {}\n", super::text::line(message))),
    };
    let is_taken = takes_open_metrics(page.ask.accept.unwrap_or_default());
    let (media_type, dialect) =
        if is_taken { (OPEN_METRICS, Dialect::OpenMetrics) } else { (TEXT, Dialect::Text) };
    (media_type, figures(page, &Told::of(content), dialect))
}

fn takes_open_metrics(accept: &[u8]) -> bool {
    memchr::memmem::find(accept, b"application/openmetrics-text").is_some()
}

fn figures(page: &Page<'_>, told: &Told<'_>, dialect: Dialect) -> String {
    let mut samples = Samples::new(dialect);
    families::SERVER.iter().for_each(|family| samples.add(family, &[(String::new(), &page.overview)]));
    families::BALANCER.iter().for_each(|family| samples.add(family, &told.balancers));
    families::MEMBER.iter().for_each(|family| samples.add(family, &told.members));
    families::WORKER.iter().for_each(|family| samples.add(family, &told.workers));
    samples.end()
}

/// What is told, each thing once and with its labels.
#[derive(Default)]
struct Told<'p> {
    balancers: Vec<(String, &'p Balancer)>,
    members: Vec<(String, &'p Member)>,
    workers: Vec<(String, &'p Tomcat)>,
}

impl<'p> Told<'p> {
    fn of(content: &'p Content) -> Self {
        match content {
            Content::List(List { balancers, workers }) => {
                Self::all(balancers.iter().flatten(), workers.iter().flatten())
            }
            Content::Show(shown)
            | Content::Edit(Subject { shown, .. })
            | Content::Confirm(Question { shown, .. }) => match shown {
                Shown::Balancer(lb) => Self::all([&**lb], []),
                Shown::Alone(worker) => Self::all([], [&**worker]),
                Shown::Status => Self::default(),
            },
            Content::Version | Content::Dump(_) | Content::Explain(_) | Content::Done => Self::default(),
        }
    }

    fn all(
        balancers: impl IntoIterator<Item = &'p Balancer>,
        workers: impl IntoIterator<Item = &'p Alone>,
    ) -> Self {
        let mut told = Self::default();
        let mut known = HashSet::new();
        for lb in balancers {
            let name = ("balancer", lb.settings.name.as_str());
            told.balancers.push((labels(&[name]), lb));
            for member in &lb.members {
                let worker = ("worker", member.tomcat.settings.name.as_str());
                told.members.push((labels(&[name, worker]), member));
                told.add_worker(&member.tomcat, &mut known);
            }
        }
        workers.into_iter().for_each(|worker| told.add_worker(&worker.tomcat, &mut known));
        told
    }

    fn add_worker(&mut self, tomcat: &'p Tomcat, known: &mut HashSet<&'p str>) {
        let name = tomcat.settings.name.as_str();
        if known.insert(name) {
            self.workers.push((labels(&[("worker", name)]), tomcat));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::Family;
    use super::*;

    #[test]
    fn open_metrics_is_told_to_who_takes_it() {
        let prometheus = b"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
        assert!(takes_open_metrics(prometheus));
        assert!(!takes_open_metrics(b"text/plain;version=0.0.4, */*") && !takes_open_metrics(b""));
    }

    /// One vocabulary, and no two families of one name.
    #[test]
    fn names_are_in_order() {
        let of = |families: &[(&'static str, &'static str)], beginning: &str| {
            for (name, help) in families {
                assert!(name.starts_with(beginning) && !name.ends_with("_total"), "{name}");
                assert!(help.ends_with('.'), "{name}: {help}");
            }
        };
        fn texts<T, const N: usize>(families: &[Family<T>; N]) -> Vec<(&'static str, &'static str)> {
            families.iter().map(|family| (family.name, family.help)).collect()
        }
        of(&texts(&families::SERVER), "jk_");
        of(&texts(&families::BALANCER), "jk_balancer_");
        of(&texts(&families::MEMBER), "jk_member_");
        of(&texts(&families::WORKER), "jk_worker_");
    }
}
