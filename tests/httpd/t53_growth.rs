//! What must not grow with the number of virtual hosts, children and clients, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::process::{self, AtDeath, Process};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("growth")
        .under(&[Mpm::Event, Mpm::Prefork], "one_process_looks_at_each_map_file_once_for_all", looks)
        .test("a_change_is_taken_everywhere_though_the_process_that_looked_was_killed", killed)
        .test("idle_clients_cost_no_connection_to_tomcat_and_no_memory_of_ours", idle_clients)
        .test("hosts_that_say_the_same_keep_its_rules_once", shared_rules)
}

const LIMIT: Duration = Duration::from_secs(60);

/// Virtual hosts with a map file of their own, and as many with one that they share, of which half mount something
/// themselves.
const HOSTS: usize = 8;

fn many_hosts(mpm: Mpm, backends: &[Backend; 2]) -> Httpd {
    let workers = format!("worker.list=a,b\n{}{}", backends[0].worker("a"), backends[1].worker("b"));
    let mut site = Site::new(mpm).workers(&workers).file("conf/common.map", "/x/*=a\n");
    let mut conf = String::new();
    for host in 0..HOSTS {
        site = site.file(&format!("conf/own{host}.map"), "/x/*=a\n");
        let mount = if host % 2 == 0 { format!("JkMount /y{host} a\n") } else { String::new() };
        for (name, file, mount) in
            [("own", format!("own{host}"), ""), ("common", "common".to_owned(), &*mount)]
        {
            conf += &format!(
                "<VirtualHost *:@PORT@>\nServerName {name}{host}.example\nJkMountFile conf/{file}.map\n\
                 JkMountFileReload 1\n{mount}</VirtualHost>\n"
            );
        }
    }
    site.conf(&conf).start()
}

/// Looks at map files: by process, and by file.
#[derive(Debug, Default)]
struct Looks {
    processes: BTreeSet<u32>,
    files: BTreeMap<String, usize>,
}

/// What parent and children look at until they have looked `times` times at one of the files.
fn traced(httpd: &Httpd, times: usize) -> Looks {
    let (trace, messages) = (httpd.site().path("logs/trace"), httpd.site().path("logs/strace.log"));
    let mut command: Command = process::guarded("strace", AtDeath::Terminate);
    command.args(["-f", "-s", "400", "-e", "trace=%file", "-o"]).arg(&trace);
    let processes: Vec<u32> = std::iter::once(httpd.id()).chain(httpd.children()).collect();
    for process in &processes {
        command.arg("-p").arg(process.to_string());
    }
    command.stderr(fs::File::create(&messages).expect("a log of our own"));
    let mut strace = Process::start(command);
    wait::until_true("enough looks", LIMIT, || {
        let said = fs::read_to_string(&messages).unwrap_or_default();
        assert!(strace.ended().is_none(), "strace ended: {said}");
        looks(&trace).files.values().any(|count| *count >= times)
    });
    let owner = |thread: &u32| {
        let is_of = |process: &&u32| Path::new(&format!("/proc/{process}/task/{thread}")).exists();
        processes.iter().find(is_of).copied().unwrap_or(*thread)
    };
    strace.signal(Signal::INT);
    strace.wait(Duration::from_secs(10)).expect("strace ends");
    let looks = looks(&trace);
    return Looks { processes: looks.processes.iter().map(owner).collect(), ..looks };

    fn looks(trace: &Path) -> Looks {
        let mut looks = Looks::default();
        for line in fs::read_to_string(trace).unwrap_or_default().lines() {
            let Some((before, _)) = line.split_once(".map\"") else { continue };
            let thread: Option<u32> = line.split_whitespace().next().and_then(|id| id.parse().ok());
            looks.processes.extend(thread);
            let file = before.rsplit('/').next().unwrap_or_default();
            *looks.files.entry(file.to_owned()).or_default() += 1;
        }
        looks
    }
}

fn settle(httpd: &Httpd) {
    wait::until_true("all hosts to answer", LIMIT, || httpd.get("/x/y").fact("route").is_some());
    // A version is looked at until it is a second old.
    std::thread::sleep(Duration::from_secs(2));
}

fn looks(mpm: Mpm) {
    let backends = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let httpd = many_hosts(mpm, &backends);
    settle(&httpd);
    assert!(httpd.children().len() > 1);
    let looks = traced(&httpd, 4);
    eprintln!("growth under {}: {looks:?}", mpm.name());
    assert_eq!(looks.processes.len(), 1, "{looks:?}");
    assert_eq!(looks.files.len(), HOSTS + 1, "{looks:?}");
    let counts = || looks.files.values();
    let (least, most) = (counts().min().expect("files"), counts().max().expect("files"));
    assert!(most - least <= 1, "a file is looked at as often as any other: {looks:?}");
}

fn killed() {
    let backends = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let httpd = many_hosts(Mpm::Prefork, &backends);
    settle(&httpd);
    let leader = *traced(&httpd, 1).processes.first().expect("one looks");
    assert!(httpd.children().contains(&leader), "the parent looks");
    process::send(leader, Signal::KILL);
    for file in ["common", "own3"] {
        httpd.site().write(&format!("conf/{file}.map"), "/x/*=b\n");
    }
    for host in ["common0.example", "common1.example", "own3.example"] {
        wait::until_true(&format!("the change in all processes of {host}"), LIMIT, || {
            let route = || httpd.client().get_with("/x/y", &[("Host", host)]).fact("route");
            (0..24).all(|_| route().as_deref() == Some("b"))
        });
    }
    let log = httpd.jk_log();
    for file in ["common", "own3"] {
        let told = log.matches(&format!("{file}.map has changed: 1 rule")).count();
        assert_eq!(told, 1, "one line per version: {log}");
    }
}

/// Octets that a child has resident when so many virtual hosts have the same map file and the same lines of an included
/// file.
fn resident(backend: &Backend, hosts: usize) -> u64 {
    let rules: String = (0..3000).map(|rule| format!("/rule-{rule:05}/*=w\n")).collect();
    let host = |host| {
        format!(
            "<VirtualHost *:@PORT@>\nServerName h{host}.example\nInclude conf/common.conf\n</VirtualHost>\n"
        )
    };
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .file("conf/common.map", &rules)
        .file("conf/common.conf", "JkMountFile conf/common.map\nJkMount /own/* w\n")
        .conf(&(0..hosts).map(host).collect::<String>())
        .start();
    assert_eq!(httpd.get("/rule-02999/x").status, 200);
    process::proc_octets(httpd.children()[0], "smaps_rollup", "Rss")
}

fn shared_rules() {
    let backend = Backend::constant("done");
    let [few, many] = [1, 101].map(|hosts| resident(&backend, hosts));
    let each = many.saturating_sub(few) / 100;
    eprintln!("growth: a virtual host with the rules of another takes {each} octets");
    assert!(each < 32 << 10, "a virtual host with the rules of another takes {each} octets");
}

const IDLE_CLIENTS: usize = 500;

/// What a child takes for so many clients who have asked for `path` and keep their connection: descriptors, and octets.
fn kept(httpd: &Httpd, path: &str) -> (usize, u64) {
    let child = httpd.children()[0];
    let figures =
        || (process::descriptors(child), process::proc_octets(child, "smaps_rollup", "Private_Dirty"));
    let visit = || {
        let mut client = TcpStream::connect(("127.0.0.1", httpd.port())).expect("a connection");
        client.set_read_timeout(Some(LIMIT)).expect("a time limit");
        write!(client, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
        let mut answer = [0; 4096];
        let length = client.read(&mut answer).expect("an answer");
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer[..length])
        );
        client
    };
    let mut clients: Vec<_> = (0..50).map(|_| visit()).collect();
    let before = figures();
    clients.extend((0..IDLE_CLIENTS).map(|_| visit()));
    let after = figures();
    (after.0 - before.0, after.1.saturating_sub(before.1))
}

fn idle_clients() {
    let backend = Backend::constant("done");
    let start = || {
        Site::single_child(Mpm::Event, 8)
            .workers(&format!("worker.list=w\n{}", backend.worker("w")))
            .file("htdocs/file", "done")
            .conf("JkMount /x/* w\nAsyncRequestWorkerFactor 200\nKeepAliveTimeout 300")
            .start()
    };
    let (_, by_file) = kept(&start(), "/file");
    let httpd = start();
    let (descriptors, forwarded) = kept(&httpd, "/x/y");
    let ratio = forwarded as f64 / by_file as f64;
    eprintln!("growth: {IDLE_CLIENTS} idle clients take {forwarded} octets, {by_file} after a file of httpd's own: {ratio:.2}");
    assert_eq!((descriptors, backend.open()), (IDLE_CLIENTS, 1), "descriptors, connections to Tomcat");
    assert!(ratio < 1.2, "an idle client costs {ratio:.2} times what it costs httpd");
}
