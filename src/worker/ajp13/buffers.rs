//! The buffers of this process that no connection uses at the moment.
//!
//! A connection has buffers from the time it is taken out of the pool until it is put back, so there are as many as
//! exchanges at a time, however many connections wait in how many pools. The buffer that was given back last is taken
//! first: it is in the processor's cache, and those that are not needed stay at the other end, where maintenance lets go
//! of them.

use parking_lot::Mutex;

/// Buffers for all workers of a process.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Spare>);

#[derive(Debug, Default)]
struct Spare {
    receive: Stack,
    send: Stack,
}

/// The last one was used last.
#[derive(Debug, Default)]
struct Stack {
    spare: Vec<Vec<u8>>,
    /// Fewest that there were since the last trimming: so many at the beginning were not used.
    fewest: usize,
}

impl Buffers {
    /// A buffer of `length` octets, whatever they are.
    pub(super) fn take_for_receiving(&self, length: usize) -> Vec<u8> {
        let spare = self.0.lock().receive.take(|buffer| buffer.len() == length);
        spare.unwrap_or_else(|| vec![0; length])
    }

    /// Takes one back.
    pub(super) fn give_from_receiving(&self, buffer: Vec<u8>) {
        self.0.lock().receive.give(buffer);
    }

    /// An empty buffer, with room if there is one that has it.
    pub(super) fn take_for_sending(&self) -> Vec<u8> {
        self.0.lock().send.take(|_| true).unwrap_or_default()
    }

    /// Takes one back.
    pub(super) fn give_from_sending(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.lock().send.give(buffer);
    }

    /// Lets go of the buffers that nobody used since the last call; tells whether there were any.
    pub(crate) fn trim(&self) -> bool {
        let unused = {
            let mut spare = self.0.lock();
            [spare.receive.unused(), spare.send.unused()]
        };
        unused.iter().any(|buffers| !buffers.is_empty())
    }

    /// Buffers to receive into that nobody uses.
    #[cfg(test)]
    pub(super) fn spare(&self) -> usize {
        self.0.lock().receive.spare.len()
    }
}

impl Stack {
    fn take(&mut self, fits: impl Fn(&Vec<u8>) -> bool) -> Option<Vec<u8>> {
        let place = self.spare.iter().rposition(fits)?;
        self.fewest = self.fewest.min(place);
        Some(self.spare.remove(place))
    }

    fn give(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 {
            self.spare.push(buffer);
        }
    }

    fn unused(&mut self) -> Vec<Vec<u8>> {
        let unused = self.spare.drain(..self.fewest.min(self.spare.len())).collect();
        self.fewest = self.spare.len();
        unused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_last_is_taken_first_and_has_the_length_asked_for() {
        let buffers = Buffers::default();
        let (small, large) = (buffers.take_for_receiving(10), buffers.take_for_receiving(20));
        let place = small.as_ptr();
        buffers.give_from_receiving(small);
        buffers.give_from_receiving(large);
        let again = buffers.take_for_receiving(10);
        assert_eq!((again.len(), again.as_ptr(), buffers.spare()), (10, place, 1));
        assert_eq!((buffers.take_for_receiving(10).len(), buffers.spare()), (10, 1));
        buffers.give_from_sending(b"a request".to_vec());
        let sending = buffers.take_for_sending();
        assert!(sending.is_empty() && sending.capacity() >= 9);
        assert_eq!(buffers.take_for_sending().capacity(), 0);
    }

    #[test]
    fn what_a_burst_needed_goes_and_what_is_in_use_stays() {
        let buffers = Buffers::default();
        let burst: Vec<_> = (0..256).map(|_| buffers.take_for_receiving(10)).collect();
        burst.into_iter().for_each(|buffer| buffers.give_from_receiving(buffer));
        assert!(!buffers.trim(), "all were used since the last time");
        for _ in 0..3 {
            let used = [buffers.take_for_receiving(10), buffers.take_for_receiving(10)];
            used.into_iter().for_each(|buffer| buffers.give_from_receiving(buffer));
        }
        assert!(buffers.trim());
        assert_eq!(buffers.spare(), 2);
        let used = buffers.take_for_receiving(10);
        assert!(buffers.trim(), "one was enough");
        assert_eq!(buffers.spare(), 0);
        buffers.give_from_receiving(used);
        assert!(!buffers.trim());
        assert!(buffers.trim(), "none was needed");
        assert_eq!(buffers.spare(), 0);
    }
}
