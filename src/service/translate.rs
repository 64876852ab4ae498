//! translate_name and map_to_storage: is the request ours?

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::Arc;

use super::auto_alias;
use super::host::VirtualHost;
use super::record::RequestRecord;
use super::Verdict;
use crate::config::directives::JkOptions;
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping::{self, Rule};

/// Name of our handler, for SetHandler and `[H=]`.
pub(super) const JAKARTA_SERVLET: &CStr = c"jakarta-servlet";

/// Asks the map for a rule, then JkAutoAlias. "directives, section 10.1".
pub fn translate_name(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::renew(request, host);
    let log = host.log.with_id(&record.id);
    if request.is_proxy() || !is_open(request, log) || request.uri().is_none() {
        return Verdict::Declined;
    }
    let clean = match clean_uri(request, log) {
        Ok(clean) => clean,
        Err(status) => return Verdict::Status(status),
    };
    if auto_alias::lacks_index_file(request, host, &clean) {
        log!(log, Debug, "JkAutoAlias has no index file {}", bstr::BStr::new(&clean));
        return Verdict::Declined;
    }
    let Some(rule) = host.find_rule(&clean, log) else {
        return auto_alias::translate(request, host, &clean, log);
    };
    if let Err(status) = refuse_unsafe(host, &clean, log) {
        return Verdict::Status(status);
    }
    claim(request, record, &rule, &clean);
    // A directory request takes over the worker of its index file, also when that file is not on disk.
    if let Some(main) = request.main() {
        main.set_handler(JAKARTA_SERVLET);
    }
    Verdict::Ok
}

/// Keeps httpd's hands off the file system for requests that are ours; others may lose their session parameter.
pub fn map_to_storage(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::of(request, host);
    if request.notes().get(c"JK_WORKER_NAME").is_none() {
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
    let clean = clean_uri(request, log).map_err(Verdict::Status)?;
    let Some(rule) = host.find_rule(&clean, log) else {
        strip_session(request, host);
        return Err(Verdict::Declined);
    };
    refuse_unsafe(host, &clean, log).map_err(Verdict::Status)?;
    claim(request, record, &rule, &clean);
    Ok(())
}

/// Neither is the handler set by configuration already, nor is the request kept from us.
fn is_open(request: Request<'_>, log: Context<'_>) -> bool {
    let handed_back =
        request.previous().and_then(RequestRecord::find).is_some_and(RequestRecord::is_handed_back);
    if handed_back || request.handler() == Some(JAKARTA_SERVLET.to_bytes()) {
        return false;
    }
    let kept = request.environment().get(c"no-jk").is_some();
    if kept {
        log!(log, Debug, "no-jk is set for {}: declined", bstr::BStr::new(request.uri().unwrap_or_default()));
    }
    !kept
}

/// The URI without path parameters and dot segments.
///
/// # Errors
/// The status to answer with.
pub(super) fn clean_uri<'r>(request: Request<'r>, log: Context<'_>) -> Result<Cow<'r, [u8]>, u16> {
    let uri = request.uri().unwrap_or_default();
    mapping::normalise(uri).map_err(|error| {
        log!(log, Warn, "{}: {error}: refused with 400", bstr::BStr::new(uri));
        400
    })
}

/// Refuses what JkOptions RejectUnsafeURI calls unsafe.
///
/// # Errors
/// The status to answer with.
pub(super) fn refuse_unsafe(host: &VirtualHost, clean: &[u8], log: Context<'_>) -> Result<(), u16> {
    if host.options.contains(JkOptions::REJECT_UNSAFE_URI) && mapping::is_unsafe(clean) {
        log!(log, Info, "{}: refused with 400 by RejectUnsafeURI", bstr::BStr::new(clean));
        return Err(400);
    }
    Ok(())
}

/// Makes the request ours. `<Location>` and later modules see the clean URI; the original one is forwarded.
pub(super) fn claim(request: Request<'_>, record: &RequestRecord, rule: &Arc<Rule>, clean: &[u8]) {
    let uri = request.uri().unwrap_or_default();
    if uri != clean {
        let _ = record.original_uri.set(uri.to_vec());
        request.set_uri(clean);
    }
    let _ = record.rule.set(Arc::clone(rule));
    request.set_handler(JAKARTA_SERVLET);
    request.notes().set(b"JK_WORKER_NAME", rule.worker.as_bytes());
    if let Some(main) = request.main() {
        main.notes().set(b"JK_WORKER_NAME", rule.worker.as_bytes());
    }
}

/// JkStripSession: takes the session parameter out of URI and file name.
fn strip_session(request: Request<'_>, host: &VirtualHost) {
    let Some(strip) = host.strip_session.as_ref().filter(|strip| strip.enabled) else { return };
    if let Some(uri) = request.uri().and_then(|uri| mapping::strip_session(uri, &strip.name)) {
        request.set_uri(&uri);
    }
    if let Some(file) = request.filename().and_then(|file| mapping::strip_session(file, &strip.name)) {
        request.set_filename(&file);
    }
}
