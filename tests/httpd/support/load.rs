//! Constant load on one server: client threads that repeat a request until they are told to stop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::client::{Client, Reply};

/// Running clients.
pub struct Load {
    stop: Arc<AtomicBool>,
    finished: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<Tally>>,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Tally {
    /// Good responses, by what the judge called them.
    pub good: BTreeMap<String, usize>,
    /// Everything else.
    pub failures: Vec<Bad>,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Bad {
    /// When it was sent.
    pub sent: Instant,
    /// When its failure was known.
    pub ended: Instant,
    /// What happened.
    pub what: String,
}

/// Decides whether a response is good and what to call it, or what is wrong with it.
pub type Judge = fn(&Reply) -> Result<String, String>;

impl Load {
    /// Starts `clients` threads; client `n` sends what `request(n)` says, each time on a new connection so
    /// that the end of an idle one is never mistaken for a lost request.
    pub fn start(
        clients: usize,
        port: u16,
        pause: Duration,
        request: impl Fn(usize) -> (&'static str, Vec<(&'static str, String)>) + Send + Sync + 'static,
        judge: Judge,
    ) -> Self {
        let request = move |number| {
            let (path, mut headers) = request(number);
            headers.push(("Connection", "close".to_owned()));
            (path, headers)
        };
        Self::keeping_alive(clients, port, pause, request, judge)
    }

    /// As [`Load::start`], on connections that are kept.
    pub fn keeping_alive(
        clients: usize,
        port: u16,
        pause: Duration,
        request: impl Fn(usize) -> (&'static str, Vec<(&'static str, String)>) + Send + Sync + 'static,
        judge: Judge,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let finished = Arc::new(AtomicUsize::new(0));
        let request = Arc::new(request);
        let threads = (0..clients).map(|number| {
            let (stop, finished, request) = (Arc::clone(&stop), Arc::clone(&finished), Arc::clone(&request));
            thread::spawn(move || {
                let client = Client::new(port);
                let (path, headers) = request(number);
                let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let mut tally = Tally::default();
                while !stop.load(Ordering::Relaxed) {
                    tally.add(Instant::now(), client.try_send("GET", path, &headers, &[]), judge);
                    finished.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(pause);
                }
                tally
            })
        });
        let threads = threads.collect();
        Self { stop, finished, threads }
    }

    /// Requests finished so far.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    /// Ends the load and sums up.
    pub fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let tallies =
            self.threads.into_iter().map(|thread| thread.join().expect("a client that does not panic"));
        tallies.fold(Tally::default(), Tally::merge)
    }
}

impl Tally {
    /// Good responses.
    pub fn good_count(&self) -> usize {
        self.good.values().sum()
    }

    /// Panics if anything failed or too little was tried.
    pub fn assert_all_good(&self, least: usize) {
        let first: Vec<_> = self.failures.iter().take(5).map(|bad| &bad.what).collect();
        assert!(
            self.failures.is_empty(),
            "{} of {} failed: {first:?}",
            self.failures.len(),
            self.good_count()
        );
        assert!(self.good_count() >= least, "only {} requests: no load", self.good_count());
    }

    fn add(&mut self, sent: Instant, result: Result<Reply, ureq::Error>, judge: Judge) {
        match result.map_err(|error| error.to_string()).and_then(|reply| judge(&reply)) {
            Ok(name) => *self.good.entry(name).or_default() += 1,
            Err(what) => self.failures.push(Bad { sent, ended: Instant::now(), what }),
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (name, count) in other.good {
            *self.good.entry(name).or_default() += count;
        }
        self.failures.extend(other.failures);
        self
    }
}

/// Calls a 200 by the `route` that the probe servlet names, and everything else a failure.
pub fn by_route(reply: &Reply) -> Result<String, String> {
    match (reply.status, reply.fact("route")) {
        (200, Some(route)) => Ok(route),
        (status, _) => Err(format!("status {status}: {}", reply.text().lines().next().unwrap_or_default())),
    }
}
