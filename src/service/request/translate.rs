//! translate_name and map_to_storage: is the request ours?

use std::ffi::CStr;
use std::sync::Arc;

use super::auto_alias;
use super::record::{RequestRecord, StartedOver};
use super::uri::{clean, refuse_unsafe};
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping::{self, Rule};
use crate::service::server::host::VirtualHost;
use crate::service::Verdict;

/// Name of our handler, for SetHandler and `[H=]`.
pub(super) const JAKARTA_SERVLET: &CStr = c"jakarta-servlet";

/// Name of httpd's handler for directories.
pub(super) const DIRECTORY: &[u8] = b"httpd/unix-directory";

/// Asks the map for a rule, then JkAutoAlias. "directives, section 10.1".
pub(crate) fn translate_name(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::renew(request, host);
    let log = host.log.with_id(&record.id);
    if request.is_proxy() || !is_open(request, log) || request.uri().is_none() {
        return Verdict::Declined;
    }
    let clean = match clean(request, log) {
        Ok(clean) => clean,
        Err(status) => return Verdict::Status(status),
    };
    if auto_alias::lacks_index_file(request, host, &clean) {
        log!(log, Debug, "JkAutoAlias has no index file {}", bstr::BStr::new(&clean));
        return Verdict::Declined;
    }
    let Some(rule) = host.find_rule(&clean, log) else {
        return auto_alias::translate(request, host, record, &clean);
    };
    match claim(request, host, record, &rule, &clean) {
        Ok(()) => Verdict::Ok,
        Err(status) => Verdict::Status(status),
    }
}

/// Keeps httpd's hands off the file system for requests that are ours; others may lose their session parameter.
pub(crate) fn map_to_storage(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::of(request, host);
    if record.rule.get().is_none() {
        let log = host.log.with_id(&record.id);
        if let Err(verdict) = map_late(request, host, record, log) {
            return verdict;
        }
    }
    match request.set_filename_of_uri() {
        true => Verdict::Ok,
        false => Verdict::Declined,
    }
}

/// Maps a request that another module translated: JkMount wins over Alias.
fn map_late(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    log: Context<'_>,
) -> Result<(), Verdict> {
    // Sub-requests for a file, as SSI makes them, have no URI.
    if request.is_proxy() || !is_open(request, log) || request.uri().is_none_or(<[u8]>::is_empty) {
        return Err(Verdict::Declined);
    }
    let clean = clean(request, log).map_err(Verdict::Status)?;
    let Some(rule) = host.find_rule(&clean, log) else {
        return Err(strip_session(request, host, log));
    };
    claim(request, host, record, &rule, &clean).map_err(Verdict::Status)
}

/// Neither is the handler set by configuration already, nor is the request kept from us.
fn is_open(request: Request<'_>, log: Context<'_>) -> bool {
    let handed_back = request
        .previous()
        .and_then(RequestRecord::find)
        .is_some_and(|record| matches!(record.started_over.get(), Some(StartedOver::HandedBack)));
    if handed_back || request.handler() == Some(JAKARTA_SERVLET.to_bytes()) {
        return false;
    }
    let kept = request.environment().get(c"no-jk").is_some();
    if kept {
        log!(log, Debug, "no-jk is set for {}: declined", bstr::BStr::new(request.uri().unwrap_or_default()));
    }
    !kept
}

/// Makes the request ours by `rule`; sections and access rules see the clean URI.
///
/// # Errors
/// The status to answer with if the URI is unsafe.
fn claim(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    rule: &Arc<Rule>,
    clean: &[u8],
) -> Result<(), u16> {
    refuse_unsafe(request, host, clean, host.log.with_id(&record.id))?;
    record.show_clean(request, clean);
    take(request, record, rule);
    Ok(())
}

/// Makes the request that of the rule's worker.
pub(super) fn take(request: Request<'_>, record: &RequestRecord, rule: &Arc<Rule>) {
    let _ = record.rule.set(Arc::clone(rule));
    request.set_handler(JAKARTA_SERVLET);
    request.notes().set(b"JK_WORKER_NAME", rule.worker.as_bytes());
}

/// JkStripSession: takes the session parameter out of URI and file name. What was no dot segment with it must not be
/// one without it.
fn strip_session(request: Request<'_>, host: &VirtualHost, log: Context<'_>) -> Verdict {
    let Some(strip) = host.strip_session.as_ref().filter(|strip| strip.enabled) else {
        return Verdict::Declined;
    };
    if let Some(uri) = request.uri().and_then(|uri| mapping::strip_session(uri, &strip.name)) {
        if mapping::has_dot_segments(&uri) {
            log!(log, Info, "{}: refused with 400 by JkStripSession", bstr::BStr::new(&uri));
            return Verdict::Status(400);
        }
        request.set_uri(&uri);
    }
    if let Some(file) = request.filename().and_then(|file| mapping::strip_session(file, &strip.name)) {
        request.set_filename(&file);
    }
    Verdict::Declined
}
