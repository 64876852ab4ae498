//! The nonce that forms of the status page carry outlives restarts, so that an open page stays good; in the memory of the
//! parent alone, and no longer than that.

use crate::ffi::memory::{Key, ProcessPool};
use crate::ffi::server::Phase;
use crate::shared::Shared;

/// Its digits.
const KEY: Key = Key::new(c"mod_jk:nonce:1");

/// Puts that of the last configuration into new memory.
pub(super) fn restore(process: ProcessPool<'_>, phase: Phase, shared: &Shared) {
    if let (Phase::Restart, Some(known)) = (phase, process.recall(KEY)) {
        shared.keep_nonce(&String::from_utf8_lossy(&known));
    }
}

/// Keeps it for the next configuration.
pub(super) fn keep(process: ProcessPool<'_>, shared: &Shared) {
    process.remember(KEY, shared.nonce().as_bytes());
}
