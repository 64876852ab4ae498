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
//! So it is with `recover_probe=off`, where a user's request is the probe. Otherwise a CPing in the background is
//! ([`super::probe`], "decisions, row 10"), and PROBE means that it is under way:
//!
//! ```text
//!      no answer            recover_time, or no member works
//!   ERROR ◀──── PROBE ◀──────────────────────────────────── ERROR
//!                 │ ◀──── another member works ──── FORCE ◀── nothing else is left ── ERROR, PROBE
//!                 ▼ CPong                             │ CPong
//!                 OK ◀────────────────────────────────┘
//! ```
//!
//! While a member is asked, what else is heard of it is older than the answer will be, and changes nothing.
//!
//! A member that was stopped comes back in PROBE, too, but without an error: nobody has heard of its Tomcat since. It is
//! asked at once, and each second until it answers for the first time ("decisions, row 73").
//!
//! What a failure means for the request at hand (exclude the member, fail over, give up) is a separate
//! question, answered in [`super::service`]. Differences to the original: REC, PRB and FRC last until a
//! success or an error, where the original let a local error, a client error or a full pool make them OK; a
//! probe that brought no answer within recover_time gives way to another one; and the end of a request that began
//! before the errors, such as a long download from a Tomcat that takes no new connections, says nothing about them.

use std::time::Duration;

use crate::shared::{Health, MemberState};
use crate::worker::outcome::MemberEvent;

/// What decides about errors; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// recover_time
    pub recover: i64,
    /// error_escalation_time
    pub escalate: i64,
    /// recover_probe: a CPing in the background ends an error, no user's request does.
    pub by_probe: bool,
}

impl Timing {
    /// Takes them from the settings.
    pub(super) fn new(recover: Duration, escalate: Duration, by_probe: bool) -> Self {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self { recover: seconds(recover), escalate: seconds(escalate), by_probe }
    }
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
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
    /// The process that asks for all wants to ask it by CPing. It asks no member twice at a time, so that a PROBE
    /// which it does not know of is that of a process that is gone.
    Asked {
        /// No member of the balancer works, so that recover_time is not waited for.
        urgent: bool,
    },
    /// It answered the CPing.
    Answered {
        /// When it was asked.
        began: i64,
    },
    /// It did not answer the CPing, or took no connection for it.
    Unanswered {
        /// When it was asked.
        began: i64,
    },
    /// An operator wants it to be tried again.
    Pardoned,
    /// It was stopped, and is not any more.
    Returned,
}

impl Event {
    /// What the end of an attempt means that `began` then; `too_many_timeouts` and `in_flight` are looked at where
    /// they matter.
    pub(super) fn of(event: MemberEvent, began: i64, too_many_timeouts: bool, in_flight: bool) -> Self {
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
    pub(super) fn is_error(self) -> bool {
        matches!(self, Event::Broken | Event::Failed { .. })
    }
}

impl MemberState {
    /// Tells whether a request may be given to a member in this state.
    pub(crate) fn takes_requests(self) -> bool {
        matches!(self, Self::Idle | Self::Ok | Self::Recover | Self::Force)
    }

    /// Tells whether the member was in error and has not succeeded since.
    pub(crate) fn is_doubtful(self) -> bool {
        matches!(self, Self::Recover | Self::Force | Self::Error | Self::Probe)
    }
}

/// The health that follows from `event` at `now` (seconds since the epoch); `None` if nothing changes.
pub(super) fn transition(health: Health, event: Event, now: i64, timing: Timing) -> Option<Health> {
    use MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};
    let to = |state| Health { state, ..health };
    let by_probe = timing.by_probe;
    let next = match (event, health.state) {
        (Event::NoVerdict | Event::Full | Event::Broken | Event::Failed { .. }, Probe) if by_probe => health,
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
        (Event::Waited | Event::Maintained { .. }, Error | Probe)
            if !by_probe && is_over(health, now, timing) =>
        {
            to(Recover)
        }
        (Event::Maintained { .. }, Idle | Ok | Busy | Force) if is_escalated(health, now, timing) => {
            to(Error)
        }
        (Event::Maintained { unused: true }, Ok) => to(Idle),
        (Event::Forced, Error) => to(Force),
        (Event::Forced, Probe) if by_probe => to(Force),
        (Event::Asked { urgent }, state) if may_be_asked(health, urgent, now, timing) => match state {
            // Users' requests go on trying it, as nothing else is left.
            Force if urgent => health,
            _ => Health { state: Probe, last_error: Some(now), ..health },
        },
        (Event::Answered { began }, Probe | Force) if is_news(health, began) => {
            Health { state: Ok, ..Health::default() }
        }
        (Event::Unanswered { began }, Probe) if is_news(health, began) => {
            Health { state: Error, last_error: Some(now), ..health }
        }
        (Event::Pardoned, Error) => to(Recover),
        (Event::Returned, _) if by_probe => unproven(now),
        _ => health,
    };
    (next != health).then_some(next)
}

/// The health of a member of which nobody has heard since it was stopped. What began before `now` says nothing about it.
pub(in crate::worker) fn unproven(now: i64) -> Health {
    Health { state: MemberState::Probe, first_error: None, last_error: Some(now) }
}

/// Tells whether nobody has heard of a member since it was stopped: it is in doubt, and no error is the reason.
pub(super) fn is_unproven(health: Health) -> bool {
    health.state.is_doubtful() && health.first_error.is_none()
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

/// Tells whether a member is due for a CPing in the background: any that is in doubt, one in error when its time has
/// come. One that was activated while its Tomcat starts is not to wait for recover_time when that has begun to listen.
pub(super) fn may_be_asked(health: Health, urgent: bool, now: i64, timing: Timing) -> bool {
    health.state.is_doubtful()
        && (health.state != MemberState::Error
            || urgent
            || is_unproven(health)
            || is_over(health, now, timing))
}

/// Seconds until [`may_be_asked`] says yes; `None` for a member that nobody doubts.
pub(super) fn asked_in(health: Health, urgent: bool, now: i64, timing: Timing) -> Option<i64> {
    if may_be_asked(health, urgent, now, timing) {
        return Some(0);
    }
    let due = health.last_error?.saturating_add(timing.recover).saturating_add(1);
    health.state.is_doubtful().then(|| due.saturating_sub(now))
}

/// Tells whether nothing newer is known of a member than that it was asked when this `began`: no error since, nor
/// another question.
fn is_news(health: Health, began: i64) -> bool {
    health.last_error.is_none_or(|last| last <= began)
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
mod tests;
