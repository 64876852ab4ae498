//! A few words with their time and kind, which any process writes and any reads.
//!
//! Nothing is locked, as in [`super::host`]: the words are written one by one, and last a proof that is computed from all
//! of them. Who reads words that do not fit the proof has met a writer at work, or what one left that was killed, and
//! reads nothing. Of two that write at once one prevails.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::ffi::shm::record;

use super::host::hash;

/// Words of text.
const WORDS: usize = 29;

/// Octets of text that there is room for.
const ROOM: usize = WORDS * size_of::<u64>();

/// How often a note is written that another writer spoils.
const TRIES: usize = 3;

record! {
    /// A note; all zeros before there is one.
    #[derive(Debug)]
    pub(super) struct NoteRecord: 256 {
        /// Computed from all that follows; 0 before there is a note.
        proof: AtomicU64,
        /// Seconds since the epoch.
        time: AtomicI64,
        kind: AtomicU64,
        /// Filled up with NULs.
        text: [AtomicU64; WORDS],
    }
}

/// What is noted, as it lies in the record.
#[derive(Clone, Copy, Hash, PartialEq, Eq)]
struct Words {
    time: i64,
    kind: u64,
    text: [u64; WORDS],
}

/// What was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Seconds since the epoch.
    pub(super) time: i64,
    pub(super) kind: u64,
    pub(super) text: String,
}

impl NoteRecord {
    /// Notes `text`, of which as much is kept as there is room for.
    pub(super) fn write(&self, time: i64, kind: u64, text: &str) {
        let words = Words { time, kind, text: packed(text) };
        for _ in 0..TRIES {
            self.time.store(words.time, Relaxed);
            self.kind.store(words.kind, Relaxed);
            self.text.iter().zip(words.text).for_each(|(place, word)| place.store(word, Relaxed));
            self.proof.store(words.proof(), Relaxed);
            if self.words() == words {
                return;
            }
        }
    }

    /// What was noted last, whole.
    pub(super) fn read(&self) -> Option<Note> {
        let proof = self.proof.load(Relaxed);
        let words = self.words();
        let Words { time, kind, text } = words;
        (proof == words.proof()).then(|| Note { time, kind, text: unpacked(text) })
    }

    /// Forgets it.
    pub(super) fn clear(&self) {
        self.proof.store(0, Relaxed);
    }

    fn words(&self) -> Words {
        Words {
            time: self.time.load(Relaxed),
            kind: self.kind.load(Relaxed),
            text: std::array::from_fn(|index| self.text[index].load(Relaxed)),
        }
    }
}

impl Words {
    fn proof(&self) -> u64 {
        hash(self).max(1)
    }
}

fn packed(text: &str) -> [u64; WORDS] {
    let end = (0..=text.len().min(ROOM)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let mut octets = [0; ROOM];
    octets[..end].copy_from_slice(&text.as_bytes()[..end]);
    let mut words = octets.chunks_exact(size_of::<u64>());
    std::array::from_fn(|_| {
        let octets = words.next().and_then(|octets| octets.try_into().ok());
        octets.map_or(0, u64::from_ne_bytes)
    })
}

fn unpacked(words: [u64; WORDS]) -> String {
    let octets: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let end = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    String::from_utf8_lossy(&octets[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> NoteRecord {
        NoteRecord {
            proof: AtomicU64::new(0),
            time: AtomicI64::new(0),
            kind: AtomicU64::new(0),
            text: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    #[test]
    fn what_is_noted_is_read_and_the_last_note_counts() {
        let record = note();
        assert_eq!(record.read(), None);
        record.write(7, 3, "first, and longer than the next");
        record.write(8, 4, "näxt\0one");
        assert_eq!(record.read(), Some(Note { time: 8, kind: 4, text: "näxt\0one".to_owned() }));
        record.clear();
        assert_eq!(record.read(), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let record = note();
        record.write(1, 0, &"x".repeat(ROOM + 1));
        assert_eq!(record.read().map(|note| note.text), Some("x".repeat(ROOM)));
        record.write(1, 0, &format!("{}é", "x".repeat(ROOM - 1)));
        assert_eq!(record.read().map(|note| note.text), Some("x".repeat(ROOM - 1)));
    }

    #[test]
    fn half_a_note_is_none_and_the_next_one_mends_it() {
        let record = note();
        record.write(1, 2, "whole");
        record.text[0].store(0, Relaxed);
        assert_eq!(record.read(), None);
        record.write(1, 2, "whole");
        assert_eq!(record.read().map(|note| note.text), Some("whole".to_owned()));
    }

    #[test]
    fn readers_see_whole_notes_whoever_writes() {
        let record = note();
        let texts = ["a".repeat(ROOM), "b".repeat(ROOM / 2)];
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2u8)
                .map(|kind| {
                    let (record, text) = (&record, &texts[usize::from(kind)]);
                    scope.spawn(move || (0..2000).for_each(|_| record.write(kind.into(), kind.into(), text)))
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                if let Some(Note { time, kind, text }) = record.read() {
                    assert_eq!((time, &text), (kind as i64, &texts[kind as usize]));
                }
            }
        });
    }
}
