//! How exactly work is spread that four processes give out at the same time, also while a member fails and returns.
//!
//! A process is a thread with a view of the memory and a slot of its own. All choose in step, so that they meet in
//! each selection. What the ideal is: members that are usable get work in the ratio of their lbfactors, where work is
//! a request, a new session or an octet, and for Busyness a request in flight; requests that are in flight for
//! equal times then are spread by the same ratio, if their number can be divided by it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use parking_lot::{Condvar, Mutex};

use super::*;
use crate::config::settings::samples::lb_settings;
use crate::config::settings::{Ajp13Settings, LbMethod, LbSettings};
use crate::log::{Context, Level, Logger};
use crate::shared::ajp::BusyGuard;
use crate::shared::tests::{other_process, shared_with};
use crate::shared::{AjpHandle, Shared};
use crate::worker::lb::{Backend, LbWorker, Probing};
use crate::worker::{Assignment, Client, Failure, Outcome, Progress, ServiceNotes, WorkerRequest};

const PROCESSES: usize = 4;

/// All members take requests in the first and the last of these; in between one fails.
const PHASES: usize = 3;

const REQUESTS: usize = 6000;

const ROUNDS_PER_PHASE: usize = REQUESTS / PHASES / PROCESSES;

const ROUNDS_PER_MAINTENANCE: usize = 130;

/// Longest time that a process waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Index of the member that fails.
const FAILING: usize = 1;

/// Factors, and how many requests a process holds in flight for Busyness: the number of all can be divided by the
/// sum of the factors, also while the second member fails.
const FACTORS: [(&[u32], usize); 4] = [(&[1, 1], 2), (&[2, 1], 3), (&[1, 2, 3], 3), (&[5, 1, 1], 21)];

const METHODS: [LbMethod; 5] =
    [LbMethod::Request, LbMethod::Traffic, LbMethod::Session, LbMethod::Next, LbMethod::Busyness];

/// What each member got in each phase.
type Work = [[u64; NAMES.len()]; PHASES];

static CLOCK: AtomicI64 = AtomicI64::new(2_000_000_000);

thread_local! {
    /// Octets of the next exchange of this process.
    static OCTETS: AtomicU64 = const { AtomicU64::new(0) };
    /// What this process holds in flight.
    static IN_FLIGHT: RefCell<VecDeque<BusyGuard>> = const { RefCell::new(VecDeque::new()) };
}

/// A member whose requests stay in flight until the process lets the oldest go.
struct Tomcat {
    settings: ArcSwap<Ajp13Settings>,
    record: AjpHandle,
    is_down: Arc<AtomicBool>,
}

impl Backend for Tomcat {
    fn service(
        &self,
        _request: &WorkerRequest<'_>,
        _assignment: &Assignment<'_>,
        _client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Outcome {
        let in_flight = self.record.request_started();
        // Others act between the choice and the end, as they do in the time of an exchange.
        thread::yield_now();
        if self.is_down.load(Relaxed) {
            return failed(Failure::Connect);
        }
        progress.exchanged += OCTETS.with(|octets| octets.load(Relaxed));
        IN_FLIGHT.with_borrow_mut(|held| held.push_back(in_flight));
        Outcome::Done
    }

    fn record(&self) -> &AjpHandle {
        &self.record
    }

    fn settings(&self) -> Guard<Arc<Ajp13Settings>> {
        self.settings.load()
    }

    fn keep_current(&self) {}

    fn has_contact(&self) -> bool {
        true
    }

    fn close_expired(&self, _log: Context<'_>) {}

    fn has_questions(&self) -> bool {
        false
    }

    fn ask(&self, _log: Context<'_>) {}
}

/// Where the processes wait for each other.
#[derive(Default)]
struct Step {
    arrived: Mutex<usize>,
    all_arrived: Condvar,
}

impl Step {
    /// Waits for the others; true for one of them.
    fn wait(&self) -> bool {
        let mut arrived = self.arrived.lock();
        let place = *arrived;
        let all = (place / PROCESSES + 1) * PROCESSES;
        *arrived += 1;
        if *arrived == all {
            self.all_arrived.notify_all();
        }
        let wait = self.all_arrived.wait_while_for(&mut arrived, |arrived| *arrived < all, PATIENCE);
        assert!(!wait.timed_out(), "another process has not come");
        place % PROCESSES == 0
    }
}

/// A balancer, and what is common to the processes that use it.
struct Site {
    settings: Arc<LbSettings>,
    shared: Arc<Shared>,
    fails: bool,
    is_down: Arc<AtomicBool>,
    /// Requests that a process holds in flight.
    held: usize,
    step: Step,
}

impl Site {
    fn new(method: LbMethod, factors: &[u32], held: usize, fails: bool) -> Self {
        let mut settings = LbSettings { method, ..lb_settings("lb", &NAMES[..factors.len()]) };
        settings.retry_interval = Duration::ZERO;
        settings.members.iter_mut().zip(factors).for_each(|(member, factor)| member.lbfactor = *factor);
        let shared = shared_with(std::slice::from_ref(&settings), &[]);
        let held = if method == LbMethod::Busyness { held } else { 1 };
        let (settings, is_down, step) = (Arc::new(settings), Arc::default(), Step::default());
        Self { settings, shared, fails, is_down, held, step }
    }

    /// All work of all processes.
    fn run(&self) -> Work {
        let mut all = Work::default();
        thread::scope(|scope| {
            let processes: Vec<_> =
                (0..PROCESSES).map(|process| scope.spawn(move || self.process(process))).collect();
            for work in processes.into_iter().map(|process| process.join().expect("no panic")) {
                let counts = all.iter_mut().flatten().zip(work.iter().flatten());
                counts.for_each(|(all, own)| *all += own);
            }
        });
        all
    }

    /// The balancer as one more process sees it.
    fn balancer(&self, process: usize) -> LbWorker<Tomcat> {
        let view = Arc::new(other_process(&self.shared));
        // Numbers beyond those of the system: nobody takes the slot for a dead process's, as nobody sweeps.
        view.attach_child(1 << 30 | process as u32).expect("slot");
        let member = |index: usize| {
            let is_down = if index == FAILING { Arc::clone(&self.is_down) } else { Arc::default() };
            let (name, record) = (NAMES[index], view.ajp(NAMES[index]).expect("planned"));
            let settings = ArcSwap::from_pointee(self.settings.members[index].worker.clone());
            (Tomcat { settings, record, is_down }, view.member("lb", name).expect("planned"))
        };
        let members = (0..self.settings.members.len()).map(member).collect();
        let record = view.lb("lb").expect("planned");
        LbWorker::new(Arc::clone(&self.settings), members, record, || CLOCK.load(Relaxed))
    }

    fn process(&self, process: usize) -> Work {
        let lb = self.balancer(process);
        let logger = Logger::capture(Level::Error);
        let mut work = Work::default();
        for round in 0..PHASES * ROUNDS_PER_PHASE {
            let phase = round / ROUNDS_PER_PHASE;
            if self.step.wait() {
                self.begin_round(&lb, round, phase);
            }
            self.step.wait();
            let octets = 100 + (round * PROCESSES + process) as u64 * 7919 % 9973;
            OCTETS.with(|next| next.store(octets, Relaxed));
            let measure = if self.settings.method == LbMethod::Traffic { octets } else { 1 };
            // Requests of sessions are no work for those who count sessions.
            if matches!(self.settings.method, LbMethod::Session | LbMethod::Next) {
                serve(&lb, &logger, self.held, &TestRequest::session("x.a"));
            }
            work[phase][serve(&lb, &logger, self.held, &TestRequest::new())] += measure;
        }
        IN_FLIGHT.with_borrow_mut(VecDeque::clear);
        work
    }

    /// What one process does for all while the others wait.
    fn begin_round(&self, lb: &LbWorker<Tomcat>, round: usize, phase: usize) {
        if round % ROUNDS_PER_PHASE == 0 && phase > 0 && self.fails {
            self.is_down.store(phase == 1, Relaxed);
            if phase == 2 {
                let recover_time = self.settings.recover_time.as_secs();
                CLOCK.fetch_add(i64::try_from(recover_time).expect("seconds") + 1, Relaxed);
                ask(lb);
            }
        }
        if round % ROUNDS_PER_MAINTENANCE == 0 {
            lb.maintain_shared(1);
        }
    }

    /// The work of each phase by the factors of those that are usable.
    fn ideal(&self, work: &Work) -> Vec<f64> {
        let factor = |index: usize, phase: usize| match self.fails && phase == 1 && index == FAILING {
            true => 0.0,
            false => f64::from(self.settings.members[index].lbfactor),
        };
        let members = 0..self.settings.members.len();
        let share =
            |index, phase| factor(index, phase) / members.clone().map(|one| factor(one, phase)).sum::<f64>();
        let of_phase = |index, phase: usize| work[phase].iter().sum::<u64>() as f64 * share(index, phase);
        members.clone().map(|index| (0..PHASES).map(|phase| of_phase(index, phase)).sum()).collect()
    }

    fn assert_ideal(&self) {
        let work = self.run();
        for (index, ideal) in self.ideal(&work).into_iter().enumerate() {
            let got: u64 = work.iter().map(|phase| phase[index]).sum();
            let off = (got as f64 - ideal).abs() / ideal;
            let (method, fails) = (self.settings.method, self.fails);
            assert!(
                off <= 0.02,
                "{method:?}, fails {fails}: {} has {got} for {ideal}, {work:?}",
                NAMES[index]
            );
        }
    }
}

/// One process asks for all whether the member that failed works again, which it does.
fn ask(lb: &LbWorker<Tomcat>) {
    let logger = Logger::discard();
    let mut probing = Probing::of(lb).expect("recover_probe is on");
    assert_eq!(probing.look(NAMES.len()).as_slice(), [FAILING]);
    probing.answered(FAILING, logger.with_id("-"));
}

/// Serves `request`, letting the oldest go where `held` are in flight; the index of the member.
fn serve(lb: &LbWorker<Tomcat>, logger: &Logger, held: usize, request: &TestRequest) -> usize {
    IN_FLIGHT
        .with_borrow_mut(|in_flight| drop(in_flight.drain(..(in_flight.len() + 1).saturating_sub(held))));
    let mut notes = ServiceNotes::default();
    let outcome =
        request.with(logger, |request| lb.service(request, &mut NoClient { waiting: true }, &mut notes));
    assert_eq!(outcome, Outcome::Done);
    let last = notes.last.expect("a member").name;
    NAMES.iter().position(|name| *name == last).expect("a known member")
}

fn assert_ideal(fails: bool) {
    for method in METHODS {
        for (factors, held) in FACTORS {
            Site::new(method, factors, held, fails).assert_ideal();
        }
    }
}

#[test]
fn four_processes_spread_work_by_the_factors() {
    assert_ideal(false);
}

#[test]
fn they_do_while_a_member_fails_and_returns() {
    assert_ideal(true);
}
