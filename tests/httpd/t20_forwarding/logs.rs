//! The request log: every token, and the stamp before it.
//!
//! Rules: "directives", JkRequestLogFormat tokens. Durations read `@SECONDS@`.

use super::table::{row, Group, Row, Setup};
use super::uri::PARAMETERS;

pub const SETUP: Setup = Setup {
    main: "
JkLogFile logs/requests.log
JkLogLevel emerg
JkLogStampFormat \"[stamp] \"
JkRequestLogFormat \"main %w %s\"
UseCanonicalName Off",
    groups: &[
        Group { name: "inherits", conf: "JkMount /* wire", rows: INHERITS },
        Group { name: "tokens", conf: TOKENS_CONF, rows: TOKENS },
        Group { name: "escapes", conf: ESCAPES_CONF, rows: ESCAPES },
        Group { name: "routes", conf: ROUTES_CONF, rows: ROUTES },
        Group { name: "broken", conf: "JkRequestLogFormat \"%w %Z\"\nJkMount /* wire", rows: BROKEN },
        Group { name: "stamp", conf: "JkLogStampFormat \"[%%Y] \"\nJkMount /* wire", rows: STAMP },
        Group { name: "lines", conf: "JkLogStampFormat \"%n%t[s] \"\nJkMount /* wire", rows: LINE_STAMP },
    ],
};

const INHERITS: &[Row] = &[
    row("GET /x", &["request_log=[stamp] main wire 200"]),
    row("GET /answer/404", &["request_log=[stamp] main wire 404"]),
];

const TOKENS_CONF: &str = "
ServerAlias other.test
JkRequestLogFormat \"w=%w v=%v V=%V U=%U q=%q s=%s b=%b B=%B H=%H m=%m p=%p r=%r R=%R T= %T\"
JkMount /app/* wire
JkMount /gone/* missing
JkMount /answer/* wire;use_server_errors=500";

const TOKENS: &[Row] = &[
    row(
        "GET /app/answer/404?a=b",
        &["request_log=[stamp] w=wire v=tokens.test V=tokens.test U=/app/answer/404 q=?a=b s=404 b=13 B=13 H=HTTP/1.1 \
           m=GET p=80 r=GET /app/answer/404?a=b HTTP/1.1 R=- T= @SECONDS@"],
    ),
    row(
        "GET /app/%20;x=1/answer/404\nHost: other.test",
        &["request_log~V=other.test U=/app/ ;x=1/answer/404 q= s=404"],
    )
    .unlike(PARAMETERS, &["request_log~U=/app/ /answer/404 q=", "log.uri=/app/ /answer/404"]),
    row("HEAD /app/answer/404 HTTP/1.0", &["request_log~s=404 b=- B=0 H=HTTP/1.0 m=HEAD"]),
    row("GET /app/empty/200", &["body=", "request_log~s=200 b=0 B=0"]),
    row("HEAD /app/empty/200", &["request_log~s=200 b=- B=0"]),
    row("GET /app/empty/304", &["request_log~s=304 b=- B=0"]),
    row("GET /gone/x", &["request_log~w=missing", "request_log~s=500", "request_log~R=- T= -", "status=500"]),
    row("GET /answer/503", &["request_log~s=503", "status=503"]),
    row("GET /local.txt", &["status=200", "!request_log"]),
];

const ESCAPES_CONF: &str = r#"
JkRequestLogFormat "a\\tb\\\\c\\xd \"%m\"\\n%s\\n\\n'%U'"
JkMount /* wire"#;

const ESCAPES: &[Row] = &[row("GET /x\"'", &["request_log=[stamp] a\tb\\c\\xd \"GET\"\n200\n\n'/x\"''"])];

const ROUTES_CONF: &str = "
JkRequestLogFormat \"%w|%R\"
JkMount /mirror/* lb
JkMount /plain/* wire
SetEnvIf X-Route (.*) JK_ROUTE=$1";

const ROUTES: &[Row] = &[
    row("GET /mirror/x\nCookie: JSESSIONID=a.tomcat2", &["request_log=[stamp] lb|tomcat2"]),
    row("GET /plain/x", &["request_log=[stamp] wire|-"]),
    row("GET /plain/x\nX-Route: r", &["request_log=[stamp] wire|r"]),
];

const BROKEN: &[Row] = &[row("GET /x", &["status=200", "!request_log"])];

const STAMP: &[Row] = &[row("GET /x", &["status=200", "request_log=[%Y] main wire 200"])];

const LINE_STAMP: &[Row] = &[row("GET /x", &["status=200", "request_log=\n\t[s] main wire 200"])];
