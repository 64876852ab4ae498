//! Tomcats on the same machine that listen at a Unix socket (unixDomainSocketPath of the Connector).
//!
//! Rules: "decisions, row 65".

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::httpd::Httpd;
use crate::support::site::{open_to_all, Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("unix")
        .test("a_tomcat_at_a_socket_is_served_pinged_told_and_comes_back", serve)
        .test("configtest_says_what_is_wrong_with_a_socket", configtest)
}

const PATIENCE: Duration = Duration::from_secs(60);

/// A Tomcat that listens at a socket, and at a port for those who wait for it.
fn tomcat(service: &Service, socket: &Path) -> Tomcat {
    let Service { route, port } = service;
    Tomcat::with_server_xml(
        service,
        &format!(
            r#"<Server port="-1"><Service name="{route}">
  <Connector protocol="AJP/1.3" unixDomainSocketPath="{}" unixDomainSocketPathPermissions="rw-rw-rw-"
    secret="sesame" allowedRequestAttributesPattern=".*"/>
  <Connector protocol="AJP/1.3" address="127.0.0.1" port="{port}" secretRequired="false"/>
  <Engine name="{route}" defaultHost="localhost" jvmRoute="{route}">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="" docBase="ROOT"><Parameter name="route" value="{route}"/></Context>
    </Host>
  </Engine>
</Service></Server>"#,
            socket.display()
        ),
    )
}

fn serve() {
    let directory = TempDir::new().expect("a temporary directory");
    // Nobody else may write there, or Tomcat makes no socket.
    open_to_all(directory.path());
    let sockets = ["one", "two"].map(|name| directory.path().join(name));
    let services = ["tomcat1", "tomcat2"].map(Service::new);
    let mut tomcats = [0, 1].map(|index| tomcat(&services[index], &sockets[index]));
    let httpd = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=lb,st\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=tomcat1,tomcat2\n\
             worker.lb.recover_time=1\nworker.lb.secret=sesame\nworker.tomcat1.host=unix:{}\nworker.tomcat1.ping_mode=A\n\
             worker.tomcat2.socket={}\n",
            sockets[0].display(),
            sockets[1].display()
        ))
        .conf("JkMount /app/* lb\nJkMount /session lb\nJkMount /upload lb\nJkMount /status st")
        .start();
    let routes: Vec<_> = (0..4).map(|_| route(&httpd, &[])).collect();
    assert_eq!(routes.iter().filter(|route| *route == "tomcat1").count(), 2, "{routes:?}");
    let body = vec![7; 100_000];
    let upload = httpd.client().send("POST", "/upload", &[], &body);
    assert_eq!(upload.fact("length").as_deref(), Some("100000"));
    let page = httpd.get("/status?mime=txt").text();
    for socket in &sockets {
        assert!(page.contains(&format!(" address=unix:{} ", socket.display())), "{page}");
    }
    goes_and_comes_back(&httpd, &mut tomcats[0], &sockets[0]);
}

/// Which Tomcat answers, or what else is said.
fn route(httpd: &Httpd, headers: &[(&str, &str)]) -> String {
    let reply = httpd.client().get_with("/session", headers);
    reply.fact("route").unwrap_or_else(|| format!("{}: {}", reply.status, reply.text()))
}

/// A session of the one that is killed goes on at the other, and the first is taken back.
fn goes_and_comes_back(httpd: &Httpd, tomcat: &mut Tomcat, socket: &Path) {
    let cookie = [("Cookie", "JSESSIONID=0123456789.tomcat1")];
    let served = || route(httpd, &cookie);
    assert_eq!(served(), "tomcat1");
    tomcat.kill();
    assert_eq!(served(), "tomcat2");
    let log = httpd.jk_log();
    let told = format!("unix:{} ", socket.display());
    assert!(
        log.contains(&told) && log.contains("Tomcat is not running: nobody listens at this socket"),
        "{log}"
    );
    std::fs::remove_file(socket).expect("left by the one that was killed");
    tomcat.restart();
    wait::until_true("the first to serve again", PATIENCE, || served() == "tomcat1");
}

fn configtest() {
    for (lines, told) in [
        (
            "worker.w.host=unix:run/ajp",
            "worker.w.host=unix:run/ajp: expected the absolute path of a socket, at most 58 octets",
        ),
        (
            "worker.w.socket=ajp",
            "worker.w.socket=ajp: expected the absolute path of a socket, at most 58 octets",
        ),
        (
            "worker.w.socket=/run/ajp\nworker.w.port=8009",
            "worker.w.port=8009: it has no effect, as socket says where Tomcat is",
        ),
    ] {
        let site = Site::new(Mpm::Event).workers(&format!("worker.list=w\n{lines}\n")).conf("JkMount /* w");
        let verdict = site.configtest();
        assert!(verdict.output.contains(told), "{lines}: {}", verdict.output);
    }
    let site =
        Site::new(Mpm::Event).workers("worker.list=w\nworker.w.socket=/run/ajp\n").conf("JkMount /* w");
    assert_eq!(site.configtest().output.trim(), "Syntax OK");
}
