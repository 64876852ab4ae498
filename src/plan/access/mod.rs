//! Whether httpd's configuration protects a URI from anybody: for what must not be open to all.
//!
//! Counts as protected whatever is not known to let everybody in: a restriction that is not understood here is none to
//! warn about. Sections apply as in httpd: those of the main server, then those of the virtual host, in their order; what
//! `<Limit>` holds counts for its methods alone.

mod guard;
mod location;
mod redirect;

#[cfg(test)]
pub(super) mod tests;

use crate::config::settings::UpdateMethods;
use crate::config::Origin;
use guard::{methods, Guard};
pub(super) use location::Reach;
pub(super) use location::RegexMatch;
use location::{Folder, Place};

/// A directive of httpd's configuration, or a section with what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Its name; that of a section begins with `<`.
    pub name: String,
    /// What stands behind it; of a section with its `>`.
    pub arguments: String,
    /// Where it stands.
    pub origin: Origin,
    /// What stands in it.
    pub inner: Vec<Directive>,
}

impl Directive {
    /// Tells whether it is called `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its arguments without quotes, as httpd splits them.
    pub fn words(&self) -> Vec<String> {
        let is_section = self.name.starts_with('<');
        let text = self.arguments.trim();
        words(if is_section { text.strip_suffix('>').unwrap_or(text) } else { text })
    }

    /// Tells whether it can hold sections for URIs, or protect one, or says how many requests there can be at a time.
    pub fn matters(name: &str) -> bool {
        let known = [
            "<VirtualHost",
            "<Location",
            "<LocationMatch",
            "<Directory",
            "<DirectoryMatch",
            "DocumentRoot",
            "<If",
            "<ElseIf",
            "<Else",
            "<Limit",
            "<LimitExcept",
            "<RequireAny",
            "<RequireAll",
            "<RequireNone",
            "Require",
            "AuthType",
            "AuthMerging",
            "Order",
            "Allow",
            "Deny",
            "Satisfy",
            "SSLRequire",
            "SSLVerifyClient",
            "RewriteOptions",
            "RewriteCond",
            "RewriteRule",
            "Redirect",
            "RedirectMatch",
            "RedirectPermanent",
            "RedirectTemp",
            "JkMount",
            "SetHandler",
            "SetEnv",
            "Protocols",
            "H2MinWorkers",
            "H2MaxWorkers",
        ];
        known.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Splits at blanks; a word may stand in quotes, in which a backslash takes the next octet as it is.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(first) = letters.find(|letter| !letter.is_whitespace()) {
        let quote = Some(first).filter(|first| matches!(first, '"' | '\''));
        let mut word: String = quote.is_none().then_some(first).into_iter().collect();
        while let Some(letter) = letters.next() {
            match (letter, quote) {
                (letter, None) if letter.is_whitespace() => break,
                (letter, Some(quote)) if letter == quote => break,
                ('\\', Some(quote)) if letters.peek() == Some(&quote) => word.extend(letters.next()),
                (letter, _) => word.push(letter),
            }
        }
        found.push(word);
    }
    found
}

/// The directives that hold for one server.
pub(super) struct Scope<'d> {
    /// Those of the main server, and then those of the virtual host if it is one.
    pub(super) layers: Vec<&'d [Directive]>,
    /// Tells whether a regular expression of httpd's matches.
    pub(super) matches: RegexMatch<'d>,
}

/// What is asked about.
pub(super) struct Page<'p> {
    pub(super) reach: &'p Reach,
    /// Where the directive stands that makes it ours.
    pub(super) mounted: Option<&'p Origin>,
    /// Only the handler makes it ours: httpd looks for a file as well, and goes through `<Directory>`.
    pub(super) by_handler: bool,
    /// What it takes changes by.
    pub(super) changed_by: UpdateMethods,
}

impl<'d> Scope<'d> {
    /// Tells whether anything keeps people from changing things by all URIs of a page.
    pub(super) fn protects(&self, page: &Page<'_>) -> bool {
        self.sends_away(page.reach)
            || methods(self.directives(), page.changed_by).all(|method| self.closes(page, &method))
    }

    /// Tells whether a directive outside of sections answers in the page's stead.
    fn sends_away(&self, reach: &Reach) -> bool {
        let inherits = |directive: &Directive| {
            let words = directive.words();
            directive.is("RewriteOptions")
                && words.iter().any(|word| word.to_ascii_lowercase().starts_with("inherit"))
        };
        let inherits = self.directives().any(inherits);
        // The first layer is the main server, whose rewriting holds in virtual hosts only if it is inherited.
        let is_own = |layer: usize| layer > 0 || self.layers.len() == 1 || inherits;
        let mut layers = self.layers.iter().enumerate();
        layers.any(|(layer, directives)| redirect::takes(directives, reach, self.matches, is_own(layer)))
    }

    /// Tells whether sections, or what stands outside of them, keep people from using a method.
    fn closes(&self, page: &Page<'_>, method: &str) -> bool {
        let mut guard = Guard::new(page.reach, self.matches, method);
        if page.by_handler {
            self.folders().into_iter().for_each(|folder| guard.enter(folder));
        }
        for directive in self.directives() {
            guard.doubt(directive);
            if self.applies(directive, page) {
                guard.enter(directive);
            }
        }
        guard.is_closed()
    }

    /// The `<Directory>` sections that hold for files in DocumentRoot, in the order in which httpd merges them.
    fn folders(&self) -> Vec<&'d Directive> {
        let root = self.directives().filter(|directive| directive.is("DocumentRoot")).last();
        let root = root.and_then(|root| root.words().into_iter().next());
        let folders = self.directives().filter_map(|section| Some((Folder::of(section)?, section)));
        let mut folders: Vec<_> =
            folders.filter(|(folder, _)| folder.holds(root.as_deref(), self.matches)).collect();
        folders.sort_by_key(|(folder, _)| folder.rank());
        folders.into_iter().map(|(_, section)| section).collect()
    }

    /// Sections that set this handler, and the directive that does.
    pub(super) fn with_handler(&self, handler: &str) -> Vec<(&'d Directive, &'d Directive)> {
        let sets = |directive: &&Directive| {
            let is_it = |word: &String| word.eq_ignore_ascii_case(handler);
            directive.is("SetHandler") && directive.words().first().is_some_and(is_it)
        };
        let sections = self.directives().filter(|section| Place::of(section).is_some());
        sections.filter_map(|section| Some((section, section.inner.iter().find(sets)?))).collect()
    }

    fn directives(&self) -> impl Iterator<Item = &'d Directive> + '_ {
        self.layers.iter().copied().flatten()
    }

    fn applies(&self, section: &Directive, page: &Page<'_>) -> bool {
        let Some(place) = Place::of(section) else { return false };
        let holds_mount = || section.inner.iter().any(|inner| Some(&inner.origin) == page.mounted);
        place.covers(page.reach, self.matches) || holds_mount()
    }
}
