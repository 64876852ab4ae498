//! What the status worker tells of a URI, beside what becomes of a request for it.

mod open;

use std::time::Duration;

use serde_json::Value;

use crate::support::backend::Backend;
use crate::support::client::Reply;
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("explain")
        .test("the_virtual_host_is_the_one_that_httpd_chooses", virtual_hosts)
        .test("rules_are_told_as_requests_find_them", rules)
        .test("a_reloaded_map_file_is_what_is_told", reloaded)
        .test("balancers_tell_who_would_be_asked", members)
        .test("ten_thousand_rules_are_told_in_a_moment_and_on_a_page", many)
        .test("httpd_dumps_the_rules_of_all_virtual_hosts", dumped)
        .test("configtest_warns_of_status_pages_that_are_open_to_all", open::open)
        .test("configtest_is_silent_about_status_pages_that_something_protects", open::protected)
}

/// Virtual hosts: two by name on the first port, one on another, and one for a name that is only there.
fn site(backend: &Backend, other: u16) -> Site {
    let host = |name: &str, address: &str, more: &str| {
        format!(
            "<VirtualHost {address}>\nServerName {name}\nDocumentRoot \"@ROOT@/htdocs/{name}\"\n<Directory \
             \"@ROOT@/htdocs\">\nRequire all granted\n</Directory>\nJkMount /jk st\n{more}\n</VirtualHost>\n"
        )
    };
    Site::new(Mpm::Event)
        .load("alias")
        .workers(&format!(
            "worker.list=w,lb,st\n{}worker.lb.type=lb\nworker.lb.balance_workers=a,b,c\n{}{}{}worker.c.activation=stopped\n\
             worker.st.type=status\n",
            backend.worker("w"),
            backend.worker("a"),
            backend.worker("b"),
            backend.worker("c"),
        ))
        .conf("JkMount /main/* w")
        .conf(&format!("Listen 127.0.0.1:{other}"))
        .conf(&host(
            "one.example.org",
            "*:@PORT@",
            "JkMount /shop|/* lb;reply_timeout=9000;disabled=b\nJkUnMount /shop/static/* lb\nJkMount /sh* w",
        ))
        .conf(&host(
            "two.example.org",
            "*:@PORT@",
            "ServerAlias zwei.example.org *.two.example.org t?o\nJkMountFile conf/map\nJkMountFileReload 1",
        ))
        .conf(&host("three.example.org", &format!("*:{other}"), "JkMountCopy On\nJkMount /own/* w"))
        .conf(&host("four.example.org", &format!("*:{other}"), "ServerAlias two.example.org"))
        .file("conf/map", "/app/*=w\n!/app/no/*=*\n/off/*=w\n-/off/*=w\n")
        .file("htdocs/one.example.org/who", "one.example.org")
        .file("htdocs/two.example.org/who", "two.example.org")
        .file("htdocs/three.example.org/who", "three.example.org")
        .file("htdocs/four.example.org/who", "four.example.org")
}

/// What is told of a URI.
fn explain(httpd: &Httpd, query: &str) -> Value {
    let reply = httpd.get(&format!("/jk?cmd=explain&mime=json&{query}"));
    let answer: Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!((reply.status, answer["result"]["type"].as_str()), (200, Some("OK")), "{query}: {answer}");
    answer["explanation"].clone()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A request with a name of its own for the host.
fn ask(port: u16, host: &str, path: &str) -> Reply {
    crate::support::client::Client::new(port).get_with(path, &[("Host", host)])
}

fn virtual_hosts() {
    let (backend, other) = (Backend::constant("tomcat"), ports::free());
    let httpd = site(&backend, other).start();
    for (host, port) in [
        ("one.example.org", None),
        ("ONE.example.org", None),
        ("one.example.org.", None),
        ("zwei.example.org", None),
        ("a.b.two.example.org", None),
        ("tXo", None),
        ("too.example.org", None),
        ("nobody.example.org", None),
        ("two.example.org", Some(other)),
        ("three.example.org", Some(other)),
        ("four.example.org", Some(other)),
        ("one.example.org", Some(other)),
        ("127.0.0.1", None),
    ] {
        let answers = ask(port.unwrap_or(httpd.port()), host, "/who").text();
        let at_port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let told = explain(&httpd, &format!("uri=/x&host={host}{at_port}"));
        let expected = format!("{answers} [*:{}]", port.unwrap_or(httpd.port()));
        // A name that is only there on another port is found without being asked for that port.
        assert_eq!(text(&told, "server"), expected, "{host}{at_port}: {told}");
    }
    let how = |query: &str| {
        let told = explain(&httpd, &format!("uri=/x{query}"));
        (text(&told, "server").to_owned(), text(&told, "chosen_by").to_owned())
    };
    let one = format!("one.example.org [*:{}]", httpd.port());
    let three = format!("three.example.org [*:{other}]");
    assert_eq!(how(""), (one.clone(), "page".to_owned()));
    assert_eq!(how("&host=ONE.example.org"), (one.clone(), "name".to_owned()));
    assert_eq!(how("&host=nobody"), (one, "default".to_owned()));
    assert_eq!(how("&host=three.example.org"), (three.clone(), "name_elsewhere".to_owned()));
    assert_eq!(how(&format!("&host=nobody:{other}")), (three, "default".to_owned()));
    for query in ["&host=zwei.example.org:1", "&host=nobody:1"] {
        let (server, _) = how(query);
        assert_eq!(server, how(query.trim_end_matches(":1")).0, "httpd ignores the port in Host");
        assert_eq!(explain(&httpd, &format!("uri=/x{query}"))["ignored_port"], 1, "{query}");
    }
    assert!(ask(httpd.port(), "zwei.example.org:1", "/who").text() == "two.example.org");
    let elsewhere = explain(&httpd, "uri=https://three.example.org:1/x");
    assert_eq!(
        (text(&elsewhere, "server"), &elsewhere["ignored_port"]),
        (format!("three.example.org [*:{other}]").as_str(), &1.into())
    );
    let place = explain(&httpd, "uri=/x&host=two.example.org");
    let line = httpd.site().conf_line("ServerName two.example.org") - 1;
    assert!(text(&place, "origin").ends_with(&format!("httpd.conf:{line}")), "{place}");
}

fn rules() {
    let (backend, other) = (Backend::constant("tomcat"), ports::free());
    let httpd = site(&backend, other).start();
    let line = |word: &str| format!("httpd.conf:{}", httpd.site().conf_line(word));
    let shop = line("JkMount /shop|/*");
    let unmount = line("JkUnMount");
    for (host, uri, verdict, rule, origin, by) in [
        ("one.example.org", "/shop/cart", "taken", "/shop/*", shop.as_str(), ""),
        ("one.example.org", "/shop", "taken", "/shop", shop.as_str(), ""),
        ("one.example.org", "/x/..//shop/;v=1/cart", "taken", "/shop/*", shop.as_str(), ""),
        ("one.example.org", "/shelf", "taken", "/sh*", &line("JkMount /sh*"), ""),
        ("one.example.org", "/shop/static/a.gif", "excluded", "/shop/*", shop.as_str(), unmount.as_str()),
        ("one.example.org", "/none", "unmatched", "", "", ""),
        ("one.example.org", "/..;/x", "refused", "", "", ""),
        ("two.example.org", "/app/x", "taken", "/app/*", "map:1", ""),
        ("two.example.org", "/app/no/x", "excluded", "/app/*", "map:1", "map:2"),
        ("two.example.org", "/off/x", "disabled", "/off/*", "map:3", "map:4"),
        ("two.example.org", "/main/x", "unmatched", "", "", ""),
        ("three.example.org", "/main/x", "taken", "/main/*", &line("JkMount /main/*"), ""),
        ("three.example.org", "/own/x", "taken", "/own/*", &line("JkMount /own/*"), ""),
        ("four.example.org", "/main/x", "unmatched", "", "", ""),
    ] {
        let told = explain(&httpd, &format!("uri={uri}&host={host}"));
        assert_eq!(text(&told, "verdict"), verdict, "{host} {uri}: {told}");
        assert_eq!(text(&told["rule"], "uri"), rule, "{host} {uri}: {told}");
        assert!(text(&told["rule"], "origin").ends_with(origin), "{host} {uri}: {told}");
        assert!(text(&told["by"], "origin").ends_with(by), "{host} {uri}: {told}");
        let port =
            if host.starts_with(['t', 'f']) && host != "two.example.org" { other } else { httpd.port() };
        let is_tomcats = ask(port, host, uri).text() == "tomcat";
        assert_eq!(is_tomcats, verdict == "taken", "{host} {uri}");
    }
    let page = httpd.get("/jk?cmd=explain&uri=%3Cb%3E").text();
    assert!(page.contains("Result: ERROR - uri=&lt;b&gt;: it must start with / or http://"), "{page}");
    assert!(httpd.get("/jk").text().contains("<summary>Explain a URI</summary>"));
    assert_eq!(httpd.get("/jk?cmd=explain&uri=/x&mime=prometheus").status, 400);
}

fn reloaded() {
    let (backend, other) = (Backend::constant("tomcat"), ports::free());
    let httpd = site(&backend, other).start();
    let told = || explain(&httpd, "uri=/app/x&host=two.example.org");
    assert_eq!(text(&told()["rule"], "worker"), "w");
    httpd.site().write("conf/map", "# new\n/app/*=lb;sticky_ignore=1\n");
    wait::until_true("the new rule", Duration::from_secs(15), || text(&told()["rule"], "worker") == "lb");
    let told = told();
    assert_eq!(text(&told["rule"], "extensions"), "sticky_ignore=1");
    assert!(text(&told["rule"], "origin").ends_with("map:2"), "{told}");
}

fn members() {
    let (backend, other) = (Backend::constant("tomcat"), ports::free());
    let httpd = site(&backend, other).start();
    let balance = |query: &str| explain(&httpd, &format!("uri=/shop/x{query}"))["target"]["balance"].clone();
    let named = |list: &Value| {
        let members = list.as_array().map(Vec::as_slice).unwrap_or_default();
        members.iter().map(|member| text(member, "name").to_owned()).collect::<Vec<_>>()
    };
    let told = balance("");
    assert_eq!(
        (named(&told["asked"]), named(&told["not_asked"])),
        (vec!["a".to_owned()], vec!["b".to_owned(), "c".to_owned()])
    );
    assert_eq!(text(&told["not_asked"][0], "why"), "is disabled by the rule");
    assert_eq!(text(&told["not_asked"][1], "why"), "is stopped");
    assert_eq!(text(&told["asked"][0], "address"), format!("127.0.0.1:{}", backend.port()));
    let session = balance("&session=abc.b")["session"].clone();
    assert_eq!(
        (text(&session, "leads_to"), named(&session["asked"])),
        ("own", vec!["b".to_owned(), "a".to_owned()])
    );
    let lost = balance(";jsessionid=abc.c")["session"].clone();
    assert_eq!((text(&lost, "leads_to"), text(&lost, "own_why")), ("any", "is stopped"));
    let requests = backend.requests().len();
    assert_eq!(requests, 0, "nothing is sent");
    assert!(httpd.get("/jk?mime=prop").text().contains("\nworker.a.elected=0\n"));
}

fn many() {
    let backend = Backend::constant("tomcat");
    let map: String = (0..10_000).map(|number| format!("/app{number}/*=w\n")).collect();
    let httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w,st\n{}worker.st.type=status\n", backend.worker("w")))
        .conf("JkMount /jk st\nJkMount /app* w\nJkMountFile conf/map")
        .file("conf/map", &map)
        .start();
    let told = explain(&httpd, "uri=/app77/x");
    assert_eq!(text(&told["rule"], "origin").rsplit(':').next(), Some("78"), "{told}");
    assert_eq!((&told["matching"], &told["not_matching"]), (&1.into(), &10_000.into()));
    assert_eq!(told["not_matching_left_out"], 9_990);
    for format in ["html", "txt", "xml", "prop"] {
        let length = httpd.get(&format!("/jk?cmd=explain&uri=/app77/x&mime={format}")).body.len();
        assert!(length < 100_000, "{format}: {length} octets");
    }
}

/// The virtual hosts of [`site`], as httpd tells them with `-D DUMP_JK_MOUNTS`.
fn dumped() {
    let (backend, other) = (Backend::constant("tomcat"), ports::free());
    let site = site(&backend, other);
    let silent = dump(&site, &["-t"]);
    assert!(silent.0 && silent.1.is_empty(), "{silent:?}");
    let (is_good, text, said) = dump(&site, &["-t", "-D", "DUMP_JK_MOUNTS"]);
    assert!(is_good && said.contains("Syntax OK"), "{said}");
    let conf = site.path("conf/httpd.conf").display().to_string();
    let place = |word: &str| format!("{conf}:{}", site.conf_line(word));
    let host = |name: &str| format!("{conf}:{}", site.conf_line(&format!("ServerName {name}")) - 1);
    let (jk, map) = (site.conf_line("JkMount /jk st"), site.path("conf/map").display().to_string());
    // Each virtual host has this line of its own.
    let page = |after: &str| format!("{conf}:{}", site.conf_line(after) + 5);
    let port = site.port();
    let (one, two, three) = ("one.example.org", "two.example.org", "three.example.org");
    assert_eq!(page("ServerName one.example.org"), format!("{conf}:{jk}"));
    let expected = [
        "JK mounts:".to_owned(),
        "    127.0.0.1:0 (main server)".to_owned(),
        format!("        /main/*=w (Wildchar, JkMount, {})", place("JkMount /main/*")),
        format!("    {one} [*:{port}] ({})", host(one)),
        format!("        !/shop/static/*=lb (Unmount Wildchar, JkMount, {})", place("JkUnMount")),
        format!("        /shop/*=lb (Wildchar, JkMount, {}, reply_timeout=9000;disabled=b)", place("JkMount /shop")),
        format!("        /shop=lb (Exact, JkMount, {}, reply_timeout=9000;disabled=b)", place("JkMount /shop")),
        format!("        /sh*=w (Wildchar, JkMount, {})", place("JkMount /sh*")),
        format!("        /jk=st (Exact, JkMount, {conf}:{jk})"),
        format!("    {two} [*:{port}] ({})", host(two)),
        format!("        !/app/no/*=* (Unmount Wildchar, uriworkermap, {map}:2)"),
        format!("        /app/*=w (Wildchar, uriworkermap, {map}:1)"),
        format!(
            "        /off/*=w (Wildchar, uriworkermap, {map}:3): is disabled by -/off/*=w (Disabled Wildchar, \
             uriworkermap, {map}:4)"
        ),
        format!("        -/off/*=w (Disabled Wildchar, uriworkermap, {map}:4): is disabled"),
        format!("        /jk=st (Exact, JkMount, {})", page("ServerName two.example.org")),
        format!("    {three} [*:{other}] ({})", host(three)),
        format!("        /main/*=w (Wildchar, JkMount, {})", place("JkMount /main/*")),
        format!("        /own/*=w (Wildchar, JkMount, {})", place("JkMount /own/*")),
        format!("        /jk=st (Exact, JkMount, {})", page("ServerName three.example.org")),
        format!("    four.example.org [*:{other}] ({})", host("four.example.org")),
        format!("        /jk=st (Exact, JkMount, {})", page("ServerName four.example.org")),
        "JK workers:".to_owned(),
        format!("    w is a Tomcat at 127.0.0.1:{}", backend.port()),
        "    lb is a balancer by Request".to_owned(),
        format!("        a 127.0.0.1:{} Active, route a", backend.port()),
        format!("        b 127.0.0.1:{} Active, route b", backend.port()),
        format!("        c 127.0.0.1:{} Stopped, route c", backend.port()),
        "    st is a status worker".to_owned(),
    ];
    let found: Vec<_> = text.lines().map(str::to_owned).collect();
    assert_eq!(found, expected);
    let off = site.conf("JkConfigCheck Off");
    assert_eq!(dump(&off, &["-t", "-D", "DUMP_JK_MOUNTS"]).1, text, "with JkConfigCheck Off");
    let broken = off
        .conf("JkConfigCheck Warn")
        .file("conf/workers.properties", "worker.list=w\nworker.w.type=apj13\n");
    let (is_good, text, said) = dump(&broken, &["-t", "-D", "DUMP_JK_MOUNTS"]);
    assert!(!is_good && text.is_empty() && said.contains("did you mean ajp13?"), "{text}{said}");
}

/// Whether httpd was content, its standard output, and its standard error.
fn dump(site: &Site, arguments: &[&str]) -> (bool, String, String) {
    site.write_conf();
    let output = site.command(arguments).output().expect("httpd runs");
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}
