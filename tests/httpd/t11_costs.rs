//! What a request and a configuration cost: processor time over rules, memory over members, system calls.
//!
//! Times are never compared with a clock: two servers are measured side by side in the same run.

use std::fs;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::{self, Backend};
use crate::support::client::Client;
use crate::support::httpd::Httpd;
use crate::support::process::{self, AtDeath, Process};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ports, wait};

pub fn suite() -> Suite {
    Suite::new("costs")
        .alone("ten_thousand_rules_cost_what_ten_cost", rules)
        .alone("members_cost_memory_only_when_used", members)
        .alone("a_short_exchange_takes_one_write_and_two_reads", system_calls)
}

const ROUNDS: usize = 7;
const REQUESTS_PER_ROUND: u32 = 1500;

fn rules() {
    let backend = Backend::constant("done");
    let [few, many] = [10, 10_000].map(|count| with_rules(&backend, count));
    let paths = ["/rule-00009/x", "/rule-09999/x"];
    let mut best = [f64::MAX; 2];
    for _ in 0..ROUNDS {
        for (server, httpd) in [&few, &many].into_iter().enumerate() {
            best[server] = best[server].min(microseconds_per_request(httpd, paths[server]));
        }
    }
    let ratio = best[1] / best[0];
    eprintln!(
        "costs: {:.1} us of CPU with 10 rules, {:.1} us with 10000, ratio {ratio:.3}",
        best[0], best[1]
    );
    // `make bench` measures whether it is below 1.1; here it only must not grow with the rules, on a busy machine.
    assert!(ratio <= 1.5, "a request under 10000 rules costs {ratio:.3} times that under 10");
}

fn with_rules(backend: &Backend, count: usize) -> Httpd {
    let rules: String = (0..count).map(|rule| format!("/rule-{rule:05}/*=w\n")).collect();
    Site::single_child(Mpm::Event, 4)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .file("conf/map.properties", &rules)
        .conf("JkMountFile conf/map.properties")
        .start()
}

fn microseconds_per_request(httpd: &Httpd, path: &str) -> f64 {
    let client = httpd.client();
    assert_eq!(client.get(path).status, 200);
    let used = || httpd.children().into_iter().map(process::cpu_time).sum::<Duration>();
    let before = used();
    for _ in 0..REQUESTS_PER_ROUND {
        assert_eq!(client.get(path).status, 200);
    }
    (used() - before).as_secs_f64() * 1e6 / f64::from(REQUESTS_PER_ROUND)
}

fn members() {
    let used = [Backend::constant("a"), Backend::constant("b")];
    let [few, many] = [2, 500].map(|count| resident_octets(&used, count));
    let grown = many.saturating_sub(few);
    eprintln!("costs: a child has {few} octets resident with 2 members, {grown} more with 500");
    assert!(grown < 3 << 20, "498 unused members cost {grown} octets in a child");
}

/// Resident memory of a child with `count` members, of which the first two take all requests.
fn resident_octets(used: &[Backend; 2], count: usize) -> u64 {
    let unused = ports::free();
    let names: Vec<_> = (0..count).map(|member| format!("m{member}")).collect();
    let workers: String = names
        .iter()
        .enumerate()
        .map(|(member, name)| match used.get(member) {
            Some(backend) => backend.worker(name),
            None => backend::worker(name, unused) + &format!("worker.{name}.distance=1\n"),
        })
        .collect();
    let lb = format!("worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers={}\n", names.join(","));
    let httpd = Site::single_child(Mpm::Event, 32).workers(&(lb + &workers)).conf("JkMount /* lb").start();
    let clients: Vec<Client> = (0..8).map(|_| httpd.client()).collect();
    for _ in 0..10 {
        assert!(clients.iter().all(|client| client.get("/x").status == 200));
    }
    let children = httpd.children();
    assert_eq!(children.len(), 1);
    process::proc_octets(children[0], "smaps_rollup", "Rss")
}

const TRACED: usize = 50;

fn system_calls() {
    let body: &'static str = "0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij";
    let backend = Backend::constant(body);
    let httpd = Site::single_child(Mpm::Prefork, 1)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /* w")
        .start();
    let client = httpd.client();
    for _ in 0..5 {
        assert_eq!(client.get("/x").text(), body);
    }
    let trace = httpd.site().path("logs/trace");
    let mut strace = attach(&httpd, &trace.display().to_string());
    for _ in 0..TRACED {
        assert_eq!(client.get("/x").text(), body);
    }
    strace.signal(Signal::INT);
    strace.wait(Duration::from_secs(10)).expect("strace ends");
    let text = fs::read_to_string(&trace).expect("a trace");
    let peer = format!("->127.0.0.1:{}]", backend.port());
    let [writes, reads] = [&WRITES[..], &READS].map(|names| count_calls(&text, names, &peer));
    eprintln!("costs: {TRACED} requests took {writes} writes and {reads} reads on the Tomcat socket");
    assert_eq!(writes, TRACED, "one write for each request");
    assert!((TRACED..=2 * TRACED).contains(&reads), "at most two reads for each request, not {reads}");
}

const WRITES: [&str; 5] = ["write(", "writev(", "send(", "sendto(", "sendmsg("];
const READS: [&str; 5] = ["read(", "readv(", "recv(", "recvfrom(", "recvmsg("];

fn count_calls(trace: &str, names: &[&str], peer: &str) -> usize {
    let calls =
        trace.lines().filter(|line| line.split_once('<').is_some_and(|(call, _)| called(call, names)));
    calls.filter(|line| line.contains(peer)).count()
}

/// `call` is what stands before the descriptor: an id of the process, the name, and an opening bracket.
fn called(call: &str, names: &[&str]) -> bool {
    let call = call.trim_end_matches(|character: char| character.is_ascii_digit());
    call.split_whitespace().last().is_some_and(|call| names.contains(&call))
}

fn attach(httpd: &Httpd, trace: &str) -> Process {
    let children = httpd.children();
    assert_eq!(children.len(), 1);
    let messages = httpd.site().path("logs/strace.log");
    let mut command: Command = process::guarded("strace", AtDeath::Terminate);
    command.args(["-f", "-yy", "-e", "trace=network,read,write,readv,writev", "-o", trace, "-p"]);
    command.arg(children[0].to_string());
    command.stderr(fs::File::create(&messages).expect("a log of our own"));
    let mut strace = Process::start(command);
    wait::until_true("strace to attach", Duration::from_secs(10), || {
        let said = fs::read_to_string(&messages).unwrap_or_default();
        assert!(strace.ended().is_none(), "strace ended: {said}");
        said.contains("attached")
    });
    strace
}
