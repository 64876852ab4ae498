//! The texts of the last configuration that worked, on the pool of the process, where a restart finds them.

use crate::ffi::memory::{Key, ProcessPool};
use crate::plan::LastGood;

/// Ends in the version of the layout that [`LastGood::encode`] and [`ProcessPool::remember`] write.
const KEY: Key = Key::new(c"mod_jk:last-good-texts:1");

/// Stores the texts for later generations.
pub(super) fn store(texts: &LastGood, process: ProcessPool<'_>) {
    process.remember(KEY, &texts.encode());
}

/// The texts of the last generation that worked.
pub(super) fn load(process: ProcessPool<'_>) -> Option<LastGood> {
    LastGood::decode(&process.recall(KEY)?)
}
