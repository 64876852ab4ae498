//! Who does what one process does for all, as long as it shows that it lives.
//!
//! A lease is one word: the process in its upper half, and in the lower the end of the lease, in milliseconds of the
//! clock that all processes of the system share and nobody sets. That half wraps around, which does no harm: an end that
//! is not ahead by at most the length of a lease is past.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How long the lease of a prober lasts that is not renewed. It is renewed each second: a process may be late by three quarters of one,
/// and is followed within two.
pub(crate) const LEASE: Duration = Duration::from_millis(1750);

/// Takes the lease `word` for `process` from `now` on for `length`, or renews it; in milliseconds of the shared clock.
///
/// # Errors
/// How long the lease of another process still lasts.
pub(super) fn claim(word: &AtomicU64, process: u32, now: u32, length: Duration) -> Result<(), Duration> {
    let held = word.load(Relaxed);
    if let Some((holder, left)) = holder(held, now, length) {
        if holder != process {
            return Err(left);
        }
    }
    let end = now.wrapping_add(length.as_millis() as u32);
    let mine = (u64::from(process) << 32) | u64::from(end);
    // Who loses here was overtaken by a process that has just begun its lease.
    word.compare_exchange(held, mine, Relaxed, Relaxed).map(|_| ()).map_err(|_| length)
}

/// Ends the lease `word` if `process` has it; tells whether it had.
pub(super) fn release(word: &AtomicU64, process: u32) -> bool {
    let held = word.load(Relaxed);
    (held >> 32) as u32 == process && word.compare_exchange(held, 0, Relaxed, Relaxed).is_ok()
}

/// Who has the lease `held`, none of which is longer than `length`, at `now`, and how long it still lasts.
pub(super) fn holder(held: u64, now: u32, length: Duration) -> Option<(u32, Duration)> {
    let (holder, end) = ((held >> 32) as u32, held as u32);
    let left = Duration::from_millis(u64::from(end.wrapping_sub(now)));
    (holder != 0 && !left.is_zero() && left <= length).then_some((holder, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn one_process_has_it_until_its_lease_ends() {
        let word = AtomicU64::new(0);
        assert_eq!(claim(&word, 1, 10_000, LEASE), Ok(()));
        assert_eq!(claim(&word, 2, 10_000, LEASE), Err(LEASE));
        assert_eq!(claim(&word, 1, 11_000, LEASE), Ok(()), "renewed");
        assert_eq!(claim(&word, 2, 12_749, LEASE), Err(MS));
        assert_eq!(claim(&word, 2, 12_750, LEASE), Ok(()), "process 1 does not show itself any more");
        assert_eq!(claim(&word, 1, 12_751, LEASE), Err(LEASE - MS), "process 1 wakes up again");
    }

    #[test]
    fn who_ends_gives_its_own_lease_back_and_no_other() {
        let word = AtomicU64::new(0);
        assert_eq!(claim(&word, 1, 10_000, LEASE), Ok(()));
        assert!(!release(&word, 2));
        assert_eq!(claim(&word, 2, 10_001, LEASE), Err(LEASE - MS));
        assert!(release(&word, 1) && !release(&word, 1));
        assert_eq!(claim(&word, 2, 10_002, LEASE), Ok(()));
    }

    #[test]
    fn the_clock_wraps_around() {
        let word = AtomicU64::new(0);
        assert_eq!(claim(&word, 1, u32::MAX - 749, LEASE), Ok(()));
        assert_eq!(claim(&word, 2, 0, LEASE), Err(Duration::from_secs(1)));
        assert_eq!(claim(&word, 2, 1000, LEASE), Ok(()));
        assert_eq!(claim(&word, 1, 1000 + (1 << 31), LEASE), Ok(()), "nobody had it for weeks");
    }

    #[test]
    fn of_many_at_once_one_gets_it() {
        let word = AtomicU64::new(0);
        let barrier = std::sync::Barrier::new(8);
        let claims = |process| {
            barrier.wait();
            usize::from(claim(&word, process, 5, LEASE).is_ok())
        };
        let won: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..=8).map(|process| scope.spawn(move || claims(process))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!(won, 1);
    }
}
