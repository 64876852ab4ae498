//! Values that were changed while the server runs, next to the configured ones that every process has anyway.
//!
//! Each record has a word: which of two places holds the values in force (its lowest bit), and how often they were
//! changed (the rest). It is 0 while they are as configured, and then the places are never looked at. A change writes the whole
//! set into the one of two places that nobody reads, and then turns the word: readers see all of a change or nothing,
//! also if the process that writes dies half-way. Writers hold the lock of the header. See
//! [`crate::config::live`] for the values themselves.

use std::io;
use std::sync::atomic::{
    fence, AtomicI64, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::config::live::{Live, Value};
use crate::ffi::shm::{record, Mapped};

use super::header::Header;
use super::name::Name;

/// Most numbers that one kind of settings has, and some to come.
const NUMBERS: usize = 20;

/// Most texts.
const TEXTS: usize = 3;

record! {
    /// One place for a whole set of values.
    #[derive(Debug)]
    struct Place: 448 {
        numbers: [AtomicI64; NUMBERS],
        texts: [Name; TEXTS],
    }
}

record! {
    /// The changed values of one worker, member or balancer.
    #[derive(Debug)]
    pub(crate) struct ValuesRecord: 896 {
        places: [Place; 2],
    }
}

/// Why an old process changes nothing.
pub(crate) const RETIRED: &str =
    "httpd restarts, and this process only finishes what it has begun; ask again, another process will do it";

/// Looks at values that somebody changes meanwhile before changes have to wait for a look.
const MAX_LOOKS: usize = 100;

/// Access to the changed values of one record; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ValuesHandle {
    words: Mapped<[AtomicU64]>,
    index: usize,
    values: Mapped<ValuesRecord>,
    header: Mapped<Header>,
}

impl ValuesHandle {
    /// The values of record `index`, whose word is one of `words`.
    pub(super) fn new(
        words: Mapped<[AtomicU64]>,
        index: usize,
        values: Mapped<ValuesRecord>,
        header: Mapped<Header>,
    ) -> Option<Self> {
        words.get(index)?;
        Some(Self { words, index, values, header })
    }

    fn word(&self) -> &AtomicU64 {
        &self.words[self.index]
    }

    /// Changes with each change of the values; 0 while they are as configured.
    pub(crate) fn version(&self) -> u64 {
        self.word().load(Acquire)
    }

    /// The values in force, which are `configured` where nobody changed them, and their version.
    pub(crate) fn read<T: Live>(&self, configured: &T) -> (T, u64) {
        for _ in 0..MAX_LOOKS {
            let (settings, version) = self.look(configured);
            // What was read is whole if nobody turned the word meanwhile: the place is written only after that.
            fence(Acquire);
            if self.word().load(Relaxed) == version {
                return (settings, version);
            }
        }
        // Without the lock, as its holder was stopped, nobody changes anything either.
        let _held = self.header.lock_changes();
        self.look(configured)
    }

    fn look<T: Live>(&self, configured: &T) -> (T, u64) {
        let version = self.version();
        let mut settings = configured.clone();
        if version != 0 {
            self.place(version).fill(&mut settings);
        }
        (settings, version)
    }

    /// Changes the values in force by `change`, which sees them; all processes know it with their next request.
    ///
    /// # Errors
    /// That of the lock, or that the memory is retired; nothing is changed then.
    pub(crate) fn change<T: Live>(&self, configured: &T, change: impl FnOnce(&mut T)) -> io::Result<()> {
        let _held = self.header.lock_changes()?;
        if self.header.is_retired() {
            return Err(io::Error::other(RETIRED));
        }
        let (mut settings, version) = self.read(configured);
        change(&mut settings);
        // The other place, where readers may still be who began before the last change: they must see that it has come
        // before they see what is written now.
        fence(Release);
        let next = ((version >> 1).wrapping_add(1) << 1) | (!version & 1);
        self.place(next).write(&settings);
        self.word().store(next, Release);
        self.header.announce_change();
        Ok(())
    }

    fn place(&self, version: u64) -> &Place {
        &self.values.places[(version & 1) as usize]
    }
}

impl Place {
    fn write<T: Live>(&self, settings: &T) {
        for (place, property) in self.numbers.iter().zip(T::NUMBERS) {
            if let Some(Value::Number(number)) = settings.value(*property) {
                place.store(number, Relaxed);
            }
        }
        for (place, property) in self.texts.iter().zip(T::TEXTS) {
            if let Some(Value::Text(text)) = settings.value(*property) {
                place.set(&text);
            }
        }
    }

    /// Sets the live values of `settings`; what is no value of its property stays as it is.
    fn fill<T: Live>(&self, settings: &mut T) {
        for (place, property) in self.numbers.iter().zip(T::NUMBERS) {
            settings.set_value(*property, &Value::Number(place.load(Relaxed)));
        }
        for (place, property) in self.texts.iter().zip(T::TEXTS) {
            settings.set_value(*property, &Value::Text(place.get()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::samples::{ajp_settings, lb_settings};
    use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
    use crate::shared::tests::shared_with;

    fn set_address(settings: &mut Ajp13Settings, number: u16) {
        settings.host = format!("host{number}");
        settings.port = number;
    }

    #[test]
    fn all_values_fit() {
        fn fits<T: Live>() -> bool {
            T::NUMBERS.len() <= NUMBERS && T::TEXTS.len() <= TEXTS
        }
        assert!(fits::<Ajp13Settings>() && fits::<LbSettings>() && fits::<MemberSettings>());
    }

    #[test]
    fn changes_come_on_top_of_changes() {
        let shared = shared_with(&[], &["t1"]);
        let configured = ajp_settings("t1");
        let record = shared.ajp("t1").expect("t1");
        let values = record.values();
        assert_eq!(values.read(&configured), (configured.clone(), 0));
        let before = shared.changes();
        values.change(&configured, |settings| set_address(settings, 1)).expect("changed");
        values.change(&configured, |settings| settings.retries = 9).expect("changed");
        let changed = Ajp13Settings { host: "host1".to_owned(), port: 1, retries: 9, ..configured.clone() };
        assert_eq!(values.read(&configured).0, changed);
        assert_eq!(shared.changes(), before + 2);
    }

    #[test]
    fn what_others_have_taken_over_is_changed_no_more() {
        let shared = shared_with(&[], &["t1"]);
        let configured = ajp_settings("t1");
        let record = shared.ajp("t1").expect("t1");
        record.values().change(&configured, |settings| settings.retries = 9).expect("changed");
        shared.retire();
        let refused = record.values().change(&configured, |settings| settings.retries = 8);
        assert_eq!(refused.expect_err("it is too late").to_string(), RETIRED);
        assert_eq!(record.values().read(&configured).0.retries, 9);
    }

    #[test]
    fn nobody_sees_half_of_a_change() {
        let shared = shared_with(&[], &["t1"]);
        let configured = ajp_settings("t1");
        let record = shared.ajp("t1").expect("t1");
        let values = record.values();
        values.change(&configured, |settings| set_address(settings, 0)).expect("changed");
        let writer = values.clone();
        let base = configured.clone();
        let thread = std::thread::spawn(move || {
            for number in 1..2000 {
                writer.change(&base, |settings| set_address(settings, number)).expect("changed");
            }
        });
        while !thread.is_finished() {
            let (seen, version) = values.read(&configured);
            assert!(version != 0 && seen.host == format!("host{}", seen.port), "{seen:?}");
        }
        thread.join().expect("no panic");
        assert_eq!(values.read(&configured).0.port, 1999);
    }

    #[test]
    fn all_words_of_a_member_are_kept() {
        let lb = lb_settings("lb", &["t1"]);
        let shared = shared_with(std::slice::from_ref(&lb), &[]);
        let record = shared.member("lb", "t1").expect("t1");
        let values = record.values();
        let change = |settings: &mut MemberSettings| {
            settings.route = "r".to_owned();
            settings.domain = Some("d".to_owned());
            settings.redirect = Some("other".to_owned());
            settings.distance = -4;
        };
        values.change(&lb.members[0], change).expect("changed");
        let mut expected = lb.members[0].clone();
        change(&mut expected);
        assert_eq!(values.read(&lb.members[0]).0, expected);
    }
}
