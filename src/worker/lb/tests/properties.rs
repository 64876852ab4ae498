//! What holds whatever happens: random events in several processes over one memory, under a clock that is set by hand.

mod member;
mod simulation;

use std::time::Duration;

use proptest::prelude::*;

use super::bench::failed;
use crate::config::settings::samples::lb_settings;
use crate::config::settings::{Activation, LbSettings};
use crate::worker::{Failure, Outcome};

use simulation::Simulation;

const MEMBERS: [&str; 4] = ["a", "b", "c", "d"];
const PROCESSES: usize = 3;

/// All of them have a turn.
const ALL: u8 = (1 << PROCESSES) - 1;

/// How a Tomcat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Works,
    Refuses,
    Hangs,
    /// Its connector works, its application does not.
    Fails,
    Breaks,
    Garbles,
    HasNoRoom,
}

impl Condition {
    /// How a request ends that it gets.
    fn outcome(self) -> Outcome {
        match self {
            Condition::Works => Outcome::Done,
            Condition::Refuses => failed(Failure::Connect),
            Condition::Hangs => failed(Failure::ReplyTimeout),
            Condition::Fails => failed(Failure::FatalStatus(503)),
            Condition::Breaks => failed(Failure::ConnectionLost),
            Condition::Garbles => failed(Failure::Framing),
            Condition::HasNoRoom => failed(Failure::NoConnection),
        }
    }
}

/// What may happen; processes and members go by their numbers.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A request comes, of the session of a member or of none, and ends after so many others of these.
    Request { process: usize, session: Option<usize>, meanwhile: usize },
    /// A member is so from now on.
    Becomes(usize, Condition),
    /// Somebody switches a member.
    Switched(usize, Activation),
    /// A second passes, after which the probers of some processes (bits) have a turn; the others hang.
    Second { awake: u8 },
    /// Seconds pass in which the system gives nobody a turn.
    Sleep(i64),
    /// A process does what maintenance does for all.
    Maintenance(usize),
    /// A process is killed, and another takes its place.
    Dies(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Condition::{Breaks, Fails, Garbles, Hangs, HasNoRoom, Refuses, Works};
    let condition = prop_oneof![
        4 => Just(Works),
        4 => Just(Refuses),
        2 => Just(Hangs),
        1 => Just(Fails),
        1 => Just(Breaks),
        1 => Just(Garbles),
        1 => Just(HasNoRoom)
    ];
    let activation =
        prop_oneof![Just(Activation::Active), Just(Activation::Disabled), Just(Activation::Stopped)];
    let (process, member) = (0..PROCESSES, 0..MEMBERS.len());
    prop_oneof![
        8 => (process.clone(), proptest::option::of(member.clone()), 0..4usize)
            .prop_map(|(process, session, meanwhile)| Happening::Request { process, session, meanwhile }),
        4 => (member.clone(), condition).prop_map(|(index, condition)| Happening::Becomes(index, condition)),
        1 => (member, activation).prop_map(|(index, activation)| Happening::Switched(index, activation)),
        8 => (0..=ALL).prop_map(|awake| Happening::Second { awake }),
        4 => Just(Happening::Second { awake: ALL }),
        1 => (1..8i64).prop_map(Happening::Sleep),
        1 => process.clone().prop_map(Happening::Maintenance),
        1 => process.prop_map(Happening::Dies),
    ]
}

/// What differs from the defaults; times in seconds.
#[derive(Clone, Copy, Debug)]
struct Variant {
    probes: bool,
    force: bool,
    recover: u64,
    escalate: u64,
    retries: u32,
    lb_retries: u32,
    distances: [i32; MEMBERS.len()],
}

impl Variant {
    fn settings(self) -> LbSettings {
        let mut settings = lb_settings("lb", &MEMBERS);
        settings.recover_time = Duration::from_secs(self.recover);
        settings.error_escalation_time = Duration::from_secs(self.escalate);
        (settings.recover_probe, settings.sticky_session_force) = (self.probes, self.force);
        (settings.lb_retries, settings.retries) = (self.lb_retries, self.retries);
        settings.retry_interval = Duration::ZERO;
        let members = settings.members.iter_mut().zip(self.distances);
        members.for_each(|(member, distance)| member.distance = distance);
        settings
    }
}

fn variant() -> impl Strategy<Value = Variant> {
    let (flags, times, tries) = (any::<(bool, bool)>(), (1..5u64, 0..3u64), (1..=2u32, 1..=4u32));
    (flags, times, tries, proptest::array::uniform4(0..3i32)).prop_map(
        |((probes, force), (recover, escalate), (retries, lb_retries), distances)| Variant {
            probes,
            force,
            recover,
            escalate,
            retries,
            lb_retries,
            distances,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn members_are_chosen_well_and_none_is_lost(
        variant in variant(),
        to_come in proptest::collection::vec(happening(), 0..120),
    ) {
        Simulation::begin(&variant.settings(), to_come).run();
    }
}
