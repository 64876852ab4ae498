//! httpd's request, as far as this module reads and changes it.

use std::ffi::{c_char, CStr};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::bindings::{
    ap_add_common_vars, ap_get_remote_host, ap_get_server_name, ap_get_server_port, ap_os_escape_path,
    ap_run_default_port, apr_filepath_merge, apr_filepath_name_get, apr_sockaddr_t, apr_stat, conn_rec,
    jk_forced_type, jk_keeps_encoded_slashes, request_rec, APR_FILEPATH_SECUREROOT, APR_FILEPATH_TRUENAME,
    APR_FINFO_TYPE, REMOTE_HOST,
};
use super::pool::Pool;
use super::server::Server;
use super::table::Table;
use super::text::octets;

/// A request in the hands of httpd, alive for `'r`.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r> {
    raw: NonNull<request_rec>,
    life: PhantomData<&'r ()>,
}

impl<'r> Request<'r> {
    /// Wraps a request of httpd.
    ///
    /// # Safety
    /// `raw` is null or a request that lives for `'r`, and no other thread works on it meanwhile.
    pub(crate) unsafe fn from_raw(raw: *mut request_rec) -> Option<Self> {
        NonNull::new(raw).map(|raw| Self { raw, life: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut request_rec {
        self.raw.as_ptr()
    }

    /// Reads one field. Fields are copied out, so no reference into the record outlives the call.
    pub(super) fn read<T>(self, field: impl FnOnce(&request_rec) -> T) -> T {
        // SAFETY: the request is live and used by this thread alone; the reference ends with `field`.
        field(unsafe { self.raw.as_ref() })
    }

    /// Changes fields.
    pub(super) fn change(self, change: impl FnOnce(&mut request_rec)) {
        // SAFETY: as in `read`; handles are not references, so the exclusive reference is the only one.
        change(unsafe { &mut *self.raw.as_ptr() });
    }

    fn text(self, field: impl FnOnce(&request_rec) -> *const c_char) -> Option<&'r [u8]> {
        // SAFETY: string fields of a request are null or C strings on its pool.
        unsafe { octets(self.read(field)) }
    }

    /// Its connection: a pointer, because mod_http2 changes a field of it meanwhile ([`Self::is_aborted`]).
    fn connection(self) -> *const conn_rec {
        self.read(|r| r.connection)
    }

    fn table(self, field: impl FnOnce(&request_rec) -> *mut super::bindings::apr_table_t) -> Table<'r> {
        // SAFETY: httpd fills the tables of a request before any hook sees it.
        unsafe { Table::from_raw(self.read(field), self.pool()) }
            .expect("httpd creates the tables of a request")
    }

    /// The request's pool.
    pub(crate) fn pool(self) -> Pool<'r> {
        // SAFETY: a request's pool lives as long as the request.
        unsafe { Pool::from_raw(self.read(|r| r.pool)) }.expect("httpd creates a pool for each request")
    }

    /// The virtual host that serves it.
    pub(crate) fn server(self) -> Server<'r> {
        // SAFETY: a request's server is never null and outlives the request.
        unsafe { Server::from_raw(self.read(|r| r.server)) }.expect("httpd gives each request a server")
    }

    /// The request that this sub-request belongs to.
    pub(crate) fn main(self) -> Option<Request<'r>> {
        // SAFETY: the main request outlives its sub-requests and is served by the same thread.
        unsafe { Request::from_raw(self.read(|r| r.main)) }
    }

    /// The request that an internal redirect led from to this one.
    pub(crate) fn previous(self) -> Option<Request<'r>> {
        // SAFETY: a redirected request lives as long as the one it led to, and is served by the same thread.
        unsafe { Request::from_raw(self.read(|r| r.prev)) }
    }

    /// The request that an internal redirect led to from this one.
    pub(crate) fn next(self) -> Option<Request<'r>> {
        // SAFETY: a redirected request is on the pool of the one it comes from, and is served by the same thread.
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
        self.change(|r| r.uri = uri);
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

    /// Chooses the content handler.
    pub(crate) fn set_handler(self, name: &'static CStr) {
        self.change(|r| r.handler = name.as_ptr());
    }

    /// File the request maps to.
    pub(crate) fn filename(self) -> Option<&'r [u8]> {
        self.text(|r| r.filename)
    }

    /// Maps the request to a file.
    pub(crate) fn set_filename(self, name: &[u8]) {
        let name = self.pool().c_string(name);
        self.change(|r| r.filename = name);
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
        // SAFETY: the request is live.
        unsafe { ap_add_common_vars(self.as_ptr()) };
    }

    /// Name of the client, if HostnameLookups found one.
    pub(crate) fn remote_host(self) -> Option<&'r [u8]> {
        let (connection, directory) = self.read(|r| (r.connection, r.per_dir_config));
        // SAFETY: both belong to the live request; the result is null or a C string on the connection's pool.
        unsafe {
            octets(ap_get_remote_host(connection, directory.cast(), REMOTE_HOST as i32, std::ptr::null_mut()))
        }
    }

    /// Address of the client, as mod_remoteip sees it.
    pub(crate) fn client_ip(self) -> Option<&'r [u8]> {
        self.text(|r| r.useragent_ip)
    }

    /// Port of the client, as mod_remoteip sees it.
    pub(crate) fn client_port(self) -> u16 {
        port(self.read(|r| r.useragent_addr))
    }

    /// Address of the TCP peer.
    pub(crate) fn peer_ip(self) -> Option<&'r [u8]> {
        // SAFETY: a request's connection outlives it; the field is a C string on its pool, or null.
        unsafe { octets((*self.connection()).client_ip) }
    }

    /// Port of the TCP peer.
    pub(crate) fn peer_port(self) -> u16 {
        // SAFETY: a request's connection outlives it.
        port(unsafe { (*self.connection()).client_addr })
    }

    /// Address of this end of the connection.
    pub(crate) fn local_ip(self) -> Option<&'r [u8]> {
        // SAFETY: as in `peer_ip`.
        unsafe { octets((*self.connection()).local_ip) }
    }

    /// Name the client called the server by (UseCanonicalName).
    pub(crate) fn server_name(self) -> Option<&'r [u8]> {
        // SAFETY: the request is live; the result lives as long as the request or its server.
        unsafe { octets(ap_get_server_name(self.as_ptr())) }
    }

    /// Port the client called (UseCanonicalName).
    pub(crate) fn server_port(self) -> u16 {
        // SAFETY: the request is live.
        unsafe { ap_get_server_port(self.as_ptr()) }
    }

    /// Port of ServerName, or the one that the scheme implies.
    pub(crate) fn canonical_port(self) -> u16 {
        match self.server().port() {
            // SAFETY: the request is live, and the hook only reads it.
            0 => unsafe { ap_run_default_port(self.as_ptr()) },
            port => port,
        }
    }

    /// Escapes a path the way httpd does.
    pub(crate) fn escape_path(self, path: &[u8]) -> &'r [u8] {
        let pool = self.pool();
        // SAFETY: pool and path are live; the result is a C string on the pool.
        unsafe { octets(ap_os_escape_path(pool.as_ptr(), pool.c_string(path), 1)) }.unwrap_or_default()
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
        // SAFETY: the request is live and has its configuration, on whose pool the type is.
        let forced = unsafe { jk_forced_type(self.as_ptr()) };
        self.change(|r| {
            r.content_type = forced;
            r.content_encoding = std::ptr::null();
            r.content_languages = std::ptr::null_mut();
        });
    }

    /// Tells whether slashes that came encoded are left so in the path (AllowEncodedSlashes NoDecode).
    pub(crate) fn keeps_encoded_slashes(self) -> bool {
        // SAFETY: the request is live and has its configuration.
        unsafe { jk_keeps_encoded_slashes(self.as_ptr()) != 0 }
    }

    /// Sets the file name to the last segment of the path, so that httpd keeps off the file system.
    ///
    /// A sub-request of a directory gets the path that the file would have there, and whether it exists: mod_dir
    /// asks. `false` if httpd can't make a path of it.
    pub(crate) fn set_filename_of_uri(self) -> bool {
        // SAFETY: the path of a request is a C string on its pool.
        let name = unsafe { apr_filepath_name_get(self.read(|r| r.uri)) };
        self.change(|r| r.filename = name.cast_mut());
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
        // SAFETY: all strings are on live pools, and the result goes to a live local variable.
        let status = unsafe { apr_filepath_merge(&mut path, root, name, flags as i32, pool.as_ptr()) };
        if status != 0 {
            return false;
        }
        self.change(|r| r.filename = path);
        // SAFETY: `finfo` is a part of the live request, and `path` is on its pool. A file that is not there
        // leaves the type at "none", which is the answer.
        unsafe { apr_stat(&raw mut (*self.as_ptr()).finfo, path, APR_FINFO_TYPE as i32, pool.as_ptr()) };
        true
    }
}

fn port(address: *mut apr_sockaddr_t) -> u16 {
    // SAFETY: addresses of a request are null or live as long as its connection.
    unsafe { address.as_ref() }.map_or(0, |address| address.port)
}
