//! Requests that would be ours, and are refused: a container may understand them as others than httpd does.
//!
//! "decisions, rows 15, 40, 50 and 51".

use super::{decodes_again, hides_dot_segment, is_unsafe};
use crate::config::directives::{JkOptions, UriForwarding};

/// Why `uri`, with slashes that came `encoded`, is refused though a rule takes it `clean`.
pub fn objection(options: JkOptions, uri: &[u8], encoded: &[usize], clean: &[u8]) -> Option<&'static str> {
    let forwards_decoded = options.uri_forwarding() == UriForwarding::Compat;
    if options.contains(JkOptions::REJECT_UNSAFE_URI) && is_unsafe(clean) {
        Some("refused with 400 by RejectUnsafeURI")
    } else if hides_dot_segment(uri, encoded) {
        Some("an encoded slash hides a dot segment: refused with 400")
    } else if forwards_decoded && decodes_again(uri, encoded) {
        Some("ForwardURICompat would have it decoded twice: refused with 400")
    } else {
        None
    }
}
