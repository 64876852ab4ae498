//! From an httpd request to a worker and back: what happens in each of httpd's hooks.
//!
//! Start-up: [`check_config`] tells the truth at configtest, [`post_config`] builds logs, workers and maps,
//! [`child_init`] makes a child ready. A request: [`translate_name`] and [`map_to_storage`] ask the map, [`fixups`] show
//! the resource to whoever comes later, [`handle`] serves, [`log_transaction`] writes the request log. Rules:
//! "directives, section 9".

mod auto_alias;
mod check;
mod children;
mod client;
mod error_page;
mod expanded;
pub(crate) mod fixups;
mod forward;
mod handler;
mod host;
mod last_good;
mod logs;
mod map_watch;
mod names;
mod notes;
mod plan;
mod probe;
mod reach;
mod record;
mod request_log;
mod resources;
mod slot;
mod startup;
mod translate;
mod uri;

pub(crate) use check::check_config;
pub(crate) use children::{child_ended, child_init};
pub(crate) use handler::handle;
pub(crate) use map_watch::watch_in_parent;
pub(crate) use request_log::log_transaction;
pub(crate) use slot::ServerSlot;
pub(crate) use startup::post_config;
pub(crate) use translate::{map_to_storage, translate_name};

/// What a hook tells httpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not ours.
    Declined,
    /// Done.
    Ok,
    /// Answer with this HTTP status.
    Status(u16),
}
