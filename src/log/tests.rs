//! Lines as they are written.

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
    let logger = Logger::capture(Level::Info);
    crate::log!(logger.with_id("-"), Info, "a\nb{}", "x".repeat(2 * MAX_LINE));
    let line = logger.captured().remove(0);
    assert!(line.starts_with("[info] a?bxxx") && line.ends_with("x..."));
    assert_eq!(line.len(), MAX_LINE - 1);
}

#[test]
fn stamp_and_request_line_stand_as_they_were_written() {
    let sink = Sink::capture();
    let logger = Logger::new(Level::Info, StampFormat::new(b"[%n%t] "), sink.clone());
    logger.write_request_line(b"one\n\ttwo", |_| panic!("text has no facts"));
    assert_eq!(sink.captured(), ["[\n\t] one\n\ttwo"]);
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
