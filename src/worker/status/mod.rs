//! The status worker: what the workers do, for people, scripts and monitors, and the hand by which operators change it.
//!
//! - [`query`] reads the parameters, [`command`] what is asked, [`permit`] and [`origin`] whether it may be;
//! - [`report`] is what there is to tell, [`collect`] takes it from shared memory and the maps, [`fields`] names its
//!   values in the order of the stable formats;
//! - [`xml`], [`text`], [`properties`] and [`html`] are the formats of the original, one each, [`json`] and
//!   [`prometheus`] those for programs of today;
//! - [`explain`] tells which rule takes a URI, and where it leads;
//! - [`selection`] finds whom a command is about, [`update`] reads new values, all of them before one is set, [`act`]
//!   and beside it [`change`] and [`activation`] do what is asked, and [`teller`] says who did.
//!
//! Formats, names and messages: "status-worker".

mod act;
mod activation;
mod change;
mod collect;
mod command;
mod explain;
mod fields;
mod html;
mod json;
mod latency;
mod origin;
mod page;
mod permit;
mod problem;
mod prometheus;
mod properties;
mod query;
mod rating;
mod report;
mod selection;
mod subject;
mod teller;
mod text;
mod update;
mod xml;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use crate::config::settings::{StatusSettings, WorkersSettings};
use crate::log::Context;
use crate::mapping::Rule;

use super::registry::Workers;
use collect::Collector;
use command::{Command, Format, Refusal};
pub use explain::ChosenBy;
pub(crate) use explain::{Chosen, Hosts};
pub(crate) use origin::Origin;
use page::{Content, Page};
use problem::Problem;
use query::Query;
use rating::Ratings;

/// A status worker: what the configuration says of it.
pub(crate) struct StatusWorker {
    settings: StatusSettings,
    ratings: Ratings,
}

/// A request for the page.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// As it came, without `?`.
    pub query: &'a [u8],
    /// The fields of a form that was posted, as they came.
    pub form: &'a [u8],
    /// By which method.
    pub method: &'a [u8],
    /// Who asks, as a container would be told.
    pub user: Option<&'a [u8]>,
    /// From where, for the log.
    pub address: &'a [u8],
    /// What a browser tells about the page that makes it call.
    pub origin: Origin<'a>,
    /// Which media types the client takes, as it says.
    pub accept: Option<&'a [u8]>,
    /// Name and port by which the server was asked.
    pub server: (&'a [u8], u16),
    /// Log of the server, with the request's id.
    pub log: Context<'a>,
}

/// What the page tells besides the workers.
pub(crate) struct Surroundings<'a> {
    /// All workers.
    pub workers: &'a Workers,
    /// The configuration: their order, and how often maintenance is due.
    pub settings: &'a WorkersSettings,
    /// Child processes from before a restart that still end what they have begun; their requests are not counted any
    /// more.
    pub earlier_processes: usize,
    /// What the server calls itself.
    pub software: String,
    /// The rules of each virtual host, in the order in which they are looked at.
    pub hosts: Vec<HostRules>,
    /// Which of them answers to a name.
    pub choice: &'a dyn Hosts,
    /// Every property as written.
    pub properties: &'a [(String, String)],
    /// Formats seconds since the epoch in local time, as `strftime` does.
    pub strftime: fn(&[u8], i64) -> Vec<u8>,
}

/// The rules of one virtual host.
pub(crate) struct HostRules {
    /// As the page calls it.
    pub server: String,
    /// Best first.
    pub rules: Vec<std::sync::Arc<Rule>>,
}

/// The page.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content-Type.
    pub media_type: &'static str,
    /// Other headers.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The page itself.
    pub body: String,
}

impl StatusWorker {
    /// A status worker as configured.
    pub(crate) fn new(settings: StatusSettings) -> Self {
        let ratings = Ratings::new(&settings.good, &settings.bad);
        Self { settings, ratings }
    }

    /// Does what is asked, and tells how that went.
    pub(crate) fn answer(&self, ask: &Ask<'_>, around: &Surroundings<'_>) -> Answer {
        let now = around.workers.now();
        let query = Query::parse(ask.query).and_then(|query| query.with_form(ask.form));
        let parameters = query.as_ref().unwrap_or(Query::NONE);
        let format = match &query {
            Some(query) => Format::of(query),
            None => Format::after_bad_escape(ask.query),
        };
        let (outcome, fault) = match self.run(query.is_some(), parameters, ask, around, now) {
            Ok(content) => (Ok(content), None),
            Err(problem) => (Err(problem.message.clone()), Some(problem)),
        };
        let is_form = format == Ok(Format::Html) && fault.as_ref().is_some_and(|fault| fault.correctable);
        let (collector, nonce) = (self.collector(parameters, around, now), around.workers.shared().nonce());
        let page = Page {
            settings: &self.settings,
            ask,
            query: parameters,
            now,
            software: &around.software,
            strftime: around.strftime,
            read_only: self.is_read_only(parameters),
            refused: is_form.then(|| collector.refused()).flatten(),
            overview: collect::overview(around),
            outcome,
            nonce: &nonce,
        };
        let plain = || {
            vec![("Cache-Control", Cow::Borrowed("no-cache")), ("X-Content-Type-Options", "nosniff".into())]
        };
        let (media_type, mut headers, body) = match format {
            Ok(Format::Html) => ("text/html; charset=UTF-8", html::headers(&page), html::render(&page)),
            Ok(Format::Xml) => ("text/xml", plain(), xml::render(&page)),
            Ok(Format::Text) => ("text/plain", plain(), text::render(&page)),
            Ok(Format::Properties) | Err(Refusal) => ("text/plain", plain(), properties::render(&page)),
            Ok(Format::Json) => ("application/json", plain(), json::render(&page)),
            Ok(Format::Prometheus) => {
                let (media_type, body) = prometheus::render(&page);
                (media_type, plain(), body)
            }
        };
        let shows = |fault: &Problem| fault.shows || format.is_ok_and(Format::has_status);
        let status = fault.filter(shows).map_or(200, |fault| fault.status);
        if status == 405 {
            headers.push(("Allow", "POST".into()));
        }
        Answer { status, media_type, headers, body }
    }

    fn run(
        &self,
        is_readable: bool,
        query: &Query,
        ask: &Ask<'_>,
        around: &Surroundings<'_>,
        now: i64,
    ) -> Result<Content, Problem> {
        if !is_readable {
            return Err("Error during parsing of URI".into());
        }
        if !self.admits(ask.user) {
            return Err(Problem::denied("Access denied."));
        }
        let command = Command::of(query);
        if command.is_ok_and(Command::changes) && self.is_read_only(query) {
            return Err(Problem::denied("This command is not allowed in read only mode."));
        }
        let command = command.map_err(|Refusal| "Invalid command.")?;
        self.permit(command, query, ask, around)?;
        let format = Format::of(query).map_err(|Refusal| "Invalid mime type.")?;
        let collector = self.collector(query, around, now);
        match command {
            Command::List => Ok(Content::List(collector.list())),
            Command::Show => collector.show().map(Content::Show),
            Command::Edit => collector.subject().map(Content::Edit),
            Command::Confirm => collector.question().map(Content::Confirm),
            Command::Version => Ok(Content::Version),
            Command::Dump => Ok(Content::Dump(around.properties.to_vec())),
            Command::Explain if format == Format::Prometheus => Err(explain::NO_FIGURES.into()),
            Command::Explain => {
                explain::explain(query, ask, around).map(|found| Content::Explain(Box::new(found)))
            }
            Command::Update
            | Command::Reset
            | Command::Recover
            | Command::Activate
            | Command::Disable
            | Command::Stop
            | Command::Drain
            | Command::Switch => act::act(command, query, ask, around).map(|()| Content::Done),
        }
    }

    fn collector<'a>(&'a self, query: &'a Query, around: &'a Surroundings<'_>, now: i64) -> Collector<'a> {
        Collector { around, ratings: &self.ratings, query, hidden: query.options(), now }
    }
}

/// Seconds of `time`, as a number that can be negative.
fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
