//! Waiting for a fact instead of for a time.

use std::thread;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(20);

/// Asks until `fact` answers; panics with `what` when `limit` has passed without an answer.
pub fn until<T>(what: &str, limit: Duration, mut fact: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = fact() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain for {what}");
        thread::sleep(STEP);
    }
}

/// Tells whether `fact` came true within `limit`.
pub fn happens(limit: Duration, mut fact: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !fact() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(STEP);
    }
    true
}

/// Waits until `fact` is true, at most `limit`.
pub fn until_true(what: &str, limit: Duration, mut fact: impl FnMut() -> bool) {
    until(what, limit, || fact().then_some(()));
}
