//! The content handler: what is ours goes to its worker.

use std::time::Instant;

use super::answer;
use super::claim::{has_our_handler, is_kept, settle, Claim};
use super::client::HttpdClient;
use super::forward::{reply_timeout, switch, Environment, Facts};
use super::hosts::HostsAround;
use super::notes;
use super::record::RequestRecord;
use super::start_over::hand_back;
use super::status_page;
use crate::config::directives::JkOptions;
use crate::ffi::request::Request;
use crate::ffi::stream_end::StreamEnd;
use crate::log;
use crate::log::Context;
use crate::service::server::host::VirtualHost;
#[cfg(feature = "test-points")]
use crate::service::server::test_points;
use crate::service::verdict::Verdict;
use crate::text::Shown;
use crate::worker::registry::Worker;
use crate::worker::{Outcome, ServiceNotes, WorkerRequest};

/// Serves a request that a rule, a handler setting or an environment variable made ours.
pub(crate) fn handle(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    if !has_our_handler(request, host) {
        return Verdict::Declined;
    }
    let stream_end = request.keep_stream_end();
    let verdict = handle_ours(request, host);
    // Only now: a client that sends slowly must not hold a connection to Tomcat.
    stream_end.into_iter().for_each(StreamEnd::release);
    verdict
}

/// Serves a request whose handler is ours.
fn handle_ours(request: Request<'_>, host: &VirtualHost) -> Verdict {
    let record = RequestRecord::of(request, host);
    let log = record.log(host);
    if is_kept(request) {
        return hand_back(request, record, log);
    }
    let claim = match settle(request, host, record) {
        Ok(claim) => claim,
        Err(verdict) => return verdict,
    };
    // AJP has no tunnels, but a 2xx would make the client, or a proxy before us, take its connection for one.
    if request.method() == b"CONNECT" {
        log!(
            log,
            Info,
            [Uri = show(request.uri()), Status = 405],
            "CONNECT {}: refused with 405",
            show(request.uri())
        );
        return Verdict::Status(405);
    }
    record.set_handled();
    serve(request, host, record, claim, log)
}

/// Hands the request to its worker, and tells httpd how it ended.
fn serve(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    claim: &Claim,
    log: Context<'_>,
) -> Verdict {
    let name = claim.worker();
    if request.is_proxy() {
        let name = Shown::name(name.as_bytes());
        log!(
            log,
            Info,
            [Worker = name, Uri = show(request.uri()), Status = 500],
            "({name}) {} is a proxy request: refused with 500",
            show(request.uri())
        );
        return Verdict::Status(500);
    }
    if request.has_own_body() {
        if let Err(status) = request.set_up_body() {
            return Verdict::Status(status);
        }
    }
    let Some(worker) = host.connector.workers.get(name) else {
        // A variable may have named it, by what the client sent.
        let name = Shown::name(name.as_bytes());
        log!(
            log,
            Error,
            [Worker = name, Uri = show(request.uri()), Status = 500],
            "({name}) is not in worker.list: {} gets 500",
            show(request.uri())
        );
        return Verdict::Status(500);
    };
    if request.is_aborted() {
        log!(
            log,
            Info,
            [Worker = name, Uri = show(request.uri())],
            "({name}) the client of {} went away before it was served",
            show(request.uri())
        );
        return Verdict::Ok;
    }
    #[cfg(feature = "test-points")]
    test_points::obey(request, host);
    let began = Instant::now();
    let mut service = ServiceNotes::default();
    let mut client = HttpdClient::new(request);
    let outcome = exchange(request, host, record, (worker, claim), &mut client, &mut service);
    notes::write(request, worker.kind_name(), &service, began.elapsed(), record.set_noted());
    #[cfg(feature = "test-points")]
    test_points::report(request, host);
    let verdict = answer::verdict(request, name, &outcome, client.body_failure(), log);
    // Before its own page httpd drains by itself.
    if verdict == Verdict::Ok {
        client.finish();
    }
    verdict
}

/// The exchange itself.
fn exchange<'w>(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    (worker, claim): (&'w Worker, &Claim),
    client: &mut HttpdClient<'_>,
    service: &mut ServiceNotes<'w>,
) -> Outcome {
    let environment = Environment::of(request);
    let reply_timeout = reply_timeout(environment);
    let [sticky_ignore, stateless] =
        [c"JK_STICKY_IGNORE", c"JK_STATELESS"].map(|name| switch(environment, name));
    let route = environment.get(c"JK_ROUTE").filter(|route| !route.is_empty());
    // This changes the environment.
    let facts = Facts::gather(request, host, record);
    let options = claim.options();
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
        log: record.log(host),
    };
    match worker {
        Worker::Status(page) => {
            let around = (&HostsAround(request) as &_, request.earlier_processes());
            status_page::serve(&host.connector, page, &work, around, client)
        }
        worker => worker.service(&work, client, service),
    }
}

fn show(uri: Option<&[u8]>) -> Shown<'_> {
    Shown::uri(uri.unwrap_or_default())
}
