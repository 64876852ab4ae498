//! Files that administrators published: what they mean, and exactly what is said about them.

use super::*;

#[test]
fn two_applications_and_two_balancers() {
    let mut text = "worker.list=admin,user\n".to_owned();
    for app in ["admin", "user"] {
        text += &format!("worker.{app}.type=lb\nworker.{app}.balance_workers={app}1,{app}2\n");
        for (number, port) in [(1, 8109), (2, 8209)] {
            let worker = format!("worker.{app}{number}");
            text += &format!("{worker}.type=ajp13\n{worker}.host=10.0.0.{number}\n");
            text += &format!("{worker}.port={port}\n{worker}.lbfactor=1\n");
        }
    }
    let loaded = load_file(&text);
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let routes: Vec<_> = lb(&loaded, "user").members.iter().map(|m| m.route.as_str()).collect();
    assert_eq!(routes, ["user1", "user2"]);
    assert_eq!(lb(&loaded, "admin").members[1].worker.port, 8209);
    assert!(loaded.settings.is_member("user2") && !loaded.settings.is_member("user"));
}

#[test]
fn balancer_properties_of_members_are_told_where_they_belong() {
    let text = "\
worker.list=blang_balancer
worker.blang_balancer.type=lb
worker.blang_balancer.balance_workers=tomcat1,tomcat2
worker.tomcat1.type=ajp13
worker.tomcat1.host=192.168.0.11
worker.tomcat1.port=18009          # 첫 번째 톰캣
worker.tomcat1.lbfactor=1
worker.tomcat1.method=Session
worker.tomcat1.sticky_session=True
worker.tomcat2.type=ajp13
worker.tomcat2.host=192.168.0.12
worker.tomcat2.port=28009          # 두 번째 톰캣
worker.tomcat2.lbfactor=1
";
    assert_eq!(
        complaints(text),
        [
            "w.properties:8: worker.tomcat1.method: method is a property of load balancers, worker tomcat1 \
             is an ajp13 worker; set worker.blang_balancer.method",
            "w.properties:9: worker.tomcat1.sticky_session: sticky_session is a property of load balancers, \
             worker tomcat1 is an ajp13 worker; set worker.blang_balancer.sticky_session",
        ]
    );
    let loaded = load_file(text);
    assert_eq!(lb(&loaded, "blang_balancer").members[0].worker.port, 18009);
    assert_eq!(lb(&loaded, "blang_balancer").method, LbMethod::Request);
}

#[test]
fn weights_with_comments() {
    let text = TWO_TOMCATS.to_owned()
        + "worker.balancer.sticky_session=TRUE\n\
           worker.t1.lbfactor=2 # twice as fast\n\
           worker.t2.lbfactor=1 # the old one\n";
    let loaded = load_file(&text);
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let balancer = lb(&loaded, "balancer");
    assert!(balancer.sticky_session);
    assert_eq!(balancer.members.iter().map(|m| m.lbfactor).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        check_mounted_worker(&loaded.settings, &loaded.defined, "t1"),
        Some(("is not in worker.list", "; add it to worker.list".to_owned()))
    );
}

#[test]
fn members_of_three_balancers_take_everything_from_a_template() {
    let text = "\
worker.list=worker1,worker2,balancer,balancer_ex1,balancer_ex2
worker.balancer.type=lb
worker.balancer.balance_workers=worker1,worker2
worker.balancer_ex1.type=lb
worker.balancer_ex1.balance_workers=worker2
worker.balancer_ex2.type=lb
worker.balancer_ex2.balance_workers=worker1
worker.worker1.reference=worker.template
worker.worker1.host=localhost
worker.worker1.port=8109
worker.worker1.activation=A
worker.worker2.reference=worker.template
worker.worker2.host=localhost
worker.worker2.port=8209
worker.worker2.activation=A
worker.template.type=ajp13
worker.template.socket_connect_timeout=5000
worker.template.socket_keepalive=true
worker.template.ping_mode=A
worker.template.ping_timeout=10000
worker.template.connection_pool_minsize=0
worker.template.connection_pool_timeout=600
worker.template.reply_timeout=300000
worker.template.recovery_options=3";
    let loaded = load_file(text);
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let worker = ajp13(&loaded, "worker2");
    assert_eq!((worker.host.as_str(), worker.port), ("localhost", 8209));
    assert_eq!(worker.socket_connect_timeout, Some(Duration::from_secs(5)));
    assert!(worker.socket_keepalive);
    assert_eq!(worker.connect_ping, Some(Duration::from_secs(10)));
    assert_eq!(worker.prepost_ping, Some(Duration::from_secs(10)));
    assert_eq!(worker.connection_ping_interval, Some(Duration::from_secs(100)));
    assert_eq!((worker.connection_pool_size, worker.connection_pool_minsize), (None, 0));
    assert_eq!(worker.connection_pool_timeout, Some(Duration::from_secs(600)));
    assert_eq!(worker.reply_timeout, Some(Duration::from_secs(300)));
    assert_eq!(worker.recovery, RecoveryOptions::NOT_AFTER_REQUEST | RecoveryOptions::NOT_AFTER_HEADERS);
    assert_eq!(lb(&loaded, "balancer_ex1").members[0].worker, *worker);
}

#[test]
fn the_sample_of_debian_passes_without_a_line() {
    let text = "\
workers.tomcat_home=/usr/share/tomcat8
workers.java_home=/usr/lib/jvm/default-java
ps=/
worker.list=ajp13_worker
worker.ajp13_worker.port=8009
worker.ajp13_worker.host=localhost
worker.ajp13_worker.type=ajp13
worker.ajp13_worker.lbfactor=1
worker.loadbalancer.type=lb
worker.loadbalancer.balance_workers=ajp13_worker
";
    assert_eq!(complaints(text), [""; 0]);
}
