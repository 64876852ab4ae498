//! Columns of text, as wide as they have to be.

use std::io;

use crate::terminal::{line, Style, Terminal};

/// A cell: what stands there, and how it looks.
#[derive(Debug)]
pub struct Cell {
    text: String,
    style: Style,
    to_the_right: bool,
}

impl Cell {
    /// Words, which begin at the left.
    pub fn word(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, to_the_right: false }
    }

    /// A number, which ends at the right.
    pub fn number(number: impl ToString, style: Style) -> Self {
        Self { text: number.to_string(), style, to_the_right: true }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    fn padded(&self, width: usize, terminal: &Terminal) -> String {
        let blanks = " ".repeat(width.saturating_sub(self.width()));
        let text = terminal.paint(self.style, &self.text);
        if self.to_the_right {
            blanks + &text
        } else {
            text + &blanks
        }
    }
}

/// Writes a heading and rows of as many cells; the heading is aligned as the first row.
///
/// # Errors
/// What the system says.
pub fn write(heading: &[&str], rows: &[Vec<Cell>], terminal: &mut Terminal) -> io::Result<()> {
    let is_right =
        |column: usize| rows.first().and_then(|row| row.get(column)).is_some_and(|cell| cell.to_the_right);
    let heading = heading.iter().enumerate().map(|(column, text)| Cell {
        text: (*text).to_owned(),
        style: Style::Dim,
        to_the_right: is_right(column),
    });
    let heading: Vec<_> = heading.collect();
    let width = |column: usize| {
        let cells = std::iter::once(&heading).chain(rows).filter_map(|row| row.get(column));
        cells.map(Cell::width).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..heading.len()).map(width).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| cell.padded(*width, terminal));
        let text = cells.collect::<Vec<_>>().join("  ");
        line!(terminal, "  {}", text.trim_end())?;
    }
    Ok(())
}
