//! JkPersist On: the state outlives the server in JkStateFile, whatever becomes of that; Graceful and Off don't.

use std::fs::{self, Permissions};
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::time::Duration;

use rustix::process::Signal;

use super::{by_signal, change, of_both, report, restart, site, workers};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::report::Report;
use crate::support::site::{Mpm, ALL_MPMS};
use crate::support::suite::Suite;
use crate::support::{process, wait};

/// Where the file is unless JkStateFile says something else.
const DEFAULT: &str = "run/jk.shm.state";

/// httpd's parent has a moment every ten seconds.
const PATIENCE: Duration = Duration::from_secs(40);

pub fn add(suite: Suite) -> Suite {
    suite
        .under(&ALL_MPMS, "state_outlives_the_server_with_persist_on", on)
        .test("a_change_is_in_the_file_before_the_server_ends", killed)
        .test("a_torn_or_newer_file_is_set_aside_and_told", broken)
        .test("a_file_that_is_none_of_ours_is_left_alone", foreign)
        .test("a_wrong_value_in_the_file_costs_itself_alone", wrong_value)
        .test("a_file_that_can_not_be_written_is_told_once", unwritable)
        .test("without_persist_on_state_ends_with_the_server", graceful)
        .test("with_persist_off_state_ends_with_the_configuration", off)
        .test("configtest_knows_whether_state_can_be_kept", configtest)
}

/// Two backends and a daemon over them; `a` is disabled.
fn disabled(mpm: Mpm, directives: &str) -> ([Backend; 2], Httpd) {
    let both = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let httpd = site(mpm, &workers(&both[0], &both[1])).conf(directives).start_as_daemon();
    change(&httpd, "lb a activation 1");
    (both, httpd)
}

fn activations(httpd: &Httpd) -> [String; 2] {
    of_both(&report(httpd), "activation").map(str::to_owned)
}

/// Both logs since the server had written `before` of them.
fn told_since(httpd: &Httpd, before: &[String; 2]) -> [String; 2] {
    let now = [httpd.error_log(), httpd.jk_log()];
    [0, 1].map(|log| now[log][before[log].len()..].to_owned())
}

/// Stops the server, which must have written its state, and returns the text.
fn stopped(httpd: &mut Httpd) -> String {
    httpd.stop();
    let text = httpd.site().read(DEFAULT);
    assert!(text.starts_with("{\n  \"JkStateFile version\": 1,\n") && text.ends_with("}\n"), "{text}");
    text
}

/// Files beside that of the shared memory.
fn files(httpd: &Httpd) -> Vec<String> {
    let entries = fs::read_dir(httpd.site().path("run")).expect("a directory").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.contains("state")).collect();
    names.sort();
    names
}

fn on(mpm: Mpm) {
    let (_backends, mut httpd) = disabled(mpm, "JkPersist On");
    for order in ["lb - recover_time 77", "lb b lbfactor 3", "lb b reply_timeout 5000"] {
        change(&httpd, order);
    }
    let before = report(&httpd);
    let used = |report: &Report| -> u64 {
        of_both(report, "used").map(|used| used.parse::<u64>().expect("a number")).iter().sum()
    };
    for (requests, way) in (1..).zip(["stop", "graceful-stop", "stop"]) {
        assert!(httpd.control(way).ok);
        wait::until_true("its end", PATIENCE, || !httpd.is_running());
        let found = fs::symlink_metadata(httpd.site().path(DEFAULT)).expect("a state file");
        assert_eq!((found.is_file(), found.mode() & 0o7777), (true, 0o600));
        assert_eq!(files(&httpd), ["jk.shm.state"]);
        httpd.start_again();
        let after = report(&httpd);
        for fact in ["activation", "lbfactor", "draining"] {
            assert_eq!(of_both(&after, fact), of_both(&before, fact), "{fact}");
        }
        assert_eq!(used(&after), used(&before) + 2 * requests - 1, "and those of this test");
        assert_eq!(httpd.get("/x").fact("route").as_deref(), Some("b"));
        assert_eq!(
            httpd.jk_log().matches("(lb): what was set at run time stays: recover_time=77").count(),
            requests as usize
        );
    }
    let text = stopped(&mut httpd);
    assert!(text.contains("\"current\": \"Disabled\"") && text.contains("\"current\": \"5000\""), "{text}");
    let configured = httpd.site().read("conf/workers.properties");
    httpd.site().write("conf/workers.properties", &format!("{configured}worker.a.activation=Stopped\n"));
    httpd.start_again();
    assert_eq!(activations(&httpd), ["STP", "ACT"], "the new configuration holds");
}

fn killed() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "JkPersist On\nJkStateFile run/of-mine");
    let is_saved = |httpd: &Httpd| httpd.site().read("run/of-mine").contains("\"current\": \"Disabled\"");
    wait::until_true("the change to be in the file", PATIENCE, || is_saved(&httpd));
    let processes = [vec![httpd.id()], httpd.children()].concat();
    processes.iter().for_each(|process| process::send(*process, Signal::KILL));
    wait::until_true("the end of all", PATIENCE, || {
        processes.iter().all(|process| process::stat_fields(*process).is_none_or(|fields| fields[0] == "Z"))
    });
    // Where nobody asks for the end of a daemon, its number stays taken.
    fs::remove_file(httpd.site().path("run/httpd.pid")).expect("a PidFile");
    httpd.start_again();
    assert_eq!(activations(&httpd), ["DIS", "ACT"]);
}

fn broken() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "JkPersist On");
    let whole = stopped(&mut httpd);
    let newer = whole.replacen("version\": 1,", "version\": 2,", 1);
    let torn = [0, 1, 30, whole.len() / 2, whole.len() - 3].map(|length| whole[..length].to_owned());
    for (number, text) in (1..).zip(torn.into_iter().chain([newer])) {
        let before = [httpd.error_log(), httpd.jk_log()];
        fs::write(httpd.site().path(DEFAULT), &text).expect("our own file");
        httpd.start_again();
        assert_eq!(activations(&httpd), ["ACT", "ACT"], "{text}");
        let suffix = if number == 1 { String::new() } else { format!(".{number}") };
        let aside = httpd.site().path(&format!("{DEFAULT}.refused{suffix}"));
        assert_eq!(fs::read_to_string(&aside).expect("what was set aside"), text);
        let why = if text.contains("version\": 2") {
            "it has version 2"
        } else {
            "it is damaged: EOF while parsing"
        };
        let start = format!("JkStateFile {}: {why}", httpd.site().path(DEFAULT).display());
        let end = format!(
            "; it is {} now, and what was changed, counted and known of members in it is not taken",
            aside.display()
        );
        for told in told_since(&httpd, &before) {
            let lines: Vec<_> = told.lines().filter(|line| line.contains("JkStateFile")).collect();
            assert!(lines.len() == 1 && lines[0].contains(&start) && lines[0].ends_with(&end), "{told}");
            assert!(lines[0].contains("error]"), "{told}");
        }
        stopped(&mut httpd);
    }
}

fn foreign() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "JkPersist On");
    let whole = stopped(&mut httpd);
    let path = httpd.site().path(DEFAULT);
    let elsewhere = httpd.site().path("conf/elsewhere");
    fs::write(&elsewhere, &whole).expect("a file");
    let owner = if rustix::process::geteuid().is_root() { "0" } else { "" };
    let cases: [(&str, &dyn Fn()); 4] = [
        ("it is no state of mod_jk", &|| fs::write(&path, "worker.list=w\n").expect("a file")),
        ("it is a symbolic link, and none is followed", &|| symlink(&elsewhere, &path).expect("a link")),
        ("others may write to it (mode 0666), expected mode 0600", &|| {
            fs::write(&path, &whole).expect("a file");
            fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("rights");
        }),
        ("it belongs to uid 65534, expected 0", &|| {
            fs::write(&path, &whole).expect("a file");
            std::os::unix::fs::chown(&path, Some(65534), None).expect("another owner");
        }),
    ];
    for (reason, make) in cases {
        if reason.contains("uid") && owner.is_empty() {
            continue;
        }
        fs::remove_file(&path).expect("the file of the last run");
        make();
        let text = fs::read_to_string(&path).expect("the file");
        let before = [httpd.error_log(), httpd.jk_log()];
        httpd.start_again();
        assert_eq!(activations(&httpd), ["ACT", "ACT"], "{reason}");
        let line = format!(
            "JkStateFile {}: {reason}; it is left alone, and nothing outlives the server until it is gone",
            path.display()
        );
        for told in told_since(&httpd, &before) {
            assert!(told.contains(&line), "{told}");
        }
        change(&httpd, "lb b activation 1");
        restart(&httpd, by_signal(Signal::USR1));
        assert_eq!(activations(&httpd), ["ACT", "DIS"], "restarts need no file");
        httpd.stop();
        assert_eq!(fs::read_to_string(&path).expect("the file"), text, "{reason}");
        assert_eq!(files(&httpd), ["jk.shm.state"]);
    }
    assert_eq!(fs::read_to_string(&elsewhere).expect("the file"), whole, "what the link named");
}

fn wrong_value() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "JkPersist On");
    change(&httpd, "lb a lbfactor 7");
    let text = stopped(&mut httpd);
    fs::write(httpd.site().path(DEFAULT), text.replacen("\"current\": \"7\"", "\"current\": \"0\"", 1))
        .expect("a file");
    httpd.start_again();
    let report = report(&httpd);
    assert_eq!((of_both(&report, "activation")[0], of_both(&report, "lbfactor")[0]), ("DIS", "1"));
    let line = "balancer lb member a: lbfactor: 0 was 1: expected 1 or more; it is left out";
    assert_eq!(httpd.jk_log().matches(line).count(), 1, "{}", httpd.jk_log());
}

fn unwritable() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "JkPersist On\nJkStateFile state/of-mine");
    let line = format!("JkStateFile {}: can't write ", httpd.site().path("state/of-mine").display());
    wait::until_true("the trouble to be told", PATIENCE, || httpd.jk_log().contains(&line));
    let told = httpd.jk_log();
    let told = told.lines().find(|told| told.contains(&line)).expect("the line");
    assert!(
        told.ends_with(
            ": No such file or directory; what is changed and counted now does not outlive the server"
        ),
        "{told}"
    );
    fs::create_dir(httpd.site().path("state")).expect("a directory");
    let again = format!("JkStateFile {} is written again", httpd.site().path("state/of-mine").display());
    wait::until_true("the file", PATIENCE, || httpd.jk_log().contains(&again));
    assert_eq!([httpd.jk_log(), httpd.error_log()].map(|log| log.matches(&line).count()), [1, 1]);
    fs::remove_dir_all(httpd.site().path("state")).expect("a directory of our own");
    httpd.stop();
    assert_eq!(httpd.jk_log().matches(&line).count(), 2, "the end of the server is another matter");
}

fn graceful() {
    let (_backends, mut httpd) = disabled(Mpm::Event, "");
    restart(&httpd, by_signal(Signal::USR1));
    assert_eq!(activations(&httpd), ["DIS", "ACT"]);
    httpd.stop();
    assert_eq!(files(&httpd), [""; 0]);
    httpd.start_again();
    assert_eq!(activations(&httpd), ["ACT", "ACT"]);
}

fn off() {
    let (_backends, httpd) = disabled(Mpm::Event, "JkPersist Off");
    assert_eq!(activations(&httpd), ["DIS", "ACT"]);
    restart(&httpd, by_signal(Signal::USR1));
    let report = report(&httpd);
    assert_eq!((of_both(&report, "activation"), of_both(&report, "used")), (["ACT", "ACT"], ["0", "0"]));
}

fn configtest() {
    let both = [Backend::constant("route=a\n"), Backend::constant("route=b\n")];
    let site = |directives: &str| site(Mpm::Event, &workers(&both[0], &both[1])).conf(directives);
    let cases = [
        (
            "JkPersist Gracefull",
            false,
            "unknown word Gracefull, expected Off or Graceful or On, did you mean Graceful?",
        ),
        ("JkStateFile run/of-mine", true, "JkStateFile has no effect without JkPersist On"),
        (
            "JkPersist On\nJkStateFile gone/of-mine",
            false,
            "gone does not exist: create it, or name another file",
        ),
        (
            "JkPersist On\nJkStateFile run",
            true,
            "run: it is no regular file; it is left alone, and nothing outlives",
        ),
        ("JkPersist on\nJkStateFile run/of-mine", true, ""),
        (
            "<VirtualHost *:1>\nJkPersist On\n</VirtualHost>",
            false,
            "JkPersist cannot occur within <VirtualHost> section",
        ),
    ];
    for (directives, ok, complaint) in cases {
        let site = site(directives);
        let verdict = site.configtest();
        assert_eq!(verdict.ok, ok, "{directives}: {}", verdict.output);
        assert!(verdict.output.contains(complaint), "{directives}: {}", verdict.output);
        assert!(!complaint.is_empty() || !verdict.output.contains("mod_jk"), "{}", verdict.output);
        assert!(!site.path("run/of-mine").exists(), "configtest makes nothing");
    }
}
