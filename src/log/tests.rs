//! Lines as they are written.

use std::time::Duration;

use super::*;

#[test]
fn levels_have_names_and_an_order() {
    assert_eq!(Level::parse("WARN"), Some(Level::Warn));
    assert_eq!(Level::parse("warning"), None);
    assert!(Level::Trace < Level::Debug && Level::Error < Level::Emerg);
}

#[test]
fn dropped_lines_are_not_formatted() {
    let logger = Logger::capture(Level::Info);
    let context = logger.with_id("id");
    let mut evaluated = false;
    crate::log!(context, Debug, "{}", {
        evaluated = true;
        1
    });
    crate::log!(context, Warn, "({}) gone", "w1");
    assert!(!evaluated);
    assert_eq!(logger.captured(), ["[warn] (w1) gone"]);
}

#[test]
fn heads_name_the_source_for_those_who_debug_only() {
    let directory = tempfile::tempdir().unwrap();
    let head = |level, id| {
        let path = directory.path().join("log");
        let logger = Logger::new(level, StampFormat::new(b"[stamp] "), Sink::open(&path).unwrap());
        crate::log!(logger.with_id(id), Error, "text");
        let line = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (pid, tid) = sink::process_and_thread();
        line.replace(&format!("[{pid}:{tid}]"), "[pid:tid]")
    };
    assert_eq!(head(Level::Info, "id"), "[stamp] [id] [pid:tid] [error] text\n");
    assert_eq!(head(Level::Error, ""), "[stamp] [pid:tid] [error] text\n");
    let debugged = head(Level::Debug, "id");
    assert!(debugged.starts_with("[stamp] [id] [pid:tid] [error] tests.rs ("), "{debugged}");
}

#[test]
fn long_lines_are_cut_and_control_characters_replaced() {
    let text = written(StampFormat::default(), |logger| {
        crate::log!(logger.with_id("-"), Info, "a\nb{}", "x".repeat(2 * MAX_LINE));
    });
    assert!(text.contains("[info] a?bxxx") && text.ends_with("x...\n"));
    assert_eq!(text.len(), MAX_LINE);
}

#[test]
fn stamp_and_request_line_stand_as_they_were_written() {
    let text = written(StampFormat::new(b"[%n%t] "), |logger| {
        logger.write_request_line(b"one\n\ttwo", |_| panic!("text has no facts"));
    });
    assert_eq!(text, "[\n\t] one\n\ttwo\n");
}

/// What a log of text writes into its file.
fn written(stamp: StampFormat, write: impl Fn(&Logger)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    write(&Logger::new(Level::Info, stamp, Sink::open(&path).unwrap()));
    std::fs::read_to_string(&path).unwrap()
}

/// What a log of objects at `level` writes.
fn objects(level: Level, write: impl Fn(&Logger)) -> Vec<serde_json::Value> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let logger = Logger::new(level, StampFormat::new(b"[unused]"), Sink::open(&path).unwrap());
    write(&logger.in_format(Format::Json, "www.example.org:80".to_owned()));
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn objects_tell_what_text_tells() {
    let lines = objects(Level::Info, |logger| {
        crate::log!(
            logger.with_id("id"),
            Error,
            [Worker = "w\"1", Status = 503],
            "({}) gets {}",
            "w\"1",
            503
        );
        crate::log!(logger.with_id(""), Debug, "dropped");
    });
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let (pid, tid) = sink::process_and_thread();
    let expected = serde_json::json!({
        "time": line["time"], "level": "error", "pid": pid, "tid": tid, "server": "www.example.org:80",
        "id": "id", "worker": "w\"1", "status": 503, "message": "(w\"1) gets 503"
    });
    assert_eq!(*line, expected);
    let debugged = objects(Level::Debug, |logger| crate::log!(logger.with_id(""), Info, "text"));
    assert_eq!((&debugged[0]["file"], &debugged[0]["id"]), (&"tests.rs".into(), &serde_json::Value::Null));
    assert!(debugged[0]["line"].is_u64());
}

#[test]
fn request_lines_are_objects_with_their_facts() {
    let lines = objects(Level::Emerg, |logger| {
        logger.write_request_line(b"GET /\xff\n 200", |take| {
            take("uri", b"/\xff");
            take("status", b"200");
        });
    });
    let line = &lines[0];
    assert_eq!((&line["event"], &line["uri"]), (&"request".into(), &"/\u{fffd}".into()));
    assert_eq!((&line["status"], &line["message"]), (&200.into(), &"GET /\u{fffd}\n 200".into()));
}

/// Lines of a log that counts, and the notes of its end.
fn counted(format: Format, write: impl Fn(&Logger)) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let logger = Logger::new(Level::Debug, StampFormat::new(b"[stamp] "), Sink::open(&path).unwrap());
    let logger = logger.in_format(format, String::new()).with_alarm(&Default::default());
    logger.begin_counting();
    write(&logger);
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What stands behind the source in lines of text.
fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.split_once("[error] ").map_or(&**line, |(_, text)| text)).collect()
}

#[test]
fn repeats_are_counted_each_by_itself() {
    let say = |logger: &Logger, text: &str| crate::log!(logger.with_id("id"), Error, "{text}");
    let lines = counted(Format::Text, |logger| {
        ["a", "b", "a", "a", "c", "b"].iter().for_each(|text| say(logger, text));
        assert!(logger.tell_counts().is_some_and(|pause| pause <= Duration::from_secs(1)), "not over yet");
        logger.end_counting();
        say(logger, "a");
    });
    let texts = texts(&lines);
    assert!(texts[..3].iter().zip(["a", "b", "c"]).all(|(line, text)| line.ends_with(text)), "{texts:?}");
    assert!(texts[3].starts_with("message repeated 2 times: [tests.rs (") && texts[3].ends_with("a]"));
    assert!(texts[4].starts_with("message repeated 1 time: [tests.rs (") && texts[4].ends_with("b]"));
    assert!(texts.len() == 6 && texts[5].ends_with("): a"), "nobody tells counts any more: {texts:?}");
    assert!(lines.iter().all(|line| line.starts_with("[stamp] [id] [")), "{lines:?}");
}

#[test]
fn what_differs_and_steps_of_debug_are_no_repeats() {
    let lines = counted(Format::Text, |logger| {
        let log = logger.with_id("");
        crate::log!(log, Warn, "same text");
        crate::log!(log, Warn, "same text");
        for _ in 0..3 {
            crate::log!(log, Debug, "step");
            logger.write_request_line(b"GET /", |_| ());
        }
        for number in 0..40 {
            crate::log!(log, Info, "number {number}");
        }
        logger.end_counting();
    });
    assert_eq!(lines.len(), 2 + 6 + 40, "{lines:#?}");
}

#[test]
fn counts_are_told_when_their_second_is_over_and_none_is_lost() {
    let lines = counted(Format::Json, |logger| {
        let begin = std::time::Instant::now();
        let mut number = 0;
        while number < 1000 || begin.elapsed() < Duration::from_millis(1100) {
            crate::log!(logger.with_id(""), Error, [Worker = "w"], "\"down\"");
            number += 1;
        }
        crate::log!(logger.with_id(""), Info, "{number}");
        logger.end_counting();
    });
    let objects: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &&serde_json::Value| line["message"] == "\"down\"" && line["worker"] == "w";
    let repeated: u64 = objects.iter().filter_map(|line| line["repeated"].as_u64()).sum();
    let written = objects.iter().filter(told).filter(|line| line["repeated"].is_null()).count() as u64;
    let said = objects.iter().find(|line| line["level"] == "info").unwrap()["message"].as_str().unwrap();
    assert_eq!((repeated + written).to_string(), said);
    assert!(objects.len() < 20, "{}", objects.len());
}

#[test]
fn different_lines_that_are_many_end_counts_early() {
    let lines = counted(Format::Text, |logger| {
        for text in [0, 0].into_iter().chain(1..40) {
            crate::log!(logger.with_id(""), Error, "text {text}");
        }
    });
    assert_eq!(
        lines.iter().filter(|line| line.contains("message repeated 1 time: [")).count(),
        1,
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 41);
}
