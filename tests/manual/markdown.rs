//! Tables of the book.

use std::fmt::Write;

use mod_jk::config::directives::{Directive, Place, DIRECTIVES, OPTIONS};
use mod_jk::mapping::EXTENSIONS;

use crate::properties::{self, Group};

/// The table of that name.
pub fn table(name: &str) -> Option<String> {
    match name.split_once(' ').unwrap_or((name, "")) {
        ("properties", group) => Group::by_name(group).map(group_of),
        ("directive", name) => DIRECTIVES.iter().find(|row| row.name.to_str() == Ok(name)).map(directive),
        ("old", "properties") => Some(old_properties()),
        ("options", "") => Some(options()),
        ("extensions", "") => Some(extensions()),
        _ => None,
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The same as code; what holds a backtick or nothing stays as it is.
fn code(text: &str) -> String {
    match text.is_empty() || text.contains('`') {
        true => cell(text),
        false => format!("`{}`", cell(text)),
    }
}

fn group_of(group: &Group) -> String {
    let mut table =
        "| Property | Value | Default | Of | At run time | What it is for |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for spec in group.rows() {
        let (default, is_text) = properties::default(spec);
        let default = if is_text { code(default) } else { cell(default) };
        let parameters: Vec<_> = properties::parameters(spec).into_iter().map(code).collect();
        let editable =
            if parameters.is_empty() { "no".to_owned() } else { format!("yes, {}", parameters.join(", ")) };
        let _ = writeln!(
            table,
            "| `{}` | {} | {default} | {} | {editable} | {} |",
            spec.name,
            cell(&properties::value(spec)),
            properties::scope(spec),
            cell(spec.about)
        );
    }
    table
}

fn old_properties() -> String {
    let mut table = "| Property | What becomes of it |\n|---|---|\n".to_owned();
    for (name, fate) in properties::old() {
        let _ = writeln!(table, "| `{name}` | {fate} |");
    }
    table
}

fn directive(row: &Directive) -> String {
    let name = row.name.to_str().expect("a name");
    let help = row.help.to_str().expect("a text");
    let mut table = format!("| | |\n|---|---|\n| Description | {} |\n", cell(help));
    let _ = writeln!(table, "| Syntax | {} |", code(&format!("{name} {}", row.arguments)));
    let default =
        if row.default.is_empty() { "none".to_owned() } else { code(&format!("{name} {}", row.default)) };
    let _ = writeln!(table, "| Default | {default} |");
    let _ = writeln!(table, "| Context | {} |", context(row.place));
    table
}

/// Where it may stand, in the words of httpd's own pages.
pub fn context(place: Place) -> &'static str {
    match place {
        Place::Main => "server config",
        Place::Server => "server config, virtual host",
        Place::ServerOrSection => "server config, virtual host, directory",
    }
}

fn options() -> String {
    let mut table = "| Option | Default | Minus | What it does |\n|---|---|---|---|\n".to_owned();
    for option in &OPTIONS {
        let default = if option.is_default() { "on" } else { "off" };
        let minus = if option.can_be_taken_away() { "yes" } else { "no" };
        let _ = writeln!(table, "| `{}` | {default} | {minus} | {} |", option.word, cell(option.about));
    }
    table
}

fn extensions() -> String {
    let mut table = "| Extension | Value | What it does |\n|---|---|---|\n".to_owned();
    for row in &EXTENSIONS {
        let _ = writeln!(table, "| `{}` | {} | {} |", row.name, cell(row.value), cell(row.about));
    }
    table
}
