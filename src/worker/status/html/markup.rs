//! The one way in which text gets into the page: markup is written in this program, and everything else is escaped.

use std::fmt::{self, Display, Write};

use super::link::Link;

/// A page in the making.
pub(super) struct Html(String);

impl Html {
    /// An empty page with room for `octets`.
    pub(super) fn with_room_for(octets: usize) -> Self {
        Self(String::with_capacity(octets))
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Adds markup. Only what stands in this program fits the type.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, or the value of an attribute that stands in double quotes.
    pub(super) fn text(&mut self, text: impl Display) -> &mut Self {
        // Writing to a String does not fail.
        let _ = write!(Escaping(&mut self.0), "{text}");
        self
    }

    /// Adds an attribute to the tag that is open.
    pub(super) fn attribute(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// Adds text in small print.
    pub(super) fn small(&mut self, text: impl Display) -> &mut Self {
        self.raw("<small>").text(text).raw("</small>")
    }

    /// Adds a link.
    pub(super) fn link(&mut self, link: &Link, text: impl Display) -> &mut Self {
        self.raw("<a").attribute("href", link).raw(">").text(text).raw("</a>")
    }

    /// Begins a place that is moved sideways where it is too wide for the screen, also by keyboard.
    pub(super) fn scroll(&mut self, label: impl Display) -> &mut Self {
        self.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\"")
            .attribute("aria-label", label)
            .raw(">")
    }

    /// Adds a pair of a list of facts.
    pub(super) fn fact(&mut self, name: impl Display, value: impl Display) -> &mut Self {
        self.raw("<div><dt>").text(name).raw("</dt><dd>").text(value).raw("</dd></div>")
    }

    /// Adds a field of a form that is not shown.
    pub(super) fn hidden(&mut self, name: impl Display, value: impl Display) -> &mut Self {
        self.raw("<input type=\"hidden\"").attribute("name", name).attribute("value", value).raw(">")
    }
}

/// Writes text so that it stays text between tags and in quotes. What HTML has no room for becomes a blank.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| entity(*letter).is_some()) {
            self.0.push_str(&rest[..at]);
            self.0.push_str(entity(letter).unwrap_or_default());
            rest = &rest[at + letter.len_utf8()..];
        }
        self.0.push_str(rest);
        Ok(())
    }
}

/// What stands in the page for `letter`, if not itself.
fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        // Marks that turn the direction of what follows them would make a route look like another one.
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some("\u{FFFD}"),
        letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => Some(" "),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut html = Html::with_room_for(0);
        html.raw("<p").attribute("title", "\"'><script>&amp;").raw(">").text("a<b\n\0\u{9F}\u{202E}é>c");
        let expected = "<p title=\"&quot;&#39;&gt;&lt;script&gt;&amp;amp;\">a&lt;b   \u{FFFD}é&gt;c";
        assert_eq!(html.finish(), expected);
    }
}
