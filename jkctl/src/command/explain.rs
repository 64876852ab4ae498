//! `jkctl explain`: which rule takes a URI, and why no other does; of files, or of a running server.

use clap::Args;
use jk_rooms::admin::{self, Format, Question};
use serde_json::Value;

use super::files::Files;
use crate::ending::{Ending, Failure};
use crate::httpd::AtPort;
use crate::page::{self, Access};
use crate::terminal::{line, Style, Terminal};

/// Tells which rule takes a URI, where it leads, and why no other rule does
///
/// Asks the files that are given, as they would be right after a start, or with --url the status page of a running
/// server, which knows the state of its workers.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The path, or a whole address
    uri: String,
    /// The Host header, if URI names none: NAME or NAME:PORT
    #[arg(long)]
    host: Option<String>,
    /// The id of a session, with its route: who serves it
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    files: Files,
    /// Ask this status page in place of files
    #[arg(long, value_name = "STATUS-URL", conflicts_with_all = ["workers", "map", "confs"])]
    url: Option<String>,
    /// Print JSON, as docs/status.schema.json describes it
    #[arg(long)]
    json: bool,
    /// Don't ask for the addresses of workers
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    access: Access,
}

const EXAMPLES: &str = "\
Examples:
  jkctl explain /shop/cart -c /etc/apache2/apache2.conf
  jkctl explain https://www.example.org/shop/cart -c httpd.conf
  jkctl explain /shop/cart --session 5F1A.tomcat2 --url http://127.0.0.1/jk-status
  jkctl explain /shop/ --url https://www.example.org/jk-status --cacert /etc/ssl/certs/www.pem

Exit status:
  0  a worker takes it
  1  httpd serves it itself, or refuses it
  2  wrong arguments, a file that can't be read, or a page that can't be reached";

impl Explain {
    /// Asks and tells.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let question = Question {
            uri: &self.uri,
            host: self.host.as_deref(),
            session: self.session.as_deref(),
            names: !self.offline,
        };
        let [json, text] = match &self.url {
            Some(url) => {
                let ask = |format| page::ask(url, &self.access, &question.query(format));
                [ask(Format::Json)?, ask(Format::Text)?]
            }
            None if self.access.is_given() => {
                return Err(Failure::new("--user, --cacert and --insecure are for a page: expected --url"))
            }
            None => self.of_files(&question)?,
        };
        let found: Value = serde_json::from_str(&json)
            .map_err(|error| Failure::new(format_args!("the answer is no JSON of a status page: {error}")))?;
        let Some(explanation) = found.get("explanation") else {
            let why = found["result"]["message"].as_str().unwrap_or("the answer holds no explanation");
            return Err(Failure::new(why));
        };
        let is_taken = explanation["verdict"] == "taken" && explanation["objection"].is_null();
        match self.json {
            true => terminal.octets(json.as_bytes())?,
            false => tell(&text, is_taken, terminal)?,
        }
        Ok(if is_taken { Ending::Good } else { Ending::Bad })
    }

    fn of_files(&self, question: &Question<'_>) -> Result<[String; 2], Failure> {
        let servers = self.files.read()?;
        let choice = AtPort::new(&servers, &self.uri);
        servers.with_facts(|facts| {
            let complaints = admin::check(facts, false);
            if servers.report().has_errors() || complaints.has_errors() {
                eprintln!(
                    "jkctl: the configuration has errors, which jkctl check tells; the rest of it is asked"
                );
            }
            admin::explain(facts, &choice, question, [Format::Json, Format::Text]).map_err(Failure::new)
        })
    }
}

/// The sentences, without those about the page itself.
fn tell(text: &str, is_taken: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let about_page = ["Server: ", "Time: ", "Software: ", "Result: "];
    for sentence in
        text.lines().filter(|sentence| !about_page.iter().any(|start| sentence.starts_with(start)))
    {
        let (what, told) = sentence.split_once(": ").unwrap_or(("", sentence));
        let style = match (what, is_taken) {
            ("Verdict", true) => Style::Good,
            ("Verdict", false) => Style::Warning,
            ("Passed over" | "Left out", _) => Style::Dim,
            _ => Style::Plain,
        };
        let (what, told) = (terminal.paint(Style::Bold, &format!("{what}:")), terminal.paint(style, told));
        line!(terminal, "{what} {told}")?;
    }
    Ok(())
}
