//! Settings with all defaults, for tests of the layers above.

use std::time::Duration;

use super::*;

/// Settings of an ajp13 worker with the defaults of "workers-properties".
pub(crate) fn ajp_settings(name: &str) -> Ajp13Settings {
    Ajp13Settings {
        name: name.to_owned(),
        host: "localhost".to_owned(),
        port: 8009,
        source: None,
        prefer_ipv6: false,
        resolve_interval: None,
        secret: None,
        socket_timeout: None,
        socket_connect_timeout: None,
        socket_keepalive: false,
        socket_buffer: None,
        connection_pool_size: None,
        connection_pool_minsize: 1,
        connection_pool_timeout: None,
        connection_acquire_timeout: Duration::from_millis(200),
        connect_ping: None,
        prepost_ping: None,
        connection_ping_interval: None,
        ping_timeout: Duration::from_secs(10),
        reply_timeout: None,
        retries: 2,
        retry_interval: Duration::from_millis(100),
        recovery: RecoveryOptions::empty(),
        fail_on_status: Vec::new(),
        busy_limit: None,
        max_packet_size: 8192,
    }
}

/// Settings of a balancer over `members` with the defaults of "load-balancer, section 2".
pub(crate) fn lb_settings(name: &str, members: &[&str]) -> LbSettings {
    let member = |name: &&str| MemberSettings {
        worker: ajp_settings(name),
        lbfactor: 1,
        distance: 0,
        activation: Activation::Active,
        route: (*name).to_owned(),
        domain: None,
        redirect: None,
        drain_timeout: None,
    };
    LbSettings {
        name: name.to_owned(),
        members: members.iter().map(member).collect(),
        sticky_session: true,
        sticky_session_force: false,
        method: LbMethod::Request,
        lock: LbLock::Optimistic,
        retries: 2,
        lb_retries: 2,
        retry_interval: Duration::from_millis(100),
        recover_time: Duration::from_secs(60),
        recover_probe: true,
        error_escalation_time: Duration::from_secs(30),
        max_reply_timeouts: 0,
        session_cookie: "JSESSIONID".to_owned(),
        session_path: ";jsessionid".to_owned(),
        set_session_cookie: false,
        session_cookie_path: "/".to_owned(),
        session_cookie_flags: CookieFlags::default(),
    }
}

/// Settings of all workers: the balancers `lbs`, then the ajp13 workers `ajp`.
pub(crate) fn settings_of(lbs: &[LbSettings], ajp: &[&str]) -> WorkersSettings {
    let worker = |name: &str, kind| WorkerSettings { name: name.to_owned(), kind, mounts: Vec::new() };
    let lbs = lbs.iter().map(|lb| worker(&lb.name, WorkerKind::Lb(lb.clone())));
    let ajp = ajp.iter().map(|name| worker(name, WorkerKind::Ajp13(ajp_settings(name))));
    WorkersSettings { workers: lbs.chain(ajp).collect(), maintain: Some(Duration::from_secs(60)) }
}
