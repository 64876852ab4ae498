//! When a map file is looked at next: one atomic, claimed by whoever comes first.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::watch::SETTLE;

/// The next look at a file. Nothing else is published through it, so relaxed ordering is enough.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Option<Duration>,
    /// Milliseconds since the epoch.
    next: AtomicU64,
}

impl Schedule {
    /// Looks every `interval`; never if there is none.
    pub(super) fn new(interval: Option<Duration>) -> Self {
        Self { interval: interval.filter(|interval| !interval.is_zero()), next: AtomicU64::new(0) }
    }

    /// Tells one of all callers that it is its turn, once per interval.
    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        let Some(interval) = self.interval else { return false };
        let (now, next) = (since_epoch(now), self.next.load(Relaxed));
        // A moment farther away than any that was ever set means that the clock was put back.
        let waits = now < next && next - now <= milliseconds(interval.max(SETTLE));
        !waits && self.next.compare_exchange(next, now + milliseconds(interval), Relaxed, Relaxed).is_ok()
    }

    /// Sets the next look: when a change will have settled, or after the interval.
    pub(super) fn look_again(&self, now: SystemTime, soon: bool) {
        let pause = self.interval.filter(|_| !soon).unwrap_or(SETTLE);
        self.next.store(since_epoch(now) + milliseconds(pause), Relaxed);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).map_or(u64::from(u32::MAX), |value| value.min(u64::from(u32::MAX)))
}

fn since_epoch(now: SystemTime) -> u64 {
    let elapsed = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000) + Duration::from_millis(milliseconds)
    }

    #[test]
    fn one_turn_per_interval() {
        let schedule = Schedule::new(Some(Duration::from_secs(5)));
        schedule.look_again(at(0), false);
        let turns: Vec<_> = [0, 4999, 5000, 5001, 9999, 10_000].map(|time| schedule.is_due(at(time))).into();
        assert_eq!(turns, [false, false, true, false, false, true]);
    }

    #[test]
    fn soon_is_when_a_change_has_settled() {
        let schedule = Schedule::new(Some(Duration::from_secs(60)));
        schedule.look_again(at(0), true);
        assert!(!schedule.is_due(at(999)) && schedule.is_due(at(1000)) && !schedule.is_due(at(2000)));
    }

    #[test]
    fn no_interval_is_never_due() {
        for interval in [None, Some(Duration::ZERO)] {
            assert!(!Schedule::new(interval).is_due(at(1 << 40)));
        }
    }

    #[test]
    fn a_clock_put_back_does_not_stop_the_looks() {
        let schedule = Schedule::new(Some(Duration::from_secs(5)));
        schedule.look_again(at(86_400_000), false);
        assert!(schedule.is_due(at(0)) && !schedule.is_due(at(1)));
    }

    #[test]
    fn of_many_callers_one_gets_the_turn() {
        let schedule = Schedule::new(Some(Duration::from_secs(5)));
        let turns = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| schedule.is_due(at(0)))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|turn| *turn).count()
        });
        assert_eq!(turns, 1);
    }
}
