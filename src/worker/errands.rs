//! What has to be waited for, side by side: pings of Tomcats that may be hung, and resolvers that may be dead.
//!
//! An errand has a thread while it runs, so that none waits for another as long as there are fewer than a limit, mostly
//! [`SIDE_BY_SIDE`]; those beyond stand in line. "connections, section 6".

use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{Builder, Scope};

use parking_lot::Mutex;

/// Errands that run at a time.
const SIDE_BY_SIDE: usize = 64;

/// Enough for a resolver.
const STACK: usize = 256 * 1024;

type Errand<'e> = Box<dyn FnOnce() + Send + 'e>;

/// Runs errands in threads of a scope, which ends when they have.
pub(crate) struct Errands<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    queue: Arc<Mutex<Queue<'scope>>>,
    limit: usize,
}

struct Queue<'e> {
    waiting: VecDeque<Errand<'e>>,
    running: usize,
}

impl<'scope, 'env> Errands<'scope, 'env> {
    /// No errands yet. The threads take the signals that the calling one takes.
    pub(crate) fn new(scope: &'scope Scope<'scope, 'env>) -> Self {
        Self::limited(scope, SIDE_BY_SIDE)
    }

    /// As [`Errands::new`], with `limit` errands that run at a time.
    pub(super) fn limited(scope: &'scope Scope<'scope, 'env>, limit: usize) -> Self {
        let queue = Queue { waiting: VecDeque::new(), running: 0 };
        Self { scope, queue: Arc::new(Mutex::new(queue)), limit }
    }

    /// Runs `errand` without waiting for its end; where there is no thread to be had, runs it here.
    pub(super) fn run(&self, errand: impl FnOnce() + Send + 'scope) {
        let mut queue = self.queue.lock();
        queue.waiting.push_back(Box::new(errand));
        if queue.running >= self.limit {
            return;
        }
        queue.running += 1;
        drop(queue);
        let shared = Arc::clone(&self.queue);
        let thread = Builder::new().name("jk-errand".to_owned()).stack_size(STACK);
        if thread.spawn_scoped(self.scope, move || work(&shared)).is_err() {
            work(&self.queue);
        }
    }
}

/// Runs what waits in `queue` until nothing does.
fn work(queue: &Mutex<Queue<'_>>) {
    while let Some(errand) = next(queue) {
        // The panic hook has told of a panic; the others must not suffer from it.
        let _ = catch_unwind(AssertUnwindSafe(errand));
    }
}

fn next<'e>(queue: &Mutex<Queue<'e>>) -> Option<Errand<'e>> {
    let mut queue = queue.lock();
    let errand = queue.waiting.pop_front();
    if errand.is_none() {
        queue.running -= 1;
    }
    errand
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_errand_that_hangs_holds_up_no_other() {
        let (release, hung) = mpsc::channel::<()>();
        let hung = Mutex::new(hung);
        let (done, waits) = mpsc::channel();
        std::thread::scope(|scope| {
            let errands = Errands::new(scope);
            for _ in 0..20 {
                errands.run(|| assert!(hung.lock().recv().is_err()));
            }
            errands.run(move || done.send(()).expect("the test waits"));
            waits.recv().expect("the 21st is done while the others hang");
            drop(release);
        });
    }

    #[test]
    fn those_beyond_the_limit_stand_in_line_and_a_panic_stops_none() {
        let (running, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let errands = Errands::new(scope);
            for number in 0..4 * SIDE_BY_SIDE {
                let (running, most, done) = (&running, &most, &done);
                errands.run(move || {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, SeqCst);
                    done.fetch_add(1, SeqCst);
                    assert_ne!(number, 3, "one of them panics");
                });
            }
        });
        assert_eq!(done.load(SeqCst), 4 * SIDE_BY_SIDE);
        assert!(most.load(SeqCst) <= SIDE_BY_SIDE, "{most:?}");
    }
}
