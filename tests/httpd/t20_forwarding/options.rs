//! JkOptions and how a virtual host inherits them; directories, aliases and sessions in URIs.
//!
//! Rules: "directives", JkOptions, and Directories; "uri-mapping", JkAutoAlias, and JkStripSession.

use super::table::{row, Group, Row, Setup};
use super::uri::{BY_EXTENSION, PARAMETERS};

pub const INHERITED: Setup = Setup {
    main: "
JkOptions +ForwardLocalAddress +DisableReuse -ForwardKeySize +ForwardSSLCertChain
JkOptions +ForwardURIEscaped +CollapseSlashesAll
SetEnv HTTPS on
SetEnv SSL_CIPHER_USEKEYSIZE 128
SetEnv SSL_CLIENT_CERT one
SetEnv SSL_CLIENT_CERT_CHAIN_0 two
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1
JkMount /copied/* wire
JkMountCopy All",
    groups: &[
        Group { name: "inherits", conf: "JkMount /* wire", rows: INHERITS },
        Group { name: "without", conf: WITHOUT_CONF, rows: WITHOUT },
        Group { name: "both", conf: "JkOptions +ForwardPhysicalAddress\nJkMount /* wire", rows: BOTH },
        Group { name: "physical", conf: PHYSICAL_CONF, rows: PHYSICAL },
        Group { name: "plus-again", conf: "JkOptions +ForwardKeySize\nJkMount /* wire", rows: PLUS_AGAIN },
        Group {
            name: "minus-wins",
            conf: "JkOptions -DisableReuse +DisableReuse\nJkMount /* wire",
            rows: MINUS,
        },
        Group { name: "unsafe", conf: "JkOptions +RejectUnsafeURI", rows: UNSAFE },
        Group { name: "no-mount", conf: "", rows: &[row("GET /copied/x", &["uri=/copied/x"])] },
        Group { name: "not-copied", conf: "JkMountCopy Off", rows: &[row("GET /copied/x", &["status=404"])] },
    ],
};

pub const DIRECTORIES: Setup = Setup {
    main: "DirectoryIndex index.jsp\nJkStripSession On\nJkAutoAlias @ROOT@/htdocs",
    groups: &[
        Group { name: "probed", conf: "JkMount /shop/*.jsp wire", rows: PROBED },
        Group {
            name: "forwarded",
            conf: "JkOptions ForwardDirectories\nJkMount /shop/*.jsp wire",
            rows: FORWARDED,
        },
        Group { name: "by-variable", conf: BY_VARIABLE_CONF, rows: BY_VARIABLE },
        Group { name: "off", conf: "SetEnv JK_WORKER_NAME wire\nJkMount /none wire", rows: OFF },
        Group { name: "alias", conf: ALIAS_CONF, rows: ALIAS },
        Group { name: "strip", conf: "JkMount /app/* wire", rows: STRIP },
        Group { name: "strip-name", conf: "JkStripSession On ;sid\nJkMount /app/* wire", rows: STRIP_NAME },
        Group { name: "strip-off", conf: "JkStripSession Off\nJkMount /app/* wire", rows: STRIP_OFF },
        Group { name: "strip-no-mount", conf: "", rows: STRIP_NO_MOUNT },
        Group { name: "handler", conf: HANDLER_CONF, rows: HANDLER },
        Group { name: "inner", conf: INNER_CONF, rows: INNER },
    ],
};

const INHERITS: &[Row] = &[
    row(
        "GET /a%3Fb\nX-Client: 203.0.113.5",
        &[
            "uri=/a%3fb",
            "remote_addr=127.0.0.1",
            "attr.AJP_REMOTE_PORT=0",
            "!attr.ssl_key_size",
            "attr.ssl_cert=onetwo",
        ],
    ),
    row("GET /again", &["reused=false"]),
];

const WITHOUT_CONF: &str = "
JkOptions -ForwardLocalAddress -DisableReuse -ForwardSSLCertChain ForwardURICompat
JkMount /* wire";

const WITHOUT: &[Row] = &[
    row(
        "GET /a%3Fb\nX-Client: 203.0.113.5",
        &["uri=/a?b", "remote_addr=203.0.113.5", "attr.ssl_cert=one", "!attr.ssl_key_size"],
    ),
    row("GET /again", &["reused=true"]),
];

const REJECTED: u32 = 14;

/// The map is the main server's, the option this host's own.
const UNSAFE: &[Row] = &[
    row("GET /copied/a", &["uri=/copied/a"]),
    row(
        "GET /copied/%25/answer/200",
        &[
            "status=400",
            "body~Bad Request",
            "reply.content-type~html",
            "!reply.x-other",
            "!reply.www-authenticate",
            "!note.JK_WORKER_NAME",
            "!note.JK_WORKER_TYPE",
            "!note.JK_REQUEST_DURATION",
        ],
    )
    .unlike(REJECTED, &["status=200", "body=from the wire", "note.JK_WORKER_NAME=wire"]),
];

const BOTH: &[Row] =
    &[row("GET /x\nX-Client: 203.0.113.5", &["remote_addr=127.0.0.1", "attr.AJP_REMOTE_PORT=0"])];

const PHYSICAL_CONF: &str = "
JkOptions -ForwardLocalAddress +ForwardPhysicalAddress
JkMount /* wire";

const PHYSICAL: &[Row] =
    &[row("GET /x\nX-Client: 203.0.113.5", &["remote_addr=127.0.0.1", "attr.AJP_REMOTE_PORT=@CLIENT@"])];

const PLUS_AGAIN: &[Row] = &[row("GET /x", &["attr.ssl_key_size=128"])];

const MINUS: &[Row] = &[row("GET /x", &["status=200"]), row("GET /again", &["reused=true"])];

const LOOK_UPS: u32 = 41;

const INDEX_FILES: u32 = 52;

const PROBED: &[Row] = &[
    row("GET /shop/page.jsp", &["uri=/shop/page.jsp", "note.JK_WORKER_NAME=wire"]),
    row("GET /shop/", &["uri=/shop/index.jsp", "note.JK_WORKER_NAME=wire", "!reply.content-type"])
        .unlike(INDEX_FILES, &["uri=/shop/", "log.uri=/shop/", "reply.content-type=httpd/unix-directory"]),
    row("GET /shop/local.txt", &["body=from httpd", "!note.JK_WORKER_NAME"]),
    row("GET /shop", &["status=301"]),
    row("GET /", &["status=404"]),
];

const FORWARDED: &[Row] = &[
    row("GET /shop/page.jsp", &["uri=/shop/page.jsp"]),
    row("GET /shop/", &["uri=/shop/", "note.JK_WORKER_NAME=wire", "!reply.content-type"])
        .unlike(BY_EXTENSION, &["reply.content-type=httpd/unix-directory"]),
    row("GET /shop/local.txt", &["body=from httpd", "!note.JK_WORKER_NAME"]),
];

const BY_VARIABLE_CONF: &str = "
JkOptions +ForwardDirectories
JkMount /none wire
SetEnv JK_WORKER_NAME wire";

const BY_VARIABLE: &[Row] = &[
    row("GET /shop/", &["uri=/shop/", "note.JK_WORKER_NAME=wire", "!reply.content-type"])
        .unlike(BY_EXTENSION, &["reply.content-type=httpd/unix-directory"]),
    row("GET /shop/local.txt", &["body=from httpd", "!note.JK_WORKER_NAME"]),
];

const OFF: &[Row] = &[row("GET /shop/", &["status=404"])];

const ALIAS_CONF: &str = "
DocumentRoot @ROOT@/empty
JkAutoAlias @ROOT@/htdocs
JkMount /shop/*.jsp wire";

const ALIAS: &[Row] = &[
    row("GET /shop/local.txt", &["body=from httpd"]),
    row("GET /shop;x=1/local.txt", &["body=from httpd"]),
    row("GET /shop/page.jsp", &["uri=/shop/page.jsp"]),
    row("GET /shop/WEB-INF/web.xml", &["status=404"]),
    row("GET /shop/web-inf/web.xml", &["status=404"]),
    row("GET /shop/META-INF/x", &["status=404"]),
    row("GET /shop/./x/../WEB-INF;y/web.xml", &["status=404"]),
    row("GET /app.war/x", &["status=403"]),
    row("GET /app.WAR", &["status=403"]),
    row("GET /local.txt", &["status=404"]),
];

const STRIP: &[Row] = &[
    row("GET /local.txt;jsessionid=abc.r1", &["body=from httpd", "log.uri=/local.txt"]),
    row("GET /local.txt;jsessionidX", &["body=from httpd"]),
    row("GET /shop;jsessionid=a/local.txt", &["body=from httpd", "log.uri=/shop/local.txt"]),
    row("GET /local.txt;jsessionid=1;y=2", &["status=404"]),
    row("GET /local.txt;JSESSIONID=1", &["status=404"]),
    row("GET /local.txt;other=1", &["status=404"]),
    row("GET /app/x;jsessionid=1", &["uri=/app/x;jsessionid=1"]).unlike(PARAMETERS, &["log.uri=/app/x"]),
];

const STRIP_NAME: &[Row] =
    &[row("GET /local.txt;sid=1", &["body=from httpd"]), row("GET /local.txt;jsessionid=1", &["status=404"])];

const STRIP_OFF: &[Row] = &[row("GET /local.txt;jsessionid=1", &["status=404"])];

const FORGOTTEN: u32 = 16;

const STRIP_NO_MOUNT: &[Row] = &[row("GET /local.txt;jsessionid=1", &["status=200", "body=from httpd"])
    .unlike(
        FORGOTTEN,
        &[
            "status=404",
            "body~Not Found",
            "log.uri=/local.txt;jsessionid=1",
            "reply.content-type~html",
            "!reply.accept-ranges",
        ],
    )];

const HANDLER_CONF: &str = "
JkMount /mounted/* wire
RewriteEngine On
RewriteRule ^/rewritten/(.*) - [H=jakarta-servlet,E=JK_WORKER_NAME:wire]
SetEnvIf Request_URI ^/(any|mounted)/ JK_WORKER_NAME=w
SetEnvIf Request_URI ^/ext/ JK_WORKER_NAME=w;use_server_errors=400
SetEnvIf Request_URI ^/unknown/ JK_WORKER_NAME=missing
SetEnvIf X-No . no-jk
<LocationMatch ^/(any|mounted|mirror|ext|unknown|nothing)/>
SetHandler jakarta-servlet
</LocationMatch>
<Location /mirror/>
SetEnv JK_WORKER_NAME w
</Location>
<Location /any/denied>
Require all denied
</Location>";

const CLEANED: u32 = 15;

const HANDLER: &[Row] = &[
    row("GET /mirror/a%20b?q", &["uri=/mirror/a%20b", "query=q", "note.JK_WORKER_NAME=w"]),
    row("GET /rewritten/x?q", &["uri=/rewritten/x", "attr.query_string=q", "note.JK_WORKER_NAME=wire"]),
    row("GET /mounted/x", &["uri=/mounted/x", "note.JK_WORKER_NAME=wire"]),
    row("GET /unknown/x", &["status=500", "note.JK_WORKER_NAME=missing", "!note.JK_WORKER_TYPE"]),
    row("GET /nothing/x", &["status=404", "!note.JK_WORKER_NAME"]),
    row("GET /mirror/x\nX-No: 1", &["status=404", "!note.JK_WORKER_NAME"]),
    row("GET /ext/status?code=404", &["status=404", "body~Not Found"]),
    row("GET /any/denied/x", &["status=403"]),
    row(
        "GET /any/x/..;/denied/x",
        &["status=403", "body~Forbidden", "reply.content-type~html", "!note.JK_WORKER_NAME"],
    )
    .unlike(
        CLEANED,
        &[
            "status=200",
            "body~uri=/any/x/..;/denied/x",
            "note.JK_WORKER_TYPE=ajp13",
            "note.JK_REQUEST_DURATION=@SECONDS@",
        ],
    ),
];

const INNER_CONF: &str = "
JkMount /wire/* wire
JkMount /*.jsp wire
ErrorDocument 404 /wire/answer/410
ErrorDocument 403 /wire/page
AddOutputFilter INCLUDES .shtml
<Directory @ROOT@/htdocs>
Options +Includes
</Directory>
<Location /closed>
Require all denied
</Location>
RewriteEngine On
RewriteRule ^/again$ /wire/again [PT]";

const ERROR_PAGE: u32 = 35;

/// Requests that httpd makes itself: error pages, of which the status is that of the answer, and included parts.
const INNER: &[Row] = &[
    row("GET /missing?q", &["status=410", "body=from the wire", "note.JK_WORKER_NAME=wire"]),
    row(
        "POST /closed/x?q\nContent-Length: 2\n\nab",
        &[
            "status=200",
            "uri=/wire/page",
            "method=GET",
            "!attr.query_string",
            "header.content-length=0",
            "body.text=",
            "body.length=0",
        ],
    )
    .unlike(ERROR_PAGE, &["status=200", "header.content-length=2", "body.text=ab"]),
    row("GET /page.shtml", &["status=200", "body=(from the wire)", "!note.JK_WORKER_NAME"])
        .unlike(LOOK_UPS, &["note.JK_WORKER_NAME=wire"]),
    row("GET /again?x", &["uri=/wire/again", "attr.query_string=x"]),
];
