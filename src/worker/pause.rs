//! The pause between two attempts, which ends early when nobody waits for the answer any more.
//!
//! Retries may be configured to last for hours. A client that has gone, or a process that is asked to end, ends
//! them, but not in the first moments: a client that has merely shut down the half of its connection that it speaks
//! on gets what usual settings give it. "decisions, row 55".

use std::time::{Duration, Instant};

use super::{Client, NobodyWaits, Progress};

/// Longest wait between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// How long after its first failure a request goes on whoever waits for it.
const GRACE: Duration = Duration::from_secs(1);

/// Waits for `pause` after a failed attempt.
///
/// # Errors
/// [`NobodyWaits`] if another one is of no use.
pub(super) fn pause(
    pause: Duration,
    client: &mut dyn Client,
    progress: &mut Progress,
) -> Result<(), NobodyWaits> {
    let now = Instant::now();
    let grace = *progress.failing_since.get_or_insert(now) + GRACE;
    let end = now.checked_add(pause);
    loop {
        let now = Instant::now();
        if now >= grace {
            client.waits()?;
        }
        let left = end.map_or(LOOK, |end| end.saturating_duration_since(now));
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(LOOK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::lb::tests::NoClient;

    /// The progress of a request whose first attempt failed so many seconds ago.
    fn failing_for(seconds: u64) -> Progress {
        let since = Instant::now().checked_sub(Duration::from_secs(seconds));
        Progress { failing_since: since, ..Progress::default() }
    }

    #[test]
    fn nobody_is_waited_for_who_has_gone() {
        let mut gone = NoClient { waiting: false };
        let left = Err(NobodyWaits::ClientGone);
        assert_eq!(pause(Duration::MAX, &mut gone, &mut failing_for(2)), left, "not for ever");
        assert_eq!(pause(Duration::ZERO, &mut gone, &mut failing_for(2)), left, "nor for another attempt");
    }

    #[test]
    fn the_first_attempts_are_made_whoever_waits() {
        let mut progress = Progress::default();
        assert!(pause(Duration::from_millis(1), &mut NoClient { waiting: false }, &mut progress).is_ok());
        assert!(progress.failing_since.is_some());
    }

    #[test]
    fn whoever_waits_gets_another_attempt() {
        let mut waiting = NoClient { waiting: true };
        let start = Instant::now();
        assert!(pause(Duration::from_millis(150), &mut waiting, &mut failing_for(2)).is_ok());
        assert!(start.elapsed() >= Duration::from_millis(150));
    }
}
