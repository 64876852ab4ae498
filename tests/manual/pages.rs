//! The man pages: rendered without a warning, and complete.

use std::process::Command;

use crate::files;

const PAGES: [&str; 4] = [
    "docs/man/jkctl.1",
    "docs/man/mod_jk.8",
    "docs/man/uriworkermap.properties.5",
    "docs/man/workers.properties.5",
];

/// Runs a program and gives what it says on both channels.
fn said(program: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(program);
    // Pages that refer to each other are looked for here.
    command.current_dir(files::project().join("docs/man"));
    let output = command.args(arguments).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "100").output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; apxs/setup test installs it"));
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.success(), text)
}

#[test]
fn pages_render_without_a_warning() {
    assert_eq!(files::below("docs/man", "").len(), PAGES.len(), "a page that this test does not know");
    for page in PAGES {
        let path = files::project().join(page).display().to_string();
        let (ok, text) = said("mandoc", &["-T", "lint", "-W", "style", &path]);
        assert!(ok && text.is_empty(), "{page}: {text}");
        // What `man --warnings` runs.
        let (ok, text) = said("groff", &["-ww", "-K", "utf8", "-t", "-mandoc", "-T", "utf8", "-z", &path]);
        assert!(ok && text.is_empty(), "{page}: {text}");
    }
}
