//! The content handler: which worker, and what its outcome means for httpd.

use std::sync::Arc;
use std::time::Instant;

use super::client::HttpdClient;
use super::forward::{reply_timeout, switch, Facts};
use super::notes;
use super::record::{RequestRecord, StartedOver};
use super::translate::{take, DIRECTORY, JAKARTA_SERVLET};
use super::uri::{clean, refuse_unsafe, Arrival};
use crate::config::directives::{Indicator, JkOptions};
use crate::ffi::request::Request;
use crate::ffi::response::Stage;
use crate::log;
use crate::log::Context;
use crate::mapping::{Rule, RuleOptions};
use crate::service::server::host::{Choice, VirtualHost};
use crate::service::Verdict;
use crate::worker::registry::Worker;
use crate::worker::{Failure, Outcome, ServiceNotes, WorkerRequest};

/// Serves a request that a rule, a handler setting or an environment variable made ours.
pub(crate) fn handle(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    if !is_for_us(request, host) {
        return Verdict::Declined;
    }
    let record = RequestRecord::of(request, host);
    let log = host.log.with_id(&record.id);
    if request.environment().get(c"no-jk").is_some() {
        return hand_back(request, record, log);
    }
    let target = match Target::find(request, host, record, log) {
        Ok(Found::Target(target)) => target,
        Ok(Found::CleanUri(clean)) => return start_over(request, record, clean, log),
        Ok(Found::Nothing) => return Verdict::Declined,
        Err(status) => return Verdict::Status(status),
    };
    // AJP has no tunnels, but a 2xx would make the client, or a proxy before us, take its connection for one.
    if request.method() == b"CONNECT" {
        log!(log, Info, "CONNECT {}: refused with 405", show(request.uri()));
        return Verdict::Status(405);
    }
    record.set_handled();
    request.notes().set(b"JK_WORKER_NAME", target.name().as_bytes());
    serve(request, host, record, &target, log)
}

/// Our handler, or that of directories when those are forwarded.
fn is_for_us(request: Request<'_>, host: &VirtualHost) -> bool {
    match request.handler() {
        Some(handler) if handler == JAKARTA_SERVLET.to_bytes() => true,
        Some(DIRECTORY) => host.options.contains(JkOptions::FORWARD_DIRECTORIES),
        _ => false,
    }
}

/// Leaves a request to httpd that `no-jk` keeps from us. If the variable came after mapping, as from SetEnv in
/// `<Location>`, the request has no file name any more, so httpd starts over without us.
fn hand_back(request: Request<'_>, record: &RequestRecord, log: Context<'_>) -> Verdict {
    if record.rule.get().is_none() {
        log!(log, Debug, "no-jk is set for {}: declined", show(request.uri()));
        return Verdict::Declined;
    }
    log!(log, Debug, "no-jk is set for {}, which is mounted: handed back", show(request.uri()));
    let _ = record.started_over.set(StartedOver::HandedBack);
    request.start_over(request.uri().unwrap_or_default());
    Verdict::Ok
}

/// Gives the request up for one with the clean URI: its sections and access rules hold, and it is ours if they say so.
fn start_over(request: Request<'_>, record: &RequestRecord, clean: Vec<u8>, log: Context<'_>) -> Verdict {
    log!(log, Debug, "{} names {}: started over", show(request.uri()), show(Some(&clean)));
    let cleaned = StartedOver::Cleaned { arrival: Arrival::of(request), clean: clean.clone() };
    let _ = record.started_over.set(cleaned);
    request.start_over(&clean);
    Verdict::Ok
}

/// The worker of a request, and the extensions that go with it.
enum Target {
    /// By a mount.
    Mounted(Arc<Rule>),
    /// By environment variable.
    Chosen(Arc<Choice>),
}

/// What is to be done with a request that reached our handler.
enum Found {
    /// To be served.
    Target(Target),
    /// Ours by its handler, but sections have not seen its clean URI, which is this.
    CleanUri(Vec<u8>),
    /// Not ours.
    Nothing,
}

impl Target {
    /// A rule found earlier, else the worker variable, else a look-up of the URI.
    fn find(
        request: Request<'_>,
        host: &VirtualHost,
        record: &RequestRecord,
        log: Context<'_>,
    ) -> Result<Found, u16> {
        if let Some(rule) = record.rule.get() {
            return Ok(Found::Target(Target::Mounted(Arc::clone(rule))));
        }
        let clean = clean(request, log)?;
        let target = match request.environment().get(host.indicator(Indicator::Worker)) {
            Some(value) => Target::Chosen(host.choices.get(value, log)),
            None => match host.find_rule(&clean, log) {
                Some(rule) => Target::Mounted(rule),
                None => return Ok(Found::Nothing),
            },
        };
        refuse_unsafe(request, host, &clean, log)?;
        if request.uri() != Some(&clean) && !record.is_for_clean_uri {
            return Ok(Found::CleanUri(clean.into_owned()));
        }
        request.forget_media_type();
        if let Target::Mounted(rule) = &target {
            take(request, record, rule);
        }
        Ok(Found::Target(target))
    }

    fn name(&self) -> &str {
        match self {
            Target::Mounted(rule) => &rule.worker,
            Target::Chosen(choice) => &choice.0,
        }
    }

    fn options(&self) -> &RuleOptions {
        match self {
            Target::Mounted(rule) => &rule.options,
            Target::Chosen(choice) => &choice.1,
        }
    }
}

/// Hands the request to its worker, and tells httpd how it ended.
fn serve(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    target: &Target,
    log: Context<'_>,
) -> Verdict {
    let name = target.name();
    if request.is_proxy() {
        log!(log, Info, "({name}) proxy request is not allowed");
        return Verdict::Status(500);
    }
    if request.has_own_body() {
        if let Err(status) = request.set_up_body() {
            return Verdict::Status(status);
        }
    }
    let Some(worker) = host.connector.workers.get(name) else {
        log!(log, Error, "({name}) is not in worker.list: {} gets 500", show(request.uri()));
        return Verdict::Status(500);
    };
    if request.is_aborted() {
        log!(log, Info, "({name}) the client went away before the request was served");
        return Verdict::Ok;
    }
    let began = Instant::now();
    let mut service = ServiceNotes::default();
    let mut client = HttpdClient::new(request);
    let outcome = exchange(request, host, record, (worker, target), &mut client, &mut service);
    notes::write(request, worker.kind_name(), &service, began.elapsed());
    let verdict = verdict(request, name, &outcome, client.body_failure(), log);
    // Before httpd's own page httpd drains by itself, except for a stream.
    if verdict == Verdict::Ok || request.is_stream() {
        client.finish();
    }
    verdict
}

/// The exchange itself.
fn exchange(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    (worker, target): (&Worker, &Target),
    client: &mut HttpdClient<'_>,
    service: &mut ServiceNotes,
) -> Outcome {
    let environment = request.environment();
    let reply_timeout = reply_timeout(environment);
    let [sticky_ignore, stateless] =
        [c"JK_STICKY_IGNORE", c"JK_STATELESS"].map(|name| switch(environment, name));
    let route = environment.get(c"JK_ROUTE").filter(|route| !route.is_empty());
    // This changes the environment.
    let facts = Facts::gather(request, host, record);
    let options = target.options();
    let work = WorkerRequest {
        forward: facts.forward_request(),
        body: facts.body(),
        rule: options,
        reply_timeout,
        sticky_ignore,
        stateless,
        route,
        flush_packets: host.options.contains(JkOptions::FLUSH_PACKETS),
        flush_header: host.options.contains(JkOptions::FLUSH_HEADER),
        disable_reuse: host.options.contains(JkOptions::DISABLE_REUSE),
        log: host.log.with_id(&record.id),
    };
    worker.service(&work, client, service)
}

/// What httpd does after the outcome. Only a response of which nothing has left gives way to an error page; one that
/// was cut, or that a filter gave, stays the only one.
fn verdict(
    request: Request<'_>,
    name: &str,
    outcome: &Outcome,
    body_failure: Option<u16>,
    log: Context<'_>,
) -> Verdict {
    let (what, status) = match outcome {
        Outcome::Done => return Verdict::Ok,
        Outcome::ServerError(status) => (None, *status),
        Outcome::Failed { failure, .. } => (Some(failure), status_of(*failure, body_failure)),
    };
    let stage = request.response_stage();
    let verdict = match stage {
        _ if request.is_aborted() => Verdict::Ok,
        Stage::Unsent => {
            request.reopen_response();
            Verdict::Status(status)
        }
        Stage::Complete => Verdict::Ok,
        Stage::Begun => {
            request.abort_connection();
            Verdict::Ok
        }
    };
    // The worker has told the end; what it can't know is what a client or a filter that failed gets.
    match (what, verdict) {
        (Some(Failure::ClientRead | Failure::ClientWrite), Verdict::Status(status)) => {
            log!(log, Info, "({name}) {} gets {status}", show(request.uri()));
        }
        (Some(failure), _) => log!(log, Debug, "({name}) {failure}: {stage:?}, {verdict:?}"),
        (None, _) => {}
    }
    verdict
}

/// The status for a failure, if it can still be told.
fn status_of(failure: Failure, body_failure: Option<u16>) -> u16 {
    match failure {
        Failure::ClientRead => body_failure.unwrap_or(failure.status()),
        // If the client is still there, it was a filter that failed.
        Failure::ClientWrite => 500,
        _ => failure.status(),
    }
}

fn show(uri: Option<&[u8]>) -> &bstr::BStr {
    bstr::BStr::new(uri.unwrap_or_default())
}
