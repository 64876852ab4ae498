//! `cmd=explain` of a status page, asked of files instead of a server: workers as they would be right after a start.

use super::Facts;
use crate::config::settings::{StatusSettings, WorkerKind};
use crate::config::workers;
use crate::ffi::time::strftime;
use crate::log::{Level, Logger, Sink, StampFormat};
use crate::mapping;
use crate::plan::{Hosts, Plan};
use crate::shared::Shared;
use crate::worker::registry::Workers;
use crate::worker::status::{self, Ask, Chosen, ChosenBy, Origin, StatusWorker, Surroundings};
use crate::worker::HostAddresses;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// A path, or a whole address.
    pub uri: &'q str,
    /// The Host header.
    pub host: Option<&'q str>,
    /// The id of a session, with its route.
    pub session: Option<&'q str>,
    /// Whether the resolver is asked for the hosts of workers.
    pub names: bool,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Sentences, one a line.
    Text,
    /// As docs/status.schema.json says.
    Json,
}

impl Format {
    /// The word of a status page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
        }
    }
}

impl Question<'_> {
    /// The same, as the query of a status page.
    pub fn query(&self, format: Format) -> String {
        let mut query = format!("cmd=explain&mime={}", format.word());
        let parts = [("uri", Some(self.uri)), ("host", self.host), ("session", self.session)];
        for (name, value) in parts {
            let Some(value) = value else { continue };
            query.push_str(&format!("&{name}="));
            value.bytes().for_each(|octet| match octet {
                octet if octet.is_ascii_alphanumeric() => query.push(octet.into()),
                octet => query.push_str(&format!("%{octet:02X}")),
            });
        }
        query
    }
}

/// Who knows which virtual host httpd would choose.
pub trait VirtualHosts {
    /// The one for a name, and a port if it is asked for.
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Choice;
}

/// A virtual host that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its number in [`Facts::servers`].
    pub server: usize,
    /// Why it.
    pub by: ChosenBy,
    /// A port that was asked for and on which httpd does not listen.
    pub ignored_port: Option<u16>,
}

/// Which rule takes the URI, where it leads and why no other does, in each of `formats`; a question that can't be
/// answered has an answer that says so.
///
/// # Errors
/// What the system says, if it has no memory.
pub fn explain<const N: usize>(
    facts: &Facts<'_>,
    choice: &dyn VirtualHosts,
    question: &Question<'_>,
    formats: [Format; N],
) -> Result<[String; N], String> {
    let plan = Plan::make(facts, None);
    let shared = Shared::create(None, &plan.workers, 0).map_err(|error| error.to_string())?;
    let log = Logger::new(Level::Emerg, StampFormat::default(), Sink::Discard);
    let names = if question.names { Hosts::ask(&plan.workers).answers } else { HostAddresses::new() };
    let workers = Workers::build(&plan.workers, &names, &shared, log.with_id(""));
    let around = Surroundings {
        workers: &workers,
        settings: &plan.workers,
        earlier_processes: 0,
        software: String::new(),
        hosts: Vec::new(),
        choice: &OfPlan { facts, plan: &plan, choice },
        properties: &[],
        strftime,
    };
    let page = StatusWorker::new(page_settings());
    Ok(formats.map(|format| {
        let query = question.query(format);
        let ask = Ask {
            query: query.as_bytes(),
            form: b"",
            method: b"GET",
            user: None,
            address: b"",
            origin: Origin::default(),
            accept: None,
            server: (question.host.unwrap_or_default().as_bytes(), 0),
            log: log.with_id(""),
        };
        page.answer(&ask, &around).body
    }))
}

/// Those of a status worker of which nothing is said.
fn page_settings() -> StatusSettings {
    let text = b"worker.list=status\nworker.status.type=status\n";
    let loaded = workers::load(&[], Some((text, "status".into())), "", 1);
    let mut kinds = loaded.settings.workers.into_iter().map(|worker| worker.kind);
    kinds
        .find_map(|kind| match kind {
            WorkerKind::Status(settings) => Some(settings),
            WorkerKind::Ajp13(_) | WorkerKind::Lb(_) => None,
        })
        .expect("the lines define a status worker")
}

/// The virtual hosts of a plan.
struct OfPlan<'p> {
    facts: &'p Facts<'p>,
    plan: &'p Plan,
    choice: &'p dyn VirtualHosts,
}

impl status::Hosts for OfPlan<'_> {
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Chosen<'_> {
        let Choice { server, by, ignored_port } = self.choice.choose(name);
        let (place, host) = (&self.facts.servers[server].place, &self.plan.hosts[server]);
        Chosen {
            server: place.as_ref().map_or("the main server", |(name, _)| name).to_owned(),
            place: place.as_ref().map(|(_, origin)| origin.to_string()),
            by,
            ignored_port,
            map: host.map.as_ref().map(|map| map.current()),
            objection: Box::new(move |uri, clean| {
                let encoded = mapping::encoded_slashes(uri, uri);
                mapping::objection(host.options, uri, &encoded, clean)
            }),
        }
    }
}
