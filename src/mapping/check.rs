//! Whether a rule fits the workers that are configured.
//!
//! Run over all rules by configtest and at start, and over a map file's rules at each reload.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Rule, RuleKind, RuleOptions};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::{WorkerKind, WorkersSettings};
use crate::config::workers::{check_mounted_worker, DefinedNames};
use crate::config::{Report, Severity};

/// The workers that rules can name.
#[derive(Debug)]
pub struct WorkerCheck<'a> {
    settings: &'a WorkersSettings,
    defined: &'a DefinedNames,
    listed: HashMap<&'a str, Listed<'a>>,
}

/// What a rule's worker is.
#[derive(Debug)]
enum Listed<'a> {
    Tomcat,
    /// With the names of its members.
    Balancer(HashSet<&'a str>),
    Status,
}

impl<'a> WorkerCheck<'a> {
    /// Takes the workers that can serve, and all names that have properties.
    pub fn new(settings: &'a WorkersSettings, defined: &'a DefinedNames) -> Self {
        let listed = settings.workers.iter().map(|worker| (worker.name.as_str(), Listed::of(&worker.kind)));
        Self { settings, defined, listed: listed.collect() }
    }

    /// Complains about a worker that is not listed, with severity `unknown` (only a warning for a disabled rule or
    /// an exclusion), and warns of extensions that have no effect with this worker.
    pub fn check(&self, rule: &Rule, unknown: Severity, report: &mut Report) {
        match self.listed.get(rule.worker.as_str()) {
            Some(Listed::Balancer(members)) => check_members(rule, members, report),
            Some(Listed::Tomcat) => check_without_balancer(rule, report),
            Some(Listed::Status) => {}
            None if rule.kind == RuleKind::Exclusion && rule.worker == "*" => {}
            None => self.check_unknown(rule, unknown, report),
        }
    }

    /// Does so for each definition among `rules`. A limited report bounds the work: one look-up for each and, for a
    /// complaint that is kept, the search for what may have been meant.
    pub fn check_all(&self, rules: &[Rule], unknown: Severity, report: &mut Report) {
        let definitions = rules.chunk_by(|one, next| Arc::ptr_eq(&one.written, &next.written));
        definitions.filter_map(<[Rule]>::first).for_each(|rule| self.check(rule, unknown, report));
    }

    fn check_unknown(&self, rule: &Rule, unknown: Severity, report: &mut Report) {
        // One cause, one complaint; but an error keeps a changed map file from being taken, whatever the cause.
        if unknown == Severity::Warning && self.defined.is_excused(&rule.worker) {
            return;
        }
        // A rule that forwards nothing does no harm.
        let severity = match rule.disabled || rule.kind == RuleKind::Exclusion {
            true => Severity::Warning,
            false => unknown,
        };
        report.add(severity, rule.origin.as_ref(), || self.unknown(rule, severity));
    }

    fn unknown(&self, rule: &Rule, severity: Severity) -> String {
        let consequence = match rule.kind {
            _ if rule.disabled => "the rule is disabled, so this has no effect".to_owned(),
            RuleKind::Mount if severity == Severity::Error => {
                "requests for this mount would get 500".to_owned()
            }
            RuleKind::Mount => "requests for this mount get 500".to_owned(),
            RuleKind::Exclusion => {
                format!("it excludes nothing: what is mounted of {} stays forwarded", rule.written_pattern())
            }
        };
        let found = check_mounted_worker(self.settings, self.defined, &rule.worker);
        let (fault, advice) = found.unwrap_or_default();
        format!("{}: worker {} {fault}; {consequence}{advice}", rule.spelling(), rule.worker)
    }
}

impl<'a> Listed<'a> {
    fn of(kind: &'a WorkerKind) -> Self {
        match kind {
            WorkerKind::Lb(lb) => {
                Self::Balancer(lb.members.iter().map(|member| member.worker.name.as_str()).collect())
            }
            WorkerKind::Ajp13(_) => Self::Tomcat,
            WorkerKind::Status(_) => Self::Status,
        }
    }
}

fn check_members(rule: &Rule, members: &HashSet<&str>, report: &mut Report) {
    let names = rule.options.activations.iter().map(|activation| activation.member.as_str());
    for name in names.filter(|name| !members.contains(name)) {
        report.add(Severity::Warning, rule.origin.as_ref(), || {
            let mut known: Vec<_> = members.iter().copied().collect();
            known.sort_unstable();
            let hint = did_you_mean(name, known);
            format!("{}: {name} is not a member of balancer {}{hint}", rule.spelling(), rule.worker)
        });
    }
}

fn check_without_balancer(rule: &Rule, report: &mut Report) {
    for name in balancer_extensions(&rule.options) {
        report.add(Severity::Warning, rule.origin.as_ref(), || {
            format!("{}: {} is not of type lb, extension {name} is ignored", rule.spelling(), rule.worker)
        });
    }
}

/// Names of the extensions in use that only a balancer heeds.
fn balancer_extensions(options: &RuleOptions) -> impl Iterator<Item = &'static str> {
    let uses = [
        ("active, disabled or stopped", !options.activations.is_empty()),
        ("session_cookie", options.session_cookie.is_some()),
        ("session_path", options.session_path.is_some()),
        ("set_session_cookie", options.set_session_cookie),
        ("session_cookie_path", options.session_cookie_path.is_some()),
    ];
    uses.into_iter().filter(|(_, used)| *used).map(|(name, _)| name)
}

#[cfg(test)]
mod tests;
