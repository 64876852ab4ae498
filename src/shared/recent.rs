//! How many events there were in the last minute, counted in spans of five seconds.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::ffi::shm::record;

/// Seconds of a span.
const SPAN: i64 = 5;

/// Spans of a minute, and the one that has begun.
const SPANS: usize = 13;

record! {
    /// One word for each span, in turns: its number since the epoch in the upper half, its events in the lower.
    #[derive(Debug)]
    pub(crate) struct Recent: 104 {
        spans: [AtomicU64; SPANS],
    }
}

impl Recent {
    /// Counts `events` at `now`, seconds since the epoch.
    pub(super) fn add(&self, now: i64, events: u32) {
        let number = number(now);
        let add = |word: u64| {
            let before = if word >> 32 == number { word as u32 } else { 0 };
            Some((number << 32) | u64::from(before.saturating_add(events)))
        };
        let _ = self.spans[number as usize % SPANS].fetch_update(Relaxed, Relaxed, add);
    }

    /// Events in the minute before `now`, and in up to five seconds before that.
    pub(super) fn in_last_minute(&self, now: i64) -> u32 {
        let number = number(now);
        let words = self.spans.iter().map(|span| span.load(Relaxed));
        let recent = words.filter(|word| number.wrapping_sub(word >> 32) < SPANS as u64);
        recent.map(|word| word as u32).fold(0, u32::saturating_add)
    }
}

/// Number of the span of `now`.
fn number(now: i64) -> u64 {
    (now / SPAN) as u64 & u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent() -> Recent {
        Recent { spans: Default::default() }
    }

    #[test]
    fn a_minute_is_remembered_and_no_more() {
        let recent = recent();
        for second in 0..300 {
            recent.add(1_000_000 + second, 1);
        }
        let at = |second: i64| recent.in_last_minute(1_000_000 + second);
        assert_eq!([at(299), at(329), at(359), at(364), at(365), at(10_000)], [65, 35, 5, 0, 0, 0]);
    }

    #[test]
    fn a_span_of_an_hour_ago_is_counted_anew() {
        let recent = recent();
        recent.add(0, 1);
        recent.add(SPAN * SPANS as i64 * 60, 1);
        recent.add(SPAN * SPANS as i64 * 60, 1);
        assert_eq!(recent.in_last_minute(SPAN * SPANS as i64 * 60), 2);
    }
}
