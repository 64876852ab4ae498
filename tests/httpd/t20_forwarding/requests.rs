//! Methods, headers, query strings and bodies.
//!
//! Rules: "ajp13", Method codes, Request headers, and Request body.

use super::table::{row, Group, Row, Setup};
use super::uri::PARAMETERS;

pub const SETUP: Setup = Setup {
    main: "",
    groups: &[
        Group { name: "methods", conf: "JkMount /* wire", rows: METHODS },
        Group { name: "headers", conf: "JkMount /* wire", rows: HEADERS },
        Group { name: "queries", conf: "JkMount /* wire", rows: QUERIES },
        Group { name: "bodies", conf: "JkMount /* wire\nJkMount /mirror/* w", rows: BODIES },
        Group { name: "ignore-cl", conf: IGNORE_CL_CONF, rows: IGNORE_CL },
        Group {
            name: "answers",
            conf: "JkMount /* wire\nJkMount /status w\nJkMount /cookies w",
            rows: ANSWERS,
        },
        Group { name: "sessions", conf: "JkMount /* lb", rows: SESSIONS },
    ],
};

const METHODS: &[Row] = &[
    row("OPTIONS /x", &["method=OPTIONS", "!attr.stored_method"]),
    row("GET /x", &["method=GET", "header.content-length=0"]),
    row("HEAD /x", &["status=200", "!body"]),
    row("POST /x", &["method=POST", "header.content-length=0"]),
    row("PUT /x", &["method=PUT"]),
    row("DELETE /x", &["method=DELETE"]),
    row("TRACE /x", &["status=200", "reply.content-type=message/http", "!note.JK_WORKER_TYPE"]),
    row("PROPFIND /x", &["method=PROPFIND"]),
    row("PROPPATCH /x", &["method=PROPPATCH"]),
    row("MKCOL /x", &["method=MKCOL"]),
    row("COPY /x", &["method=COPY"]),
    row("MOVE /x", &["method=MOVE"]),
    row("LOCK /x", &["method=LOCK"]),
    row("UNLOCK /x", &["method=UNLOCK"]),
    row("ACL /x", &["method=ACL"]),
    row("REPORT /x", &["method=REPORT"]),
    row("VERSION-CONTROL /x", &["method=VERSION-CONTROL"]),
    row("CHECKIN /x", &["method=CHECKIN"]),
    row("CHECKOUT /x", &["method=CHECKOUT"]),
    row("UNCHECKOUT /x", &["method=UNCHECKOUT"]),
    row("SEARCH /x", &["method=SEARCH"]),
    row("MKWORKSPACE /x", &["method=MKWORKSPACE"]),
    row("UPDATE /x", &["method=UPDATE"]),
    row("LABEL /x", &["method=LABEL"]),
    row("MERGE /x", &["method=MERGE"]),
    row("BASELINE-CONTROL /x", &["method=BASELINE-CONTROL"]),
    row("MKACTIVITY /x", &["method=MKACTIVITY", "!attr.stored_method"]),
    row("PATCH /x", &["method=PATCH", "attr.stored_method=PATCH"]),
    row("BREW /x", &["method=BREW", "attr.stored_method=BREW"]),
    row("get /x", &["method=get", "attr.stored_method=get"]),
];

const HEADERS: &[Row] = &[
    row(
        "GET /x\nAccept: text/*\nAccept-Charset: utf-8\nAccept-Encoding: gzip\nAccept-Language: ko, en;q=0.5",
        &[
            "header.accept=text/*",
            "header.accept-charset=utf-8",
            "header.accept-encoding=gzip",
            "header.accept-language=ko, en;q=0.5",
            "headers=host connection accept accept-charset accept-encoding accept-language content-length",
        ],
    ),
    row("GET /x\nAccept-Ranges: x\nAcceptable: y", &["header.accept-ranges=x", "header.acceptable=y"]),
    row("GET /x\nCookie: a=1\nCookie: b=2", &["header.cookie=a=1, b=2"]),
    row(
        "GET /x\nCookie: a=1; b=\"2\"\nCookie2: $Version",
        &["header.cookie=a=1; b=\"2\"", "header.cookie2=$Version"],
    ),
    row("GET /x\nX-Two: 1\nx-two: 2\nX-TWO: 3", &["header.x-two=1, 2, 3"]),
    row("GET /x\nX-Empty:\nX-Last: 1", &["header.x-empty=", "header.x-last=1"]),
    row("GET /x\nX-Space:   a  b  ", &["header.x-space=a  b"]),
    row("GET /x\nX-Utf: \u{ac00}", &["header.x-utf=\u{ac00}"]),
    row(
        "GET /x\nPragma: no-cache\nReferer: http://r/\nUser-Agent: u",
        &["header.user-agent=u", "header.referer=http://r/"],
    ),
    row(
        "GET /x\nAuthorization: Bearer t\nProxy-Authorization: p",
        &["header.authorization=Bearer t", "header.proxy-authorization=p"],
    ),
    row(
        "GET /x\nConnection: close, X-Hop\nX-Hop: 1\nTE: trailers",
        &["header.x-hop=1", "header.te=trailers"],
    ),
    row("GET /x\nUpgrade: h2c\nConnection: close, Upgrade", &["header.upgrade=h2c"]),
    row(
        "GET /x\nContent-Type: text/plain\nX-Forwarded-For: 1.2.3.4",
        &["header.content-type=text/plain", "remote_addr=127.0.0.1"],
    ),
    row("GET /x\nX Bad: 1", &["status=400"]),
    row("GET /x\nX-Long: @20000@", &["status=400"]),
    row("GET /x\nX-One: @6000@", &["status=200"]),
    row("GET /x\nX-One: @6000@\nX-Two: @6000@", &["status=413"]),
];

const QUERIES: &[Row] = &[
    row("GET /x", &["!attr.query_string"]),
    row("GET /x?", &["attr.query_string="]),
    row("GET /x??", &["attr.query_string=?"]),
    row("GET /x?a=1&b=%20%zz&c=+", &["attr.query_string=a=1&b=%20%zz&c=+"]),
    row("GET /x?/../y;z", &["attr.query_string=/../y;z", "uri=/x"]),
    row("GET /x?%ea%B0%80", &["attr.query_string=%ea%B0%80"]),
    row("GET /x?a#b", &["status=400"]),
    row("POST /x?a=1\nContent-Length: 3\n\nb=2", &["attr.query_string=a=1", "body.text=b=2"]),
];

const BODIES: &[Row] = &[
    row(
        "POST /x\nContent-Length: 5\n\nhello",
        &["header.content-length=5", "body.text=hello", "interim=false"],
    ),
    row("POST /x\nContent-Length: 0\n\n", &["header.content-length=0", "body.length=0"]),
    row("GET /x\nContent-Length: 5\n\nhello", &["method=GET", "body.text=hello"]),
    row(
        "POST /x\nTransfer-Encoding: chunked\n\n5\nhello\n6\n world\n0\n\n",
        &["!header.content-length", "header.transfer-encoding=chunked", "body.text=hello world"],
    ),
    row("POST /x\nTransfer-Encoding: chunked\n\n0\n\n", &["!header.content-length", "body.length=0"]),
    row(
        "POST /x\nTransfer-Encoding: chunked\n\n3;ext=1\nabc\n0\nTrailer: 1\n\n",
        &["body.text=abc", "!header.trailer"],
    ),
    row(
        "POST /x\nContent-Length: 99\nTransfer-Encoding: chunked\n\n2\nhi\n0\n\n",
        &["!header.content-length", "body.text=hi"],
    ),
    row("POST /x\nContent-Length: 20000\n\n@20000@", &["header.content-length=20000", "body.length=20000"]),
    row("POST /mirror/x\nContent-Length: 20000\n\n@20000@", &["content_length=20000", "body.crc=1097156355"]),
    row(
        "POST /mirror/x\nTransfer-Encoding: chunked\n\n4e20\n@20000@\n0\n\n",
        &["content_length=-1", "body.length=20000"],
    ),
    row("POST /mirror/x\nContent-Length: 5\n\nhello", &["body.crc=907060870"]),
    row("GET /mirror/x", &["body.length=0", "header.content-length=0"]),
    row(
        "POST /x\nExpect: 100-continue\nContent-Length: 5\n\nhello",
        &["interim=true", "header.expect=100-continue", "body.text=hello"],
    ),
    row(
        "POST /x\nExpect: 100-continue\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
        &["interim=true", "body.text=hello"],
    ),
    row("POST /x\nExpect: else\nContent-Length: 1\n\nx", &["status=417"]),
    row("POST /x\nContent-Length: x\n\n", &["status=400"]),
    row("POST /x\nContent-Length: -1\n\n", &["status=400"]),
    row("POST /x\nContent-Length: 1\nContent-Length: 2\n\nab", &["status=400"]),
    row("POST /x\nTransfer-Encoding: gzip\n\n", &["status=400"]),
    row("POST /x HTTP/1.0\nContent-Length: 2\n\nab", &["protocol=HTTP/1.0", "body.text=ab"]),
    row("PATCH /x\nContent-Length: 2\n\nab", &["method=PATCH", "body.text=ab"]),
];

const IGNORE_CL_CONF: &str = "
JkMount /* wire
SetEnvIf Request_URI ^/ignored(x?) JK_IGNORE_CL=$1";

const IGNORE_CL: &[Row] = &[
    row("POST /ignored\nContent-Length: 5\n\nhello", &["!header.content-length", "body.text=hello"]),
    row("POST /ignored\nContent-Length: 0\n\n", &["header.content-length=0", "body.length=0"]),
    row("GET /ignored", &["header.content-length=0"]),
    row("POST /kept\nContent-Length: 5\n\nhello", &["header.content-length=5", "body.text=hello"]),
];

const ANSWERS: &[Row] = &[
    row("GET /answer/404", &["status=404", "body=from the wire", "reply.x-other=kept"]),
    row("GET /answer/401", &["status=401", "reply.www-authenticate=Basic realm=\"wire\""]),
    row("HEAD /answer/500", &["status=500", "body=", "reply.x-other=kept"]),
    row("GET /answer/204", &["status=204", "body="]),
    row("GET /status?code=418", &["status=418", "body="]),
    row("HEAD /status?code=503", &["status=503", "body="]),
    row("GET /cookies", &["status=200", "reply.set-cookie=one=1; Path=/|two=2; Path=/; HttpOnly|three=3"]),
];

const SESSIONS: &[Row] = &[
    row(
        "GET /mirror/session",
        &["session.valid=false", "!session.id", "reply.set-cookie~JSESSIONID=@SESSION@"],
    ),
    row(
        "GET /mirror/x\nCookie: JSESSIONID=@SESSION@",
        &["session.valid=true", "session.id=@SESSION@", "session.by_cookie=true"],
    ),
    row("GET /mirror/x;jsessionid=@SESSION@", &["session.valid=true", "session.by_cookie=false"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
    row("GET /mirror/x\nCookie: JSESSIONID=unknown.tomcat2", &["session.valid=false", "route=tomcat2"]),
];
