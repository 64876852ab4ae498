//! The counters of an ajp13 worker at one moment, and how a new memory goes on with them.

use std::sync::atomic::Ordering::Relaxed;

use super::AjpHandle;
use crate::shared::Figures;

/// The counters of a worker at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AjpSnapshot {
    /// Requests given to the worker.
    pub used: u64,
    /// Octets read from the container.
    pub read: u64,
    /// Octets written to the container.
    pub transferred: u64,
    /// Failed attempts.
    pub errors: u64,
    /// Requests that failed by the client's fault.
    pub client_errors: u64,
    /// Attempts that passed reply_timeout; halved by each maintenance.
    pub reply_timeouts: u32,
    /// Requests in flight.
    pub busy: u32,
    /// Most requests in flight at a time.
    pub max_busy: u32,
    /// Open connections.
    pub connected: u32,
    /// Most open connections at a time.
    pub max_connected: u32,
    /// When the last attempt failed, seconds since the epoch; 0 is never.
    pub error_time: i64,
    /// Since when the counters count, seconds since the epoch.
    pub last_reset: i64,
    /// What is counted besides.
    pub figures: Figures,
}

impl AjpHandle {
    /// Goes on with the counters of an earlier memory; what is in flight and connected is not among them. Called before
    /// the memory is shared.
    pub(crate) fn restore(&self, counters: &AjpSnapshot) {
        let record = &self.record;
        record.used.store(counters.used, Relaxed);
        record.read.store(counters.read, Relaxed);
        record.transferred.store(counters.transferred, Relaxed);
        record.errors.store(counters.errors, Relaxed);
        record.client_errors.store(counters.client_errors, Relaxed);
        record.reply_timeouts.store(counters.reply_timeouts, Relaxed);
        record.max_busy.store(counters.max_busy, Relaxed);
        record.max_connected.store(counters.max_connected, Relaxed);
        record.error_time.store(counters.error_time, Relaxed);
        record.last_reset.store(counters.last_reset, Relaxed);
        self.figures().restore(&counters.figures);
    }

    /// All counters. They are read one by one, so requests that end meanwhile may show in some of them only.
    pub(crate) fn snapshot(&self) -> AjpSnapshot {
        let record = &self.record;
        AjpSnapshot {
            used: self.used(),
            read: self.read(),
            transferred: self.transferred(),
            errors: record.errors.load(Relaxed),
            client_errors: record.client_errors.load(Relaxed),
            reply_timeouts: self.reply_timeouts(),
            busy: self.busy(),
            max_busy: record.max_busy.load(Relaxed),
            connected: self.connected(),
            max_connected: record.max_connected.load(Relaxed),
            error_time: record.error_time.load(Relaxed),
            last_reset: record.last_reset.load(Relaxed),
            figures: self.figures().snapshot(),
        }
    }
}
