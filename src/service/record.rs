//! What this module keeps for one request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::host::VirtualHost;
use crate::config::directives::Indicator;
use crate::ffi::request::Request;
use crate::mapping::{Rule, RuleOptions};

/// One request, from translate_name to the log.
#[derive(Debug)]
pub struct RequestRecord {
    /// Names the request in the log; empty where requests have no ids.
    pub(super) id: String,
    /// The rule that matched; the map it came from may be replaced meanwhile.
    pub(super) rule: OnceLock<Arc<Rule>>,
    /// Decoded URI before this module cleaned it: the one that is forwarded.
    pub(super) original_uri: OnceLock<Vec<u8>>,
    handled: AtomicBool,
    handed_back: AtomicBool,
}

/// A worker chosen by environment variable: name and extensions.
pub(super) type Choice = (String, RuleOptions);

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
        Self {
            id: id.map_or_else(|| none.to_owned(), |id| String::from_utf8_lossy(id).into_owned()),
            rule: OnceLock::new(),
            original_uri: OnceLock::new(),
            handled: AtomicBool::new(false),
            handed_back: AtomicBool::new(false),
        }
    }

    /// Notes that the handler took the request.
    pub(super) fn set_handled(&self) {
        self.handled.store(true, Ordering::Relaxed);
    }

    /// Notes that the request was ours and is httpd's again.
    pub(super) fn set_handed_back(&self) {
        self.handed_back.store(true, Ordering::Relaxed);
    }

    /// Tells whether the request was ours and is httpd's again.
    pub(super) fn is_handed_back(&self) -> bool {
        self.handed_back.load(Ordering::Relaxed)
    }

    /// Tells whether the handler took the request: only then it is in the request log.
    pub(super) fn is_handled(&self) -> bool {
        self.handled.load(Ordering::Relaxed)
    }
}
