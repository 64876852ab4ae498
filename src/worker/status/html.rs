//! `mime=html`: the page for people.

use super::page::Page;

/// The page.
pub(super) fn render(page: &Page<'_>) -> String {
    let (word, message) = page.result();
    format!(
        "<!DOCTYPE html>\n<title>JK Status Manager</title><p>Result: {word} - {}</p>\n",
        super::xml::escaped(message)
    )
}
