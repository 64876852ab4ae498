//! A Tomcat is killed under load: only what was in flight on it may fail, and it takes part again after its start.

use std::time::{Duration, Instant};

use crate::support::client::Client;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::wait;

const CLIENTS: usize = 16;

pub fn suite() -> Suite {
    let mpms = [Mpm::Event, Mpm::Prefork];
    Suite::new("failover").alone_under(&mpms, "a_killed_tomcat_loses_at_most_its_requests_in_flight", killed)
}

fn killed(mpm: Mpm) {
    let services = ["tomcat1", "tomcat2"].map(Service::new);
    let [mut first, _second] = Tomcat::start([&services[..1], &services[1..]]);
    let members: String = services.iter().map(Service::worker).collect();
    let httpd = Site::new(mpm)
        .workers(&format!(
            "worker.list=lb\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers=tomcat1,tomcat2\n\
             worker.lb.recover_time=2\n{members}"
        ))
        .conf("JkMount /* lb")
        .start();
    let load = Load::start(CLIENTS, httpd.port(), Duration::from_millis(2), request, load::by_route);
    progress(&load, 500);
    first.kill();
    let killed = Instant::now();
    progress(&load, 1000);
    let survivors: Vec<_> = (0..20).map(|_| sticky(&httpd.client())).collect();
    assert!(survivors.iter().all(|route| route.as_deref() == Some("tomcat2")), "{survivors:?}");
    first.restart();
    let restarted = Instant::now();
    wait::until_true("the killed Tomcat to take part again", Duration::from_secs(30), || {
        sticky(&httpd.client()).as_deref() == Some("tomcat1")
    });
    eprintln!("failover under {}: takes part again {:?} after its restart", mpm.name(), restarted.elapsed());
    progress(&load, 500);
    let tally = load.stop();
    eprintln!("failover under {}: {:?}, {} failed", mpm.name(), tally.good, tally.failures.len());
    let late: Vec<_> = tally.failures.iter().filter(|bad| bad.sent > killed).map(|bad| &bad.what).collect();
    assert!(late.is_empty(), "sent after the death and failed all the same: {late:?}");
    assert!(tally.failures.len() <= CLIENTS, "{} failed, more than was in flight", tally.failures.len());
}

/// A quarter of the clients has a session on the one, a quarter on the other, the rest none.
fn request(client: usize) -> (&'static str, Vec<(&'static str, String)>) {
    let cookie = |route| vec![("Cookie", format!("JSESSIONID=0123456789.{route}"))];
    match client % 4 {
        0 => ("/facts", cookie("tomcat1")),
        1 => ("/facts", cookie("tomcat2")),
        _ => ("/facts", Vec::new()),
    }
}

fn sticky(client: &Client) -> Option<String> {
    client.get_with("/facts", &[("Cookie", "JSESSIONID=0123456789.tomcat1")]).fact("route")
}

fn progress(load: &Load, requests: usize) {
    let goal = load.finished() + requests;
    wait::until_true("the load to go on", Duration::from_secs(60), || load.finished() >= goal);
}
