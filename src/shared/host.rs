//! What the resolver said of the host of one ajp13 worker: one process asks, and all know.
//!
//! Asking is claimed as maintenance is, by moving a time on. An answer is told without a lock: its words are written one
//! by one, and last a proof that is computed from all of them. Who reads words that do not fit the proof has met a
//! writer at work, or what one left that was killed: it keeps what it knows and looks again. "connections, section 14".

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::ffi::shm::{record, Mapped};

use super::children::is_alive;

/// Addresses of one name that there is room for.
pub(crate) const ROOM: usize = 16;

/// After how many milliseconds a question counts as lost whose answer did not come: longer than resolvers wait for
/// servers that say nothing.
const LOST: u64 = 30_000;

record! {
    /// The host of one ajp13 worker, as far as the resolver was asked. Times are those of [`super::moment`].
    #[derive(Debug)]
    pub(crate) struct HostRecord: 376 {
        /// When a process last took it on to ask.
        asked: AtomicU64,
        /// Which process that was.
        asker: AtomicU64,
        /// When the resolver answered last, whatever it said.
        answered: AtomicU64,
        /// How often in a row it had no address.
        failures: AtomicU64,
        /// Computed from all that follows; 0 before anything was told.
        proof: AtomicU64,
        /// Stands for the name.
        host: AtomicU64,
        count: AtomicU64,
        addresses: [AtomicU64; 2 * ROOM],
        scopes: [AtomicU32; ROOM],
    }
}

/// Access to the record of one host; cheap to clone.
pub(crate) type HostHandle = Mapped<HostRecord>;

/// What is told, as it lies in the record.
#[derive(Hash)]
struct Words {
    host: u64,
    count: u64,
    addresses: [u64; 2 * ROOM],
    scopes: [u32; ROOM],
}

/// Whose turn it is to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Whoever claims it.
    Now,
    /// Nobody's before that moment.
    At(u64),
    /// Somebody's who waits for the answer.
    Pending,
}

impl HostRecord {
    /// Notes that the parent has asked at `now`, before it made the memory.
    pub(super) fn initialize(&self, now: u64) {
        self.asked.store(now, Relaxed);
        self.answered.store(now, Relaxed);
    }

    /// Whose turn it is at `now` to ask, `pause` milliseconds after the last time.
    pub(crate) fn turn(&self, now: u64, pause: u64) -> Turn {
        let asked = self.asked.load(Relaxed);
        if asked > self.answered() {
            let asker = u32::try_from(self.asker.load(Relaxed)).unwrap_or_default();
            let is_lost = now.saturating_sub(asked) >= LOST || !is_alive(asker);
            return if is_lost { Turn::Now } else { Turn::Pending };
        }
        match asked.saturating_add(pause) {
            due if due <= now => Turn::Now,
            due => Turn::At(due),
        }
    }

    /// Takes it on to ask, if it is anybody's turn at `now`; an answer follows. True for one process.
    pub(crate) fn claim(&self, now: u64, pause: u64) -> bool {
        let asked = self.asked.load(Relaxed);
        if self.turn(now, pause) != Turn::Now {
            return false;
        }
        // Later than the last answer, whatever the grain of the clock.
        let claimed = now.max(self.answered() + 1).max(asked + 1);
        let is_ours = self.asked.compare_exchange(asked, claimed, Relaxed, Relaxed).is_ok();
        if is_ours {
            self.asker.store(std::process::id().into(), Relaxed);
        }
        is_ours
    }

    /// When the resolver answered last; what it said then was told before.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Acquire)
    }

    /// How often in a row the resolver had no address.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Notes that the resolver had no address at `now`; tells whether that is new.
    pub(crate) fn fail(&self, now: u64) -> bool {
        let before = self.failures.fetch_add(1, Relaxed);
        self.end_question(now);
        before == 0
    }

    /// Notes that the resolver had addresses at `now`; tells whether it had none before.
    pub(crate) fn succeed(&self, now: u64) -> bool {
        let before = self.failures.swap(0, Relaxed);
        self.end_question(now);
        before != 0
    }

    /// Release: what was told is there for whoever sees the answer.
    fn end_question(&self, now: u64) {
        self.answered.store(now.max(self.asked.load(Relaxed)), Release);
    }

    /// Tells all processes the first [`ROOM`] of the `addresses` of `host`, unless the record is about another one.
    pub(crate) fn tell(&self, host: &str, addresses: &[SocketAddr]) {
        if self.proof() == 0 || self.is_about(host) {
            self.write(&Words::of(host, addresses));
        }
    }

    /// Makes the record one about `host`, whose `addresses` are these; with none, it is anybody's turn to ask.
    pub(crate) fn retell(&self, host: &str, addresses: &[SocketAddr], now: u64) {
        self.write(&Words::of(host, addresses));
        self.failures.store(0, Relaxed);
        self.answered.store(now, Release);
        self.asked.store(if addresses.is_empty() { 0 } else { now }, Relaxed);
    }

    /// Tells whether what was told last is about `host`.
    pub(crate) fn is_about(&self, host: &str) -> bool {
        self.host.load(Relaxed) == hash(host)
    }

    /// Another number whenever something else was told; 0 before anything was.
    pub(crate) fn proof(&self) -> u64 {
        self.proof.load(Relaxed)
    }

    /// What was told of `host`, with its proof; ports are 0.
    pub(crate) fn told_of(&self, host: &str) -> Option<(u64, Vec<SocketAddr>)> {
        let words = self.read();
        let proof = words.proof();
        (proof == self.proof() && words.host == hash(host)).then(|| (proof, words.addresses()))
    }

    fn read(&self) -> Words {
        Words {
            host: self.host.load(Relaxed),
            count: self.count.load(Relaxed),
            addresses: std::array::from_fn(|index| self.addresses[index].load(Relaxed)),
            scopes: std::array::from_fn(|index| self.scopes[index].load(Relaxed)),
        }
    }

    fn write(&self, words: &Words) {
        let proof = words.proof();
        if proof == self.proof() && proof == self.read().proof() {
            return;
        }
        self.host.store(words.host, Relaxed);
        self.count.store(words.count, Relaxed);
        self.addresses.iter().zip(words.addresses).for_each(|(place, word)| place.store(word, Relaxed));
        self.scopes.iter().zip(words.scopes).for_each(|(place, scope)| place.store(scope, Relaxed));
        self.proof.store(proof, Relaxed);
    }
}

impl Words {
    fn of(host: &str, addresses: &[SocketAddr]) -> Self {
        let addresses = &addresses[..addresses.len().min(ROOM)];
        let mut words = Self {
            host: hash(host),
            count: addresses.len() as u64,
            addresses: [0; 2 * ROOM],
            scopes: [0; ROOM],
        };
        for (index, address) in addresses.iter().enumerate() {
            let bits = mapped(address.ip()).to_bits();
            words.addresses[2 * index] = (bits >> 64) as u64;
            words.addresses[2 * index + 1] = bits as u64;
            words.scopes[index] = match address {
                SocketAddr::V4(_) => 0,
                SocketAddr::V6(address) => address.scope_id(),
            };
        }
        words
    }

    fn proof(&self) -> u64 {
        hash(self).max(1)
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        let pairs = self.addresses.chunks_exact(2).zip(self.scopes).take(self.count as usize);
        let addresses = pairs.map(|(words, scope)| {
            let ip = Ipv6Addr::from_bits(u128::from(words[0]) << 64 | u128::from(words[1]));
            match ip.to_ipv4_mapped() {
                Some(ip) => SocketAddr::from((ip, 0)),
                None => SocketAddrV6::new(ip, 0, 0, scope).into(),
            }
        });
        addresses.collect()
    }
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The same in all processes of one generation.
pub(super) fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::tests::{ended_process, shared_with};

    fn record() -> HostHandle {
        shared_with(&[], &["t1"]).ajp("t1").expect("t1").host().clone()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_of_both_families_are_told_as_they_are() {
        let record = record();
        assert_eq!((record.proof(), record.told_of("tomcat")), (0, None));
        let told = addresses(&["10.0.0.1:0", "[::1]:0", "[fe80::1%3]:0"]);
        record.tell("tomcat", &told);
        assert_eq!(record.told_of("tomcat"), Some((record.proof(), told)));
        assert_eq!(record.told_of("other"), None);
    }

    #[test]
    fn as_many_are_told_as_there_is_room_for() {
        let record = record();
        let many: Vec<_> = (0..40).map(|last| SocketAddr::from(([10, 0, 0, last], 0))).collect();
        record.tell("tomcat", &many);
        assert_eq!(record.told_of("tomcat").unwrap().1, many[..ROOM]);
    }

    #[test]
    fn what_a_killed_writer_left_is_not_read_and_the_next_one_mends_it() {
        let record = record();
        let told = addresses(&["10.0.0.1:0"]);
        record.tell("tomcat", &told);
        let proof = record.proof();
        record.addresses[1].store(7, Relaxed);
        assert_eq!(record.told_of("tomcat"), None);
        record.tell("tomcat", &told);
        assert_eq!(record.told_of("tomcat"), Some((proof, told)));
    }

    #[test]
    fn one_process_asks_at_a_time_and_after_the_pause() {
        let record = record();
        record.initialize(1000);
        assert_eq!(record.turn(1999, 1000), Turn::At(2000));
        assert!(!record.claim(1999, 1000));
        assert!(record.claim(2000, 1000));
        assert_eq!((record.turn(2000, 0), record.claim(2000, 0)), (Turn::Pending, false));
        assert!(record.fail(2100));
        assert_eq!(record.turn(2100, 1000), Turn::At(3000));
        assert!(record.claim(3000, 1000) && !record.fail(3001));
        assert_eq!(record.failures(), 2);
        assert!(record.claim(4000, 1000) && record.succeed(4001));
        assert!(record.claim(5000, 1000) && !record.succeed(5000));
        assert_eq!((record.answered(), record.failures()), (5000, 0));
    }

    #[test]
    fn a_question_is_lost_with_its_process_or_after_a_while() {
        let record = record();
        record.initialize(0);
        assert!(record.claim(1000, 1000));
        assert_eq!(record.turn(1000 + LOST - 1, 0), Turn::Pending);
        assert!(record.claim(1000 + LOST, 1000));
        record.asker.store(ended_process().into(), Relaxed);
        assert!(record.claim(1000 + LOST, 1000));
        assert_eq!(record.turn(1000 + LOST, 1000), Turn::Pending);
    }

    #[test]
    fn a_record_about_another_host_is_changed_by_nobody_but_who_makes_it_so() {
        let record = record();
        record.initialize(0);
        record.tell("old", &addresses(&["10.0.0.1:0"]));
        record.retell("new", &addresses(&["10.0.0.2:0"]), 1000);
        record.tell("old", &addresses(&["10.0.0.3:0"]));
        assert_eq!(record.told_of("new").unwrap().1, addresses(&["10.0.0.2:0"]));
        assert_eq!(record.turn(1500, 1000), Turn::At(2000));
        record.retell("newer", &[], 3000);
        assert_eq!(record.told_of("newer").unwrap().1, []);
        assert!(record.claim(3000, 1000));
    }
}
