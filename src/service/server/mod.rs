//! The life of a server, from its configuration to its last child. Rules: "directives, section 9".
//!
//! 1. Directives fill a [`ServerSlot`] per server.
//! 2. [`check_config`] has what they name read (`facts`, [`crate::plan`]) and judges it, and tells the truth at configtest.
//!    [`test_config`] then tells what it will do, if it is asked (`dump`).
//! 3. [`post_config`] builds from the plan: logs, shared memory, workers, and a [`host::VirtualHost`] per server, which is
//!    what requests see. What worked is remembered for a restart that meets something broken (`last_good`), and the state
//!    of workers goes on (`persistence`), as does the nonce of the status page (`nonce`).
//! 4. [`child_init`] makes a child ready: its slot, and its threads for workers, host names and map files. The parent looks
//!    at the map files as well ([`watch_in_parent`]), and hears what children are told of names ([`hear_in_parent`]).
//! 5. [`child_ended`] gives back what a child held.

mod check;
mod children;
mod dump;
mod facts;
pub(super) mod host;
mod last_addresses;
mod last_good;
mod logs;
mod map_watch;
mod nonce;
mod persistence;
mod resources;
mod slot;
mod startup;
mod state_file;
mod summary;
#[cfg(feature = "test-points")]
pub(super) mod test_points;

pub(crate) use check::{check_config, check_last_good};
pub(crate) use children::{child_ended, child_init};
pub(crate) use dump::test_config;
pub(crate) use last_addresses::hear_in_parent;
pub(crate) use map_watch::watch_in_parent;
pub(crate) use persistence::save_in_parent;
pub(crate) use slot::ServerSlot;
pub(crate) use startup::{build_last_good, post_config};
