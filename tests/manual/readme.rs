//! README: one screen, in two languages.

use crate::files;
use crate::links::fenced;

/// Lines that fit.
const SCREEN: usize = 60;

#[test]
fn it_is_one_screen_and_begins_with_two_commands() {
    for name in ["README.md", "README.ko.md"] {
        let text = files::page(name).text;
        let lines = text.lines().count();
        assert!(
            lines <= SCREEN,
            "{name} has {lines} lines, {SCREEN} are a screen: the book has room for more"
        );
        let blocks = fenced(&text).1;
        let commands: Vec<_> = blocks[0].lines().map(|line| line.split("  ").next()).collect();
        assert_eq!(commands, [Some("make demo"), Some("make test")], "{name}");
    }
}

#[test]
fn what_it_shows_is_the_same_in_korean() {
    let [english, korean] =
        ["README.md", "README.ko.md"].map(|name| fenced(&files::page(name).text).1.split_off(1));
    assert_eq!(english, korean);
}
