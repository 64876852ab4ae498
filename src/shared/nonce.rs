//! What forms of the status page carry to be known as its own: 128 random bits, the same for all processes ("decisions,
//! row 62").

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustix::rand::{getrandom, GetRandomFlags};

use crate::ffi::shm::record;

/// Octets of a half.
const HALF: usize = size_of::<u64>();

record! {
    /// Both halves.
    pub(super) struct Nonce: 16 {
        halves: [AtomicU64; 2],
    }
}

/// Not even a log is to know it.
impl std::fmt::Debug for Nonce {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("***")
    }
}

impl Nonce {
    /// Takes a new one. Called before the memory is shared.
    pub(super) fn draw(&self) -> io::Result<()> {
        for half in &self.halves {
            let mut octets = [0; HALF];
            // So few octets come at once or not at all.
            getrandom(&mut octets, GetRandomFlags::empty())?;
            half.store(u64::from_ne_bytes(octets), Relaxed);
        }
        Ok(())
    }

    /// In hexadecimal digits.
    pub(super) fn text(&self) -> String {
        self.halves.iter().map(|half| format!("{:016x}", half.load(Relaxed))).collect()
    }

    /// Goes on with one in such digits; anything else is none. Called before the memory is shared.
    pub(super) fn keep(&self, text: &str) {
        let digits = |range| text.get(range).and_then(|digits: &str| u64::from_str_radix(digits, 16).ok());
        if let (Some(first), Some(second), 32) = (digits(0..16), digits(16..32), text.len()) {
            self.halves.iter().zip([first, second]).for_each(|(half, known)| half.store(known, Relaxed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce() -> Nonce {
        let nonce = Nonce { halves: Default::default() };
        nonce.draw().expect("random octets");
        nonce
    }

    #[test]
    fn each_is_another_and_can_be_kept() {
        let [one, other] = [nonce(), nonce()];
        assert_ne!(one.text(), other.text());
        assert_eq!(one.text().len(), 32);
        assert!(one.text().bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert!(one.text()[..16] != one.text()[16..]);
        other.keep(&one.text());
        assert_eq!(one.text(), other.text());
        for text in
            ["", "0123", "g".repeat(32).as_str(), "0".repeat(33).as_str(), "\u{e9}".repeat(16).as_str()]
        {
            other.keep(text);
            assert_eq!(one.text(), other.text(), "{text}");
        }
        assert_eq!(format!("{one:?}"), "***");
    }
}
