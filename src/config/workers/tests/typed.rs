//! Properties as typed settings: defaults, and values that depend on each other.

use super::*;

#[test]
fn defaults_of_an_ajp13_worker() {
    let (worker, complaints) = one_worker("");
    assert_eq!(complaints.len(), 1, "only that nothing defines it: {complaints:?}");
    let expected = Ajp13Settings {
        name: "w".into(),
        host: "localhost".into(),
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
        connection_pool_minsize: 13,
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
        fail_on_status: vec![],
        busy_limit: None,
        max_packet_size: 8192,
    };
    assert_eq!(worker, expected);
}

#[test]
fn maintenance_can_be_off() {
    let interval = |line: &str| load_file(line).settings.maintain;
    assert_eq!(interval(""), Some(Duration::from_secs(60)));
    assert_eq!(interval("worker.maintain=9"), Some(Duration::from_secs(9)));
    assert_eq!((interval("worker.maintain=0"), interval("worker.maintain=-1")), (None, None));
}

#[test]
fn hosts_are_asked_for_again_by_seconds() {
    let read = |lines: &str| {
        let (worker, complaints) = one_worker(lines);
        (worker.resolve_interval.map(|interval| interval.as_secs()), complaints.len())
    };
    assert_eq!(
        ["host=tomcat;resolve_interval=30", "host=tomcat;resolve_interval=0"].map(read),
        [(Some(30), 0), (None, 0)]
    );
    assert_eq!(read("host=127.0.0.1;resolve_interval=30"), (Some(30), 0), "no harm with an address");
    for wrong in ["resolve_interval=-1", "resolve_interval=often"] {
        assert_eq!(read(wrong), (None, 1), "{wrong}");
    }
    assert_eq!(read("resolve_interval=300000"), (Some(300_000), 1), "hardly meant in seconds");
}

#[test]
fn timeouts_and_sizes_depend_on_each_other() {
    let millis = |n| Some(Duration::from_millis(n));
    let pings = |lines: &str| {
        let (worker, _) = one_worker(lines);
        (worker.connect_ping, worker.prepost_ping, worker.connection_ping_interval)
    };
    assert_eq!(pings("connect_timeout=500"), (millis(500), None, None));
    assert_eq!(pings("ping_mode=CP;prepost_timeout=7"), (millis(10_000), millis(7), None));
    assert_eq!(pings("ping_mode=C;connect_timeout=-1"), (None, None, None));
    assert_eq!(pings("ping_mode=I;ping_timeout=400"), (None, None, Some(Duration::from_secs(4))));
    assert_eq!(pings("ping_mode=I;ping_timeout=99"), (None, None, None));
    assert_eq!(pings("connection_ping_interval=9"), (None, None, Some(Duration::from_secs(9))));

    let socket = |lines: &str| one_worker(lines).0.socket_connect_timeout;
    assert_eq!(socket("socket_timeout=3"), millis(3000));
    assert_eq!(socket("socket_timeout=3;socket_connect_timeout=0"), None);

    let acquire = |lines: &str| one_worker(lines).0.connection_acquire_timeout.as_millis();
    assert_eq!(acquire("retries=5;retry_interval=30"), 150);
    assert_eq!(acquire("retry_interval=0"), 0);
    assert_eq!(acquire("retry_interval=-1"), 0);
    assert_eq!(acquire("connection_acquire_timeout=0"), 0);

    let sizes = |lines: &str| {
        let (worker, _) = one_worker(lines);
        (worker.max_packet_size, worker.socket_buffer)
    };
    assert_eq!(sizes("max_packet_size=9000;socket_buffer=1"), (9216, Some(9216)));
    assert_eq!(sizes("max_packet_size=64k;socket_buffer=1m"), (65536, Some(1 << 20)));
    assert_eq!(sizes("max_packet_size=70000;socket_buffer=-1"), (65536, None));

    let pool = |lines: &str| {
        let (worker, _) = one_worker(lines);
        (worker.connection_pool_size, worker.connection_pool_minsize)
    };
    assert_eq!(pool("connection_pool_size=7"), (Some(7), 4));
    assert_eq!(pool("cachesize=8"), (Some(8), 4));
    assert_eq!(pool("cachesize=8;connection_pool_size=2"), (Some(2), 1));
    assert_eq!(pool("connection_pool_size=-5"), (None, 13));
}

#[test]
fn members_derive_route_domain_activation_and_secret() {
    let text = TWO_TOMCATS.to_owned()
        + "worker.balancer.secret=of balancer\n\
           worker.t1.secret=of t1\n\
           worker.t1.route=east.t1\n\
           worker.t1.distance=-1\n\
           worker.t2.stopped=1\n\
           worker.t2.disabled=1\n\
           worker.balancer.balance_workers=t3 t4\n\
           worker.t3.host=c\n\
           worker.t3.port=0\n\
           worker.t4.host=d\n\
           worker.t4.port=4\n\
           worker.t4.activation=d\n\
           worker.t4.stopped=1\n\
           worker.t4.domain=west\n\
           worker.balancer.recover_time=5\n\
           worker.balancer.recover_probe=off\n";
    let loaded = load_file(&text);
    let balancer = lb(&loaded, "balancer");
    let member = |index: usize| &balancer.members[index];
    assert_eq!((member(0).route.as_str(), member(0).domain.as_deref()), ("east.t1", Some("east")));
    assert_eq!((member(3).route.as_str(), member(3).domain.as_deref()), ("t4", Some("west")));
    assert_eq!(member(0).distance, -1);
    let activations: Vec<_> = balancer.members.iter().map(|member| member.activation).collect();
    use Activation::*;
    assert_eq!(activations, [Active, Stopped, Stopped, Disabled]);
    let secrets = |index: usize| member(index).worker.secret.as_ref().map(|secret| secret.reveal().to_vec());
    assert_eq!(secrets(0), Some(b"of t1".to_vec()));
    assert_eq!(secrets(1), Some(b"of balancer".to_vec()));
    assert_eq!(balancer.error_escalation_time, Duration::from_secs(2));
    assert!(!balancer.recover_probe && lb(&load_file(TWO_TOMCATS), "balancer").recover_probe);
    assert_eq!(balancer.session_cookie_path, "/");
    assert!(!format!("{loaded:?}").contains("of t1"), "secrets are masked in debug output");
}

#[test]
fn a_list_of_cookie_flags_means_exactly_these() {
    use WhenSecure::*;
    let table = [
        ("", (true, AsRequest, None)),
        ("session_cookie_flags=", (true, AsRequest, None)),
        ("session_cookie_flags=SameSite=Lax", (false, Never, Some(SameSite::Lax))),
        ("session_cookie_flags=secure,HTTPONLY, samesite=strict", (true, Always, Some(SameSite::Strict))),
        ("session_cookie_flags=Secure=Auto SameSite=None", (false, AsRequest, Some(SameSite::None))),
        ("session_cookie_flags=HttpOnly", (true, Never, None)),
    ];
    for (line, (http_only, secure, same_site)) in table {
        let loaded = load_file(&format!("{TWO_TOMCATS}worker.balancer.{line}\n"));
        let expected = CookieFlags { http_only, secure, same_site };
        assert_eq!(lb(&loaded, "balancer").session_cookie_flags, expected, "{line}");
        assert!(!loaded.report.has_errors(), "{:?}", loaded.report);
    }
    assert_eq!(lb(&load_file(TWO_TOMCATS), "balancer").session_cookie_flags, CookieFlags::default());
}

#[test]
fn own_values_win_over_those_of_templates() {
    let loaded = load_file(
        "worker.list=w\nworker.w.reference=worker.a\nworker.w.retries=7\nworker.w.mount=/w\n\
         worker.a.reference=worker.b\nworker.a.retries=8\nworker.a.busy_limit=9\nworker.a.mount=/a\n\
         worker.b.busy_limit=10\nworker.b.port=11\n",
    );
    assert!(loaded.report.is_empty(), "{:?}", loaded.report);
    let worker = ajp13(&loaded, "w");
    assert_eq!((worker.retries, worker.busy_limit, worker.port), (7, Some(9), 11));
    assert_eq!(loaded.settings.workers[0].mounts.len(), 1);
}

#[test]
fn ratings_combine_activation_and_state() {
    use super::status::Rating;
    let of = |text: &str| Rating::parse(text.as_bytes());
    assert_eq!(of("a.o"), Some(Rating::from_bits_retain(1)));
    assert_eq!(of("Active.Busy"), Some(Rating::from_bits_retain(4)));
    assert_eq!(of("s"), Some(Rating::STOPPED));
    assert_eq!(of("a.d"), Some(Rating::empty()));
    assert_eq!(of("x"), None);
    assert_eq!(of("a.x"), None);
    assert_eq!(of(""), None);
    assert_eq!(of("."), None);
}

#[test]
fn a_status_worker_takes_changes_by_any_method_or_by_post() {
    use crate::config::settings::UpdateMethods::{Any, Post};
    for (line, expected) in [("", Any), ("=any", Any), ("=post", Post), ("=POST", Post)] {
        let line = if line.is_empty() { String::new() } else { format!("worker.st.update_methods{line}\n") };
        let loaded = load_file(&format!("worker.list=st\nworker.st.type=status\n{line}"));
        assert!(loaded.report.is_empty(), "{line}: {:?}", loaded.report);
        let WorkerKind::Status(status) = &loaded.settings.workers[0].kind else {
            panic!("it is a status worker")
        };
        assert_eq!(status.update_methods, expected, "{line}");
    }
}
