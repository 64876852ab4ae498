//! Which members are meant, and how a status page is told so.

use jk_rooms::config::nearest;

use super::action::Action;
use super::progress;
use crate::ending::Failure;
use crate::page::report::{Balancer, Member, Report};
use crate::page::{escape, Page};

/// A member that is waited for.
#[derive(Debug)]
pub struct Awaited {
    /// What is done to it.
    pub action: Action,
    /// What it is now.
    pub member: Member,
    /// Child processes from before a restart, which may still have requests on it.
    pub earlier: u64,
}

impl Awaited {
    /// Tells whether it is as it is in the end.
    pub fn is_complete(&self) -> bool {
        self.action.is_complete(&self.member) && (self.earlier == 0 || self.action == Action::Activate)
    }

    /// What is told of it while it is waited for.
    pub fn told(&self) -> String {
        let told = progress::of(&self.member);
        match self.earlier {
            0 => told,
            1 => format!("{told}; 1 process from before a restart may still serve its requests"),
            many => format!("{told}; {many} processes from before a restart may still serve its requests"),
        }
    }
}

/// Members of a balancer.
#[derive(Debug)]
pub struct Subject {
    lb: String,
    /// Those that are meant.
    names: Vec<String>,
    /// The others of the balancer.
    others: Vec<String>,
    /// They are meant as a domain.
    domain: Option<String>,
}

impl Subject {
    /// Looks up what `word` means in the balancer `lb`: members, or a domain. To switch, a word that is no member's name is a
    /// domain without being told so.
    ///
    /// # Errors
    /// [`Failure`] that names what is near and what there is.
    pub fn find(
        report: &Report,
        lb: &str,
        word: &str,
        is_domain: bool,
        action: Action,
    ) -> Result<Self, Failure> {
        let balancers = report.balancers.iter().map(|balancer| balancer.name.as_str());
        let balancer = report.balancers.iter().find(|balancer| balancer.name == lb);
        let balancer = balancer.ok_or_else(|| unknown("balancer", lb, balancers.collect()))?;
        let domains: Vec<_> = domains(balancer);
        let is_domain = is_domain || (action == Action::Switch && domains.contains(&word));
        let is_meant = |member: &&Member| match is_domain {
            true => member.domain == word,
            false => {
                word.split(',').any(|pattern| matches(pattern.as_bytes(), member.worker.name.as_bytes()))
            }
        };
        let (meant, others): (Vec<_>, Vec<_>) = balancer.members.iter().partition(is_meant);
        let names = |members: Vec<&Member>| members.iter().map(|member| member.worker.name.clone()).collect();
        if !is_domain {
            check_each(balancer, word, &domains, action)?;
        } else if meant.is_empty() {
            return Err(unknown(&format!("domain of {lb}"), word, domains));
        }
        let domain = is_domain.then(|| word.to_owned());
        Ok(Self { lb: lb.to_owned(), names: names(meant), others: names(others), domain })
    }

    /// What the status page is asked, in this order.
    pub fn queries(&self, action: Action, drain_timeout: Option<u32>) -> Vec<String> {
        let drains = matches!(action, Action::Drain | Action::Switch);
        let timeout = drain_timeout.filter(|_| drains).map(|seconds| format!("&timeout={seconds}"));
        let timeout = timeout.unwrap_or_default();
        let members = |action: Action, names: &[String], timeout: &str| {
            format!("cmd={}&w={}&sw={}{timeout}", action.word(), escape(&self.lb), escape(&names.join(",")))
        };
        match (&self.domain, action) {
            (Some(domain), _) => {
                let (lb, domain) = (escape(&self.lb), escape(domain));
                vec![format!("cmd={}&w={lb}&domain={domain}{timeout}", action.word())]
            }
            (None, Action::Switch) => {
                let mut queries = vec![members(Action::Activate, &self.names, "")];
                if !self.others.is_empty() {
                    queries.push(members(Action::Drain, &self.others, &timeout));
                }
                queries
            }
            (None, _) => vec![members(action, &self.names, &timeout)],
        }
    }

    /// All members that the change is about, as they are now.
    ///
    /// # Errors
    /// [`Failure`] if the page can't be reached.
    pub fn members(&self, page: &Page) -> Result<Vec<Member>, Failure> {
        Ok(self.find_members(page, |name| self.names.contains(name))?.0)
    }

    /// Those that are waited for, and what is done to each: to switch, the ones that take over are activated, and the
    /// others stand back.
    ///
    /// # Errors
    /// As for [`Subject::members`].
    pub fn waited_for(&self, page: &Page, action: Action) -> Result<Vec<Awaited>, Failure> {
        let is_switch = action == Action::Switch;
        let (found, earlier) = self.find_members(page, |name| {
            self.names.contains(name) || is_switch && self.others.contains(name)
        })?;
        let takes_over = |member: &Member| is_switch && self.names.contains(&member.worker.name);
        let awaited = found.into_iter().map(|member| Awaited {
            action: if takes_over(&member) { Action::Activate } else { action },
            member,
            earlier,
        });
        Ok(awaited.collect())
    }

    /// Members, and how many processes are from before a restart.
    fn find_members(
        &self,
        page: &Page,
        is_meant: impl Fn(&String) -> bool,
    ) -> Result<(Vec<Member>, u64), Failure> {
        let report = Report::read(&page.list()?.json)?;
        let balancer = report.balancers.into_iter().find(|balancer| balancer.name == self.lb);
        let gone = || Failure::new(format_args!("{}: the balancer {} is gone", page.url(), self.lb));
        let members = balancer.ok_or_else(gone)?.members;
        let meant = members.into_iter().filter(|member| is_meant(&member.worker.name));
        Ok((meant.collect(), report.earlier_processes))
    }
}

/// Checks that each name or pattern of a list means some member.
fn check_each(balancer: &Balancer, word: &str, domains: &[&str], action: Action) -> Result<(), Failure> {
    let members: Vec<_> = balancer.members.iter().map(|member| member.worker.name.as_str()).collect();
    let is_there = |pattern: &str| members.iter().any(|name| matches(pattern.as_bytes(), name.as_bytes()));
    let Some(missing) = word.split(',').find(|pattern| !is_there(pattern)) else { return Ok(()) };
    let of = &balancer.name;
    if action == Action::Switch && !domains.is_empty() {
        return Err(unknown(&format!("member or domain of {of}"), missing, [&members[..], domains].concat()));
    }
    Err(unknown(&format!("member of {of}"), missing, members))
}

fn domains(balancer: &Balancer) -> Vec<&str> {
    let mut domains: Vec<_> = balancer.members.iter().map(|member| member.domain.as_str()).collect();
    domains.retain(|domain| !domain.is_empty());
    domains.sort_unstable();
    domains.dedup();
    domains
}

fn unknown(what: &str, word: &str, all: Vec<&str>) -> Failure {
    let near = nearest(word, all.iter().copied()).map(|near| format!(", did you mean {near:?}?"));
    let there =
        if all.is_empty() { "there is none".to_owned() } else { format!("there are {}", all.join(", ")) };
    Failure::new(format_args!("{word:?} is no {what}{}; {there}", near.unwrap_or_default()))
}

/// Tells whether `name` is what `pattern` means: `*` is any octets, `?` one, as the status page reads it.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|length| matches(rest, &name[length..])),
        (Some((b'?', pattern)), Some((_, name))) => matches(pattern, name),
        (Some((one, pattern)), Some((other, name))) => one == other && matches(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::report::Worker;

    fn report() -> Report {
        let member = |name: &str, domain: &str| Member {
            worker: Worker {
                name: name.into(),
                address: String::new(),
                busy: 0,
                connected: 0,
                used: 0,
                errors: 0,
                p95: None,
                last_error: None,
            },
            domain: domain.into(),
            activation: "Active".into(),
            state: "OK".into(),
            sessions: 0,
            session_requests: 0,
            load: 0,
            drain: None,
        };
        let members = [("tomcat1", "blue"), ("tomcat2", "blue"), ("tomcat3", "green")];
        let members = members.map(|(name, domain)| member(name, domain)).to_vec();
        Report {
            earlier_processes: 0,
            time: 0,
            module: String::new(),
            balancers: vec![Balancer { name: "farm".into(), busy: 0, members }],
            workers: Vec::new(),
        }
    }

    fn queries(word: &str, is_domain: bool, action: Action) -> Vec<String> {
        Subject::find(&report(), "farm", word, is_domain, action).unwrap().queries(action, Some(60))
    }

    #[test]
    fn a_page_is_told_which_members_are_meant() {
        for (word, is_domain, action, expected) in [
            ("tomcat1", false, Action::Drain, &["cmd=drain&w=farm&sw=tomcat1&timeout=60"][..]),
            ("tomcat1", false, Action::Activate, &["cmd=activate&w=farm&sw=tomcat1"]),
            ("tomcat?", false, Action::Stop, &["cmd=stop&w=farm&sw=tomcat1,tomcat2,tomcat3"]),
            ("*3,tomcat1", false, Action::Disable, &["cmd=disable&w=farm&sw=tomcat1,tomcat3"]),
            ("blue", true, Action::Stop, &["cmd=stop&w=farm&domain=blue"]),
            ("green", false, Action::Switch, &["cmd=switch&w=farm&domain=green&timeout=60"]),
            (
                "tomcat2",
                false,
                Action::Switch,
                &["cmd=activate&w=farm&sw=tomcat2", "cmd=drain&w=farm&sw=tomcat1,tomcat3&timeout=60"],
            ),
        ] {
            assert_eq!(queries(word, is_domain, action), expected, "{word}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        for (lb, word, is_domain, action, told) in [
            (
                "fram",
                "tomcat1",
                false,
                Action::Stop,
                "\"fram\" is no balancer, did you mean \"farm\"?; there are farm",
            ),
            (
                "farm",
                "tomcat1,tomact2",
                false,
                Action::Stop,
                "\"tomact2\" is no member of farm, did you mean \"tomcat2\"?",
            ),
            ("farm", "x*", false, Action::Stop, "is no member of farm; there are tomcat1, tomcat2, tomcat3"),
            ("farm", "blau", true, Action::Stop, "is no domain of farm; there are blue, green"),
            ("farm", "gren", false, Action::Switch, "no member or domain of farm, did you mean \"green\"?"),
            ("farm", "", false, Action::Stop, "is no member of farm"),
        ] {
            let found = Subject::find(&report(), lb, word, is_domain, action);
            let failure = found.map(|subject| format!("{subject:?}")).unwrap_err();
            assert!(format!("{failure:?}").replace('\\', "").contains(told), "{failure:?}");
        }
    }
}
