//! How long Tomcat takes: percentiles of the histogram in shared memory.

use crate::shared::{Figures, LATENCY_BOUNDS, LATENCY_PLACES};

/// What attempts took that had a connection, since the counters began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Latency {
    /// How many there were.
    pub(super) count: u64,
    /// All together, in milliseconds.
    pub(super) sum: f64,
    /// Half of them took no longer, in milliseconds; `None` without any.
    pub(super) p50: Option<f64>,
    pub(super) p95: Option<f64>,
    pub(super) p99: Option<f64>,
}

impl Latency {
    /// Reads the histogram of `figures`.
    pub(super) fn of(figures: &Figures) -> Self {
        let places = &figures.latency;
        let percentile = |percent| percentile(places, percent);
        Self {
            count: places.iter().sum(),
            sum: milliseconds(figures.latency_sum),
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
        }
    }
}

/// Microseconds as milliseconds.
pub(super) fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// What so many percent took no longer than, in milliseconds, as `histogram_quantile` of Prometheus estimates it: within
/// a place they are taken to be spread evenly, and of the last place nothing but its beginning is known.
fn percentile(places: &[u64; LATENCY_PLACES], percent: u64) -> Option<f64> {
    let count: u64 = places.iter().sum();
    let rank = count as f64 * percent as f64 / 100.0;
    let (mut below, mut lower) = (0, 0);
    for (place, found) in places.iter().enumerate().filter(|_| count > 0) {
        let Some(upper) = LATENCY_BOUNDS.get(place) else { return Some(milliseconds(lower)) };
        if (below + found) as f64 >= rank && *found > 0 {
            let share = (rank - below as f64) / *found as f64;
            let micros = lower as f64 + (upper - lower) as f64 * share;
            return Some(micros.round() / 1000.0);
        }
        (below, lower) = (below + found, *upper);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[(usize, u64)]) -> Latency {
        let mut figures = Figures::default();
        counts.iter().for_each(|(place, count)| figures.latency[*place] = *count);
        Latency::of(&figures)
    }

    fn percentiles(counts: &[(usize, u64)]) -> [Option<f64>; 3] {
        let latency = of(counts);
        [latency.p50, latency.p95, latency.p99]
    }

    #[test]
    fn percentiles_lie_within_their_place() {
        assert_eq!(percentiles(&[]), [None; 3]);
        assert_eq!(percentiles(&[(0, 100)]), [Some(0.5), Some(0.95), Some(0.99)]);
        // 2.5 to 5 ms: 50, 10 to 25 ms: 45, 1 to 2.5 s: 5.
        assert_eq!(percentiles(&[(2, 50), (4, 45), (10, 5)]), [Some(5.0), Some(25.0), Some(2200.0)]);
        assert_eq!(percentiles(&[(1, 1)]), [Some(1.75), Some(2.425), Some(2.485)]);
    }

    #[test]
    fn of_what_took_longest_only_the_beginning_is_known() {
        assert_eq!(percentiles(&[(0, 98), (15, 2)]), [Some(0.51), Some(0.969), Some(60_000.0)]);
    }

    #[test]
    fn count_and_sum_are_those_of_the_histogram() {
        let mut figures = Figures { latency_sum: 12_345, ..Figures::default() };
        (figures.latency[0], figures.latency[15]) = (2, 1);
        let latency = Latency::of(&figures);
        assert_eq!((latency.count, latency.sum), (3, 12.345));
    }
}
