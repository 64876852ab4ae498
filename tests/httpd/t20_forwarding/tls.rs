//! Facts about TLS, which reach the module as environment variables.
//!
//! Variables set by configuration stand for those of mod_ssl here, so that each can be present, absent or odd.
//! Rules: "directives", JkExtractSSL and the indicators; "ajp13", Attributes.

use super::table::{row, Group, Row, Setup};

pub const SETUP: Setup = Setup {
    main: "
JkHTTPSIndicator TLS_ON
JkCERTSIndicator TLS_CERT
JkCERTCHAINPrefix TLS_CHAIN_
JkCIPHERIndicator TLS_CIPHER
JkSESSIONIndicator TLS_SESSION
JkKEYSIZEIndicator TLS_BITS
JkSSLPROTOCOLIndicator TLS_PROTOCOL
SetEnv TLS_CERT main-cert
SetEnv TLS_CHAIN_0 main-chain
SetEnv TLS_CIPHER main-cipher
SetEnv TLS_SESSION main-session
SetEnv TLS_BITS 111
SetEnv TLS_PROTOCOL main-protocol
SetEnv SSL_CLIENT_CERT vhost-cert
SetEnv SSL_CLIENT_CERT_CHAIN_0 -zero
SetEnv SSL_CLIENT_CERT_CHAIN_1 -one
SetEnv SSL_CIPHER TLS_AES_256_GCM_SHA384
SetEnv SSL_SESSION_ID 0123abcd
SetEnv SSL_CIPHER_USEKEYSIZE 256x
SetEnv SSL_PROTOCOL TLSv1.3
JkMount /* wire",
    groups: &[
        Group { name: "inherits", conf: "JkMountCopy On\nSetEnv TLS_ON On", rows: INHERITS },
        Group { name: "overrides", conf: OVERRIDES_CONF, rows: OVERRIDES },
        Group { name: "not-on", conf: NOT_ON_CONF, rows: NOT_ON },
        Group {
            name: "extract-off",
            conf: "JkExtractSSL Off\nJkMount /* wire\nSetEnv TLS_ON on",
            rows: PLAIN,
        },
        Group { name: "plain", conf: "JkMount /* wire", rows: PLAIN },
        Group { name: "no-key-size", conf: NO_KEY_SIZE_CONF, rows: NO_KEY_SIZE },
        Group { name: "chain", conf: CHAIN_CONF, rows: CHAIN },
        Group { name: "nothing", conf: NOTHING_CONF, rows: NOTHING },
        Group { name: "servlet", conf: SERVLET_CONF, rows: SERVLET },
    ],
};

const INHERITS: &[Row] = &[row(
    "GET /x",
    &[
        "secure=true",
        "attr.ssl_cert=main-cert",
        "attr.ssl_cipher=main-cipher",
        "attr.ssl_session=main-session",
        "attr.ssl_key_size=111",
        "attr.AJP_SSL_PROTOCOL=main-protocol",
        "attributes=ssl_cert ssl_cipher ssl_session ssl_key_size AJP_SSL_PROTOCOL AJP_REMOTE_PORT AJP_LOCAL_ADDR \
         JK_LB_ACTIVATION",
    ],
)];

const OVERRIDES_CONF: &str = "
JkHTTPSIndicator HTTPS
JkCERTSIndicator SSL_CLIENT_CERT
JkCERTCHAINPrefix SSL_CLIENT_CERT_CHAIN_
JkCIPHERIndicator SSL_CIPHER
JkSESSIONIndicator SSL_SESSION_ID
JkKEYSIZEIndicator SSL_CIPHER_USEKEYSIZE
JkSSLPROTOCOLIndicator SSL_PROTOCOL
JkMount /* wire
SetEnv HTTPS on";

const OVERRIDES: &[Row] = &[row(
    "GET /x",
    &[
        "secure=true",
        "attr.ssl_cert=vhost-cert",
        "attr.ssl_cipher=TLS_AES_256_GCM_SHA384",
        "attr.ssl_session=0123abcd",
        "attr.ssl_key_size=256",
        "attr.AJP_SSL_PROTOCOL=TLSv1.3",
    ],
)];

const NOT_ON_CONF: &str = "
JkMount /* wire
SetEnvIf X-Https (.*) TLS_ON=$1";

const NOT_ON: &[Row] = &[
    row("GET /x\nX-Https: yes", &["secure=false", "!attr.ssl_cert", "!attr.ssl_cipher"]),
    row("GET /x\nX-Https: 1", &["secure=false"]),
    row("GET /x\nX-Https: off", &["secure=false"]),
    row("GET /x\nX-Https: ON", &["secure=true", "attr.ssl_cipher=main-cipher"]),
    row("GET /x\nX-Https: oN", &["secure=true"]),
    row("GET /x\nX-Https: on ", &["secure=true"]),
];

const PLAIN: &[Row] =
    &[row("GET /x", &["secure=false", "!attr.ssl_cert", "!attr.ssl_key_size", "!attr.AJP_SSL_PROTOCOL"])];

const NO_KEY_SIZE_CONF: &str = "
JkOptions -ForwardKeySize
JkMount /* wire
SetEnv TLS_ON on";

const NO_KEY_SIZE: &[Row] =
    &[row("GET /x", &["secure=true", "!attr.ssl_key_size", "attr.ssl_cipher=main-cipher"])];

const CHAIN_CONF: &str = "
JkOptions +ForwardSSLCertChain
JkCERTSIndicator SSL_CLIENT_CERT
JkCERTCHAINPrefix ssl_client_cert_chain_
JkMount /* wire
SetEnv TLS_ON on";

const CHAIN: &[Row] = &[row("GET /x", &["attr.ssl_cert=vhost-cert-zero-one"])];

const NOTHING_CONF: &str = "
JkCERTSIndicator NOT_SET
JkCIPHERIndicator NOT_SET
JkSESSIONIndicator NOT_SET
JkKEYSIZEIndicator NOT_SET
JkSSLPROTOCOLIndicator NOT_SET
JkMount /* wire
SetEnv TLS_ON on";

const NOTHING: &[Row] =
    &[row("GET /x", &["secure=true", "attributes=AJP_REMOTE_PORT AJP_LOCAL_ADDR JK_LB_ACTIVATION"])];

const SERVLET_CONF: &str = "
JkMount /* w
JkCERTSIndicator PEM
SetEnv TLS_ON on
SetEnv TLS_BITS 256
SetEnvIfExpr \"file('@ROOT@/conf/client.pem') =~ /([\\s\\S]+)/\" PEM=$1";

const SERVLET: &[Row] = &[row(
    "GET /mirror/x",
    &[
        "scheme=https",
        "secure=true",
        "attr.jakarta.servlet.request.cipher_suite=main-cipher",
        "attr.jakarta.servlet.request.key_size=256",
        "attr.jakarta.servlet.request.ssl_session_id=main-session",
        "attr.jakarta.servlet.request.X509Certificate=CN=client.example",
        "attr.org.apache.tomcat.util.net.secure_protocol_version=main-protocol",
    ],
)];
