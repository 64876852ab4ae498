//! Where a rule leads now: a Tomcat, members in their order, or this page.

use super::super::query::Query;
use super::super::{Ask, Surroundings};
use crate::ajp::{Attributes, ForwardRequest};
use crate::config::settings::MemberSettings;
use crate::config::workers::table::{ACTIVATIONS, METHODS};
use crate::mapping::{escape_proxy, Rule, RuleOptions};
use crate::worker::ajp13::Ajp13Worker;
use crate::worker::lb::{LbWorker, Lead, Rehearsal};
use crate::worker::registry::Worker;
use crate::worker::{Body, WorkerRequest};

/// A worker that a rule names.
#[derive(Debug)]
pub(in crate::worker::status) struct Target {
    pub(in crate::worker::status) name: String,
    pub(in crate::worker::status) kind: TargetKind,
}

/// What it is.
#[derive(Debug)]
pub(in crate::worker::status) enum TargetKind {
    /// It is not in worker.list.
    Unknown,
    /// A Tomcat, at this address.
    Alone(String),
    Balancer(Balance),
    /// This page, or another one.
    Status,
}

/// Who of a balancer serves a request.
#[derive(Debug)]
pub(in crate::worker::status) struct Balance {
    pub(in crate::worker::status) method: &'static str,
    /// Without a session, in this order.
    pub(in crate::worker::status) asked: Vec<Candidate>,
    /// No member is usable, so that those in error are tried.
    pub(in crate::worker::status) forced: bool,
    /// Who is not asked, and why.
    pub(in crate::worker::status) others: Vec<(Candidate, String)>,
    /// Most members that are asked before it pauses.
    pub(in crate::worker::status) per_round: usize,
    pub(in crate::worker::status) session: Option<SessionTold>,
    /// A session was named, but balancer or rule do not look at sessions.
    pub(in crate::worker::status) ignores_session: bool,
}

/// A member.
#[derive(Debug)]
pub(in crate::worker::status) struct Candidate {
    /// As they are now, with the activation that the rule gives it.
    pub(in crate::worker::status) settings: MemberSettings,
    /// Address and port, or why there is none.
    pub(in crate::worker::status) address: String,
    pub(in crate::worker::status) state: &'static str,
    pub(in crate::worker::status) load: u64,
}

impl Candidate {
    pub(in crate::worker::status) fn name(&self) -> &str {
        &self.settings.worker.name
    }

    pub(in crate::worker::status) fn activation(&self) -> &'static str {
        ACTIVATIONS[self.settings.activation as usize]
    }
}

/// Where a session leads.
#[derive(Debug)]
pub(in crate::worker::status) struct SessionTold {
    pub(in crate::worker::status) routes: Vec<String>,
    /// Names of members, in the order in which they are asked.
    pub(in crate::worker::status) asked: Vec<String>,
    pub(in crate::worker::status) lead: Lead,
    /// The member that has its route, and why it is not the first, if so.
    pub(in crate::worker::status) own: Option<(String, Option<String>)>,
}

/// Where `rule` leads a request for `path`.
pub(super) fn target(
    rule: &Rule,
    path: &[u8],
    query: &Query,
    ask: &Ask<'_>,
    around: &Surroundings<'_>,
) -> Target {
    let kind = match around.workers.get(&rule.worker) {
        None => TargetKind::Unknown,
        Some(Worker::Ajp13(worker)) => TargetKind::Alone(worker.address_text()),
        Some(Worker::Status(_)) => TargetKind::Status,
        Some(Worker::Lb(lb)) => {
            let session = query.get("session").filter(|id| !id.is_empty());
            let route = query.get("route").filter(|route| !route.is_empty());
            let request = Request { path, rule: &rule.options, session, route, ask };
            TargetKind::Balancer(balance(lb, &request))
        }
    };
    Target { name: rule.worker.clone(), kind }
}

/// A request to a balancer that nobody sends.
struct Request<'a> {
    path: &'a [u8],
    rule: &'a RuleOptions,
    session: Option<&'a str>,
    route: Option<&'a str>,
    ask: &'a Ask<'a>,
}

impl Request<'_> {
    fn rehearse(&self, lb: &LbWorker<Ajp13Worker>, with_session: bool) -> Rehearsal {
        let settings = lb.current_settings();
        let cookie = self.rule.session_cookie.as_ref().unwrap_or(&settings.session_cookie);
        let cookies = self.session.map(|id| ("Cookie", format!("{cookie}={id}")));
        let headers: Vec<_> = cookies.into_iter().collect();
        let uri = escape_proxy(self.path);
        lb.rehearse(&WorkerRequest {
            forward: ForwardRequest {
                method: b"GET",
                protocol: b"HTTP/1.1",
                req_uri: &uri,
                remote_addr: None,
                remote_host: None,
                server_name: None,
                server_port: self.ask.server.1,
                is_ssl: false,
                headers: &headers,
                attributes: Attributes::default(),
            },
            body: Body::None,
            rule: self.rule,
            reply_timeout: None,
            sticky_ignore: (!with_session).then_some(true),
            stateless: None,
            route: self.route.map(str::as_bytes),
            flush_packets: false,
            flush_header: false,
            disable_reuse: false,
            log: self.ask.log,
        })
    }
}

fn balance(lb: &LbWorker<Ajp13Worker>, request: &Request<'_>) -> Balance {
    let [without, with] = [false, true].map(|with_session| request.rehearse(lb, with_session));
    let candidate = |index: &usize| candidate(lb, *index, &without);
    let name = |index: &usize| lb.members()[*index].name().to_owned();
    let session = with.session.as_ref().map(|session| SessionTold {
        routes: session.routes.clone(),
        asked: with.asked.iter().map(name).collect(),
        lead: session.lead,
        own: session.own.map(|own| {
            let obstacle = with.others.iter().find(|(index, _)| *index == own);
            (name(&own), obstacle.map(|(_, obstacle)| obstacle.clone()))
        }),
    });
    Balance {
        method: METHODS[lb.current_settings().method as usize],
        asked: without.asked.iter().map(candidate).collect(),
        forced: without.forced,
        others: without.others.iter().map(|(index, why)| (candidate(index), why.clone())).collect(),
        per_round: without.per_round,
        ignores_session: session.is_none() && (request.session.is_some() || request.route.is_some()),
        session,
    }
}

fn candidate(lb: &LbWorker<Ajp13Worker>, index: usize, rehearsal: &Rehearsal) -> Candidate {
    let member = &lb.members()[index];
    let activation = rehearsal.activations[index];
    Candidate {
        settings: MemberSettings { activation, ..lb.current_member(index) },
        address: member.backend().address_text(),
        state: member.record().health().state.text(),
        load: lb.load(index),
    }
}
