//! `jkctl drain|activate|disable|stop|switch`: what operators do to members, through a status page.

mod action;
mod progress;
mod subject;

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::ending::{refuse, Ending, Failure};
use crate::page::report::{Member, Report};
use crate::page::{Access, Page};
use crate::terminal::{line, Style, Terminal};
use crate::tomcat::trouble::seconds;
pub use action::Action;
use progress::Progress;
use subject::Subject;

/// Between two looks at members that are waited for.
const LOOK: Duration = Duration::from_millis(500);

/// Between two tries of a change that met a process which only ends what it began, and how many there are: a graceful
/// restart takes new connections within a second or so.
const AGAIN: Duration = Duration::from_millis(250);
const TRIES: u32 = 40;

/// Changes what members of a balancer take.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Change {
    /// The status page: http://host/jk-status
    url: String,
    /// The balancer
    lb: String,
    /// The member, or several: a,b or a pattern with * and ?. To switch: the domain that takes over, or the one member
    member: String,
    /// MEMBER names a domain: all members of it are meant
    #[arg(long)]
    domain: bool,
    /// Wait at most this long for what the change leads to: after drain until members are stopped and no request is in flight,
    /// after stop until none is, after disable until there is none and none of their sessions came for a minute, after
    /// activate until they are not in error; after switch as after drain, for those that stand back
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,
    /// drain, switch: stop members after so long, even if their sessions go on; 0 is never [default: drain_timeout of each]
    #[arg(long, value_name = "SECONDS")]
    drain_timeout: Option<u32>,
    #[command(flatten)]
    access: Access,
}

const EXAMPLES: &str = "\
Examples:
  jkctl drain http://127.0.0.1/jk-status balancer tomcat1 --drain-timeout 600 --wait 660
  jkctl activate http://127.0.0.1/jk-status balancer tomcat1 --wait 30
  jkctl disable http://127.0.0.1/jk-status balancer 'tomcat*'
  jkctl stop http://127.0.0.1/jk-status balancer rack7 --domain --wait 60
  jkctl switch http://127.0.0.1/jk-status balancer green --drain-timeout 600

Exit status:
  0  done; with --wait: and what is waited for has come
  1  refused, or it has not come in time
  2  the page can't be reached, or has no such balancer or member";

impl Change {
    /// Does it.
    pub fn run(self, action: Action, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let page = Page::new(&self.url, &self.access)?;
        let report = Report::read(&page.list()?.json)?;
        let subject = Subject::find(&report, &self.lb, &self.member, self.domain, action)?;
        for query in subject.queries(action, self.drain_timeout) {
            if let Some(refusal) = order(&page, &query)? {
                return Ok(refuse(format_args!("{}: {refusal}", page.url())));
            }
        }
        let members = subject.members(&page)?;
        for member in &members {
            tell(member, terminal)?;
        }
        terminal.flush()?;
        match self.wait {
            Some(limit) => wait(&page, &subject, action, limit, terminal),
            None => Ok(Ending::Good),
        }
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
    let activation = terminal.paint(style, &member.activation);
    let drains = match member.drain {
        Some(drain) if member.activation == "Disabled" => match drain.left {
            Some(left) => format!(", drains for {left} s at most"),
            None => ", drains".to_owned(),
        },
        _ => String::new(),
    };
    Ok(line!(terminal, "{}: {activation}{drains}", member.worker.name)?)
}

/// Looks until all members are as they should be. A page that can't be reached for a moment, as during a restart, ends
/// nothing; at the end of the time it is told.
fn wait(
    page: &Page,
    subject: &Subject,
    action: Action,
    limit: Duration,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    let begin = Instant::now();
    let mut progress = Progress::default();
    loop {
        let found = subject.waited_for(page, action);
        let passed = begin.elapsed();
        if let Ok(members) = &found {
            let missing: Vec<_> = members.iter().filter(|member| !action.is_complete(member)).collect();
            if missing.is_empty() {
                progress.end(terminal)?;
                let good = terminal.paint(Style::Good, action.complete());
                line!(terminal, "{}: {good} after {:.1} s", names(members), passed.as_secs_f64())?;
                return Ok(Ending::Good);
            }
            if let Some(member) = missing.iter().find(|member| action.is_undone(member)) {
                progress.end(terminal)?;
                let Member { worker, activation, .. } = member;
                let told = format!("{}: {activation} again, somebody else changed it", worker.name);
                line!(terminal, "{}", terminal.paint(Style::Bad, &told))?;
                return Ok(Ending::Bad);
            }
            progress.show(&missing, passed, terminal)?;
        }
        if passed >= limit {
            progress.end(terminal)?;
            return give_up(found, action, limit, terminal);
        }
        thread::sleep(LOOK.min(limit.saturating_sub(passed)));
    }
}

fn give_up(
    found: Result<Vec<Member>, Failure>,
    action: Action,
    limit: Duration,
    terminal: &mut Terminal,
) -> Result<Ending, Failure> {
    for member in found?.iter().filter(|member| !action.is_complete(member)) {
        let not = terminal
            .paint(Style::Bad, &format!("not {} within {} s", action.complete(), limit.as_secs_f64()));
        line!(terminal, "{}: {not}: {}", member.worker.name, progress::of(member))?;
    }
    Ok(Ending::Bad)
}

fn names(members: &[Member]) -> String {
    members.iter().map(|member| member.worker.name.as_str()).collect::<Vec<_>>().join(", ")
}
