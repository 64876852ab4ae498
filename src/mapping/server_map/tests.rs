//! Reload with real files and a clock that tests set: `at(n)` is n milliseconds after the last change of the file.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;
use crate::config::Origin;
use crate::log::{Level, Logger};

struct Fixture {
    directory: TempDir,
    map: ServerMap,
    logger: Logger,
}

fn known_workers(rules: &[Rule], report: &mut Report) {
    for rule in rules.iter().filter(|rule| !rule.worker.starts_with('w')) {
        report.error(rule.origin.as_ref(), format!("worker {} is unknown", rule.worker));
    }
}

fn configured() -> Vec<Rule> {
    let origin = Origin::new(&"httpd.conf".into(), 1);
    Rule::mount(b"/static/*", b"w0", &origin, &mut Report::default()).unwrap()
}

impl Fixture {
    fn new(text: &str, reload_seconds: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("map");
        fs::write(&path, text).unwrap();
        let reload = (reload_seconds > 0).then(|| Duration::from_secs(reload_seconds));
        let file = MapFile { path, reload, known_property: |_| false };
        let map = ServerMap::new(configured(), Some(file));
        Self { directory, map, logger: Logger::capture(Level::Info) }
    }

    fn loaded(text: &str, reload_seconds: u64) -> Self {
        let fixture = Self::new(text, reload_seconds);
        assert!(fixture.load().is_empty());
        fixture
    }

    fn load(&self) -> Vec<String> {
        let mut report = Report::default();
        self.map.load_initial(&known_workers, &mut report);
        report.iter().map(ToString::to_string).collect()
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("map")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn at(&self, milliseconds: u64) -> SystemTime {
        Stamp::of_path(&self.path()).unwrap().last_change() + Duration::from_millis(milliseconds)
    }

    fn check(&self, now: SystemTime) {
        self.map.check_reload(now, &known_workers, self.logger.with_id("-"));
    }

    fn force(&self, now: SystemTime) {
        self.map.force_check(now, &known_workers, self.logger.with_id("-"));
    }

    fn worker(&self, uri: &str) -> Option<String> {
        self.map.lookup(uri.as_bytes()).map(|rule| rule.worker.clone())
    }

    fn log(&self) -> Vec<String> {
        let directory = format!("{}/", self.directory.path().display());
        self.logger.captured().iter().map(|line| line.replace(&directory, "")).collect()
    }
}

fn w(number: u32) -> Option<String> {
    Some(format!("w{number}"))
}

#[test]
fn settled_changes_are_taken_when_the_interval_has_passed() {
    let fixture = Fixture::loaded("/*=w1", 5);
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
    fixture.write("/*=w2\n");
    fixture.check(fixture.at(500));
    assert_eq!(fixture.worker("/x"), w(1));
    fixture.check(fixture.at(6000));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(2), w(0)));
    fixture.write("/*=w3\n");
    fixture.check(fixture.at(7000));
    assert_eq!(fixture.worker("/x"), w(2));
    fixture.check(fixture.at(12_000));
    assert_eq!(fixture.worker("/x"), w(3));
    assert_eq!(fixture.log(), ["[info] map file map has changed: 1 rule"; 2]);
}

#[test]
fn a_young_change_is_looked_at_again_one_second_later() {
    let fixture = Fixture::loaded("/*=w1", 60);
    fixture.write("/*=w2");
    fixture.force(fixture.at(300));
    fixture.check(fixture.at(1299));
    assert_eq!(fixture.worker("/x"), w(1));
    fixture.check(fixture.at(1300));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn warnings_do_not_keep_a_version_out_and_do_not_flood_the_log() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let lines: String = (0..50).map(|number| format!("/{number}=w1;x=1\n")).collect();
    fixture.write(&format!("/*=w2\n{lines}"));
    fixture.force(fixture.at(2000));
    assert_eq!(fixture.worker("/x"), w(2));
    let log = fixture.log();
    assert_eq!(log[0], "[warn] map:2: rule extension x is unknown and ignored");
    assert_eq!(log[20..], ["[warn] map: 30 further warnings", "[info] map file map has changed: 51 rules"]);
}

/// The set-up of an agent that truncates the file and writes it again within the same second.
#[test]
fn a_file_written_in_two_steps_is_never_taken_half() {
    let fixture = Fixture::loaded("/*=w1", 1);
    for (round, worker) in (0..20u32).map(|round| (round, round % 3 + 1)) {
        let before = fixture.worker("/x");
        fixture.write("");
        fixture.force(fixture.at(50));
        assert_eq!(fixture.worker("/x"), before, "round {round}");
        fixture.write(&format!("/*=w{worker}"));
        fixture.force(fixture.at(950));
        assert_eq!(fixture.worker("/x"), before, "round {round}");
        fixture.force(fixture.at(1950));
        assert_eq!(fixture.worker("/x"), w(worker), "round {round}");
    }
}

#[test]
fn a_settled_empty_file_means_no_rules_of_the_file() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.write("# nothing\n");
    fixture.force(fixture.at(2000));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (None, w(0)));
    fixture.write("");
    fixture.force(fixture.at(2000));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (None, w(0)));
}

#[test]
fn faulty_versions_are_refused_with_one_line_each() {
    let faults = [
        ("/a=w1\n/b=old\n", "map:2: worker old is unknown"),
        ("/a=w1\nb/*=w1\n", "map:2: URI pattern 'b/*' must start with /, * or ?, after any prefixes ! and -"),
        ("/a=w1\n/b", "map:2: the last line breaks off: '/b', expected pattern=worker"),
        ("\0\0\0\0", "map:1: octet 0x00 in a map file"),
        ("garbage\n", "map: no line is a rule, expected pattern=worker"),
    ];
    let fixture = Fixture::loaded("/*=w1", 5);
    for (text, _) in faults {
        fixture.write(text);
        for time in [2000, 8000, 20_000] {
            fixture.force(fixture.at(time));
        }
        assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)), "{text}");
    }
    let expected = faults.map(|(_, text)| format!("[error] {text}; {KEPT}"));
    assert_eq!(fixture.log(), expected);
    fixture.write("/*=w2");
    fixture.force(fixture.at(2000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_missing_file_is_logged_once_per_disappearance() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.force(fixture.at(2000));
    let aside = fixture.directory.path().join("aside");
    for _ in 0..2 {
        let now = fixture.at(10_000);
        fs::rename(fixture.path(), &aside).unwrap();
        fixture.force(now);
        fixture.force(now + Duration::from_secs(5));
        assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
        fs::rename(&aside, fixture.path()).unwrap();
        fixture.force(fixture.at(2000));
    }
    let errors: Vec<_> = fixture.log().into_iter().filter(|line| line.starts_with("[error]")).collect();
    let text = format!("[error] map file map can't be read: No such file or directory; {KEPT}");
    assert_eq!(errors, [text.clone(), text]);
}

#[test]
fn a_directory_in_its_place_changes_nothing() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let now = fixture.at(10_000);
    fs::remove_file(fixture.path()).unwrap();
    fs::create_dir(fixture.path()).unwrap();
    fixture.force(now);
    fixture.force(now);
    assert_eq!(fixture.worker("/x"), w(1));
    assert_eq!(
        fixture.log(),
        [format!("[error] map file map can't be read: it is not a regular file; {KEPT}")]
    );
}

#[test]
fn another_file_of_same_size_and_time_is_a_change() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.force(fixture.at(2000));
    let modified = fs::metadata(fixture.path()).unwrap().modified().unwrap();
    let other = fixture.directory.path().join("other");
    fs::write(&other, "/*=w2").unwrap();
    fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
    fs::rename(&other, fixture.path()).unwrap();
    fixture.force(fixture.at(2000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_clock_behind_the_file_server_delays_by_one_second_only() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.write("/*=w2");
    let behind = fixture.at(0) - Duration::from_secs(3600);
    fixture.force(behind);
    fixture.force(behind + Duration::from_millis(999));
    assert_eq!(fixture.worker("/x"), w(1));
    fixture.force(behind + Duration::from_millis(1000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn reload_zero_looks_only_when_forced() {
    let fixture = Fixture::loaded("/*=w1", 0);
    fixture.write("/*=w2");
    fixture.check(fixture.at(1_000_000));
    assert_eq!(fixture.worker("/x"), w(1));
    fixture.force(fixture.at(1_000_000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_wrong_line_at_start_costs_its_own_rule_only() {
    let fixture = Fixture::new("/*=w1\n!app/=w1\n/\0=w1\n/yy=w2\n", 5);
    let complaints = fixture.load();
    assert!(complaints.len() == 2 && complaints[1].contains("map:3: "), "{complaints:?}");
    assert_eq!(fixture.worker("/yy"), w(2));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
    fixture.write("/*=w2\n");
    fixture.check(fixture.at(7000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_missing_file_at_start_is_an_error() {
    let fixture = Fixture::new("", 5);
    fs::remove_file(fixture.path()).unwrap();
    let complaints = fixture.load();
    assert!(complaints[0].contains("can't be read: No such file"), "{complaints:?}");
    assert_eq!(fixture.worker("/static/x"), w(0));
}

#[test]
fn a_file_truncated_right_at_start_is_waited_for() {
    let fixture = Fixture::new("", 5);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_millis(100));
            fixture.write("/*=w1");
        });
        assert!(fixture.load().is_empty());
    });
    assert_eq!(fixture.worker("/x"), w(1));
}

#[test]
fn a_file_taken_young_at_start_is_read_again() {
    let fixture = Fixture::new("/*=w1", 60);
    let file = fixture.map.file.as_ref().unwrap();
    let mut watch = file.watch.lock();
    let stamp = Stamp::of_path(&fixture.path()).unwrap();
    assert!(!file.read_first(&mut watch, fixture.at(900), &known_workers).is_settled);
    assert_eq!(watch.judge(stamp, fixture.at(1100)), Verdict::Ripe);
    assert!(file.read_first(&mut watch, fixture.at(1100), &known_workers).is_settled);
    assert_eq!(watch.judge(stamp, fixture.at(1100)), Verdict::Known);
}

#[test]
fn requests_keep_the_map_they_began_with() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let (map, rule) = (fixture.map.current(), fixture.map.lookup(b"/x").unwrap());
    fixture.write("/y=w2");
    fixture.force(fixture.at(2000));
    assert_eq!(fixture.worker("/x"), None);
    assert_eq!((map.lookup(b"/x").unwrap().worker.as_str(), rule.worker.as_str()), ("w1", "w1"));
}

#[test]
fn look_ups_and_reloads_run_side_by_side() {
    let fixture = Fixture::loaded("/*=w1", 1);
    let stop = AtomicBool::new(false);
    let reader = || {
        let mut found = 0u64;
        while !stop.load(Ordering::Relaxed) {
            fixture.check(SystemTime::now() + Duration::from_secs(found));
            assert!(fixture.worker("/x").is_some());
            found += 1;
        }
        found
    };
    let replace = |path: &Path, round: u32| {
        let aside = fixture.directory.path().join("aside");
        fs::write(&aside, format!("/*=w{}\n", round % 7)).unwrap();
        fs::rename(aside, path).unwrap();
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(reader)).collect();
        for round in 0..300 {
            replace(&fixture.path(), round);
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    fixture.force(fixture.at(2000));
    assert_eq!(fixture.worker("/x"), w(299 % 7));
}

#[test]
fn without_a_file_nothing_is_checked() {
    let map = ServerMap::new(configured(), None);
    let logger = Logger::capture(Level::Trace);
    let mut report = Report::default();
    map.load_initial(&known_workers, &mut report);
    map.check_reload(SystemTime::now(), &known_workers, logger.with_id("-"));
    map.force_check(SystemTime::now(), &known_workers, logger.with_id("-"));
    assert!(report.is_empty() && logger.captured().is_empty());
    assert!(map.lookup(b"/static/x").is_some() && !map.current().is_empty());
}
