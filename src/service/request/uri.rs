//! The URI of a request: as it came, which names the resource, and clean, which decides who may have it.
//!
//! `<Location>`, `<If>` and access rules see the clean URI, so that no spelling evades them. Everything later, from
//! fixups to logs, sees the URI as it came: two resources that differ in a path parameter stay two. "uri-mapping,
//! section 5" and "decisions, rows 15, 40, 50 and 51".

use std::borrow::Cow;

use crate::ffi::request::Request;
use crate::log;
use crate::log::Context;
use crate::mapping;
use crate::service::server::host::VirtualHost;
use crate::text::Shown;

/// How a request came, where httpd sees something else meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// Decoded path.
    pub(super) uri: Vec<u8>,
    /// Request target.
    pub(super) target: Vec<u8>,
}

impl Arrival {
    /// How `request` came, if that was not changed yet.
    pub(super) fn of(request: Request<'_>) -> Self {
        let target = request.unparsed_uri().unwrap_or_default();
        Self { uri: request.uri().unwrap_or_default().to_vec(), target: target.to_vec() }
    }

    /// Tells whether `request` is still for that, and did not become one for another URI, such as an index file's.
    pub(super) fn is_still(&self, request: Request<'_>) -> bool {
        mapping::normalise(&self.uri) == mapping::normalise(request.uri().unwrap_or_default())
    }
}

/// The URI without path parameters and dot segments.
///
/// # Errors
/// The status to answer with.
pub(super) fn clean<'r>(request: Request<'r>, log: Context<'_>) -> Result<Cow<'r, [u8]>, u16> {
    let uri = request.uri().unwrap_or_default();
    mapping::normalise(uri).map_err(|error| {
        log!(
            log,
            Warn,
            [Uri = Shown::uri(uri), Status = 400],
            "{}: {error}: refused with 400",
            Shown::uri(uri)
        );
        400
    })
}

/// Refuses a request that would be ours, but that a container may understand as another one than httpd does.
///
/// # Errors
/// The status to answer with.
pub(super) fn refuse_unsafe(
    request: Request<'_>,
    host: &VirtualHost,
    clean: &[u8],
    log: Context<'_>,
) -> Result<(), u16> {
    let uri = request.uri().unwrap_or_default();
    let encoded = encoded_slashes(request, uri, request.unparsed_uri().unwrap_or_default());
    match mapping::objection(host.options, uri, &encoded, clean) {
        None => Ok(()),
        Some(reason) => {
            log!(log, Info, [Uri = Shown::uri(uri), Status = 400], "{}: {reason}", Shown::uri(uri));
            Err(400)
        }
    }
}

/// The target's text, which was received with `uri`, if no container reads another resource in it than sections and
/// access rules decided about. It may: where the request became one for another URI, and by what httpd decodes before it
/// looks for parameters and dot segments.
pub(super) fn as_received<'t>(request: Request<'_>, uri: &[u8], target: &'t [u8]) -> Option<&'t [u8]> {
    let text = &target[..memchr::memchr(b'?', target).unwrap_or(target.len())];
    let clean = mapping::normalise(uri).ok()?;
    mapping::reads_as(text, &clean, request.keeps_encoded_slashes()).then_some(text)
}

/// Offsets in `uri` of slashes that AllowEncodedSlashes NoDecode left encoded.
pub(super) fn encoded_slashes(request: Request<'_>, uri: &[u8], target: &[u8]) -> Vec<usize> {
    match request.keeps_encoded_slashes() {
        true => mapping::encoded_slashes(uri, target),
        false => Vec::new(),
    }
}
