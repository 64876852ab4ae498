//! What is right is not talked about, however it is written.

use super::*;

/// Lines that follow two correct Tomcats behind a balancer, and of which nothing is said.
const RIGHT: &[&str] = &[
    // A whole worker that nothing uses resembles nothing that is missing.
    "worker.reserve.host=c\nworker.reserve.port=3",
    "worker.t.host=c\nworker.t.port=3",
    "worker.lb2.type=lb\nworker.lb2.balance_workers=t1",
    "worker.jk.type=status",
    "worker.inprocess.type=jni\nworker.inprocess.stdout=/dev/null",
    // Empty variables, and properties that say the same twice.
    "workers.tomcat_home=\nworkers.java_home=",
    "worker.t1.port=1",
    "worker.t1.secret=one\nworker.t1.secret=one\nworker.t2.secret=two",
    // A weight of a worker that shares nothing.
    "worker.list=solo\nworker.solo.lbfactor=50",
];

#[test]
fn what_is_right_is_silent() {
    for lines in RIGHT {
        assert_eq!(complaints(&format!("{TWO_TOMCATS}{lines}\n")), [""; 0], "{lines}");
    }
}

#[test]
fn members_may_all_have_the_default_host_or_port() {
    let lb = "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\n";
    for members in [
        "worker.a.port=8009\nworker.b.port=8010\n",
        "worker.a.host=x\nworker.b.host=y\n",
        "worker.a.type=ajp13\nworker.b.type=ajp13\nworker.b.route=r\n",
    ] {
        assert_eq!(complaints(&format!("{lb}{members}")), [""; 0], "{members}");
    }
    assert_eq!(
        complaints(&format!("{lb}worker.a.port=8009\nworker.a.host=x\nworker.b.port=8010\n")),
        ["w.properties:6: member b has no host, using localhost; others of balancer lb have their own"]
    );
}

#[test]
fn one_obsolete_property_of_a_worker_is_one_line() {
    let lines = "worker.t1.sysprops=a=b\n".repeat(7) + "worker.t2.sysprops=c\n";
    assert_eq!(
        complaints(&(TWO_TOMCATS.to_owned() + &lines)),
        [
            "w.properties:8: worker.t1.sysprops: sysprops has no effect any more",
            "w.properties:15: worker.t2.sysprops: sysprops has no effect any more",
        ]
    );
}
