//! What runs between requests, once per `worker.maintain` ("connections, section 6").
//!
//! Every process looks after its own connections; what concerns the shared memory is done by one process for
//! all. The caller, a thread or a request, decides when to ask; nothing here waits, because what has to goes out as
//! an errand.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::log;
use crate::log::Context;

use super::errands::Errands;
use super::lb::Backend;
use super::registry::{Worker, Workers};

/// When this process looks after its workers next.
pub(crate) struct Maintenance {
    /// `worker.maintain`; `None` switches maintenance off.
    interval: Option<Duration>,
    due: Mutex<Instant>,
}

impl Maintenance {
    /// Maintenance every `interval` from `start` on; `None` is never.
    pub(crate) fn new(interval: Option<Duration>, start: Instant) -> Self {
        let due = interval.and_then(|interval| start.checked_add(interval)).unwrap_or(start);
        Self { interval, due: Mutex::new(due) }
    }

    /// Runs what is due at `now`; returns how long until it is due again, `None` if it never is.
    ///
    /// May be called by several threads: while one works, the others are told to come back later.
    pub(crate) fn run_due<'e>(
        &self,
        now: Instant,
        workers: &'e Workers,
        errands: &Errands<'e, '_>,
        log: Context<'e>,
    ) -> Option<Duration> {
        let interval = self.interval?;
        let Some(mut due) = self.due.try_lock() else { return Some(interval) };
        if now < *due {
            return Some(*due - now);
        }
        workers.maintain(interval, errands, log);
        *due = now.checked_add(interval)?;
        Some(interval)
    }
}

impl Workers {
    /// Looks after the connections of this process, and after the shared records if no other process has
    /// done so within `interval`.
    pub(crate) fn maintain<'e>(&'e self, interval: Duration, errands: &Errands<'e, '_>, log: Context<'e>) {
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
    use crate::worker::Names;

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
        let build = || Workers::with_clock(&settings, &Names::new(), &shared, logger.with_id("-"), clock);
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

    #[test]
    fn maintenance_is_due_once_per_interval() {
        let (shared, [workers, _]) = two_processes();
        let logger = Logger::discard();
        let start = Instant::now();
        let maintenance = Maintenance::new(Some(INTERVAL), start);
        let member = shared.member("lb", "t1").expect("t1");
        member.charge(40);
        CLOCK.with(|clock| clock.set(clock.get() + 60));
        let run = |seconds| {
            std::thread::scope(|scope| {
                let (now, errands) = (start + Duration::from_secs(seconds), Errands::new(scope));
                maintenance.run_due(now, &workers, &errands, logger.with_id("-"))
            })
        };
        assert_eq!((run(59), member.load()), (Some(Duration::from_secs(1)), 40));
        assert_eq!((run(60), member.load()), (Some(INTERVAL), 20));
        assert_eq!((run(61), member.load()), (Some(Duration::from_secs(59)), 20));
    }

    #[test]
    fn maintenance_can_be_off() {
        let (_, [workers, _]) = two_processes();
        let start = Instant::now();
        let maintenance = Maintenance::new(None, start);
        let log = Logger::discard();
        std::thread::scope(|scope| {
            let errands = Errands::new(scope);
            assert_eq!(maintenance.run_due(start + INTERVAL * 9, &workers, &errands, log.with_id("-")), None);
        });
    }
}
