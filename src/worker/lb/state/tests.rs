//! Every row of the transition table, and the times that decide.

use super::*;
use MemberState::{Busy, Error, Force, Idle, Ok, Probe, Recover};

const TIMING: Timing = Timing { recover: 60, escalate: 30, by_probe: false };
const BY_PROBE: Timing = Timing { by_probe: true, ..TIMING };
const NOW: i64 = 1_000_000;

/// The state after `event` for a member in `state` whose errors began `first` and ended `last` seconds ago.
fn after(state: MemberState, errors: Option<(i64, i64)>, event: Event) -> Health {
    with(TIMING, state, errors, event)
}

fn with(timing: Timing, state: MemberState, errors: Option<(i64, i64)>, event: Event) -> Health {
    let health = Health {
        state,
        first_error: errors.map(|(first, _)| NOW - first),
        last_error: errors.map(|(_, last)| NOW - last),
    };
    transition(health, event, NOW, timing).unwrap_or(health)
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
        (Event::Returned,                    [Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
    ];
    for (event, expected) in table {
        for (state, expected) in MemberState::ALL.into_iter().zip(expected) {
            assert_eq!(after(state, recent, event).state, expected, "{state:?} meets {event:?}");
        }
    }
}

/// With `recover_probe`, the default; the errors ended 10 seconds ago, when the member in PROBE was asked.
#[test]
fn every_state_meets_every_event_with_probes() {
    let recent = Some((10, 10));
    #[rustfmt::skip]
    let table = [
        // event                              IDLE   OK     RECOVER  FORCE  BUSY   ERROR  PROBE
        (Event::Succeeded { began: NOW },    [Ok,    Ok,    Ok,      Ok,    Ok,    Error, Ok]),
        (Event::Succeeded { began: NOW - 11 },[Idle, Ok,    Recover, Force, Busy,  Error, Probe]),
        (Event::NoVerdict,                   [Ok,    Ok,    Recover, Force, Ok,    Error, Probe]),
        (Event::Full,                        [Busy,  Busy,  Recover, Force, Busy,  Error, Probe]),
        (Event::RoomAgain,                   [Idle,  Ok,    Recover, Force, Ok,    Error, Probe]),
        (Event::Broken,                      [Error, Error, Error,   Error, Error, Error, Probe]),
        (Event::Failed { in_flight: false }, [Error, Error, Error,   Error, Error, Error, Probe]),
        (Event::Failed { in_flight: true },  [Ok,    Ok,    Error,   Error, Ok,    Error, Probe]),
        (Event::Elected,                     [Idle,  Ok,    Probe,   Force, Busy,  Error, Probe]),
        (Event::Waited,                      [Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
        (Event::Maintained { unused: false },[Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
        (Event::Maintained { unused: true }, [Idle,  Idle,  Recover, Force, Busy,  Error, Probe]),
        (Event::Forced,                      [Idle,  Ok,    Recover, Force, Busy,  Force, Force]),
        (Event::Asked { urgent: false },     [Idle,  Ok,    Probe,   Probe, Busy,  Error, Probe]),
        (Event::Asked { urgent: true },      [Idle,  Ok,    Probe,   Force, Busy,  Probe, Probe]),
        (Event::Answered { began: NOW - 10 },[Idle,  Ok,    Recover, Ok,    Busy,  Error, Ok]),
        (Event::Answered { began: NOW - 11 },[Idle,  Ok,    Recover, Force, Busy,  Error, Probe]),
        (Event::Unanswered { began: NOW - 10 },[Idle, Ok,   Recover, Force, Busy,  Error, Error]),
        (Event::Unanswered { began: NOW - 11 },[Idle, Ok,   Recover, Force, Busy,  Error, Probe]),
        (Event::Returned,                    [Probe, Probe, Probe,   Probe, Probe, Probe, Probe]),
    ];
    for (event, expected) in table {
        for (state, expected) in MemberState::ALL.into_iter().zip(expected) {
            assert_eq!(with(BY_PROBE, state, recent, event).state, expected, "{state:?} meets {event:?}");
        }
    }
}

#[test]
fn a_member_is_asked_from_recover_time_on() {
    let asked = Event::Asked { urgent: false };
    assert_eq!(with(BY_PROBE, Error, Some((90, 60)), asked).state, Error);
    let due = with(BY_PROBE, Error, Some((90, 61)), asked);
    assert_eq!((due.state, due.first_error, due.last_error), (Probe, Some(NOW - 90), Some(NOW)));
    assert_eq!(with(BY_PROBE, Error, Some((-5, -5)), asked).state, Probe, "the clock was set back");
    assert_eq!(with(BY_PROBE, Error, None, asked).state, Probe, "nothing says for how long to wait");
    for event in [Event::Waited, Event::Maintained { unused: false }] {
        for state in [Error, Probe] {
            let years = Some((1 << 29, 1 << 29));
            assert_eq!(with(BY_PROBE, state, years, event).state, state, "no time makes up for an answer");
        }
    }
}

#[test]
fn a_member_that_was_stopped_is_asked_with_each_look_until_it_answers() {
    let back = with(BY_PROBE, Error, Some((90, 10)), Event::Returned);
    assert_eq!(back, unproven(NOW), "the errors of before say nothing any more");
    let next = |health, event, now| transition(health, event, now, BY_PROBE).unwrap_or(health);
    let silent = next(back, Event::Unanswered { began: NOW }, NOW + 1);
    assert_eq!((silent.state, silent.first_error), (Error, None));
    let asked = next(silent, Event::Asked { urgent: false }, NOW + 2);
    assert_eq!((asked.state, asked.first_error), (Probe, None));
    let old = Event::Succeeded { began: NOW - 1 };
    assert_eq!(next(back, old, NOW + 1), back, "a request from before it was stopped is no sign of it");
    assert_eq!(
        next(asked, Event::Answered { began: NOW + 2 }, NOW + 2),
        Health { state: Ok, ..Health::default() }
    );
    let forced = next(back, Event::Forced, NOW + 1);
    let failed = next(forced, Event::Failed { in_flight: false }, NOW + 2);
    assert_eq!((failed.state, failed.first_error), (Error, Some(NOW + 2)), "from here on as any other");
}

#[test]
fn an_answer_ends_the_series_and_silence_begins_recover_time_again() {
    let answered = with(BY_PROBE, Probe, Some((90, 10)), Event::Answered { began: NOW - 10 });
    assert_eq!(answered, Health { state: Ok, ..Health::default() });
    let silent = with(BY_PROBE, Probe, Some((90, 10)), Event::Unanswered { began: NOW - 10 });
    let expected = Health { state: Error, first_error: Some(NOW - 90), last_error: Some(NOW) };
    assert_eq!(silent, expected);
}

#[test]
fn a_member_that_is_asked_again_does_not_hear_the_first_answer() {
    let again = with(BY_PROBE, Probe, Some((90, 10)), Event::Asked { urgent: false });
    assert_eq!((again.state, again.last_error), (Probe, Some(NOW)), "the process that asked first is gone");
    for late in [Event::Answered { began: NOW - 10 }, Event::Unanswered { began: NOW - 10 }] {
        assert_eq!(transition(again, late, NOW + 1, BY_PROBE), None);
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
fn a_member_is_asked_when_it_is_said_to_be() {
    for (state, ago) in MemberState::ALL.into_iter().flat_map(|state| [(state, 0), (state, 60), (state, 61)])
    {
        let health = Health { state, first_error: Some(NOW - ago), last_error: Some(NOW - ago) };
        for urgent in [false, true] {
            let may = |now| may_be_asked(health, urgent, now, BY_PROBE);
            match asked_in(health, urgent, NOW, BY_PROBE) {
                Some(0) => assert!(may(NOW), "{state:?}"),
                Some(left) => assert_eq!((may(NOW + left - 1), may(NOW + left)), (false, true), "{state:?}"),
                None => assert!(!may(NOW + 1000), "{state:?}"),
            }
        }
    }
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
