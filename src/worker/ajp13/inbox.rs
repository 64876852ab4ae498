//! The receive buffer of a connection: a flat array that complete packets are decoded from in place.

/// Octets received and not yet taken, in one piece.
pub(super) struct Inbox {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// An empty inbox for `capacity` octets. The system provides the memory when it is first written to.
    pub(super) fn new(capacity: usize) -> Self {
        Self { buffer: vec![0; capacity], start: 0, end: 0 }
    }

    /// What was received and not yet taken.
    pub(super) fn octets(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Most octets that it can hold.
    pub(super) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// Room for what is received next; what is still there moves to the front before.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.buffer[self.end..]
    }

    /// Notes that `count` octets were written into [`Inbox::space`].
    pub(super) fn fill(&mut self, count: usize) {
        self.end = self.buffer.len().min(self.end + count);
    }

    /// Takes the first `count` octets.
    pub(super) fn take(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_moves_to_the_front() {
        let mut inbox = Inbox::new(8);
        inbox.space()[..6].copy_from_slice(b"abcdef");
        inbox.fill(6);
        inbox.take(4);
        assert_eq!(inbox.octets(), b"ef");
        assert_eq!(inbox.space().len(), 6);
        inbox.fill(0);
        assert_eq!(inbox.octets(), b"ef");
    }

    #[test]
    fn taking_everything_makes_all_room_free() {
        let mut inbox = Inbox::new(4);
        assert_eq!(inbox.space().len(), 4);
        inbox.fill(4);
        assert_eq!(inbox.space().len(), 0);
        inbox.take(4);
        assert!(inbox.octets().is_empty());
        assert_eq!(inbox.space().len(), 4);
    }
}
