//! The life of a request, hook by hook. What is kept for it meanwhile stands in its `record`.
//!
//! 1. [`translate_name`] and [`map_to_storage`] ask whether it is ours by a mount (`claim`).
//! 2. [`fixups`] show the resource to whoever comes later, and follow mod_dir to index files (`probe`).
//! 3. [`handle`] asks the same for what is ours by its handler alone, and hands the facts of the request (`forward`) and
//!    the client behind it (`client`) to the worker. How that ended is told httpd (`answer`) and mod_log_config (`notes`).
//! 4. [`log_transaction`] writes the request log.

mod answer;
mod auto_alias;
mod claim;
mod client;
mod error_page;
pub(crate) mod fixups;
mod forward;
mod handler;
mod hosts;
mod notes;
mod probe;
mod record;
mod request_log;
mod start_over;
mod status_page;
mod translate;
mod uri;

pub(crate) use handler::handle;
pub(crate) use request_log::log_transaction;
pub(crate) use translate::{map_to_storage, translate_name};
