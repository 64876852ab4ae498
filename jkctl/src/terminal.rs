//! Where results go: standard output, with colours if it is a terminal.

use std::fmt::Arguments;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As everything else.
    Plain,
    /// Names and headings.
    Bold,
    /// What matters less.
    Dim,
    /// All is well.
    Good,
    /// Worth a look.
    Warning,
    /// Something failed.
    Bad,
}

impl Style {
    /// The parameter of ANSI's escape sequence SGR.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31",
        }
    }
}

/// Standard output of this process.
#[derive(Debug)]
pub struct Terminal {
    out: BufWriter<Stdout>,
    is_terminal: bool,
    coloured: bool,
}

impl Terminal {
    /// With colours on a terminal that has some, unless `NO_COLOR` is set and not empty (no-color.org).
    pub fn of_process() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        let coloured = is_terminal && !is_set("NO_COLOR") && !is_dumb;
        Self { out: BufWriter::new(out), is_terminal, coloured }
    }

    /// Tells whether somebody looks at it, so that a screen may be redrawn.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// `text` in `style`, ready to be written.
    pub fn paint(&self, style: Style, text: &str) -> String {
        match style {
            Style::Plain => text.to_owned(),
            style if self.coloured => format!("\x1B[{}m{text}\x1B[0m", style.code()),
            _ => text.to_owned(),
        }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// What the system says.
    pub fn line(&mut self, text: Arguments<'_>) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Writes octets as they are.
    ///
    /// # Errors
    /// What the system says.
    pub fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        self.out.write_all(octets)
    }

    /// Hands on what is still held back; to be called before a pause.
    ///
    /// # Errors
    /// What the system says.
    pub fn flush(&mut self) -> Result<(), crate::ending::Failure> {
        Ok(self.out.flush()?)
    }
}

/// `text` of somebody else without the characters that would steer a terminal, line ends apart; U+FFFD stands for each.
pub fn harmless(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && letter != '\n';
    text.chars().map(|letter| if steers(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// Writes a line to a [`Terminal`]: `line!(terminal, "{name}")?`.
macro_rules! line {
    ($terminal:expr, $($text:tt)+) => { $terminal.line(format_args!($($text)+)) };
}
pub(crate) use line;

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_others_say_steers_no_terminal() {
        assert_eq!(
            harmless("a\x1b[31mb\u{9b}c\r\x07\x7f\né"),
            "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}\né"
        );
    }
}
