//! Tables of the man pages, in mdoc: lists of what has a name, each with its text.

use mod_jk::config::directives::{DIRECTIVES, OPTIONS};
use mod_jk::mapping::EXTENSIONS;

use crate::markdown::context;
use crate::properties::{self, Group};

/// The table of that name.
pub fn table(name: &str) -> Option<String> {
    let items = match name {
        "directives" => directives(),
        "options" => options(),
        "extensions" => extensions(),
        "old properties" => old_properties(),
        _ => group_of(Group::by_name(name.strip_prefix("properties ")?)?),
    };
    Some(format!(".Bl -tag -width Ds\n{items}.El\n"))
}

/// One item: a line of macros for its head, and sentences.
fn item(head: &str, sentences: &str) -> String {
    format!(".It {head}\n{}", text(sentences))
}

/// Most letters of a line, as mandoc wishes.
const WIDTH: usize = 76;

/// Sentences, each on a line of its own or on several, with backticks as bold letters.
fn text(sentences: &str) -> String {
    let lines = sentences.replace('\\', "\\e").replace(". ", ".\n");
    let mut set = String::new();
    for (index, piece) in lines.split('`').enumerate() {
        match index % 2 {
            0 => set.push_str(piece),
            _ => set.push_str(&format!("\\fB{piece}\\fR")),
        }
    }
    set.lines().flat_map(wrapped).map(|line| guarded(&line) + "\n").collect()
}

/// A line, broken at blanks.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.last_mut().expect("one at least");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() > WIDTH {
            lines.push(word.to_owned());
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines
}

/// A line that groff does not take for a macro.
fn guarded(line: &str) -> String {
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line.to_owned(),
    }
}

/// An argument of a macro, as one word.
fn word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\e").replace('"', "\"\""))
}

/// Begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn group_of(group: &Group) -> String {
    group
        .rows()
        .map(|spec| {
            let (default, is_text) = properties::default(spec);
            let default = if is_text { format!("`{default}`") } else { default.to_owned() };
            let parameters = properties::parameters(spec).join(", ");
            let editable = match parameters.is_empty() {
                true => String::new(),
                false => format!(" At run time: yes ({parameters})."),
            };
            let facts = format!(
                "{} {}. Default: {default}. Of: {}.{editable}",
                spec.about,
                sentence(&properties::value(spec)),
                properties::scope(spec)
            );
            item(&format!("Cm {}", spec.name), &facts)
        })
        .collect()
}

fn old_properties() -> String {
    properties::old()
        .map(|(name, fate)| item(&format!("Cm {name}"), &format!("{}.", sentence(&fate))))
        .collect()
}

fn directives() -> String {
    DIRECTIVES
        .iter()
        .map(|row| {
            let (name, help) = (row.name.to_str().expect("a name"), row.help.to_str().expect("a text"));
            let default =
                if row.default.is_empty() { "none".to_owned() } else { format!("`{}`", row.default) };
            let facts = format!("{}. Default: {default}. Context: {}.", sentence(help), context(row.place));
            item(&format!("Cm {name} Ar {}", word(row.arguments)), &facts)
        })
        .collect()
}

fn options() -> String {
    OPTIONS
        .iter()
        .map(|option| {
            let default = if option.is_default() { " It is on by default." } else { "" };
            item(&format!("Cm {}", option.word), &format!("{}{default}", option.about))
        })
        .collect()
}

fn extensions() -> String {
    EXTENSIONS
        .iter()
        .map(|row| item(&format!("Cm {} Ns = Ns Ar {}", row.name, word(row.value)), row.about))
        .collect()
}

#[test]
fn texts_are_sentences_that_groff_reads_as_text() {
    assert_eq!(text("One `two`. Three\\."), "One \\fBtwo\\fR.\nThree\\e.\n");
    assert_eq!(text("'x"), "\\&'x\n");
    assert_eq!(word("a \"b\""), "\"a \"\"b\"\"\"");
    assert_eq!(sentence("one two"), "One two");
}
