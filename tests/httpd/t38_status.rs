//! The status worker: its stable formats side by side with those of the C original, and what an operator does with it.
//!
//! Rules: "status-worker" and "decisions, row 21".

mod parameters;

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::backend::{self, Backend};
use crate::support::httpd::Httpd;
use crate::support::paths;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("status")
        .test("the_stable_formats_are_those_of_the_original", golden)
        .test("nine_requests_follow_what_the_operator_wants", operate)
        .under(&[Mpm::Event, Mpm::Prefork], "a_change_reaches_every_child", all_children)
        .under(&[Mpm::Event, Mpm::Prefork], "every_parameter_changes_what_it_says", parameters::each)
        .test("a_browser_is_sent_by_no_other_site", cross_site)
}

/// What is asked of both, in this order: the later ones see what the earlier changed.
const ASKED: [&str; 46] = [
    "mime=xml",
    "mime=txt",
    "mime=prop",
    "cmd=show&w=lb&mime=xml",
    "cmd=show&w=lb&sw=t1&mime=xml",
    "cmd=show&w=alone&mime=txt",
    "cmd=show&w=alone&mime=prop",
    "cmd=version&mime=xml",
    "cmd=version&mime=txt",
    "cmd=version&mime=prop",
    "cmd=dump&mime=xml",
    "cmd=dump&mime=txt",
    "cmd=dump&mime=prop",
    "cmd=edit&w=lb&mime=xml",
    "cmd=edit&w=st&mime=txt",
    "cmd=show&w=st&mime=xml",
    "cmd=show&w=nix&mime=xml",
    "cmd=show&mime=txt",
    "cmd=show&w=&mime=txt",
    "cmd=show&w=alone&sw=x&mime=txt",
    "cmd=show&w=lb&sw=&mime=txt",
    "cmd=show&w=lb&sw=no&mime=prop",
    "cmd=show&w=lb&sw=t*&mime=txt",
    "cmd=nix&mime=xml",
    "mime=nix",
    "cmd=recover&w=lb&sw=t1&mime=txt",
    "cmd=reset&w=st&mime=txt",
    "cmd=update&w=st&mime=txt",
    "cmd=reset&w=lb&mime=txt",
    "cmd=reset&w=lb&opt=32&mime=txt",
    "mime=xml&opt=1",
    "mime=txt&opt=2",
    "mime=xml&opt=3",
    "mime=xml&opt=8",
    "mime=prop&opt=16",
    "cmd=update&w=lb&sw=t1&vwa=d&mime=txt",
    "cmd=update&w=lb&sw=t1&vwf=3&vwn=rr.1&vwr=t2&vwd=2&vwc=dom&vacpt=5&vapng=1&vact=2&vapt=3&vart=4&var=5&vari=6&varo=8&vabl=9&vamps=9000&mime=txt",
    "mime=txt",
    "cmd=update&w=lb&vlr=4&vlri=5&vlt=70&vlee=8&vlx=9&vls=0&vlf=1&vlm=B&vll=P&mime=txt",
    "mime=xml",
    "cmd=update&w=lb&att=vwf&val0=7&val1=8&mime=txt",
    "cmd=update&w=lb&sw=t*&vwa=a&mime=txt",
    "cmd=update&w=lb&sw=zz*&vwa=a&mime=txt",
    "cmd=update&w=alone&var=7&mime=txt",
    "cmd=update&w=lb&sw=t2&vaprt=18099&mime=txt",
    "mime=prop",
];

fn site(module: &Path) -> Site {
    Site::single_child_of(module, Mpm::Event, 4)
        .workers(
            "worker.list=lb,alone,st\nworker.lb.type=lb\nworker.lb.balance_workers=t1,t2\n\
             worker.t1.host=127.0.0.1\nworker.t1.port=18009\nworker.t1.route=r1\nworker.t1.domain=d\n\
             worker.t2.host=127.0.0.1\nworker.t2.port=18010\nworker.t2.activation=d\nworker.t2.redirect=r1\n\
             worker.alone.host=127.0.0.1\nworker.alone.port=18011\nworker.alone.secret=hidden\nworker.st.type=status\n",
        )
        .conf(
            "ServerName www.example.com:80\nJkMount /status st\nJkMount /app/* lb\n\
             JkMount /a2|/* alone;reply_timeout=5;fail_on_status=500,-503\nJkUnMount /app/*.gif lb\n\
             <VirtualHost *:@PORT@>\nServerName v.example.com\nJkMountCopy On\nJkMount /v/* lb\n</VirtualHost>",
        )
}

fn status(httpd: &Httpd, query: &str) -> String {
    httpd.get(&format!("/status?{query}")).text()
}

/// All answers, with what two servers can't have in common taken out.
fn answers(httpd: &Httpd) -> Vec<String> {
    ASKED.iter().map(|query| format!("{query}\n{}", comparable(httpd, &status(httpd, query)))).collect()
}

fn comparable(httpd: &Httpd, answer: &str) -> String {
    let root = httpd.site().path("").display().to_string();
    let root = root.trim_end_matches('/');
    let answer = answer.replace(root, "ROOT").replace(&httpd.port().to_string(), "PORT");
    answer.split_inclusive(['\n', ' ']).map(without_moment).collect()
}

/// A word without times and versions.
fn without_moment(word: &str) -> String {
    const KEYS: [&str; 8] = [
        "datetime",
        "unix",
        "last_reset_at",
        "last_reset_ago",
        "time_to_maintenance_min",
        "time_to_maintenance_max",
        "time_unix",
        "time_datetime",
    ];
    let key = word.split('=').next().unwrap_or(word);
    match word {
        word if word.contains("mod_jk/") => "VERSION\n".to_owned(),
        _ if KEYS.iter().any(|known| key.ends_with(known)) => format!("{key}=?\n"),
        word => word.to_owned(),
    }
}

/// Where the original breaks a promise, the answers differ on purpose.
fn is_meant(query: &str) -> bool {
    query.contains("sw=zz*")
}

fn golden() {
    let Some(original) = paths::original() else { return };
    let (theirs, ours) = (site(&original).start(), site(paths::module()).start());
    let (theirs, ours) = (answers(&theirs), answers(&ours));
    for ((query, theirs), ours) in ASKED.iter().zip(&theirs).zip(&ours) {
        let differing: Vec<_> =
            theirs.lines().zip(ours.lines()).filter(|(theirs, ours)| theirs != ours).collect();
        assert!(theirs == ours || is_meant(query), "{query}: {differing:?}");
    }
}

fn balanced(mpm: Mpm, backends: &[&Backend]) -> Httpd {
    let names: Vec<_> = (1..=backends.len()).map(|number| format!("tomcat{number}")).collect();
    let workers = names.iter().zip(backends).map(|(name, at)| backend::worker(name, at.port()));
    let workers: String = workers.collect();
    Site::new(mpm)
        .workers(&format!(
            "worker.list=lb,st\nworker.lb.type=lb\nworker.lb.balance_workers={}\n{workers}worker.st.type=status\n",
            names.join(",")
        ))
        .conf("JkMount /status st\nJkMount /app/* lb")
        .start()
}

fn nine(httpd: &Httpd) -> BTreeMap<String, usize> {
    (0..9).fold(BTreeMap::new(), |mut shares, _| {
        *shares.entry(httpd.get("/app/").text()).or_default() += 1;
        shares
    })
}

fn shares(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect()
}

/// Set-up B: a script takes a Tomcat out and in again.
fn operate() {
    let backends = ["1", "2", "3"].map(Backend::constant);
    let httpd = balanced(Mpm::Event, &backends.each_ref());
    assert_eq!(nine(&httpd), shares(&[("1", 3), ("2", 3), ("3", 3)]));
    let done = "Result: type=OK message=\"Action finished\"\n";
    assert_eq!(status(&httpd, "cmd=update&w=lb&sw=tomcat1&vwa=d&mime=txt"), done);
    assert_eq!(nine(&httpd).get("1"), None);
    assert!(status(&httpd, "mime=xml").contains("activation=\"DIS\""));
    assert_eq!(status(&httpd, "cmd=update&w=lb&sw=tomcat1&vwa=a&mime=txt"), done);
    assert_eq!(nine(&httpd), shares(&[("1", 3), ("2", 3), ("3", 3)]));
    assert!(
        httpd.jk_log().contains("changes activation of lb/tomcat1 from 'Active' to 'Disabled'"),
        "{}",
        httpd.jk_log()
    );
    let refused = status(&httpd, "cmd=update&w=lb&sw=tomcat1&vwf=0&mime=txt");
    assert_eq!(
        refused,
        "Result: type=ERROR message=\"Update failed: vwf=0 (lbfactor of sub worker 'tomcat1'): expected 1 or more\"\n"
    );
}

/// However many children there are, the next request of each knows.
fn all_children(mpm: Mpm) {
    let backends = ["1", "2"].map(Backend::constant);
    let httpd = balanced(mpm, &backends.each_ref());
    for (word, expected) in [("s", "2"), ("a", "1")] {
        status(&httpd, &format!("cmd=update&w=lb&sw=tomcat1&vwa={word}&mime=txt"));
        let seen: Vec<_> = (0..24).map(|_| httpd.client().get("/app/").text()).collect();
        match word {
            "s" => assert!(seen.iter().all(|name| name == expected), "{seen:?}"),
            _ => assert!(seen.iter().any(|name| name == expected), "{seen:?}"),
        }
    }
}

fn cross_site() {
    let backends = ["1", "2"].map(Backend::constant);
    let httpd = balanced(Mpm::Event, &backends.each_ref());
    let path = "/status?cmd=update&w=lb&sw=tomcat1&vwa=s&mime=txt";
    let host = format!("127.0.0.1:{}", httpd.port());
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Origin", "http://evil.example"),
        ("Referer", "http://evil.example/x"),
    ] {
        let reply = httpd.client().get_with(path, &[(name, value)]);
        assert_eq!(reply.status, 403, "{name}");
        assert!(status(&httpd, "mime=txt").matches("activation=ACT").count() == 2, "{name}");
    }
    let own = format!("http://{host}/status");
    assert_eq!(httpd.client().get_with(path, &[("Referer", &own)]).status, 200);
    assert!(status(&httpd, "mime=txt").contains("activation=STP"));
}
