//! Wakes a thread that has nothing to do, from any other: also from a signal handler, as it takes no lock.

use std::sync::OnceLock;
use std::thread::{self, Thread};
use std::time::Duration;

/// Heard by one thread of a process. Made before the processes fork, so each has its own.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    listener: OnceLock<Thread>,
}

/// The thread that hears a bell.
#[derive(Clone, Copy)]
pub(crate) struct Listener(());

impl Bell {
    /// Wakes the listener, or keeps it from its next sleep; nothing if nobody listens.
    pub(crate) fn ring(&self) {
        if let Some(listener) = self.listener.get() {
            listener.unpark();
        }
    }

    /// From now on the calling thread hears it, if it is the first to ask.
    pub(crate) fn listen(&self) -> Listener {
        self.listener.get_or_init(thread::current);
        Listener(())
    }
}

impl Listener {
    /// Sleeps for `time`, or until the bell rings; if it has rung since the last sleep, not at all.
    pub(crate) fn sleep(self, time: Duration) {
        thread::park_timeout(time);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_listens_is_woken_and_a_ring_before_the_sleep_counts() {
        const FOR_EVER: Duration = Duration::from_secs(3600);
        let bell = Arc::new(Bell::default());
        bell.ring();
        let heard = Arc::clone(&bell);
        let (listening, begun) = std::sync::mpsc::channel();
        let sleeper = thread::spawn(move || {
            let listener = heard.listen();
            heard.ring();
            listener.sleep(FOR_EVER);
            listening.send(()).unwrap();
            listener.sleep(FOR_EVER);
        });
        begun.recv().unwrap();
        bell.ring();
        sleeper.join().unwrap();
    }
}
