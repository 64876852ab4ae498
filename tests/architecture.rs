//! The arrows of the house: which room of `src/` may name which, read from the floors in ARCHITECTURE.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a room may name: rooms, or parts of rooms (`ffi::time`).
type Floors = BTreeMap<String, Vec<String>>;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The block of ARCHITECTURE.md that begins with "```floors": a room and what it may name, one a line.
fn floors() -> Floors {
    let text = fs::read_to_string(project().join("ARCHITECTURE.md")).unwrap();
    let block = text.split_once("```floors\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    let line = |line: &str| {
        let (room, allowed) = line.split_once(' ').unwrap_or((line, ""));
        let words = allowed.split(',').map(str::trim).filter(|word| !word.is_empty());
        (room.to_owned(), words.map(str::to_owned).collect())
    };
    block.lines().map(line).collect()
}

/// All source files below `directory` but those of tests.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The rooms of `src/`: its folders.
fn rooms() -> Vec<String> {
    let entries = fs::read_dir(project().join("src")).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// What `source` names behind `crate::`, each as `room::part` or `room`; unit tests and comments don't count.
fn named(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split("crate::").skip(1).flat_map(expand)).collect()
}

/// `ffi::time::now()` is `ffi::time`; `ffi::{pool, server}` is two; a macro or a function of the crate's root is none.
fn expand(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect()
    };
    let room = word(text);
    let Some(rest) = text[room.len()..].strip_prefix("::") else { return vec![room] };
    let parts: Vec<String> = match rest.strip_prefix('{') {
        Some(list) => {
            list.split('}').next().unwrap_or_default().split(',').map(|part| word(part.trim())).collect()
        }
        None => vec![word(rest)],
    };
    parts.iter().map(|part| format!("{room}::{part}").trim_end_matches(':').to_owned()).collect()
}

/// Whether one of `allowed` is `name`, or the room it lies in.
fn is_allowed(name: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|floor| {
        name == floor || name.strip_prefix(floor.as_str()).is_some_and(|rest| rest.starts_with("::"))
    })
}

#[test]
fn arrows_go_down_as_the_floors_say() {
    let floors = floors();
    let rooms = rooms();
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for room in &rooms {
        let allowed =
            floors.get(room).unwrap_or_else(|| panic!("ARCHITECTURE.md names no floor for src/{room}"));
        let mut files = Vec::new();
        sources(&project().join("src").join(room), &mut files);
        for file in files {
            for name in named(&fs::read_to_string(&file).unwrap()) {
                let target = name.split("::").next().unwrap_or_default();
                if target == room || !rooms.iter().any(|room| room == target) {
                    continue;
                }
                arrows += 1;
                if !is_allowed(&name, allowed) {
                    let file = file.strip_prefix(project()).unwrap().display().to_string();
                    wrong.push(format!("{file} names {name}; {room} may name: {}", allowed.join(", ")));
                }
            }
        }
    }
    assert!(arrows > 100, "only {arrows} arrows were found: this test reads nothing");
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md's floors don't allow:\n{}", wrong.join("\n"));
}

#[test]
fn floors_are_rooms_and_stand_above_what_they_name() {
    let text = fs::read_to_string(project().join("ARCHITECTURE.md")).unwrap();
    let rooms = rooms();
    let mut order: Vec<&str> =
        text.split_once("```floors\n").unwrap().1.lines().take_while(|line| *line != "```").collect();
    order.iter_mut().for_each(|line| *line = line.split(' ').next().unwrap());
    for (room, allowed) in floors() {
        assert!(rooms.contains(&room), "{room} is no folder of src/");
        let height = |name: &str| order.iter().position(|room| *room == name.split("::").next().unwrap());
        for below in &allowed {
            assert!(height(below) > height(&room), "{room} names {below}, which does not stand below it");
        }
    }
}

#[test]
fn names_are_read_out_of_code() {
    let source = "//! [`crate::a`]\nuse crate::ffi::{pool, server::Server};\nuse crate::log;\nlet x = crate::text::trim(y);\n\
                  #[cfg(test)]\nmod tests { use crate::never; }\n";
    assert_eq!(named(source), ["ffi::pool", "ffi::server", "log", "text::trim"]);
    let allowed = ["ffi::time".to_owned(), "log".to_owned()];
    assert!(is_allowed("log::Level", &allowed) && is_allowed("ffi::time", &allowed));
    assert!(!is_allowed("ffi::timer", &allowed) && !is_allowed("ffi", &allowed));
}
