//! The fixup phase: access has been decided on the clean URI, and what comes now works on the resource.

use super::claim::JAKARTA_SERVLET;
use super::probe;
use super::record::RequestRecord;
use super::start_over::before_cleaning;
use crate::ffi::request::Request;
use crate::service::server::host::VirtualHost;
use crate::service::verdict::Verdict;

/// Before all other fixups: a mounted URI is the container's, whatever its extensions mean to mod_mime, whose opinion
/// would go into the answer or take the request away. What `<Location>` sets comes next and holds.
pub(crate) fn before_core(request: Request<'_>) -> Verdict {
    let Some(record) = RequestRecord::find(request) else { return Verdict::Declined };
    if record.claim.get().is_some() {
        request.set_handler(JAKARTA_SERVLET);
        request.forget_media_type();
    }
    if !record.is_for_clean_uri {
        record.show_arrival(request);
    }
    Verdict::Declined
}

/// Right after core, which has put `SetHandler` into force.
pub(crate) fn after_core(request: Request<'_>) -> Verdict {
    if let Some(record) = RequestRecord::find(request) {
        resume(request, record);
    }
    Verdict::Declined
}

/// Right before mod_dir, to which the clean URI says whether a directory's `/` is there, and where its index files are.
pub(crate) fn before_mod_dir(request: Request<'_>) -> Verdict {
    if let Some(record) = RequestRecord::find(request) {
        if let Some((clean, _)) = before_cleaning(request).filter(|_| record.is_for_clean_uri) {
            request.set_uri(clean);
        }
        probe::begin(request, record);
    }
    Verdict::Declined
}

/// Behind all other fixups: the handler is known, also if mod_rewrite chose it.
pub(crate) fn last(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    let Some(record) = RequestRecord::find(request) else { return Verdict::Declined };
    probe::note(request, record);
    if let Err(status) = probe::end(request, host, record, record.log(host)) {
        return Verdict::Status(status);
    }
    resume(request, record);
    Verdict::Declined
}

/// Goes on with the URI as it came in a request that was started over for the clean one, if it is still ours.
fn resume(request: Request<'_>, record: &RequestRecord) {
    if record.is_for_clean_uri && request.handler() == Some(JAKARTA_SERVLET.to_bytes()) {
        record.show_arrival(request);
        // mod_cache would find the answer under the URI as it came, before `<Location>` has seen the clean one.
        request.environment().set_named(c"no-cache", b"1");
    }
}
