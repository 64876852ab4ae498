//! Members that count what they get of each balancer, with little work on a request.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::Arc;

use crate::support::ajp;
use crate::support::backend::{Backend, Connection};

/// What the three members got, by the number of the balancer.
pub struct Tally(Vec<[Got; 3]>);

#[derive(Default)]
struct Got {
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Tally {
    /// For so many balancers.
    pub fn new(balancers: usize) -> Arc<Self> {
        Arc::new(Self((0..balancers).map(|_| Default::default()).collect()))
    }

    /// A member that answers paths of the form `/<number of the balancer>/<octets>` with so many octets.
    pub fn backend(tally: &Arc<Self>, member: usize) -> Backend {
        let tally = Arc::clone(tally);
        Backend::start(move |connection| tally.serve(member, connection))
    }

    /// As [`Tally::backend`], on a given port.
    pub fn backend_at(tally: &Arc<Self>, member: usize, port: u16) -> Backend {
        let tally = Arc::clone(tally);
        Backend::start_at(port, move |connection| tally.serve(member, connection))
    }

    /// Requests that each member got of a balancer.
    pub fn requests(&self, balancer: usize) -> [u64; 3] {
        self.of_each(balancer, |got| &got.requests)
    }

    /// Octets of these requests.
    pub fn received(&self, balancer: usize) -> [u64; 3] {
        self.of_each(balancer, |got| &got.received)
    }

    /// Octets of their answers.
    pub fn sent(&self, balancer: usize) -> [u64; 3] {
        self.of_each(balancer, |got| &got.sent)
    }

    /// Octets of both.
    pub fn octets(&self, balancer: usize) -> [u64; 3] {
        let (received, sent) = (self.received(balancer), self.sent(balancer));
        [0, 1, 2].map(|member| received[member] + sent[member])
    }

    fn of_each(&self, balancer: usize, counter: impl Fn(&Got) -> &AtomicU64) -> [u64; 3] {
        self.0[balancer].each_ref().map(|got| counter(got).load(SeqCst))
    }

    fn serve(&self, member: usize, connection: &mut Connection) {
        while let Some(payload) = connection.packet() {
            if payload == [10] {
                connection.send(&ajp::cpong());
                continue;
            }
            let (balancer, octets) = numbers(&payload);
            let head = ajp::send_headers(200, &[("Content-Length", &octets.to_string())]);
            let answer = [head, ajp::body_chunk(&vec![b'x'; octets]), ajp::end_response(true)].concat();
            let got = &self.0[balancer][member];
            got.requests.fetch_add(1, SeqCst);
            got.received.fetch_add(payload.len() as u64 + 4, SeqCst);
            got.sent.fetch_add(answer.len() as u64, SeqCst);
            connection.send(&answer);
        }
    }
}

/// Where the URI of a Forward Request begins: behind its code, the method, `HTTP/1.1`, and the lengths of both texts.
const URI: usize = 2 + 2 + 9 + 2;

fn numbers(payload: &[u8]) -> (usize, usize) {
    let uri = payload[URI..].split(|octet| *octet == 0).next().unwrap_or_default();
    let uri = std::str::from_utf8(uri).expect("a path of these tests");
    let mut numbers = uri.split('/').skip(1).map(|part| part.parse().expect("a number"));
    (numbers.next().expect("a balancer"), numbers.next().expect("a length"))
}
