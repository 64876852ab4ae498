//! Rule extensions and the JK_* variables that say more than a rule: which member, how long, which statuses.
//!
//! Rules: "uri-mapping", Extensions; "directives", Environment variables read per request. Each group has one
//! balancer; what its rows do to the state of members is seen by the next rows.

use super::table::{row, Group, Row, Setup};
use super::uri::PARAMETERS;

pub const MEMBERS: Setup = Setup {
    main: "",
    groups: &[
        Group { name: "activation", conf: ACTIVATION_CONF, rows: ACTIVATION },
        Group { name: "routes", conf: ROUTES_CONF, rows: ROUTES },
        Group { name: "sticky", conf: STICKY_CONF, rows: STICKY },
        Group { name: "stateless", conf: STATELESS_CONF, rows: STATELESS },
        Group { name: "names", conf: NAMES_CONF, rows: NAMES },
        Group { name: "cookies", conf: COOKIES_CONF, rows: COOKIES },
    ],
};

pub const STATUSES: Setup = Setup {
    main: "ErrorDocument 404 /error.txt\nErrorDocument 500 /error.txt",
    groups: &[
        Group { name: "server-errors", conf: SERVER_ERRORS_CONF, rows: SERVER_ERRORS },
        Group { name: "fail-on-status", conf: FAIL_ON_STATUS_CONF, rows: FAIL_ON_STATUS },
        Group { name: "timeouts", conf: TIMEOUTS_CONF, rows: TIMEOUTS },
    ],
};

const ACTIVATION_CONF: &str = "
JkMount /mirror/* lb
JkMount /mirror/dis/* lb;disabled=tomcat2
JkMount /mirror/stop/* lb;stopped=tomcat2
JkMount /mirror/act/* lb;active=tomcat1;disabled=tomcat2
JkMount /mirror/all/* lb;stopped=tomcat1,tomcat2";

const ACTIVATION: &[Row] = &[
    row("GET /mirror/x\nCookie: JSESSIONID=a.tomcat1", &["route=tomcat1", "attr.JK_LB_ACTIVATION=ACT"]),
    row("GET /mirror/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2", "attr.JK_LB_ACTIVATION=ACT"]),
    row("GET /mirror/dis/x", &["route=tomcat1", "attr.JK_LB_ACTIVATION=ACT"]),
    row("GET /mirror/dis/x", &["route=tomcat1"]),
    row(
        "GET /mirror/dis/x\nCookie: JSESSIONID=a.tomcat2",
        &["route=tomcat2", "attr.JK_LB_ACTIVATION=DIS", "note.JK_LB_LAST_ACTIVATION=ACT"],
    ),
    row("GET /mirror/stop/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1", "attr.JK_LB_ACTIVATION=ACT"]),
    row("GET /mirror/act/x", &["route=tomcat1"]),
    row("GET /mirror/all/x", &["status=503", "note.JK_WORKER_NAME=lb"]),
];

const ROUTES_CONF: &str = "
JkMount /mirror/* lb
JkMount /plain/* wire
SetEnvIf X-Route (.+) JK_ROUTE=$1
SetEnvIf X-Emptied 1(x?) JK_ROUTE=$1";

const ROUTES: &[Row] = &[
    row("GET /mirror/x\nX-Route: tomcat2", &["route=tomcat2", "note.JK_WORKER_ROUTE=tomcat2"]),
    row("GET /mirror/x\nX-Route: tomcat1\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1"]),
    row("GET /mirror/x;jsessionid=a.tomcat2\nX-Route: tomcat1", &["route=tomcat1"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
    row("GET /plain/x\nX-Route: any", &["attr.route=any", "note.JK_WORKER_ROUTE=any"]),
    row("GET /plain/x\nX-Emptied: 1", &["!attr.route", "!note.JK_WORKER_ROUTE"]),
    row("GET /mirror/x\nX-Emptied: 1\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row(
        "GET /mirror/x\nCookie: JSESSIONID=a.unknown; JSESSIONID=b.tomcat2",
        &[
            "route=tomcat2",
            "note.JK_WORKER_TYPE=lb",
            "note.JK_LB_FIRST_NAME=tomcat2",
            "note.JK_LB_LAST_STATE=OK",
        ],
    ),
    row("GET /mirror/x;jsessionid=a.tomcat2;x=1", &["route=tomcat2"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
    row("GET /mirror/x;jsessionid=a.tomcat1\nCookie: JSESSIONID=b.tomcat2", &["route=tomcat1"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
];

const STICKY_CONF: &str = "
JkMount /mirror/* rules
JkMount /mirror/ignore/* rules;sticky_ignore=1
JkMount /mirror/word/* rules;sticky_ignore=yes
SetEnvIf X-Ignore (.+) JK_STICKY_IGNORE=$1
SetEnvIf X-Ignored 1(x?) JK_STICKY_IGNORE=$1";

/// Two requests each: without stickiness they spread.
const STICKY: &[Row] = &[
    row("GET /mirror/ignore/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1"]),
    row("GET /mirror/ignore/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row("GET /mirror/word/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row("GET /mirror/word/x\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row("GET /mirror/ignore/x\nX-Ignore: 0\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row("GET /mirror/x\nX-Ignore: 1\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1"]),
    row("GET /mirror/x\nX-Ignore: 1\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1"]),
    row("GET /mirror/x\nX-Ignore: text\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat2"]),
    row("GET /mirror/x\nX-Ignored: 1\nCookie: JSESSIONID=a.tomcat2", &["route=tomcat1"]),
];

const STATELESS_CONF: &str = "
JkMount /mirror/* flaky
JkMount /mirror/stateless/* flaky;stateless=1
SetEnvIf X-Stateless (.+) JK_STATELESS=$1
SetEnv JK_ROUTE tomcat1";

/// JK_ROUTE stands for a session, so that sessions count only without it.
const STATELESS: &[Row] = &[
    row("GET /mirror/x", &["note.JK_LB_LAST_NAME=f1", "note.JK_LB_LAST_SESSIONS=0"]),
    row("GET /mirror/stateless/x", &["note.JK_LB_LAST_SESSIONS=0", "note.JK_LB_LAST_ACCESSED=2"]),
];

const NAMES_CONF: &str = "
JkMount /mirror/* rules;session_cookie=SID
JkMount /mirror/path/* rules;session_path=;sid
JkMount /mirror/new/* flaky
JkMount /mirror/old/* flaky;stateless=1
SetEnvIf X-Stateless (.+) JK_STATELESS=$1
SetEnvIf X-Statelessly 1(x?) JK_STATELESS=$1";

const NAMES: &[Row] = &[
    row("GET /mirror/x\nCookie: SID=a.tomcat2; JSESSIONID=b.tomcat1", &["route=tomcat2"]),
    row("GET /mirror/x\nCookie: SID=a.tomcat1; JSESSIONID=b.tomcat2", &["route=tomcat1"]),
    row("GET /mirror/path/x;sid=a.tomcat2", &["route=tomcat2", "uri=/mirror/path/x;sid=a.tomcat2"])
        .unlike(PARAMETERS, &["log.uri=/mirror/path/x"]),
    row("GET /mirror/path/x;sid=a.tomcat1", &["route=tomcat1"])
        .unlike(PARAMETERS, &["log.uri=/mirror/path/x"]),
    row("GET /mirror/new/x", &["note.JK_LB_LAST_SESSIONS=1"]),
    row("GET /mirror/old/x", &["note.JK_LB_LAST_NAME=f1"]),
    row("GET /mirror/new/x\nX-Stateless: 1", &["note.JK_WORKER_NAME=flaky"]),
    row("GET /mirror/old/x\nX-Stateless: 0", &["note.JK_WORKER_NAME=flaky"]),
    row("GET /mirror/new/x\nX-Statelessly: 1", &["note.JK_WORKER_NAME=flaky"]),
    row("GET /mirror/new/x", &["note.JK_WORKER_NAME=flaky"]),
];

const COOKIES_CONF: &str = "
JkMount /mirror/* cookies
JkMount /mirror/rule/* cookies;session_cookie=RULE;session_cookie_path=/rule
JkMount /mirror/lb/* lb
JkMount /mirror/lb/set/* lb;set_session_cookie=1
SetEnv JK_ROUTE
SetEnvIf Request_URI /tls HTTPS=on";

const COOKIE: u32 = 11;

const COOKIES: &[Row] = &[
    row("GET /mirror/x\nCookie: OWNID=a.tomcat2", &["route=tomcat2", "!reply.set-cookie"]),
    row("GET /mirror/x;ownid=a.tomcat1", &["route=tomcat1", "!reply.set-cookie"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
    row(
        "GET /mirror/x\nCookie: OWNID=a.gone",
        &["route=tomcat1", "reply.set-cookie=OWNID=.tomcat1;PATH=/shop;HttpOnly"],
    ),
    row("GET /mirror/tls", &["secure=true", "reply.set-cookie=OWNID=.tomcat2;PATH=/shop;HttpOnly;Secure"]),
    row("GET /mirror/rule/x", &["reply.set-cookie=RULE=.tomcat1;PATH=/rule;HttpOnly"])
        .unlike(COOKIE, &["reply.set-cookie=OWNID=.tomcat1;PATH=/shop;HttpOnly"]),
    row("GET /mirror/lb/x", &["!reply.set-cookie"]),
    row("GET /mirror/lb/set/x", &["reply.set-cookie~JSESSIONID=.tomcat", "reply.set-cookie~;HttpOnly"]),
    row("GET /mirror/lb/set/x\nCookie: JSESSIONID=a.tomcat1", &["!reply.set-cookie"]),
];

const SERVER_ERRORS_CONF: &str = "
JkMount /answer/* wire;use_server_errors=400
JkMount /high/* wire;use_server_errors=500
JkMount /zero/* wire;use_server_errors=0";

const SERVER_ERRORS: &[Row] = &[
    row("GET /answer/404", &["status=404", "body=httpd's own page", "!reply.x-other"]),
    row("GET /answer/500", &["status=500", "body=httpd's own page", "!reply.www-authenticate"]),
    row(
        "GET /answer/401",
        &["status=401", "body~Unauthorized", "reply.www-authenticate=Basic realm=\"wire\""],
    ),
    row("GET /answer/399", &["status=399"]),
    row("HEAD /answer/404", &["status=404", "body=", "!reply.x-other"]),
    row("GET /answer/200", &["status=200", "body=from the wire", "reply.x-other=kept"]),
    row("GET /high/answer/404", &["status=404", "body=from the wire", "reply.x-other=kept"]),
    row("GET /high/answer/503", &["status=503", "body~Service Unavailable"]),
    row("GET /zero/answer/500", &["status=500", "body=from the wire"]),
    row("POST /answer/500\nContent-Length: 5\n\nhello", &["status=500", "body=httpd's own page"]),
];

const FAIL_ON_STATUS_CONF: &str = "
JkMount /mirror/* lb
JkMount /status picky
JkMount /shop/status picky;fail_on_status=500,-503
JkMount /mirror/rule/* w;fail_on_status=200
JkMount /mirror/soft/* lb;fail_on_status=-200
JkMount /error flaky;fail_on_status=500";

const AT_ONCE: u32 = 8;

/// It asked each member twice.
const REPEATED: &[&str] = &[
    "status=503",
    "note.JK_LB_FIRST_READ~",
    "note.JK_LB_FIRST_TRANSFERRED~",
    "note.JK_LB_LAST_READ~",
    "note.JK_LB_LAST_TRANSFERRED~",
    "note.JK_WORKER_ROUTE~tomcat",
];

const FAIL_ON_STATUS: &[Row] = &[
    row("GET /status?code=418", &["status=503", "body~Service Unavailable", "note.JK_WORKER_NAME=picky"]),
    row("GET /status?code=404", &["status=503"]),
    row("GET /status?code=500", &["status=500", "body="]),
    row("GET /shop/status?code=418", &["status=418"]),
    row("GET /shop/status?code=500", &["status=503"]),
    row("GET /shop/status?code=503", &["status=503", "body~Service Unavailable"]),
    row("GET /shop/status?code=404", &["status=404", "body="]),
    row("GET /mirror/rule/x", &["status=503"]),
    row("GET /mirror/soft/x", &["status=503", "note.JK_WORKER_NAME=lb", "note.JK_LB_LAST_STATE=OK"])
        .unlike(AT_ONCE, REPEATED),
    row("GET /error?code=404", &["status=404"]),
    row("GET /error?code=500", &["status=503", "note.JK_WORKER_TYPE=lb"]).unlike(AT_ONCE, REPEATED),
];

const NO_NUMBER: u32 = 33;

const TIMEOUTS_CONF: &str = "
JkMount /slow slow
JkMount /shop/slow slow;reply_timeout=0
SetEnvIf X-Timeout (.+) JK_REPLY_TIMEOUT=$1";

const TIMEOUTS: &[Row] = &[
    row("GET /slow?ms=1", &["status=200", "body=route=tomcat1"]),
    row("GET /slow?ms=700", &["status=504", "note.JK_WORKER_NAME=slow"]),
    row("GET /shop/slow?ms=700", &["status=200"]),
    row("GET /slow?ms=700\nX-Timeout: 5000", &["status=200"]),
    row("GET /slow?ms=700\nX-Timeout: 0", &["status=200"]),
    row("GET /slow?ms=700\nX-Timeout: -1", &["status=504"]),
    row("GET /shop/slow?ms=700\nX-Timeout: 100", &["status=504"]),
    row("GET /slow?ms=700\nX-Timeout: 5000ms", &["status=200"]),
    row("GET /slow?ms=700\nX-Timeout: long", &["status=504", "body~Gateway", "reply.content-type~html"])
        .unlike(NO_NUMBER, &["status=200"]),
];
