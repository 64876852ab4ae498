//! A request becomes another one: served from the first hook on for another URI, or as what a look-up found.

use std::ffi::c_char;

use super::bindings::{
    ap_destroy_sub_req, ap_internal_fast_redirect, ap_internal_redirect_handler, ap_sub_req_lookup_uri,
};
use super::request::{set, Request};

impl Request<'_> {
    /// Serves the request for the decoded path `uri` and its query in place of what it was for, from the first hook on,
    /// as an internal redirect. No cache is asked: that was done for the request as it came.
    pub(crate) fn start_over(self, uri: &[u8]) {
        let target = self.target(uri);
        let (sections, defaults) = self.read(|r| (r.per_dir_config, r.server));
        // SAFETY: a request's server is never null and outlives the request (ffi, "Family").
        let defaults = unsafe { (*defaults).lookup_defaults };
        // Nothing is known of the new one's type.
        set!(self, content_type = std::ptr::null());
        // httpd spares a redirected request its access rules if it is in the same sections, but these rules may ask for
        // the URI.
        set!(self, per_dir_config = defaults);
        // SAFETY: the request is live and this thread's, no reference into its record exists, and the target is on its
        // pool. httpd bounds the number of redirects.
        unsafe { ap_internal_redirect_handler(target, self.as_ptr()) };
        set!(self, per_dir_config = sections);
    }

    /// Looks up the decoded path `uri` with the request's query and, if `accept` likes what is found, makes the
    /// request that one. Returns whether it did.
    pub(crate) fn become_look_up(self, uri: &[u8], accept: impl FnOnce(Request<'_>) -> bool) -> bool {
        let target = self.target(uri);
        let filters = self.read(|r| r.output_filters);
        // SAFETY: the request is live and this thread's, filters and target are its own.
        let found = unsafe { ap_sub_req_lookup_uri(target, self.as_ptr(), filters) };
        // SAFETY: null or a sub-request that httpd made for this thread; the handle goes to `accept` alone, which can't
        // keep it, and until that returns the sub-request lives.
        let Some(accepted) = unsafe { Request::from_raw(found) }.map(accept) else { return false };
        match accepted {
            // SAFETY: both requests are live, and no handle of the sub-request is left. What the request takes over is on
            // the sub-request's pool, which is below its own (ffi, "Family") and not destroyed before it.
            true => unsafe { ap_internal_fast_redirect(found, self.as_ptr()) },
            // SAFETY: the sub-request was made above, and no handle of it is left.
            false => unsafe { ap_destroy_sub_req(found) },
        }
        accepted
    }

    /// A request target for a decoded path and the request's query, on the request's pool.
    fn target(self, uri: &[u8]) -> *const c_char {
        let mut target = self.escape_path(uri).to_vec();
        if let Some(args) = self.args() {
            target.push(b'?');
            target.extend_from_slice(args);
        }
        self.pool().c_string(&target)
    }
}
