//! The state machine of a member: what all processes think of it ("load-balancer, section 6").
//!
//! ```text
//!     a success ends a series of errors that it comes after: any state but ERROR ──▶ OK
//!
//!   IDLE ◀──unused── OK ──full──▶ BUSY ──room again──▶ OK
//!                    │             │
//!                    ▼ error that counts for everybody
//!        ┌───────▶ ERROR ──all are in error──▶ FORCE ──error──▶ ERROR
//!   error│           │ recover_time
//!        │           ▼
//!      PROBE ◀─elected─ RECOVER
//!        └─no verdict, or the probe got lost─▶ RECOVER
//! ```
//!
//! What a failure means for the request at hand (exclude the member, fail over, give up) is a separate
//! question, answered in [`super::service`]. Differences to the original: REC, PRB and FRC last until a
//! success or an error, where the original let a local error, a client error or a full pool make them OK; a
//! probe that brought no answer within recover_time gives way to another one; and the end of a request that began
//! before the errors, such as a long download from a Tomcat that takes no new connections, says nothing about them.

use std::time::Duration;

use crate::shared::{Health, MemberState};
use crate::worker::outcome::MemberEvent;

/// The times that decide about errors; all in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// recover_time
    pub recover: i64,
    /// error_escalation_time
    pub escalate: i64,
}

impl Timing {
    /// Takes both from the settings.
    pub fn new(recover: Duration, escalate: Duration) -> Self {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self { recover: seconds(recover), escalate: seconds(escalate) }
    }
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An attempt succeeded, or its answer shows that the member works (soft fail_on_status).
    Succeeded {
        /// When the attempt began.
        began: i64,
    },
    /// An attempt ended without a verdict: client error, or an error of that request alone.
    NoVerdict,
    /// It has no free connection, or busy_limit is reached.
    Full,
    /// It has a free connection again.
    RoomAgain,
    /// An attempt failed in a way that counts for everybody at once.
    Broken,
    /// An attempt failed; it counts for everybody if no other request is `in_flight`, or escalated.
    Failed {
        /// Other requests are in flight on the member.
        in_flight: bool,
    },
    /// A request was given to it.
    Elected,
    /// Time passed, noticed by a selection: is recover_time over?
    Waited,
    /// Time passed, noticed by maintenance: is error_escalation_time over, too?
    Maintained {
        /// It got no request since the last maintenance.
        unused: bool,
    },
    /// Every member is in error: this one is tried in spite of that.
    Forced,
}

impl Event {
    /// What the end of an attempt means that `began` then; `too_many_timeouts` and `in_flight` are looked at where
    /// they matter.
    pub fn of(event: MemberEvent, began: i64, too_many_timeouts: bool, in_flight: bool) -> Self {
        match event {
            MemberEvent::Success | MemberEvent::SoftStatus => Event::Succeeded { began },
            MemberEvent::ClientError | MemberEvent::LocalError => Event::NoVerdict,
            MemberEvent::Busy => Event::Full,
            MemberEvent::FatalStatus => Event::Broken,
            MemberEvent::ReplyTimeout if too_many_timeouts => Event::Broken,
            MemberEvent::ReplyTimeout => Event::NoVerdict,
            MemberEvent::Error => Event::Failed { in_flight },
        }
    }

    /// Tells whether the member's error counter counts it.
    pub fn is_error(self) -> bool {
        matches!(self, Event::Broken | Event::Failed { .. })
    }
}

impl MemberState {
    /// Tells whether a request may be given to a member in this state.
    pub fn takes_requests(self) -> bool {
        matches!(self, Self::Idle | Self::Ok | Self::Recover | Self::Force)
    }

    /// Tells whether the member was in error and has not succeeded since.
    pub fn is_doubtful(self) -> bool {
        matches!(self, Self::Recover | Self::Force | Self::Error | Self::Probe)
    }
}

/// The health that follows from `event` at `now` (seconds since the epoch); `None` if nothing changes.
pub fn transition(health: Health, event: Event, now: i64, timing: Timing) -> Option<Health> {
    use MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};
    let to = |state| Health { state, ..health };
    let next = match (event, health.state) {
        (Event::Succeeded { began }, _) if is_outdated(health, began, now) => health,
        (Event::Succeeded { .. }, _) => Health { state: Ok, ..Health::default() },
        (Event::NoVerdict | Event::Full, Probe) => to(Recover),
        (Event::NoVerdict, Idle | Busy) => to(Ok),
        (Event::Full, Idle | Ok) => to(Busy),
        (Event::RoomAgain, Busy) => to(Ok),
        (Event::Broken, _) => Health { state: Error, first_error: Some(now), last_error: Some(now) },
        (Event::Failed { in_flight }, state) => {
            failed(health, state.is_doubtful() || !in_flight, now, timing)
        }
        // The time of the election bounds how long the probe keeps others away.
        (Event::Elected, Recover) => Health { state: Probe, last_error: Some(now), ..health },
        (Event::Waited | Event::Maintained { .. }, Error | Probe) if is_over(health, now, timing) => {
            to(Recover)
        }
        (Event::Maintained { .. }, Idle | Ok | Busy | Force) if is_escalated(health, now, timing) => {
            to(Error)
        }
        (Event::Maintained { unused: true }, Ok) => to(Idle),
        (Event::Forced, Error) => to(Force),
        _ => health,
    };
    (next != health).then_some(next)
}

/// After an unspecific failure: in error for everybody, or a mark in the series that may escalate.
fn failed(health: Health, for_everybody: bool, now: i64, timing: Timing) -> Health {
    let error = for_everybody || timing.escalate == 0 || is_escalated(health, now, timing);
    let state = match health.state {
        _ if error => MemberState::Error,
        MemberState::Idle | MemberState::Busy => MemberState::Ok,
        state => state,
    };
    Health { state, first_error: health.first_error.or(Some(now)), last_error: Some(now) }
}

/// Tells whether a success says nothing about the member, because the attempt `began` before its errors: before the
/// last one while the member is in doubt, else before the first, as any success after that interrupts the series.
///
/// While a member is in error nothing is given to it, so whatever succeeds then began before.
fn is_outdated(health: Health, began: i64, now: i64) -> bool {
    let since = if health.state.is_doubtful() { health.last_error } else { health.first_error };
    // Times ahead of the clock, which was set back, can't be compared with.
    health.state == MemberState::Error || since.is_some_and(|since| began < since && since <= now)
}

/// Tells whether recover_time has passed since the last error or the start of the probe.
fn is_over(health: Health, now: i64, timing: Timing) -> bool {
    // Without a time nothing says how long to wait; a clock that was set back must not keep a member out.
    health.last_error.is_none_or(|last| now.saturating_sub(last) > timing.recover || now < last)
}

/// Tells whether the series of errors lasts for error_escalation_time.
fn is_escalated(health: Health, now: i64, timing: Timing) -> bool {
    health.first_error.is_some_and(|first| now.saturating_sub(first) >= timing.escalate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};

    const TIMING: Timing = Timing { recover: 60, escalate: 30 };
    const NOW: i64 = 1_000_000;

    /// The state after `event` for a member in `state` whose errors began `first` and ended `last` seconds ago.
    fn after(state: MemberState, errors: Option<(i64, i64)>, event: Event) -> Health {
        let health = Health {
            state,
            first_error: errors.map(|(first, _)| NOW - first),
            last_error: errors.map(|(_, last)| NOW - last),
        };
        transition(health, event, NOW, TIMING).unwrap_or(health)
    }

    #[test]
    fn every_state_meets_every_event() {
        let recent = Some((10, 10));
        // Columns: the state before, in the order of MemberState::ALL.
        #[rustfmt::skip]
        let table = [
            // event                              IDLE   OK     RECOVER  FORCE  BUSY   ERROR  PROBE
            (Event::Succeeded { began: NOW },    [Ok,    Ok,    Ok,      Ok,    Ok,    Error, Ok]),
            (Event::Succeeded { began: NOW - 11 },[Idle, Ok,    Recover, Force, Busy,  Error, Probe]),
            (Event::NoVerdict,                   [Ok,    Ok,    Recover, Force, Ok,    Error, Recover]),
            (Event::Full,                        [Busy,  Busy,  Recover, Force, Busy,  Error, Recover]),
            (Event::RoomAgain,                   [Idle,  Ok,    Recover, Force, Ok,    Error, Probe]),
            (Event::Broken,                      [Error, Error, Error,   Error, Error, Error, Error]),
            (Event::Failed { in_flight: false }, [Error, Error, Error,   Error, Error, Error, Error]),
            (Event::Failed { in_flight: true },  [Ok,    Ok,    Error,   Error, Ok,    Error, Error]),
            (Event::Elected,                     [Idle,  Ok,    Probe,   Force, Busy,  Error, Probe]),
            (Event::Waited,                      [Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
            (Event::Maintained { unused: false },[Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
            (Event::Maintained { unused: true }, [Idle,  Idle,  Recover, Force, Busy,  Error, Probe]),
            (Event::Forced,                      [Idle,  Ok,    Recover, Force, Busy,  Force, Probe]),
        ];
        for (event, expected) in table {
            for (state, expected) in MemberState::ALL.into_iter().zip(expected) {
                assert_eq!(after(state, recent, event).state, expected, "{state:?} meets {event:?}");
            }
        }
    }

    #[test]
    fn success_ends_the_series_of_errors() {
        let succeeded = Event::Succeeded { began: NOW - 5 };
        assert_eq!(after(Probe, Some((90, 10)), succeeded), Health { state: Ok, ..Health::default() });
    }

    #[test]
    fn a_success_from_before_the_errors_does_not_end_their_series() {
        let began = |seconds| Event::Succeeded { began: NOW - seconds };
        let cases = [
            (Ok, began(21), false),
            (Ok, began(20), true),
            (Ok, began(15), true),
            (Force, began(11), false),
            (Force, began(10), true),
            (Probe, began(15), false),
            (Recover, began(15), false),
            (Error, began(0), false),
        ];
        for (state, event, ends) in cases {
            let next = after(state, Some((20, 10)), event);
            assert_eq!(next.first_error.is_none(), ends, "{state:?} meets {event:?}");
            assert_eq!(next.state, if ends { Ok } else { state }, "{state:?} meets {event:?}");
        }
        assert_eq!(after(Force, Some((-9, -9)), began(0)).state, Ok, "the clock was set back");
    }

    #[test]
    fn errors_begin_and_continue_a_series() {
        let first = after(Ok, None, Event::Failed { in_flight: true });
        assert_eq!((first.state, first.first_error, first.last_error), (Ok, Some(NOW), Some(NOW)));
        let second = after(Ok, Some((29, 20)), Event::Failed { in_flight: true });
        assert_eq!((second.state, second.first_error, second.last_error), (Ok, Some(NOW - 29), Some(NOW)));
        let escalated = after(Ok, Some((30, 20)), Event::Failed { in_flight: true });
        assert_eq!((escalated.state, escalated.first_error), (Error, Some(NOW - 30)));
        let broken = after(Ok, Some((30, 20)), Event::Broken);
        assert_eq!((broken.first_error, broken.last_error), (Some(NOW), Some(NOW)));
    }

    #[test]
    fn an_escalation_time_of_zero_is_at_once() {
        let timing = Timing { escalate: 0, ..TIMING };
        let next = transition(Health::default(), Event::Failed { in_flight: true }, NOW, timing);
        assert_eq!(next.map(|health| health.state), Some(Error));
    }

    #[test]
    fn recovery_begins_after_recover_time() {
        for event in [Event::Waited, Event::Maintained { unused: false }] {
            assert_eq!(after(Error, Some((90, 60)), event).state, Error);
            assert_eq!(after(Error, Some((90, 61)), event).state, Recover);
            assert_eq!(after(Error, Some((-5, -5)), event).state, Recover, "the clock was set back");
            assert_eq!(after(Probe, Some((90, 60)), event).state, Probe);
            assert_eq!(after(Probe, Some((90, 61)), event).state, Recover, "the probe got lost");
        }
    }

    #[test]
    fn a_probe_keeps_others_away_for_recover_time() {
        let elected = after(Recover, Some((300, 100)), Event::Elected);
        assert_eq!((elected.state, elected.last_error), (Probe, Some(NOW)));
        assert_eq!(elected.first_error, Some(NOW - 300), "the series goes on");
    }

    #[test]
    fn maintenance_escalates_old_series_only() {
        let event = Event::Maintained { unused: true };
        for state in [Idle, Ok, Busy, Force] {
            assert_eq!(after(state, Some((30, 1)), event).state, Error, "{state:?}");
        }
        assert_eq!(after(Recover, Some((90, 1)), event).state, Recover);
        assert_eq!(after(Force, Some((29, 1)), event).state, Force);
    }

    #[test]
    fn outcomes_become_events() {
        let of = |event| Event::of(event, NOW, false, true);
        let succeeded = Event::Succeeded { began: NOW };
        let table = [
            (MemberEvent::Success, succeeded),
            (MemberEvent::SoftStatus, succeeded),
            (MemberEvent::ClientError, Event::NoVerdict),
            (MemberEvent::LocalError, Event::NoVerdict),
            (MemberEvent::Busy, Event::Full),
            (MemberEvent::FatalStatus, Event::Broken),
            (MemberEvent::ReplyTimeout, Event::NoVerdict),
            (MemberEvent::Error, Event::Failed { in_flight: true }),
        ];
        for (event, expected) in table {
            assert_eq!(of(event), expected);
        }
        assert_eq!(Event::of(MemberEvent::ReplyTimeout, NOW, true, true), Event::Broken);
        assert!(Event::Broken.is_error() && !Event::NoVerdict.is_error() && !Event::Full.is_error());
    }

    #[test]
    fn states_that_take_requests() {
        let taking: Vec<_> = MemberState::ALL.into_iter().filter(|state| state.takes_requests()).collect();
        assert_eq!(taking, [Idle, Ok, Recover, Force]);
        let doubtful: Vec<_> = MemberState::ALL.into_iter().filter(|state| state.is_doubtful()).collect();
        assert_eq!(doubtful, [Recover, Force, Error, Probe]);
    }
}
