//! The idle connections of one worker in one process, and how many may be in use.
//!
//! A [`Lease`] is the right to use one connection. Idle connections are handed out most recently used first,
//! so that those not needed grow old and maintenance can close them. Without a configured limit there are as
//! many leases as requests ask for. With one, requests wait for a lease in order of arrival: a released lease
//! goes straight to the one that waits longest. Rules: "connections, sections 1 and 6".
//!
//! What is pooled is of no interest here; connecting, checking and closing are left to the others.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// How long a request waits before it asks whether it is still wanted; its place in the order is then the last.
const LOOK: Duration = Duration::from_secs(2);

/// Idle connections (of type `T`) and leases.
pub(super) struct Pool<T> {
    limit: Option<usize>,
    state: Mutex<State<T>>,
    released: Condvar,
}

struct State<T> {
    /// In the order of their last use, the latest at the end.
    idle: Vec<Idle<T>>,
    /// Leases in use, with those granted to waiting threads that have not yet woken up.
    leased: usize,
    /// Most leases ever in use.
    peak: usize,
    waiting: usize,
    /// Leases handed over to waiting threads.
    granted: usize,
}

/// A connection that nobody uses.
#[derive(Debug)]
pub(super) struct Idle<T> {
    /// The connection.
    pub(super) connection: T,
    /// When a request used it last.
    used: Instant,
    /// When it was last known to work: last use or last successful ping.
    known_good: Instant,
}

/// The right to use one connection, given back on drop.
pub(super) struct Lease<'pool, T> {
    pool: &'pool Pool<T>,
}

impl<T> Pool<T> {
    /// An empty pool with at most `limit` leases.
    pub(super) fn new(limit: Option<usize>) -> Self {
        let state = State { idle: Vec::new(), leased: 0, peak: 0, waiting: 0, granted: 0 };
        Self { limit, state: Mutex::new(state), released: Condvar::new() }
    }

    /// Takes a lease, waiting for it up to `patience` and as long as it is `wanted`, which a long wait asks every
    /// [`LOOK`]; `None` if there is none in time.
    pub(super) fn acquire(
        &self,
        patience: Duration,
        mut wanted: impl FnMut() -> bool,
    ) -> Option<Lease<'_, T>> {
        let mut state = self.state.lock();
        if self.limit.is_none_or(|limit| state.leased < limit) {
            state.leased += 1;
            state.peak = state.peak.max(state.leased);
            return Some(Lease { pool: self });
        }
        if self.limit == Some(0) || patience.is_zero() {
            return None;
        }
        let deadline = Instant::now().checked_add(patience);
        state.waiting += 1;
        while state.granted == 0 {
            let look = Instant::now() + LOOK;
            let until = deadline.map_or(look, |deadline| deadline.min(look));
            if self.released.wait_until(&mut state, until).timed_out() {
                let is_over = deadline.is_some_and(|deadline| deadline <= until);
                if is_over || !MutexGuard::unlocked(&mut state, &mut wanted) {
                    break;
                }
            }
        }
        state.waiting -= 1;
        if state.granted == 0 {
            return None;
        }
        state.granted -= 1;
        Some(Lease { pool: self })
    }

    /// Takes out all idle connections.
    #[cfg(test)]
    pub(super) fn take_all(&self) -> Vec<Idle<T>> {
        std::mem::take(&mut self.state.lock().idle)
    }

    /// Takes out the idle connections last used at or before `expiry`, oldest first, as long as more than
    /// `keep` connections are open. Without `keep`, half of the most that were ever in use stay, rounded up.
    pub(super) fn take_expired(&self, expiry: Instant, keep: Option<usize>) -> Vec<Idle<T>> {
        let mut state = self.state.lock();
        let keep = keep.unwrap_or(state.peak.div_ceil(2));
        let surplus = (state.idle.len() + state.leased).saturating_sub(keep);
        let expired = state.idle.partition_point(|idle| idle.used <= expiry);
        state.idle.drain(..surplus.min(expired)).collect()
    }

    /// Tells whether there is an idle connection that was last known to work at or before `limit`.
    pub(super) fn has_unproved(&self, limit: Instant) -> bool {
        self.state.lock().idle.iter().any(|idle| idle.known_good <= limit)
    }

    /// Takes out one idle connection that was last known to work at or before `limit`; [`Pool::put_back`]
    /// follows.
    pub(super) fn take_unproved(&self, limit: Instant) -> Option<Idle<T>> {
        let mut state = self.state.lock();
        let index = state.idle.iter().position(|idle| idle.known_good <= limit)?;
        Some(state.idle.remove(index))
    }

    /// Puts a connection that works at the place that its last use gives it; gives it back if there is no
    /// room.
    pub(super) fn put_back(&self, mut idle: Idle<T>) -> Option<Idle<T>> {
        idle.known_good = Instant::now();
        let mut state = self.state.lock();
        if self.limit.is_some_and(|limit| state.idle.len() + state.leased >= limit) {
            return Some(idle);
        }
        let index = state.idle.partition_point(|other| other.used <= idle.used);
        state.idle.insert(index, idle);
        None
    }

    /// Ends a lease, or hands it over to the thread that waits longest.
    fn release(&self, mut state: MutexGuard<'_, State<T>>) {
        if state.waiting > state.granted {
            state.granted += 1;
            drop(state);
            self.released.notify_one();
        } else {
            state.leased -= 1;
        }
    }
}

impl<T> Lease<'_, T> {
    /// Takes out the idle connection that was used last.
    pub(super) fn take_idle(&self) -> Option<T> {
        self.pool.state.lock().idle.pop().map(|idle| idle.connection)
    }

    /// Gives `connection` to the pool and ends the lease.
    pub(super) fn keep(self, connection: T) {
        let now = Instant::now();
        self.pool.state.lock().idle.push(Idle { connection, used: now, known_good: now });
    }
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        self.pool.release(self.pool.state.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(20);

    fn pool_of(limit: Option<usize>, connections: &[u32]) -> Pool<u32> {
        let pool = Pool::new(limit);
        let leases: Vec<_> = connections.iter().map(|_| pool.acquire(SHORT, || true).unwrap()).collect();
        for (lease, connection) in leases.into_iter().zip(connections) {
            lease.keep(*connection);
        }
        pool
    }

    fn connections(idle: Vec<Idle<u32>>) -> Vec<u32> {
        idle.into_iter().map(|idle| idle.connection).collect()
    }

    #[test]
    fn the_most_recently_used_connection_comes_first() {
        let pool = pool_of(None, &[1, 2, 3]);
        let lease = pool.acquire(Duration::ZERO, || true).unwrap();
        assert_eq!(lease.take_idle(), Some(3));
        lease.keep(3);
        let lease = pool.acquire(Duration::ZERO, || true).unwrap();
        assert_eq!([lease.take_idle(), lease.take_idle(), lease.take_idle()], [Some(3), Some(2), Some(1)]);
        assert_eq!(lease.take_idle(), None);
    }

    #[test]
    fn a_pool_without_limit_grows_and_one_of_size_0_never_serves() {
        let pool: Pool<u32> = Pool::new(None);
        assert_eq!(
            (0..100).map_while(|_| pool.acquire(Duration::ZERO, || true)).collect::<Vec<_>>().len(),
            100
        );
        assert!(Pool::<u32>::new(Some(0)).acquire(LONG, || true).is_none());
    }

    #[test]
    fn patience_0_is_one_immediate_try() {
        let pool: Pool<u32> = Pool::new(Some(1));
        let lease = pool.acquire(Duration::ZERO, || true).unwrap();
        assert!(pool.acquire(Duration::ZERO, || true).is_none());
        assert!(pool.acquire(SHORT, || true).is_none());
        drop(lease);
        assert!(pool.acquire(Duration::ZERO, || true).is_some());
    }

    #[test]
    fn a_waiting_thread_gets_the_released_lease_and_its_connection() {
        let pool = Pool::new(Some(1));
        let lease = pool.acquire(Duration::ZERO, || true).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| pool.acquire(LONG, || true).and_then(|lease| lease.take_idle()));
            while pool.state.lock().waiting == 0 {
                std::thread::yield_now();
            }
            lease.keep(7);
            assert_eq!(waiter.join().unwrap(), Some(7));
        });
        let state = pool.state.lock();
        assert_eq!((state.leased, state.waiting, state.granted), (0, 0, 0));
    }

    #[test]
    fn nobody_waits_on_for_whom_nobody_waits() {
        let pool: Pool<u32> = Pool::new(Some(1));
        let lease = pool.acquire(Duration::ZERO, || true).unwrap();
        assert!(pool.acquire(Duration::MAX, || false).is_none());
        drop(lease);
        let state = pool.state.lock();
        assert_eq!((state.leased, state.waiting, state.granted), (0, 0, 0));
    }

    #[test]
    fn many_threads_share_few_leases_without_losing_one() {
        let pool: Pool<u32> = Pool::new(Some(2));
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let lease = pool.acquire(LONG, || true).unwrap();
                        assert!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2);
                        let connection = lease.take_idle().unwrap_or_default();
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        lease.keep(connection);
                    }
                });
            }
        });
        let state = pool.state.lock();
        assert_eq!((state.leased, state.waiting, state.granted), (0, 0, 0));
        assert!(state.idle.len() <= 2);
    }

    #[test]
    fn leases_come_back_when_their_holder_panics() {
        let pool: Pool<u32> = Pool::new(Some(1));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _lease = pool.acquire(Duration::ZERO, || true);
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(result.is_err());
        assert!(pool.acquire(Duration::ZERO, || true).is_some());
    }

    #[test]
    fn expired_connections_go_oldest_first_down_to_the_minimum() {
        let pool = pool_of(None, &[1, 2, 3, 4]);
        let later = Instant::now() + LONG;
        let earlier = Instant::now() - LONG;
        assert_eq!(connections(pool.take_expired(earlier, Some(0))), [0u32; 0]);
        assert_eq!(connections(pool.take_expired(later, Some(3))), [1]);
        assert_eq!(connections(pool.take_expired(later, None)), [2], "half of four stay");
        let _busy = pool.acquire(Duration::ZERO, || true);
        assert_eq!(connections(pool.take_expired(later, Some(1))), [3, 4], "the busy one counts");
    }

    #[test]
    fn pinged_connections_return_to_their_place() {
        let pool = pool_of(Some(3), &[1, 2, 3]);
        let start = Instant::now();
        let first = pool.take_unproved(start).unwrap();
        assert_eq!(first.connection, 1);
        assert!(pool.put_back(first).is_none());
        let proved: Vec<_> =
            std::iter::from_fn(|| pool.take_unproved(start)).map(|idle| idle.connection).collect();
        assert_eq!(proved, [2, 3], "1 was just proved");
        assert_eq!(connections(pool.take_all()), [1]);
    }

    #[test]
    fn a_pinged_connection_finds_its_room_taken() {
        let pool = pool_of(Some(1), &[1]);
        let taken = pool.take_unproved(Instant::now()).unwrap();
        let _lease = pool.acquire(Duration::ZERO, || true).expect("pings hold no lease");
        assert_eq!(pool.put_back(taken).map(|idle| idle.connection), Some(1));
    }
}
