//! The lists of filters that the bodies of a request pass through.

use super::bindings::ap_filter_t;
use super::text::{octets, Life};

/// Tells whether a filter of that name, in lower case, is in the list.
///
/// # Safety
/// `next` is the list of filters of a live request, which httpd ends with null, in the thread that serves it: nobody
/// else adds or removes filters.
pub(super) unsafe fn has_filter(mut next: *const ap_filter_t, name: &[u8]) -> bool {
    // SAFETY: the caller's promise; the list does not change during this call.
    while let Some(filter) = unsafe { next.as_ref() } {
        // SAFETY: httpd gives each filter in a list its record, which has a name and is there as long as the filter.
        if unsafe { octets((*filter.frec).name, Life::of(filter)) } == Some(name) {
            return true;
        }
        next = filter.next;
    }
    false
}
