//! The only unsafe code: bindings, module record, callback guard, and safe handles over what httpd lends.
//!
//! A handle is a copyable wrapper around a C pointer with the lifetime of what it points to: one unsafe
//! constructor, safe methods after it. Above this floor no pointer is seen.

mod bindings;
mod directives;
pub mod error_log;
mod guard;
pub mod log_pipe;
pub mod memory;
pub mod module;
pub mod pool;
pub mod process;
pub mod request;
pub mod response;
pub mod server;
pub mod shm;
pub mod socket;
pub mod table;
mod text;
pub mod time;
