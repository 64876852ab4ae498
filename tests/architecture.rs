//! The arrows of the house: which room of `src/` may name which, read from the floors in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mod_jk::config::workers::table::TABLE;

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

/// The path of `file` as a module: `service::request::forward`.
fn module(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(project().join("src")).unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| name != "mod").collect()
}

/// What `source`, which is `module`, names behind `crate::` or `super::`, as far as names are those of modules; unit
/// tests and comments don't count.
fn named(source: &str, module: &[String]) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [behind_crate(line), behind_super(line, module)].concat()).collect()
}

fn behind_crate(line: &str) -> Vec<String> {
    line.split("crate::").skip(1).flat_map(expand).collect()
}

/// Each `super::` goes one step up.
fn behind_super(line: &str, module: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    let mut up = 0;
    for text in line.split("super::").skip(1) {
        up += 1;
        if !text.is_empty() {
            let base = module[..module.len().saturating_sub(up)].join("::");
            names.extend(expand(text).iter().map(|name| join(&base, name)));
            up = 0;
        }
    }
    names
}

/// `ffi::time::now()` is `ffi::time::now`, `ffi::{pool, server::Server}` is `ffi::pool` and `ffi::server`, and a macro
/// of the crate's root is its name: that of a room or none.
fn expand(text: &str) -> Vec<String> {
    if let Some(list) = text.strip_prefix('{') {
        let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
        return list.split(',').flat_map(|part| expand(part.trim())).collect();
    }
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let name = &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())];
    match text[name.len()..].strip_prefix("::") {
        Some(rest) if !name.is_empty() => expand(rest).iter().map(|part| join(name, part)).collect(),
        _ => vec![name.to_owned()],
    }
}

fn join(room: &str, part: &str) -> String {
    match (room, part) {
        (room, "" | "self") => room.to_owned(),
        ("", part) => part.to_owned(),
        (room, part) => format!("{room}::{part}"),
    }
}

/// Whether `name` is `room` or lies in it.
fn is_within(name: &str, room: &str) -> bool {
    name.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The innermost of the floors' rooms in which `name` lies.
fn room_of<'f>(name: &str, floors: &'f Floors) -> Option<&'f str> {
    floors.keys().map(String::as_str).filter(|room| is_within(name, room)).max_by_key(|room| room.len())
}

#[test]
fn arrows_go_down_as_the_floors_say() {
    let floors = floors();
    let rooms = rooms();
    let mut files = Vec::new();
    rooms.iter().for_each(|room| sources(&project().join("src").join(room), &mut files));
    let mut wrong = Vec::new();
    let mut arrows = 0;
    for file in files {
        let module = module(&file);
        let room = room_of(&module.join("::"), &floors)
            .unwrap_or_else(|| panic!("ARCHITECTURE.md names no floor for src/{}", module[0]));
        let allowed = &floors[room];
        for name in named(&fs::read_to_string(&file).unwrap(), &module) {
            if is_within(&name, room) || !rooms.iter().any(|room| is_within(&name, room)) {
                continue;
            }
            arrows += 1;
            if !allowed.iter().any(|allowed| is_within(&name, allowed)) {
                let file = file.strip_prefix(project()).unwrap().display().to_string();
                wrong.push(format!("{file} names {name}; {room} may name: {}", allowed.join(", ")));
            }
        }
    }
    assert!(arrows > 100, "only {arrows} arrows were found: this test reads nothing");
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md's floors don't allow:\n{}", wrong.join("\n"));
}

#[test]
fn floors_are_rooms_and_stand_above_what_they_name() {
    let text = fs::read_to_string(project().join("ARCHITECTURE.md")).unwrap();
    let block = text.split_once("```floors\n").unwrap().1.lines().take_while(|line| *line != "```");
    let order: Vec<&str> = block.map(|line| line.split(' ').next().unwrap()).collect();
    let floors = floors();
    for (room, allowed) in &floors {
        let place = project().join("src").join(room.replace("::", "/"));
        assert!(place.is_dir() || place.with_extension("rs").is_file(), "{room} is no room of src/");
        let height = |name: &str| order.iter().position(|room| Some(*room) == room_of(name, &floors));
        for below in allowed {
            assert!(height(below) > height(room), "{room} names {below}, which does not stand below it");
        }
    }
}

#[test]
fn names_are_read_out_of_code() {
    let source = "//! [`crate::a`]\nuse crate::ffi::{pool, server::Server};\nuse crate::log;\nlet x = crate::text::trim(y);\n\
                  use crate::house::{self, attic::window::Glass};\nuse super::table::{Leg, Top};\nuse super::super::Roof;\nuse super::super::super::garden;\n\
                  #[cfg(test)]\nmod tests { use crate::never; }\n";
    let module = ["house", "kitchen", "chair"].map(str::to_owned);
    let expected = [
        ["ffi::pool", "ffi::server", "log", "text::trim"],
        ["house", "house::attic::window", "house::kitchen::table", "house::kitchen::table"],
    ];
    assert_eq!(named(source, &module), [&expected.concat()[..], &["house", "garden"]].concat());
    assert!(is_within("ffi::time", "ffi") && is_within("ffi::time", "ffi::time"));
    assert!(!is_within("ffi::timer", "ffi::time") && !is_within("ffi", "ffi::time"));
    let floors: Floors = ["house", "house::kitchen"].map(|room| (room.to_owned(), Vec::new())).into();
    assert_eq!(room_of("house::kitchen::chair", &floors), Some("house::kitchen"));
    assert_eq!([room_of("house::attic", &floors), room_of("garden", &floors)], [Some("house"), None]);
}

/// Properties of workers are listed in one place, whatever reads, changes or shows them: a figure may have the name of a
/// property, a list of properties would have many.
#[test]
fn no_second_list_of_properties_exists() {
    let live = || TABLE.iter().flat_map(|spec| spec.live.iter().map(move |live| (spec, live)));
    let names: BTreeSet<_> = live().map(|(spec, _)| spec.name).collect();
    let codes: BTreeSet<_> = live().map(|(_, live)| live.parameter).collect();
    let labels: BTreeSet<_> = live().map(|(_, live)| live.label).collect();
    assert!(names.len() > 25 && codes.len() > 25 && labels.len() > 20);
    let mut files = Vec::new();
    sources(&project().join("src"), &mut files);
    for path in files.iter().filter(|path| !path.ends_with("config/workers/table.rs")) {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let literals: BTreeSet<&str> = code.split('"').collect();
        let among =
            |words: &BTreeSet<&'static str>| literals.iter().filter(|word| words.contains(*word)).count();
        let found = (among(&names), among(&codes), among(&labels));
        assert!(found.0 <= 3 && found.1 == 0 && found.2 <= 1, "{}: {found:?}", path.display());
    }
}
