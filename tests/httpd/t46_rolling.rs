//! A deployment that rolls over three Tomcats: each is drained, waited for, stopped, started again and activated, while
//! users with sessions go on. The manual, "Zero-downtime deployment".
//!
//! `MOD_JK_ROUNDS` says how often; the usual run is one round.

use std::env;
use std::time::Duration;

use serde_json::Value;

use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::users::Users;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("rolling").alone("no_request_fails_and_no_session_is_lost_while_tomcats_are_replaced", run)
}

const PATIENCE: Duration = Duration::from_secs(90);

/// Seconds for which a member drains: longer than sessions of these users last.
const DRAIN: &str = "3";

fn run() {
    let rounds = env::var("MOD_JK_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let services = ["tomcat1", "tomcat2", "tomcat3"].map(Service::new);
    let [one, two, three] = &services;
    let mut tomcats =
        Tomcat::start([std::slice::from_ref(one), std::slice::from_ref(two), std::slice::from_ref(three)]);
    let httpd = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=farm,jkstatus\nworker.jkstatus.type=status\nworker.farm.type=lb\n\
             worker.farm.balance_workers=tomcat1,tomcat2,tomcat3\n{}",
            services.each_ref().map(Service::worker).concat()
        ))
        .conf("JkMount /farm/* farm\nJkMount /jkmanager jkstatus")
        .start();
    let users = Users::start(httpd.port(), "/farm/session");
    users.wait_for(200);
    for _ in 0..rounds {
        for (tomcat, service) in tomcats.iter_mut().zip(&services) {
            replace(&httpd, tomcat, &service.route, &users);
        }
    }
    users.wait_for(200);
    println!("{} in {rounds} rounds", users.stop());
}

/// What a script for one Tomcat does.
fn replace(httpd: &Httpd, tomcat: &mut Tomcat, route: &str, users: &Users) {
    command(httpd, &format!("cmd=drain&w=farm&sw={route}&timeout={DRAIN}"));
    assert_eq!(member(httpd, route)["settings"]["activation"], "Disabled");
    users.is_draining(route);
    wait::until_true(&format!("{route} to be empty"), PATIENCE, || {
        let member = member(httpd, route);
        member["settings"]["activation"] == "Stopped" && member["busy"] == 0
    });
    tomcat.kill();
    users.wait_for(100);
    tomcat.restart();
    command(httpd, &format!("cmd=activate&w=farm&sw={route}"));
    let before = member(httpd, route)["used"].as_u64();
    wait::until_true(&format!("{route} to serve again"), PATIENCE, || {
        member(httpd, route)["used"].as_u64() > before
    });
}

fn command(httpd: &Httpd, query: &str) {
    let answer = httpd.get(&format!("/jkmanager?{query}&mime=txt")).text();
    assert_eq!(answer, "Result: type=OK message=\"Action finished\"\n", "{query}");
}

/// What the status page tells of a member.
fn member(httpd: &Httpd, route: &str) -> Value {
    let text = httpd.get(&format!("/jkmanager?cmd=show&w=farm&sw={route}&mime=json")).text();
    let all: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    all["balancers"][0]["members"][0].clone()
}
