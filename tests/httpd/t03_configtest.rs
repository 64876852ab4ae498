//! configtest tells the truth: each mistake is named with its place, its word, and what was meant.
//!
//! Rules: "decisions, rows 1 and 24". What makes the original refuse to start is an error here, what it swallows
//! silently is a warning; `JkConfigCheck` decides how warnings are taken.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::backend::Backend;
use crate::support::httpd::Verdict;
use crate::support::site::{Mpm, Site, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn suite() -> Suite {
    Suite::new("configtest")
        .test("errors_name_line_word_and_remedy", || check_all(&ERRORS, false))
        .test("warnings_name_line_word_and_remedy", || check_all(&WARNINGS, true))
        .test("the_corrected_file_passes_silently", corrected)
        .test("a_mount_of_an_unlisted_worker_names_its_httpd_conf_line", unlisted_mount)
        .test("a_map_file_rule_of_an_unlisted_worker_names_its_line", unlisted_rule)
        .test("a_bad_request_log_format_costs_the_request_log_only", request_log)
        .test("the_first_twenty_complaints_of_a_map_file_are_shown_and_the_others_counted", many_complaints)
        .test("a_file_that_cannot_be_read_is_an_error", unreadable)
        .test("a_log_or_a_segment_that_cannot_be_made_is_an_error", resources)
        .test("files_that_vanish_before_a_restart_by_signal_leave_the_last_good_ones", vanished)
        .test("a_workers_file_that_lost_what_is_used_is_not_taken", cut_off)
        .test("strict_makes_warnings_fatal_and_off_silences_them", config_check)
        .test("a_start_says_the_same_in_the_error_log", at_start)
        .test("nothing_crashes_on_garbage", garbage)
        .test("mounts_without_effect_are_told_and_samples_are_not", without_effect)
        .test("one_cause_is_one_line", one_line)
        .test("a_map_file_that_children_cannot_read_is_told", unreadable_for_children)
        .test("directives_are_doubted_where_people_lose_hours", doubtful_directives)
        .test("the_files_of_debian_pass_without_a_line", debian)
        .test("silent_names_are_waited_for_together_and_not_for_long", silent_names)
        .test("words_stay_readable_and_an_error_is_an_error_in_every_log", readable)
        .under(&ALL_MPMS, "graceful_with_a_broken_file_keeps_the_server", graceful)
}

/// A configuration that is right; each mistake replaces one of its lines.
pub const RIGHT: &str = "\
worker.list=lb,other
worker.lb.type=lb
worker.lb.balance_workers=worker1,worker2
worker.worker1.type=ajp13
worker.worker1.host=127.0.0.1
worker.worker1.port=8009
worker.worker1.lbfactor=1
worker.worker2.reference=worker.worker1
worker.worker2.port=8010
worker.other.type=ajp13
worker.other.host=127.0.0.1
worker.other.port=8011
";

/// A mistake: name, the right line, what stands there instead, the line of the complaint, words it must hold.
pub struct Mistake {
    pub name: &'static str,
    pub right: &'static str,
    pub wrong: &'static str,
    line: usize,
    words: &'static [&'static str],
}

const fn mistake(
    name: &'static str,
    right: &'static str,
    wrong: &'static str,
    line: usize,
    words: &'static [&'static str],
) -> Mistake {
    Mistake { name, right, wrong, line, words }
}

/// The original refuses to start with these.
pub const ERRORS: [Mistake; 10] = [
    mistake(
        "unknown type",
        "worker.worker1.type=ajp13",
        "worker.worker1.type=apj13",
        4,
        &["apj13", "did you mean ajp13?"],
    ),
    mistake(
        "unknown property",
        "worker.worker1.port=8009",
        "worker.worker1.prot=8009",
        6,
        &["prot", "did you mean port?"],
    ),
    mistake(
        "duplicate route",
        "worker.worker2.port=8010",
        "worker.worker2.port=8010\nworker.worker2.route=worker1",
        10,
        &["worker1", "worker2", "route"],
    ),
    mistake(
        "reference to nothing",
        "worker.worker2.reference=worker.worker1",
        "worker.worker2.reference=worker.wroker1",
        8,
        &["worker.wroker1", "did you mean"],
    ),
    mistake(
        "reference in a loop",
        "worker.worker1.host=127.0.0.1",
        "worker.worker1.reference=worker.worker2",
        5,
        &["reference", "loop"],
    ),
    mistake(
        "port beyond 65535",
        "worker.other.port=8011",
        "worker.other.port=74837",
        12,
        &["74837", "65535"],
    ),
    mistake(
        "port that is a word",
        "worker.other.port=8011",
        "worker.other.port=ajp",
        12,
        &["ajp", "0 to 65535"],
    ),
    mistake(
        "balancer without members",
        "worker.lb.balance_workers=worker1,worker2",
        "worker.lb.retries=2",
        0,
        &["lb", "balance_workers"],
    ),
    mistake(
        "cookie flag that is none",
        "worker.lb.type=lb",
        "worker.lb.type=lb\nworker.lb.session_cookie_flags=Secure,SameSite=Lex",
        3,
        &["SameSite=Lex", "did you mean SameSite=Lax?"],
    ),
    mistake(
        "balancer as member",
        "worker.worker1.type=ajp13",
        "worker.worker1.type=lb",
        3,
        &["worker1", "lb"],
    ),
];

/// The original swallows these silently, but for the lock, which it takes.
pub const WARNINGS: [Mistake; 13] = [
    mistake(
        "lock without effect",
        "worker.lb.type=lb",
        "worker.lb.type=lb\nworker.lb.lock=Pessimistic",
        3,
        &["worker.lb.lock=Pessimistic", "lock=Pessimistic has no effect"],
    ),
    mistake(
        "property of another scope",
        "worker.worker1.lbfactor=1",
        "worker.worker1.method=Session",
        7,
        &["method", "worker1", "lb"],
    ),
    mistake(
        "bad number",
        "worker.worker1.lbfactor=1",
        "worker.worker1.lbfactor=one",
        7,
        &["lbfactor", "one"],
    ),
    mistake(
        "number with a tail",
        "worker.other.port=8011",
        "worker.other.port=8011 (ajp)",
        12,
        &["port", "(ajp)"],
    ),
    mistake(
        "bad boolean",
        "worker.worker1.lbfactor=1",
        "worker.worker1.socket_keepalive=enabled",
        7,
        &["socket_keepalive", "enabled"],
    ),
    mistake("bad letter", "worker.worker1.lbfactor=1", "worker.worker1.ping_mode=X", 7, &["ping_mode", "X"]),
    mistake(
        "bad activation",
        "worker.worker1.lbfactor=1",
        "worker.worker1.activation=off",
        7,
        &["activation", "off", "Stopped"],
    ),
    mistake(
        "property of a name that nothing defines",
        "worker.worker1.lbfactor=1",
        "worker.wokrer1.lbfactor=1",
        7,
        &["wokrer1", "did you mean worker1?"],
    ),
    mistake(
        "undefined balance member",
        "worker.lb.balance_workers=worker1,worker2",
        "worker.lb.balance_workers=worker1,worker3",
        3,
        &["worker3"],
    ),
    mistake(
        "undefined worker in the list",
        "worker.list=lb,other",
        "worker.list=lb,othre",
        1,
        &["othre", "other"],
    ),
    mistake(
        "member without host, where another has one",
        "worker.worker2.reference=worker.worker1",
        "worker.worker2.lbfactor=1",
        8,
        &["worker2", "no host"],
    ),
    mistake(
        "member without port, where another has one",
        "worker.worker2.reference=worker.worker1\nworker.worker2.port=8010",
        "worker.worker2.host=127.0.0.1",
        8,
        &["worker2", "no port"],
    ),
    mistake(
        "host that does not resolve",
        "worker.other.host=127.0.0.1",
        "worker.other.host=tomcat.invalid",
        11,
        &["tomcat.invalid", "resolve"],
    ),
];

fn verdict(workers: &str, conf: &str) -> Verdict {
    Site::new(Mpm::Event).workers(workers).conf(conf).configtest()
}

fn check_all(mistakes: &[Mistake], starts: bool) {
    let complaints: Vec<_> = mistakes.iter().filter_map(|mistake| mistake.mismatch(starts)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

impl Mistake {
    /// What configtest says otherwise than it should.
    fn mismatch(&self, starts: bool) -> Option<String> {
        assert!(RIGHT.contains(self.right), "{} replaces a line that is there", self.name);
        let verdict = verdict(&RIGHT.replacen(self.right, self.wrong, 1), "JkMount /* lb");
        let place = match self.line {
            0 => "workers.properties".to_owned(),
            line => format!("workers.properties:{line}:"),
        };
        let says_all =
            |line: &str| line.contains(&place) && self.words.iter().all(|word| line.contains(word));
        let said = verdict.output.lines().any(says_all);
        let told = format!(
            "{}: exit ok {}, expected {place} {:?}\n{}",
            self.name, verdict.ok, self.words, verdict.output
        );
        (verdict.ok != starts || !said).then_some(told)
    }
}

fn corrected() {
    let verdict = verdict(RIGHT, "JkMount /* lb\nJkMount /other/* other");
    assert!(verdict.ok, "{}", verdict.output);
    assert_eq!(verdict.output.trim(), "Syntax OK");
}

fn unlisted_mount() {
    let site = Site::new(Mpm::Event).workers(RIGHT).conf("JkMount /* lb\nJkMount /direct/* worker1");
    let line = site.conf_line("/direct/*");
    let verdict = site.configtest();
    assert!(verdict.ok, "a warning only: {}", verdict.output);
    let place = format!("httpd.conf:{line}:");
    let found = verdict.output.lines().find(|line| line.contains(&place)).unwrap_or_default();
    for word in ["worker1", "worker.list"] {
        assert!(found.contains(word), "no {word} with {place} in {}", verdict.output);
    }
}

fn unlisted_rule() {
    let verdict = Site::new(Mpm::Event)
        .workers(RIGHT)
        .conf("JkMount /* lb\nJkMountFile conf/map.properties")
        .file("conf/map.properties", "/a=lb\n# next\n/b=ohter\n")
        .configtest();
    let found = verdict.output.lines().find(|line| line.contains("map.properties:3:")).unwrap_or_default();
    assert!(found.contains("ohter") && found.contains("other?"), "{}", verdict.output);
}

fn many_complaints() {
    let rules: String = (0..3000).map(|number| format!("/{number}/*=wrong{number}\n")).collect();
    let site = Site::new(Mpm::Event).workers(RIGHT).file("conf/map.properties", &rules);
    let verdict = site.conf("JkMount /* lb\nJkMountFile conf/map.properties").configtest();
    assert_eq!(verdict.output.matches("is not defined").count(), 20, "{}", verdict.output);
    assert!(verdict.output.contains("map.properties: 2980 further warnings"), "{}", verdict.output);
}

fn request_log() {
    let conf = "JkMount /* lb\nJkRequestLogFormat \"%w %Z\"";
    let site = Site::new(Mpm::Event).workers(RIGHT).conf(conf);
    let place = format!("httpd.conf:{}: JkRequestLogFormat: unknown token %Z", site.conf_line("%Z"));
    let verdict = site.configtest();
    assert!(verdict.ok && verdict.output.contains(&place), "{}", verdict.output);
    let httpd = site.start();
    let restart = httpd.graceful();
    assert!(restart.ok, "{}", restart.output);
    httpd.wait_for_generation(2);
}

fn unreadable() {
    let site = Site::new(Mpm::Event).workers(RIGHT).conf("JkMount /* lb");
    fs::set_permissions(site.path("conf/workers.properties"), Permissions::from_mode(0o000))
        .expect("our own file");
    let verdict = site.configtest_as_nobody();
    assert!(!verdict.ok && verdict.output.contains("workers.properties"), "{}", verdict.output);
    for (lines, complaint) in [
        ("JkWorkersFile conf/none.properties", "JkWorkersFile: can't find file @ROOT@/conf/none.properties"),
        ("JkWorkersFile logs", "JkWorkersFile: @ROOT@/logs is not a regular file"),
        ("JkMountFile conf/none.properties", "JkMountFile: can't find file @ROOT@/conf/none.properties"),
        ("JkMountFile logs", "JkMountFile: @ROOT@/logs is not a regular file"),
    ] {
        let site = Site::new(Mpm::Event).conf(&format!("{lines}\nJkMount /a lb"));
        let complaint = complaint.replace("@ROOT@", &site.path("").display().to_string()).replace("//", "/");
        let complaint = format!("httpd.conf:{}: {complaint}", site.conf_line(lines));
        for verdict in [site.configtest(), site.refused()] {
            assert!(!verdict.ok && verdict.output.contains(&complaint), "{complaint}: {}", verdict.output);
            assert_eq!(verdict.output.matches("error: ").count(), 1, "{}", verdict.output);
        }
    }
}

/// What a start makes, and ends without.
fn resources() {
    let site = Site::new(Mpm::Event).workers(RIGHT).conf("JkLogFile logs").configtest();
    assert!(!site.ok && site.output.contains("logs: it is a directory"), "{}", site.output);
    for directive in ["JkShmFile", "JkLogFile"] {
        let site =
            Site::new(Mpm::Event).workers(RIGHT).conf(&format!("JkMount /* lb\n{directive} gone/file"));
        fs::create_dir(site.path("gone")).expect("a directory of our own");
        let httpd = site.start();
        let right = httpd.site().configtest();
        assert_eq!((right.ok, right.output.trim()), (true, "Syntax OK"));
        let directory = httpd.site().path("gone");
        fs::remove_dir_all(&directory).expect("a directory of our own");
        let directory = directory.display();
        let line = httpd.site().conf_line("gone/file");
        let complaint =
            format!("httpd.conf:{line}: {directive} {directory}/file: directory {directory} does not exist");
        for verdict in [httpd.site().configtest(), httpd.graceful()] {
            assert!(!verdict.ok && verdict.output.contains(&complaint), "{complaint}: {}", verdict.output);
        }
        assert_eq!(httpd.generations(), 1);
    }
}

/// A restart by signal reads no directive's file while httpd reads the directive: it goes on with the last good texts.
fn vanished() {
    let backend = Backend::constant("tomcat");
    let mut httpd = Site::new(Mpm::Event)
        .workers(&format!("worker.list=w\n{}", backend.worker("w")))
        .conf("JkMount /x w\nJkMountFile conf/map.properties")
        .file("conf/map.properties", "/y=w\n")
        .start();
    for (file, complaint) in [
        ("conf/workers.properties", "JkWorkersFile: can't find file"),
        ("conf/map.properties", "can't be read: No such file"),
    ] {
        fs::remove_file(httpd.site().path(file)).expect("our own file");
        let generations = httpd.generations();
        httpd.graceful_by_signal();
        wait::until_true("the next generation", Duration::from_secs(20), || {
            assert!(httpd.is_running(), "httpd ended: {}", httpd.error_log());
            httpd.generations() > generations
        });
        assert!(httpd.error_log().contains(complaint), "{complaint}: {}", httpd.error_log());
        assert_eq!([httpd.get("/x").text(), httpd.get("/y").text()], ["tomcat", "tomcat"]);
    }
}

/// A workers file that is just being written, or that a full disk or a crash has cut: what runs goes on.
fn cut_off() {
    let (backend, other) = (Backend::constant("tomcat"), Backend::constant("other"));
    let whole = format!("worker.list=w,x\n{}{}", backend.worker("w"), other.worker("x"));
    let httpd = Site::new(Mpm::Event)
        .workers(&whole)
        .conf("JkMount /w w\nJkMountFile conf/map.properties")
        .file("conf/map.properties", "/x=x\n")
        .start();
    let only_w = format!("worker.list=w\n{}", backend.worker("w"));
    let undefined = format!("worker.list=w,x\n{}", backend.worker("w"));
    for (text, is_refused, complaint) in [
        ("", true, "workers.properties: the workers file holds no property"),
        ("# nothing\n\n", true, "workers.properties: the workers file holds no property"),
        (&"\0".repeat(whole.len()), true, "workers.properties:1: a NUL octet"),
        (&only_w, false, "map.properties:1: worker x, which is mounted, is not there any more"),
        (&undefined, false, "workers.properties: worker x, which is used, has no property any more"),
    ] {
        httpd.site().write("conf/workers.properties", text);
        if is_refused {
            for verdict in [httpd.site().configtest(), httpd.graceful()] {
                assert!(!verdict.ok && verdict.output.contains(complaint), "{complaint}: {}", verdict.output);
            }
        }
        let generations = httpd.generations();
        httpd.graceful_by_signal();
        httpd.wait_for_generation(generations + 1);
        let log = httpd.error_log();
        assert!(log.contains(complaint) && log.contains("last good"), "{complaint}: {log}");
        assert_eq!([httpd.get("/w").text(), httpd.get("/x").text()], ["tomcat", "other"], "{complaint}");
    }
    // What is removed together with its use is no loss.
    httpd.site().write("conf/map.properties", "/x=w\n");
    httpd.site().write("conf/workers.properties", &only_w);
    let generations = httpd.generations();
    httpd.graceful_by_signal();
    httpd.wait_for_generation(generations + 1);
    assert_eq!([httpd.get("/w").text(), httpd.get("/x").text()], ["tomcat", "tomcat"]);
}

fn config_check() {
    let workers = RIGHT.replace("worker.worker1.lbfactor", "worker.wokrer1.lbfactor");
    for (directive, passes, speaks) in [
        ("JkConfigCheck Warn", true, true),
        ("JkConfigCheck Strict", false, true),
        ("JkConfigCheck Off", true, false),
        ("", true, true),
    ] {
        let verdict = verdict(&workers, &format!("JkMount /* lb\n{directive}"));
        let seen = (verdict.ok, verdict.output.contains("wokrer1"));
        assert_eq!(seen, (passes, speaks), "{directive}: {}", verdict.output);
    }
    let strict = verdict(RIGHT, "JkMount /* lb\nJkConfigCheck Strict");
    assert!(strict.ok, "{}", strict.output);
    let bad = verdict(RIGHT, "JkConfigCheck Sometimes");
    assert!(!bad.ok && bad.output.contains("Strict"), "{}", bad.output);
}

fn at_start() {
    let refused = Site::new(Mpm::Event).workers(&RIGHT.replace("type=ajp13", "type=apj13")).refused();
    assert!(!refused.ok && refused.output.contains("did you mean ajp13?"), "{}", refused.output);
    let workers = RIGHT.replace("worker.worker1.lbfactor", "worker.wokrer1.lbfactor");
    let httpd = Site::new(Mpm::Event).workers(&workers).conf("JkMount /* lb").start();
    assert!(httpd.error_log().contains("did you mean worker1?"), "{}", httpd.error_log());
}

fn garbage() {
    let long_name = "n".repeat(300);
    let many: String =
        (0..1000).map(|n| format!("worker.w{n}.host=127.0.0.1\nworker.w{n}.port=8009\n")).collect();
    let cases = [
        ("NUL", "worker.list=a\0b\nworker.a.port=1\0\n".to_owned()),
        ("binary", (0..=255_u8).map(|octet| char::from(octet).to_string()).collect::<String>().repeat(20)),
        ("long line", format!("worker.list=lb\nx={}\n", "y".repeat(200_000))),
        ("long name", format!("worker.list={long_name}\nworker.{long_name}.port=8009\n")),
        ("self reference", "worker.list=a\nworker.a.reference=worker.a\n".to_owned()),
        ("only separators", "worker.list= , ,\n".to_owned()),
        ("thousand workers", format!("worker.list=w1\n{many}")),
        ("macros", "a=$(b\nb=$(b)$(a)$()\nworker.list=w\nworker.w.host=$(a)\nworker.w.port=1\n".to_owned()),
        (
            "negative",
            "worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port=-1\nworker.w.retries=-9\n".to_owned(),
        ),
    ];
    for (name, workers) in cases {
        let verdict = verdict(&workers, "");
        for sign in ["Segmentation", "panicked", "Aborted"] {
            assert!(!verdict.output.contains(sign), "{name}: {}", verdict.output);
        }
        let spoken = verdict.ok || verdict.output.contains("workers.properties");
        assert!(spoken, "{name}: an error without a place: {}", verdict.output);
    }
}

/// What configtest says about mounts in httpd.conf, without what it says about all of them.
fn said_of(conf: &str) -> Vec<String> {
    let verdict = verdict(RIGHT, conf);
    assert!(verdict.ok, "{}", verdict.output);
    let lines = verdict.output.lines().filter(|line| *line != "Syntax OK");
    lines
        .map(|line| line.split_once("httpd.conf:").map_or(line, |(_, said)| said))
        .map(str::to_owned)
        .collect()
}

fn says(conf: &str, expected: &[&str]) {
    let said = said_of(conf);
    let is_right =
        said.len() == expected.len() && said.iter().zip(expected).all(|(line, end)| line.ends_with(end));
    assert!(is_right, "{conf}\n{said:#?}");
}

/// What follows from a mistake, here and in the mounts, is not said again.
fn one_line() {
    let wrong = [
        ("worker.list=lb,other", "worker.list=\"lb\",other"),
        ("worker.list=lb,other", "workers.list=lb,other"),
        ("worker.list=lb,other", "Worker.list=lb,other"),
        ("worker.lb.balance_workers=worker1,worker2\n", ""),
        ("worker.other.host=127.0.0.1", "worker.other.host=127.0.0.1:8011"),
        ("worker.other.host=127.0.0.1", "worker.other.host=\"127.0.0.1\""),
        ("worker.other.host=127.0.0.1", "worker.other.host=http://127.0.0.1/"),
        ("worker.other.port=8011", "worker.other.port=\"8011\""),
        ("worker.worker2.port=8010", "worker.worker2.port="),
    ];
    for (right, wrong) in wrong {
        assert!(RIGHT.contains(right), "{right}");
        let verdict = verdict(&RIGHT.replacen(right, wrong, 1), "JkMount /* lb\nJkMount /other/* other");
        assert_eq!(verdict.output.matches("mod_jk: ").count(), 1, "{wrong}: {}", verdict.output);
    }
}

/// Seen by root alone, who starts the server.
fn unreadable_for_children() {
    let conf = "JkMount /* lb\nJkMountFile conf/map.properties";
    let site = Site::new(Mpm::Event).workers(RIGHT).conf(conf).file("conf/map.properties", "/a=lb\n");
    assert_eq!(site.configtest().output.trim(), "Syntax OK");
    fs::set_permissions(site.path("conf/map.properties"), Permissions::from_mode(0o600))
        .expect("our own file");
    let told =
        site.configtest().output.contains("root alone can read it, child processes do not see its changes");
    assert_eq!(told, rustix::process::geteuid().is_root());
}

fn without_effect() {
    const NOWHERE: &str =
        "JkMount /a/* lb: mounts of the main server apply to no virtual host; write JkMountCopy All \
        here, or JkMountCopy On or the mounts into the virtual hosts";
    let host = |lines: &str| format!("<VirtualHost *:@PORT@>\n{lines}\n</VirtualHost>");
    let (empty, own, copy) = (host(""), host("JkMount /b/* other"), host("JkMountCopy On"));
    let off = host("JkMountCopy Off");
    let file = Site::new(Mpm::Event)
        .workers(RIGHT)
        .file("conf/map.properties", "/a=lb\n")
        .conf(&format!("JkMountFile conf/map.properties\n{empty}"))
        .configtest();
    let told = "map.properties: mounts of the main server apply to no virtual host";
    assert!(file.output.contains(told), "{}", file.output);
    says(&format!("JkMount /a/* lb\nJkMountCopy All\n{off}"), &[]);
    says(&format!("JkMount /a/* lb\nJkMountCopy All\n{off}\n{empty}"), &[]);
    says(&format!("JkMount /a/* lb\n{off}"), &[]);
    says(copy.as_str(), &["JkMountCopy On: the main server has no mounts that could be copied"]);
    says(&host("JkMountCopy On\nJkMount /b/* other"), &[]);
    // The main server answers where no virtual host does.
    says("JkMount /a/* lb\n<VirtualHost *:9>\n</VirtualHost>", &[]);
    says(&format!("JkUnMount /b/x *\n{own}"), &[
        "JkUnMount /b/x *: excludes nothing, no rule mounts a URI of /b/x; in virtual hosts it counts with \
         JkMountCopy On there, or All here",
    ]);
    says(&format!("JkMount /a/* lb\nJkUnMount /a/x *\n{own}"), &[]);
    says(&format!("JkMount /a/* lb\n{empty}"), &[NOWHERE]);
    says(&format!("JkMount /a/* lb\n{own}"), &[]);
    says(&format!("JkMount /a/* lb\n{copy}"), &[]);
    says(&format!("JkMount /a/* lb\nJkMountCopy All\n{empty}"), &[]);
    says(
        &format!("JkMount /a/* lb\nJkMountCopy On\n{own}"),
        &["JkMountCopy On has no effect in the main server: write All here, or On in virtual hosts"],
    );
    // No request can reach this mount, unless httpd listens where no virtual host is.
    says(&format!("<Location /jk-status>\nJkMount jk-status\n</Location>\n{empty}"), &[]);
    says(
        "JkMount /jk-status jk-status",
        &["JkMount /jk-status jk-status: worker jk-status is not defined; requests for this mount get 500"],
    );
    let elsewhere = "<VirtualHost *:9>\nJkMount /b/* other\n</VirtualHost>";
    says(
        &format!("JkMount /jk-status jk-status\n{elsewhere}"),
        &["JkMount /jk-status jk-status: worker jk-status is not defined; requests for this mount get 500"],
    );
    says(
        "JkMount /a/* lb\nJkMount /a/* other\nJkMount /a/* other",
        &["only the last counts, several workers share the work as members of a balancer"],
    );
    says("JkMount /a/* lb\nJkUnMount /a/*.gif lb\nJkUnMount /*.png *\nJkUnMount /a/x* other\nJkUnMount /b *", &[
        "JkUnMount /a/x* other: excludes nothing, no rule mounts a URI of /a/x* to worker other; what is mounted to lb \
         stays forwarded",
        "JkUnMount /b *: excludes nothing, no rule mounts a URI of /b",
    ]);
    // Exclusions of the main server may be for the mounts of virtual hosts.
    says(&format!("JkUnMount /b/*.gif *\nJkMountCopy All\n{own}"), &[]);
}

fn doubtful_directives() {
    let unnamed = Site::new(Mpm::Event).conf("JkMount /a lb").configtest();
    assert!(
        unnamed.output.contains("JkWorkersFile names the file with the workers, and is missing"),
        "{}",
        unnamed.output
    );
    let mount = |section: &str, name: &str| format!("<{section}>\nJkMount lb\n</{name}>");
    says(&mount("Location /shop/*", "Location"), &[]);
    says(
        &mount("Directory /srv/shop", "Directory"),
        &["JkMount: /srv/shop/ is taken as a URI, not as a directory; write it into <Location>"],
    );
    says(
        &mount("LocationMatch /shop/.+", "LocationMatch"),
        &["JkMount: /shop/.+ is taken as a URI pattern, not as a regular expression; write it into <Location>"],
    );
    says(
        "JkMount /shop/|/* lb",
        &["/shop/|/*: means /shop/ and /shop//*, which matches nothing; write /shop|/*"],
    );
    says(
        "JkMount /a lb\nJkMountFileReload abc\nJkWatchdogInterval 5s",
        &[
            "JkMountFileReload abc: not a number of seconds, 0 is used (changes are not looked for)",
            "JkWatchdogInterval 5s: not a number of seconds, 5 is used",
        ],
    );
    says(
        "JkLogLevel warning",
        &["JkLogLevel warning: unknown level, info is used; expected trace, debug, info, warn, error, emerg, did \
           you mean warn?"],
    );
    for (conf, words) in [
        (
            mount("LocationMatch ^/sh.p", "LocationMatch"),
            "JkMount: takes no path from <LocationMatch>; use <Location",
        ),
        (mount("If true", "If"), "JkMount: takes no path from <If>; use <Location"),
        (mount("Files x", "Files"), "JkMount: takes no path from <Files>; use <Location"),
        ("JkMount !/shop/* lb".to_owned(), "path !/shop/* must start with /, use JkUnMount /shop/*"),
    ] {
        let verdict = verdict(RIGHT, &conf);
        assert!(!verdict.ok && verdict.output.contains(words), "{conf}: {}", verdict.output);
    }
    says("JkAutoAlias webapps", &["JkAutoAlias webapps: a relative path leads nowhere, write it from / on"]);
    says(
        "JkLogStampFormat \"[%a %b %d %H:%M:%s %Y]\"",
        &["JkLogStampFormat: %s is seconds since 1970, did you mean %S?"],
    );
    says(
        "JkLogStampFormat \u{201C}[%H:%M:%S]\u{201D}",
        &["JkLogStampFormat: a typographic quote is part of the argument; is it meant?"],
    );
    says(
        "JkLogStampFormat \"[%H:%M:%S]%n%%n \"",
        &["JkLogStampFormat: %n ends the line, and what follows it stands on one of its own"],
    );
    says(
        &format!("JkLogStampFormat \"[%H:%M:%S.%Q] {} \"", "x".repeat(300)),
        &["JkLogStampFormat: it makes more than 254 octets, so that lines have none of them; expected a shorter one, \
           such as [%a %b %d %H:%M:%S.%Q %Y]"],
    );
    says(
        "JkOptions +ForwardURIProxy\nJkOptions +ForwardURICompat +CollapseSlashesAll",
        &[
            "JkOptions: ForwardURICompat takes the place of ForwardURIProxy: one of them has no effect",
            "JkOptions: CollapseSlashesAll has no effect: slashes are always collapsed for matching",
        ],
    );
    says("JkLogStampFormat \"[%a %b %d %H:%M:%S %Y] \"\nJkAutoAlias /srv/webapps", &[]);
}

/// A sample of a package: an unused balancer, variables of old, mounts of workers that nobody defined, and a
/// virtual host that takes all requests.
fn debian() {
    let workers = "\
workers.tomcat_home=/usr/share/tomcat8
workers.java_home=
ps=/
worker.list=ajp13_worker
worker.ajp13_worker.port=8009
worker.ajp13_worker.host=localhost
worker.ajp13_worker.type=ajp13
worker.ajp13_worker.lbfactor=1
worker.loadbalancer.type=lb
worker.loadbalancer.balance_workers=ajp13_worker
";
    let conf = "JkWatchdogInterval 60\n<Location /jk-status>\nJkMount jk-status\nRequire ip 127.0.0.1\n</Location>\n\
        <Location /jk-manager>\nJkMount jk-manager\nRequire ip 127.0.0.1\n</Location>\n\
        <VirtualHost *:@PORT@>\nDocumentRoot @ROOT@/htdocs\n</VirtualHost>";
    let verdict = verdict(workers, conf);
    assert!(verdict.ok, "{}", verdict.output);
    assert_eq!(verdict.output.trim(), "Syntax OK");
}

/// A resolver that says nothing for a minute about names in `.silent`, to be loaded before the C library's.
const SILENT_RESOLVER: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    size_t length = name ? strlen(name) : 0;
    if (length > 7 && strcmp(name + length - 7, ".silent") == 0) { sleep(60); return EAI_AGAIN; }
    return ((resolver *)dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, found);
}
"#;

/// Compiles `source` into a shared object at `path` below the ServerRoot.
fn shared_object(site: &Site, source: &str, path: &str) {
    site.write("conf/source.c", source);
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(site.path(path)).arg(site.path("conf/source.c")).arg("-ldl");
    let output = cc.output().expect("a C compiler, which the module needs as well");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn silent_names() {
    let names = ["a", "b", "c", "d"];
    let worker = |name: &&str| format!("worker.{name}.host={name}.silent\nworker.{name}.port=9\n");
    let backend = Backend::constant("tomcat");
    let here = backend.worker("here").replace("127.0.0.1", "localhost");
    let workers: String =
        names.iter().map(worker).chain(["worker.list=a,b,c,d,here\n".to_owned(), here]).collect();
    let site =
        Site::new(Mpm::Event).workers(&workers).conf("JkMount /* here").env("LD_PRELOAD", "run/silent.so");
    shared_object(&site, SILENT_RESOLVER, "run/silent.so");
    let begin = Instant::now();
    let verdict = site.configtest();
    assert!(verdict.ok, "{}", verdict.output);
    for name in names {
        let text = format!("worker.{name}.host={name}.silent does not resolve (no answer within 3 s)");
        assert!(verdict.output.contains(&text), "{}", verdict.output);
    }
    assert!(!verdict.output.contains("localhost"), "{}", verdict.output);
    let httpd = site.start();
    assert_eq!(httpd.get("/x").text(), "tomcat");
    httpd.graceful_by_signal();
    httpd.wait_for_generation(2);
    assert_eq!(httpd.get("/x").text(), "tomcat");
    assert!(httpd.jk_log().contains("(d) host d.silent does not resolve"), "{}", httpd.jk_log());
    assert!(
        begin.elapsed() < Duration::from_secs(55),
        "one silent name alone takes a minute: {:?}",
        begin.elapsed()
    );
}

fn readable() {
    let workers = "worker.list=사과,w\nworker.w.host=127.0.0.1\nworker.w.retries=zwölf\n";
    let verdict = verdict(workers, "JkMount /b* birne\nJkUnMount /b/* 사괴");
    assert!(verdict.ok, "{}", verdict.output);
    for words in
        ["worker 사과 has no property", "worker.w.retries=zwölf: not a number", "JkUnMount /b/* 사괴: "]
    {
        assert!(verdict.output.contains(words), "no {words} in {}", verdict.output);
    }
    let httpd = Site::new(Mpm::Event)
        .workers(&RIGHT.replace("lbfactor=1", "lbfactor=zwölf"))
        .conf("JkMount /* lb\nJkMountFile conf/map.properties")
        .file("conf/map.properties", "/a=lb\nb=lb\n+/c=lb\n")
        .start();
    let log = httpd.jk_log();
    let line = |words: &str| {
        log.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {log}"))
    };
    assert!(line("+/c").contains("[error]"), "{log}");
    assert!(line("lbfactor=zwölf").contains("[warn]"), "{log}");
}

fn graceful(mpm: Mpm) {
    let backend = Backend::constant("tomcat");
    let right = format!("worker.list=w\n{}", backend.worker("w"));
    let mut httpd = Site::new(mpm).workers(&right).conf("JkMount /* w").start();
    assert_eq!(httpd.get("/x").text(), "tomcat");
    httpd.site().write("conf/workers.properties", &right.replace("ajp13", "apj13"));
    let verdict = httpd.graceful();
    assert!(!verdict.ok && verdict.output.contains("did you mean ajp13?"), "{}", verdict.output);
    assert_eq!(httpd.get("/x").text(), "tomcat");
    httpd.graceful_by_signal();
    wait::until_true("a word about the broken file", Duration::from_secs(15), || {
        assert!(httpd.is_running(), "httpd ended");
        httpd.error_log().contains("did you mean ajp13?")
    });
    for _ in 0..10 {
        assert_eq!(httpd.get("/x").text(), "tomcat");
    }
    httpd.site().write("conf/workers.properties", &right);
    assert!(httpd.graceful().ok);
    wait::until_true("the restarted server", Duration::from_secs(15), || httpd.get("/x").text() == "tomcat");
}
