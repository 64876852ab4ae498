//! How much is read of a request body that nobody wants: a client that still sends when its connection is closed, or
//! its stream reset, may lose the answer.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What is read at most. The times are those that httpd takes to close a connection.
const BOUNDS: Bounds =
    Bounds { octets: 64 << 20, time: Duration::from_secs(30), silence: Duration::from_secs(5) };

/// How long to wait for a client that sends nothing before looking again.
const POLL: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug)]
struct Bounds {
    octets: u64,
    /// Time in all.
    time: Duration,
    /// Time without an octet.
    silence: Duration,
}

/// Calls `drop_some` again and again, which drops the octets that have come, until it tells whether the body has ended
/// well or failed; tells whether it has ended well, within the bounds.
pub(super) fn drain(drop_some: impl FnMut() -> ControlFlow<bool, usize>) -> bool {
    drain_within(&BOUNDS, drop_some)
}

fn drain_within(bounds: &Bounds, mut drop_some: impl FnMut() -> ControlFlow<bool, usize>) -> bool {
    let began = Instant::now();
    let (mut heard, mut dropped) = (began, 0);
    while dropped <= bounds.octets && began.elapsed() <= bounds.time && heard.elapsed() <= bounds.silence {
        match drop_some() {
            ControlFlow::Continue(0) => std::thread::sleep(POLL),
            ControlFlow::Continue(length) => (heard, dropped) = (Instant::now(), dropped + length as u64),
            ControlFlow::Break(ended) => return ended,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(20);
    const AMPLE: Bounds = Bounds { octets: u64::MAX, time: LONG, silence: LONG };

    #[test]
    fn it_ends_with_the_body() {
        for ended in [true, false] {
            let mut pieces = [3, 0, 5].into_iter();
            let told = drain_within(&AMPLE, || {
                pieces.next().map_or(ControlFlow::Break(ended), ControlFlow::Continue)
            });
            assert_eq!((told, pieces.next()), (ended, None));
        }
    }

    #[test]
    fn each_bound_ends_it_alone() {
        let mut calls = 0;
        let mut flood = || {
            calls += 1;
            ControlFlow::Continue(1000)
        };
        assert!(!drain_within(&Bounds { octets: 9_500, ..AMPLE }, &mut flood));
        assert_eq!(calls, 10, "the octets that were let in");
        assert!(!drain_within(&Bounds { time: SHORT, ..AMPLE }, || ControlFlow::Continue(1)));
        assert!(!drain_within(&Bounds { silence: SHORT, ..AMPLE }, || ControlFlow::Continue(0)));
    }
}
