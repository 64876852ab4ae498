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
pub(super) struct ConnectionPool<T> {
    limit: Option<usize>,
    state: Mutex<State<T>>,
    released: Condvar,
}

struct State<T> {
    /// In the order of their last use, the latest at the end.
    idle: Vec<Idle<T>>,
    /// Leases in use, with those granted to waiting threads that have not yet woken up.
    leased: usize,
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
    pool: &'pool ConnectionPool<T>,
}

impl<T> ConnectionPool<T> {
    /// An empty pool with at most `limit` leases.
    pub(super) fn new(limit: Option<usize>) -> Self {
        let state = State { idle: Vec::new(), leased: 0, waiting: 0, granted: 0 };
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
    /// `keep` connections are open.
    pub(super) fn take_expired(&self, expiry: Instant, keep: usize) -> Vec<Idle<T>> {
        let mut state = self.state.lock();
        let surplus = (state.idle.len() + state.leased).saturating_sub(keep);
        let expired = state.idle.partition_point(|idle| idle.used <= expiry);
        state.idle.drain(..surplus.min(expired)).collect()
    }

    /// Takes out the idle connections of which that is true.
    pub(super) fn take_if(&self, mut is_wanted: impl FnMut(&mut T) -> bool) -> Vec<Idle<T>> {
        let mut state = self.state.lock();
        let (mut wanted, mut index) = (Vec::new(), 0);
        while index < state.idle.len() {
            match is_wanted(&mut state.idle[index].connection) {
                true => wanted.push(state.idle.remove(index)),
                false => index += 1,
            }
        }
        wanted
    }

    /// Tells whether there is an idle connection that was last known to work at or before `limit`.
    pub(super) fn has_unproved(&self, limit: Instant) -> bool {
        self.state.lock().idle.iter().any(|idle| idle.known_good <= limit)
    }

    /// Takes out one idle connection that was last known to work at or before `limit`; [`ConnectionPool::put_back`]
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

    /// Takes a connection for which there was no lease; gives it back if there is no room.
    pub(super) fn add(&self, connection: T) -> Option<T> {
        let now = Instant::now();
        let rest = self.put_back(Idle { connection, used: now, known_good: now });
        rest.map(|idle| idle.connection)
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

    /// Gives `connection`, which was in use until `now`, to the pool and ends the lease.
    pub(super) fn keep(self, connection: T, now: Instant) {
        self.pool.state.lock().idle.push(Idle { connection, used: now, known_good: now });
    }
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        self.pool.release(self.pool.state.lock());
    }
}

#[cfg(test)]
mod tests;
