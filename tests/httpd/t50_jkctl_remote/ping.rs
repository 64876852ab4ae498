//! `jkctl ping`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::program::jkctl;
use super::tomcats::Guarded;
use crate::support::backend::Backend;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{ajp, ports, tomcat};

pub fn add_to(suite: Suite) -> Suite {
    suite
        .test("ping_tells_whether_a_tomcat_answers", answers)
        .test("ping_tells_what_is_wrong", wrong)
        .test("ping_proves_a_secret", secrets)
        .test("ping_speaks_ipv6", ipv6)
}

fn answers() {
    let place = format!("127.0.0.1:{}", tomcat::shared().service("tomcat1").port);
    let said = jkctl(["ping", &place]).ends_with(0).says(&format!("{place}: CPong in "));
    let text = said.text();
    assert!(text.contains(" ms, connected in ") && text.lines().count() == 1, "{text}");
    assert!(!text.contains('\x1B'), "colours are for terminals: {text}");
    let three = jkctl(["ping", &place, "--count", "3", "--interval", "0.01"]).ends_with(0);
    assert_eq!(three.text().matches("CPong in").count(), 3);
    three.says("3 of 3 answered: least ");
}

fn wrong() {
    let httpd = Site::new(Mpm::Event).start();
    let (silent, silent_port) = ports::listen();
    for (arguments, code, told) in [
        (vec![format!("127.0.0.1:{}", httpd.port())], 1, "speaks HTTP, not AJP"),
        (vec![format!("127.0.0.1:{}", ports::free())], 1, "refused the connection"),
        (vec![format!("127.0.0.1:{silent_port}"), "--timeout=0.2".into()], 1, "did not answer within 0.2 s"),
        (vec!["unix:/nowhere/ajp.sock".into()], 1, "there is no such socket"),
        (vec!["nowhere.invalid:8009".into()], 1, "the host name does not resolve"),
        (vec!["http://127.0.0.1:8009/".into()], 2, "expected HOST:PORT, [IPv6]:PORT or unix:/path"),
        (vec!["127.0.0.1:ajp".into()], 2, "\"ajp\" is no port, expected 1 to 65535"),
        (vec!["127.0.0.1".into(), "--timeout=2s".into()], 2, "expected seconds"),
        (
            vec!["127.0.0.1".into(), "--secret-file=/nowhere/secret".into()],
            2,
            "/nowhere/secret: No such file",
        ),
    ] {
        let arguments = [vec!["ping".to_owned()], arguments].concat();
        jkctl(&arguments).ends_with(code).says(told);
    }
    drop(silent);
    let gone = format!("127.0.0.1:{}", ports::free());
    jkctl(["ping", &gone, "--count", "2", "--interval", "0.01"]).ends_with(1).says("0 of 2 answered");
}

fn secrets() {
    let tomcat = Guarded::start();
    let port = format!("127.0.0.1:{}", tomcat.service.port);
    let [right, wrong, open] =
        [("sesame", 0o600), ("poppy", 0o640), ("sesame", 0o644)].map(|(line, mode)| tomcat.file(line, mode));
    for place in [port, tomcat.socket()] {
        let ping = |file: &std::path::Path| {
            jkctl(["ping".as_ref(), place.as_ref(), "--secret-file".as_ref(), file.as_os_str()])
        };
        jkctl(["ping", &place]).ends_with(0);
        let said = ping(&right).ends_with(0).says("the secret is right");
        assert_eq!(said.err, "");
        let said = ping(&wrong).ends_with(1).says("refused the secret (403)");
        assert!(said.err.is_empty() && !said.text().contains("poppy"), "{}{}", said.text(), said.err);
        ping(&open).ends_with(0).says("everybody can read this secret (mode 644)");
    }
    let (takes_all, secret) = (Backend::constant("x"), right.display().to_string());
    let place = format!("127.0.0.1:{}", takes_all.port());
    jkctl(["ping", &place, "--secret-file", &secret]).ends_with(0).says("but it asks for no secret");
}

fn ipv6() {
    let listener = TcpListener::bind("[::1]:0").expect("IPv6 of this machine");
    let place = listener.local_addr().expect("its address").to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.read_exact(&mut [0; 5]).expect("a CPing");
        stream.write_all(&ajp::cpong()).expect("somebody who reads");
    });
    jkctl(["ping", &place]).ends_with(0).says(&format!("{place}: CPong in"));
    server.join().expect("what answers");
}
