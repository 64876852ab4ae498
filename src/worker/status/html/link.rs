//! Links of the page to itself: the parameters of the reference ("status-worker, section 2").
//!
//! They say nothing but parameters, so they lead to where the page was asked for, however proxies call that place, and
//! never to another server.

use std::fmt::{self, Display, Write};

use crate::worker::status::page::Page;
use crate::worker::status::query::{Hide, Query};

/// A link, from its `?` on.
#[derive(Clone, Debug)]
pub(super) struct Link(String);

impl Link {
    /// Asks for `command`; what is hidden, and how often the page is refreshed, stays.
    pub(super) fn to(page: &Page<'_>, command: &str) -> Self {
        Self::with(command, page.query.options(), refresh(page.query))
    }

    /// The same view with other options.
    pub(super) fn with_options(page: &Page<'_>, options: Hide) -> Self {
        Self::with(view(page.query), options, refresh(page.query)).and_named(page.query, &NAMES)
    }

    /// The same view, refreshed at another interval in seconds or never.
    pub(super) fn refreshed(page: &Page<'_>, interval: Option<u32>) -> Self {
        Self::with(view(page.query), page.query.options(), interval).and_named(page.query, &NAMES)
    }

    /// The same view in another format.
    pub(super) fn in_format(page: &Page<'_>, format: &str) -> Self {
        Self::with(view(page.query), page.query.options(), None)
            .and_named(page.query, &NAMES)
            .and("mime", format)
    }

    /// The view from which a form or a change was asked for (`from`).
    pub(super) fn back(page: &Page<'_>) -> Self {
        match page.query.get("from") {
            Some("show") => {
                let link = Self::to(page, "show").and_named(page.query, &["w"]);
                page.query.get("psw").iter().fold(link, |link, member| link.and("sw", member))
            }
            _ => Self::to(page, "list"),
        }
    }

    fn with(command: &str, options: Hide, refresh: Option<u32>) -> Self {
        let mut link = Self(String::with_capacity(64));
        link.0.push_str("?cmd=");
        link.push(command);
        if !options.is_empty() {
            link = link.and("opt", options.bits());
        }
        refresh.iter().fold(link, |link, interval| link.and("re", interval))
    }

    /// With a parameter more.
    pub(super) fn and(mut self, name: &'static str, value: impl Display) -> Self {
        self.0.push('&');
        self.0.push_str(name);
        self.0.push('=');
        self.push(value);
        self
    }

    fn push(&mut self, value: impl Display) {
        // Writing to a String does not fail.
        let _ = write!(Encoding(&mut self.0), "{value}");
    }

    /// With those of `names` that the page was asked with.
    pub(super) fn and_named(self, query: &Query, names: &[&'static str]) -> Self {
        names.iter().fold(self, |link, name| match query.get(name) {
            Some(value) => link.and(name, value),
            None => link,
        })
    }

    /// With the way back to the view that it stands on; a form hands on its own.
    pub(super) fn with_way_back(self, page: &Page<'_>) -> Self {
        match view(page.query) {
            "list" => self.and("from", "list"),
            "show" => {
                let link = self.and("from", "show");
                page.query.get("sw").iter().fold(link, |link, member| link.and("psw", member))
            }
            _ => self.and_named(page.query, &["from", "psw"]),
        }
    }
}

impl Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What says which worker, or which request, a view is about.
const NAMES: [&str; 6] = ["w", "sw", "uri", "host", "session", "route"];

/// The command of the view that is shown.
pub(super) fn view(query: &Query) -> &str {
    query.get("cmd").unwrap_or("list")
}

/// Seconds after which the page is asked for again, if it is.
pub(super) fn refresh(query: &Query) -> Option<u32> {
    query.get("re").and_then(|text| text.parse().ok()).filter(|interval| *interval > 0)
}

/// Writes octets that mean something in an address as escapes.
pub(super) struct Encoding<'a, W>(pub(super) &'a mut W);

impl<W: Write> Write for Encoding<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().try_for_each(|octet| match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                self.0.write_char(octet.into())
            }
            octet => write!(self.0, "%{octet:02X}"),
        })
    }
}
