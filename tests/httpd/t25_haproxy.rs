//! Set-ups A and D behind a real HAProxy, with the configurations that `conf-examples/` has for it.
//!
//! Clients come from an address of their own in 127.0.0.0/8, so that it is seen who is taken for the client.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::client::Client;
use crate::support::example::{Example, Running};
use crate::support::load::{self, Load};
use crate::support::process::Process;
use crate::support::raw;
use crate::support::site::Mpm;
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::{paths, ports, wait};

/// The client; neither HAProxy nor httpd sits at this address.
const CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 77);

const PATIENCE: Duration = Duration::from_secs(30);
const CLIENTS: usize = 500;
const PAUSE: Duration = Duration::from_millis(700);

pub fn suite() -> Suite {
    Suite::new("haproxy")
        .test("a_the_access_log_of_tomcat_shows_the_real_client", real_client)
        .test("d_tls_that_ends_at_httpd_is_known_to_tomcat", tls)
        .alone("d_a_front_that_stops_and_a_tomcat_that_dies_cost_only_what_is_under_way", two_fronts)
        .alone("d_a_busy_front_still_serves_for_the_one_that_is_gone_or_whose_tomcat_is", busy_front)
}

/// HAProxy with the example's haproxy.cfg, as soon as it listens on `port`.
fn haproxy(example: &Example, port: u16) -> Process {
    let mut haproxy = example.run(&paths::haproxy(), &["-f", "haproxy.cfg"]);
    wait::until_true("HAProxy to listen", PATIENCE, || {
        assert!(haproxy.ended().is_none(), "HAProxy ended");
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    haproxy
}

/// GET from the client's own address.
fn get_from_client(port: u16, path: &str, headers: &str) -> u16 {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddrV4::new(CLIENT, 0).into()).expect("any address of 127.0.0.0/8 is ours");
    socket.connect(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()).expect("a server that listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut stream = TcpStream::from(socket);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}\r\n")
        .expect("it reads");
    raw::parse(&raw::read_to_close(&mut stream), false).status()
}

fn real_client() {
    let services = ["user1", "user2"].map(Service::new);
    let [tomcat] = Tomcat::start([&services]);
    let [public, http, admin] = [ports::free(), ports::free(), ports::free()];
    let example = || {
        Example::new("a-two-balancers", Mpm::Event)
            .set("PUBLIC_PORT", public)
            .set("HTTP_PORT", http)
            .set("HTTP_PORT2", admin)
            .set("USER1_AJP", services[0].port)
            .set("USER2_AJP", services[1].port)
            .set("ADMIN1_AJP", services[0].port)
            .set("ADMIN2_AJP", services[1].port)
    };
    let front = example();
    let _haproxy = haproxy(&front, public);
    let _httpd = example().start(http);
    let visits = [
        (public, "/plain", ""),
        (public, "/lied", "X-Forwarded-For: 192.0.2.1\r\n"),
        (public, "/lied-again", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 127.0.0.1\r\n"),
        (http, "/past-haproxy", "X-Forwarded-For: 192.0.2.1\r\n"),
    ];
    for (port, path, headers) in visits {
        assert_eq!(get_from_client(port, path, headers), 200, "{path}");
    }
    let log = || ["user1", "user2"].map(|route| tomcat.access_log(route)).concat();
    for (_, path, _) in visits {
        let line = format!("{CLIENT} GET {path} HTTP/1.1");
        wait::until_true(&format!("{line:?} in {:?}", log()), PATIENCE, || {
            log().lines().any(|found| found == line)
        });
    }
}

/// Two httpd's, each with a Tomcat of its own, and HAProxy over both.
struct TwoFronts {
    tomcats: [Tomcat; 2],
    fronts: [Running; 2],
    front_ports: [u16; 2],
    haproxy: Process,
    /// Where HAProxy runs.
    before: Example,
    http: u16,
    https: u16,
}

impl TwoFronts {
    fn start() -> Self {
        let services = ["tomcat1", "tomcat2"].map(Service::new);
        let tomcats = Tomcat::start([&services[..1], &services[1..]]);
        let [front_ports, tls_ports] = [[ports::free(), ports::free()], [ports::free(), ports::free()]];
        let [http, https] = [ports::free(), ports::free()];
        let fronts = [0, 1].map(|number| {
            let example = Example::new("d-two-fronts", Mpm::Event)
                .set("FRONT_PORT", front_ports[number])
                .set("TLS_PORT", tls_ports[number])
                .set("WORKER_AJP", services[number].port);
            make_certificate(&example);
            example.start(front_ports[number])
        });
        let before = Example::new("d-two-fronts", Mpm::Event)
            .set("HTTP_PORT", http)
            .set("HTTPS_PORT", https)
            .set("FRONT1_PORT", front_ports[0])
            .set("FRONT2_PORT", front_ports[1])
            .set("FRONT1_TLS_PORT", tls_ports[0])
            .set("FRONT2_TLS_PORT", tls_ports[1]);
        let haproxy = haproxy(&before, http);
        Self { tomcats, fronts, front_ports, haproxy, before, http, https }
    }

    /// Waits until HAProxy gives requests to both.
    fn wait_for_both(&self) {
        for wanted in ["tomcat1", "tomcat2"] {
            wait::until_true(&format!("HAProxy to use {wanted}"), PATIENCE, || {
                Client::new(self.http).get("/facts").fact("route").as_deref() == Some(wanted)
            });
        }
    }
}

/// A certificate that nobody has to trust.
fn make_certificate(example: &Example) {
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
        ])
        .arg(example.path("conf/server.key"))
        .arg("-out")
        .arg(example.path("conf/server.pem"))
        .output()
        .expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn tls() {
    let system = TwoFronts::start();
    system.wait_for_both();
    let output = Command::new("curl")
        .args([
            "--silent",
            "--insecure",
            "--noproxy",
            "*",
            "--max-time",
            "30",
            "--interface",
            &CLIENT.to_string(),
        ])
        .args([
            "--header",
            "X-Forwarded-For: 192.0.2.1",
            &format!("https://127.0.0.1:{}/facts", system.https),
        ])
        .output()
        .expect("curl runs");
    let facts = String::from_utf8_lossy(&output.stdout);
    let fact =
        |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or("");
    assert_eq!((fact("scheme"), fact("secure")), ("https", "true"), "{facts}");
    assert_eq!(fact("remote_addr"), CLIENT.to_string(), "{facts}");
    assert!(fact("cipher").contains("_") || fact("cipher").contains("-"), "{facts}");
    assert!(fact("key_size").parse::<u16>().is_ok_and(|bits| bits >= 128), "{facts}");
}

fn two_fronts() {
    let mut system = TwoFronts::start();
    system.wait_for_both();
    let path = |number| if number % 10 == 0 { "/slow?ms=300" } else { "/facts" };
    let load = Load::keeping_alive(
        CLIENTS,
        system.http,
        PAUSE,
        move |number| (path(number), Vec::new()),
        load::by_route,
    );
    wait::until_true("every client to have come twice", PATIENCE, || load.finished() >= 2 * CLIENTS);

    system.fronts[0].stop_gracefully();
    let stopped = load.finished();
    wait::until_true("the other front to serve all", PATIENCE, || load.finished() >= stopped + CLIENTS);
    system.fronts[0].start_again(system.front_ports[0]);
    system.wait_for_both();
    let back = load.finished();
    wait::until_true("both fronts to serve", PATIENCE, || load.finished() >= back + CLIENTS);

    let kill_began = Instant::now();
    system.tomcats[0].kill();
    let killed = Instant::now();
    thread::sleep(Duration::from_secs(1));
    let after = load.finished();
    wait::until_true("the other Tomcat to serve all", PATIENCE, || load.finished() >= after + 2 * CLIENTS);
    let tally = load.stop();

    assert!(system.haproxy.ended().is_none(), "HAProxy ended");
    eprintln!("two fronts: {:?}, {} failures", tally.good, tally.failures.len());
    let excused = |bad: &&load::Bad| bad.sent <= killed && bad.ended >= kill_began;
    let excess: Vec<_> = tally.failures.iter().filter(|bad| !excused(bad)).take(5).collect();
    let log = fs::read_to_string(system.before.path("logs/haproxy.log")).unwrap_or_default();
    assert!(excess.is_empty(), "not under way on what was killed: {excess:?}, killed at {killed:?}\n{log}");
    assert!(tally.failures.len() < CLIENTS / 2, "{} failures at once", tally.failures.len());
    for route in ["tomcat1", "tomcat2"] {
        assert!(tally.good.get(route).is_some_and(|count| *count >= CLIENTS / 2), "{:?}", tally.good);
    }
}

/// More requests at once than one front has threads to begin with, half of them sent to the other one first.
fn busy_front() {
    const AT_ONCE: usize = 250;
    let ends: [fn(&mut TwoFronts); 2] =
        [|system| system.tomcats[0].kill(), |system| system.fronts[0].stop_gracefully()];
    for end in ends {
        let mut system = TwoFronts::start();
        system.wait_for_both();
        end(&mut system);
        let http = system.http;
        let visit = move || Client::new(http).get("/slow?ms=1000");
        let visits: Vec<_> = (0..AT_ONCE).map(|_| thread::spawn(visit)).collect();
        let replies = visits.into_iter().map(|visit| visit.join().expect("a client that does not panic"));
        let routes = replies.map(|reply| load::by_route(&reply));
        let bad: Vec<_> = routes.filter(|route| route.as_deref() != Ok("tomcat2")).collect();
        assert!(bad.is_empty(), "{} of {AT_ONCE}: {:?}", bad.len(), &bad[..1]);
    }
}
