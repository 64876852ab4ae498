//! Users whose sessions last for some requests. None of them may be lost, and no request may fail.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::client::{Client, Reply};
use super::wait;

const USERS: usize = 32;

/// Between two requests of a user.
const PAUSE: Duration = Duration::from_millis(60);

/// Requests after which a user begins a new session.
const VISITS: u64 = 8;

/// A user who needs longer for a session than members drain was held up by the machine.
const LONG: Duration = Duration::from_secs(2);

/// Users of one server.
pub struct Users {
    seen: Arc<Seen>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    finished: AtomicUsize,
    sessions: AtomicUsize,
    moved: AtomicUsize,
    /// Since when each member drains.
    drains: Mutex<BTreeMap<String, Instant>>,
}

struct Session {
    cookie: String,
    route: String,
    visits: u64,
    begun: Instant,
}

impl Users {
    /// Starts them at the session servlet that `path` leads to; each fourth posts what it does, so that nothing of it may be
    /// repeated.
    pub fn start(port: u16, path: &'static str) -> Self {
        let seen = Arc::<Seen>::default();
        let threads = (0..USERS).map(|number| {
            let (seen, method) = (Arc::clone(&seen), if number % 4 == 0 { "POST" } else { "GET" });
            thread::spawn(move || visit(&Client::new(port), method, path, &seen))
        });
        Self { threads: threads.collect(), seen }
    }

    /// Waits for so many more requests of theirs.
    pub fn wait_for(&self, requests: usize) {
        let finished = || self.seen.finished.load(Relaxed);
        let goal = finished() + requests;
        wait::until_true("the users to go on", Duration::from_secs(60), || finished() >= goal);
    }

    /// Sessions of `route` that began before now may end elsewhere if they last longer than it drains.
    pub fn is_draining(&self, route: &str) {
        self.seen.drains.lock().insert(route.to_owned(), Instant::now());
    }

    /// Ends them; panics if any saw what it should not have seen.
    pub fn stop(self) -> Summary {
        self.seen.stop.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("a user who saw nothing wrong"));
        let [requests, sessions, moved] =
            [&self.seen.finished, &self.seen.sessions, &self.seen.moved].map(|count| count.load(Relaxed));
        assert!(sessions > 50, "{sessions}");
        Summary { requests, sessions, moved }
    }
}

/// What users did.
pub struct Summary {
    requests: usize,
    sessions: usize,
    moved: usize,
}

impl Display for Summary {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { requests, sessions, moved } = self;
        write!(
            out,
            "{requests} requests, none failed, {sessions} sessions, {moved} of them moved after a drain"
        )
    }
}

fn visit(client: &Client, method: &str, path: &str, seen: &Seen) {
    let mut session: Option<Session> = None;
    while !seen.stop.load(Relaxed) {
        // The end of an idle connection must not be taken for a lost request.
        let mut headers = vec![("Connection", "close")];
        headers.extend(session.iter().map(|session| ("Cookie", session.cookie.as_str())));
        let reply = client.send(method, path, &headers, &[]);
        let new = Session::of(&reply, session.as_ref());
        session = seen.check(session.take(), new).filter(|session| session.visits < VISITS);
        seen.finished.fetch_add(1, Relaxed);
        thread::sleep(PAUSE);
    }
}

impl Session {
    fn of(reply: &Reply, before: Option<&Self>) -> Self {
        let fact = |name| {
            reply.fact(name).unwrap_or_else(|| panic!("{}: no {name}: {}", reply.status, reply.text()))
        };
        let cookie = format!("JSESSIONID={}", fact("session"));
        let begun =
            before.filter(|before| before.cookie == cookie).map_or_else(Instant::now, |before| before.begun);
        let visits = fact("visits").parse().expect("a number of visits");
        Self { cookie, route: fact("route"), visits, begun }
    }
}

impl Seen {
    /// The `new` visit follows the one `before` in the same session, unless its member was stopped meanwhile.
    fn check(&self, before: Option<Session>, new: Session) -> Option<Session> {
        let Some(before) = before else {
            self.sessions.fetch_add(1, Relaxed);
            return Some(new);
        };
        if (&before.cookie, before.visits + 1) != (&new.cookie, new.visits) {
            let drained = self.drains.lock().get(&before.route).copied();
            let may_move = drained.is_some_and(|since| before.begun < since) && before.begun.elapsed() > LONG;
            assert!(may_move, "{} {} became {} {}", before.cookie, before.visits, new.cookie, new.visits);
            self.moved.fetch_add(1, Relaxed);
        }
        Some(new)
    }
}
