//! translate_name and map_to_storage: mounts are asked, and the file system is not.

use super::auto_alias;
use super::claim::{is_mountable, Asker, Candidate};
use super::record::RequestRecord;
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::service::verdict::Verdict;
use crate::text::Shown;

/// Asks the map for a rule, then JkAutoAlias. "directives, section 10.1".
pub(crate) fn translate_name(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::renew(request, host);
    if !is_mountable(request, record.log(host)) {
        return Verdict::Declined;
    }
    translate(request, host, record).unwrap_or_else(|verdict| verdict)
}

fn translate(request: Request<'_>, host: &VirtualHost, record: &RequestRecord) -> Result<Verdict, Verdict> {
    let candidate = Candidate::of(request, host, record)?;
    let clean = candidate.clean_uri();
    if auto_alias::lacks_index_file(request, host, clean) {
        log!(
            record.log(host),
            Debug,
            [Uri = Shown::uri(clean)],
            "JkAutoAlias has no index file {}",
            Shown::uri(clean)
        );
        return Ok(Verdict::Declined);
    }
    match candidate.claim(Asker::Mapping)? {
        true => Ok(Verdict::Ok),
        false => {
            record.set_unmapped(request);
            Ok(auto_alias::translate(request, host, record, clean))
        }
    }
}

/// Keeps httpd's hands off the file system for requests that are ours; others may lose their session parameter.
pub(crate) fn map_to_storage(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let record = RequestRecord::of(request, host);
    if record.claim.get().is_none() {
        if let Err(verdict) = map_late(request, host, record) {
            return verdict;
        }
    }
    match request.set_filename_of_uri() {
        true => Verdict::Ok,
        false => Verdict::Declined,
    }
}

/// Maps a request that another module translated: JkMount wins over Alias.
fn map_late(request: Request<'_>, host: &VirtualHost, record: &RequestRecord) -> Result<(), Verdict> {
    let log = record.log(host);
    if !is_mountable(request, log) {
        return Err(Verdict::Declined);
    }
    if record.is_unmapped(request) {
        return Err(strip_session(request, host, log));
    }
    match Candidate::of(request, host, record)?.claim(Asker::Mapping)? {
        true => Ok(()),
        false => Err(strip_session(request, host, log)),
    }
}

/// JkStripSession: takes the session parameter out of URI and file name. What was no dot segment with it must not be
/// one without it.
fn strip_session(request: Request<'_>, host: &VirtualHost, log: Context<'_>) -> Verdict {
    let Some(strip) = host.strip_session.as_ref().filter(|strip| strip.enabled) else {
        return Verdict::Declined;
    };
    if let Some(uri) = request.uri().and_then(|uri| mapping::strip_session(uri, &strip.name)) {
        if mapping::has_dot_segments(&uri) {
            log!(
                log,
                Info,
                [Uri = Shown::uri(&uri), Status = 400],
                "{}: refused with 400 by JkStripSession",
                Shown::uri(&uri)
            );
            return Verdict::Status(400);
        }
        request.set_uri(&uri);
    }
    if let Some(file) = request.filename().and_then(|file| mapping::strip_session(file, &strip.name)) {
        request.set_filename(&file);
    }
    Verdict::Declined
}
