//! What Tomcat learns of a TLS connection that ends at mod_ssl, under every directive that shapes it.
//!
//! Rules: "directives, sections 3 and 4"; "ajp13, section 4.5".

use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tls::Keys;
use crate::support::{http2, ports, tomcat};

/// Arguments of curl that show the client's certificate and the intermediate one.
const CERTIFICATE: [&str; 4] = ["--cert", "chain.pem", "--key", "client.key"];

const CLIENT: &str = "CN=client,O=mod_jk test";
const CLIENT_AND_CHAIN: &str = "CN=client,O=mod_jk test|CN=intermediate,O=mod_jk test";

/// `Facts` of one virtual host: its directives, and what a servlet must see.
struct Row {
    directives: &'static str,
    arguments: &'static [&'static str],
    facts: &'static [(&'static str, &'static str)],
}

const ROWS: [Row; 12] = [
    Row {
        directives: "",
        arguments: &["--tlsv1.3"],
        facts: &[
            ("scheme", "https"),
            ("secure", "true"),
            ("cipher", "TLS_AES_256_GCM_SHA384"),
            ("key_size", "256"),
            ("ssl_protocol", "TLSv1.3"),
            ("certificates", ""),
        ],
    },
    Row {
        directives: "",
        arguments: &["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        facts: &[
            ("cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
            ("key_size", "128"),
            ("ssl_protocol", "TLSv1.2"),
        ],
    },
    Row {
        directives: "JkOptions -ForwardKeySize",
        arguments: &[],
        facts: &[("secure", "true"), ("key_size", "")],
    },
    Row { directives: "JkOptions +ForwardKeySize", arguments: &[], facts: &[("key_size", "256")] },
    Row {
        directives: "SSLOptions -StdEnvVars -ExportCertData",
        arguments: &CERTIFICATE,
        facts: &[("scheme", "https"), ("secure", "true"), ("cipher", ""), ("certificates", "")],
    },
    Row { directives: "", arguments: &CERTIFICATE, facts: &[("certificates", CLIENT)] },
    Row {
        directives: "JkOptions +ForwardSSLCertChain",
        arguments: &CERTIFICATE,
        facts: &[("certificates", CLIENT_AND_CHAIN)],
    },
    Row { directives: "JkOptions +ForwardSSLCertChain", arguments: &[], facts: &[("certificates", "")] },
    Row {
        directives: "JkExtractSSL Off",
        arguments: &CERTIFICATE,
        facts: &[
            ("scheme", "http"),
            ("secure", "false"),
            ("cipher", ""),
            ("key_size", ""),
            ("ssl_session", ""),
            ("ssl_protocol", ""),
            ("certificates", ""),
        ],
    },
    Row {
        directives: "JkHTTPSIndicator OWN_HTTPS",
        arguments: &CERTIFICATE,
        facts: &[("scheme", "http"), ("secure", "false"), ("cipher", ""), ("certificates", "")],
    },
    Row {
        directives: "JkCIPHERIndicator OWN_CIPHER\nSetEnv OWN_CIPHER of-my-own\n\
                     JkKEYSIZEIndicator OWN_SIZE\nSetEnv OWN_SIZE 77bits\n\
                     JkSESSIONIndicator OWN_SESSION\nSetEnv OWN_SESSION abcdef\n\
                     JkSSLPROTOCOLIndicator OWN_PROTOCOL\nSetEnv OWN_PROTOCOL tls-of-my-own",
        arguments: &[],
        facts: &[
            ("scheme", "https"),
            ("cipher", "of-my-own"),
            ("key_size", "77"),
            ("ssl_session", "abcdef"),
            ("ssl_protocol", "tls-of-my-own"),
        ],
    },
    Row {
        directives: "JkCERTSIndicator SSL_CLIENT_CERT_CHAIN_0\nJkCERTCHAINPrefix ssl_server_cert\n\
                     JkOptions +ForwardSSLCertChain",
        arguments: &CERTIFICATE,
        facts: &[("certificates", "CN=intermediate,O=mod_jk test|CN=server,O=mod_jk test")],
    },
];

/// What the rows call the attributes.
const NAMES: [(&str, &str); 5] = [
    ("cipher", "attr.jakarta.servlet.request.cipher_suite"),
    ("key_size", "attr.jakarta.servlet.request.key_size"),
    ("ssl_session", "attr.jakarta.servlet.request.ssl_session_id"),
    ("ssl_protocol", "attr.org.apache.tomcat.util.net.secure_protocol_version"),
    ("certificates", "attr.jakarta.servlet.request.X509Certificate"),
];

pub fn suite() -> Suite {
    Suite::new("tls")
        .test("a_servlet_sees_what_the_directives_let_through", facts)
        .test("a_session_has_an_id", session_id)
        .test("http2_over_tls_is_https_as_well", over_http2)
        .test("a_request_without_tls_is_http_beside_it", plain)
}

/// A server with a TLS virtual host for each of `hosts`; returns their ports and the keys as well.
fn start(hosts: &[&str]) -> (Httpd, Vec<u16>, Keys) {
    let modules = ["ssl", "socache_shmcb", "http2", "env"];
    let site = modules.iter().fold(Site::new(Mpm::Event), |site, module| site.load(module));
    let keys = Keys::make(&site.path("conf"));
    let ports: Vec<_> = hosts.iter().map(|_| ports::free()).collect();
    let site = site
        .workers(&tomcat::shared().balancer())
        .conf("JkMountCopy All\nJkMount /* tomcat1\nSSLSessionCache shmcb:@ROOT@/run/ssl(512000)");
    let httpd = hosts.iter().zip(&ports).fold(site, |site, (directives, port)| {
        site.conf(&format!(
            "Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>{TLS_HOST}\n{directives}\n</VirtualHost>"
        ))
    });
    (httpd.start(), ports, keys)
}

const TLS_HOST: &str = "
  SSLEngine on
  SSLCertificateFile conf/server.pem
  SSLCertificateKeyFile conf/server.key
  SSLCACertificateFile conf/root.pem
  SSLVerifyClient optional
  SSLVerifyDepth 3
  SSLOptions +StdEnvVars +ExportCertData
  Protocols h2 http/1.1";

/// A fact by its name in the rows; empty if the servlet does not see it.
fn fact<'a>(body: &'a str, name: &str) -> &'a str {
    assert!(body.contains("route=tomcat1\n"), "not from the servlet: {body}");
    let name = NAMES.iter().find(|(short, _)| *short == name).map_or(name, |(_, name)| name);
    body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

fn facts() {
    let hosts: Vec<_> = ROWS.iter().map(|row| row.directives).collect();
    let (_httpd, ports, keys) = start(&hosts);
    for (row, port) in ROWS.iter().zip(ports) {
        let arguments = [&["--http1.1"], row.arguments].concat();
        let body = keys.get(port, "/mirror/identity", &arguments);
        for (name, value) in row.facts {
            assert_eq!(fact(&body, name), *value, "{name} with {:?}: {body}", row.directives);
        }
    }
}

fn session_id() {
    let (_httpd, ports, keys) = start(&[""]);
    let body = keys.get(ports[0], "/mirror/identity", &["--http1.1", "--tls-max", "1.2"]);
    let id = fact(&body, "ssl_session");
    assert!(id.len() == 64 && id.bytes().all(|octet| octet.is_ascii_hexdigit()), "{body}");
}

fn over_http2() {
    let (_httpd, ports, keys) = start(&[""]);
    let certificate = ["--cert", "--key"].into_iter().zip(["chain.pem", "client.key"]);
    let arguments: Vec<_> =
        certificate.map(|(option, name)| format!("{option}={}", keys.path(name).display())).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).chain(["--no-verify-peer"]).collect();
    let exchange = http2::request(&format!("https://127.0.0.1:{}/mirror/identity", ports[0]), &arguments);
    let expected = [
        ("protocol", "HTTP/2.0"),
        ("scheme", "https"),
        ("secure", "true"),
        ("key_size", "256"),
        ("ssl_protocol", "TLSv1.3"),
        ("certificates", CLIENT),
    ];
    for (name, value) in expected {
        assert_eq!(fact(exchange.transcript(), name), value, "{name}: {}", exchange.transcript());
    }
}

fn plain() {
    let (httpd, _ports, _keys) = start(&["SSLVerifyClient require"]);
    let reply = httpd.get("/mirror/identity").text();
    let expected = [("scheme", "http"), ("secure", "false"), ("cipher", ""), ("certificates", "")];
    for (name, value) in expected {
        assert_eq!(fact(&reply, name), value, "{name}");
    }
}
