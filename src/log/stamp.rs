//! JkLogStampFormat: strftime with `%Q` for milliseconds or `%q` for microseconds.

use std::fmt::{self, Display, Formatter};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bstr::ByteSlice;
use memchr::memmem;

use crate::ffi::time::strftime;

/// Most octets that strftime makes of what is before or behind the sub-second part.
pub(crate) const MAX_STAMP: usize = 254;

/// The stamp at the start of each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StampFormat {
    before: Vec<u8>,
    fraction: Fraction,
    after: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fraction {
    None,
    Milliseconds,
    Microseconds,
}

impl Default for StampFormat {
    fn default() -> Self {
        Self::new(b"[%a %b %d %H:%M:%S.%Q %Y] ")
    }
}

impl StampFormat {
    /// Takes a strftime format in which the first `%Q`, or without one the first `%q`, is the sub-second part.
    pub(crate) fn new(format: &[u8]) -> Self {
        let marks = [(&b"%Q"[..], Fraction::Milliseconds), (&b"%q"[..], Fraction::Microseconds)];
        for (mark, fraction) in marks {
            if let Some(position) = memmem::find(format, mark) {
                let (before, after) = (format[..position].to_vec(), format[position + 2..].to_vec());
                return Self { before, fraction, after: literal_marks(&after) };
            }
        }
        Self { before: format.to_vec(), fraction: Fraction::None, after: Vec::new() }
    }

    /// Tells whether a part of it is longer than [`MAX_STAMP`], so that nothing of that would be written.
    pub(crate) fn is_too_long(&self) -> bool {
        // With something behind it no part is empty unless it is too long.
        [&self.before, &self.after].iter().any(|part| local_time(&[part, &b"."[..]].concat()).is_empty())
    }

    /// Writes the stamp of this moment.
    pub(crate) fn write(&self, out: &mut impl Write) {
        self.write_at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), out);
    }

    fn write_at(&self, since_epoch: Duration, out: &mut impl Write) {
        let seconds = since_epoch.as_secs() as i64;
        let _ = out.write_all(&strftime(&self.before, seconds));
        let _ = match self.fraction {
            Fraction::None => Ok(()),
            Fraction::Milliseconds => write!(out, "{:03}", since_epoch.subsec_millis()),
            Fraction::Microseconds => write!(out, "{:06}", since_epoch.subsec_micros()),
        };
        let _ = out.write_all(&strftime(&self.after, seconds));
    }
}

/// Further sub-second marks are printed as they stand: `%%` makes strftime do so.
fn literal_marks(format: &[u8]) -> Vec<u8> {
    format.replace("%Q", "%%Q").replace("%q", "%%q")
}

/// A moment as RFC 3339 writes it, in local time with microseconds and offset: `2026-01-31T09:30:00.000123+01:00`.
pub(super) struct Timestamp(Duration);

impl Timestamp {
    /// This moment.
    pub(super) fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

/// This moment in local time, in a strftime format.
pub(super) fn local_time(format: &[u8]) -> Vec<u8> {
    strftime(format, Timestamp::now().0.as_secs() as i64)
}

impl Display for Timestamp {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        const SECONDS_END: usize = "2026-01-31T09:30:00".len();
        const HOURS_END: usize = "+01".len();
        let text = strftime(b"%Y-%m-%dT%H:%M:%S%z", self.0.as_secs() as i64);
        let text = String::from_utf8_lossy(&text);
        let (seconds, offset) = text.split_at_checked(SECONDS_END).unwrap_or((&text, "+0000"));
        let (hours, minutes) = offset.split_at_checked(HOURS_END).unwrap_or(("+00", "00"));
        write!(out, "{seconds}.{:06}{hours}:{minutes}", self.0.subsec_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(format: &str) -> String {
        let mut out = Vec::new();
        StampFormat::new(format.as_bytes()).write_at(Duration::new(1_600_000_000, 12_345_000), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sub_seconds_are_filled_in_once() {
        assert_eq!(stamp("%Y.%Q|%Q|%q"), "2020.012|%Q|%q");
        assert_eq!(stamp("%Y.%q|%q"), "2020.012345|%q");
        assert_eq!(stamp("[%y %m] plain"), "[20 09] plain");
    }
    #[test]
    fn timestamps_are_those_of_rfc_3339() {
        let text = Timestamp(Duration::new(1_600_000_000, 12_345_000)).to_string();
        let (moment, offset) = text.split_at("2020-09-13T12:26:40.012345".len());
        assert!(moment.starts_with("2020-09-1") && moment.ends_with(":40.012345"), "{text}");
        let digits: String = offset.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(["+00:00", "-00:00"].contains(&digits.as_str()), "{text}");
    }
}
