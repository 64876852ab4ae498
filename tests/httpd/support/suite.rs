//! How suites list their tests, and which of them may run side by side.

use libtest_mimic::Trial;
use parking_lot::RwLock;

use super::site::Mpm;

/// Held for reading by tests that may run side by side, for writing by those that measure or load the machine.
static MACHINE: RwLock<()> = RwLock::new(());

/// The tests of one theme.
pub struct Suite {
    name: &'static str,
    trials: Vec<Trial>,
}

impl Suite {
    /// An empty suite.
    pub fn new(name: &'static str) -> Self {
        Self { name, trials: Vec::new() }
    }

    /// Adds a test.
    pub fn test(self, name: &str, body: fn()) -> Self {
        self.add(name, move || {
            let _shared = MACHINE.read();
            body();
        })
    }

    /// Adds a test that has the machine for itself.
    pub fn alone(self, name: &str, body: fn()) -> Self {
        self.add(name, move || {
            let _exclusive = MACHINE.write();
            body();
        })
    }

    /// Adds a test once for each of `mpms`.
    pub fn under(self, mpms: &[Mpm], name: &str, body: fn(Mpm)) -> Self {
        mpms.iter().fold(self, |suite, &mpm| suite.case(mpm, mpm.name(), name, body))
    }

    /// Adds a test once for each of the named `cases`.
    pub fn each<T: Copy + Send + 'static>(self, cases: &[(&str, T)], name: &str, body: fn(T)) -> Self {
        cases.iter().fold(self, |suite, (word, case)| suite.case(*case, word, name, body))
    }

    fn case<T: Send + 'static>(self, case: T, word: &str, name: &str, body: fn(T)) -> Self {
        self.add(&format!("{name}::{word}"), move || {
            let _shared = MACHINE.read();
            body(case);
        })
    }

    /// Adds a test once for each of `mpms`, each of which has the machine for itself.
    pub fn alone_under(self, mpms: &[Mpm], name: &str, body: fn(Mpm)) -> Self {
        mpms.iter().fold(self, |suite, &mpm| {
            suite.add(&format!("{name}::{}", mpm.name()), move || {
                let _exclusive = MACHINE.write();
                body(mpm);
            })
        })
    }

    /// The tests, named `suite::test`.
    pub fn into_trials(self) -> Vec<Trial> {
        self.trials
    }

    fn add(mut self, name: &str, body: impl FnOnce() + Send + 'static) -> Self {
        self.trials.push(Trial::test(format!("{}::{name}", self.name), move || {
            body();
            Ok(())
        }));
        self
    }
}
