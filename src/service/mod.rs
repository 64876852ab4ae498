//! httpd's hooks, on two floors: the life of a [`request`] stands on the life of a [`server`].

mod request;
mod server;
mod verdict;

pub(crate) use request::{fixups, handle, log_transaction, map_to_storage, translate_name};
pub(crate) use server::{
    build_last_good, check_config, check_last_good, child_ended, child_init, hear_in_parent, post_config,
    save_in_parent, test_config, watch_in_parent, ServerSlot,
};
pub(crate) use verdict::Verdict;
