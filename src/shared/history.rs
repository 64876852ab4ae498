//! What happened to the whole: the last events with their times, and how often files were read anew.
//!
//! Events lie in a ring, each in the place whose number it drew, so that only two that are a whole ring apart can meet in
//! one; [`super::note`] has both readers and writers come out of that well.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::ffi::shm::{record, Mapped};

use super::figures::counted;
use super::note::{Note, NoteRecord};

/// Events that are remembered.
pub(crate) const EVENTS: usize = 20;

/// Octets of what an event is about: enough for two names. Of a longer one, a path, the end is kept.
const SUBJECT: usize = 128;

/// Stands between what an event is about and what happened.
const SEPARATOR: char = '\0';

counted! {
    /// What an event is.
    EventKind {
        /// A member was put into error, or works again.
        State "state",
        /// A map file or the workers file was read anew.
        Reload "reload",
        /// Somebody changed, reset or recovered something.
        Edit "edit",
    }
}

counted! {
    /// What came of a file that was read anew.
    Reload {
        /// A map file was put in force.
        MapTaken "maps_taken",
        /// A map file was not put in force, or could not be read.
        MapRefused "maps_refused",
        /// A restart put the workers in force that it found.
        WorkersTaken "workers_taken",
        /// A restart found none that it could take, and kept the last good ones.
        WorkersRefused "workers_refused",
    }
}

impl Reload {
    /// The same without the file.
    pub(crate) fn result(self) -> &'static str {
        match self {
            Self::MapTaken | Self::WorkersTaken => "taken",
            Self::MapRefused | Self::WorkersRefused => "refused",
        }
    }
}

record! {
    /// Events and reloads.
    #[derive(Debug)]
    pub(crate) struct HistoryRecord: 5184 {
        /// Events so far.
        count: AtomicU64,
        /// By [`Reload`].
        reloads: [AtomicU64; 4],
        /// Room for what is to come.
        reserved: [AtomicU64; 3],
        events: [NoteRecord; EVENTS],
    }
}

/// Access to the history; cheap to clone.
pub(crate) type HistoryHandle = Mapped<HistoryRecord>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Seconds since the epoch.
    pub time: i64,
    /// What it is.
    pub kind: EventKind,
    /// A worker, a member as `balancer/member`, or a file.
    pub subject: String,
    /// What happened to it.
    pub text: String,
}

impl HistoryRecord {
    /// Notes at `now`, seconds since the epoch, that `text` happened to `subject`.
    pub(crate) fn note(&self, now: i64, kind: EventKind, subject: &str, text: &str) {
        let number = self.count.fetch_add(1, Relaxed);
        let place = (number % EVENTS as u64) as usize;
        self.events[place].write(now, kind as u64, &format!("{}{SEPARATOR}{text}", end(subject)));
    }

    /// The last events, oldest first; one that is just being noted is left out.
    pub(crate) fn events(&self) -> Vec<Event> {
        let count = self.count.load(Relaxed);
        let numbers = count.saturating_sub(EVENTS as u64)..count;
        numbers.filter_map(|number| event(self.events[(number % EVENTS as u64) as usize].read()?)).collect()
    }

    /// Counts a file that was read anew.
    pub(crate) fn count_reload(&self, reload: Reload) {
        self.reloads[reload as usize].fetch_add(1, Relaxed);
    }

    /// How often each came of a file, by [`Reload`].
    pub(crate) fn reloads(&self) -> [u64; Reload::ALL.len()] {
        std::array::from_fn(|index| self.reloads[index].load(Relaxed))
    }

    /// Goes on with what an earlier memory knew. Called before the memory is shared.
    pub(crate) fn restore(&self, reloads: [u64; Reload::ALL.len()], events: &[Event]) {
        self.reloads.iter().zip(reloads).for_each(|(place, count)| place.store(count, Relaxed));
        events.iter().for_each(|event| self.note(event.time, event.kind, &event.subject, &event.text));
    }
}

fn end(subject: &str) -> &str {
    let start = subject.len().saturating_sub(SUBJECT);
    (start..=subject.len()).find_map(|start| subject.get(start..)).unwrap_or_default()
}

fn event(note: Note) -> Option<Event> {
    let kind = *EventKind::ALL.get(usize::try_from(note.kind).ok()?)?;
    let (subject, text) = note.text.split_once(SEPARATOR)?;
    Some(Event { time: note.time, kind, subject: subject.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::tests::{other_process, shared_with};

    #[test]
    fn the_last_events_are_remembered_in_their_order() {
        let shared = shared_with(&[], &["t1"]);
        let history = shared.history();
        assert_eq!(history.events(), []);
        for number in 0..EVENTS as i64 + 5 {
            history.note(number, EventKind::Edit, "t1", &format!("event {number}"));
        }
        let events = other_process(&shared).history().events();
        assert_eq!(events.len(), EVENTS);
        assert!(events.iter().zip(5..).all(|(event, number)| event.time == number));
        let first =
            Event { time: 5, kind: EventKind::Edit, subject: "t1".to_owned(), text: "event 5".to_owned() };
        assert_eq!(events[0], first);
    }

    #[test]
    fn a_long_path_leaves_room_for_what_happened() {
        let shared = shared_with(&[], &["t1"]);
        let path = format!("/{}/map", "ö".repeat(200));
        shared.history().note(1, EventKind::Reload, &path, "2 rules");
        let events = shared.history().events();
        assert_eq!(events[0].text, "2 rules");
        assert!(events[0].subject.ends_with("/map") && events[0].subject.len() <= SUBJECT);
    }

    #[test]
    fn reloads_are_counted_by_what_came_of_them() {
        let shared = shared_with(&[], &["t1"]);
        let history = shared.history();
        for (index, reload) in Reload::ALL.into_iter().enumerate() {
            (0..=index).for_each(|_| history.count_reload(reload));
        }
        assert_eq!(history.reloads(), [1, 2, 3, 4]);
    }
}
