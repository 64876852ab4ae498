//! Whether httpd's configuration protects a URI from anybody: for what must not be open to all.
//!
//! Counts as protected whatever is not known to let everybody in: a restriction that is not understood here is none to
//! warn about. Sections apply as in httpd: those of the main server, then those of the virtual host, in their order.

mod location;

#[cfg(test)]
pub(super) mod tests;

use crate::config::Origin;
use location::Place;
pub(super) use location::{Reach, RegexMatch};

/// A directive of httpd's configuration, or a section with what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Its name; that of a section begins with `<`.
    pub(super) name: String,
    /// What stands behind it; of a section with its `>`.
    pub(super) arguments: String,
    /// Where it stands.
    pub(super) origin: Origin,
    /// What stands in it.
    pub(super) inner: Vec<Directive>,
}

impl Directive {
    /// Tells whether it is called `name`, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its arguments without quotes, as httpd splits them.
    pub(super) fn words(&self) -> Vec<String> {
        let is_section = self.name.starts_with('<');
        let text = self.arguments.trim();
        words(if is_section { text.strip_suffix('>').unwrap_or(text) } else { text })
    }

    /// Tells whether it can hold sections for URIs, or protect one.
    pub(super) fn matters(name: &str) -> bool {
        let known = [
            "<VirtualHost",
            "<Location",
            "<LocationMatch",
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
            "SSLRequire",
            "SSLVerifyClient",
            "RewriteRule",
            "Redirect",
            "RedirectMatch",
            "JkMount",
            "SetHandler",
            "SetEnv",
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

impl<'d> Scope<'d> {
    /// Tells whether anything protects all URIs of `reach`, which a directive at `mounted` makes ours.
    pub(super) fn protects(&self, reach: &Reach, mounted: Option<&Origin>) -> bool {
        let mut guard = Guard::default();
        for directive in self.directives() {
            guard.doubt |= refuses(directive, reach, self.matches);
            if self.applies(directive, reach, mounted) {
                guard.enter(directive);
            }
        }
        guard.is_closed()
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

    fn applies(&self, section: &Directive, reach: &Reach, mounted: Option<&Origin>) -> bool {
        let Some(place) = Place::of(section) else { return false };
        let holds_mount = || section.inner.iter().any(|inner| Some(&inner.origin) == mounted);
        place.covers(reach, self.matches) || holds_mount()
    }
}

/// What sections make of access, one after the other.
#[derive(Debug, Default)]
struct Guard {
    /// By Require: whether it lets everybody in.
    require: Option<bool>,
    /// By Order, Allow and Deny: whether they let everybody in.
    order: Option<bool>,
    /// AuthType.
    auth: bool,
    /// Something that is not understood here, and may keep somebody out.
    doubt: bool,
}

impl Guard {
    fn enter(&mut self, section: &Directive) {
        let inner = &section.inner;
        if let Some(own) = lets_all_in(inner, Join::Any) {
            let merging = inner.iter().rfind(|directive| directive.is("AuthMerging"));
            let merging =
                merging.and_then(|directive| directive.words().into_iter().next()).unwrap_or_default();
            self.require = Some(match (self.require, merging.to_ascii_lowercase().as_str()) {
                (Some(before), "and") => before && own,
                (Some(before), "or") => before || own,
                _ => own,
            });
        }
        self.order = by_order(inner).or(self.order);
        if let Some(kind) = inner.iter().rfind(|directive| directive.is("AuthType")) {
            self.auth = kind.words().first().is_some_and(|kind| !kind.eq_ignore_ascii_case("None"));
        }
        self.doubt |= inner.iter().any(is_doubtful);
    }

    fn is_closed(&self) -> bool {
        self.require == Some(false) || self.order == Some(false) || self.auth || self.doubt
    }
}

/// How conditions are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    Any,
    All,
}

/// What the Require directives in a section come to; `None` if there is none.
fn lets_all_in(inner: &[Directive], join: Join) -> Option<bool> {
    let mut found = inner.iter().filter_map(|directive| match directive.name.to_ascii_lowercase().as_str() {
        "require" => {
            let words = directive.words().join(" ");
            Some(words.eq_ignore_ascii_case("all granted"))
        }
        "<requireany" => lets_all_in(&directive.inner, Join::Any),
        "<requireall" => lets_all_in(&directive.inner, Join::All),
        "<requirenone" => Some(false),
        _ => None,
    });
    let first = found.next()?;
    Some(found.fold(first, |before, next| match join {
        Join::Any => before || next,
        Join::All => before && next,
    }))
}

/// What Order, Allow and Deny in a section come to; `None` if there is none of them.
fn by_order(inner: &[Directive]) -> Option<bool> {
    let named = |name: &'static str| inner.iter().filter(move |directive| directive.is(name));
    let is_used = ["Order", "Allow", "Deny"].into_iter().any(|name| named(name).next().is_some());
    let allows_all =
        named("Allow").any(|allow| allow.words().iter().any(|word| word.eq_ignore_ascii_case("all")));
    let order = named("Order").next_back().map(|order| order.words().concat().to_ascii_lowercase());
    // What is not allowed is denied only in these orders.
    let denies = matches!(order.as_deref(), Some("allow,deny" | "mutual-failure"));
    let is_open = named("Deny").next().is_none() && (!denies || allows_all);
    is_used.then_some(is_open)
}

/// Tells whether a directive may keep somebody out in a way that is not looked at closely.
fn is_doubtful(directive: &Directive) -> bool {
    let words = directive.words();
    match directive.name.to_ascii_lowercase().as_str() {
        "sslrequire" => true,
        "sslverifyclient" => words.iter().any(|word| word.eq_ignore_ascii_case("require")),
        "rewriterule" => words.get(2).is_some_and(|flags| forbids(flags)),
        "redirect" | "redirectmatch" => {
            words.first().is_some_and(|status| status.eq_ignore_ascii_case("gone") || status.starts_with('4'))
        }
        "<if" | "<elseif" | "<else" | "<limit" | "<limitexcept" => {
            let mut guard = Guard::default();
            guard.enter(directive);
            guard.is_closed()
        }
        _ => false,
    }
}

/// Tells whether a directive outside of sections may keep somebody from URIs of `reach`.
fn refuses(directive: &Directive, reach: &Reach, matches: RegexMatch<'_>) -> bool {
    let words = directive.words();
    let word = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let is_about = match directive.name.to_ascii_lowercase().as_str() {
        "rewriterule" => word(0).starts_with('!') || matches(word(0), reach.sample()),
        "redirect" => reach.sample().starts_with(word(1)),
        "redirectmatch" => matches(word(1), reach.sample()),
        _ => true,
    };
    is_about && is_doubtful(directive)
}

/// Tells whether the flags of a RewriteRule refuse.
fn forbids(flags: &str) -> bool {
    let flags = flags.trim_matches(['[', ']']).split(',').map(|flag| flag.trim().to_ascii_lowercase());
    flags
        .into_iter()
        .any(|flag| matches!(flag.as_str(), "f" | "forbidden" | "g" | "gone") || flag.starts_with("r=4"))
}
