//! Who speaks with whom: names, addresses and ports of the client, of this server, and of the connection between them.

use super::bindings::{
    ap_get_remote_host, ap_get_server_name, ap_get_server_port, ap_run_default_port, apr_sockaddr_t,
    REMOTE_HOST,
};
use super::request::Request;
use super::text::octets;

impl<'r> Request<'r> {
    /// Name of the client, if HostnameLookups found one.
    pub(crate) fn remote_host(self) -> Option<&'r [u8]> {
        let (connection, directory) = self.read(|r| (r.connection, r.per_dir_config));
        // SAFETY: both belong to the live request; the result is null or a C string on the connection's pool, which
        // outlives the request.
        unsafe {
            let name =
                ap_get_remote_host(connection, directory.cast(), REMOTE_HOST as i32, std::ptr::null_mut());
            octets(name, self.life())
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
        // SAFETY: the connection is live (`connection`); the field is a C string on its pool, or null.
        unsafe { octets((*self.connection()).client_ip, self.life()) }
    }

    /// Port of the TCP peer.
    pub(crate) fn peer_port(self) -> u16 {
        // SAFETY: the connection is live (`connection`).
        port(unsafe { (*self.connection()).client_addr })
    }

    /// Address of this end of the connection.
    pub(crate) fn local_ip(self) -> Option<&'r [u8]> {
        // SAFETY: as in `peer_ip`.
        unsafe { octets((*self.connection()).local_ip, self.life()) }
    }

    /// Name the client called the server by (UseCanonicalName).
    pub(crate) fn server_name(self) -> Option<&'r [u8]> {
        // SAFETY: the request is live; the result is a C string of the request or its server, which outlives it.
        unsafe { octets(ap_get_server_name(self.as_ptr()), self.life()) }
    }

    /// Port the client called (UseCanonicalName).
    pub(crate) fn server_port(self) -> u16 {
        // SAFETY: the request is live and this thread's.
        unsafe { ap_get_server_port(self.as_ptr()) }
    }

    /// Port of ServerName, or the one that the scheme implies.
    pub(crate) fn canonical_port(self) -> u16 {
        match self.server().port() {
            // SAFETY: the request is live and this thread's.
            0 => unsafe { ap_run_default_port(self.as_ptr()) },
            port => port,
        }
    }
}

fn port(address: *mut apr_sockaddr_t) -> u16 {
    // SAFETY: addresses of a request and its connection are null or lie on their pools, and are not changed there.
    unsafe { address.as_ref() }.map_or(0, |address| address.port)
}
