//! `jkctl check`: what configtest would say of files, without httpd.

use clap::{Args, ValueEnum};
use jk_rooms::admin;
use jk_rooms::config::directives::ConfigCheck;
use jk_rooms::config::{Diagnostic, Report, Severity};
use serde_json::json;

use super::files::Files;
use crate::ending::{Ending, Failure};
use crate::terminal::{line, Style, Terminal};

/// Says of files what `apachectl configtest` would say, without httpd
///
/// Reads workers.properties, map files, and the module's directives in httpd's files, where <VirtualHost>, sections,
/// conditions, Include, <Macro> and Use count as httpd counts them; of a macro, its own line is named. Directives of
/// other modules are passed over. Whether logs and shared memory can be made is asked by configtest alone.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    #[command(flatten)]
    files: Files,
    /// How complaints are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
    /// Don't ask whether the hosts of workers resolve
    #[arg(long)]
    offline: bool,
}

/// How complaints are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// FILE:LINE: error: MESSAGE
    Text,
    /// An array of objects: severity, file, line, message
    Json,
    /// Workflow commands of GitHub Actions, which show complaints beside the lines
    Github,
}

const EXAMPLES: &str = "\
Examples:
  jkctl check -w workers.properties -m uriworkermap.properties
  jkctl check -c /etc/apache2/apache2.conf
  jkctl check --strict --format github -w conf/workers.properties

Exit status:
  0  nothing to complain about, or warnings only
  1  errors; with --strict or JkConfigCheck Strict: or warnings. JkConfigCheck Off silences configtest alone
  2  wrong arguments, or a file that was given can't be read";

impl Check {
    /// Reads, judges and tells.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let servers = self.files.read()?;
        let mut report = servers.report().clone();
        report.append(servers.with_facts(|facts| admin::check(facts, !self.offline)));
        report.drop_repeated();
        report.sort();
        self.tell(&report, terminal)?;
        if report.is_empty() && self.format == Format::Text && terminal.is_terminal() {
            let text = terminal.paint(Style::Good, "Nothing to complain about");
            line!(terminal, "{text}")?;
        }
        let is_strict = self.strict || servers.all[0].settings.global.config_check == ConfigCheck::Strict;
        let is_bad = report.has_errors() || is_strict && !report.is_empty();
        Ok(if is_bad { Ending::Bad } else { Ending::Good })
    }

    fn tell(&self, report: &Report, terminal: &mut Terminal) -> Result<(), Failure> {
        if self.format == Format::Json {
            let all: Vec<_> = report.iter().map(object).collect();
            return Ok(line!(terminal, "{:#}", serde_json::Value::from(all))?);
        }
        for complaint in report.iter() {
            match self.format {
                Format::Github => line!(terminal, "{}", workflow_command(complaint))?,
                Format::Text | Format::Json => text(complaint, terminal)?,
            }
        }
        Ok(())
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn text(complaint: &Diagnostic, terminal: &mut Terminal) -> Result<(), Failure> {
    let style = match complaint.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warning,
    };
    let place = complaint.origin.as_ref().map(|origin| terminal.paint(Style::Bold, &format!("{origin}: ")));
    let word = terminal.paint(style, word(complaint.severity));
    Ok(line!(terminal, "{}{word}: {}", place.unwrap_or_default(), complaint.message)?)
}

fn object(complaint: &Diagnostic) -> serde_json::Value {
    let origin = complaint.origin.as_ref();
    json!({
        "severity": word(complaint.severity),
        "file": origin.map(|origin| &*origin.file),
        "line": origin.map(|origin| origin.line).filter(|line| *line > 0),
        "message": complaint.message,
    })
}

/// "Workflow commands for GitHub Actions": `::error file=...,line=...::message`; `%` and ends of lines are escaped, and
/// in properties what separates them as well.
fn workflow_command(complaint: &Diagnostic) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let place = complaint.origin.as_ref().map(|origin| {
        let line = if origin.line > 0 { format!(",line={}", origin.line) } else { String::new() };
        format!(" file={}{line}", property(&origin.file))
    });
    format!("::{}{}::{}", word(complaint.severity), place.unwrap_or_default(), data(&complaint.message))
}

#[cfg(test)]
mod tests {
    use jk_rooms::config::Origin;

    use super::*;

    #[test]
    fn workflow_commands_escape_what_would_end_a_part() {
        let complaint = |file: &str, line, message: &str| {
            let mut report = Report::default();
            report.error(Some(&Origin::new(&file.into(), line)), message);
            report.iter().map(workflow_command).collect::<String>()
        };
        assert_eq!(
            complaint("a,b:c%.conf", 7, "100%: x, y"),
            "::error file=a%2Cb%3Ac%25.conf,line=7::100%25: x, y"
        );
        assert_eq!(complaint("w", 0, "x"), "::error file=w::x");
        let mut report = Report::default();
        report.warn(None, "x");
        assert_eq!(report.iter().map(workflow_command).collect::<String>(), "::warning::x");
    }
}
