//! Restarts while the server runs: JkPersist Graceful, which is the default.

use std::time::Duration;

use rustix::process::Signal;

use super::{by_signal, change, of_both, report, restart, site, workers};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::load::{self, Load};
use crate::support::site::{Mpm, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn add(suite: Suite) -> Suite {
    suite
        .under(&ALL_MPMS, "what_was_set_at_run_time_stays_until_the_configuration_changes", changes)
        .test("each_value_stays_by_itself", values)
        .test("members_that_come_and_go_shift_nothing", members)
        .test("a_restart_that_meets_a_panic_or_a_broken_file_keeps_the_state", troubled)
        .under(&[Mpm::Event, Mpm::Prefork], "an_error_state_outlives_restarts", error_state)
        .alone_under(&ALL_MPMS, "counters_never_go_back_under_load", counters)
}

fn by_command(httpd: &Httpd) {
    let verdict = httpd.graceful();
    assert!(verdict.ok, "{}", verdict.output);
}

fn changes(mpm: Mpm) {
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let configured = workers(&a, &b);
    let httpd = site(mpm, &configured).start();
    let routes = || -> Vec<_> { (0..6).map(|_| httpd.get("/x").fact("route").expect("a route")).collect() };
    let of_session = || httpd.client().get_with("/x", &[("Cookie", "JSESSIONID=1.a")]).fact("route");
    assert_eq!(of_both(&report(&httpd), "activation"), ["ACT", "ACT"]);
    change(&httpd, "lb a activation 1");
    assert_eq!(of_both(&report(&httpd), "activation"), ["DIS", "ACT"]);
    let since = report(&httpd).number("member", "a", "draining");
    for signal in [Signal::USR1, Signal::USR1, Signal::HUP, Signal::USR1] {
        restart(&httpd, by_signal(signal));
        let report = report(&httpd);
        assert_eq!(
            (of_both(&report, "activation"), report.number("member", "a", "draining")),
            (["DIS", "ACT"], since)
        );
        assert_eq!(routes(), ["b"; 6]);
        assert_eq!(of_session().as_deref(), Some("a"), "sessions stay");
    }
    restart(&httpd, by_command);
    assert_eq!(routes(), ["b"; 6]);
    httpd.site().write("conf/workers.properties", &format!("{configured}worker.a.activation=Stopped\n"));
    restart(&httpd, by_command);
    assert_eq!(of_both(&report(&httpd), "activation"), ["STP", "ACT"], "the new configuration holds");
    assert_eq!(of_session().as_deref(), Some("b"));
    httpd.site().write("conf/workers.properties", &configured);
    restart(&httpd, by_signal(Signal::USR1));
    let report = report(&httpd);
    assert_eq!(
        (of_both(&report, "activation"), report.number("member", "a", "draining")),
        (["ACT", "ACT"], 0)
    );
}

fn values() {
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let configured = workers(&a, &b);
    let httpd = site(Mpm::Event, &configured).start();
    let orders = [
        "lb a lbfactor 4",
        "lb b route other",
        "lb b reply_timeout 5000",
        "lb - sticky_session 0",
        "lb - method 3",
        "lb - recover_time 17",
    ];
    orders.iter().for_each(|order| change(&httpd, order));
    httpd.site().write(
        "conf/workers.properties",
        &configured.replace("recover_time=3600", "recover_time=1800\nworker.b.lbfactor=2"),
    );
    restart(&httpd, by_signal(Signal::USR1));
    let report = report(&httpd);
    assert_eq!([report.number("member", "a", "lbfactor"), report.number("member", "b", "lbfactor")], [4, 2]);
    let log = httpd.jk_log();
    for line in [
        "(lb): what was set at run time stays: method=Session (configured: Request), sticky_session=false \
         (configured: true)",
        "(lb): recover_time=1800, as it is configured now; 17, which was set at run time, is gone",
        "(lb) member a: what was set at run time stays: lbfactor=4 (configured: 1)",
        "(lb) member b: what was set at run time stays: route=other (configured: b)",
        "(b): what was set at run time stays: reply_timeout=5000 (configured: 0)",
    ] {
        assert_eq!(log.matches(line).count(), 1, "{line}\n{log}");
    }
    restart(&httpd, by_signal(Signal::USR1));
    assert!(!httpd.jk_log()[log.len()..].contains("recover_time"), "{}", httpd.jk_log());
}

fn members() {
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let configured = workers(&a, &b);
    let httpd = site(Mpm::Event, &configured).start();
    change(&httpd, "lb b activation 1");
    let used = report(&httpd).number("member", "a", "used");
    let first = format!("{}worker.z.port=0\n", configured.replace("=a,b", "=z,a,b"));
    httpd.site().write("conf/workers.properties", &first);
    restart(&httpd, by_signal(Signal::USR1));
    let with_new = report(&httpd);
    assert_eq!(of_both(&with_new, "activation"), ["ACT", "DIS"]);
    assert_eq!(with_new.text("member", "z", "used"), "0");
    assert!(with_new.number("member", "a", "used") > used, "{} and more", used);
    httpd.site().write("conf/workers.properties", &configured.replace("=a,b", "=b,a"));
    restart(&httpd, by_signal(Signal::USR1));
    let turned = report(&httpd);
    assert_eq!(of_both(&turned, "activation"), ["ACT", "DIS"]);
    assert!(turned.number("member", "a", "used") > with_new.number("member", "a", "used"));
}

fn troubled() {
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let configured = workers(&a, &b);
    let httpd = site(Mpm::Event, &configured)
        .file("conf/panics", "")
        .env("MOD_JK_PANIC_POINTS", "conf/panics")
        .start();
    change(&httpd, "lb a activation 1");
    for place in ["check_config", "plan", "post_config", "built"] {
        httpd.site().write("conf/panics", place);
        restart(&httpd, by_signal(Signal::USR1));
        assert!(httpd.error_log().contains(&format!("ordered at {place}")), "{}", httpd.error_log());
        assert_eq!(of_both(&report(&httpd), "activation"), ["DIS", "ACT"], "{place}");
    }
    httpd.site().write("conf/panics", "");
    httpd.site().write("conf/workers.properties", "worker.list=lb\nworker.lb.type=balancer\n");
    restart(&httpd, by_signal(Signal::USR1));
    assert!(httpd.jk_log().contains("the workers of the last good configuration stay in force"));
    assert_eq!(of_both(&report(&httpd), "activation"), ["DIS", "ACT"]);
    httpd.site().write("conf/workers.properties", &configured);
    restart(&httpd, by_signal(Signal::USR1));
    assert_eq!(of_both(&report(&httpd), "activation"), ["DIS", "ACT"]);
}

fn error_state(mpm: Mpm) {
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let httpd = site(mpm, &workers(&a, &b)).start();
    drop(a);
    wait::until_true("a request to go to a", Duration::from_secs(20), || {
        assert_eq!(httpd.get("/x").fact("route").as_deref(), Some("b"));
        of_both(&report(&httpd), "state")[0] == "ERR"
    });
    let errors = report(&httpd).number("member", "a", "member_errors");
    for signal in [Signal::USR1, Signal::HUP, Signal::USR1] {
        restart(&httpd, by_signal(signal));
        for _ in 0..6 {
            assert_eq!(httpd.get("/x").fact("route").as_deref(), Some("b"));
        }
        let report = report(&httpd);
        assert_eq!(
            (of_both(&report, "state")[0], report.number("member", "a", "member_errors")),
            ("ERR", errors),
            "nobody tried it"
        );
    }
}

fn counters(mpm: Mpm) {
    const RESTARTS: usize = 5;
    let (a, b) = (Backend::constant("route=a\n"), Backend::constant("route=b\n"));
    let httpd = site(mpm, &workers(&a, &b)).start();
    let load = Load::start(4, httpd.port(), Duration::from_millis(1), |_| ("/x", Vec::new()), load::by_route);
    let facts = ["used", "sessions", "max_busy"];
    let counted = || {
        let report = report(&httpd);
        ["a", "b"].map(|member| facts.map(|fact| report.number("member", member, fact)))
    };
    let mut before = counted();
    for _ in 0..RESTARTS {
        let finished = load.finished();
        wait::until_true("requests", Duration::from_secs(20), || load.finished() > finished + 200);
        let at_restart = counted();
        restart(&httpd, by_signal(Signal::USR1));
        let after = counted();
        for (before, after) in [(before, at_restart), (at_restart, after)] {
            let pairs = before.as_flattened().iter().zip(after.as_flattened());
            assert!(pairs.into_iter().all(|(before, after)| before <= after), "{before:?}, then {after:?}");
        }
        before = after;
    }
    let tally = load.stop();
    tally.assert_all_good(200 * RESTARTS);
    let used: u64 = counted().iter().map(|member| member[0]).sum();
    let requests = a.requests().len() + b.requests().len();
    eprintln!("{RESTARTS} restarts under {}: {requests} requests, {used} counted", mpm.name());
    assert!(used <= requests as u64);
}
