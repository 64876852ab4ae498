//! The chapter "Which message, which cause": what it quotes is what the module says.

use crate::files;

const CHAPTER: &str = "docs/book/src/messages.md";

/// Where messages come from: the sources as one text, in which strings that are broken over lines are whole.
fn sources() -> String {
    let sources: String = files::below("src", "rs").into_iter().map(|page| page.text).collect();
    let mut joined = String::with_capacity(sources.len());
    for line in sources.lines() {
        let line = if joined.ends_with('\\') {
            joined.pop();
            line.trim_start()
        } else {
            joined.push('\n');
            line
        };
        joined.push_str(line);
    }
    joined.replace("\\\"", "\"")
}

/// The quoted messages: the first cell of each row that begins with one.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next())
}

#[test]
fn messages_are_those_of_the_code() {
    let (chapter, sources) = (files::page(CHAPTER), sources());
    let (mut looked_at, mut unknown) = (0, Vec::new());
    for message in quoted(&chapter.text) {
        for piece in message.split("...").map(str::trim).filter(|piece| piece.len() > 2) {
            looked_at += 1;
            if !sources.contains(piece) {
                unknown.push(format!("{message}: {piece}"));
            }
        }
    }
    assert!(looked_at > 40, "only {looked_at} pieces of messages: this test reads nothing");
    assert!(unknown.is_empty(), "the module says nothing of the kind:\n{}", unknown.join("\n"));
}
