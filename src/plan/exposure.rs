//! Status pages by which anybody can change the workers: a mount leads there, and nothing keeps people out.
//!
//! "decisions, row 63".

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::access::{Directive, Page, Reach, RegexMatch, Scope};
use super::Facts;
use crate::config::settings::{UpdateMethods, WorkerKind, WorkersSettings};
use crate::config::{Origin, Report};
use crate::mapping::{parse_worker, Rule, RuleKind, RuleMap, ServerMap};
use crate::text::Counted;

/// A server that requests can come to.
pub(super) struct Host<'h> {
    /// What it is called, and where it is defined; nothing of the main server.
    pub(super) name: Option<(String, Origin)>,
    pub(super) map: Option<&'h ServerMap>,
}

/// Warns of open status pages, if the workers have any that could be.
pub(super) fn check(facts: &Facts<'_>, hosts: &[Host<'_>], workers: &WorkersSettings, report: &mut Report) {
    let writable = writable(workers);
    if !writable.is_empty() {
        let directives = (facts.directives)();
        Exposure { directives: &directives, writable, matches: facts.matches }.check(hosts, report);
    }
}

/// Status workers that take changes from whoever reaches them, and by what.
fn writable(workers: &WorkersSettings) -> HashMap<&str, UpdateMethods> {
    let changed_by = |kind: &WorkerKind| match kind {
        WorkerKind::Status(status) if !status.read_only && status.users.is_empty() => {
            Some(status.update_methods)
        }
        WorkerKind::Status(_) | WorkerKind::Ajp13(_) | WorkerKind::Lb(_) => None,
    };
    let workers = workers.workers.iter();
    workers.filter_map(|worker| Some((worker.name.as_str(), changed_by(&worker.kind)?))).collect()
}

struct Exposure<'e> {
    directives: &'e [Directive],
    /// Workers that take changes, and by what.
    writable: HashMap<&'e str, UpdateMethods>,
    matches: RegexMatch<'e>,
}

/// What leads to an open page, by where it stands and how it is written.
type Found = BTreeMap<(Option<Origin>, String), Open>;

struct Open {
    worker: String,
    reach: Reach,
    uri: String,
    hosts: Vec<String>,
}

impl Exposure<'_> {
    fn check(&self, hosts: &[Host<'_>], report: &mut Report) {
        let (mut found, mut pages) = (Found::new(), HashMap::new());
        let virtual_hosts = self.virtual_hosts();
        // httpd's list begins with the virtual host that was defined last.
        for host in hosts.iter().rev() {
            let own = host.name.as_ref().and_then(|(_, place)| virtual_hosts.get(place));
            let layers = std::iter::once(self.directives).chain(own.into_iter().flatten().copied());
            let scope = Scope { layers: layers.collect(), matches: self.matches };
            let name = host.name.as_ref().map(|(name, place)| format!("{name} ({place})"));
            if let Some(map) = host.map {
                let pages = pages.entry(std::ptr::from_ref(map)).or_insert_with(|| self.pages(map));
                add_mounts(&mut found, pages, &scope, name.as_deref());
            }
            self.add_handlers(&mut found, &scope, name.as_deref());
        }
        for ((origin, spelling), open) in found {
            report.warn(origin.as_ref(), open.text(&spelling));
        }
    }

    /// What stands in virtual hosts, by where they begin; a macro may have made several there.
    fn virtual_hosts(&self) -> HashMap<&Origin, Vec<&[Directive]>> {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for host in self.directives.iter().filter(|section| section.is("<VirtualHost")) {
            found.entry(&host.origin).or_default().push(host.inner.as_slice());
        }
        found
    }

    /// The rules of a map that lead to such pages, and by what these take changes.
    fn pages(&self, map: &ServerMap) -> Vec<(Arc<Rule>, UpdateMethods)> {
        let map = map.current();
        let in_force = map.rules().filter(|(_, in_force)| *in_force);
        let pages = in_force.filter_map(|(rule, _)| Some((rule, self.mounted(rule)?)));
        let taken =
            pages.filter(|(rule, _)| is_taken(&map, rule, &Reach::of_pattern(&rule.pattern.to_string())));
        taken.map(|(rule, changed_by)| (Arc::clone(rule), changed_by)).collect()
    }

    /// What the page takes changes by that a rule mounts.
    fn mounted(&self, rule: &Rule) -> Option<UpdateMethods> {
        self.writable.get(rule.worker.as_str()).copied().filter(|_| rule.kind == RuleKind::Mount)
    }

    /// Sections that name handler and worker themselves ("uri-mapping, section 12").
    fn add_handlers(&self, found: &mut Found, scope: &Scope<'_>, host: Option<&str>) {
        for (section, handler) in scope.with_handler("jakarta-servlet") {
            let worker = section.inner.iter().find_map(indicated);
            let changed_by = worker.as_ref().and_then(|worker| self.writable.get(worker.as_str()).copied());
            let (Some(worker), Some(changed_by)) = (worker, changed_by) else { continue };
            let Some(uri) = section.words().pop() else { continue };
            let reach = Reach::of_pattern(&uri);
            let page = Page { reach: &reach, mounted: Some(&handler.origin), by_handler: true, changed_by };
            if !scope.protects(&page) {
                let key = (Some(handler.origin.clone()), "SetHandler jakarta-servlet".to_owned());
                found.entry(key).or_insert(Open { worker, reach, uri, hosts: Vec::new() }).add(host);
            }
        }
    }
}

fn add_mounts(
    found: &mut Found,
    pages: &[(Arc<Rule>, UpdateMethods)],
    scope: &Scope<'_>,
    host: Option<&str>,
) {
    for (rule, changed_by) in pages {
        let uri = rule.pattern.to_string();
        let (reach, changed_by) = (Reach::of_pattern(&uri), *changed_by);
        let page = Page { reach: &reach, mounted: rule.origin.as_ref(), by_handler: false, changed_by };
        if !scope.protects(&page) {
            let key = (rule.origin.clone(), rule.spelling());
            let open = Open { worker: rule.worker.clone(), reach, uri, hosts: Vec::new() };
            found.entry(key).or_insert(open).add(host);
        }
    }
}

/// The worker that `SetEnv JK_WORKER_NAME` names.
fn indicated(directive: &Directive) -> Option<String> {
    let words = directive.words();
    let is_name = directive.is("SetEnv") && words.first().is_some_and(|name| name == "JK_WORKER_NAME");
    let text = words.into_iter().nth(1).filter(|_| is_name)?;
    Some(parse_worker(text.as_bytes(), &directive.origin, &mut Report::default()).0)
}

/// Tells whether requests for what a rule is about come to its worker, and no exclusion or better rule takes them.
fn is_taken(map: &RuleMap, rule: &Rule, reach: &Reach) -> bool {
    map.lookup(reach.sample().as_bytes()).is_some_and(|taken| taken.worker == rule.worker)
}

impl Open {
    /// Notes a virtual host; one definition may make two rules there.
    fn add(&mut self, host: Option<&str>) {
        if self.hosts.last().map(String::as_str) != host {
            self.hosts.extend(host.map(str::to_owned));
        }
    }

    fn text(&self, spelling: &str) -> String {
        let Self { worker, reach, uri, hosts } = self;
        let (section, place) = reach.section();
        let others = match hosts.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {}", Counted(more as u64, "other")),
        };
        let host = hosts.first().map(|host| format!(" in virtual host {host}{others}")).unwrap_or_default();
        format!(
            "{spelling}: everybody who reaches {uri}{host} can change the workers with status worker {worker}: nothing \
             protects it. Write <{section} \"{place}\"> Require ip 127.0.0.1 </{section}> on three lines, with the addresses \
             that may, or AuthType and Require user; or set worker.{worker}.read_only=True or worker.{worker}.user=..."
        )
    }
}

#[cfg(test)]
mod tests;
