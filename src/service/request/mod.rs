//! The life of a request, hook by hook. What is kept for it meanwhile stands in its `record`.
//!
//! 1. [`translate_name`] and [`map_to_storage`] ask the map whether it is ours.
//! 2. [`fixups`] show the resource to whoever comes later, and follow mod_dir to index files (`probe`).
//! 3. [`handle`] finds the worker, hands it the facts of the request (`forward`) and the client behind it (`client`), and
//!    tells httpd and mod_log_config what came of that (`notes`).
//! 4. [`log_transaction`] writes the request log.

mod auto_alias;
mod client;
mod error_page;
mod expanded;
pub(crate) mod fixups;
mod forward;
mod handler;
mod notes;
mod probe;
mod record;
mod request_log;
mod translate;
mod uri;

pub(crate) use handler::handle;
pub(crate) use request_log::log_transaction;
pub(crate) use translate::{map_to_storage, translate_name};
