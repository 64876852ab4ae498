//! Each mishap of the first hour, as an administrator reads it: one line for the end of a request, in words that say
//! what was tried, where, and what to look at.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::support::ajp;
use crate::support::backend::{self, Answer, Backend};
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::raw;
use crate::support::site::{Mpm, Site};
use crate::support::wait;

const PATIENCE: Duration = Duration::from_secs(30);

/// A worker that is in trouble, with the properties it needs.
struct Mishap {
    name: &'static str,
    properties: &'static str,
    status: u16,
    /// What its one line says, `@PORT@` being its port.
    says: &'static [&'static str],
}

const ONE_TRY: &str = "retries=1";

const MISHAPS: [Mishap; 10] = [
    Mishap {
        name: "down",
        properties: "retries=2\nretry_interval=1",
        status: 503,
        says: &["127.0.0.1:@PORT@ took no connection (Connection refused) (2 attempts); Tomcat is not running on \
                 127.0.0.1:@PORT@ or a firewall is between"],
    },
    Mishap {
        name: "firewall",
        properties: "retries=1\nsocket_connect_timeout=100",
        status: 503,
        says: &[
            "127.0.0.1:@PORT@ took no connection within 100 ms (socket_connect_timeout) (1 attempt); the machine is down",
            "or Tomcat hangs and its queue (acceptCount) is full",
        ],
    },
    Mishap {
        name: "http",
        properties: ONE_TRY,
        status: 502,
        says: &["127.0.0.1:@PORT@ speaks HTTP, not AJP (1 attempt)", "worker.http.port has to be that of"],
    },
    Mishap {
        name: "httpping",
        properties: "retries=1\nping_mode=A\nping_timeout=20000",
        status: 503,
        says: &["127.0.0.1:@PORT@ speaks HTTP, not AJP (1 attempt)", "worker.httpping.port has to be that of"],
    },
    Mishap {
        name: "deaf",
        properties: "retries=1\nping_mode=A\nping_timeout=100",
        status: 503,
        says: &[
            "127.0.0.1:@PORT@ did not answer a CPing (nothing came within 100 ms)",
            "its AJP connector may have failed to start",
            "secretRequired",
            "worker.deaf.secret",
        ],
    },
    Mishap {
        name: "hung",
        properties: "retries=1\nping_mode=A\nping_timeout=20000\nreply_timeout=100",
        status: 504,
        says: &["did not answer: nothing came within 100 ms (reply_timeout)", "this page takes longer, or Tomcat hangs"],
    },
    Mishap {
        name: "slow",
        properties: "retries=1\nping_mode=A\nping_timeout=20000\nsocket_timeout=1",
        status: 502,
        says: &["did not answer: nothing came within 1000 ms (socket_timeout)", "this page takes longer, or Tomcat hangs"],
    },
    Mishap {
        name: "fresh",
        properties: "retries=1\nreply_timeout=100",
        status: 504,
        says: &["this page takes longer, or Tomcat hangs; or, as nothing has come from there yet, its AJP connector may"],
    },
    Mishap {
        name: "ending",
        properties: ONE_TRY,
        status: 502,
        says: &["did not answer to the end: the connection was closed", "worker.ending.secret"],
    },
    Mishap {
        name: "unknown",
        properties: "retries=1\nhost=tomcat.invalid",
        status: 503,
        says: &["tomcat.invalid:@PORT@ is not known: the host name does not resolve", "look at worker.unknown.host"],
    },
];

/// What plays the trouble of a worker.
struct Trouble {
    port: u16,
    _backend: Option<Backend>,
    _queue: Option<FullQueue>,
}

impl Trouble {
    fn of(name: &str) -> Self {
        let backend = match name {
            "down" | "unknown" => None,
            "firewall" => {
                let queue = FullQueue::new();
                return Self { port: queue.port, _backend: None, _queue: Some(queue) };
            }
            "http" | "httpping" => Some(Backend::start(|connection| {
                connection.packet();
                connection.send(b"HTTP/1.1 400 \r\nConnection: close\r\n\r\n");
                connection.finish();
                connection.stall();
            })),
            "ending" => Some(Backend::start(|connection| drop(connection.request()))),
            "hung" | "slow" | "fresh" => Some(Backend::start(|connection| {
                connection.request();
                connection.stall();
            })),
            _ => Some(Backend::start(|connection| connection.stall())),
        };
        Self {
            port: backend.as_ref().map_or_else(ports::free, Backend::port),
            _backend: backend,
            _queue: None,
        }
    }
}

/// A port that takes no further connection, as if a firewall dropped what comes.
struct FullQueue {
    port: u16,
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl FullQueue {
    fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let port = ports::free();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        listener.bind(&address.into()).expect("a free port");
        listener.listen(0).expect("a listener");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok();
        Self { port, _listener: listener, _waiting: std::iter::from_fn(connect).take(8).collect() }
    }
}

/// Every mishap is one request and one line at error level.
pub fn every_mishap() {
    let troubles = MISHAPS.map(|mishap| Trouble::of(mishap.name));
    let workers: String =
        MISHAPS.iter().zip(&troubles).map(|(mishap, trouble)| properties(mishap, trouble.port)).collect();
    let names = MISHAPS.map(|mishap| mishap.name).join(",");
    let mounts = MISHAPS.map(|mishap| format!("JkMount /{0}/* {0}\n", mishap.name)).concat();
    let httpd =
        Site::new(Mpm::Event).workers(&format!("worker.list={names}\n{workers}")).conf(&mounts).start();
    let started = httpd.jk_log();
    assert_eq!(started.matches("(unknown) host tomcat.invalid does not resolve (").count(), 1, "{started}");
    for (mishap, trouble) in MISHAPS.iter().zip(&troubles) {
        let path = format!("/{}/page", mishap.name);
        assert_eq!(httpd.get(&path).status, mishap.status, "{path}");
        let line = the_error(&httpd, &format!("GET {path} gets {}: ", mishap.status));
        for text in mishap.says {
            let text = text.replace("@PORT@", &trouble.port.to_string());
            assert!(line.contains(&text), "{text:?} is not in {line}");
        }
    }
    check_words(&httpd);
}

fn properties(mishap: &Mishap, port: u16) -> String {
    let name = mishap.name;
    let own = mishap.properties.lines().map(|line| format!("worker.{name}.{line}\n")).collect::<String>();
    match own.contains(".host=") {
        true => format!("worker.{name}.type=ajp13\nworker.{name}.port={port}\n{own}"),
        false => format!("{}{own}", backend::worker(name, port)),
    }
}

/// The only line at error level that is about a request.
fn the_error(httpd: &Httpd, about: &str) -> String {
    let log = httpd.jk_log();
    let path = about.split(' ').nth(1).expect("a path");
    let errors: Vec<_> = log.lines().filter(|line| line.contains("[error]") && line.contains(path)).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}\n{log}");
    assert!(errors[0].contains(about), "{about:?} is not in {}", errors[0]);
    errors[0].to_owned()
}

/// No line speaks the language of its programmers.
fn check_words(httpd: &Httpd) {
    let log = httpd.jk_log();
    for word in
        ["os error", "Connect)", "NoMember", "LocalError", "ReplyTimeout", "Some(", ".rs (", " 1 members"]
    {
        assert!(!log.contains(word), "{word:?} is in the log: {log}");
    }
}

/// A balancer tells the end itself: who was tried, who was not, and why; and a member that is back.
pub fn balancer() {
    let port = ports::free();
    let stalling = Backend::start(|connection| {
        connection.request();
        connection.stall();
    });
    let httpd = Site::single_child(Mpm::Event, 8)
        .workers(&format!(
            "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=gone,slow,nowhere,resting\n\
             worker.lb.recover_time=1\nworker.lb.retries=1\n{}worker.gone.retries=1\n{}worker.slow.retries=1\n\
             worker.slow.reply_timeout=100\nworker.nowhere.type=ajp13\nworker.nowhere.host=tomcat.invalid\n\
             worker.nowhere.port=8009\n{}worker.resting.activation=stopped",
            backend::worker("gone", port),
            stalling.worker("slow"),
            backend::worker("resting", port),
        ))
        .conf("JkMount /* lb")
        .start();
    assert!(matches!(httpd.get("/first").status, 503 | 504));
    let line = the_error(&httpd, "GET /first gets 50");
    let gone = format!("gone at 127.0.0.1:{port} took no connection (Connection refused) (1 attempt)");
    let slow = format!("slow at 127.0.0.1:{} did not answer: nothing came within 100 ms", stalling.port());
    for text in [
        &gone,
        &slow,
        "nowhere has a host that does not resolve (tomcat.invalid), resting is stopped; ",
        &format!("; Tomcat is not running on 127.0.0.1:{port} or a firewall is between"),
        "; this page takes longer, or Tomcat hangs; or, as nothing has come from there yet, its AJP connector may have",
    ] {
        assert!(line.contains(text), "{text:?} is not in {line}");
    }
    let log = httpd.jk_log();
    let change = format!("(lb) member {gone}: it is in error state now, ");
    assert_eq!(log.matches(&change).count(), 1, "{log}");
    let _back = Backend::start_at(port, |connection| connection.serve(&|_: &_| Answer::ok("back")));
    wait::until_true("the member to recover", PATIENCE, || httpd.get("/later").status == 200);
    assert!(httpd.jk_log().contains("(lb) member gone works again"), "{}", httpd.jk_log());
    check_words(&httpd);
}

/// Tomcat refuses with 403 what comes without its secret; where to look is said once, and only then.
pub fn secrets() {
    let refusing = || {
        Backend::start(|connection| {
            while connection.request().is_some() {
                let end = ajp::end_response(false);
                connection.send(&[ajp::send_headers(403, &[]), end].concat());
            }
        })
    };
    let (without, with, named) = (refusing(), refusing(), refusing());
    let page = Backend::answering(|_| Answer::page(403, "not for you"));
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!(
            "worker.list=without,with,page,named\n{}{}worker.with.secret=guessed\n{}{}worker.named.secret=guessed\n",
            without.worker("without"),
            with.worker("with"),
            page.worker("page"),
            named.worker("named")
        ))
        .conf("JkMount /without/* without\nJkMount /with/* with\nJkMount /page/* page\nJkMount /named/* named")
        .load("setenvif")
        .conf("JkEnvVar STAGE\nJkEnvVar UNSET\nSetEnvIf Request_URI ^/named/ STAGE=production")
        .start();
    for path in ["/without/x", "/with/x", "/page/x", "/named/x"].repeat(2) {
        assert_eq!(httpd.get(path).status, 403, "{path}");
    }
    let log = httpd.jk_log();
    let hints: Vec<_> = log.lines().filter(|line| line.contains("secret")).collect();
    assert_eq!(hints.len(), 3, "{log}");
    assert!(hints[0].contains("(without) Tomcat answered GET /without/x with 403"), "{hints:#?}");
    assert!(hints[0].contains("this worker has none, set worker.without.secret"), "{hints:#?}");
    assert!(hints[1].contains("another secret than worker.with.secret"), "{hints:#?}");
    assert!(!hints[1].contains("JkEnvVar"), "{hints:#?}");
    assert!(hints[2].contains("another secret than worker.named.secret"), "{hints:#?}");
    let variable = "or when the Connector's allowedRequestAttributesPattern does not fit all that JkEnvVar sends, which \
                    here is STAGE: ";
    assert!(hints[2].contains(variable) && !hints[2].contains("production"), "{hints:#?}");
    assert!(!log.contains("guessed"), "{log}");
}

/// A connector that did not start leaves its port open: connections are made, and nothing is ever said.
pub fn silence() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let httpd = Site::single_child(Mpm::Event, 4)
        .workers(&format!("worker.list=w\n{}", backend::worker("w", port)))
        .conf("JkMount /* w")
        .start();
    let client = thread::spawn({
        let port = httpd.port();
        move || raw::get(port, "/waiting")
    });
    wait::until_true("a word about the silence", PATIENCE, || {
        let log = httpd.jk_log();
        log.contains(&format!("(w) 127.0.0.1:{port} has not answered GET /waiting for 10 s"))
            && log.contains("worker.w.secret have to be the same")
    });
    drop(listener);
    assert_eq!(client.join().expect("an answer").status(), 503, "the port is closed now");
}
