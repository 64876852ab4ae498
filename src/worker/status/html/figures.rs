//! Numbers as people read them.

use std::fmt;

/// Octets, shortened: K, M, G and so on, with one decimal below 10 ("status-worker, section 10").
#[derive(Clone, Copy, Debug)]
pub(super) struct Octets(pub(super) u64);

/// From here on a number is told in the next unit: three digits have room for what rounds to 973 of 1024 and more.
const NEXT_UNIT: u64 = 973;

impl fmt::Display for Octets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut whole, mut rest) = (self.0, 0);
        let mut unit = None;
        for letter in "KMGTPE".chars() {
            if whole < NEXT_UNIT {
                break;
            }
            (whole, rest, unit) = (whole / 1024, whole % 1024, Some(letter));
        }
        let Some(unit) = unit else { return write!(out, "{whole}") };
        let tenths = (rest * 10 + 512) / 1024;
        match (whole, tenths) {
            (9, 10) => write!(out, "10{unit}"),
            (..=9, 10) => write!(out, "{}.0{unit}", whole + 1),
            (..=9, _) => write!(out, "{whole}.{tenths}{unit}"),
            _ => write!(out, "{}{unit}", whole + u64::from(rest >= 512)),
        }
    }
}

/// So many in so many seconds; a dash where no second has passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub(super) u64, pub(super) i64);

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = u64::try_from(self.1).unwrap_or(0);
        match self.0.saturating_mul(10).checked_div(seconds) {
            None => out.write_str("\u{2013}"),
            Some(tenths @ ..100) => write!(out, "{}.{}/s", tenths / 10, tenths % 10),
            Some(tenths) => write!(out, "{}/s", tenths / 10),
        }
    }
}

/// A time in its two largest units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) i64);

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
        let seconds = self.0.max(0);
        let first = UNITS.iter().position(|(length, _)| seconds >= *length).unwrap_or(3);
        let (length, unit) = UNITS[first];
        write!(out, "{} {unit}", seconds / length)?;
        match UNITS.get(first + 1).map(|(second, unit)| (seconds % length / second, unit)) {
            Some((count @ 1.., unit)) => write!(out, " {count} {unit}"),
            _ => Ok(()),
        }
    }
}

/// Milliseconds, in seconds where there are a thousand, with one decimal below 10.
#[derive(Clone, Copy, Debug)]
pub(super) struct Millis(pub(super) f64);

impl fmt::Display for Millis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = if self.0 < 999.5 { (self.0, "ms") } else { (self.0 / 1000.0, "s") };
        let decimals = usize::from(number < 9.95);
        write!(out, "{number:.decimals$} {unit}")
    }
}

/// `part` of `whole` in percent.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    let whole = u128::from(whole.max(1));
    let percent = (u128::from(part) * 100 + whole / 2) / whole;
    u64::try_from(percent.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_shortened_as_the_original_does() {
        let cases = [
            (0, "0"),
            (972, "972"),
            (973, "1.0K"),
            (1024, "1.0K"),
            (1536, "1.5K"),
            (10_000, "9.8K"),
            (10_200, "10K"),
            (10_752, "11K"),
            (972 << 10, "972K"),
            (973 << 10, "1.0M"),
            (5 << 30, "5.0G"),
            (u64::MAX, "16E"),
        ];
        for (octets, expected) in cases {
            assert_eq!(Octets(octets).to_string(), expected, "{octets}");
        }
    }

    #[test]
    fn rates_times_and_shares() {
        let rates =
            [(7, 0, "\u{2013}"), (7, -1, "\u{2013}"), (7, 2, "3.5/s"), (1, 60, "0.0/s"), (100, 10, "10/s")];
        for (count, seconds, expected) in rates {
            assert_eq!(Rate(count, seconds).to_string(), expected);
        }
        for (seconds, expected) in
            [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (90_000, "1 d 1 h")]
        {
            assert_eq!(Span(seconds).to_string(), expected);
        }
        for (millis, expected) in [
            (0.5, "0.5 ms"),
            (9.94, "9.9 ms"),
            (9.96, "10 ms"),
            (999.4, "999 ms"),
            (999.5, "1.0 s"),
            (60_000.0, "60 s"),
        ] {
            assert_eq!(Millis(millis).to_string(), expected);
        }
        assert_eq!([percent(1, 3), percent(0, 0), percent(u64::MAX, u64::MAX)], [33, 0, 100]);
    }
}
