//! `jkctl drain|activate|disable|stop|switch`: what operators do to members, through a status page.

mod action;
mod help;
mod progress;
mod subject;

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::ending::{refuse, warn, Ending, Failure};
use crate::page::report::{Member, Report};
use crate::page::{Access, Page};
use crate::terminal::{line, Style, Terminal};
use crate::tomcat::trouble::seconds;
pub use action::Action;
use progress::Progress;
use subject::{Awaited, Subject};

/// Between two looks at members that are waited for.
const LOOK: Duration = Duration::from_millis(500);

/// Between two tries of a change that met a process which only ends what it began, and how many there are: a graceful
/// restart takes new connections within a second or so.
const AGAIN: Duration = Duration::from_millis(250);
const TRIES: u32 = 40;

/// What all changes take. Each says for itself what it waits for ([`Action::help`]).
#[derive(Args, Debug)]
pub struct Change {
    /// The status page: http://host/jk-status
    url: String,
    /// The balancer
    lb: String,
    /// The member, or several: a,b or a pattern with * and ?
    member: String,
    /// MEMBER names a domain: all members of it are meant
    #[arg(long)]
    domain: bool,
    /// Wait at most this long
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,
    #[command(flatten)]
    access: Access,
}

/// What changes take by which members get empty.
#[derive(Args, Debug)]
pub struct Emptying {
    #[command(flatten)]
    change: Change,
    /// Stop members after so long, even if their sessions go on; 0 is never [default: drain_timeout of each]
    #[arg(long, value_name = "SECONDS")]
    drain_timeout: Option<u32>,
}

impl Emptying {
    /// Does it.
    pub fn run(self, action: Action, terminal: &mut Terminal) -> Result<Ending, Failure> {
        self.change.run_within(self.drain_timeout, action, terminal)
    }
}

impl Change {
    /// Does it.
    pub fn run(self, action: Action, terminal: &mut Terminal) -> Result<Ending, Failure> {
        self.run_within(None, action, terminal)
    }

    fn run_within(
        self,
        drain_timeout: Option<u32>,
        action: Action,
        terminal: &mut Terminal,
    ) -> Result<Ending, Failure> {
        let page = Page::new(&self.url, &self.access)?;
        let report = Report::read(&page.list()?.json)?;
        let subject = Subject::find(&report, &self.lb, &self.member, self.domain, action)?;
        for query in subject.queries(action, drain_timeout) {
            if let Some(refusal) = order(&page, &query)? {
                return Ok(refuse(format_args!("{}: {refusal}", page.url())));
            }
        }
        let members = subject.members(&page)?;
        for member in &members {
            tell(member, terminal)?;
        }
        terminal.flush()?;
        if !matches!(action, Action::Activate | Action::Switch) {
            self.warn_of_nobody(&page)?;
        }
        match self.wait {
            Some(limit) => {
                wait(&Waiting { page: &page, subject: &subject, action, since: report.time, limit }, terminal)
            }
            None => Ok(Ending::Good),
        }
    }
}

impl Change {
    /// Warns if nobody is left who takes new sessions.
    fn warn_of_nobody(&self, page: &Page) -> Result<(), Failure> {
        let report = Report::read(&page.list()?.json)?;
        let balancer = report.balancers.iter().find(|balancer| balancer.name == self.lb);
        if balancer.is_some_and(|balancer| !balancer.has_active()) {
            warn(format_args!(
                "{}: no member is active any more: requests without a session get 503",
                self.lb
            ));
        }
        Ok(())
    }
}

/// Has the page do it; tells why it is refused, if it is.
fn order(page: &Page, query: &str) -> Result<Option<String>, Failure> {
    for _ in 1..TRIES {
        let answer = page.change(query)?;
        match answer.status {
            503 => thread::sleep(AGAIN),
            _ => return Ok(answer.is_refusal().then(|| answer.message().to_owned())),
        }
    }
    let answer = page.change(query)?;
    Ok(answer.is_refusal().then(|| answer.message().to_owned()))
}

/// Says what a member is now.
fn tell(member: &Member, terminal: &mut Terminal) -> Result<(), Failure> {
    let style = if member.activation == "Active" { Style::Good } else { Style::Warning };
    Ok(line!(terminal, "{}: {}", member.worker.name, terminal.paint(style, &member.standing()))?)
}

/// What is waited for.
struct Waiting<'a> {
    page: &'a Page,
    subject: &'a Subject,
    action: Action,
    /// When the change was ordered, by the clock of the page.
    since: u64,
    limit: Duration,
}

/// Looks until all members are as they should be. A page that can't be reached for a moment, as during a restart, ends
/// nothing; at the end of the time it is told.
fn wait(waiting: &Waiting<'_>, terminal: &mut Terminal) -> Result<Ending, Failure> {
    let &Waiting { page, subject, action, limit, .. } = waiting;
    let begin = Instant::now();
    let mut progress = Progress::default();
    loop {
        let found = subject.waited_for(page, action);
        let passed = begin.elapsed();
        if let Ok(awaited) = &found {
            let missing: Vec<_> = awaited.iter().filter(|awaited| !awaited.is_complete()).collect();
            if missing.is_empty() {
                progress.end(terminal)?;
                tell_complete(awaited, passed, terminal)?;
                return Ok(Ending::Good);
            }
            if let Some(undone) = missing.iter().find(|awaited| awaited.action.is_undone(&awaited.member)) {
                progress.end(terminal)?;
                let Member { worker, activation, .. } = &undone.member;
                let told = format!("{}: {activation} again, somebody else changed it", worker.name);
                line!(terminal, "{}", terminal.paint(Style::Bad, &told))?;
                return Ok(Ending::Bad);
            }
            progress.show(&missing, passed, terminal)?;
        }
        if passed >= limit {
            progress.end(terminal)?;
            return give_up(found, waiting, terminal);
        }
        thread::sleep(LOOK.min(limit.saturating_sub(passed)));
    }
}

/// Says after how long it has come to that, of those that take over first.
fn tell_complete(awaited: &[Awaited], passed: Duration, terminal: &mut Terminal) -> Result<(), Failure> {
    let (first, others): (Vec<_>, Vec<_>) =
        awaited.iter().partition(|awaited| awaited.action == Action::Activate);
    for group in [first, others].into_iter().filter(|group| !group.is_empty()) {
        let names: Vec<_> = group.iter().map(|awaited| awaited.member.worker.name.as_str()).collect();
        let good = terminal.paint(Style::Good, group[0].action.complete());
        line!(terminal, "{}: {good} after {:.1} s", names.join(", "), passed.as_secs_f64())?;
    }
    Ok(())
}

fn give_up(
    found: Result<Vec<Awaited>, Failure>,
    waiting: &Waiting<'_>,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let &Waiting { since, limit, .. } = waiting;
    for awaited in found?.iter().filter(|awaited| !awaited.is_complete()) {
        let Awaited { action, member, .. } = awaited;
        let not = terminal
            .paint(Style::Bad, &format!("not {} within {} s", action.complete(), limit.as_secs_f64()));
        let error = member.worker.last_error.as_ref().filter(|(time, _)| *time >= since);
        let why = error.map(|(_, text)| format!("; {text}")).unwrap_or_default();
        line!(terminal, "{}: {not}: {}{why}", member.worker.name, awaited.told())?;
    }
    Ok(Ending::Bad)
}
