//! Whether a rule fits the workers that are configured.
//!
//! Run over all rules by configtest and at start, and over a map file's rules at each reload.

use std::collections::HashMap;

use super::{Kind, Rule, RuleOptions};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::{LbSettings, WorkerKind, WorkersSettings};
use crate::config::workers::{check_mounted_worker, DefinedNames};
use crate::config::{Report, Severity};

/// The workers that rules can name.
#[derive(Debug)]
pub struct WorkerCheck<'a> {
    settings: &'a WorkersSettings,
    defined: &'a DefinedNames,
    listed: HashMap<&'a str, &'a WorkerKind>,
}

impl<'a> WorkerCheck<'a> {
    /// Takes the workers that can serve, and all names that have properties.
    pub fn new(settings: &'a WorkersSettings, defined: &'a DefinedNames) -> Self {
        let listed = settings.workers.iter().map(|worker| (worker.name.as_str(), &worker.kind)).collect();
        Self { settings, defined, listed }
    }

    /// Complains about a worker that is not listed, with severity `unknown` (only a warning for a disabled rule or
    /// an exclusion), and warns of extensions that have no effect with this worker.
    pub fn check(&self, rule: &Rule, unknown: Severity, report: &mut Report) {
        match self.listed.get(rule.worker.as_str()) {
            Some(WorkerKind::Lb(lb)) => check_members(rule, lb, report),
            Some(_) => check_without_balancer(rule, report),
            None if rule.kind == Kind::Exclusion && rule.worker == "*" => {}
            None => self.check_unknown(rule, unknown, report),
        }
    }

    /// Does so for each of `rules`.
    pub fn check_all(&self, rules: &[Rule], unknown: Severity, report: &mut Report) {
        rules.iter().for_each(|rule| self.check(rule, unknown, report));
    }

    fn check_unknown(&self, rule: &Rule, unknown: Severity, report: &mut Report) {
        let Some((fault, advice)) = check_mounted_worker(self.settings, self.defined, &rule.worker) else {
            return;
        };
        let consequence = match rule.kind {
            _ if rule.disabled => "the rule is disabled, so this has no effect".to_owned(),
            Kind::Mount => "requests for this mount get 500".to_owned(),
            Kind::Exclusion => {
                format!("it excludes nothing: what is mounted of {} stays forwarded", rule.written_pattern())
            }
        };
        let text = format!("{}: worker {} {fault}; {consequence}{advice}", rule.spelling(), rule.worker);
        // A rule that forwards nothing does no harm.
        match rule.disabled || rule.kind == Kind::Exclusion || unknown == Severity::Warning {
            true => report.warn(rule.origin.as_ref(), text),
            false => report.error(rule.origin.as_ref(), text),
        }
    }
}

fn check_members(rule: &Rule, lb: &LbSettings, report: &mut Report) {
    let members = || lb.members.iter().map(|member| member.worker.name.as_str());
    for activation in &rule.options.activations {
        let name = activation.member.as_str();
        if !members().any(|member| member == name) {
            let hint = did_you_mean(name, members());
            let text = format!("{}: {name} is not a member of balancer {}{hint}", rule.spelling(), lb.name);
            report.warn(rule.origin.as_ref(), text);
        }
    }
}

fn check_without_balancer(rule: &Rule, report: &mut Report) {
    for name in balancer_extensions(&rule.options) {
        let text =
            format!("{}: {} is not of type lb, extension {name} is ignored", rule.spelling(), rule.worker);
        report.warn(rule.origin.as_ref(), text);
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
