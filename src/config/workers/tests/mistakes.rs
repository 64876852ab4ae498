//! Every mistake is named, with the word at fault and the nearest valid one; what is correct is not.

use super::*;

/// Each mistake, and all that is said about it; it follows two correct Tomcats behind a balancer (7 lines).
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "worker.t1.type=apj13",
        &["error: w.properties:8: worker.t1.type=apj13: unknown worker type, expected ajp13, lb or status, \
           did you mean ajp13?"],
    ),
    (
        "worker.t1.type=ajp14",
        &["error: w.properties:8: worker.t1.type=ajp14: this type is not supported, use ajp13"],
    ),
    (
        "worker.t1.hots=a",
        &["error: w.properties:8: worker.t1.hots: unknown property hots, did you mean host?"],
    ),
    (
        "worker.t1.method=S",
        &["w.properties:8: worker.t1.method: method is a property of load balancers, worker t1 is an ajp13 \
           worker; set worker.balancer.method"],
    ),
    (
        "worker.t1.lb_retries=3",
        &["w.properties:8: worker.t1.lb_retries: lb_retries is a property of load balancers, worker t1 is an \
           ajp13 worker; set worker.balancer.lb_retries"],
    ),
    (
        "worker.balancer.socket_timeout=5",
        &["w.properties:8: worker.balancer.socket_timeout: socket_timeout is a property of ajp13 workers, \
           worker balancer is a load balancer; set worker.t1.socket_timeout and those of the other members"],
    ),
    (
        "worker.t1.socket_timeout=soon",
        &["w.properties:8: worker.t1.socket_timeout=soon: not a number, using the default 0"],
    ),
    (
        "worker.t1.socket_timeout=10s",
        &["w.properties:8: worker.t1.socket_timeout=10s: \"s\" is ignored, using 10"],
    ),
    (
        "worker.t1.retries=99999999999",
        &["w.properties:8: worker.t1.retries=99999999999: the number is too large, using the default 2"],
    ),
    (
        "worker.balancer.recover_time=0",
        &["w.properties:8: worker.balancer.recover_time=0: expected 1 or more, using 1"],
    ),
    (
        "worker.t1.connection_pool_size=-1",
        &["w.properties:8: worker.t1.connection_pool_size=-1: expected 0 or more, using the default (threads \
           per child)"],
    ),
    (
        "worker.balancer.sticky_session=maybe",
        &["w.properties:8: worker.balancer.sticky_session=maybe: expected true or false, using the default \
           true"],
    ),
    (
        "worker.t1.activation=off",
        &["w.properties:8: worker.t1.activation=off: expected Active, Disabled or Stopped, using the default \
           Active"],
    ),
    (
        "worker.balancer.method=ByRequests",
        &["w.properties:8: worker.balancer.method=ByRequests: expected Request, Traffic, Busyness, Session or \
           Next, taken as Busyness"],
    ),
    (
        "worker.t1.ping_mode=Interval",
        &["w.properties:8: worker.t1.ping_mode=Interval: expected letters of C, P, I and A (all), taken as \
           CPI"],
    ),
    (
        "worker.t1.fail_on_status=500 abc",
        &["w.properties:8: worker.t1.fail_on_status=500 abc: abc is no HTTP status and never matches"],
    ),
    (
        "worker.balancer.lock=p",
        &["w.properties:8: worker.balancer.lock=p: lock=Pessimistic has no effect: members are chosen, and counters \
           kept, exactly over all processes without a lock"],
    ),
    (
        "worker.balancer.session_cookie_flags=secure,HTTP,httponyl SameSite=Foo",
        &[
            "error: w.properties:8: worker.balancer.session_cookie_flags=secure,HTTP,httponyl SameSite=Foo: HTTP is no \
             flag, expected Secure, Secure=auto, HttpOnly, SameSite=Lax, SameSite=Strict or SameSite=None, separated by \
             commas",
            "error: w.properties:8: worker.balancer.session_cookie_flags=secure,HTTP,httponyl SameSite=Foo: httponyl is \
             no flag, expected Secure, Secure=auto, HttpOnly, SameSite=Lax, SameSite=Strict or SameSite=None, separated \
             by commas, did you mean HttpOnly?",
            "error: w.properties:8: worker.balancer.session_cookie_flags=secure,HTTP,httponyl SameSite=Foo: SameSite=Foo \
             is no flag, expected Secure, Secure=auto, HttpOnly, SameSite=Lax, SameSite=Strict or SameSite=None, \
             separated by commas",
        ],
    ),
    (
        "worker.balancer.session_cookie_flags=SameSite=None,HttpOnly",
        &["w.properties:8: worker.balancer.session_cookie_flags=SameSite=None,HttpOnly: browsers refuse a cookie with \
           SameSite=None that is not Secure: add Secure"],
    ),
    (
        "worker.balancer.session_cookie_flags=Secure\nworker.balancer.session_cookie_flags=Secure=auto,secure=AUTO",
        &["w.properties:9: worker.balancer.session_cookie_flags=Secure,Secure=auto,secure=AUTO: Secure=auto takes the \
           place of Secure"],
    ),
    (
        "worker.list=st\nworker.st.type=status\nworker.st.update_methods=psot",
        &["error: w.properties:10: worker.st.update_methods=psot: expected any or post, did you mean post?"],
    ),
    (
        "worker.t1.recovery_options=64",
        &["w.properties:8: worker.t1.recovery_options=64: expected 0 to 63, using 0"],
    ),
    (
        "worker.wokrer1.retries=3\nworker.wokrer1.type=ajp13",
        &["w.properties:8: worker.wokrer1.retries: worker wokrer1 is neither in worker.list nor a member nor \
           referred to, so nothing uses it"],
    ),
    (
        "worker.balancr.method=S",
        &["w.properties:8: worker.balancr.method: worker balancr is neither in worker.list nor a member nor \
           referred to, so nothing uses it, did you mean balancer?"],
    ),
    (
        "wokrer1.host=a",
        &["w.properties:8: wokrer1.host is a variable that nothing uses, and no property, did you mean \
           worker.<name>.host?"],
    ),
    (
        "wokrer.t1.prot=a",
        &["w.properties:8: wokrer.t1.prot is a variable that nothing uses; the property worker.t1.port is set \
           in w.properties:5"],
    ),
    (
        "wokrer.t1.rotue=a",
        &["w.properties:8: wokrer.t1.rotue is a variable that nothing uses, and no property, did you mean \
           worker.t1.route?"],
    ),
    (
        "t1.host=c",
        &["w.properties:8: t1.host is a variable that nothing uses; the property worker.t1.host is set in \
           w.properties:4"],
    ),
    (
        "WORKER.t1.x=t1",
        &["w.properties:8: WORKER.t1.x is a variable that nothing uses, and no property, did you mean \
           worker.t1.x?"],
    ),
    (
        "Worker.list=t1",
        &["w.properties:8: Worker.list is a variable that nothing uses, and no property, did you mean \
           worker.list?"],
    ),
    (
        "worker.balancer.balance_workers=tt3",
        &["w.properties:8: worker.balancer.balance_workers: worker tt3 has no property and becomes an ajp13 \
           worker at localhost:8009"],
    ),
    (
        "worker.list=balancer2",
        &["w.properties:8: worker.list: worker balancer2 has no property and becomes an ajp13 worker at \
           localhost:8009"],
    ),
    (
        "worker.balancer.balance_workers=t3\nworker.t3.host=c",
        &["w.properties:9: member t3 has no port, using 8009; others of balancer balancer have their own"],
    ),
    (
        "worker.balancer.balance_workers=t3\nworker.t3.type=ajp13",
        &["w.properties:9: member t3 has no host and no port, using localhost:8009; others of balancer balancer \
           have their own"],
    ),
    (
        "worker.t1.route=same\nworker.t2.route=same",
        &["error: w.properties:9: balancer balancer: members t1 (w.properties:8) and t2 share the route same"],
    ),
    (
        "worker.t1.route=t2",
        &["error: w.properties:3: balancer balancer: members t1 (w.properties:8) and t2 share the route t2"],
    ),
    (
        "worker.balancer.balance_workers=t1",
        &["error: w.properties:8: worker.balancer.balance_workers: worker t1 is a member twice (first in \
           w.properties:3)"],
    ),
    (
        "worker.t1.reference=worker.temlpate\nworker.template.retries=1",
        &["error: w.properties:8: worker.t1.reference=worker.temlpate: no property begins with \
           worker.temlpate., did you mean worker.template?"],
    ),
    (
        "worker.t1.reference=t2",
        &["error: w.properties:8: worker.t1.reference=t2: no property begins with t2., did you mean worker.t2?"],
    ),
    (
        "worker.t1.reference=worker.t2\nworker.t2.reference=worker.t1",
        &["error: w.properties:8: worker.t1.reference=worker.t2: references form a loop: worker.t1 -> \
           worker.t2 -> worker.t1"],
    ),
    (
        "worker.t1.reference=worker.t1",
        &["error: w.properties:8: worker.t1.reference=worker.t1: references form a loop: worker.t1 -> \
           worker.t1"],
    ),
    ("worker.t1.retries", &["w.properties:8: the line is ignored: it has no ="]),
    (
        "worker.t1.secret=",
        &["w.properties:8: worker.t1.secret: the line is ignored because the value is empty"],
    ),
    ("= 5", &["w.properties:8: the line is ignored: nothing is left of ="]),
    (
        "worker.t1.secret=ab#cd\nworker.t2.secret=s",
        &["w.properties:8: worker.t1.secret: the value ends at #, which starts a comment; put a blank before \
           it if it is one"],
    ),
    (
        "a=0123456789abcdef\nb=$(a)$(a)$(a)$(a)$(a)$(a)$(a)$(a)\nc=$(b)$(b)$(b)$(b)$(b)$(b)$(b)$(b)\n\
         d=$(c)$(c)$(c)$(c)$(c)$(c)$(c)$(c)\nworker.t1.source=$(d)$(d)$(d)$(d)$(d)",
        &[
            "error: w.properties:12: worker.t1.source: $(d) stays as written: with it the value has more than 32768 octets",
            "error: w.properties:12: \
             worker.t1.source=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef...: 32772 \
             octets are too long, expected at most 63",
        ],
    ),
    (
        "worker.t1.source=$(NOT_DEFINED_ANYWHERE)",
        &["w.properties:8: worker.t1.source: $(NOT_DEFINED_ANYWHERE) is not defined and stays as written"],
    ),
    (
        "worker.t1.host=c",
        &["w.properties:8: worker.t1.host is set a second time (first in w.properties:4); c replaces a"],
    ),
    (
        "worker.t1.secret=one\nworker.t1.secret=two\nworker.t2.secret=s",
        &["w.properties:9: worker.t1.secret is set a second time (first in w.properties:8); this value \
           replaces the first"],
    ),
    (
        "net=1\nnet=2",
        &["w.properties:9: net is set a second time (first in w.properties:8); both values are joined with \
           *, which is rarely meant"],
    ),
    (
        "worker.t1.jvm_route=x",
        &["w.properties:8: worker.t1.jvm_route: jvm_route is deprecated, use route"],
    ),
    (
        "worker.t1.disabled=true",
        &["w.properties:8: worker.t1.disabled: disabled is deprecated, use activation"],
    ),
    (
        "worker.t1.recycle_timeout=5",
        &["w.properties:8: worker.t1.recycle_timeout: recycle_timeout has no effect any more"],
    ),
    ("worker.t1.socket_timeout=-1", &["w.properties:8: worker.t1.socket_timeout=-1: expected 0 or more, taken as 0"]),
    ("worker.t1.reply_timeout=-5", &["w.properties:8: worker.t1.reply_timeout=-5: expected 0 or more, taken as 0"]),
    ("worker.t1.secret=\"s\"\nworker.t2.secret=s", &["w.properties:8: worker.t1.secret: the quotes are part of the value; are they meant?"]),
    ("worker.balancer.secret='s'", &["w.properties:8: worker.balancer.secret: the quotes are part of the value; are they meant?"]),
    ("worker.t3.port=65536\nworker.list=t3", &["error: w.properties:8: worker.t3.port=65536: expected 0 to 65535"]),
    (
        "worker.balancer.balance_workers=s\nworker.s.type=status",
        &["error: w.properties:8: worker.balancer.balance_workers: worker s is a status worker, only ajp13 \
           workers can be members"],
    ),
    (
        "worker.balancer.balance_workers=balancer",
        &["error: w.properties:8: worker.balancer.balance_workers: worker balancer is a load balancer, only \
           ajp13 workers can be members"],
    ),
    ("worker.l.type=lb\nworker.list=l", &["error: w.properties:9: balancer l has no members, expected worker.l.balance_workers"]),
    ("worker.t1.mount=*.jsp app", &[
        "w.properties:8: worker.t1.mount: mount is a property of workers in worker.list, worker t1 is an ajp13 \
         worker; set worker.balancer.mount"]),
    (
        "worker.balancer.mount=/a !/b app",
        &["error: w.properties:8: worker.balancer.mount=app: a URI pattern begins with /, * or ?, after - or ! \
           if it has one"],
    ),
    (
        "worker.list=t3\nworker.t3.host=c // the third",
        &["w.properties:9: worker.t3.host=c // the third: a host holds no blanks, and only # starts a comment"],
    ),
    ("worker.host=a", &["w.properties:8: worker.host names no worker and has no effect, expected worker.<name>.host"]),
    ("worker.t3.host=localhost:8009\nworker.list=t3", &["w.properties:8: worker.t3.host=localhost:8009: a host with a port does not resolve, use host=localhost and port=8009"]),
    ("worker.t3.host=[::1]\nworker.list=t3", &["w.properties:8: worker.t3.host=[::1]: an IPv6 address is written without brackets, use host=::1"]),
    ("worker.t3.host=[::1]:8009\nworker.list=t3", &["w.properties:8: worker.t3.host=[::1]:8009: an IPv6 address is written without brackets, use host=::1 and port=8009"]),
    ("worker.t3.host=::1\nworker.t3.source=[::2]\nworker.list=t3", &["w.properties:9: worker.t3.source=[::2]: an IPv6 address is written without brackets, use source=::2"]),
    ("worker.t1.route=r1\nworker.t2.redirect=t1", &["w.properties:9: worker.t2.redirect=t1: no member of balancer balancer has this route, did you mean r1, the route of t1?"]),
    ("worker.s.type=status\nworker.s.good=a,x\nworker.list=s", &[
        "w.properties:9: worker.s.good=a,x: x fits nothing, expected letters of a, d, s (activation) and o, i, \
         n, b, r, e (state)",
        "w.properties:9: worker.s.good=a,x: good and bad overlap; a member that fits both is bad",
    ]),
    ("worker.list=balancer", &["w.properties:8: worker.list: worker balancer is listed twice"]),
    ("worker.t1.retries=601", &["w.properties:8: worker.t1.retries=601: retries x retry_interval is 60 s: a request may wait, and keep its thread, for that long"]),
    ("worker.balancer.retry_interval=31000", &["w.properties:8: worker.balancer.retry_interval=31000: retries x retry_interval is 62 s: a request may wait, and keep its thread, for that long"]),
    (
        "worker.t3.host=c\nworker.t3.port=3",
        &["w.properties:8: worker.t3.host: worker t3 is neither in worker.list nor a member nor referred to, so nothing \
           uses it; is it missing in worker.balancer.balance_workers?"],
    ),
    (
        "worker.T1.port=1009",
        &["w.properties:8: worker.T1.port: worker T1 is neither in worker.list nor a member nor referred to, so nothing \
           uses it, did you mean t1?"],
    ),
    (
        "worker.t1.secret=s",
        &["w.properties:6: member t2 has no secret; others of balancer balancer have one"],
    ),
    ("worker.list=t3\nworker.t3.port=0", &["w.properties:9: worker.t3.port=0: port 0 stands for no Tomcat: every request gets 503"]),
    ("worker.t1.type=ajp", &["error: w.properties:8: worker.t1.type=ajp: unknown worker type, expected ajp13, lb or status, did you mean ajp13?"]),
    ("worker.t3.host=http://c:8009/x\nworker.list=t3", &["w.properties:8: worker.t3.host=http://c:8009/x: a host is no URL, use host=c and port=8009"]),
    ("worker.list=t3\nworker.t3.port=${AJP}", &["error: w.properties:9: worker.t3.port: ${...} stays as written, a variable is written $(...)"]),
    ("worker.t1.connectiontimeout=5", &["error: w.properties:8: worker.t1.connectiontimeout: unknown property connectiontimeout (of another connector), use socket_connect_timeout, in milliseconds"]),
    ("worker.t1.connectionTimeout=60000", &["error: w.properties:8: worker.t1.connectionTimeout: unknown property connectionTimeout (of another connector), use connection_pool_timeout, in seconds"]),
    ("worker.t1.packetSize=9000", &["error: w.properties:8: worker.t1.packetSize: unknown property packetSize (of another connector), use max_packet_size"]),
    ("worker.t1.secretRequired=false", &["error: w.properties:8: worker.t1.secretRequired: unknown property secretRequired (of Tomcat), it belongs into the Connector in server.xml"]),
    ("worker.t1.socket_connect_timeout=5", &["w.properties:8: worker.t1.socket_connect_timeout=5: the unit is milliseconds; is so short a time meant?"]),
    ("worker.t1.socket_timeout=30000", &["w.properties:8: worker.t1.socket_timeout=30000: the unit is seconds; is so long a time meant?"]),
    ("a=b\0c", &["error: w.properties:8: a NUL octet, which no text has: the file is damaged"]),
];

#[test]
fn mistakes_are_named_with_the_word_at_fault_and_the_nearest_valid_one() {
    let told = |line: &str| complaints(&format!("{TWO_TOMCATS}{line}\n"));
    let wrong: Vec<_> = MISTAKES.iter().filter(|(line, expected)| told(line) != *expected).collect();
    assert!(wrong.is_empty(), "{:#?}", wrong.iter().map(|(line, _)| (line, told(line))).collect::<Vec<_>>());
}

#[test]
fn what_is_correct_is_not_talked_about() {
    let lines = [
        "",
        "worker.t1.retry_interval=0\nworker.t1.connection_acquire_timeout=0",
        "worker.t1.retries=600\nworker.balancer.retry_interval=30000",
        "worker.t1.reply_timeout=0\nworker.t1.socket_timeout=0",
        "worker.balancer.secret=a\"b",
        "worker.maintain=0",
        "net.host=10.0.0.1\nworker.t1.source=$(net.host)",
        "worker.t1.source=$(worker.t2.host)",
        "worker.t1.reference=worker.base\nworker.base.lbfactor=3\nworker.base.reference=worker.root\nworker.root.retries=1",
        "worker.list=s\nworker.s.type=status\nworker.s.read_only=on\nworker.s.ns=-",
        "worker.list=solo\nworker.solo.lbfactor=1",
        "worker.balancer.balance_workers=t3\nworker.t3.host=c\nworker.t3.port=0",
        "worker.t1.fail_on_status=500,-503",
        "worker.balancer.mount=/a/* !/a/b -/c *.jsp",
    ];
    for line in lines {
        assert_eq!(complaints(&format!("{TWO_TOMCATS}{line}\n")), [""; 0], "{line}");
    }
}

#[test]
fn directives_are_checked_line_by_line() {
    assert_eq!(check_worker_property(b"worker.a.host=b"), Ok(()));
    assert_eq!(check_worker_property(b"my.hots=b"), Ok(()));
    assert_eq!(check_worker_property(b"no equals sign"), Ok(()));
    assert_eq!(
        check_worker_property(b"worker.a.secrte=hidden"),
        Err("worker.a.secrte: unknown property secrte, did you mean secret?".into())
    );
}

#[test]
fn mounts_of_unknown_workers_get_a_suggestion() {
    let loaded = load_file(TWO_TOMCATS);
    let check = |name| check_mounted_worker(&loaded.settings, &loaded.defined, name);
    assert_eq!(check("balancer"), None);
    assert_eq!(check("balanser"), Some(("is not defined", ", did you mean balancer?".to_owned())));
}

#[test]
fn names_of_more_than_63_octets_are_refused() {
    let name = "n".repeat(64);
    let text = format!("worker.list={name},w\nworker.w.host={name}");
    assert_eq!(
        complaints(&text),
        [
            format!("error: w.properties:1: worker name {name} has 64 octets, expected at most 63"),
            format!(
                "error: w.properties:2: worker.w.host={name}: 64 octets are too long, expected at most 63"
            ),
        ]
    );
}

#[test]
fn mistakes_of_a_template_are_told_once() {
    let text = TWO_TOMCATS.to_owned()
        + "worker.t1.reference=worker.base\nworker.t2.reference=worker.base\nworker.base.retries=x\n";
    assert_eq!(
        complaints(&text),
        ["w.properties:10: worker.base.retries=x: not a number, using the default 2"]
    );
}

#[test]
fn no_message_shows_a_secret() {
    let text = "\
worker.list=w s
worker.w.secret hunter2
worker.w.secret=hunter2
worker.w.secret=hunter2#hunter2
worker.w.secret=$(hunter2)
worker.w.secrte=hunter2
worker.w.secretkey=hunter2
worker.s.type=status
worker.s.secret=hunter2
pass=hunter2
pass=hunter2
hunter
worker.unused.secret=hunter2
";
    let complaints = complaints(text);
    assert!(complaints.len() >= 9, "{complaints:#?}");
    assert!(complaints.iter().all(|line| !line.contains("hunter2")), "{complaints:#?}");
}
