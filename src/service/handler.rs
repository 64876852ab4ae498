//! The content handler: which worker, and what its outcome means for httpd.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::client::HttpdClient;
use super::forward::{reply_timeout, switch, Facts};
use super::host::VirtualHost;
use super::notes;
use super::record::{Choice, RequestRecord};
use super::translate::{claim, clean_uri, refuse_unsafe, JAKARTA_SERVLET};
use super::Verdict;
use crate::config::directives::{Indicator, JkOptions};
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping::{Rule, RuleOptions};
use crate::worker::registry::Worker;
use crate::worker::{self, Failure, Outcome, ServiceNotes};

/// Name of httpd's handler for directories.
const DIRECTORY: &[u8] = b"httpd/unix-directory";

/// Serves a request that a rule, a handler setting or an environment variable made ours.
pub fn handle(request: Request<'_>) -> Verdict {
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
        Ok(Some(target)) => target,
        Ok(None) => return Verdict::Declined,
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
    record.set_handed_back();
    request.start_over();
    Verdict::Ok
}

/// The worker of a request, and the extensions that go with it.
enum Target {
    /// By a mount.
    Mounted(Arc<Rule>),
    /// By environment variable.
    Chosen(Arc<Choice>),
    /// By a mount of a sub-request that tried an index file of this directory.
    Probed(String),
}

impl Target {
    /// A rule found earlier, else the worker variable, else a look-up of the URI.
    fn find(
        request: Request<'_>,
        host: &VirtualHost,
        record: &RequestRecord,
        log: Context<'_>,
    ) -> Result<Option<Self>, u16> {
        if let Some(rule) = record.rule.get() {
            return Ok(Some(Target::Mounted(Arc::clone(rule))));
        }
        if let Some(worker) = request.notes().get(c"JK_WORKER_NAME") {
            return Ok(Some(Target::Probed(String::from_utf8_lossy(worker).into_owned())));
        }
        if let Some(value) = request.environment().get(host.indicator(Indicator::Worker)) {
            clean_location(request, record, log)?;
            return Ok(Some(Target::Chosen(host.choices.get(value, log))));
        }
        let clean = clean_uri(request, log)?;
        let Some(rule) = host.find_rule(&clean, log) else { return Ok(None) };
        refuse_unsafe(host, &clean, log)?;
        claim(request, record, &rule, &clean);
        Ok(Some(Target::Mounted(rule)))
    }

    fn name(&self) -> &str {
        match self {
            Target::Mounted(rule) => &rule.worker,
            Target::Chosen(choice) => &choice.0,
            Target::Probed(name) => name,
        }
    }

    fn options(&self) -> Cow<'_, RuleOptions> {
        match self {
            Target::Mounted(rule) => Cow::Borrowed(&rule.options),
            Target::Chosen(choice) => Cow::Borrowed(&choice.1),
            Target::Probed(_) => Cow::Owned(RuleOptions::default()),
        }
    }
}

/// A URI that a handler setting made ours gets the same cleaning as a mounted one, and `<Location>` sections are
/// looked up again for what it really names: path parameters must not evade them.
fn clean_location(request: Request<'_>, record: &RequestRecord, log: Context<'_>) -> Result<(), u16> {
    let uri = request.uri().unwrap_or_default();
    let clean = clean_uri(request, log)?;
    if *clean == *uri {
        return Ok(());
    }
    let _ = record.original_uri.set(uri.to_vec());
    request.set_uri(&clean);
    match request.status_of_look_up(&clean) {
        200 => Ok(()),
        status => {
            log!(log, Info, "{} names {}: refused with {status}", show(Some(uri)), show(Some(&clean)));
            Err(status)
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
    if let Err(status) = request.set_up_body() {
        return Verdict::Status(status);
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
    let outcome = exchange(request, host, record, (worker, target), &mut service);
    notes::write(request, worker.kind_name(), &service, began.elapsed());
    verdict(request, name, outcome, log)
}

/// The exchange itself.
fn exchange(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    (worker, target): (&Worker, &Target),
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
    let work = worker::Request {
        forward: facts.forward_request(),
        body: facts.body(),
        rule: &options,
        reply_timeout,
        sticky_ignore,
        stateless,
        route,
        flush_packets: host.options.contains(JkOptions::FLUSH_PACKETS),
        flush_header: host.options.contains(JkOptions::FLUSH_HEADER),
        disable_reuse: host.options.contains(JkOptions::DISABLE_REUSE),
        log: host.log.with_id(&record.id),
    };
    worker.service(&work, &mut HttpdClient::new(request), service)
}

/// What httpd does after the outcome. A failure whose response has begun needs nothing more: it was cut.
fn verdict(request: Request<'_>, name: &str, outcome: Outcome, log: Context<'_>) -> Verdict {
    match outcome {
        Outcome::Done => Verdict::Ok,
        Outcome::ServerError(status) => Verdict::Status(status),
        Outcome::Failed { failure: Failure::ClientWrite, .. } => {
            log!(log, Info, "({name}) the client went away while it was answered");
            request.abort_connection();
            Verdict::Ok
        }
        Outcome::Failed { failure: Failure::Truncated(..), .. } => {
            log!(log, Info, "({name}) the response was cut: the client's connection is closed");
            Verdict::Ok
        }
        Outcome::Failed { failure, .. } => {
            let status = failure.status();
            log!(log, Info, "({name}) {failure:?}: {} gets {status}", show(request.uri()));
            Verdict::Status(status)
        }
    }
}

fn show(uri: Option<&[u8]>) -> &bstr::BStr {
    bstr::BStr::new(uri.unwrap_or_default())
}
