//! A member is disabled, and stopped when its drain_timeout has passed.

use std::time::Duration;

use super::{report, sizing, with_session};
use crate::support::backend::Backend;
use crate::support::pinned::Pinned;
use crate::support::report::{change, in_answers, Report};
use crate::support::site::{Mpm, Site};
use crate::support::{paths, wait};

pub fn run(mpm: Mpm) {
    let [a, b] = ["a", "b"].map(Backend::constant);
    let httpd = in_answers(Site::of_with_sizing(paths::panicking_module(), mpm, sizing(mpm)))
        .workers(&format!(
            "worker.list=lb\nworker.maintain=1\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n\
             worker.a.drain_timeout=2\n{}{}",
            a.worker("a"),
            b.worker("b")
        ))
        .conf("JkMount /page lb")
        .start();
    let [mut one, mut other] = [(); 2].map(|()| Pinned::new(httpd.port()));
    let of_a = |report: &Report, word| report.text("member", "a", word).to_owned();
    assert_eq!(of_a(&report(&mut one), "draining"), "0");
    for _ in 0..3 {
        assert_eq!(with_session(&mut one, "a"), "a");
    }
    let disabled = Report::of(&change(&mut one, "/page", "lb a activation 1"));
    assert_eq!((of_a(&disabled, "activation"), of_a(&disabled, "recent")), ("DIS".into(), "3".into()));
    let since = disabled.number("member", "a", "draining");
    assert!(since > 0, "it is known since when it drains");
    assert_eq!(other.get("/page", &[]).text(), "b", "nothing new for it");
    let mut served = [0, 0];
    wait::until_true("its sessions to go on elsewhere", Duration::from_secs(20), || {
        let name = with_session(&mut other, "a");
        served[usize::from(name == "b")] += 1;
        assert!(["a", "b"].contains(&name.as_str()), "{name}");
        served[1] > 20
    });
    assert!(served[0] > 0, "they stay while it drains");
    let stopped = report(&mut one);
    assert_eq!(
        (of_a(&stopped, "activation"), stopped.number("member", "a", "draining")),
        ("STP".into(), since)
    );
    assert_eq!(stopped.number("member", "a", "recent"), 3 + served[0]);
    let log = httpd.jk_log();
    let told = "(lb) member a was disabled for 2 seconds (drain_timeout): it is stopped now";
    assert_eq!(log.matches(told).count(), 1, "{log}");
    let active = Report::of(&change(&mut other, "/page", "lb a activation 0"));
    assert_eq!((of_a(&active, "activation"), of_a(&active, "draining")), ("ACT".into(), "0".into()));
    wait::until_true("its answer to a CPing", Duration::from_secs(20), || with_session(&mut one, "a") == "a");
}
