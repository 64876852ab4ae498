//! `jkctl status`: the workers, as a status page tells them.

use std::thread;
use std::time::Duration;

use clap::Args;

use crate::ending::{Ending, Failure};
use crate::page::report::{Balancer, Member, Report, Worker};
use crate::page::{Access, Answer, Page};
use crate::table::{self, Cell};
use crate::terminal::{line, Style, Terminal};
use crate::tomcat::trouble::seconds;

/// Shows the workers of a running server
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Status {
    /// The status page: http://host/jk-status
    url: String,
    /// Look again every two seconds, or so many, until interrupted
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
          value_parser = seconds)]
    watch: Option<Duration>,
    /// Print the JSON of the status page as it is
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: Access,
}

const EXAMPLES: &str = "\
Examples:
  jkctl status http://127.0.0.1/jk-status
  jkctl status http://127.0.0.1/jk-status --watch=5
  jkctl status https://www.example.org/jk-status --user operator --password-file /root/operator
  jkctl status https://127.0.0.1/jk-status --cacert /etc/ssl/certs/www.pem
  jkctl status 'http://127.0.0.1/jk-status?cmd=show&w=balancer'
  jkctl status http://127.0.0.1/jk-status --json | jq '.balancers[].members[].latency.p95_ms'

Exit status:
  0  all members work
  1  some are in error
  2  the page can't be reached, or is none";

/// Takes the place of what was on the screen before.
const HOME: &[u8] = b"\x1B[H";

/// Clears the rest of the screen.
const REST: &[u8] = b"\x1B[J";

/// Clears all of it.
const SCREEN: &[u8] = b"\x1B[2J";

impl Status {
    /// Does it.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let page = Page::new(&self.url, &self.access)?;
        let first = page.show()?;
        let Some(pause) = self.watch else { return self.tell(&first, &page, terminal) };
        if terminal.is_terminal() {
            terminal.octets(SCREEN)?;
        }
        let mut answer = Ok(first);
        loop {
            self.tell_again(&answer, &page, pause, terminal)?;
            thread::sleep(pause);
            answer = page.show();
        }
    }

    /// Shows the next answer where the last one was; a page that can't be reached for a moment ends nothing.
    fn tell_again(
        &self,
        answer: &Result<Answer, Failure>,
        page: &Page,
        pause: Duration,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let redraws = terminal.is_terminal() && !self.json;
        if redraws {
            terminal.octets(HOME)?;
            terminal.octets(REST)?;
        }
        match answer {
            Ok(answer) => {
                self.tell(answer, page, terminal)?;
                if redraws {
                    let note = format!("every {} s, until Ctrl-C", pause.as_secs_f64());
                    let note = terminal.paint(Style::Dim, &note);
                    line!(terminal, "\n{note}")?;
                } else if !self.json {
                    line!(terminal, "")?;
                }
            }
            Err(failure) => {
                failure.tell();
            }
        }
        terminal.flush()
    }

    fn tell(&self, answer: &Answer, page: &Page, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let report = Report::read(&answer.json)?;
        if self.json {
            terminal.octets(answer.text.as_bytes())?;
            if !answer.text.ends_with('\n') {
                line!(terminal, "")?;
            }
        } else {
            show(&report, page, terminal)?;
        }
        let mut members = report.balancers.iter().flat_map(|balancer| &balancer.members);
        Ok(if members.any(Member::is_in_error) { Ending::Bad } else { Ending::Good })
    }
}

fn show(report: &Report, page: &Page, terminal: &mut Terminal) -> Result<(), Failure> {
    let (hours, minutes, seconds) = (report.time / 3600 % 24, report.time / 60 % 60, report.time % 60);
    let time = format!("{hours:02}:{minutes:02}:{seconds:02} UTC");
    let about = terminal.paint(Style::Dim, &format!("{}, {}, {time}", page.url(), report.module));
    line!(terminal, "{about}")?;
    for balancer in &report.balancers {
        show_balancer(balancer, report.time, terminal)?;
    }
    if !report.workers.is_empty() {
        line!(terminal, "\n{}", terminal.paint(Style::Bold, "workers of their own"))?;
        let rows: Vec<_> = report.workers.iter().map(|worker| worker_cells(worker, Style::Plain)).collect();
        table::write(
            &["WORKER", "ADDRESS", "BUSY", "CONNECTED", "REQUESTS", "ERRORS", "P95 MS"],
            &rows,
            terminal,
        )?;
    }
    if report.balancers.is_empty() && report.workers.is_empty() {
        line!(terminal, "no balancers and no workers")?;
    }
    Ok(())
}

fn show_balancer(balancer: &Balancer, now: u64, terminal: &mut Terminal) -> Result<(), Failure> {
    let Balancer { name, busy, members } = balancer;
    let failing: Vec<_> = members.iter().filter(|member| member.is_in_error()).collect();
    let mut of = match failing.len() {
        0 => String::new(),
        count => terminal.paint(Style::Bad, &format!(", {count} in error")),
    };
    if !balancer.has_active() {
        of += &terminal.paint(Style::Bad, ", none active");
    }
    let name = terminal.paint(Style::Bold, &format!("balancer {name}"));
    let count = members.len();
    line!(terminal, "\n{name}: {count} member{}{of}, {busy} busy", if count == 1 { "" } else { "s" })?;
    let rows: Vec<_> = members.iter().map(member_cells).collect();
    let heading = [
        "MEMBER",
        "ADDRESS",
        "BUSY",
        "CONNECTED",
        "REQUESTS",
        "ERRORS",
        "P95 MS",
        "SESSIONS",
        "LOAD",
        "STATE",
        "ACTIVATION",
    ];
    table::write(&heading, &rows, terminal)?;
    for worker in failing.iter().map(|member| &member.worker) {
        if let Some((time, text)) = &worker.last_error {
            let ago = now.saturating_sub(*time);
            line!(terminal, "  {}, {ago} s ago: {text}", worker.name)?;
        }
    }
    Ok(())
}

fn worker_cells(worker: &Worker, style: Style) -> Vec<Cell> {
    let p95 = worker.p95.map_or_else(|| "-".into(), |p95| format!("{p95:.1}"));
    let errors = if worker.errors > 0 { Style::Warning } else { Style::Plain };
    vec![
        Cell::word(&worker.name, style),
        Cell::word(&worker.address, Style::Plain),
        Cell::number(worker.busy, Style::Plain),
        Cell::number(worker.connected, Style::Plain),
        Cell::number(worker.used, Style::Plain),
        Cell::number(worker.errors, errors),
        Cell::number(p95, Style::Plain),
    ]
}

fn member_cells(member: &Member) -> Vec<Cell> {
    let state = if member.is_in_error() { Style::Bad } else { Style::Good };
    let activation = if member.activation == "Active" { Style::Plain } else { Style::Warning };
    let mut cells =
        worker_cells(&member.worker, if member.is_in_error() { Style::Bad } else { Style::Plain });
    cells.extend([
        Cell::number(member.sessions, Style::Plain),
        Cell::number(member.load, Style::Plain),
        Cell::word(&member.state, state),
        Cell::word(member.standing(), activation),
    ]);
    cells
}
