//! The line at a start.

use crate::support::site::{Mpm, Site};

fn site() -> Site {
    Site::new(Mpm::Event)
        .workers(
            "worker.list=lb,w,st\nworker.st.type=status\nworker.st.read_only=1\nworker.lb.type=lb\nworker.lb.balance_workers=one,two\n\
             worker.one.port=1\nworker.two.port=2\nworker.w.port=3\nworker.w.connection_pool_size=3",
        )
        .conf("JkMount /* lb\nJkMount /w w")
        .conf("<VirtualHost *>\nServerName a.test\nJkMount /jkstatus st\n</VirtualHost>")
}

/// One line says what is configured, in both logs, at a start and each restart.
pub fn one_line() {
    let httpd = site().start();
    let version = env!("CARGO_PKG_VERSION");
    let begin = format!(
        "mod_jk/{version}: 3 workers (1 balancer with 2 members, 1 Tomcat, 1 status worker); 3 mounts in 2 servers; \
         shared memory {}",
        httpd.site().path("run/jk.shm").display()
    );
    let end = "kB); up to 4 children x 3 to 16 connections a Tomcat = 12 to 64, MaxRequestWorkers 64";
    let small = "connection_pool_size=3 of w is less than the 16 threads of a child";
    for (name, log, level) in
        [("mod_jk.log", httpd.jk_log(), "] [info] "), ("error.log", httpd.error_log(), "[jk:notice]")]
    {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&begin)).collect();
        assert_eq!(lines.len(), 1, "{name}: {log}");
        assert!(lines[0].ends_with(end) && lines[0].contains(level), "{name}: {lines:?}");
        assert_eq!(log.matches(small).count(), 1, "{name}: {log}");
    }
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    assert_eq!(httpd.jk_log().matches(&begin).count(), 2, "{}", httpd.jk_log());
}

/// A Tomcat that two workers lead to has two pools, which threads of HTTP/2 use as well.
pub fn connections() {
    let of_site = |site: Site| {
        let httpd = site
            .workers(
                "worker.list=one,two\nworker.one.type=lb\nworker.one.balance_workers=t\nworker.two.type=lb\n\
                 worker.two.balance_workers=t\nworker.t.port=1",
            )
            .conf("JkMount /one one\nJkMount /two two")
            .start();
        let log = httpd.jk_log();
        log.lines().find_map(|line| line.split_once("kB); ")).expect("the line of a start").1.to_owned()
    };
    let site = || Site::single_child(Mpm::Event, 4);
    assert_eq!(of_site(site()), "up to 1 child x 8 connections a Tomcat = 8, MaxRequestWorkers 4");
    let unused = site().load("http2").conf("H2MaxWorkers 12");
    assert_eq!(of_site(unused), "up to 1 child x 8 connections a Tomcat = 8, MaxRequestWorkers 4");
    let http2 =
        site().load("http2").conf("H2MaxWorkers 12\n<VirtualHost *>\nProtocols h2c http/1.1\n</VirtualHost>");
    assert_eq!(
        of_site(http2),
        "up to 1 child x 32 connections a Tomcat = 32, MaxRequestWorkers 4, and 12 more of HTTP/2 in each child"
    );
}

/// Where JkLogFile is httpd's log, what a start says stands there once, whatever LogLevel is.
pub fn in_error_log() {
    let httpd = site()
        .file("conf/map", "/x=wokrer\n")
        .conf("JkLogFile error_log\nLogLevel warn\nJkMountFile conf/map")
        .start();
    let log = httpd.error_log();
    for once in ["3 workers (1 balancer with 2", "connection_pool_size=3 of w is less", "conf/map:1: "] {
        assert_eq!(log.matches(once).count(), 1, "{once}: {log}");
    }
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    let log = httpd.error_log();
    for again in ["3 workers (1 balancer with 2", "conf/map:1: "] {
        assert_eq!(log.matches(again).count(), 2, "{again}: {log}");
    }
    assert!(!log.contains("[jk:info]"), "{log}");
}

/// configtest does not start anything, and says what a start would.
pub fn configtest() {
    let verdict = site().configtest();
    let lines: Vec<_> = verdict.output.lines().collect();
    assert!(verdict.ok && lines.len() == 2 && lines[1] == "Syntax OK", "{}", verdict.output);
    let small = "workers.properties:9: connection_pool_size=3 of w is less than the 16 threads of a child";
    assert!(lines[0].contains(small), "{}", lines[0]);
}

/// A log program that is not there is refused by configtest as by a start, and both name it.
pub fn program() {
    let site = || Site::new(Mpm::Event).conf("JkLogFile \"|/nonexistent/prog x\"");
    let why = "/nonexistent/prog can't be run: No such file or directory";
    let (tested, refused) = (site().configtest(), site().refused());
    assert!(!tested.ok && tested.output.contains(why), "{}", tested.output);
    assert!(tested.output.contains("httpd.conf:"), "{}", tested.output);
    assert!(!refused.ok && refused.output.contains(why), "{}", refused.output);
}
