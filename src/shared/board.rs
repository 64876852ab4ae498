//! What one process finds of files that all follow, so that not each of them has to look.
//!
//! One process at a time leads: it has a [lease](super::lease), looks at the files, and writes what it found of each, one
//! number, on the board. The others read that and sleep; who finds another number than it knows looks itself. If the
//! leader ends, another takes the lease.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::Arc;
use std::time::Duration;

use rustix::thread::futex;

use super::{lease, mapped};
use crate::ffi::shm::{record, Mapped, Segment, SegmentError};

/// What there is to tell of a file: its content, and whether it can be read.
const SUBJECTS: usize = 2;

record! {
    /// Who leads, and how often there was something new.
    #[derive(Debug)]
    struct Head: 16 {
        leader: AtomicU64,
        /// Waited for by those who do not lead.
        changes: AtomicU32,
        reserved: AtomicU32,
    }
}

record! {
    /// One file.
    #[derive(Debug)]
    struct Entry: 24 {
        /// What the leader found last; 0 if it has not looked.
        found: AtomicU64,
        /// What was told last, by subject.
        told: [AtomicU64; SUBJECTS],
    }
}

/// The board of one configuration, for a number of files that is known before processes fork.
#[derive(Debug)]
pub(crate) struct Board {
    head: Mapped<Head>,
    entries: Mapped<[Entry]>,
}

impl Board {
    /// An empty board for `files`, in memory without a name.
    ///
    /// # Errors
    /// [`SegmentError`] if there is no memory.
    pub(crate) fn create(files: usize) -> Result<Self, SegmentError> {
        let segment = Arc::new(Segment::anonymous(size_of::<Head>() + files * size_of::<Entry>())?);
        let head = mapped(&segment, |segment| segment.record(0))?;
        let entries = mapped(&segment, |segment| segment.records(size_of::<Head>(), files))?;
        Ok(Self { head, entries })
    }

    /// Takes or renews the lead for `process`, from `now` on for `length`; `now` as in
    /// [`Shared::claim_probing`](super::Shared::claim_probing).
    ///
    /// # Errors
    /// How long another process still leads.
    pub(crate) fn lead(&self, process: u32, now: u32, length: Duration) -> Result<(), Duration> {
        lease::claim(&self.head.leader, process, now, length)
    }

    /// Tells whether somebody leads at `now`, with a lease of at most `length`.
    pub(crate) fn is_led(&self, now: u32, length: Duration) -> bool {
        lease::holder(self.head.leader.load(Relaxed), now, length).is_some()
    }

    /// Has another process lead, if `process` did. Takes no lock: it is called from signal handlers, too.
    pub(crate) fn leave(&self, process: u32) {
        if lease::release(&self.head.leader, process) {
            self.announce();
        }
    }

    /// What the leader found last of a file; `None` if it has not looked.
    pub(crate) fn found(&self, file: usize) -> Option<u64> {
        let found = self.entries.get(file)?.found.load(Acquire);
        (found != 0).then_some(found)
    }

    /// Writes what the leader found of a file, and wakes the others if that is new.
    pub(crate) fn publish(&self, file: usize, found: u64) {
        let Some(entry) = self.entries.get(file) else { return };
        if entry.found.load(Relaxed) != found {
            entry.found.store(found, Release);
            self.announce();
        }
    }

    /// Claims the telling of `news` about one of the two subjects of a file, which all processes come to know: true for
    /// the first.
    pub(crate) fn is_first_to_tell(&self, file: usize, subject: usize, news: u64) -> bool {
        let told = self.entries.get(file).and_then(|entry| entry.told.get(subject));
        told.is_none_or(|told| told.swap(news, Relaxed) != news)
    }

    /// How often there was something new. Read before the board is, it lets [`Board::wait`] miss nothing.
    pub(crate) fn changes(&self) -> u32 {
        self.head.changes.load(Acquire)
    }

    /// Sleeps for `time`, or until there is something new since there were so many `changes`.
    pub(crate) fn wait(&self, changes: u32, time: Duration) {
        let time = time.try_into().ok();
        // Whatever ended it, who waits looks.
        let _ = futex::wait(&self.head.changes, futex::Flags::empty(), changes, time.as_ref());
    }

    fn announce(&self) {
        self.head.changes.fetch_add(1, Release);
        // Fails for a bad address alone.
        let _ = futex::wake(&self.head.changes, futex::Flags::empty(), i32::MAX as u32);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn who_does_not_lead_reads_what_the_leader_found() {
        let board = Board::create(2).expect("memory");
        assert_eq!((board.found(0), board.is_led(0, MINUTE)), (None, false));
        assert_eq!(board.lead(1, 0, MINUTE), Ok(()));
        assert_eq!(board.lead(2, 1000, MINUTE), Err(MINUTE - Duration::from_secs(1)));
        board.publish(1, 7);
        assert_eq!((board.found(0), board.found(1), board.found(2)), (None, Some(7), None));
        assert!(board.is_led(1000, MINUTE));
        board.leave(2);
        assert!(board.is_led(1000, MINUTE));
        board.leave(1);
        assert_eq!(board.lead(2, 1000, MINUTE), Ok(()));
    }

    #[test]
    fn what_is_new_wakes_who_waits_and_what_is_known_does_not_count() {
        let board = Board::create(1).expect("memory");
        let before = board.changes();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| board.wait(before, MINUTE));
            board.publish(0, 7);
            waiter.join().expect("no panic");
        });
        let after = board.changes();
        board.publish(0, 7);
        assert_eq!((after - before, board.changes()), (1, after));
        board.wait(before, MINUTE);
    }

    #[test]
    fn news_of_each_file_and_subject_are_told_once() {
        let board = Board::create(1000).expect("memory");
        for file in 0..1000 {
            assert!(board.is_first_to_tell(file, 0, 5));
            assert!(board.is_first_to_tell(file, 1, 5));
        }
        assert!((0..1000).all(|file| !board.is_first_to_tell(file, 0, 5)));
        assert!(board.is_first_to_tell(3, 0, 6));
    }
}
