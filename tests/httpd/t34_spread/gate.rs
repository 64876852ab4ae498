//! A gate that keeps a number of requests in flight: the oldest pass when so many wait.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Longest time that a request waits for others.
const PATIENCE: Duration = Duration::from_secs(30);

/// In front of the answers of all members.
pub struct Gate {
    in_flight: usize,
    at_once: usize,
    last: usize,
    /// How many requests have come, and how many of them may pass.
    counts: Mutex<(usize, usize)>,
    moved: Condvar,
}

impl Gate {
    /// When `in_flight` requests wait, the oldest `at_once` of them pass; when request `last` has come, all do.
    pub fn new(in_flight: usize, at_once: usize, last: usize) -> Self {
        Self { in_flight, at_once, last, counts: Mutex::default(), moved: Condvar::new() }
    }

    /// Waits behind the gate.
    pub fn pass(&self) {
        let mut counts = self.counts.lock();
        let place = counts.0;
        counts.0 += 1;
        if counts.0 - counts.1 == self.in_flight {
            counts.1 += self.at_once;
            self.moved.notify_all();
        }
        if counts.0 == self.last {
            counts.1 = usize::MAX;
            self.moved.notify_all();
        }
        let wait = self.moved.wait_while_for(&mut counts, |(_, passing)| *passing <= place, PATIENCE);
        assert!(!wait.timed_out(), "fewer than {} requests are in flight", self.in_flight);
    }
}
