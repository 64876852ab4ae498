//! Whether a request is ours, and by what: decided here for all requests, whichever hook asks first.
//!
//! 1. translate_name asks for a mount, before access is decided.
//! 2. map_to_storage does so for what another module translated.
//! 3. Our handler asks for what no mount brought to it, but `SetHandler`, `[H=]`, or a directory that is forwarded.
//!
//! All take the same way: the URI is made clean, looked up, refused if it is unsafe, and shown clean to sections and
//! access rules. Differences: in the handler a variable may name the worker ("uri-mapping, section 12"), and sections
//! and access rules had their turn, so that a request that they saw by another URI starts over.

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::Arc;

use super::record::RequestRecord;
use super::start_over::{is_handed_back, start_over};
use super::uri::{clean, refuse_unsafe};
use crate::config::directives::{Indicator, JkOptions};
use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping::{Rule, RuleOptions};
use crate::service::server::host::{IndicatedWorker, VirtualHost};
use crate::service::verdict::Verdict;
use crate::text::Shown;

/// Name of our handler, for SetHandler and `[H=]`.
pub(super) const JAKARTA_SERVLET: &CStr = c"jakarta-servlet";

/// Name of httpd's handler for directories.
pub(super) const DIRECTORY: &[u8] = b"httpd/unix-directory";

/// What makes a request ours: it says the worker, and the extensions that go with it.
#[derive(Clone, Debug)]
pub(super) enum Claim {
    /// The rule that matched; the map it came from may be replaced meanwhile.
    Mount(Arc<Rule>),
    /// The variable that JkWorkerIndicator names.
    Variable(Arc<IndicatedWorker>),
}

impl Claim {
    /// Name of the worker.
    pub(super) fn worker(&self) -> &str {
        match self {
            Claim::Mount(rule) => &rule.worker,
            Claim::Variable(indicated) => &indicated.name,
        }
    }

    /// Extensions of the rule, or of the variable's value.
    pub(super) fn options(&self) -> &RuleOptions {
        match self {
            Claim::Mount(rule) => &rule.options,
            Claim::Variable(indicated) => &indicated.options,
        }
    }
}

/// Who asks whether a request is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// translate_name or map_to_storage.
    Mapping,
    /// The content handler.
    Handler,
}

/// A request that is ours if there is a claim to its clean URI.
pub(super) struct Candidate<'r> {
    request: Request<'r>,
    host: &'r VirtualHost,
    record: &'r RequestRecord,
    clean: Cow<'r, [u8]>,
}

impl<'r> Candidate<'r> {
    /// Makes the URI clean.
    ///
    /// # Errors
    /// What httpd is told if that can't be.
    pub(super) fn of(
        request: Request<'r>,
        host: &'r VirtualHost,
        record: &'r RequestRecord,
    ) -> Result<Self, Verdict> {
        let clean = clean(request, record.log(host)).map_err(Verdict::Status)?;
        Ok(Self { request, host, record, clean })
    }

    /// The URI without path parameters and dot segments.
    pub(super) fn clean_uri(&self) -> &[u8] {
        &self.clean
    }

    /// Makes the request ours if there is a claim, and tells whether there is.
    ///
    /// # Errors
    /// What httpd is told of a request that ends here: it is refused, or has been started over.
    pub(super) fn claim(&self, asker: Asker) -> Result<bool, Verdict> {
        let Some(claim) = self.find(asker) else { return Ok(false) };
        refuse_unsafe(self.request, self.host, &self.clean, self.log()).map_err(Verdict::Status)?;
        match asker {
            Asker::Mapping => self.record.show_clean(self.request, &self.clean),
            Asker::Handler if self.was_seen_clean() => self.request.forget_media_type(),
            Asker::Handler => return Err(start_over(self.request, self.record, &self.clean, self.log())),
        }
        self.record.take(self.request, claim);
        Ok(true)
    }

    /// In the handler a variable goes before the map.
    fn find(&self, asker: Asker) -> Option<Claim> {
        let variable = match asker {
            Asker::Mapping => None,
            Asker::Handler => self.request.environment().get(self.host.indicator(Indicator::Worker)),
        };
        match variable {
            Some(value) => Some(Claim::Variable(self.host.indicated.get(value, self.log()))),
            None => self.host.find_rule(&self.clean, self.log()).map(Claim::Mount),
        }
    }

    /// Whether sections and access rules have seen the clean URI.
    fn was_seen_clean(&self) -> bool {
        self.record.is_for_clean_uri || self.request.uri() == Some(&self.clean)
    }

    fn log(&self) -> Context<'r> {
        self.record.log(self.host)
    }
}

/// Whether a mount may make the request ours: it has a URI (sub-requests for a file, as SSI makes them, have none),
/// no handler of ours by configuration already, and is not kept from us.
pub(super) fn is_mountable(request: Request<'_>, log: Context<'_>) -> bool {
    let is_settled = request.is_proxy()
        || is_handed_back(request)
        || request.handler() == Some(JAKARTA_SERVLET.to_bytes());
    if is_settled || request.uri().is_none_or(<[u8]>::is_empty) {
        return false;
    }
    let is_kept = is_kept(request);
    if is_kept {
        log!(log, Debug, "no-jk is set for {}: declined", Shown::uri(request.uri().unwrap_or_default()));
    }
    !is_kept
}

/// Whether the request is kept from us by `no-jk`.
pub(super) fn is_kept(request: Request<'_>) -> bool {
    request.environment().get(c"no-jk").is_some()
}

/// Whether the request's content handler is ours, or that of directories where those are forwarded.
pub(super) fn has_our_handler(request: Request<'_>, host: &VirtualHost) -> bool {
    match request.handler() {
        Some(handler) if handler == JAKARTA_SERVLET.to_bytes() => true,
        Some(DIRECTORY) => host.options.contains(JkOptions::FORWARD_DIRECTORIES),
        _ => false,
    }
}

/// The claim of a request that reached our handler: made long ago, or now.
///
/// # Errors
/// What httpd is told if there is none, or as [`Candidate::claim`] has it.
pub(super) fn settle<'r>(
    request: Request<'r>,
    host: &'r VirtualHost,
    record: &'r RequestRecord,
) -> Result<&'r Claim, Verdict> {
    if record.claim.get().is_none() {
        Candidate::of(request, host, record)?.claim(Asker::Handler)?;
    }
    record.claim.get().ok_or(Verdict::Declined)
}
