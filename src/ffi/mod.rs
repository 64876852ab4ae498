//! The ground: we call httpd and the system. Bindings, the guard around callbacks, and safe handles over what httpd
//! lends. Knows nobody above it.
//!
//! A handle is a copyable wrapper around a C pointer with the lifetime of what it points to: one unsafe
//! constructor, safe methods after it. Above this floor no pointer is seen.

pub(crate) mod bindings;
pub mod descriptors;
pub mod error_log;
mod filters;
pub(crate) mod guard;
pub mod head;
pub(crate) mod kept;
pub mod log_pipe;
pub mod memory;
pub mod pool;
pub mod presence;
pub mod process;
mod redirect;
pub mod request;
pub mod request_body;
pub mod resolver;
pub mod response;
pub mod server;
pub mod shm;
pub mod socket;
pub mod table;
pub(crate) mod text;
pub mod time;
