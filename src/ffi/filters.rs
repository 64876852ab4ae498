//! The lists of filters that the bodies of a request pass through.

use super::bindings::ap_filter_t;
use super::text::octets;

/// Tells whether a filter of that name, in lower case, is in the list.
///
/// # Safety
/// `next` is a list of filters of a live request: each has its record, and the last points to null.
pub(super) unsafe fn has_filter(mut next: *const ap_filter_t, name: &[u8]) -> bool {
    // SAFETY: the caller's promise.
    while let Some(filter) = unsafe { next.as_ref() } {
        // SAFETY: the record of a filter is live and has a name.
        if unsafe { octets((*filter.frec).name) } == Some(name) {
            return true;
        }
        next = filter.next;
    }
    false
}
