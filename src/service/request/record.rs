//! What this module keeps for one request.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::claim::{Claim, JAKARTA_SERVLET};
use super::probe::Probes;
use super::start_over::{before_cleaning, StartedOver};
use super::uri::Arrival;
use crate::config::directives::Indicator;
use crate::ffi::request::Request;
use crate::log::Context;
use crate::service::server::host::VirtualHost;

/// One request, from translate_name to the log.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    /// Names the request in the log; empty where requests have no ids.
    pub(super) id: String,
    /// What makes it ours.
    pub(super) claim: OnceLock<Claim>,
    /// How the request came, if `<Location>` sees a clean URI in place of that: it is forwarded so.
    pub(super) arrival: OnceLock<Arrival>,
    /// Whether the request is another one, started over for a clean URI.
    pub(super) is_for_clean_uri: bool,
    /// Why the request was given up for another one.
    pub(super) started_over: OnceLock<StartedOver>,
    /// What mod_dir looks up for it.
    pub(super) probes: Mutex<Option<Probes>>,
    handled: AtomicBool,
    /// What came of its service stands in its notes.
    noted: AtomicBool,
    /// Where the URI stood that no rule matched; 0 if none was looked up in vain.
    unmapped: AtomicUsize,
}

/// What log lines show when a request has no id though it could have one.
const NO_ID: &str = "NO-ID";

impl RequestRecord {
    /// The request's record, if there is one.
    pub(super) fn find(request: Request<'_>) -> Option<&Self> {
        request.kept()
    }

    /// The request's record, made at the first call.
    pub(super) fn of<'r>(request: Request<'r>, host: &VirtualHost) -> &'r Self {
        Self::find(request).unwrap_or_else(|| request.keep(Self::new(request, host)))
    }

    /// A new record, in place of one that an earlier run of the same hook may have left.
    pub(super) fn renew<'r>(request: Request<'r>, host: &VirtualHost) -> &'r Self {
        request.keep(Self::new(request, host))
    }

    fn new(request: Request<'_>, host: &VirtualHost) -> Self {
        let environment = request.environment();
        let id = environment.get(host.indicator(Indicator::RequestId)).filter(|id| !id.is_empty());
        let id = id.or_else(|| environment.get(c"UNIQUE_ID").filter(|id| !id.is_empty()));
        let none = if host.has_ids { NO_ID } else { "" };
        let before_cleaning = before_cleaning(request);
        if let Some((clean, _)) = before_cleaning {
            request.set_uri(clean);
        }
        Self {
            id: id.map_or_else(|| none.to_owned(), |id| String::from_utf8_lossy(id).into_owned()),
            claim: OnceLock::new(),
            is_for_clean_uri: before_cleaning.is_some(),
            arrival: before_cleaning
                .map_or_else(OnceLock::new, |(_, arrival)| OnceLock::from(arrival.clone())),
            started_over: OnceLock::new(),
            probes: Mutex::new(None),
            handled: AtomicBool::new(false),
            noted: AtomicBool::new(false),
            unmapped: AtomicUsize::new(0),
        }
    }

    /// The log of `host`, with the request's id.
    pub(super) fn log<'r>(&'r self, host: &'r VirtualHost) -> Context<'r> {
        host.log.with_id(&self.id)
    }

    /// Makes the request ours.
    pub(super) fn take(&self, request: Request<'_>, claim: Claim) {
        request.set_handler(JAKARTA_SERVLET);
        request.notes().set_named(c"JK_WORKER_NAME", claim.worker().as_bytes());
        let _ = self.claim.set(claim);
    }

    /// Lets sections and access rules see `clean` in place of the URI.
    pub(super) fn show_clean(&self, request: Request<'_>, clean: &[u8]) {
        if request.uri() != Some(clean) {
            let _ = self.arrival.set(Arrival::of(request));
            request.set_uri(clean);
        }
    }

    /// How the request came, if that is something else than what sections and access rules see.
    pub(super) fn arrival(&self, request: Request<'_>) -> Option<&Arrival> {
        self.arrival.get().filter(|arrival| arrival.is_still(request))
    }

    /// Lets everybody see the URI as it came.
    pub(super) fn show_arrival(&self, request: Request<'_>) {
        if let Some(arrival) = self.arrival(request) {
            request.set_uri(&arrival.uri);
        }
    }

    /// Notes that no rule matches the request's URI.
    pub(super) fn set_unmapped(&self, request: Request<'_>) {
        self.unmapped.store(place(request), Ordering::Relaxed);
    }

    /// Tells whether no rule matches the URI that the request has now: a module that gives it another one puts that
    /// elsewhere.
    pub(super) fn is_unmapped(&self, request: Request<'_>) -> bool {
        let looked_up = self.unmapped.load(Ordering::Relaxed);
        looked_up != 0 && looked_up == place(request)
    }

    /// Notes that the handler took the request.
    pub(super) fn set_handled(&self) {
        self.handled.store(true, Ordering::Relaxed);
    }

    /// Notes that what came of its service goes to its notes now; tells whether that of an earlier one stands there.
    pub(super) fn set_noted(&self) -> bool {
        self.noted.swap(true, Ordering::Relaxed)
    }

    /// Tells whether the handler took the request: only then it is in the request log.
    pub(super) fn is_handled(&self) -> bool {
        self.handled.load(Ordering::Relaxed)
    }
}

/// Where the URI of a request stands.
fn place(request: Request<'_>) -> usize {
    request.uri().map_or(0, |uri| uri.as_ptr() as usize)
}
