//! The receive buffer of a connection: a flat array that complete packets are decoded from in place.

use std::mem;
use std::sync::Arc;

use super::buffers::Buffers;

/// Octets received and not yet taken, in one piece.
pub(super) struct Inbox {
    /// Empty until something is to be received.
    buffer: Vec<u8>,
    capacity: usize,
    start: usize,
    end: usize,
    buffers: Arc<Buffers>,
}

impl Inbox {
    /// An empty inbox for `capacity` octets, which takes its memory from `buffers` when it is needed.
    pub(super) fn new(capacity: usize, buffers: &Arc<Buffers>) -> Self {
        Self { buffer: Vec::new(), capacity, start: 0, end: 0, buffers: Arc::clone(buffers) }
    }

    /// Gives its memory back, and forgets what was not taken.
    pub(super) fn rest(&mut self) {
        (self.start, self.end) = (0, 0);
        self.buffers.give_from_receiving(mem::take(&mut self.buffer));
    }

    /// What was received and not yet taken.
    pub(super) fn octets(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Most octets that it can hold.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Room for what is received next; what is still there moves to the front before.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer = self.buffers.take_for_receiving(self.capacity);
        }
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

impl Drop for Inbox {
    fn drop(&mut self) {
        self.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_moves_to_the_front() {
        let mut inbox = Inbox::new(8, &Arc::default());
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
        let mut inbox = Inbox::new(4, &Arc::default());
        assert_eq!(inbox.space().len(), 4);
        inbox.fill(4);
        assert_eq!(inbox.space().len(), 0);
        inbox.take(4);
        assert!(inbox.octets().is_empty());
        assert_eq!(inbox.space().len(), 4);
    }

    #[test]
    fn memory_is_held_only_while_it_is_needed() {
        let buffers = Arc::new(Buffers::default());
        let mut inboxes = [(); 3].map(|()| Inbox::new(4, &buffers));
        for inbox in &mut inboxes {
            assert!(inbox.octets().is_empty() && inbox.capacity() == 4);
            inbox.space()[..2].copy_from_slice(b"ab");
            inbox.fill(2);
            inbox.take(2);
            inbox.rest();
        }
        assert_eq!(buffers.spare(), 1);
        inboxes[0].space();
        inboxes[0].fill(4);
        assert_eq!(buffers.spare(), 0);
        drop(inboxes);
        assert_eq!(buffers.spare(), 1);
    }
}
