//! Clients with sessions, who know when they may lose them, and when a request.

use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::support::client::{Client, Reply};
use crate::support::wait;

const CLIENTS: usize = 32;

/// Between the requests of a client.
const BRISK: Duration = Duration::from_millis(50);
const CALM: Duration = Duration::from_millis(500);

/// Visits after which a client begins a new session.
const VISITS: u64 = 10;

/// The Tomcat that is killed.
const VICTIM: &str = "tomcat1";

/// Clients of one server.
pub struct Clients {
    seen: Arc<Seen>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    /// Somebody else needs the machine.
    is_calm: AtomicBool,
    finished: AtomicUsize,
    /// From before to after each kill.
    kills: Mutex<Vec<(Instant, Instant)>>,
    failed: Mutex<Vec<Failed>>,
    lost_sessions: Mutex<Vec<Lost>>,
}

/// A request without a good answer.
struct Failed {
    sent: Instant,
    ended: Instant,
    what: String,
}

/// A session that did not go on where it was.
struct Lost {
    /// Its last visit before.
    last: Instant,
    noticed: Instant,
    what: String,
}

#[derive(Clone)]
struct Session {
    cookie: String,
    route: String,
    visits: u64,
    last: Instant,
}

impl Clients {
    /// Starts them; each fourth posts what it does, so that nothing of it may be repeated.
    pub fn start(port: u16) -> Self {
        let seen = Arc::<Seen>::default();
        let threads = (0..CLIENTS).map(|number| {
            let seen = Arc::clone(&seen);
            thread::spawn(move || {
                visit(&Client::new(port), if number % 4 == 0 { "POST" } else { "GET" }, &seen)
            })
        });
        let threads = threads.collect();
        Self { seen, threads }
    }

    /// Waits for so many more requests of theirs.
    pub fn wait_for(&self, requests: usize) {
        let finished = || self.seen.finished.load(Ordering::Relaxed);
        let goal = finished() + requests;
        wait::until_true("the clients to go on", Duration::from_secs(60), || finished() >= goal);
    }

    /// Has them ask for less, or for more again.
    pub fn calm(&self, is_calm: bool) {
        self.seen.is_calm.store(is_calm, Ordering::Relaxed);
    }

    /// The first Tomcat was killed, not before `begun` and not later than now.
    pub fn note_kill(&self, begun: Instant) {
        self.seen.kills.lock().push((begun, Instant::now()));
    }

    /// Ends them; panics if any saw what it should not have seen.
    pub fn stop(self) -> Summary {
        self.seen.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("a client that does not panic"));
        let (kills, failed) = (self.seen.kills.lock(), self.seen.failed.lock());
        // What ran when it was killed, or was given to it before anybody knew.
        let in_flight =
            |failed: &&Failed| kills.iter().any(|kill| failed.sent <= kill.1 && kill.0 <= failed.ended);
        let others: Vec<_> =
            failed.iter().filter(|failed| !in_flight(failed)).map(|failed| &failed.what).collect();
        assert!(others.is_empty(), "failed without having been in flight at a kill: {others:?}");
        assert!(failed.len() <= kills.len() * CLIENTS, "{} failed", failed.len());
        let lost = self.seen.lost_sessions.lock();
        for lost in lost.iter() {
            let was_killed = kills.iter().any(|kill| lost.last <= kill.1 && kill.0 <= lost.noticed);
            assert!(was_killed, "{}", lost.what);
        }
        assert!(!lost.is_empty(), "a Tomcat was killed that had no sessions");
        Summary {
            requests: self.seen.finished.load(Ordering::Relaxed),
            failed: failed.len(),
            lost: lost.len(),
        }
    }
}

/// What clients did and saw.
pub struct Summary {
    requests: usize,
    failed: usize,
    lost: usize,
}

impl Display for Summary {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { requests, failed, lost } = self;
        write!(out, "{requests} requests, {failed} failed in flight, {lost} sessions lost")
    }
}

fn visit(client: &Client, method: &str, seen: &Seen) {
    let mut session: Option<Session> = None;
    while !seen.stop.load(Ordering::Relaxed) {
        let cookie = session.as_ref().map(|session| session.cookie.clone());
        // The end of an idle connection must not be taken for a lost request.
        let mut headers = vec![("Connection", "close")];
        headers.extend(cookie.iter().map(|cookie| ("Cookie", cookie.as_str())));
        let sent = Instant::now();
        let answer =
            client.try_send(method, "/farm/session", &headers, &[]).map_err(|error| error.to_string());
        let ended = Instant::now();
        session = match answer.and_then(|reply| Session::of(&reply, sent)) {
            Ok(new) => seen.check(session, new, ended).filter(|session| session.visits < VISITS),
            Err(what) => {
                seen.failed.lock().push(Failed { sent, ended, what });
                session
            }
        };
        seen.finished.fetch_add(1, Ordering::Relaxed);
        thread::sleep(if seen.is_calm.load(Ordering::Relaxed) { CALM } else { BRISK });
    }
}

impl Session {
    fn of(reply: &Reply, sent: Instant) -> Result<Self, String> {
        let fact = |name| reply.fact(name).ok_or_else(|| format!("{}: no {name}", reply.status));
        let cookie = format!("JSESSIONID={}", fact("session")?);
        let visits = fact("visits")?.parse().map_err(|_| "no number of visits")?;
        Ok(Self { cookie, route: fact("route")?, visits, last: sent })
    }
}

impl Seen {
    /// The `new` visit follows the one `before` in the same session, unless that was lost.
    fn check(&self, before: Option<Session>, new: Session, noticed: Instant) -> Option<Session> {
        if let Some(before) = before {
            let goes_on = new.cookie == before.cookie && new.visits == before.visits + 1;
            let what = format!("{} {} became {} {}", before.cookie, before.visits, new.cookie, new.visits);
            assert!(goes_on || before.route == VICTIM, "{what}");
            if !goes_on {
                self.lost_sessions.lock().push(Lost { last: before.last, noticed, what });
            }
        }
        Some(new)
    }
}
