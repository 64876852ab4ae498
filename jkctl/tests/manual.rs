//! jkctl(1): what it says of commands and options is what the program says.
//!
//! `make manual`, which sets `WRITE_MANUAL=1`, writes that part of the page anew.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

const BEGIN: &str = ".\\\" table: jkctl\n";
const END: &str = ".\\\" end\n";

/// Most letters of a line, as mandoc wishes.
const WIDTH: usize = 76;

/// What `jkctl man` prints, with lines as short as a page's should be.
fn commands() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_jkctl")).arg("man").output().expect("jkctl runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text").replace("\\*(Aq", "\\(aq");
    let (mut made, mut filled, mut was_break) = (String::new(), true, false);
    for line in text.lines() {
        filled = (filled || line == ".fi") && line != ".nf";
        // Two breaks in a row are one.
        let is_break = line == ".br";
        if is_break && was_break {
            continue;
        }
        was_break = is_break;
        match filled && !line.starts_with('.') {
            true => wrapped(line).for_each(|line| made.push_str(&(line + "\n"))),
            false => made.push_str(&(line.trim_end().to_owned() + "\n")),
        }
    }
    made
}

/// A line of text, broken at blanks.
fn wrapped(line: &str) -> impl Iterator<Item = String> {
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let last = lines.last_mut().expect("one at least");
        if !last.is_empty() && last.len() + 1 + word.len() > WIDTH {
            lines.push(word.to_owned());
        } else {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        }
    }
    let guard = |line: String| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line };
    lines.into_iter().map(guard)
}

#[test]
fn the_page_has_every_command_and_option() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/man/jkctl.1");
    let page = fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the begin of the table");
    let (_, behind) = rest.split_once(END).expect("the end of the table");
    let made = [before, BEGIN, &commands(), END, behind].concat();
    if env::var_os("WRITE_MANUAL").is_some() {
        fs::write(&path, &made).expect("a file of the project");
    } else {
        assert!(made == page, "docs/man/jkctl.1 differs from what jkctl says: make manual");
    }
    for word in ["check", "explain", "\\-\\-workers"] {
        assert!(made.contains(word), "{word}: this test reads nothing");
    }
}
