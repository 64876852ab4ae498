//! Requests that are given up for another one, as an internal redirect.

use super::record::RequestRecord;
use super::uri::Arrival;
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::service::verdict::Verdict;
use crate::text::Shown;

/// Why a request was started over.
#[derive(Debug)]
pub(super) enum StartedOver {
    /// It was ours and is httpd's again.
    HandedBack,
    /// It is ours by its handler, and `<Location>` is to see the clean URI instead of the one it came with.
    Cleaned {
        /// That URI, which the new request is for.
        clean: Vec<u8>,
        /// What is forwarded.
        arrival: Arrival,
    },
}

/// Leaves a request to httpd that `no-jk` keeps from us. If the variable came after mapping, as from SetEnv in
/// `<Location>`, the request has no file name any more, so httpd starts over without us.
pub(super) fn hand_back(request: Request<'_>, record: &RequestRecord, log: Context<'_>) -> Verdict {
    let uri = request.uri().unwrap_or_default();
    if record.claim.get().is_none() {
        log!(log, Debug, [Uri = Shown::uri(uri)], "no-jk is set for {}: declined", Shown::uri(uri));
        return Verdict::Declined;
    }
    log!(
        log,
        Debug,
        [Uri = Shown::uri(uri)],
        "no-jk is set for {}, which is mounted: handed back",
        Shown::uri(uri)
    );
    let _ = record.started_over.set(StartedOver::HandedBack);
    request.start_over(uri);
    Verdict::Ok
}

/// Whether the request was handed back as another one: mounts are not asked again.
pub(super) fn is_handed_back(request: Request<'_>) -> bool {
    let before = request.previous().and_then(RequestRecord::find);
    before.is_some_and(|record| matches!(record.started_over.get(), Some(StartedOver::HandedBack)))
}

/// Gives the request up for one with the clean URI: its sections and access rules hold, and it is ours if they say so.
pub(super) fn start_over(
    request: Request<'_>,
    record: &RequestRecord,
    clean: &[u8],
    log: Context<'_>,
) -> Verdict {
    let uri = request.uri().unwrap_or_default();
    log!(
        log,
        Debug,
        [Uri = Shown::uri(uri)],
        "{} names {}: started over",
        Shown::uri(uri),
        Shown::uri(clean)
    );
    let cleaned = StartedOver::Cleaned { arrival: Arrival::of(request), clean: clean.to_vec() };
    let _ = record.started_over.set(cleaned);
    request.start_over(clean);
    Verdict::Ok
}

/// The clean URI that this request was started over for, and how the one before it came. Also if rewriting led back
/// to the latter; not if it led elsewhere.
pub(super) fn before_cleaning<'r>(request: Request<'r>) -> Option<(&'r [u8], &'r Arrival)> {
    let StartedOver::Cleaned { clean, arrival } =
        RequestRecord::find(request.previous()?)?.started_over.get()?
    else {
        return None;
    };
    let is_same = [clean, &arrival.uri].into_iter().any(|uri| request.uri() == Some(uri));
    is_same.then_some((clean, arrival))
}
