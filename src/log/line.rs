//! A line under construction, and how text gets into it.

use std::io::Write;

use smallvec::SmallVec;

use super::MAX_LINE;

/// A line, of text or with an object in it, without its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) octets: SmallVec<[u8; MAX_LINE]>,
    /// Where the time ends, which every line begins with.
    pub(super) stamp_end: usize,
    /// Where that begins which two lines about the same have in common.
    pub(super) text_at: usize,
}

impl Line {
    /// Adds what the administrator wished, whatever it is.
    pub(super) fn verbatim(&mut self) -> Text<'_> {
        Text { line: self, shown: |octet| octet, cut: false }
    }

    /// Adds text in which control characters are made visible.
    pub(super) fn text(&mut self) -> Text<'_> {
        Text { line: self, shown: visible, cut: false }
    }

    /// What two lines about the same have in common.
    pub(super) fn message(&self) -> &[u8] {
        &self.octets[self.text_at..]
    }

    /// The whole line with its end.
    pub(super) fn finish(&mut self) -> &[u8] {
        self.octets.push(b'\n');
        &self.octets
    }
}

/// Writes to a line until that is as long as a line of text may be, which then ends in `...`.
pub(super) struct Text<'l> {
    line: &'l mut Line,
    shown: fn(u8) -> u8,
    cut: bool,
}

impl Write for Text<'_> {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        let octets = &mut self.line.octets;
        let taken = text.len().min((MAX_LINE - 1).saturating_sub(octets.len()));
        octets.extend(text[..taken].iter().map(|octet| (self.shown)(*octet)));
        if taken < text.len() && !self.cut {
            self.cut = true;
            octets.truncate(MAX_LINE - 4);
            octets.extend_from_slice(b"...");
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn visible(octet: u8) -> u8 {
    if octet.is_ascii_control() && octet != b'\t' {
        b'?'
    } else {
        octet
    }
}
