//! Leases and idle connections, with numbers for connections.

use super::*;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);

fn pool_of(limit: Option<usize>, connections: &[u32]) -> ConnectionPool<u32> {
    let pool = ConnectionPool::new(limit);
    let leases: Vec<_> = connections.iter().map(|_| pool.acquire(SHORT, || true).unwrap()).collect();
    for (lease, connection) in leases.into_iter().zip(connections) {
        lease.keep(*connection, Instant::now());
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
    lease.keep(3, Instant::now());
    let lease = pool.acquire(Duration::ZERO, || true).unwrap();
    assert_eq!([lease.take_idle(), lease.take_idle(), lease.take_idle()], [Some(3), Some(2), Some(1)]);
    assert_eq!(lease.take_idle(), None);
}

#[test]
fn a_pool_without_limit_grows_and_one_of_size_0_never_serves() {
    let pool: ConnectionPool<u32> = ConnectionPool::new(None);
    assert_eq!((0..100).map_while(|_| pool.acquire(Duration::ZERO, || true)).collect::<Vec<_>>().len(), 100);
    assert!(ConnectionPool::<u32>::new(Some(0)).acquire(LONG, || true).is_none());
}

#[test]
fn patience_0_is_one_immediate_try() {
    let pool: ConnectionPool<u32> = ConnectionPool::new(Some(1));
    let lease = pool.acquire(Duration::ZERO, || true).unwrap();
    assert!(pool.acquire(Duration::ZERO, || true).is_none());
    assert!(pool.acquire(SHORT, || true).is_none());
    drop(lease);
    assert!(pool.acquire(Duration::ZERO, || true).is_some());
}

#[test]
fn a_waiting_thread_gets_the_released_lease_and_its_connection() {
    let pool = ConnectionPool::new(Some(1));
    let lease = pool.acquire(Duration::ZERO, || true).unwrap();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| pool.acquire(LONG, || true).and_then(|lease| lease.take_idle()));
        while pool.state.lock().waiting == 0 {
            std::thread::yield_now();
        }
        lease.keep(7, Instant::now());
        assert_eq!(waiter.join().unwrap(), Some(7));
    });
    let state = pool.state.lock();
    assert_eq!((state.leased, state.waiting, state.granted), (0, 0, 0));
}

#[test]
fn nobody_waits_on_for_whom_nobody_waits() {
    let pool: ConnectionPool<u32> = ConnectionPool::new(Some(1));
    let lease = pool.acquire(Duration::ZERO, || true).unwrap();
    assert!(pool.acquire(Duration::MAX, || false).is_none());
    drop(lease);
    let state = pool.state.lock();
    assert_eq!((state.leased, state.waiting, state.granted), (0, 0, 0));
}

#[test]
fn many_threads_share_few_leases_without_losing_one() {
    let pool: ConnectionPool<u32> = ConnectionPool::new(Some(2));
    let inside = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let lease = pool.acquire(LONG, || true).unwrap();
                    assert!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2);
                    let connection = lease.take_idle().unwrap_or_default();
                    inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    lease.keep(connection, Instant::now());
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
    let pool: ConnectionPool<u32> = ConnectionPool::new(Some(1));
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
    assert_eq!(connections(pool.take_expired(earlier, 0)), [0u32; 0]);
    assert_eq!(connections(pool.take_expired(later, 3)), [1]);
    assert_eq!(connections(pool.take_expired(later, 2)), [2]);
    let _busy = pool.acquire(Duration::ZERO, || true);
    assert_eq!(connections(pool.take_expired(later, 1)), [3, 4], "the busy one counts");
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
