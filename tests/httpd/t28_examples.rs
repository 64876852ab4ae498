//! The examples of `conf-examples/` that show one feature each, with real Tomcats behind them.

use std::collections::BTreeSet;
use std::fs;

use mod_jk::config::directives::DIRECTIVES;

use crate::support::client::Client;
use crate::support::example::Example;
use crate::support::site::{self, Mpm};
use crate::support::suite::Suite;
use crate::support::tls::Keys;
use crate::support::{paths, ports, tomcat};

pub fn suite() -> Suite {
    Suite::new("examples")
        .test("tls_client_certificates_reach_tomcat", tls)
        .test("sethandler_routes_by_section_header_and_cookie", sethandler)
        .test("operators_change_things_and_monitors_read", status_workers)
        .test("full_works_as_it_is", full)
        .test("full_has_every_directive", every_directive)
}

/// The example with the ports of the shared Tomcats, checked by configtest.
fn example(name: &str, variables: &[(&str, &str)]) -> Example {
    let tomcats = tomcat::shared();
    let example = ["1", "2"].iter().fold(Example::new(name, Mpm::Event), |example, number| {
        let port = tomcats.service(&format!("tomcat{number}")).port;
        example.set(&format!("TOMCAT{number}_AJP"), port)
    });
    let example = variables.iter().fold(example, |example, (name, value)| example.set(name, value));
    let verdict = example.configtest();
    assert_eq!(verdict.output.trim(), "Syntax OK");
    example
}

fn tls() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let keys = Keys::make(directory.path());
    let (port, tomcat) = (ports::free(), tomcat::shared().service("tomcat1").port);
    let variables = [
        ("HTTPS_PORT", &*port.to_string()),
        ("TOMCAT_AJP", &tomcat.to_string()),
        ("TLS_DIR", &directory.path().display().to_string()),
        ("STAFF", "mod_jk test"),
    ];
    let _running = example("tls-client-certificates", &variables).start(port);
    let certificate = ["--cert", "chain.pem", "--key", "client.key"];
    let known = keys.get(port, "/mirror/identity", &certificate);
    assert!(known.contains("\nscheme=https\n"), "{known}");
    assert!(
        known.contains("X509Certificate=CN=client,O=mod_jk test|CN=intermediate,O=mod_jk test\n"),
        "{known}"
    );
    let unknown = keys.get(port, "/mirror/identity", &[]);
    assert!(unknown.contains("\nsecure=true\n") && !unknown.contains("X509Certificate"), "{unknown}");
    assert!(keys.get(port, "/staff/facts", &certificate).contains("uri=/staff/facts"));
    for path in ["/staff/facts", "/staff;x=1/facts"] {
        assert!(keys.get(port, path, &[]).contains("403 Forbidden"), "{path}");
    }
}

fn sethandler() {
    let port = ports::free();
    let _running = example("sethandler", &[("HTTP_PORT", &port.to_string())]).start(port);
    let route = |path: &str, headers: &[(&str, &str)]| {
        let reply = Client::new(port).get_with(path, headers);
        reply.fact("route").unwrap_or_else(|| reply.text())
    };
    assert!(route("/shop/facts", &[]).starts_with("tomcat"));
    assert!(route("/page.jsp", &[]).starts_with("tomcat"));
    for (header, member) in [("1", "tomcat2"), ("0", "tomcat1"), ("11", "tomcat1")] {
        assert_eq!(route("/news/facts", &[("X-Canary", header)]), member, "X-Canary: {header}");
    }
    assert_eq!(route("/news/facts", &[]), "tomcat1");
    for member in ["tomcat1", "tomcat2", "tomcat2"] {
        assert_eq!(route("/sticky/facts", &[("Cookie", &format!("a=1; node={member}"))]), member);
    }
    assert!(route("/shop/static/site.css", &[]).contains("margin"), "httpd's own file");
    assert!(route("/other", &[]).contains("404 Not Found"));
}

fn status_workers() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    site::open_to_all(directory.path());
    let passwords = directory.path().join("passwords");
    // What `htpasswd -s` writes for the password "secret".
    fs::write(
        &passwords,
        "operator:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nguest:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",
    )
    .expect("a file of our own");
    let port = ports::free();
    let variables = [("HTTP_PORT", &*port.to_string()), ("PASSWORDS", &passwords.display().to_string())];
    let _running = example("status-workers", &variables).start(port);
    let client = Client::new(port);
    let known = [("Authorization", "Basic b3BlcmF0b3I6c2VjcmV0")];
    assert!(client.get("/shop/facts").fact("route").is_some());
    let disable = "cmd=update&w=balancer&sw=tomcat1&vwa=d&mime=txt";
    let activation = || {
        let text = client.get("/jk-status?cmd=show&w=balancer&sw=tomcat1&mime=txt").text();
        text.split(" activation=").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    };
    for (path, headers, status) in [
        ("/jk-admin", &[][..], 401),
        ("/jk-admin", &[("Authorization", "Basic Z3Vlc3Q6c2VjcmV0")][..], 401),
        ("/jk-admin", &[("Authorization", "Basic b3BlcmF0b3I6d3Jvbmc=")][..], 401),
        ("/jk-status", &known[..], 200),
    ] {
        assert_eq!(client.get_with(&format!("{path}?{disable}"), headers).status, status, "{path}");
    }
    assert_eq!(activation().as_deref(), Some("ACT"));
    assert!(client.get("/jk-status").text().contains("(read only)"));
    let page = client.get_with("/jk-admin", &known);
    assert!(page.status == 200 && page.text().contains(">Disable</a>"), "{}", page.text());
    let done = client.get_with(&format!("/jk-admin?{disable}"), &known).text();
    assert_eq!(done, "Result: type=OK message=\"Action finished\"\n");
    assert_eq!(activation().as_deref(), Some("DIS"));
}

fn full() {
    let [main, direct] = [ports::free(), ports::free()];
    let variables = [("HTTP_PORT", &*main.to_string()), ("HTTP_PORT2", &*direct.to_string())];
    let running = example("full", &variables).start(main);
    let get = |port: u16, path: &str| Client::new(port).get(path);
    assert_eq!(get(main, "/shop").status, 302, "Tomcat adds a slash to the path of its application");
    for path in ["/shop/facts", "/slow/facts", "/news/facts", "/reports/facts"] {
        assert!(get(main, path).fact("route").is_some(), "{path}");
    }
    for path in ["/shop/static/x", "/news/archive/x", "/old/x", "/other"] {
        assert_eq!(get(main, path).status, 404, "{path}");
    }
    for (path, text) in
        [("/docs/a.txt;jsessionid=1", "a document of httpd\n"), ("/app/b.txt", "a file of an application\n")]
    {
        assert_eq!(get(main, path).text(), text, "{path}");
    }
    assert_eq!(get(direct, "/anything").fact("route").as_deref(), Some("tomcat2"));
    let line =
        running.log("mod_jk.log").lines().find(|line| line.contains("\"GET /slow/facts")).map(str::to_owned);
    assert!(
        line.is_some_and(|line| line.contains("] balancer tomcat") && line.contains(" 200 ")),
        "the request log"
    );
}

/// Names of directives in a text, without those that only comments speak of in prose.
fn directives(text: &str) -> BTreeSet<&str> {
    let words = text.lines().map(|line| line.trim_start().trim_start_matches('#'));
    words.filter_map(|line| line.split([' ', '"']).next().filter(|word| word.starts_with("Jk"))).collect()
}

fn every_directive() {
    let read = |path: &str| fs::read_to_string(paths::project().join(path)).expect("a file of the project");
    let defined: BTreeSet<_> = DIRECTIVES.iter().filter_map(|row| row.name.to_str().ok()).collect();
    let conf = read("conf-examples/full/conf/httpd.conf");
    assert_eq!(directives(&conf), defined);
}
