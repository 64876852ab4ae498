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
    /// In html only: shows what a [`Deed`] does, with a button that does it.
    Confirm,
    Update,
    Reset,
    Recover,
    Activate,
    Disable,
    Stop,
    Drain,
    Switch,
    Version,
    Dump,
    /// Which rule takes a URI, and why.
    Explain,
}

/// What `cmd=confirm` asks about: the values of `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Activate,
    Disable,
    Stop,
    Drain,
    Switch,
    Reset,
    Recover,
}

/// The values of `mime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Xml,
    Text,
    Properties,
    Json,
    Prometheus,
}

impl Command {
    const WORDS: [(&'static str, Command); 15] = [
        ("list", Self::List),
        ("show", Self::Show),
        ("edit", Self::Edit),
        ("confirm", Self::Confirm),
        ("update", Self::Update),
        ("reset", Self::Reset),
        ("recover", Self::Recover),
        ("activate", Self::Activate),
        ("disable", Self::Disable),
        ("stop", Self::Stop),
        ("drain", Self::Drain),
        ("switch", Self::Switch),
        ("version", Self::Version),
        ("dump", Self::Dump),
        ("explain", Self::Explain),
    ];

    /// What `query` asks for.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        word(query.get("cmd"), &Self::WORDS)
    }

    /// Tells whether it changes anything, or leads there.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Edit | Self::Confirm) || self.acts()
    }

    /// Tells whether it changes anything.
    pub(super) fn acts(self) -> bool {
        self.is_of_the_original()
            || matches!(self, Self::Activate | Self::Disable | Self::Stop | Self::Drain | Self::Switch)
    }

    /// What `cmd=confirm` asks about before this is done.
    pub(super) fn deed(self) -> Option<Deed> {
        let word = Self::WORDS.iter().find(|(_, command)| *command == self)?.0;
        Deed::WORDS.iter().find(|(deed, _)| *deed == word).map(|(_, deed)| *deed)
    }

    /// Tells whether the original has it and its messages count.
    pub(super) fn is_of_the_original(self) -> bool {
        matches!(self, Self::Update | Self::Reset | Self::Recover)
    }
}

impl Deed {
    /// Each is called as the command that does it.
    const WORDS: [(&'static str, Deed); 7] = [
        ("activate", Self::Activate),
        ("disable", Self::Disable),
        ("stop", Self::Stop),
        ("drain", Self::Drain),
        ("switch", Self::Switch),
        ("reset", Self::Reset),
        ("recover", Self::Recover),
    ];

    /// What `query` asks about.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        query.get("do").ok_or(Refusal).and_then(|name| word(Some(name), &Self::WORDS))
    }

    /// The value of `do`, and of `cmd`.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS[self as usize].0
    }
}

impl Format {
    const WORDS: [(&'static str, Format); 6] = [
        ("html", Self::Html),
        ("xml", Self::Xml),
        ("txt", Self::Text),
        ("prop", Self::Properties),
        ("json", Self::Json),
        ("prometheus", Self::Prometheus),
    ];

    /// The format that `query` wants.
    pub(super) fn of(query: &Query) -> Result<Self, Refusal> {
        word(query.get("mime"), &Self::WORDS)
    }

    /// The words of all formats.
    pub(super) fn words() -> impl Iterator<Item = &'static str> {
        Self::WORDS.iter().map(|(word, _)| *word)
    }

    /// In which format the fault of a query with a bad escape is told: of what stands behind it nothing counts in the
    /// original.
    pub(super) fn after_bad_escape(query: &[u8]) -> Result<Self, Refusal> {
        match Self::of(&Query::parse_readable(query)) {
            Ok(format) if format.has_status() => Ok(format),
            _ => Self::of(&Query::parse_before_bad_escape(query)),
        }
    }

    /// Tells whether a fault shows in the HTTP status; tools of the original expect 200 in its formats.
    pub(super) fn has_status(self) -> bool {
        matches!(self, Self::Json | Self::Prometheus)
    }
}

/// The one of `words` that is named; the first where none is.
fn word<T: Copy>(name: Option<&str>, words: &[(&str, T)]) -> Result<T, Refusal> {
    let Some(name) = name else { return Ok(words[0].1) };
    words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value).ok_or(Refusal)
}
