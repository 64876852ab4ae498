//! JkLogStampFormat: strftime with `%Q` for milliseconds or `%q` for microseconds.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bstr::ByteSlice;
use memchr::memmem;

use crate::ffi::time::strftime;

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
}
