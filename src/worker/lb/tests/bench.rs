//! The test bench: members that answer as scripted, requests made of parts, and a clock that is set by hand.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;

use crate::ajp::{Attributes, ForwardRequest, Headers, SendHeaders};
use crate::config::settings::samples::lb_settings;
use crate::config::settings::{Activation, Ajp13Settings, LbSettings};
use crate::log::{Context, Level, Logger};
use crate::mapping::{ActivationRule, RuleOptions};
use crate::shared::tests::shared_with;
use crate::shared::{AjpHandle, MemberHandle, MemberState, Shared};
use crate::worker::lb::{Backend, LbWorker, Member};
use crate::worker::{
    Assignment, Body, Cause, Client, ClientGone, Failure, NobodyWaits, Outcome, Progress, ServiceNotes, Then,
    WorkerRequest,
};

thread_local! {
    static CLOCK: Cell<i64> = Cell::new(crate::shared::now() + 1000);
}

/// The time that tests set, in seconds since the epoch.
pub(crate) fn clock() -> i64 {
    CLOCK.with(Cell::get)
}

/// Lets time pass.
pub(crate) fn pass(seconds: i64) {
    CLOCK.with(|clock| clock.set(clock.get() + seconds));
}

/// One call of a member's worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub member: String,
    pub route: String,
    pub activation: Activation,
    pub cookie: Option<String>,
}

type Script = Arc<Mutex<VecDeque<Outcome>>>;

/// A member that answers as scripted, and with success when the script is over.
pub(crate) struct Scripted {
    name: String,
    settings: ArcSwap<Ajp13Settings>,
    record: AjpHandle,
    script: Script,
    cause: Mutex<Option<Cause>>,
    calls: Arc<Mutex<Vec<Call>>>,
    cut_off: AtomicBool,
    octets: AtomicU64,
    at_next_look: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Backend for Scripted {
    fn service(
        &self,
        _request: &WorkerRequest<'_>,
        assignment: &Assignment<'_>,
        _client: &mut dyn Client,
        progress: &mut Progress,
    ) -> Outcome {
        let _busy = self.record.request_started();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        self.calls.lock().push(Call {
            member: self.name.clone(),
            route: assignment.route.map(text).unwrap_or_default(),
            activation: assignment.activation,
            cookie: assignment.added_headers.first().map(|(_, value)| text(value)),
        });
        progress.exchanged += self.octets.load(Relaxed);
        let outcome = self.script.lock().pop_front().unwrap_or(Outcome::Done);
        if outcome == failed(Failure::ReplyTimeout) {
            self.record.count_reply_timeout();
        }
        if matches!(outcome, Outcome::Failed { .. }) {
            progress.cause.clone_from(&self.cause.lock());
        }
        outcome
    }

    fn record(&self) -> &AjpHandle {
        &self.record
    }

    fn settings(&self) -> Guard<Arc<Ajp13Settings>> {
        let rival = self.at_next_look.lock().take();
        if let Some(rival) = rival {
            rival();
        }
        self.settings.load()
    }

    fn keep_current(&self) {}

    fn has_contact(&self) -> bool {
        !self.cut_off.load(Relaxed)
    }

    fn close_expired(&self, _log: Context<'_>) {}

    fn has_questions(&self) -> bool {
        false
    }

    fn ask(&self, _log: Context<'_>) {}
}

/// A failure that another member may repeat.
pub(crate) fn failed(failure: Failure) -> Outcome {
    Outcome::Failed { failure, repeatable: true }
}

/// A balancer `lb` over scripted members.
pub(crate) struct Bench {
    pub lb: LbWorker<Scripted>,
    pub shared: Arc<Shared>,
    pub calls: Arc<Mutex<Vec<Call>>>,
    pub logger: Logger,
}

impl Bench {
    /// Members called `names`, with the settings that `change` makes of the defaults.
    pub(crate) fn new(names: &[&str], change: impl FnOnce(&mut LbSettings)) -> Self {
        let mut settings = lb_settings("lb", names);
        settings.retry_interval = std::time::Duration::ZERO;
        change(&mut settings);
        let shared = shared_with(std::slice::from_ref(&settings), &[]);
        Self::on(&shared, settings)
    }

    /// A balancer with memory that others use, too.
    pub(crate) fn on(shared: &Arc<Shared>, settings: LbSettings) -> Self {
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let member = |settings: &Ajp13Settings| {
            let name = settings.name.as_str();
            let backend = Scripted {
                name: name.to_owned(),
                settings: ArcSwap::from_pointee(settings.clone()),
                record: shared.ajp(name).expect("planned"),
                script: Script::default(),
                cause: Mutex::default(),
                calls: Arc::clone(&calls),
                cut_off: AtomicBool::new(false),
                octets: AtomicU64::new(100),
                at_next_look: Mutex::default(),
            };
            (backend, shared.member("lb", name).expect("planned"))
        };
        let members = settings.members.iter().map(|settings| member(&settings.worker)).collect();
        let record = shared.lb("lb").expect("planned");
        let lb = LbWorker::new(Arc::new(settings), members, record, clock);
        Self { lb, shared: Arc::clone(shared), calls, logger: Logger::capture(Level::Debug) }
    }

    /// Makes the next attempts of `member` end with `outcomes`.
    pub(crate) fn script(&self, member: &str, outcomes: impl IntoIterator<Item = Outcome>) {
        self.member(member).backend().script.lock().extend(outcomes);
    }

    /// Gives the failures of `member` a cause.
    pub(crate) fn explain(&self, member: &str, cause: Cause) {
        *self.member(member).backend().cause.lock() = Some(cause);
    }

    /// Makes `member` cost `octets` per attempt.
    pub(crate) fn set_octets(&self, member: &str, octets: u64) {
        self.member(member).backend().octets.store(octets, Relaxed);
    }

    /// Has `rival` act when a selection has seen the state of `member` next, behind its back.
    pub(crate) fn at_next_look(&self, member: &str, rival: impl FnOnce() + Send + 'static) {
        *self.member(member).backend().at_next_look.lock() = Some(Box::new(rival));
    }

    /// Takes the host of `member` away.
    pub(crate) fn cut_off(&self, member: &str) {
        self.member(member).backend().cut_off.store(true, Relaxed);
    }

    pub(crate) fn member(&self, name: &str) -> &Member<Scripted> {
        self.lb.members().iter().find(|member| member.name() == name).expect("known member")
    }

    pub(crate) fn record(&self, member: &str) -> &MemberHandle {
        self.member(member).record()
    }

    pub(crate) fn state(&self, member: &str) -> MemberState {
        self.record(member).health().state
    }

    pub(crate) fn load(&self, member: &str) -> u64 {
        self.record(member).load()
    }

    /// Puts `member` into `state`, with errors that began and ended now.
    pub(crate) fn put(&self, member: &str, state: MemberState) {
        let times = state.is_doubtful().then(clock);
        let health = crate::shared::Health { state, first_error: times, last_error: times };
        self.record(member).update_health(|_| Some(health));
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: i64) {
        pass(seconds);
    }

    /// Serves `request`; returns outcome and notes.
    pub(crate) fn serve(&self, request: &TestRequest) -> (Outcome, ServiceNotes<'_>) {
        let mut notes = ServiceNotes::default();
        let outcome = request.with(&self.logger, |request| {
            self.lb.service(request, &mut NoClient { waiting: true }, &mut notes)
        });
        (outcome, notes)
    }

    /// Serves `request`; returns the outcome and the members that were tried.
    pub(crate) fn route(&self, request: &TestRequest) -> (Outcome, Vec<String>) {
        self.calls.lock().clear();
        let (outcome, _) = self.serve(request);
        (outcome, self.tried())
    }

    /// The members of all calls so far.
    pub(crate) fn tried(&self) -> Vec<String> {
        self.calls.lock().iter().map(|call| call.member.clone()).collect()
    }

    /// What the log says from `[info]` on.
    pub(crate) fn told(&self) -> Vec<String> {
        let lines = self.logger.captured().into_iter();
        lines.filter(|line| !line.starts_with("[debug]")).collect()
    }

    /// Serves `count` requests that are like `request`; returns the members, one letter each (their last).
    pub(crate) fn schedule(&self, request: &TestRequest, count: usize) -> String {
        let last = |member: String| member.chars().last().unwrap_or('?');
        (0..count).flat_map(|_| self.route(request).1).map(last).collect()
    }
}

/// A request under construction.
#[derive(Clone, Default)]
pub(crate) struct TestRequest {
    pub uri: String,
    pub cookies: Vec<String>,
    pub rule: RuleOptions,
    pub route: Option<String>,
    pub sticky_ignore: Option<bool>,
    pub stateless: Option<bool>,
    pub is_ssl: bool,
}

impl TestRequest {
    /// A request without session.
    pub(crate) fn new() -> Self {
        Self { uri: "/app/".to_owned(), ..Self::default() }
    }

    /// A request of the session `id`.
    pub(crate) fn session(id: &str) -> Self {
        Self { cookies: vec![format!("JSESSIONID={id}")], ..Self::new() }
    }

    /// The same request under a rule that says `activation` of `member`.
    pub(crate) fn rule(mut self, member: &str, activation: Activation) -> Self {
        self.rule.activations.push(ActivationRule { member: member.to_owned(), activation });
        self
    }

    /// Hands the request to `use_it`.
    pub(crate) fn with<T>(&self, logger: &Logger, use_it: impl FnOnce(&WorkerRequest<'_>) -> T) -> T {
        use_it(&WorkerRequest {
            forward: ForwardRequest {
                method: b"GET",
                protocol: b"HTTP/1.1",
                req_uri: self.uri.as_bytes(),
                remote_addr: None,
                remote_host: None,
                server_name: None,
                server_port: 80,
                is_ssl: self.is_ssl,
                headers: self,
                attributes: Attributes::default(),
            },
            body: Body::None,
            rule: &self.rule,
            reply_timeout: None,
            sticky_ignore: self.sticky_ignore,
            stateless: self.stateless,
            route: self.route.as_deref().map(str::as_bytes),
            flush_packets: false,
            flush_header: false,
            disable_reuse: false,
            log: logger.with_id("-"),
        })
    }
}

impl Headers for TestRequest {
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        visit(b"Host", b"example.org; JSESSIONID=host.header");
        self.cookies.iter().for_each(|cookie| visit(b"cOOkie", cookie.as_bytes()));
    }
}

/// A client without a body, for requests whose answers nobody looks at.
pub(crate) struct NoClient {
    /// Whether it waits for an answer.
    pub waiting: bool,
}

impl Client for NoClient {
    fn read_body(&mut self, _buffer: &mut [u8]) -> Result<usize, ClientGone> {
        Ok(0)
    }

    fn start(&mut self, _head: &SendHeaders<'_>, _added: &[(&[u8], &[u8])]) {}

    fn reset(&mut self) {}

    fn deliver(&mut self, _chunks: &[&[u8]], _then: Then) -> Result<(), ClientGone> {
        Ok(())
    }

    fn give_way(&mut self, _head: &SendHeaders<'_>) {}

    fn waits(&mut self) -> Result<(), NobodyWaits> {
        self.waiting.then_some(()).ok_or(NobodyWaits::ClientGone)
    }

    fn abort(&mut self) {}
}
