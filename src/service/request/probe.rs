//! Index files and fallbacks: a request for which mod_dir looks up a mounted URI is ours by that URI.
//!
//! Only what mod_dir looks up counts, so what is noted here begins right before its fixup and ends behind it: a look-up
//! by any other module says nothing about the request that asks. "directives, section 10.4", "decisions, rows 41 and 52".

use super::claim::{Claim, DIRECTORY};
use super::record::RequestRecord;
use super::uri::{refuse_unsafe, Arrival};
use crate::config::directives::JkOptions;
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::text::Shown;

/// What mod_dir looked up for a request, as far as it is mounted.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// URI that the request had when mod_dir found the first.
    uri: Vec<u8>,
    found: Vec<Probe>,
}

/// A mounted URI that was looked up, and that passed its own access rules.
#[derive(Debug)]
struct Probe {
    uri: Vec<u8>,
    claim: Claim,
    arrival: Option<Arrival>,
}

/// Begins to note look-ups, if mod_dir will make some.
pub(super) fn begin(request: Request<'_>, record: &RequestRecord) {
    if matches!(request.handler(), None | Some(DIRECTORY)) && record.claim.get().is_none() {
        *record.probes.lock() = Some(Probes::default());
    }
}

/// Notes a look-up that is through with its fixups, if it is mounted and its main request waits for that.
pub(super) fn note(request: Request<'_>, record: &RequestRecord) {
    let (Some(claim), Some(main)) = (record.claim.get(), request.main()) else { return };
    let Some(asking) = RequestRecord::find(main) else { return };
    if let Some(probes) = asking.probes.lock().as_mut() {
        if probes.found.is_empty() {
            probes.uri = main.uri().unwrap_or_default().to_vec();
        }
        let uri = request.uri().unwrap_or_default().to_vec();
        probes.found.push(Probe { uri, claim: claim.clone(), arrival: record.arrival.get().cloned() });
    }
}

/// Ends noting, and makes the request ours if mod_dir found nothing better.
///
/// # Errors
/// The status to answer with, if the directory is to be forwarded, but may not be.
pub(super) fn end(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    log: Context<'_>,
) -> Result<(), u16> {
    let Some(probes) = record.probes.lock().take().filter(|probes| !probes.found.is_empty()) else {
        return Ok(());
    };
    let now = request.uri().unwrap_or_default();
    if now != probes.uri {
        // mod_dir has made the request that of a file it found; a mounted one brought its handler along.
        let taken = probes.found.into_iter().find(|probe| probe.uri == now);
        taken.into_iter().for_each(|probe| probe.adopt(record));
        return Ok(());
    }
    // What exists as a file goes before what only a container may have.
    let Some(first) = probes.found.into_iter().next() else { return Ok(()) };
    // A rewriting may make a directory of any URI, and this one's sections may be others than the clean one's.
    let is_forwarded = || {
        host.options.contains(JkOptions::FORWARD_DIRECTORIES) && mapping::normalise(now).as_deref() == Ok(now)
    };
    match request.handler() {
        Some(DIRECTORY) if is_forwarded() => {
            refuse_unsafe(request, host, now, log)?;
            log!(log, Debug, [Uri = Shown::uri(now)], "{} is forwarded as a directory", Shown::uri(now));
            record.take(request, first.claim);
            request.forget_media_type();
        }
        None | Some(DIRECTORY) => first.follow(request, record, log),
        Some(_) => {}
    }
    Ok(())
}

impl Probe {
    /// Makes claim and URI of the look-up those of the request.
    fn adopt(self, record: &RequestRecord) {
        let _ = record.claim.set(self.claim);
        self.arrival.into_iter().for_each(|arrival| drop(record.arrival.set(arrival)));
    }

    /// Makes the request that of the URI that was looked up, as mod_dir does for files.
    fn follow(self, request: Request<'_>, record: &RequestRecord, log: Context<'_>) {
        log!(
            log,
            Debug,
            "{} becomes {}",
            Shown::uri(request.uri().unwrap_or_default()),
            Shown::uri(&self.uri)
        );
        let is_ours = |found: Request<'_>| {
            found.status() == 200
                && RequestRecord::find(found).is_some_and(|record| record.claim.get().is_some())
        };
        if request.become_look_up(&self.uri, is_ours) {
            self.adopt(record);
        }
    }
}
