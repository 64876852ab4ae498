//! The spread of requests over members, and the counters that tell of it, when several processes choose at once.
//!
//! What is ideal: usable members get work in the ratio of their lbfactors, where work is a request, a new session or an
//! octet ("load-balancer, section 3"). For Busyness it is a request in flight: requests that take equal times are then
//! spread by the same ratio, if their number can be divided by the sum of the factors. The unit tests of the balancer
//! look at the choice alone; here httpd, its processes and the wire are real.

mod counting;
mod gate;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::support::backend::{Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{rapid, wait};
use counting::Tally;
use gate::Gate;

pub fn suite() -> Suite {
    Suite::new("spread")
        .alone("four_processes_spread_by_the_factors_also_while_a_member_fails_and_returns", by_factors)
        .alone("four_processes_keep_members_busy_by_the_factors", by_requests_in_flight)
        .test("the_first_requests_of_eight_processes_go_to_eight_members", first_requests)
        .alone("counters_of_members_add_up_to_the_requests_of_eight_processes", counters)
}

const LIMIT: Duration = Duration::from_secs(60);

/// The factors of the members.
const FACTORS: [&[u64]; 4] = [&[1, 1], &[2, 1], &[1, 2, 3], &[5, 1, 1]];

const MEMBERS: [&str; 3] = ["a", "b", "c"];

/// Prefork with exactly so many children.
fn prefork(children: usize) -> Site {
    let sizing = format!(
        "StartServers {children}\nServerLimit {children}\nMaxRequestWorkers {children}\n\
         MinSpareServers {children}\nMaxSpareServers {}\n",
        children + 1
    );
    Site::with_sizing(Mpm::Prefork, &sizing)
}

/// The balancer `lb<number>`; its members are at the addresses of the workers that [`MEMBERS`] names.
fn balancer(number: usize, method: &str, factors: &[u64]) -> String {
    let name = format!("lb{number}");
    let members: Vec<_> =
        MEMBERS.iter().take(factors.len()).map(|member| format!("{name}{member}")).collect();
    let mut text = format!(
        "worker.list={name}\nworker.{name}.type=lb\nworker.{name}.method={method}\n\
         worker.{name}.recover_time=1\nworker.{name}.balance_workers={}\n",
        members.join(",")
    );
    for ((member, factor), at) in members.iter().zip(factors).zip(MEMBERS) {
        text += &format!("worker.{member}.reference=worker.{at}\nworker.{member}.lbfactor={factor}\n");
    }
    text
}

/// A server whose path `/<number>/` leads to the balancer of that number, over `members`.
fn with_balancers(site: Site, members: [&Backend; 3], balancers: &[(&str, &[u64])]) -> Site {
    let mut workers: String =
        MEMBERS.iter().zip(members).map(|(name, backend)| backend.worker(name)).collect();
    let mut mounts = String::new();
    for (number, (method, factors)) in balancers.iter().enumerate() {
        workers += &balancer(number, method, factors);
        mounts += &format!("JkMount /{number}/* lb{number}\n");
    }
    site.workers(&workers).conf(&mounts)
}

/// Which members were usable, and what each got meanwhile.
struct Phase {
    usable: [bool; 3],
    got: [u64; 3],
}

impl Phase {
    /// What is ideal for the member.
    fn ideal(&self, factors: &[u64], member: usize) -> f64 {
        let factor = |member: usize| if self.usable[member] { factors[member] as f64 } else { 0.0 };
        self.got.iter().sum::<u64>() as f64 * factor(member) / (0..factors.len()).map(factor).sum::<f64>()
    }
}

/// Panics unless each member got what is ideal, give or take 2 %.
fn assert_ideal(method: &str, factors: &[u64], phases: &[Phase]) {
    for (member, name) in MEMBERS.iter().enumerate().take(factors.len()) {
        let ideal: f64 = phases.iter().map(|phase| phase.ideal(factors, member)).sum();
        let got: u64 = phases.iter().map(|phase| phase.got[member]).sum();
        assert!(
            (got as f64 - ideal).abs() <= 0.02 * ideal,
            "{method} {factors:?}: {name} got {got}, ideal is {ideal:.0}: {:?}",
            phases.iter().map(|phase| phase.got).collect::<Vec<_>>()
        );
    }
}

/// A server with many balancers over the same three Tomcats.
struct Run {
    balancers: Vec<(&'static str, &'static [u64])>,
    tally: Arc<Tally>,
    httpd: Httpd,
}

impl Run {
    /// Sends `count` requests through each balancer from four processes; all take turns, with answers of all lengths.
    fn send(&self, count: usize) {
        let all = self.balancers.len();
        let path = |number: usize| format!("/{}/{}", number % all, number * 7919 % 3989);
        rapid::send(self.httpd.port(), 4, count * all, path);
    }

    /// What the members have got of each balancer so far, in the terms of its method.
    fn got(&self) -> Vec<[u64; 3]> {
        let got = |(number, (method, _)): (usize, &(&str, &[u64]))| match *method {
            "Traffic" => self.tally.octets(number),
            _ => self.tally.requests(number),
        };
        self.balancers.iter().enumerate().map(got).collect()
    }

    /// Sends as [`Run::send`] does; one phase for each balancer.
    fn phase(&self, usable: [bool; 3], count: usize) -> Vec<Phase> {
        let before = self.got();
        self.send(count);
        let grown =
            |(now, before): ([u64; 3], [u64; 3])| [0, 1, 2].map(|member| now[member] - before[member]);
        self.got().into_iter().zip(before).map(grown).map(|got| Phase { usable, got }).collect()
    }
}

fn by_factors() {
    const REQUESTS_PER_PHASE: usize = 2000;
    const METHODS: [&str; 4] = ["Request", "Traffic", "Session", "Next"];
    let balancers: Vec<_> =
        METHODS.iter().flat_map(|method| FACTORS.map(|factors| (*method, factors))).collect();
    let tally = Tally::new(balancers.len());
    let [a, b, c] = [0, 1, 2].map(|member| Tally::backend(&tally, member));
    let httpd = with_balancers(prefork(4), [&a, &b, &c], &balancers).start();
    let run = Run { balancers, tally, httpd };

    let before = run.phase([true; 3], REQUESTS_PER_PHASE);
    let port = b.port();
    drop(b);
    wait::until_true("the member to refuse connections", LIMIT, || {
        TcpStream::connect(("127.0.0.1", port)).is_err()
    });
    let meanwhile = run.phase([true, false, true], REQUESTS_PER_PHASE);
    let _b = Tally::backend_at(&run.tally, 1, port);
    wait::until_true("the member to take part in all balancers again", LIMIT, || {
        run.phase([true; 3], 10).iter().all(|phase| phase.got[1] > 0)
    });
    let after = run.phase([true; 3], REQUESTS_PER_PHASE);
    let phases = before.into_iter().zip(meanwhile).zip(after);
    for ((method, factors), ((before, meanwhile), after)) in run.balancers.iter().zip(phases) {
        assert_ideal(method, factors, &[before, meanwhile, after]);
    }
}

fn by_requests_in_flight() {
    const REQUESTS: usize = 6000;
    const PROCESSES: usize = 4;
    for factors in FACTORS {
        let in_flight = PROCESSES * usize::try_from(factors.iter().sum::<u64>()).expect("a small number");
        let gate = Arc::new(Gate::new(in_flight, PROCESSES, REQUESTS));
        let members = [0, 1, 2].map(|_| {
            let gate = Arc::clone(&gate);
            Backend::answering(move |_| {
                gate.pass();
                Answer::ok("through")
            })
        });
        let [a, b, c] = &members;
        let site = Site::with_sizing(
            Mpm::Worker,
            "StartServers 4\nServerLimit 4\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 32\n\
             MinSpareThreads 1\nMaxSpareThreads 32\n",
        );
        let httpd = with_balancers(site, [a, b, c], &[("Busyness", factors)]).start();
        rapid::send(httpd.port(), in_flight, REQUESTS, |_| "/0/".to_owned());
        let got = members.each_ref().map(|member| member.requests().len() as u64);
        assert_ideal("Busyness", factors, &[Phase { usable: [true; 3], got }]);
    }
}

/// The members of eight requests that are in flight at once, in eight processes.
fn next_eight(httpd: &Httpd, backend: &Backend, path: &str) -> BTreeSet<String> {
    let before = backend.requests().len();
    rapid::send(httpd.port(), 8, 8, |_| path.to_owned());
    let routes = backend.requests().split_off(before).into_iter();
    routes.map(|mut forward| forward.attributes.remove("route").expect("a route")).collect()
}

fn first_requests() {
    const METHODS: [&str; 5] = ["Request", "Traffic", "Busyness", "Session", "Next"];
    let gate = Arc::new(Gate::new(8, 8, usize::MAX));
    let backend = Backend::answering(move |_| {
        gate.pass();
        Answer::ok("through")
    });
    let mut workers = backend.worker("at");
    let mut mounts = String::new();
    for method in METHODS {
        let members: Vec<_> = (0..8).map(|member| format!("{method}{member}")).collect();
        workers += &format!(
            "worker.list={method}\nworker.{method}.type=lb\nworker.{method}.method={method}\n\
             worker.{method}.balance_workers={}\n",
            members.join(",")
        );
        workers.extend(members.iter().map(|member| format!("worker.{member}.reference=worker.at\n")));
        mounts += &format!("JkMount /{method} {method}\n");
    }
    let httpd = prefork(8).workers(&workers).conf(&mounts).start();
    let spread = || {
        for method in METHODS {
            let members = next_eight(&httpd, &backend, &format!("/{method}"));
            assert_eq!(members.len(), 8, "{method}: {members:?}");
        }
    };
    spread();
    let old = httpd.children();
    httpd.graceful_by_signal();
    wait::until_true("eight children of the next generation alone", LIMIT, || {
        let children = httpd.children();
        children.len() == 8 && !children.iter().any(|child| old.contains(child))
    });
    spread();
}

/// What the notes of the last attempt say of its member, in this order.
const NOTES: [&str; 4] = ["ACCESSED", "SESSIONS", "READ", "TRANSFERRED"];

fn counters() {
    const REQUESTS: u64 = 100_000;
    let tally = Tally::new(1);
    let members = [0, 1, 2].map(|member| Tally::backend(&tally, member));
    let [a, b, c] = &members;
    let notes: String = NOTES.iter().map(|note| format!(" %{{JK_LB_LAST_{note}}}n")).collect();
    let httpd = with_balancers(prefork(8), [a, b, c], &[("Request", &[1, 2, 3])])
        .conf(&format!("LogFormat \"%P %{{JK_LB_LAST_NAME}}n{notes}\" notes\nCustomLog logs/notes.log notes"))
        .start();
    rapid::send(httpd.port(), 8, REQUESTS as usize, |number| format!("/0/{}", number % 100));
    let log = wait::until("the last line of the log", LIMIT, || {
        let log = httpd.log("notes.log");
        (log.lines().count() as u64 == REQUESTS).then_some(log)
    });
    let mut processes = BTreeSet::new();
    let mut highest: BTreeMap<&str, [u64; NOTES.len()]> = BTreeMap::new();
    for line in log.lines() {
        let mut words = line.split(' ');
        processes.insert(words.next().expect("a process"));
        let member = highest.entry(words.next().expect("a member")).or_default();
        for (highest, word) in member.iter_mut().zip(words) {
            *highest = (*highest).max(word.parse().expect("a number"));
        }
    }
    assert_eq!(processes.len(), 8, "each client has a process of its own");
    let (requests, received, sent) = (tally.requests(0), tally.received(0), tally.sent(0));
    let expected =
        [0, 1, 2].map(|member| [requests[member], requests[member], sent[member], received[member]]);
    assert_eq!(["lb0a", "lb0b", "lb0c"].map(|member| highest[member]), expected);
    assert_eq!(requests.iter().sum::<u64>(), REQUESTS);
}
