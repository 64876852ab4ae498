//! What counts of a map file's text: its lines without comments and blanks.
//!
//! Versions of a file that is being written are compared by it, so a comment with the time of day hides nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::config::properties::{lines, parse_line, Line};

/// What two texts that say the same have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gist {
    pub(super) fullness: Fullness,
    /// Hash of the lines that count.
    said: u64,
}

/// How much a text says. A text is never less full than its own beginning, even if that breaks off in a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fullness {
    /// Lines that count and have their end.
    complete: usize,
    /// Octets that count in a last line without its end.
    broken_off: usize,
}

impl Gist {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        let (mut complete, mut last) = (0, 0);
        for (_, line) in lines(text) {
            last = 0;
            match parse_line(line) {
                Line::Blank => continue,
                Line::Ignored(text) => text.hash(&mut hasher),
                Line::Pair { key, value, .. } => {
                    (key, value).hash(&mut hasher);
                    last = key.len() + value.len();
                    complete += 1;
                }
            }
        }
        let breaks_off = !text.ends_with(b"\n") && last > 0;
        let fullness = match breaks_off {
            true => Fullness { complete: complete - 1, broken_off: last },
            false => Fullness { complete, broken_off: 0 },
        };
        Self { fullness, said: hasher.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blanks_say_nothing() {
        let plain = Gist::of(b"/a=w\n/b=w\n");
        assert_eq!(Gist::of(b"# at noon\n/a = w # here\n\n/b=w\n# end"), plain);
        assert_ne!(Gist::of(b"/a=w\n/b=x\n"), plain);
    }

    #[test]
    fn no_beginning_is_fuller_than_the_whole() {
        for whole in ["# now\n/a=w1\n# and\n/bb=w12\n\n/c=w\n# end\n", "/a=w1\n/b=w123"] {
            let mut before = Fullness::default();
            for end in 0..=whole.len() {
                let fullness = Gist::of(&whole.as_bytes()[..end]).fullness;
                assert!(fullness >= before, "{:?}", &whole[..end]);
                before = fullness;
            }
        }
        assert!(Gist::of(b"/a=w1\n/b=w2").fullness < Gist::of(b"/a=w1\n/b=w2\n").fullness);
        assert!(Gist::of(b"/a=w1\n/b=w1").fullness < Gist::of(b"/a=w1\n/b=w12").fullness);
    }
}
