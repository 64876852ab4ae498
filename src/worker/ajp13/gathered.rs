//! What the container did not flush, gathered before it goes to the client.
//!
//! Filters decide by the first brigade whether a body gets a length, ranges and an ETag. So that the same answer always
//! looks the same, whatever reads it came in, a body of up to [`ROOM`] octets leaves with its end, and a longer one
//! begins without it. And a container that sends many small chunks does not cost a bucket for each of them: what is
//! kept for a client that does not read is in proportion to its octets. Rules: "ajp13, section 11" and "decisions,
//! row 49".

use smallvec::SmallVec;

/// Octets that wait for more: as many as httpd's own buffer for what a handler writes, which the original used.
const ROOM: usize = 8000;

/// Chunks with fewer octets on average are copied into one piece.
const SMALL: usize = 512;

/// Body data that nobody waits for.
#[derive(Default)]
pub(super) struct Gathered {
    octets: Vec<u8>,
}

impl Gathered {
    /// Tells whether `chunks` can wait together with what is there.
    pub(super) fn has_room_for(&self, chunks: &[&[u8]]) -> bool {
        self.octets.len() + total(chunks) <= ROOM
    }

    /// Lets `chunks` wait.
    pub(super) fn add(&mut self, chunks: &[&[u8]]) {
        chunks.iter().for_each(|chunk| self.octets.extend_from_slice(chunk));
    }

    /// All there is and `chunks` behind it, in pieces that are worth a bucket each.
    pub(super) fn with<'a>(&'a mut self, chunks: &[&'a [u8]]) -> SmallVec<[&'a [u8]; 9]> {
        let is_one_piece = self.octets.is_empty() && chunks.len() == 1;
        if total(chunks) < chunks.len() * SMALL && !is_one_piece {
            self.add(chunks);
            return SmallVec::from_slice(&[self.octets.as_slice()]);
        }
        let waiting = std::iter::once(self.octets.as_slice()).filter(|octets| !octets.is_empty());
        waiting.chain(chunks.iter().copied()).collect()
    }

    /// Forgets what was handed on.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
    }
}

fn total(chunks: &[&[u8]]) -> usize {
    chunks.iter().map(|chunk| chunk.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_as_much_as_the_original_buffers() {
        let mut gathered = Gathered::default();
        assert!(gathered.has_room_for(&[&[0; 4000], &[0; 4000]]) && !gathered.has_room_for(&[&[0; 8001]]));
        gathered.add(&[&[0; 7999]]);
        assert!(gathered.has_room_for(&[b"x"]) && !gathered.has_room_for(&[b"xy"]));
    }

    #[test]
    fn large_chunks_stay_where_they_are_and_small_ones_become_one_piece() {
        let large = [1; 8184];
        let mut gathered = Gathered::default();
        assert_eq!(gathered.with(&[&large, b"x"])[..], [&large[..], b"x"]);
        assert!(std::ptr::eq(gathered.with(&[&large, b"x"])[0], &large[..]), "not a copy");
        gathered.add(&[b"waiting"]);
        assert_eq!(gathered.with(&[&large])[..], [b"waiting", &large[..]]);
        let small = [&b"a"[..]; 4000];
        assert_eq!(gathered.with(&small)[..], [[&b"waiting"[..], &[b'a'; 4000]].concat()]);
        gathered.clear();
        assert!(gathered.with(&[]).is_empty());
    }
}
