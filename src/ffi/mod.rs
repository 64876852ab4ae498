//! The ground: we call httpd and the system. Bindings, the guard around callbacks, and safe handles over what httpd
//! lends. Knows nobody above it.
//!
//! A handle is a copyable wrapper around a C pointer with the lifetime of what it points to: one unsafe
//! constructor, safe methods after it. Above this floor no pointer is seen.

pub(crate) mod bindings;
pub(crate) mod descriptors;
pub(crate) mod error_log;
mod filters;
pub(crate) mod guard;
pub(crate) mod head;
pub(crate) mod kept;
pub(crate) mod log_pipe;
pub(crate) mod memory;
pub(crate) mod pool;
pub(crate) mod presence;
pub(crate) mod process;
mod redirect;
pub(crate) mod request;
pub(crate) mod request_body;
pub(crate) mod resolver;
pub(crate) mod response;
pub(crate) mod server;
pub(crate) mod shm;
pub(crate) mod socket;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod time;
