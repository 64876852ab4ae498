//! httpd's request, as far as this module reads and changes it.

use std::ffi::{c_char, CStr};
use std::ptr::NonNull;

use super::bindings::{
    ap_add_common_vars, ap_os_escape_path, apr_filepath_merge, apr_filepath_name_get, apr_stat, apr_table_t,
    conn_rec, jk_forced_type, jk_keeps_encoded_slashes, request_rec, APR_FILEPATH_SECUREROOT,
    APR_FILEPATH_TRUENAME, APR_FINFO_TYPE,
};
use super::pool::Pool;
use super::server::Server;
use super::table::Table;
use super::text::{octets, Life};

/// A request in the hands of httpd, alive for `'r`.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r> {
    raw: NonNull<request_rec>,
    life: Life<'r>,
}

/// Writes one field of a request's record, as a place of its own: httpd, filters and other handles have pointers to the
/// record, so there is never an exclusive reference to it.
macro_rules! set {
    ($request:expr, $field:ident = $value:expr) => {{
        let (record, value) = ($crate::ffi::request::Request::as_ptr($request), $value);
        // SAFETY: the record of a `Request` is live and in the hands of this thread alone (`from_raw`), and the value is
        // of the field's type.
        #[allow(clippy::undocumented_unsafe_blocks)] // clippy of Rust 1.85 sees no comment inside a macro
        unsafe {
            (*record).$field = value;
        }
    }};
}

pub(super) use set;

impl<'r> Request<'r> {
    /// Wraps a request of httpd.
    ///
    /// # Safety
    /// `raw` is null or a request that lives for `'r`, and no other thread works on it meanwhile.
    pub(crate) unsafe fn from_raw(raw: *mut request_rec) -> Option<Self> {
        // SAFETY: the caller promises 'r.
        NonNull::new(raw).map(|raw| Self { raw, life: unsafe { Life::promised() } })
    }

    pub(super) fn as_ptr(self) -> *mut request_rec {
        self.raw.as_ptr()
    }

    /// Copies fields out of the record. `fields` can hold no handle, so nothing is called that changes the record.
    pub(super) fn read<T>(self, fields: impl FnOnce(&request_rec) -> T + 'static) -> T {
        // SAFETY: the record is live and in the hands of this thread alone (`from_raw`), which changes nothing before
        // `fields` returns; the reference ends with that.
        fields(unsafe { self.raw.as_ref() })
    }

    /// The text in one of the record's fields.
    pub(super) fn text(
        self,
        field: impl FnOnce(&request_rec) -> *const c_char + 'static,
    ) -> Option<&'r [u8]> {
        // SAFETY: every field of the record that has this type is a string (ffi, "Text"), and all callers name one.
        unsafe { octets(self.read(field), self.life) }
    }

    /// How long it lives, and with it what belongs to it.
    pub(super) fn life(self) -> Life<'r> {
        self.life
    }

    /// Its connection, never null and live for `'r` (ffi, "Hooks" and "Family"): a pointer, because mod_http2 changes a
    /// field of it meanwhile ([`Self::is_aborted`]), so that there must be no reference to the whole.
    pub(super) fn connection(self) -> *const conn_rec {
        self.read(|r| r.connection)
    }

    fn table(self, field: impl FnOnce(&request_rec) -> *mut apr_table_t + 'static) -> Table<'r> {
        // SAFETY: the tables of a request are there before any hook sees it (ffi, "Hooks"), on its pool or, where
        // requests share one, that of an older one; who replaces one leaves the old one where it is.
        unsafe { Table::from_raw(self.read(field)) }.expect("httpd creates the tables of a request")
    }

    /// The request's pool.
    pub(crate) fn pool(self) -> Pool<'r> {
        // SAFETY: a request's pool lives as long as the request, is below that of the configuration (ffi, "Unloading"),
        // and is used by the request's thread.
        unsafe { Pool::from_raw(self.read(|r| r.pool)) }.expect("httpd creates a pool for each request")
    }

    /// The virtual host that serves it.
    pub(crate) fn server(self) -> Server<'r> {
        // SAFETY: a request's server outlives the request (ffi, "Family").
        unsafe { Server::from_raw(self.read(|r| r.server)) }.expect("httpd gives each request a server")
    }

    /// The request that this sub-request belongs to.
    pub(crate) fn main(self) -> Option<Request<'r>> {
        // SAFETY: null, or a request whose pool is above that of this one (ffi, "Family"). It is served by the thread that is
        // here, which runs its sub-requests itself ("One thread").
        unsafe { Request::from_raw(self.read(|r| r.main)) }
    }

    /// The request that an internal redirect led from to this one.
    pub(crate) fn previous(self) -> Option<Request<'r>> {
        // SAFETY: null, or a request on the same pool (ffi, "Family"), served by the thread that is here, which serves what
        // it was redirected to in the same call ("One thread").
        unsafe { Request::from_raw(self.read(|r| r.prev)) }
    }

    /// The request that an internal redirect led to from this one.
    pub(crate) fn next(self) -> Option<Request<'r>> {
        // SAFETY: null, or a request on the same pool (ffi, "Family"), which this thread has served ("One thread").
        unsafe { Request::from_raw(self.read(|r| r.next)) }
    }

    /// Tells whether this is the page of an ErrorDocument: httpd keeps the status that the page is for.
    pub(crate) fn is_error_page(self) -> bool {
        self.previous().is_some() && self.status() >= 400
    }

    /// Tells whether the request is one for mod_proxy.
    pub(crate) fn is_proxy(self) -> bool {
        self.read(|r| r.proxyreq) != 0
    }

    /// Method as received.
    pub(crate) fn method(self) -> &'r [u8] {
        self.text(|r| r.method).unwrap_or_default()
    }

    /// Only headers are wanted (HEAD).
    pub(crate) fn is_header_only(self) -> bool {
        self.read(|r| r.header_only) != 0
    }

    /// Protocol as received.
    pub(crate) fn protocol(self) -> &'r [u8] {
        self.text(|r| r.protocol).unwrap_or_default()
    }

    /// First line of the request.
    pub(crate) fn request_line(self) -> Option<&'r [u8]> {
        self.text(|r| r.the_request)
    }

    /// Decoded path.
    pub(crate) fn uri(self) -> Option<&'r [u8]> {
        self.text(|r| r.uri)
    }

    /// Replaces the decoded path.
    pub(crate) fn set_uri(self, uri: &[u8]) {
        let uri = self.pool().c_string(uri);
        set!(self, uri = uri);
    }

    /// Request target as received.
    pub(crate) fn unparsed_uri(self) -> Option<&'r [u8]> {
        self.text(|r| r.unparsed_uri)
    }

    /// Query string.
    pub(crate) fn args(self) -> Option<&'r [u8]> {
        self.text(|r| r.args)
    }

    /// Name of the content handler.
    pub(crate) fn handler(self) -> Option<&'r [u8]> {
        self.text(|r| r.handler)
    }

    /// Chooses the content handler. The name is not copied: it outlives the request's pool (ffi, "Unloading").
    pub(crate) fn set_handler(self, name: &'static CStr) {
        set!(self, handler = name.as_ptr());
    }

    /// File the request maps to.
    pub(crate) fn filename(self) -> Option<&'r [u8]> {
        self.text(|r| r.filename)
    }

    /// Maps the request to a file.
    pub(crate) fn set_filename(self, name: &[u8]) {
        let name = self.pool().c_string(name);
        set!(self, filename = name);
    }

    /// Authenticated user.
    pub(crate) fn user(self) -> Option<&'r [u8]> {
        self.text(|r| r.user)
    }

    /// How the user was authenticated.
    pub(crate) fn auth_type(self) -> Option<&'r [u8]> {
        self.text(|r| r.ap_auth_type)
    }

    /// Request headers.
    pub(crate) fn headers_in(self) -> Table<'r> {
        self.table(|r| r.headers_in)
    }

    /// Response headers.
    pub(crate) fn headers_out(self) -> Table<'r> {
        self.table(|r| r.headers_out)
    }

    /// Response headers that survive an error page.
    pub(crate) fn err_headers_out(self) -> Table<'r> {
        self.table(|r| r.err_headers_out)
    }

    /// Notes from one module to another, and to the access log.
    pub(crate) fn notes(self) -> Table<'r> {
        self.table(|r| r.notes)
    }

    /// Environment variables.
    pub(crate) fn environment(self) -> Table<'r> {
        self.table(|r| r.subprocess_env)
    }

    /// Adds httpd's common variables (HTTP_*, SERVER_*, REMOTE_* ...) to the environment.
    pub(crate) fn add_common_variables(self) {
        // SAFETY: the request is live and this thread's; no reference into its record exists (`read`, `set!`).
        unsafe { ap_add_common_vars(self.as_ptr()) };
    }

    /// Escapes a path the way httpd does.
    pub(crate) fn escape_path(self, path: &[u8]) -> &'r [u8] {
        let pool = self.pool();
        // SAFETY: pool and path are live; the result is a C string on the pool that nobody else knows.
        unsafe { octets(ap_os_escape_path(pool.as_ptr(), pool.c_string(path), 1), pool.life()) }
            .unwrap_or_default()
    }

    /// Status of the response.
    pub(crate) fn status(self) -> u16 {
        u16::try_from(self.read(|r| r.status)).unwrap_or(0)
    }

    /// Tells whether httpd began to send a body, of whatever length.
    pub(crate) fn has_sent_body(self) -> bool {
        self.read(|r| r.sent_bodyct) != 0
    }

    /// Octets of body sent so far.
    pub(crate) fn bytes_sent(self) -> u64 {
        u64::try_from(self.read(|r| r.bytes_sent)).unwrap_or(0)
    }

    /// Forgets what was concluded about the content from the name, but for a type that the configuration forces.
    pub(crate) fn forget_media_type(self) {
        // SAFETY: the request is live and has its configuration (ffi, "Hooks"), on whose pool the type is.
        let forced = unsafe { jk_forced_type(self.as_ptr()) };
        set!(self, content_type = forced);
        set!(self, content_encoding = std::ptr::null());
        set!(self, content_languages = std::ptr::null_mut());
    }

    /// Tells whether slashes that came encoded are left so in the path (AllowEncodedSlashes NoDecode).
    pub(crate) fn keeps_encoded_slashes(self) -> bool {
        // SAFETY: the request is live, and its server has its configuration (ffi, "Hooks").
        unsafe { jk_keeps_encoded_slashes(self.as_ptr()) != 0 }
    }

    /// Sets the file name to the last segment of the path, so that httpd keeps off the file system.
    ///
    /// A sub-request of a directory gets the path that the file would have there, and whether it exists: mod_dir
    /// asks. `false` if httpd can't make a path of it.
    pub(crate) fn set_filename_of_uri(self) -> bool {
        let path = self.read(|r| r.uri);
        if path.is_null() {
            return false;
        }
        // SAFETY: the path is not null, so it is a C string (ffi, "Text"), and the result is its end.
        let name = unsafe { apr_filepath_name_get(path) };
        set!(self, filename = name.cast_mut());
        let directory =
            self.main().and_then(Self::filename).filter(|file| file.ends_with(b"/") || file.is_empty());
        match directory {
            Some(directory) => self.resolve_filename(directory),
            None => true,
        }
    }

    fn resolve_filename(self, directory: &[u8]) -> bool {
        let pool = self.pool();
        let (mut path, flags) = (std::ptr::null_mut(), APR_FILEPATH_SECUREROOT | APR_FILEPATH_TRUENAME);
        let (root, name) = (pool.c_string(directory), self.read(|r| r.filename));
        // SAFETY: both strings are C strings on the request's pool (the caller has set the name just now), and the result
        // goes to a live local variable.
        let status = unsafe { apr_filepath_merge(&mut path, root, name, flags as i32, pool.as_ptr()) };
        if status != 0 {
            return false;
        }
        set!(self, filename = path);
        // SAFETY: `finfo` is a part of the live request, reached as a place of its own, and `path` is on its pool. A file
        // that is not there leaves the type at "none", which is the answer.
        unsafe { apr_stat(&raw mut (*self.as_ptr()).finfo, path, APR_FINFO_TYPE as i32, pool.as_ptr()) };
        true
    }
}
