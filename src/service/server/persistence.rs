//! The state of workers outlives restarts: the parent captures it when a configuration goes, and restores it into the
//! memory of the next one before that has workers or children. "decisions, row 13".
//!
//! At a graceful restart children of the old configuration finish their requests while the new one is read: what they
//! count after the capture is lost, as is a change that they make.

use std::sync::Arc;

use super::host::Connector;
use crate::config::settings::WorkersSettings;
use crate::ffi::memory::{Key, ProcessPool};
use crate::ffi::pool::Pool;
use crate::log;
use crate::log::Context;
use crate::shared::{now, Shared};
use crate::worker::persist::SavedState;

/// What was captured, until it is restored; empty afterwards. The text has a version of its own.
const KEY: Key = Key::new(c"mod_jk:state:1");

/// Puts what the last configuration left into the memory of the next.
pub(super) fn restore(
    process: ProcessPool<'_>,
    workers: &WorkersSettings,
    shared: &Shared,
    log: Context<'_>,
) {
    let Some(text) = process.recall(KEY).filter(|text| !text.is_empty()) else { return };
    match SavedState::parse(&text) {
        Ok((state, complaints)) => {
            complaints.iter().for_each(|complaint| log!(log, Warn, "state of the last configuration: {complaint}"));
            state.restore(workers, shared, now(), log);
        }
        Err(unusable) => log!(
            log,
            Error,
            "the state of the last configuration can't be used, {unusable}: what was set at run time is lost, and \
             counters begin anew"
        ),
    }
}

/// Has the state of these workers captured when their configuration goes. That of the last one was restored.
pub(super) fn keep(pool: Pool<'_>, process: ProcessPool<'_>, connector: &Arc<Connector>) {
    let connector = Arc::clone(connector);
    process.remember_at_restart(pool, KEY, move || {
        let state = SavedState::capture(&connector.settings, &connector.shared, now());
        state.to_text().into_bytes()
    });
    process.remember(KEY, &[]);
}
