//! Sinks against FIFOs, full devices and torn lines.

use std::io::Read;
use std::process::Command;

use super::*;
use crate::log;
use crate::log::{Level, Logger, StampFormat};

fn fifo() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    (directory, path)
}

fn logger(sink: &Sink) -> Logger {
    Logger::new(Level::Info, StampFormat::new(b""), sink.clone())
}

fn reader(path: &Path) -> File {
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap()
}

/// What there is to read.
fn text(reader: &mut File) -> String {
    let mut octets = Vec::new();
    let ended = reader.read_to_end(&mut octets);
    assert_eq!(ended.map_err(|error| error.kind()).err(), Some(io::ErrorKind::WouldBlock));
    String::from_utf8(octets).unwrap()
}

#[test]
fn a_fifo_that_nobody_reads_holds_nothing_up_and_its_losses_are_counted() {
    let (_directory, path) = fifo();
    let sink = Sink::open(&path).unwrap();
    let logger = logger(&sink);
    assert_eq!(sink.news_of_loss(), None);
    for number in 0..1000 {
        log!(logger.with_id("id"), Info, "line {number} {}", "x".repeat(200));
    }
    let lost = sink.news_of_loss().unwrap();
    assert!((500..1000).contains(&lost), "{lost}");
    assert_eq!(sink.news_of_loss(), None, "told once");
    let mut reader = reader(&path);
    assert_eq!(text(&mut reader).lines().count() as u64, 1000 - lost, "whole lines");
    log!(logger.with_id("id"), Info, "after");
    let rest = text(&mut reader);
    let lines: Vec<_> = rest.lines().collect();
    assert!(
        lines[0]
            .ends_with(&format!("[warn] {lost} lines are missing here: they could not be written at once")),
        "{rest}"
    );
    assert!(lines[1].ends_with("after") && lines.len() == 2, "{rest}");
    assert_eq!(sink.news_of_loss(), None);
}

#[test]
fn a_fifo_outlives_its_readers() {
    let (_directory, path) = fifo();
    let sink = Sink::open(&path).unwrap();
    let logger = logger(&sink);
    drop(reader(&path));
    log!(logger.with_id("id"), Info, "between readers");
    assert!(text(&mut reader(&path)).ends_with("between readers\n"));
}

#[test]
fn a_full_device_loses_lines_and_keeps_count() {
    let sink = Sink::open(Path::new("/dev/full")).unwrap();
    let logger = logger(&sink);
    for _ in 0..3 {
        log!(logger.with_id("id"), Info, "nowhere");
    }
    assert_eq!(sink.news_of_loss(), Some(3));
}

#[test]
fn a_line_behind_a_torn_one_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let sink = Sink::open(&path).unwrap();
    let Sink::Output(output) = &sink else { panic!("a file") };
    assert!(output.write(b"half of a li"));
    output.torn.store(true, Relaxed);
    assert!(output.write(b"whole\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "half of a li\nwhole\n");
}
