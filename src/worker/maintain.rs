//! What runs between requests, once per `worker.maintain` ("connections, section 6").
//!
//! Every process looks after its own connections; what concerns the shared memory is done by one process for
//! all. When is up to the caller, a thread of the process; nothing here waits, because what has to goes out as an
//! errand.

use std::time::Duration;

use crate::log;
use crate::log::Context;

use super::errands::Errands;
use super::lb::Backend;
use super::registry::{Worker, Workers};

impl Workers {
    /// Looks after the connections of this process, and after the shared records if no other process has
    /// done so within `interval`.
    pub(crate) fn maintain<'e>(&'e self, interval: Duration, errands: &Errands<'e, '_>, log: Context<'e>) {
        self.keep_current();
        let seconds = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).max(1);
        if let Some(intervals) = self.shared().claim_maintenance(self.now(), seconds) {
            log!(log, Debug, "this process maintains the shared memory");
            self.shared().sweep();
            self.shared().age_reply_timeouts(intervals);
            self.iter().for_each(|worker| worker.maintain_shared(intervals));
        }
        self.iter().for_each(|worker| worker.maintain_own(errands, log));
    }
}

impl Worker {
    fn maintain_shared(&self, intervals: u32) {
        match self {
            Worker::Lb(worker) => worker.maintain_shared(intervals),
            Worker::Ajp13(_) | Worker::Status(_) => {}
        }
    }

    fn maintain_own<'e>(&'e self, errands: &Errands<'e, '_>, log: Context<'e>) {
        match self {
            Worker::Lb(worker) => worker.maintain_own(errands, log),
            Worker::Ajp13(worker) => maintain_connections(worker, errands, log),
            Worker::Status(_) => {}
        }
    }
}

/// Looks after the connections of one worker; what it has to ask of others is an errand.
pub(super) fn maintain_connections<'e>(
    worker: &'e impl Backend,
    errands: &Errands<'e, '_>,
    log: Context<'e>,
) {
    worker.close_expired(log);
    if worker.has_questions() {
        errands.run(move || worker.ask(log));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::config::settings::samples::{lb_settings, settings_of};
    use crate::log::Logger;
    use crate::shared::{now, Shared};
    use crate::worker::HostAddresses;

    const INTERVAL: Duration = Duration::from_secs(60);

    thread_local! {
        static CLOCK: Cell<i64> = Cell::new(now());
    }

    fn clock() -> i64 {
        CLOCK.with(Cell::get)
    }

    /// Workers of two processes with one memory.
    fn two_processes() -> (std::sync::Arc<Shared>, [Workers; 2]) {
        let settings = settings_of(&[lb_settings("lb", &["t1"])], &["t2"]);
        let shared = Shared::create(None, &settings, 2).expect("memory");
        let logger = Logger::discard();
        let build =
            || Workers::with_clock(&settings, &HostAddresses::new(), &shared, logger.with_id("-"), clock);
        let both = [build(), build()];
        (shared, both)
    }

    #[test]
    fn shared_records_are_maintained_by_one_process() {
        let (shared, [one, other]) = two_processes();
        let logger = Logger::discard();
        let member = shared.member("lb", "t1").expect("t1");
        member.charge(40);
        CLOCK.with(|clock| clock.set(clock.get() + 59));
        let maintain = |workers: &Workers| {
            std::thread::scope(|scope| {
                workers.maintain(INTERVAL, &Errands::new(scope), logger.with_id("-"));
            });
        };
        maintain(&one);
        assert_eq!(member.load(), 40);
        CLOCK.with(|clock| clock.set(clock.get() + 1));
        maintain(&other);
        maintain(&one);
        assert_eq!(member.load(), 20);
    }
}
