//! What can be asked, and in which format it is told ("status-worker, sections 2 and 4").

use super::query::Query;

/// A word that is no command, or no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal;

/// The values of `cmd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    List,
    Show,
    Edit,
    Update,
    Reset,
    Recover,
    Version,
    Dump,
}

/// The values of `mime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Xml,
    Text,
    Properties,
}

impl Command {
    const WORDS: [(&'static str, Command); 8] = [
        ("list", Self::List),
        ("show", Self::Show),
        ("edit", Self::Edit),
        ("update", Self::Update),
        ("reset", Self::Reset),
        ("recover", Self::Recover),
        ("version", Self::Version),
        ("dump", Self::Dump),
    ];

    /// What `query` asks for.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        word(query.get("cmd"), &Self::WORDS)
    }

    /// Tells whether it changes anything, or leads there.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Edit | Self::Update | Self::Reset | Self::Recover)
    }
}

impl Format {
    const WORDS: [(&'static str, Format); 4] =
        [("html", Self::Html), ("xml", Self::Xml), ("txt", Self::Text), ("prop", Self::Properties)];

    /// The format that `query` wants.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        word(query.get("mime"), &Self::WORDS)
    }
}

/// The one of `words` that is named; the first where none is.
fn word<T: Copy>(name: Option<&str>, words: &[(&str, T)]) -> Result<T, Refusal> {
    let Some(name) = name else { return Ok(words[0].1) };
    words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value).ok_or(Refusal)
}
