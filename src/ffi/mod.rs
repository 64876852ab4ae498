//! The ground: we call httpd and the system. Bindings, the guard around callbacks, and safe handles over what httpd
//! lends. Knows nobody above it. What knows the system alone is there without httpd, too: shared memory, sockets, the
//! resolver and clocks.
//!
//! A handle is a copyable wrapper around a C pointer with the lifetime of what it points to: one unsafe
//! constructor, safe methods after it. Above this floor no pointer is seen.
//!
//! # What httpd promises
//!
//! Reasons of unsafe blocks name these promises; each is how httpd 2.4 and APR are built.
//!
//! - **Hooks**: what a hook or directive is handed is live until it returns. A request has its connection, server, pool,
//!   configuration, tables and list of methods before the first hook sees it, and keeps them.
//! - **One thread**: while a hook of a request runs, no other thread touches the request or its connection. Its
//!   sub-requests and what it is redirected to are served by the same thread, inside the call that made them. No handle is
//!   `Send`, so none leaves that thread. The exception is the mark that the connection is gone
//!   ([`request::Request::is_aborted`]).
//! - **Family**: the pool of a sub-request is below that of its main request; a redirect makes the new request on the
//!   pool of the old one. Connection and server outlive their requests.
//! - **Text**: a string in a record or table is null or ends in NUL, and lies in static memory or on a pool that lives as
//!   long as the record. Who changes it puts another pointer there. Only between hooks, when there are no handles, does
//!   httpd clean a path in place.
//! - **Servers**: their records and vectors change only while the parent reads its configuration, in its one thread.
//! - **Unloading**: httpd unloads this module in a cleanup of the configuration's pool that was registered before any of
//!   ours. APR destroys the pools below a pool first (those of children, connections and requests among them), and runs
//!   younger cleanups before older ones. So this module's functions and static memory outlive whatever is on a [`pool::Pool`].

pub(crate) mod resolver;
pub(crate) mod shm;
pub(crate) mod socket;
pub(crate) mod time;

#[cfg(feature = "httpd")]
mod addresses;
#[cfg(feature = "httpd")]
pub(crate) mod bindings;
#[cfg(feature = "httpd")]
pub(crate) mod configuration;
#[cfg(feature = "httpd")]
pub(crate) mod descriptors;
#[cfg(feature = "httpd")]
pub(crate) mod error_log;
#[cfg(feature = "httpd")]
mod filters;
#[cfg(feature = "httpd")]
pub(crate) mod guard;
#[cfg(feature = "httpd")]
pub(crate) mod head;
#[cfg(feature = "httpd")]
pub(crate) mod kept;
#[cfg(feature = "httpd")]
mod lingering;
#[cfg(feature = "httpd")]
pub(crate) mod log_pipe;
#[cfg(feature = "httpd")]
pub(crate) mod memory;
#[cfg(feature = "httpd")]
pub(crate) mod pool;
#[cfg(feature = "httpd")]
pub(crate) mod presence;
#[cfg(feature = "httpd")]
pub(crate) mod process;
#[cfg(feature = "httpd")]
mod redirect;
#[cfg(feature = "httpd")]
pub(crate) mod request;
#[cfg(feature = "httpd")]
pub(crate) mod request_body;
#[cfg(feature = "httpd")]
pub(crate) mod response;
#[cfg(feature = "httpd")]
mod scoreboard;
#[cfg(feature = "httpd")]
pub(crate) mod server;
#[cfg(feature = "httpd")]
pub(crate) mod stream_end;
#[cfg(feature = "httpd")]
pub(crate) mod table;
#[cfg(feature = "httpd")]
pub(crate) mod text;
#[cfg(feature = "httpd")]
mod virtual_hosts;
