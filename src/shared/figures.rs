//! What is counted of one Tomcat beyond what the original counts: how requests end, why attempts fail, how long they
//! take, and the last error.
//!
//! The record lies apart from [`super::ajp`], as no selection looks at it. Counters only grow, until somebody resets
//! them. A request costs one result, and each of its attempts a place of the histogram and the sum.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::ffi::shm::{record, Mapped};

use super::note::NoteRecord;

/// Upper ends of the places of the latency histogram, in microseconds; what takes longer has a place of its own.
pub(crate) const LATENCY_BOUNDS: [u64; 15] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 25_000_000, 60_000_000,
];

/// Places of the histogram.
pub(crate) const LATENCY_PLACES: usize = LATENCY_BOUNDS.len() + 1;

/// Declares the words for what one array of counters counts, in its order.
macro_rules! counted {
    ($(#[$of_all:meta])* $name:ident { $($(#[$of_one:meta])* $variant:ident $word:literal,)+ }) => {
        $(#[$of_all])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$of_one])* $variant,)+
        }

        impl $name {
            /// All of them, by their number.
            pub(crate) const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// What formats call it.
            pub(crate) fn word(self) -> &'static str {
                [$($word),+][self as usize]
            }
        }
    };
}

pub(crate) use counted;

counted! {
    /// How the service of a request by one worker ended.
    Served {
        /// The client got Tomcat's answer, with a status below 500.
        Ok "ok",
        /// The client got Tomcat's answer, with a status of 500 or more.
        ServerError "server_error",
        /// The client failed, or asked for too much.
        ClientError "client_error",
        /// Tomcat, or the way to it, failed before the client got anything.
        Error "error",
        /// The answer broke off after a part of it had gone to the client.
        Truncated "truncated",
        /// There was no room: no free connection, or busy_limit.
        Refused "refused",
    }
}

counted! {
    /// Why an attempt failed.
    Fault {
        /// No connection of the pool came free in time.
        NoConnection "no_connection",
        /// busy_limit is reached.
        BusyLimit "busy_limit",
        /// The request does not fit into a packet.
        TooLarge "too_large",
        /// No connection could be made.
        Connect "connect",
        /// The CPing was not answered.
        Cping "cping",
        /// The request, or a part of its body, could not be sent.
        Send "send",
        /// The client failed while its request body was read.
        ClientRead "client_read",
        /// The client failed while the response was written.
        ClientWrite "client_write",
        /// reply_timeout passed.
        ReplyTimeout "reply_timeout",
        /// The connection ended before an answer, or between two packets of it.
        ConnectionLost "connection_lost",
        /// What came are no AJP packets, or the connection ended inside one.
        Framing "framing",
        /// A packet is malformed, or came out of order.
        Malformed "malformed",
        /// What the packets say is no HTTP response.
        BadResponse "bad_response",
        /// fail_on_status lists the status.
        FailOnStatus "fail_on_status",
    }
}

record! {
    /// The figures of one Tomcat.
    #[derive(Debug)]
    pub(crate) struct FiguresRecord: 640 {
        /// By [`Served`], and room for two more.
        served: [AtomicU64; 8],
        /// By [`Fault`], and room for two more.
        faults: [AtomicU64; 16],
        /// Attempts after the first.
        retries: AtomicU64,
        /// CPings that were answered.
        answered: AtomicU64,
        /// CPings that were not.
        unanswered: AtomicU64,
        /// Probes that were answered.
        probes_answered: AtomicU64,
        /// Probes that were not.
        probes_failed: AtomicU64,
        /// What all attempts in the histogram took, in microseconds.
        latency_sum: AtomicU64,
        /// Attempts by what they took: a place for each of [`LATENCY_BOUNDS`], and one for more.
        latency: [AtomicU64; LATENCY_PLACES],
        /// Its kind is the number of a [`Fault`].
        last_error: NoteRecord,
        /// Room for what is to come.
        reserved: [AtomicU64; 2],
    }
}

/// Access to the figures of one Tomcat; cheap to clone.
pub(crate) type FiguresHandle = Mapped<FiguresRecord>;

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Requests by [`Served`].
    pub served: [u64; Served::ALL.len()],
    /// Failed attempts by [`Fault`].
    pub faults: [u64; Fault::ALL.len()],
    /// Attempts after the first.
    pub retries: u64,
    /// CPings that were answered.
    pub answered: u64,
    /// CPings that were not.
    pub unanswered: u64,
    /// Probes that were answered.
    pub probes_answered: u64,
    /// Probes that were not.
    pub probes_failed: u64,
    /// What all attempts in the histogram took, in microseconds.
    pub latency_sum: u64,
    /// Attempts that had a connection, by what they took: up to each of [`LATENCY_BOUNDS`], and more.
    pub latency: [u64; LATENCY_PLACES],
}

/// The last error of a Tomcat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastError {
    /// Seconds since the epoch.
    pub time: i64,
    /// Why the attempt failed.
    pub fault: Fault,
    /// The same in words.
    pub text: String,
}

impl FiguresRecord {
    /// Counts a request by how it ended.
    pub(crate) fn count_served(&self, how: Served) {
        self.served[how as usize].fetch_add(1, Relaxed);
    }

    /// Counts an attempt that failed.
    pub(crate) fn count_fault(&self, fault: Fault) {
        self.faults[fault as usize].fetch_add(1, Relaxed);
    }

    /// Counts an attempt after another.
    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// Counts a probe: whether a Tomcat that was in error works again.
    pub(crate) fn count_probe(&self, is_answered: bool) {
        let counter = if is_answered { &self.probes_answered } else { &self.probes_failed };
        counter.fetch_add(1, Relaxed);
    }

    /// Counts a CPing on the way of a request, or over an idle connection.
    pub(crate) fn count_cping(&self, is_answered: bool) {
        let counter = if is_answered { &self.answered } else { &self.unanswered };
        counter.fetch_add(1, Relaxed);
    }

    /// Counts an attempt that had a connection, whatever came of it, by what it took.
    pub(crate) fn count_latency(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let place = LATENCY_BOUNDS.partition_point(|bound| *bound < time);
        self.latency[place].fetch_add(1, Relaxed);
        self.latency_sum.fetch_add(time, Relaxed);
    }

    /// Notes the last error, at `now`, seconds since the epoch.
    pub(crate) fn note_error(&self, now: i64, fault: Fault, text: &str) {
        self.last_error.write(now, fault as u64, text);
    }

    /// The last error, unless somebody is just noting one.
    pub(crate) fn last_error(&self) -> Option<LastError> {
        let note = self.last_error.read()?;
        let fault = *Fault::ALL.get(usize::try_from(note.kind).ok()?)?;
        Some(LastError { time: note.time, fault, text: note.text })
    }

    /// All counters. They are read one by one, so requests that end meanwhile may show in some of them only.
    pub(crate) fn snapshot(&self) -> Figures {
        Figures {
            served: std::array::from_fn(|index| self.served[index].load(Relaxed)),
            faults: std::array::from_fn(|index| self.faults[index].load(Relaxed)),
            retries: self.retries.load(Relaxed),
            answered: self.answered.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
            probes_answered: self.probes_answered.load(Relaxed),
            probes_failed: self.probes_failed.load(Relaxed),
            latency_sum: self.latency_sum.load(Relaxed),
            latency: std::array::from_fn(|index| self.latency[index].load(Relaxed)),
        }
    }

    /// Goes on with the counters of an earlier memory. Called before the memory is shared.
    pub(super) fn restore(&self, figures: &Figures) {
        let store = |places: &[AtomicU64], counts: &[u64]| {
            places.iter().zip(counts).for_each(|(place, count)| place.store(*count, Relaxed));
        };
        store(&self.served, &figures.served);
        store(&self.faults, &figures.faults);
        store(&self.latency, &figures.latency);
        self.retries.store(figures.retries, Relaxed);
        self.answered.store(figures.answered, Relaxed);
        self.unanswered.store(figures.unanswered, Relaxed);
        self.probes_answered.store(figures.probes_answered, Relaxed);
        self.probes_failed.store(figures.probes_failed, Relaxed);
        self.latency_sum.store(figures.latency_sum, Relaxed);
    }

    /// Has all counters begin anew, and forgets the last error.
    pub(super) fn reset(&self) {
        let cpings = [&self.answered, &self.unanswered, &self.probes_answered, &self.probes_failed];
        let single = cpings.into_iter().chain([&self.retries, &self.latency_sum]);
        let all = self.served.iter().chain(&self.faults).chain(&self.latency).chain(single);
        all.for_each(|counter| counter.store(0, Relaxed));
        self.last_error.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::tests::shared_with;

    fn record() -> FiguresHandle {
        shared_with(&[], &["t1"]).ajp("t1").expect("t1").figures().clone()
    }

    #[test]
    fn latencies_have_their_places() {
        let record = record();
        for micros in [0, 1_000, 1_001, 2_500, 60_000_000, 60_000_001, u64::MAX / 2] {
            record.count_latency(Duration::from_micros(micros));
        }
        let found = record.snapshot();
        let mut expected = [0; LATENCY_PLACES];
        (expected[0], expected[1], expected[14], expected[15]) = (2, 2, 1, 2);
        assert_eq!(found.latency, expected);
        assert_eq!(found.latency_sum, 4_501 + 120_000_001 + u64::MAX / 2);
    }

    #[test]
    fn each_counter_counts_its_own_and_all_begin_anew() {
        let record = record();
        for (index, how) in Served::ALL.into_iter().enumerate() {
            (0..=index).for_each(|_| record.count_served(how));
        }
        for (index, fault) in Fault::ALL.into_iter().enumerate() {
            (0..=index).for_each(|_| record.count_fault(fault));
        }
        record.count_retry();
        record.count_cping(true);
        [false; 2].into_iter().for_each(|answered| record.count_cping(answered));
        [true, true, true, false, false, false, false].into_iter().for_each(|good| record.count_probe(good));
        record.note_error(5, Fault::Cping, "it kept silent");
        let found = record.snapshot();
        assert_eq!(found.served, [1, 2, 3, 4, 5, 6]);
        assert_eq!(found.faults, std::array::from_fn(|index| index as u64 + 1));
        assert_eq!((found.retries, found.answered, found.unanswered), (1, 1, 2));
        assert_eq!((found.probes_answered, found.probes_failed), (3, 4));
        let error = LastError { time: 5, fault: Fault::Cping, text: "it kept silent".to_owned() };
        assert_eq!(record.last_error(), Some(error));
        record.count_latency(Duration::ZERO);
        let next = self::record();
        next.restore(&record.snapshot());
        assert_eq!(next.snapshot(), record.snapshot());
        record.reset();
        assert_eq!((record.snapshot(), record.last_error()), (Figures::default(), None));
    }

    #[test]
    fn words_differ() {
        let mut words: Vec<_> = Fault::ALL.iter().map(|fault| fault.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Fault::ALL.len());
    }
}
