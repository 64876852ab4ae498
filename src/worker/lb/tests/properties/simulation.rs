//! Processes, their requests and probers, and the Tomcats that they share.
//!
//! While a request is under way others are served, members break, are switched and asked, and processes end: what
//! happens meanwhile happens while the request is at a [`member`](super::member). Each choice of a member is judged when
//! the request arrives there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::member::{process, Simulated};
use super::{Condition, Happening, ALL, MEMBERS, PROCESSES};
use crate::config::settings::{Activation, LbSettings, MemberSettings};
use crate::log::Logger;
use crate::shared::tests::shared_with;
use crate::shared::{MemberState, Shared};
use crate::worker::lb::tests::bench::{clock, pass, NoClient, TestRequest};
use crate::worker::lb::{LbWorker, Member, Probing};
use crate::worker::prober::{Duty, Term};
use crate::worker::{Outcome, ServiceNotes};

/// Most requests under way at a time.
const DEPTH: usize = 4;

/// Seconds after which a probe of a member that hangs ends.
const PROBE_LIMIT: i64 = 3;

/// The prober of one process.
struct Asker {
    process: u32,
    probing: Option<Probing<'static, Simulated>>,
    term: Term,
    /// The probes under way, and since when.
    asked: Vec<(usize, i64)>,
}

/// A request under way.
struct UnderWay {
    session: Option<usize>,
    /// The member of its session could serve it when it came.
    is_sticky: bool,
    tried: Vec<usize>,
    /// What has to happen before it ends.
    meanwhile: usize,
    /// The activation that each member has had since it came; `None` if that has changed. A round goes by what was so
    /// when it began.
    activations: [Option<Activation>; MEMBERS.len()],
}

/// All processes, and the Tomcats.
pub(super) struct Simulation {
    shared: Arc<Shared>,
    processes: Vec<&'static LbWorker<Simulated>>,
    askers: Mutex<Vec<Asker>>,
    conditions: Mutex<[Condition; MEMBERS.len()]>,
    /// The members that are not in doubt, or have answered since they were.
    trusted: Mutex<[bool; MEMBERS.len()]>,
    under_way: Mutex<Vec<UnderWay>>,
    to_come: Mutex<VecDeque<Happening>>,
    start: (Instant, i64),
    logger: Logger,
}

thread_local! {
    static SIMULATION: RefCell<Option<Arc<Simulation>>> = const { RefCell::new(None) };
}

impl Simulation {
    /// Begins with members that work and were never used.
    pub(super) fn begin(settings: &LbSettings, to_come: Vec<Happening>) -> Arc<Self> {
        let shared = shared_with(std::slice::from_ref(settings), &[]);
        let processes: Vec<_> = (0..PROCESSES).map(|_| process(&shared, settings)).collect();
        let simulation = Arc::new(Self {
            shared,
            processes,
            askers: Mutex::default(),
            conditions: Mutex::new([Condition::Works; MEMBERS.len()]),
            trusted: Mutex::new([true; MEMBERS.len()]),
            under_way: Mutex::default(),
            to_come: Mutex::new(to_come.into()),
            start: (Instant::now(), clock()),
            logger: Logger::discard(),
        });
        let askers = (0..PROCESSES).map(|number| simulation.asker(number, number as u32 + 1)).collect();
        *simulation.askers.lock() = askers;
        SIMULATION.set(Some(Arc::clone(&simulation)));
        simulation
    }

    /// Has everything happen that is to come, and then all be well.
    pub(super) fn run(&self) {
        while !self.to_come.lock().is_empty() {
            self.go_on();
        }
        self.ends_well();
    }

    fn asker(&self, number: usize, process: u32) -> Asker {
        let probing = Probing::of(self.processes[number]);
        Asker { process, probing, term: Term::new(self.instant()), asked: Vec::new() }
    }

    fn instant(&self) -> Instant {
        let (instant, seconds) = self.start;
        instant + Duration::from_secs((clock() - seconds).unsigned_abs())
    }

    fn member(&self, index: usize) -> &Member<Simulated> {
        &self.processes[0].members()[index]
    }

    fn state(&self, index: usize) -> MemberState {
        self.member(index).record().health().state
    }

    /// Whether a member takes requests, as a process sees it that has just looked.
    fn activation(&self, index: usize) -> Activation {
        self.processes[0].keep_current();
        self.processes[0].view.load().standings[index].activation
    }

    /// Has the next thing happen.
    fn go_on(&self) {
        let next = self.to_come.lock().pop_front();
        if let Some(next) = next {
            self.happens(next);
        }
    }

    fn happens(&self, happening: Happening) {
        match happening {
            Happening::Request { process, session, meanwhile } => {
                if self.under_way.lock().len() < DEPTH {
                    self.serve(process, session, meanwhile);
                }
            }
            Happening::Becomes(index, condition) => self.conditions.lock()[index] = condition,
            Happening::Switched(index, activation) => {
                let switch = |member: &mut MemberSettings| member.activation = activation;
                self.processes[0].change_member(index, switch).expect("the lock is there");
                let mut under_way = self.under_way.lock();
                let known = under_way.iter_mut().map(|request| &mut request.activations[index]);
                known.for_each(|known| *known = known.filter(|known| *known == activation));
            }
            Happening::Second { awake } => {
                pass(1);
                (0..PROCESSES)
                    .filter(|number| awake & (1 << number) != 0)
                    .for_each(|number| self.turn(number));
            }
            Happening::Sleep(seconds) => pass(seconds),
            Happening::Maintenance(process) => {
                self.processes[process].keep_current();
                self.processes[process].maintain_shared(1);
            }
            Happening::Dies(number) => {
                let highest = self.askers.lock().iter().map(|asker| asker.process).max();
                let next = self.asker(number, highest.map_or(1, |highest| highest + 1));
                self.askers.lock()[number] = next;
            }
        }
        self.distrust();
    }

    /// Nobody trusts a member that is in doubt.
    fn distrust(&self) {
        let mut trusted = self.trusted.lock();
        (0..MEMBERS.len()).for_each(|index| trusted[index] &= !self.state(index).is_doubtful());
    }

    fn trust(&self, index: usize) {
        self.trusted.lock()[index] |= !self.state(index).is_doubtful();
    }

    /// Serves a request; returns the members that it was given to.
    fn serve(&self, process: usize, session: Option<usize>, meanwhile: usize) -> (Outcome, Vec<usize>) {
        let is_sticky = session.is_some_and(|own| {
            let state = self.state(own);
            self.activation(own) != Activation::Stopped
                && (state.takes_requests() || state == MemberState::Busy)
        });
        let activations = std::array::from_fn(|index| Some(self.activation(index)));
        let tried = Vec::new();
        self.under_way.lock().push(UnderWay { session, is_sticky, tried, meanwhile, activations });
        self.processes[process].keep_current();
        let request = session
            .map_or_else(TestRequest::new, |own| TestRequest::session(&format!("0123.{}", MEMBERS[own])));
        let (mut client, mut notes) = (NoClient { waiting: true }, ServiceNotes::default());
        let outcome = request
            .with(&self.logger, |request| self.processes[process].service(request, &mut client, &mut notes));
        let tried = self.under_way.lock().pop().expect("it was under way").tried;
        if let (Outcome::Done, Some(last)) = (&outcome, tried.last()) {
            self.trust(*last);
        }
        (outcome, tried)
    }

    /// The one that runs.
    pub(super) fn running() -> Arc<Self> {
        SIMULATION.with_borrow(Option::clone).expect("one runs")
    }

    /// A request comes to a member; returns how it ends.
    pub(super) fn arrive(&self, chosen: usize) -> Outcome {
        let meanwhile = self.judge(chosen);
        (0..meanwhile).for_each(|_| self.go_on());
        self.conditions.lock()[chosen].outcome()
    }

    /// A request comes to a member: judges the choice. Returns how much happens before it ends.
    fn judge(&self, chosen: usize) -> usize {
        self.distrust();
        let lb = self.processes[0];
        let mut under_way = self.under_way.lock();
        let request = under_way.last_mut().expect("a request is under way");
        let state = self.state(chosen);
        assert_ne!(request.activations[chosen], Some(Activation::Stopped), "a stopped member");
        if lb.settings().recover_probe {
            let trusted = self.trusted.lock()[chosen];
            assert!(trusted || state == MemberState::Force, "{state:?}, and it has not answered");
        }
        if request.is_sticky && request.tried.is_empty() {
            assert_eq!(request.session, Some(chosen), "the session's own member can serve it");
        }
        if request.session.is_some() && lb.settings().sticky_session_force {
            assert_eq!(request.session, Some(chosen), "a forced session");
        }
        if request.session != Some(chosen) {
            let distance = |index: usize| lb.settings().members[index].distance;
            let is_nearer = |index: &usize| {
                distance(*index) < distance(chosen)
                    && request.activations[*index] == Some(Activation::Active)
                    && self.state(*index).takes_requests()
            };
            let nearer = (0..MEMBERS.len()).filter(|index| !request.tried.contains(index)).find(is_nearer);
            assert_eq!(nearer, None, "nearer than {chosen}");
        }
        request.tried.push(chosen);
        std::mem::take(&mut request.meanwhile)
    }

    /// The prober of a process does what it has to.
    fn turn(&self, number: usize) {
        let now = self.instant();
        let mut askers = self.askers.lock();
        let others: Vec<usize> = (0..PROCESSES)
            .filter(|other| *other != number && askers[*other].term.lasts(now))
            .flat_map(|other| askers[other].asked.iter().map(|(index, _)| *index).collect::<Vec<_>>())
            .collect();
        let Asker { process, probing, term, asked } = &mut askers[number];
        let Some(probing) = probing else { return };
        self.processes[number].keep_current();
        let milliseconds = (clock() as u32).wrapping_mul(1000);
        let duty = term.duty(now, || self.shared.claim_probing(*process, milliseconds));
        if matches!(duty, Duty::Begin | Duty::Rest) {
            asked.clear();
            probing.hand_over();
        }
        if matches!(duty, Duty::Begin | Duty::Look) {
            for index in probing.look(MEMBERS.len()) {
                assert!(!others.contains(&index), "{index} is asked by two processes");
                assert!(asked.iter().all(|(known, _)| *known != index), "{index} is asked twice");
                asked.push((index, clock()));
            }
        }
        if term.lasts(now) {
            asked.retain(|(index, since)| !self.has_ended(*index, clock() - since, probing));
        }
    }

    /// Tells whether a probe has ended that began so many seconds ago, and the balancer if so.
    fn has_ended(&self, index: usize, seconds: i64, probing: &mut Probing<'_, Simulated>) -> bool {
        let (condition, log) = (self.conditions.lock()[index], self.logger.with_id("-"));
        match condition {
            _ if seconds == 0 => return false,
            Condition::Hangs if seconds < PROBE_LIMIT => return false,
            Condition::Hangs | Condition::Refuses => drop(probing.unanswered(index, &"silence", log)),
            _ => {
                probing.answered(index, log);
                self.trust(index);
            }
        }
        true
    }

    /// All is well from now on, and time passes: each member that may take requests takes some.
    fn ends_well(&self) {
        *self.conditions.lock() = [Condition::Works; MEMBERS.len()];
        let settings = self.processes[0].settings().clone();
        let recovery = settings.recover_time.as_secs() + PROBE_LIMIT.unsigned_abs() + 5;
        (0..recovery).for_each(|_| self.happens(Happening::Second { awake: ALL }));
        for own in 0..MEMBERS.len() {
            if settings.recover_probe {
                assert!(!self.state(own).is_doubtful(), "{own} is {:?}", self.state(own));
            }
            if self.activation(own) != Activation::Stopped {
                assert_eq!(self.serve(own % PROCESSES, Some(own), 0), (Outcome::Done, vec![own]));
            }
        }
    }
}
