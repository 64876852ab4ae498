//! The URI: how it is cleaned for matching, and how JkOptions ForwardURI* forward it.
//!
//! Examples: "uri-mapping", Normalisation before matching, and URI forwarded to Tomcat.

use super::table::{row, Group, Row, Setup};

pub const SETUP: Setup = Setup {
    main: "JkOptions +ForwardURICompat\n",
    groups: &[
        Group { name: "proxy", conf: "JkOptions +ForwardURIProxy\nJkMount /* wire", rows: PROXY },
        Group { name: "inherited", conf: "JkMount /* wire", rows: COMPAT },
        Group {
            name: "unparsed",
            conf: "JkOptions ForwardURICompatUnparsed\nJkMount /* wire",
            rows: UNPARSED,
        },
        Group { name: "escaped", conf: "JkOptions forwardUriEscaped\nJkMount /* wire", rows: ESCAPED },
        Group {
            name: "slashes-on",
            conf: "JkOptions ForwardURIProxy\nAllowEncodedSlashes On\nJkMount /* wire",
            rows: &[row("GET /u/a%2Fb", &["uri=/u/a/b"]), row("GET /u/a%2fb%2F%2Fc", &["uri=/u/a/b/c"])],
        },
        Group {
            name: "slashes-nodecode",
            conf: "JkOptions ForwardURIProxy\nAllowEncodedSlashes NoDecode\nJkMount /* wire",
            rows: NODECODE,
        },
        Group {
            name: "no-merge",
            conf: "JkOptions ForwardURIProxy\nMergeSlashes Off\nJkMount /u/* wire",
            rows: &[
                row("GET /u//x", &["uri=/u//x", "log.uri=/u//x"]).unlike(PARAMETERS, &["log.uri=/u/x"]),
                row("GET //u///x//", &["uri=/u///x//", "log.uri=/u///x//"])
                    .unlike(PARAMETERS, &["log.uri=/u/x/"]),
            ],
        },
        Group { name: "clean", conf: CLEAN_CONF, rows: CLEAN },
        Group { name: "servlet", conf: "JkOptions ForwardURIProxy\nJkMount /* w", rows: SERVLET },
        Group { name: "unsafe", conf: UNSAFE_CONF, rows: UNSAFE },
        Group { name: "rewritten", conf: REWRITTEN_CONF, rows: REWRITTEN },
    ],
};

/// What httpd's other modules and logs see of a URI that `<Location>` saw clean.
pub const PARAMETERS: u32 = 50;

pub const BY_EXTENSION: u32 = 39;

const ENCODED_SLASHES: u32 = 40;

/// A slash is left as it came; what httpd decoded to the same octets is encoded again.
const NODECODE: &[Row] = &[
    row("GET /u/a%2Fb", &["uri=/u/a%2Fb"]).unlike(ENCODED_SLASHES, &["uri=/u/a%252Fb"]),
    row("GET /u/a%252Fb", &["uri=/u/a%252Fb"]),
    row("GET /u/100%25/a%2fb", &["uri=/u/100%25/a%2fb"]).unlike(ENCODED_SLASHES, &["uri=/u/100%25/a%252fb"]),
];

/// Re-encoded by the module: capital hex digits, path parameters kept, `%25` protected from a second decoding.
const PROXY: &[Row] = &[
    row("GET /", &["uri=/", "!attr.query_string"]),
    row("GET /u/a%20b", &["uri=/u/a%20b"]),
    row("GET /u/a%25b", &["uri=/u/a%25b"]),
    row("GET /u/a%252e%252e/b", &["uri=/u/a%252e%252e/b"]),
    row("GET /u/a%3Fb?c", &["uri=/u/a%3Fb", "attr.query_string=c"]),
    row("GET /u/a%3Bb", &["uri=/u/a;b"]).unlike(PARAMETERS, &["log.uri=/u/a"]),
    row("GET /u/a%26b=c", &["uri=/u/a&b=c"]),
    row("GET /u/%E4%ea%b0%80", &["uri=/u/%E4%EA%B0%80"]),
    row("GET /u/a%7Cb%5Ec%60d", &["uri=/u/a%7Cb%5Ec%60d"]),
    row("GET /u/%22%3C%3E%5B%5D%7B%7D%5C", &["uri=/u/%22%3C%3E%5B%5D%7B%7D%5C"]),
    row("GET /u/%23%01%7f", &["uri=/u/%23%01%7F"]),
    row("GET /u/~$-_.+!*'(),;:@&=", &["uri=/u/~$-_.+!*'(),;:@&="])
        .unlike(PARAMETERS, &["log.uri=/u/~$-_.+!*'(),"]),
    row("GET /u/%7E%24%2D%5F", &["uri=/u/~$-_"]),
    row("GET /u/x;jsessionid=a.r1", &["uri=/u/x;jsessionid=a.r1", "log.uri=/u/x;jsessionid=a.r1"])
        .unlike(PARAMETERS, &["log.uri=/u/x"]),
    row("GET /u/./x/../y", &["uri=/u/y"]),
    row("GET /u//x", &["uri=/u/x"]),
    row("GET http://@HOST@/u/a%20b?q", &["uri=/u/a%20b", "attr.query_string=q"]),
];

/// Decoded, as httpd has it, with everything in it.
const COMPAT: &[Row] = &[
    row("GET /u/a%20b%25c%3Fd", &["uri=/u/a b%c?d"]),
    row("GET /u/a%3Bb;c=d", &["uri=/u/a;b;c=d", "log.uri=/u/a;b;c=d"]).unlike(PARAMETERS, &["log.uri=/u/a"]),
    row("GET /u/a%7Cb%23", &["uri=/u/a|b#"]),
    row("GET /u/./x/../y?z", &["uri=/u/y", "attr.query_string=z"]),
];

/// What a container could take for another URI than sections did.
const AMBIGUOUS: u32 = 51;

/// As received, up to the query, unless a container reads something else in it than `<Location>` saw.
const UNPARSED: &[Row] = &[
    row("GET /u/a%20b%25c%3Fd?q%20r", &["uri=/u/a%20b%25c%3Fd", "attr.query_string=q%20r"]),
    row("GET /u/./x/../y//z;", &["uri=/u/./x/../y//z;"]).unlike(PARAMETERS, &["log.uri=/u/y/z"]),
    row("GET /u/./x/../y//z%3B", &["uri=/u/y/z;"])
        .unlike(AMBIGUOUS, &["uri=/u/./x/../y//z%3B", "log.uri=/u/y/z"]),
    row("GET /u/x%2Fb/../y", &["uri=/u/y"]).unlike(AMBIGUOUS, &["uri=/u/x%2Fb/../y"]),
    row("GET /u/%e4;p=%2e", &["uri=/u/%e4;p=%2e"]).unlike(PARAMETERS, &["log.uri=/u/\\xe4"]),
    row("GET http://@HOST@/u/x?q", &["uri=http://unparsed.test/u/x", "attr.query_string=q"]),
    row("GET /u/x", &["uri=/u/x", "!attr.query_string"]),
];

/// Escaped by httpd: small hex digits.
const ESCAPED: &[Row] = &[
    row("GET /u/a%3Fb", &["uri=/u/a%3fb"]),
    row("GET /u/a%20b%25c", &["uri=/u/a%20b%25c"]),
    row("GET /u/%E4;jsessionid=1", &["uri=/u/%e4;jsessionid=1"]).unlike(PARAMETERS, &["log.uri=/u/\\xe4"]),
    row("GET /u/a:b", &["uri=/u/a:b"]),
];

const CLEAN_CONF: &str = "
JkOptions ForwardURIProxy
JkMount /app/* wire
JkUnMount /app/static/* wire
JkMount /deny/* wire
<Location /deny>
Require all denied
</Location>";

/// What decides is the clean URI; what is forwarded is the URI before.
const CLEAN: &[Row] = &[
    row("GET /app/x;jsessionid=a.r1", &["uri=/app/x;jsessionid=a.r1", "log.uri=/app/x;jsessionid=a.r1"])
        .unlike(PARAMETERS, &["log.uri=/app/x"]),
    row("GET /app;p=1/x;q=2/y;r", &["uri=/app;p=1/x;q=2/y;r", "log.uri=/app;p=1/x;q=2/y;r"])
        .unlike(PARAMETERS, &["log.uri=/app/x/y"]),
    row("GET /app/..;/x", &["status=404"]),
    row("GET /..;/x", &["status=400"]),
    row("GET /app/x/..;/..;/..;/z", &["status=400"]),
    row("GET /app/static;x/a", &["status=404"]),
    row("GET /app/.;/static/a", &["status=404"]),
    row("GET /app//static/a", &["status=404"]),
    row("GET /v/..;/deny/x", &["status=403", "log.uri=/v/..;/deny/x"])
        .unlike(PARAMETERS, &["log.uri=/deny/x"]),
    row("GET /deny/x", &["status=403"]),
    row("GET /app/x/..;/y", &["uri=/app/x/..;/y", "log.uri=/app/x/..;/y"])
        .unlike(PARAMETERS, &["log.uri=/app/y"]),
    row("GET /app/%3bx", &["uri=/app/;x", "log.uri=/app/;x"]).unlike(PARAMETERS, &["log.uri=/app/"]),
    row("GET /app/a%2fb", &["status=404"]),
    row("GET /app/%00x", &["status=404"]),
    row("GET /app/%zz", &["status=400"]),
    row("GET /app", &["status=404"]),
    row("GET /APP/x", &["status=404"]),
    row("OPTIONS *", &["status=200", "!note.JK_WORKER_NAME"]),
];

/// How the servlet container takes it apart.
const SERVLET: &[Row] = &[
    row(
        "GET /mirror/a/b?c=d",
        &["context=", "servlet=/mirror", "path_info=/a/b", "query=c=d", "uri=/mirror/a/b"],
    ),
    row("GET /shop/mirror/x", &["context=/shop", "servlet=/mirror", "path_info=/x", "uri=/shop/mirror/x"]),
    row("GET /mirror/%ea%b0%80%20x", &["uri=/mirror/%EA%B0%80%20x", "path_info=/\u{ac00} x"]),
    row("GET /mirror/x;v=1/y;w=2", &["uri=/mirror/x;v=1/y;w=2", "path_info=/x/y"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x/y"]),
    row("GET /mirror", &["servlet=/mirror", "!path_info", "!query"]),
    row("GET /mirror?", &["query="]),
    row("GET /mirror/%25", &["uri=/mirror/%25", "path_info=/%"]),
    row("GET /mirror/x;jsessionid=abc.tomcat1", &["session.id=abc.tomcat1", "session.by_cookie=false"])
        .unlike(PARAMETERS, &["log.uri=/mirror/x"]),
];

const UNSAFE_CONF: &str = "
JkOptions ForwardURIProxy RejectUnsafeURI
JkMount /app/* wire";

const REJECTED: u32 = 14;

const UNSAFE: &[Row] = &[
    row("GET /app/a%20b", &["uri=/app/a%20b"]),
    row("GET /app/a%25b", &["status=400", "body~Bad Request"]).unlike(REJECTED, &["status=404"]),
    row("GET /app/a%5Cb", &["status=400", "body~Bad Request"]).unlike(REJECTED, &["status=404"]),
    row("GET /other%25", &["status=404"]),
];

const REWRITTEN_CONF: &str = "
JkOptions ForwardURIProxy
JkMount /new/* wire
RewriteEngine On
RewriteRule ^/old/(.*) /new/$1 [PT]
RewriteRule ^/file/(.*) /new/$1
RewriteRule ^/add/(.*) /new/$1?added=1 [PT,QSA]
RewriteRule ^/gone/(.*) /new/$1 [R=302,L]
Alias /new/aliased @ROOT@/htdocs";

const REWRITTEN: &[Row] = &[
    row("GET /old/a%20b?q=1", &["uri=/new/a%20b", "attr.query_string=q=1"]),
    row("GET /file/x", &["status=404"]),
    row("GET /add/x?q=1", &["uri=/new/x", "attr.query_string=added=1&q=1"]),
    row("GET /gone/x", &["status=302", "reply.location=http://rewritten.test/new/x"]),
    row("GET /new/aliased/local.txt", &["uri=/new/aliased/local.txt", "!reply.content-type"])
        .unlike(BY_EXTENSION, &["reply.content-type=text/plain"]),
];
