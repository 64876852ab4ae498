//! Facts that environment variables override, and the directives that name these variables.
//!
//! Rules: "directives", table of directives, and Data sent to Tomcat. The main server sets names for some of them,
//! which virtual hosts inherit or replace.

use super::table::{row, Group, Row, Setup};
use super::uri::BY_EXTENSION;

const FORGOTTEN: u32 = 16;

pub const DEFAULTS: Setup = Setup {
    main: "JkMount /* wire\nJkEnvVar FROM_MAIN by-main",
    groups: &[
        Group { name: "set", conf: SET_CONF, rows: SET },
        Group { name: "empty", conf: EMPTY_CONF, rows: EMPTY },
        Group { name: "odd", conf: ODD_CONF, rows: ODD },
        Group { name: "absent", conf: "JkMount /* wire", rows: ABSENT },
        Group { name: "by-request", conf: BY_REQUEST_CONF, rows: BY_REQUEST },
        Group { name: "env", conf: ENV_CONF, rows: ENV },
        Group { name: "auth", conf: AUTH_CONF, rows: AUTH },
        Group { name: "remoteip", conf: REMOTEIP_CONF, rows: REMOTEIP },
    ],
};

pub const RENAMED: Setup = Setup {
    main: "
JkRemoteAddrIndicator MAIN_ADDR
JkRemotePortIndicator MAIN_PORT
JkRemoteHostIndicator MAIN_HOST
JkRemoteUserIndicator MAIN_USER
JkAuthTypeIndicator MAIN_AUTH
JkLocalNameIndicator MAIN_NAME
JkLocalAddrIndicator MAIN_LOCAL
JkLocalPortIndicator MAIN_LPORT
JkIgnoreCLIndicator MAIN_CL
JkWorkerIndicator MAIN_WORKER
SetEnv MAIN_ADDR 10.1.1.1
SetEnv MAIN_PORT 1111
SetEnv MAIN_HOST main.host
SetEnv MAIN_USER main-user
SetEnv MAIN_AUTH main-auth
SetEnv MAIN_NAME main.name
SetEnv MAIN_LOCAL 10.1.1.2
SetEnv MAIN_LPORT 1112
SetEnv MAIN_CL 1
SetEnv MAIN_WORKER wire
SetEnv HOST_ADDR 10.2.2.1
SetEnv HOST_PORT 2221
SetEnv HOST_HOST vhost.host
SetEnv HOST_USER vhost-user
SetEnv HOST_AUTH vhost-auth
SetEnv HOST_NAME vhost.name
SetEnv HOST_LOCAL 10.2.2.2
SetEnv HOST_LPORT 2222
SetEnv HOST_WORKER w
SetEnv JK_REMOTE_ADDR 9.9.9.9
SetEnv JK_REMOTE_USER default-name
SetEnv JK_WORKER_NAME w
JkMount /mounted/* wire",
    groups: &[
        Group { name: "inherits", conf: "JkMountCopy On", rows: INHERITS },
        Group {
            name: "handler",
            conf: "<Location />\nSetHandler jakarta-servlet\n</Location>",
            rows: HANDLER,
        },
        Group { name: "overrides", conf: OVERRIDES_CONF, rows: OVERRIDES },
    ],
};

const SET_CONF: &str = "
JkMount /* wire
JkMount /mirror* w
SetEnv JK_REMOTE_ADDR 192.0.2.7
SetEnv JK_REMOTE_PORT 4711
SetEnv JK_REMOTE_HOST client.example
SetEnv JK_REMOTE_USER bob
SetEnv JK_AUTH_TYPE Magic
SetEnv JK_LOCAL_NAME shop.example
SetEnv JK_LOCAL_ADDR 192.0.2.1
SetEnv JK_LOCAL_PORT 8443";

const SET: &[Row] = &[
    row(
        "GET /x?q",
        &[
            "remote_addr=192.0.2.7",
            "remote_host=client.example",
            "server_name=shop.example",
            "server_port=8443",
            "secure=false",
            "attributes=remote_user auth_type query_string AJP_REMOTE_PORT AJP_LOCAL_ADDR JK_LB_ACTIVATION FROM_MAIN",
            "attr.AJP_REMOTE_PORT=4711",
            "attr.AJP_LOCAL_ADDR=192.0.2.1",
            "attr.remote_user=bob",
            "attr.auth_type=Magic",
            "attr.JK_LB_ACTIVATION=ACT",
            "header.host=set.test",
        ],
    )
    .unlike(FORGOTTEN, &["attr.AJP_LOCAL_ADDR=127.0.0.1"]),
    row(
        "GET /mirror/x\nX-Ask: FROM_MAIN",
        &[
            "remote_addr=192.0.2.7",
            "remote_port=4711",
            "local_addr=192.0.2.1",
            "server_name=set.test",
            "server_port=80",
            "user=bob",
            "auth=Magic",
            "attr.JK_LB_ACTIVATION=ACT",
            "attr.FROM_MAIN=by-main",
            "scheme=http",
        ],
    )
    .unlike(FORGOTTEN, &["local_addr=127.0.0.1"]),
];

const EMPTY_CONF: &str = "
JkMount /* wire
SetEnv JK_REMOTE_ADDR
SetEnv JK_REMOTE_PORT
SetEnv JK_REMOTE_HOST
SetEnv JK_REMOTE_USER
SetEnv JK_AUTH_TYPE
SetEnv JK_LOCAL_NAME
SetEnv JK_LOCAL_ADDR
SetEnv JK_LOCAL_PORT";

const EMPTY: &[Row] = &[row(
    "GET /x",
    &[
        "remote_addr=",
        "remote_host=",
        "server_name=",
        "server_port=0",
        "!attr.remote_user",
        "!attr.auth_type",
        "attr.AJP_REMOTE_PORT=",
        "attr.AJP_LOCAL_ADDR=",
    ],
)
.unlike(FORGOTTEN, &["attr.AJP_LOCAL_ADDR=127.0.0.1"])];

const ODD_CONF: &str = "
JkMount /* wire
SetEnv JK_LOCAL_PORT 81x
SetEnv JK_REMOTE_PORT text
SetEnv JK_REMOTE_ADDR \"not an address\"";

const ODD: &[Row] = &[row(
    "GET /x",
    &["server_port=81", "attr.AJP_REMOTE_PORT=text", "remote_addr=not an address", "remote_host="],
)];

const ABSENT: &[Row] = &[
    row(
        "GET /x",
        &[
            "remote_addr=127.0.0.1",
            "remote_host=",
            "server_name=absent.test",
            "attr.AJP_REMOTE_PORT=@CLIENT@",
            "attr.AJP_LOCAL_ADDR=127.0.0.1",
            "attributes=AJP_REMOTE_PORT AJP_LOCAL_ADDR JK_LB_ACTIVATION FROM_MAIN",
            "secure=false",
            "protocol=HTTP/1.1",
        ],
    ),
    row("GET /x HTTP/1.0", &["protocol=HTTP/1.0", "header.host=absent.test"]),
    row("GET /x\nHost: absent.test:8081", &["server_name=absent.test", "server_port=8081"]),
    row("GET /x\nHost: ABSENT.test", &["server_name=absent.test", "header.host=ABSENT.test"]),
];

const BY_REQUEST_CONF: &str = "
JkMount /* wire
SetEnvIf X-User (.+) JK_REMOTE_USER=$1
RewriteEngine On
RewriteCond %{HTTP:X-Addr} (.+)
RewriteRule .* - [E=JK_REMOTE_ADDR:%1]
SetEnvIf X-No-Jk . no-jk
SetEnvIf X-Empty-No-Jk 1(x?) no-jk=$1
<Location /error.txt>
SetEnv no-jk 1
</Location>";

const LATE: u32 = 34;

const BY_REQUEST: &[Row] = &[
    row("GET /x\nX-User: carol", &["attr.remote_user=carol"]),
    row("GET /x\nX-Addr: 198.51.100.9", &["remote_addr=198.51.100.9", "!attr.remote_user"]),
    row("GET /local.txt\nX-No-Jk: 1", &["status=200", "body=from httpd", "!note.JK_WORKER_NAME"]),
    row("GET /local.txt\nX-Empty-No-Jk: 1", &["status=200", "body=from httpd"]),
    row("GET /local.txt", &["uri=/local.txt", "note.JK_WORKER_NAME=wire", "note.JK_WORKER_TYPE=ajp13"])
        .unlike(BY_EXTENSION, &["reply.content-type=text/plain"]),
    row("GET /error.txt", &["status=200", "body=httpd's own page", "!note.JK_WORKER_NAME"]).unlike(
        LATE,
        &[
            "status=404",
            "body~Not Found",
            "note.JK_WORKER_NAME=wire",
            "reply.content-type~html",
            "!reply.accept-ranges",
        ],
    ),
];

const ENV_CONF: &str = "
JkMount /* wire
JkMount /mirror* w
JkEnvVar SET_ONE
JkEnvVar SET_TWO two-by-default
JkEnvVar UNSET_ONE
JkEnvVar UNSET_TWO default
JkEnvVar UNSET_EMPTY \"\"
JkEnvVar SET_EMPTY
JkEnvVar set_lower
JkEnvVar HTTP_X_OWN
JkEnvVar REQUEST_URI
JkEnvVar SERVER_ADMIN
SetEnv SET_ONE \"a b\"
SetEnv SET_TWO two
SetEnv SET_EMPTY
SetEnv SET_LOWER lower
ServerAdmin root@example.test";

const ENV: &[Row] = &[
    row(
        "GET /x\nX-Own: 1",
        &[
            "attr.SET_ONE=a b",
            "attr.SET_TWO=two",
            "!attr.UNSET_ONE",
            "attr.UNSET_TWO=default",
            "!attr.UNSET_EMPTY",
            "attr.SET_EMPTY=",
            "attr.HTTP_X_OWN=1",
            "!attr.REQUEST_URI",
            "attr.SERVER_ADMIN=root@example.test",
            "attr.FROM_MAIN=by-main",
        ],
    ),
    row(
        "GET /mirror/x\nX-Ask: SET_ONE SET_EMPTY UNSET_ONE UNSET_TWO",
        &["attr.SET_ONE=a b", "!attr.UNSET_ONE", "attr.UNSET_TWO=default", "attr.SET_EMPTY="],
    ),
];

const AUTH_CONF: &str = "
JkMount /* wire
JkMount /shop* w
<Location />
AuthType Basic
AuthName realm
AuthUserFile @ROOT@/conf/users
Require valid-user
</Location>
<Location /x/renamed>
SetEnv JK_REMOTE_USER other
</Location>
<Location /x/nobody>
SetEnv JK_REMOTE_USER
</Location>";

const AUTH: &[Row] = &[
    row("GET /x", &["status=401", "reply.www-authenticate=Basic realm=\"realm\""]),
    row(
        "GET /x\nAuthorization: Basic YWxpY2U6c2VjcmV0",
        &["attr.remote_user=alice", "attr.auth_type=Basic", "header.authorization=Basic YWxpY2U6c2VjcmV0"],
    ),
    row("GET /shop/mirror/x\nAuthorization: Basic YWxpY2U6c2VjcmV0", &["user=alice", "auth=Basic"]),
    row("GET /x/renamed\nAuthorization: Basic YWxpY2U6c2VjcmV0", &["attr.remote_user=other"]),
    row(
        "GET /x/nobody\nAuthorization: Basic YWxpY2U6c2VjcmV0",
        &["!attr.remote_user", "attr.auth_type=Basic"],
    ),
];

const REMOTEIP_CONF: &str = "
JkMount /* wire
RemoteIPHeader X-Client
RemoteIPInternalProxy 127.0.0.1";

const REMOTEIP: &[Row] = &[
    row("GET /x\nX-Client: 203.0.113.5", &["remote_addr=203.0.113.5", "!header.x-client"]),
    row("GET /x\nX-Client: 2001:db8::5", &["remote_addr=2001:db8::5"]),
    row("GET /x", &["remote_addr=127.0.0.1"]),
];

const INHERITS: &[Row] = &[row(
    "POST /mounted/x\nContent-Length: 4\n\nbody",
    &[
        "remote_addr=10.1.1.1",
        "attr.AJP_REMOTE_PORT=1111",
        "remote_host=main.host",
        "attr.remote_user=main-user",
        "attr.auth_type=main-auth",
        "server_name=main.name",
        "server_port=1112",
        "attr.AJP_LOCAL_ADDR=10.1.1.2",
        "!header.content-length",
        "body.text=body",
    ],
)
.unlike(FORGOTTEN, &["attr.AJP_LOCAL_ADDR=127.0.0.1"])];

const HANDLER: &[Row] =
    &[row("GET /any", &["uri=/any", "note.JK_WORKER_NAME=wire", "attr.AJP_LOCAL_ADDR=10.1.1.2"])
        .unlike(FORGOTTEN, &["attr.AJP_LOCAL_ADDR=127.0.0.1"])];

const OVERRIDES_CONF: &str = "
JkRemoteAddrIndicator HOST_ADDR
JkRemotePortIndicator HOST_PORT
JkRemoteHostIndicator HOST_HOST
JkRemoteUserIndicator HOST_USER
JkAuthTypeIndicator HOST_AUTH
JkLocalNameIndicator HOST_NAME
JkLocalAddrIndicator HOST_LOCAL
JkLocalPortIndicator HOST_LPORT
JkIgnoreCLIndicator HOST_CL
JkWorkerIndicator HOST_WORKER
JkMount /mounted/* wire
<Location /mirror>
SetHandler jakarta-servlet
</Location>";

const OVERRIDES: &[Row] = &[
    row(
        "POST /mounted/x\nContent-Length: 4\n\nbody",
        &[
            "remote_addr=10.2.2.1",
            "attr.AJP_REMOTE_PORT=2221",
            "remote_host=vhost.host",
            "attr.remote_user=vhost-user",
            "attr.auth_type=vhost-auth",
            "server_name=vhost.name",
            "server_port=2222",
            "attr.AJP_LOCAL_ADDR=10.2.2.2",
            "header.content-length=4",
        ],
    ),
    row("GET /mirror/x", &["uri=/mirror/x", "note.JK_WORKER_NAME=w", "local_addr=10.2.2.2"]),
];
