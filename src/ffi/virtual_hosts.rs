//! Which virtual host httpd would choose for a name: httpd is asked which come into question, and each by which names it
//! goes.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::mem::MaybeUninit;

use super::bindings::{
    ap_server_conf, ap_strcasecmp_match, ap_update_vhost_given_ip, ap_vhost_iterate_given_conn,
    apr_array_header_t, conn_rec, server_rec,
};
use super::guard::guard;
use super::request::Request;
use super::server::Server;

/// The virtual hosts of connections to one address and port.
pub(crate) struct Candidates<'s> {
    /// The one that answers where no name fits.
    pub(crate) default: Server<'s>,
    /// Those whose names count, in the order in which httpd looks at them.
    pub(crate) named: Vec<Server<'s>>,
}

impl<'r> Request<'r> {
    /// The main server.
    pub(crate) fn main_server(self) -> Server<'r> {
        // SAFETY: httpd sets the pointer before it reads its configuration, and leaves it until another one is read, which
        // is when no request is left (ffi, "Servers").
        unsafe { Server::from_raw(ap_server_conf) }.unwrap_or_else(|| self.server())
    }

    /// Port of this end of the connection.
    pub(crate) fn local_port(self) -> u16 {
        // SAFETY: the connection is live; its address is null or lies on its pool, and is not changed there.
        unsafe { (*self.connection()).local_addr.as_ref() }.map_or(0, |address| address.port)
    }

    /// The virtual hosts that a connection would have that came as this one did, but to `port`.
    pub(crate) fn candidates(self, port: u16) -> Candidates<'r> {
        // SAFETY: as in `local_port`; the copy still points to the octets of the address, which are not changed either.
        let address = unsafe { (*self.connection()).local_addr.as_ref() }.copied();
        let Some(mut address) = address else {
            return Candidates { default: self.server(), named: vec![self.server()] };
        };
        address.port = port;
        // SAFETY: the record is one of C: pointers, which may be null, and numbers, for which zero is a value.
        let mut connection: conn_rec = unsafe { MaybeUninit::zeroed().assume_init() };
        connection.local_addr = &raw mut address;
        connection.base_server = self.main_server().as_ptr();
        let mut found: Vec<*mut server_rec> = Vec::new();
        // SAFETY: of the connection httpd reads the address alone, and writes the default server and what the second function
        // reads; tables of virtual hosts are not changed while requests are served (ffi, "Servers"). `collect` gets `found`,
        // which nobody else has meanwhile.
        unsafe {
            ap_update_vhost_given_ip(&raw mut connection);
            ap_vhost_iterate_given_conn(&raw mut connection, Some(collect), (&raw mut found).cast());
        }
        // SAFETY: httpd's servers live as long as the configuration, which outlives requests (ffi, "Family").
        let named = found.into_iter().filter_map(|server| unsafe { Server::from_raw(server) });
        let named = named.collect();
        // SAFETY: the same.
        let default = unsafe { Server::from_raw(connection.base_server) };
        Candidates { default: default.unwrap_or_else(|| self.server()), named }
    }
}

/// Takes one server.
unsafe extern "C" fn collect(found: *mut c_void, _: *mut conn_rec, server: *mut server_rec) -> c_int {
    guard("virtual hosts", 1, || {
        // SAFETY: what `candidates` hands over through httpd: a vector that nobody else uses until that function goes on.
        unsafe { &mut *found.cast::<Vec<*mut server_rec>>() }.push(server);
        0
    })
}

impl<'s> Server<'s> {
    /// Tells whether ServerName or ServerAlias say so.
    pub(crate) fn is_called(self, name: &CStr) -> bool {
        let is = |own: &[u8]| own.eq_ignore_ascii_case(name.to_bytes());
        // SAFETY: httpd compares two C strings, and keeps neither.
        let fits = |pattern: &CStr| unsafe { ap_strcasecmp_match(name.as_ptr(), pattern.as_ptr()) == 0 };
        self.hostname().is_some_and(is)
            || self.names(|s| s.names).iter().any(|alias| is(alias.to_bytes()))
            || self.names(|s| s.wild_names).iter().any(|pattern| fits(pattern))
    }

    /// Tells whether `<VirtualHost>` names this host, which httpd takes for its name if nothing else fits.
    pub(crate) fn is_addressed(self, host: &str, port: u16) -> bool {
        self.addresses().any(|address| address.has_port(port) && address.text().eq_ignore_ascii_case(host))
    }

    /// Tells whether it is there for connections to `port`.
    pub(crate) fn has_port(self, port: u16) -> bool {
        self.addresses().any(|address| address.has_port(port))
    }

    /// The names in one of the record's lists.
    fn names(self, list: impl FnOnce(&server_rec) -> *mut apr_array_header_t + 'static) -> Vec<&'s CStr> {
        // SAFETY: both lists are null or arrays on the configuration's pool, which are not changed any more.
        let Some(array) = (unsafe { self.read(list).as_ref() }) else { return Vec::new() };
        let count = usize::try_from(array.nelts).unwrap_or(0);
        let name = |index| {
            // SAFETY: the array holds so many pointers, each null or to a C string on the same pool (ffi, "Text").
            unsafe {
                let name = *array.elts.cast::<*const c_char>().add(index);
                (!name.is_null()).then(|| CStr::from_ptr(name))
            }
        };
        (0..count).filter_map(name).collect()
    }
}
