//! Real Tomcats are killed and come back, five times, behind a server of each MPM at once.
//!
//! One Java process holds what is killed, `tomcat1` and `spare1`; the other, `tomcat2` and `spare2`, goes on.

mod clients;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::tomcat::{Service, Tomcat};
use crate::support::wait;
use clients::Clients;

const PATIENCE: Duration = Duration::from_secs(60);

const RESTARTS: usize = 5;

/// How long it may take until requests are served again, since a member answers CPings: in most of the rounds, as the
/// machine may be busy otherwise.
const RETURN: Duration = Duration::from_secs(2);

/// Balancers over the four; in each the names of members are their own, and the routes those of the Tomcats.
const BALANCERS: &str = "\
    worker.list=standby,distant,domains,forced,doomed,farm\n\
    worker.maintain=1\n\
    worker.lb.type=lb\n\
    worker.lb.recover_time=1\n\
    worker.standby.reference=worker.lb\n\
    worker.standby.balance_workers=s1,s2\n\
    worker.s1.redirect=tomcat2\n\
    worker.s2.activation=disabled\n\
    worker.distant.reference=worker.lb\n\
    worker.distant.balance_workers=n1,n2\n\
    worker.n2.distance=1\n\
    worker.domains.reference=worker.lb\n\
    worker.domains.balance_workers=d1,d2,e2\n\
    worker.d1.domain=left\n\
    worker.d2.domain=right\n\
    worker.e2.domain=left\n\
    worker.forced.reference=worker.lb\n\
    worker.forced.balance_workers=f1,f2\n\
    worker.forced.sticky_session_force=1\n\
    worker.doomed.reference=worker.lb\n\
    worker.doomed.balance_workers=x1,y1\n\
    worker.farm.reference=worker.lb\n\
    worker.farm.balance_workers=g1,g2\n";

/// The members, and the Tomcats that they are.
const MEMBERS: [(&str, &str); 13] = [
    ("s1", "tomcat1"),
    ("s2", "tomcat2"),
    ("n1", "tomcat1"),
    ("n2", "tomcat2"),
    ("d1", "tomcat1"),
    ("d2", "tomcat2"),
    ("e2", "spare2"),
    ("f1", "tomcat1"),
    ("f2", "tomcat2"),
    ("x1", "tomcat1"),
    ("y1", "spare1"),
    ("g1", "tomcat1"),
    ("g2", "tomcat2"),
];

/// A session of one of the Tomcats, or none.
type Session = Option<&'static str>;

/// Balancer, session, and who serves it while the first process is dead; and while all is well.
const EXPECTED: [(&str, Session, &str, &str); 12] = [
    ("standby", None, "tomcat2", "tomcat1"),
    ("standby", Some("tomcat1"), "tomcat2", "tomcat1"),
    ("standby", Some("tomcat2"), "tomcat2", "tomcat2"),
    ("distant", None, "tomcat2", "tomcat1"),
    ("distant", Some("tomcat1"), "tomcat2", "tomcat1"),
    ("domains", Some("tomcat1"), "spare2", "tomcat1"),
    ("domains", Some("spare2"), "spare2", "spare2"),
    ("domains", Some("tomcat2"), "tomcat2", "tomcat2"),
    ("forced", Some("tomcat1"), "503", "tomcat1"),
    ("forced", Some("tomcat2"), "tomcat2", "tomcat2"),
    ("doomed", Some("tomcat1"), "503", "tomcat1"),
    ("doomed", Some("spare1"), "503", "spare1"),
];

fn server(mpm: Mpm, tomcats: [&Tomcat; 2]) -> Httpd {
    let services = ["tomcat1", "spare1", "tomcat2", "spare2"];
    let service = |route: &str| tomcats[usize::from(route.ends_with('2'))].service(route);
    let places: String = services.iter().map(|route| service(route).worker()).collect();
    let members: String = MEMBERS
        .iter()
        .map(|(name, route)| format!("worker.{name}.reference=worker.{route}\nworker.{name}.route={route}\n"))
        .collect();
    let names = ["standby", "distant", "domains", "forced", "doomed", "farm"];
    let mounts: String = names.iter().map(|name| format!("JkMount /{name}/* {name}\n")).collect();
    Site::new(mpm).workers(&format!("{BALANCERS}{places}{members}")).conf(&mounts).start()
}

/// Who serves a request of `session`, or the status if nobody does.
fn served(httpd: &Httpd, balancer: &str, session: Session) -> String {
    let cookie = session.map(|route| format!("JSESSIONID=0123456789.{route}"));
    let headers: Vec<_> = cookie.iter().map(|cookie| ("Cookie", cookie.as_str())).collect();
    let reply = httpd.client().get_with(&format!("/{balancer}/facts"), &headers);
    match reply.status {
        200 => reply.fact("route").expect("the probe servlet"),
        status => status.to_string(),
    }
}

pub fn run() {
    let services = [["tomcat1", "spare1"], ["tomcat2", "spare2"]].map(|routes| routes.map(Service::new));
    let [mut first, second] = Tomcat::start([&services[0], &services[1]]);
    let servers = ALL_MPMS.map(|mpm| (mpm.name(), server(mpm, [&first, &second])));
    for (mpm, httpd) in &servers {
        EXPECTED.iter().for_each(|(balancer, session, _, well)| {
            assert_eq!(&served(httpd, balancer, *session), well, "{balancer} {session:?} under {mpm}");
        });
    }
    let clients = servers.each_ref().map(|(_, httpd)| Clients::start(httpd.port()));
    let mut returns = [const { Vec::new() }; 3];
    for _ in 0..RESTARTS {
        clients.iter().for_each(|clients| clients.calm(false));
        clients.iter().for_each(|clients| clients.wait_for(100));
        let before = Instant::now();
        first.kill();
        clients.iter().for_each(|clients| clients.note_kill(before));
        thread::scope(|scope| {
            servers.iter().for_each(|(mpm, httpd)| drop(scope.spawn(move || dead(mpm, httpd))));
        });
        clients.iter().for_each(|clients| clients.wait_for(100));
        clients.iter().for_each(|clients| clients.calm(true));
        first.launch_again();
        first.wait_for("tomcat1");
        thread::scope(|scope| {
            let servers = servers.each_ref();
            let looks = servers.map(|(mpm, httpd)| scope.spawn(move || returned(mpm, httpd)));
            for (look, returns) in looks.into_iter().zip(&mut returns) {
                returns.push(look.join().expect("all is well again"));
            }
        });
    }
    for (((mpm, _), clients), mut returns) in servers.iter().zip(clients).zip(returns) {
        clients.wait_for(100);
        returns.sort_unstable();
        eprintln!("operation under {mpm}: {}, service after {returns:?}", clients.stop());
        assert!(returns[RESTARTS / 2] < RETURN, "{returns:?} under {mpm}");
    }
}

/// The first requests notice that the Tomcats are dead, and from then on everybody knows.
fn dead(mpm: &str, httpd: &Httpd) {
    for (balancer, session, dead, _) in EXPECTED {
        wait::until_true(&format!("{dead} for {balancer} {session:?} under {mpm}"), PATIENCE, || {
            served(httpd, balancer, session) == dead
        });
    }
    let attempts = || httpd.jk_log().matches("(f1) ").count();
    let before = attempts();
    for (balancer, session, dead, _) in EXPECTED {
        assert_eq!(served(httpd, balancer, session), dead, "{balancer} {session:?} under {mpm}");
    }
    assert_eq!(attempts(), before, "a forced session gets its 503 at once under {mpm}");
}

/// The first Tomcat answers CPings again, and soon requests; returns how soon.
fn returned(mpm: &str, httpd: &Httpd) -> Duration {
    let service = first_service(httpd);
    for (balancer, session, _, well) in EXPECTED {
        wait::until_true(&format!("{well} for {balancer} {session:?} under {mpm}"), PATIENCE, || {
            served(httpd, balancer, session) == well
        });
    }
    service
}

/// How long it takes until a request is served, of many that don't wait for each other: the other Tomcat of the same
/// process has its port already, and holds what comes there until it has started.
fn first_service(httpd: &Httpd) -> Duration {
    let (sender, answers) = mpsc::channel();
    let since = Instant::now();
    thread::scope(|scope| {
        while since.elapsed() < PATIENCE {
            let sender = sender.clone();
            scope.spawn(move || sender.send(served(httpd, "doomed", None) != "503"));
            let next = Instant::now() + RETURN / 10;
            while let Ok(is_served) = answers.recv_timeout(next.saturating_duration_since(Instant::now())) {
                if is_served {
                    return since.elapsed();
                }
            }
        }
        panic!("no service {PATIENCE:?} after the return of a member")
    })
}
