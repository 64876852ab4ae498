//! `jkctl explain`: of files what a running server says.

use serde_json::Value;

use super::{jkctl, run};
use crate::support::backend::Backend;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("explain_says_of_files_what_a_running_server_says", files_and_server)
        .test("explain_tells_in_sentences_and_ends_as_scripts_expect", sentences)
        .test("explain_says_why_it_can_not_ask", failures)
}

const CONF: &str = "\
JkMount /shop/* lb
JkUnMount /shop/*.gif lb
JkMount /jk-status status
JkMountFile conf/map.properties
<Location /jk-status>
Require ip 127.0.0.1
</Location>
<VirtualHost *:@PORT@>
ServerName one.test
JkMountCopy On
JkMount /one|/* w
</VirtualHost>
<VirtualHost *:@PORT@>
ServerName two.test
ServerAlias *.two.test
JkOptions +RejectUnsafeURI
<Location /two>
JkMount w
</Location>
<Location /per*>
JkMount w
</Location>
</VirtualHost>
<VirtualHost *:1>
ServerName elsewhere.test
</VirtualHost>
";

fn site(backend: &Backend) -> Site {
    let workers = format!(
        "worker.list=lb,w,status\nworker.lb.type=lb\nworker.lb.balance_workers=m\n{}{}worker.status.type=status\n",
        backend.worker("w"),
        backend.worker("m"),
    );
    Site::new(Mpm::Event).workers(&workers).conf(CONF).file("conf/map.properties", "/mapped=w\n-/off=w\n")
}

fn files_and_server() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).start();
    let conf = httpd.site().path("conf/httpd.conf").display().to_string();
    let page = format!("http://127.0.0.1:{}/jk-status", httpd.site().port());
    for (uri, host) in [
        ("/shop/cart;x=1", "one.test"),
        ("/shop/x.gif", "one.test"),
        ("/one/./a", "one.test"),
        ("/mapped", "one.test"),
        ("/off", "one.test"),
        ("/elsewhere", "one.test"),
        ("/shop/cart", "two.test"),
        ("/two", "WWW.two.test"),
        ("/two/", "two.test"),
        ("/per%25", "two.test"),
        ("/two/%2e%2e/x", "two.test"),
        ("/a/../../x", "two.test"),
        ("/shop/cart", "unknown.test"),
        ("/shop/cart", "one.test:1"),
        ("/shop/cart", "one.test:2"),
        ("/x", "elsewhere.test"),
    ] {
        let ask = |way: [&str; 2]| {
            let (status, output) = run(jkctl(&["explain", uri, "--host", host, "--json"]).args(way));
            let mut found: Value =
                serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
            (status, found["explanation"].take())
        };
        assert_eq!(ask(["-c", &conf]), ask(["--url", &page]), "{uri} {host}");
    }
}

fn sentences() {
    let backend = Backend::constant("tomcat");
    let site = site(&backend);
    site.write_conf();
    let conf = site.path("conf/httpd.conf").display().to_string();
    let explain = |uri: &str| run(&mut jkctl(&["explain", uri, "-c", &conf]));
    let (status, text) = explain("http://one.test/shop/cart");
    assert_eq!(status, Some(0), "{text}");
    let line = site.conf_line("JkMount /shop");
    let verdict =
        format!("Verdict: worker lb takes it, by rule /shop/*=lb (Wildchar, JkMount, {conf}:{line})\n");
    assert!(text.contains(&verdict) && text.contains("\nAsked: m 127.0.0.1:"), "{text}");
    assert!(!text.contains("Software") && !text.contains('\x1B'), "{text}");
    let (status, text) = explain("http://one.test/nothing");
    assert!(status == Some(1) && text.contains("httpd serves it itself: no rule matches"), "{text}");
    let (status, text) = explain("http://two.test/per%25");
    assert!(status == Some(1) && text.contains("RejectUnsafeURI"), "{text}");
}

fn failures() {
    let backend = Backend::constant("tomcat");
    let httpd = site(&backend).start();
    let page = format!("http://127.0.0.1:{}", httpd.site().port());
    for (arguments, words) in [
        (&["/x"][..], "expected -w, -m or -c"),
        (&["/x", "-c", "/gone/httpd.conf"], "/gone/httpd.conf: No such file"),
        (&["x", "--url", &format!("{page}/jk-status")], "it must start with /"),
        (&["/x", "--url", &format!("{page}/gone")], "HTTP status 404 Not Found, expected a status page"),
        (&["/x", "--url", "http://127.0.0.1:1/jk"], "Connection refused"),
    ] {
        let (status, output) = run(jkctl(&["explain"]).args(arguments));
        assert!(status == Some(2) && output.contains(words), "{arguments:?}: {status:?} {output}");
    }
}
