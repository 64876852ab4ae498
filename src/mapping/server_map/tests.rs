//! Reload with real files and a clock that tests set: `at(n)` is n milliseconds after the last change of the file.

use std::cell::Cell;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Instant, SystemTime};

use tempfile::TempDir;

use super::file::Stamp;
use super::watch::{Maturity, AGREE, GLANCE};
use super::*;
use crate::config::Origin;
use crate::log::{Level, Logger};

struct Fixture {
    directory: TempDir,
    map: ServerMap,
    logger: Logger,
    start: (SystemTime, Instant),
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
        Self {
            directory,
            map,
            logger: Logger::capture(Level::Info),
            // The clock that stamps files is some milliseconds behind.
            start: (SystemTime::now() - SETTLE, Instant::now() - SETTLE),
        }
    }

    fn loaded(text: &str, reload_seconds: u64) -> Self {
        let fixture = Self::new(text, reload_seconds);
        assert!(fixture.load(false).is_empty());
        fixture
    }

    fn load(&self, waits: bool) -> Vec<String> {
        let mut report = Report::default();
        self.map.load(waits, &known_workers, &mut report);
        report.iter().map(ToString::to_string).collect()
    }

    /// Reads the file as a restart does.
    fn reload(&self, in_force: &str) -> (Option<String>, Vec<String>) {
        let mut report = Report::default();
        let text = self.map.reload(in_force.as_bytes(), &known_workers, &mut report);
        let text = text.map(|text| String::from_utf8(text).unwrap());
        (text, report.iter().map(ToString::to_string).collect())
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("map")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    /// When the last change of the file is that old.
    fn at(&self, milliseconds: u64) -> Moment {
        let wall = Stamp::of_path(&self.path()).unwrap().last_change() + Duration::from_millis(milliseconds);
        let steady = self.start.1 + wall.duration_since(self.start.0).unwrap_or_default();
        Moment { wall, steady }
    }

    /// So many milliseconds after the start, when the last change of the file is half a second old.
    fn half_a_second_old(&self, milliseconds: u64) -> Moment {
        Moment { steady: self.start.1 + Duration::from_millis(milliseconds), ..self.at(500) }
    }

    /// Looks when the last change is old, and again.
    fn settle(&self) {
        [2000, 3000].iter().for_each(|milliseconds| drop(self.look(self.at(*milliseconds))));
    }

    fn look(&self, now: Moment) -> Look {
        self.look_among(now, &|_, _| true)
    }

    /// A look of a process among others.
    fn look_among(&self, now: Moment, is_first: &dyn Fn(Subject, u64) -> bool) -> Look {
        let log = self.logger.with_id("-");
        self.map.look(now, &Watcher { validate: &known_workers, is_first, log })
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
fn settled_changes_are_taken_and_looked_for_once_per_interval() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let interval = Some(Duration::from_secs(5));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
    fixture.write("/*=w2\n");
    assert_eq!(
        fixture.look(fixture.at(500)),
        Look { next: Some(Duration::from_millis(500)), ..Look::default() }
    );
    assert_eq!(fixture.worker("/x"), w(1));
    assert_eq!(
        fixture.look(fixture.at(1000)),
        Look { taken: Some(b"/*=w2\n".to_vec()), news: Some(News::Taken(1)), next: interval }
    );
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(2), w(0)));
    assert_eq!(fixture.look(fixture.at(7000)), Look { next: interval, ..Look::default() });
    fixture.write("/*=w2\n");
    assert_eq!(
        fixture.look(fixture.at(2000)),
        Look { next: interval, ..Look::default() },
        "nothing has changed"
    );
    assert_eq!(fixture.log(), ["[info] map file map has changed: 1 rule"]);
}

#[test]
fn news_are_for_the_process_that_finds_them_first() {
    let fixture = Fixture::loaded("/*=w1\n", 5);
    fixture.write("/*=w2\n/x=w1\n");
    assert_eq!(fixture.look_among(fixture.at(1000), &|_, _| false).news, None);
    fixture.write("/*=w1\n/yy=w2\n");
    assert_eq!(fixture.look(fixture.at(1000)).news, Some(News::Taken(2)));
    fixture.write("/*=nobody\n/yy=w2\n");
    let Some(News::Refused(text)) = fixture.look(fixture.at(1000)).news else { panic!("it is refused") };
    assert!(text.starts_with("not taken: ") && text.contains("nobody"), "{text}");
}

/// Set-up of an agent that writes the file every second: it is never older than that.
#[test]
fn a_file_that_never_settles_is_taken_when_looks_agree() {
    let fixture = Fixture::loaded("/*=w1", 60);
    let look = |text: &str, milliseconds: u64| {
        fixture.write(text);
        fixture.look(fixture.half_a_second_old(milliseconds)).taken.is_some()
    };
    for second in 0..3 {
        assert!(!look("/*=w2\n/static/*=w2\n", 1000 * second));
    }
    // A writer who comes back every 100 ms and is seen at work, and one who is interrupted.
    for (text, milliseconds) in [("/*=w4\n", 3000), ("/*=w3\n", 3050), ("/*=w4\n", 3100)] {
        assert!(!look(text, milliseconds), "{milliseconds}");
    }
    for milliseconds in (3150..6000).step_by(150) {
        assert!(!look("/*=w2\n", milliseconds), "{milliseconds}");
    }
    let whole = "/*=w2\n/static/*=w2\n";
    for milliseconds in [6000, 6050, 6300, 6350, 6450] {
        assert!(!look(whole, milliseconds), "{milliseconds}");
        assert_eq!(fixture.look(fixture.half_a_second_old(milliseconds)).next, Some(GLANCE));
    }
    assert_eq!(fixture.worker("/x"), w(1));
    assert!(look(whole, 6500));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(2), w(2)));
    let expected = [
        "[warn] map: it keeps changing, never 1 s without a change: taken as it was found. A new version is better written \
         aside and moved into place",
        "[info] map file map has changed: 2 rules",
    ];
    assert_eq!(fixture.log(), expected);
    for step in 0..400 {
        assert!(!look(whole, 6550 + 50 * step), "taken already");
    }
    assert_eq!(fixture.log(), expected);
}

/// One change, then no right to read it for a while: that is two changes far apart, and no restless file.
#[test]
fn a_file_that_could_not_be_read_for_a_while_has_not_been_changing_meanwhile() {
    let fixture = Fixture::loaded("/*=w1", 1);
    let mut watch = Watch::default();
    let look = |milliseconds| (Stamp::of_path(&fixture.path()).unwrap(), fixture.at(milliseconds));
    fixture.write("/*=w2\n");
    for second in 0..14 {
        let (stamp, now) = look(1000 * second);
        assert!(matches!(watch.judge(stamp, now), Maturity::Young(_) | Maturity::Ripe));
        watch.fails((Some(stamp), std::io::ErrorKind::PermissionDenied), now);
    }
    let (_, later) = look(14_000);
    fixture.write("/*=w2\n#\n");
    let (stamp, _) = look(0);
    let half_a_second = Duration::from_millis(500);
    let now = Moment { wall: stamp.last_change() + half_a_second, ..later };
    assert_eq!(watch.judge(stamp, now), Maturity::Young(half_a_second));
}

/// A file that was shortened, and goes on being written, is not a half for ever; until then that is said once.
#[test]
fn a_beginning_of_what_was_there_before_is_taken_in_the_end() {
    let fixture = Fixture::loaded("/*=w1", 60);
    fixture.write("/*=w2\n/y=w3\n");
    fixture.look(fixture.half_a_second_old(0));
    let taken_at = (0..1400).map(|step| 50 * step).find(|milliseconds| {
        fixture.write(&format!("# {milliseconds}\n/*=w2\n"));
        fixture.look(fixture.half_a_second_old(*milliseconds)).taken.is_some()
    });
    assert_eq!((taken_at, fixture.worker("/y")), (Some(60_000), w(2)));
    let overdue = fixture.log().iter().filter(|line| line.contains("never found whole")).count();
    assert_eq!(overdue, 1, "{:?}", fixture.log());
}

/// Set-up of an agent that begins with a comment that is new each time, and pauses before the last rule. All children
/// look all the time; the parent does so for a second now and then, at moments when only a half is there.
#[test]
fn a_half_that_is_seen_again_and_again_is_not_taken() {
    let (first, last) = ("/n/*=w3\n", "/m/*=w4\n");
    for (in_force, looks_for, then_pauses_for) in [
        (format!("{first}{last}"), 1, 0),
        (format!("/n/*=w1\n{last}"), 1, 0),
        ("/n/*=w1\n".to_owned(), 1, 0),
        (format!("{first}{last}"), 20, 9050),
        (format!("/n/*=w1\n{last}"), 20, 9050),
    ] {
        let fixture = Fixture::loaded(&in_force, 60);
        let (mut now, mut written) = (0, 0);
        while now < if then_pauses_for == 0 { 15_000 } else { 60_000 } {
            for _ in 0..looks_for {
                let is_half = then_pauses_for > 0 || now % 750 < 450;
                written += 1;
                let text = format!("# generated {written}\n{first}{}", if is_half { "" } else { last });
                fixture.write(&text);
                fixture.look(fixture.half_a_second_old(now));
                let has_lost = in_force.contains(last) && fixture.worker("/m/x").is_none();
                assert!(!has_lost && fixture.worker("/n/x").is_some(), "{in_force}: {:?}", fixture.log());
                now += 50;
            }
            now += then_pauses_for;
        }
        let taken = then_pauses_for == 0;
        assert_eq!(fixture.worker("/n/x"), if taken || in_force.starts_with(first) { w(3) } else { w(1) });
        let changes = fixture.log().iter().filter(|line| line.contains("has changed")).count();
        let expected = usize::from(taken && !in_force.starts_with(first));
        assert_eq!(changes, expected, "only comments change after that: {:?}", fixture.log());
    }
}

/// The parent looks now and then: it finds a young file twice, which others have taken each time.
#[test]
fn changes_with_a_long_pause_between_are_no_file_that_never_settles() {
    let fixture = Fixture::loaded("/a=w1\n", 60);
    for round in 0..5 {
        fixture.write(&format!("/a=w2\n/r{round}=w1\n"));
        assert_eq!(fixture.look(fixture.half_a_second_old(10_000 * round)).taken, None);
    }
    assert_eq!(fixture.log(), Vec::<String>::new());
}

/// No look finds what the one before found, until the start has waited for long enough.
#[test]
fn the_fullest_that_was_found_is_taken_when_a_start_can_wait_no_longer() {
    let fixture = Fixture::new("/a=w1\n", 5);
    let file = fixture.map.file.as_ref().unwrap();
    let (looks, now) = (Cell::new(0), Cell::new(Duration::ZERO));
    let pause = |rest| {
        fixture.write(["/a=w1\n/b=w2\n", "/a=w1\n", ""][looks.get() % 3]);
        looks.set(looks.get() + 1);
        now.set(now.get() + rest);
        fixture.half_a_second_old(now.get().as_millis().try_into().unwrap())
    };
    let version = file.first(&mut file.watch.lock(), Duration::from_secs(5), |_| true, pause).unwrap();
    assert_eq!(
        (String::from_utf8(version.text).unwrap().as_str(), version.settled),
        ("/a=w1\n/b=w2\n", false)
    );
    assert!(now.get() >= Duration::from_secs(5) && looks.get() > 20, "{now:?}, {looks:?}");
}

#[test]
fn what_never_settles_and_is_not_whole_is_told_once_and_not_taken() {
    for text in ["", "/a=w2\n/b=w", "app=w2\n/x=w2\n/y"] {
        let fixture = Fixture::loaded("/*=w1", 60);
        for step in 0..600 {
            fixture.write(text.strip_suffix('w').unwrap_or(text));
            assert_eq!(fixture.look(fixture.half_a_second_old(50 * step)).taken, None, "{text:?}");
        }
        assert_eq!((fixture.worker("/x"), fixture.log().len()), (w(1), 1), "{text:?}: {:?}", fixture.log());
        assert!(fixture.log()[0].ends_with(&format!("is never found whole; {KEPT}")));
    }
}

#[test]
fn a_restart_leaves_the_rules_in_force_until_a_young_file_has_settled() {
    let fixture = Fixture::new("/*=w2\n", 0);
    assert_eq!(fixture.reload("/*=w1\n"), (Some("/*=w1\n".to_owned()), vec![]));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
    assert!(fixture.map.is_watched(), "followed although it is not reloaded otherwise");
    assert_eq!(fixture.look(fixture.at(999)).taken, None);
    assert_eq!(
        fixture.look(fixture.at(1000)),
        Look { taken: Some(b"/*=w2\n".to_vec()), news: Some(News::Taken(1)), next: None }
    );
    assert_eq!((fixture.worker("/x"), fixture.map.is_watched()), (w(2), false));
}

#[test]
fn a_restart_takes_a_settled_file_and_leaves_a_broken_one() {
    let fixture = Fixture::new("/*=w2\n", 5);
    sleep(SETTLE);
    assert_eq!(fixture.reload("/*=w1\n"), (Some("/*=w2\n".to_owned()), vec![]));
    assert_eq!(fixture.worker("/x"), w(2));
    let fixture = Fixture::new("", 5);
    sleep(SETTLE);
    assert_eq!(fixture.reload("/*=w1\n").1, Vec::<String>::new(), "it has shrunk, and is looked at twice");
    sleep(AGREE);
    let (_, complaints) = fixture.reload("/*=w1\n");
    assert!(complaints.len() == 1 && complaints[0].ends_with(EMPTIED), "{complaints:?}");
    let fixture = Fixture::new("/*=w2\n/b=unknown\n", 5);
    sleep(SETTLE);
    let (text, complaints) = fixture.reload("/*=w1\n");
    assert_eq!((text.as_deref(), complaints.len(), fixture.worker("/x")), (Some("/*=w1\n"), 1, w(1)));
    assert_eq!(fixture.look(fixture.at(2000)).taken, None);
    assert!(fixture.log().is_empty(), "told already: {:?}", fixture.log());
    fs::remove_file(fixture.path()).unwrap();
    let (text, complaints) = fixture.reload("/*=w3\n");
    assert_eq!((text.as_deref(), fixture.worker("/x")), (Some("/*=w3\n"), w(3)));
    assert!(complaints[0].ends_with("can't be read: No such file or directory"), "{complaints:?}");
}

#[test]
fn rules_that_fit_the_workers_are_accepted() {
    let fixture = Fixture::new("", 5);
    assert!(fixture.map.accepts(b"/*=w1\n", &known_workers));
    assert!(!fixture.map.accepts(b"/*=old\n", &known_workers));
}

#[test]
fn warnings_do_not_keep_a_version_out_and_do_not_flood_the_log() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let lines: String = (0..50).map(|number| format!("/{number}=w1;x=1\n")).collect();
    fixture.write(&format!("/*=w2\n{lines}"));
    fixture.settle();
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
        fixture.look(fixture.at(50));
        assert_eq!(fixture.worker("/x"), before, "round {round}");
        fixture.write(&format!("/*=w{worker}"));
        fixture.look(fixture.at(950));
        assert_eq!(fixture.worker("/x"), before, "round {round}");
        fixture.look(fixture.at(1950));
        assert_eq!(fixture.worker("/x"), w(worker), "round {round}");
    }
}

#[test]
fn a_settled_empty_file_means_no_rules_of_the_file() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.write("# nothing\n");
    fixture.settle();
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (None, w(0)));
    let said = [format!("[warn] map: {EMPTIED}"), "[info] map file map has changed: 0 rules".to_owned()];
    assert_eq!(fixture.log(), said);
    fixture.write("");
    fixture.settle();
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (None, w(0)));
    assert_eq!(fixture.log()[2..], said[1..], "it was empty before");
}

/// A file system shortens the file and stamps it later: the old stamp does not make the rest a settled version.
#[test]
fn a_file_that_has_shrunk_is_looked_at_twice() {
    let fixture = Fixture::loaded("/*=w1\n/x/*=w2\n", 5);
    for text in ["", "/*=w1\n"] {
        fixture.write(text);
        let again = Some(AGREE);
        assert_eq!(fixture.look(fixture.at(2000)), Look { next: again, ..Look::default() }, "{text:?}");
        assert_eq!(fixture.worker("/x/y"), w(2), "{text:?}");
    }
    assert!(fixture.look(fixture.at(2200)).taken.is_some());
    assert_eq!(fixture.worker("/x/y"), w(1));
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
            fixture.look(fixture.at(time));
        }
        assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)), "{text}");
    }
    let mut expected =
        Vec::from(faults.map(|(_, text)| format!("[error] map file map is not taken, {KEPT}: {text}")));
    assert_eq!(fixture.log(), expected);
    fixture.write("/*=w1");
    fixture.settle();
    expected.push("[info] map file map is right again: it holds the rules in force".to_owned());
    assert_eq!(fixture.log(), expected);
    fixture.write("/*=w1\n#\n");
    fixture.settle();
    expected.push("[info] map file map has changed: 1 rule".to_owned());
    assert_eq!(fixture.log(), expected);
}

/// Each process has a map of its own, and finds out what the others do.
#[test]
fn what_all_processes_find_is_told_by_one_of_them() {
    let processes = [Fixture::loaded("/*=w1", 5), Fixture::loaded("/*=w1", 5)];
    let told = std::cell::RefCell::new(Vec::new());
    let is_first = |subject, news| {
        let known = told.borrow().contains(&(subject, news));
        told.borrow_mut().push((subject, news));
        !known
    };
    // The same file for both.
    let path = processes[0].path();
    fs::remove_file(processes[1].path()).unwrap();
    fs::hard_link(&path, processes[1].path()).unwrap();
    for text in ["/a=old\n", "/*=w2\n", "/*=w2;x=1\n", "", "/b"] {
        processes[0].write(text);
        for process in &processes {
            for milliseconds in [2000, 3000] {
                process.look_among(process.at(milliseconds), &is_first);
            }
        }
        assert_eq!(processes[0].worker("/x"), processes[1].worker("/x"));
    }
    assert_eq!((processes[0].log().len(), processes[1].log()), (7, vec![]), "{:?}", processes[0].log());
}

#[test]
fn a_missing_file_is_logged_once_per_disappearance() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.settle();
    let aside = fixture.directory.path().join("aside");
    for _ in 0..2 {
        let now = fixture.at(10_000);
        fs::rename(fixture.path(), &aside).unwrap();
        fixture.look(now);
        fixture.look(now);
        assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
        fs::rename(&aside, fixture.path()).unwrap();
        fixture.settle();
    }
    let gone = format!("[error] map file map can't be read: No such file or directory; {KEPT}");
    let back = "[info] map file map can be read again".to_owned();
    assert_eq!(fixture.log(), [gone.clone(), back.clone(), gone, back]);
}

#[test]
fn a_directory_in_its_place_changes_nothing() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let now = fixture.at(10_000);
    fs::remove_file(fixture.path()).unwrap();
    fs::create_dir(fixture.path()).unwrap();
    fixture.look(now);
    fixture.look(now);
    assert_eq!(fixture.worker("/x"), w(1));
    assert_eq!(
        fixture.log(),
        [format!("[error] map file map can't be read: it is not a regular file; {KEPT}")]
    );
}

#[test]
fn another_file_of_same_size_and_time_is_a_change() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.settle();
    let modified = fs::metadata(fixture.path()).unwrap().modified().unwrap();
    let other = fixture.directory.path().join("other");
    fs::write(&other, "/*=w2").unwrap();
    fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
    fs::rename(&other, fixture.path()).unwrap();
    fixture.settle();
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_clock_behind_the_file_server_delays_by_one_second_only() {
    let fixture = Fixture::loaded("/*=w1", 5);
    fixture.write("/*=w2");
    let behind = |milliseconds| {
        let now = fixture.at(milliseconds);
        Moment { wall: now.wall - Duration::from_secs(3600), ..now }
    };
    fixture.look(behind(0));
    fixture.look(behind(999));
    assert_eq!(fixture.worker("/x"), w(1));
    fixture.look(behind(1000));
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn reload_zero_looks_only_when_asked() {
    let fixture = Fixture::loaded("/*=w1", 0);
    assert!(!fixture.map.is_watched());
    fixture.write("/*=w2");
    assert_eq!(
        fixture.look(fixture.at(2000)),
        Look { taken: Some(b"/*=w2".to_vec()), news: Some(News::Taken(1)), next: None }
    );
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_wrong_line_at_start_costs_its_own_rule_only() {
    let fixture = Fixture::new("/*=w1\n!app/=w1\n/\0=w1\n/yy=w2\n", 5);
    let complaints = fixture.load(true);
    assert!(complaints.len() == 2 && complaints[1].contains("map:3: "), "{complaints:?}");
    assert_eq!(fixture.worker("/yy"), w(2));
    assert_eq!((fixture.worker("/x"), fixture.worker("/static/x")), (w(1), w(0)));
    fixture.write("/*=w2\n");
    fixture.settle();
    assert_eq!(fixture.worker("/x"), w(2));
}

#[test]
fn a_missing_file_at_start_is_an_error() {
    let fixture = Fixture::new("", 5);
    fs::remove_file(fixture.path()).unwrap();
    let complaints = fixture.load(true);
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
        assert!(fixture.load(true).is_empty());
    });
    assert_eq!(fixture.worker("/x"), w(1));
}

/// Written in three steps, all of them whole: the first reading waits for the last.
#[test]
fn a_young_file_is_waited_for_at_start() {
    let fixture = Fixture::new("/*=w1\n", 5);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in ["/*=w1\n/a/*=w2\n", "/*=w1\n/a/*=w2\n/a/b/*=w3\n"] {
                sleep(Duration::from_millis(300));
                fixture.write(text);
            }
        });
        assert!(fixture.load(true).is_empty());
    });
    assert_eq!(fixture.worker("/a/b/c"), w(3));
    assert_eq!(fixture.look(fixture.at(1000)).taken, None);
}

#[test]
fn a_file_that_never_settles_is_taken_whole_at_start() {
    let fixture = Fixture::new("/a=w1\n", 5);
    let (stop, was_held_up) = (AtomicBool::new(false), AtomicBool::new(false));
    let complaints = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for (text, pause) in [("", 1), ("/a=w1\n", 20), ("/a=w1\n/b=w2\n", 700)] {
                    let written = Instant::now();
                    fixture.write(text);
                    sleep(Duration::from_millis(pause));
                    was_held_up.fetch_or(written.elapsed() >= Duration::from_secs(1), Ordering::Relaxed);
                }
            }
        });
        let complaints = fixture.load(true);
        stop.store(true, Ordering::Relaxed);
        complaints
    });
    assert_eq!(fixture.worker("/b"), w(2));
    // Where the machine holds the writer up, the file settles after all, and is taken without a word.
    let is_told = complaints.len() == 1 && complaints[0].contains("it keeps changing");
    assert!(is_told || complaints.is_empty() && was_held_up.load(Ordering::Relaxed), "{complaints:?}");
}

#[test]
fn the_first_of_two_readings_does_not_wait() {
    let fixture = Fixture::loaded("/*=w1\n", 5);
    assert_eq!(fixture.worker("/x"), w(1));
    let undecided = Look { next: Some(Duration::from_millis(500)), ..Look::default() };
    assert_eq!(fixture.look(fixture.at(500)), undecided);
}

#[test]
fn requests_keep_the_map_they_began_with() {
    let fixture = Fixture::loaded("/*=w1", 5);
    let (map, rule) = (fixture.map.current(), fixture.map.lookup(b"/x").unwrap());
    fixture.write("/y=w2");
    fixture.settle();
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
            let later = Moment { wall: SystemTime::now() + Duration::from_secs(found), ..Moment::now() };
            fixture.look(later);
            assert!(fixture.worker("/x").is_some());
            found += 1;
        }
        found
    };
    let replace = |path: &std::path::Path, round: u32| {
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
    fixture.settle();
    assert_eq!(fixture.worker("/x"), w(299 % 7));
}

#[test]
fn without_a_file_nothing_is_checked() {
    let map = ServerMap::new(configured(), None);
    let logger = Logger::capture(Level::Trace);
    let mut report = Report::default();
    assert_eq!(map.load(true, &known_workers, &mut report), None);
    let log = logger.with_id("-");
    let watcher = Watcher { validate: &known_workers, is_first: &|_, _| true, log };
    assert_eq!(map.look(Moment::now(), &watcher), Look::default());
    assert!(report.is_empty() && logger.captured().is_empty() && !map.is_watched());
    assert!(map.lookup(b"/static/x").is_some() && !map.current().is_empty());
}
