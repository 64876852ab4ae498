//! What sections make of access to a URI, for one method.

use super::{redirect, Directive, Reach, RegexMatch};
use crate::config::settings::UpdateMethods;

/// Stands for a method that no section names.
const ANY_OTHER: &str = "";

/// The methods that have to be closed: each that a section tells apart, and one for all others.
pub(super) fn methods<'d>(
    directives: impl Iterator<Item = &'d Directive>,
    changed_by: UpdateMethods,
) -> impl Iterator<Item = String> {
    let mut found = match changed_by {
        UpdateMethods::Post => vec!["POST".to_owned()],
        UpdateMethods::Any => vec![ANY_OTHER.to_owned()],
    };
    if changed_by == UpdateMethods::Any {
        directives.for_each(|directive| add_methods(&mut found, directive));
    }
    found.into_iter()
}

fn add_methods(found: &mut Vec<String>, directive: &Directive) {
    if is_limit(directive) {
        found.extend(directive.words().into_iter().map(|method| method.to_ascii_uppercase()));
        found.sort_unstable();
        found.dedup();
    }
    directive.inner.iter().for_each(|inner| add_methods(found, inner));
}

fn is_limit(directive: &Directive) -> bool {
    directive.is("<Limit") || directive.is("<LimitExcept")
}

/// What sections make of access, one after the other.
pub(super) struct Guard<'g> {
    reach: &'g Reach,
    matches: RegexMatch<'g>,
    method: &'g str,
    /// By Require: whether it lets everybody in.
    require: Option<bool>,
    /// By Order, Allow, Deny and Satisfy.
    order: Option<ByOrder>,
    /// AuthType.
    auth: bool,
    /// Something that is not understood here, and may keep somebody out.
    doubt: bool,
}

/// What mod_access_compat says.
#[derive(Clone, Copy)]
struct ByOrder {
    lets_all_in: bool,
    /// Satisfy Any: it is enough if this, or Require, lets somebody in.
    is_enough: bool,
}

impl<'g> Guard<'g> {
    pub(super) fn new(reach: &'g Reach, matches: RegexMatch<'g>, method: &'g str) -> Self {
        Self { reach, matches, method, require: None, order: None, auth: false, doubt: false }
    }

    pub(super) fn enter(&mut self, section: &Directive) {
        let inner = self.flat(&section.inner);
        if let Some(own) = self.by_require(section) {
            let merging = inner.iter().rfind(|directive| directive.is("AuthMerging"));
            let merging =
                merging.and_then(|directive| directive.words().into_iter().next()).unwrap_or_default();
            self.require = Some(match (self.require, merging.to_ascii_lowercase().as_str()) {
                (Some(before), "and") => before && own,
                (Some(before), "or") => before || own,
                _ => own,
            });
        }
        // A section with one of these knows nothing of those before, whatever its method.
        if holds(&section.inner, &["Order", "Allow", "Deny", "Satisfy"]) {
            self.order = Some(by_order(&inner));
        }
        if let Some(kind) = inner.iter().rfind(|directive| directive.is("AuthType")) {
            self.auth = kind.words().first().is_some_and(|kind| !kind.eq_ignore_ascii_case("None"));
        }
        inner.into_iter().for_each(|directive| self.doubt(directive));
        self.doubt |= redirect::takes_in_section(&section.inner, self.reach, self.matches);
    }

    /// Looks at what may keep somebody out in a way that is not looked at closely.
    pub(super) fn doubt(&mut self, directive: &Directive) {
        self.doubt |= match directive.name.to_ascii_lowercase().as_str() {
            "sslrequire" => true,
            "sslverifyclient" => directive.words().iter().any(|word| word.eq_ignore_ascii_case("require")),
            "<if" | "<elseif" | "<else" => {
                let mut guard = Guard::new(self.reach, self.matches, self.method);
                guard.enter(directive);
                guard.is_closed()
            }
            _ => false,
        };
    }

    pub(super) fn is_closed(&self) -> bool {
        let by_require = self.require == Some(false) || self.auth;
        self.doubt
            || match self.order {
                Some(ByOrder { lets_all_in, is_enough: true }) => !lets_all_in && self.require != Some(true),
                Some(ByOrder { lets_all_in, is_enough: false }) => !lets_all_in || by_require,
                None => by_require,
            }
    }

    /// What counts for the method: what stands in `<Limit>` as if it stood outside, or not at all.
    fn flat<'d>(&self, inner: &'d [Directive]) -> Vec<&'d Directive> {
        let of = |directive: &'d Directive| match is_limit(directive) {
            true if self.is_limited_to(directive) => self.flat(&directive.inner),
            true => Vec::new(),
            false => vec![directive],
        };
        inner.iter().flat_map(of).collect()
    }

    fn is_limited_to(&self, section: &Directive) -> bool {
        let is_named = section.words().iter().any(|method| method.eq_ignore_ascii_case(self.method));
        is_named == section.is("<Limit")
    }

    /// What the Require directives in a section come to; `None` if there is none. Those for other methods let all in.
    fn by_require(&self, section: &Directive) -> Option<bool> {
        let is_used = holds(&section.inner, &["Require", "<RequireAny", "<RequireAll", "<RequireNone"]);
        is_used.then(|| {
            self.lets_all_in(&section.inner, Join::Any).unwrap_or(!self.is_method_used(&section.inner))
        })
    }

    /// Tells whether a Require counts for the method, even if only one with `not`.
    fn is_method_used(&self, inner: &[Directive]) -> bool {
        let used = |directive: &&Directive| directive.is("Require") || directive.name.starts_with("<Require");
        self.flat(inner).iter().any(used)
    }

    fn lets_all_in(&self, inner: &[Directive], join: Join) -> Option<bool> {
        let inner = self.flat(inner);
        let found = inner.iter().filter_map(|directive| match directive.name.to_ascii_lowercase().as_str() {
            "require" => require(&directive.words()),
            "<requireany" => self.lets_all_in(&directive.inner, Join::Any),
            "<requireall" => self.lets_all_in(&directive.inner, Join::All),
            "<requirenone" => Some(false),
            _ => None,
        });
        found.reduce(|before, next| match join {
            Join::Any => before || next,
            Join::All => before && next,
        })
    }
}

/// How conditions are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    Any,
    All,
}

/// Tells whether a Require lets everybody in; `None` if it only keeps some out, whom others let in.
fn require(words: &[String]) -> Option<bool> {
    let word = |index: usize| words.get(index).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    match (word(0).as_str(), word(1).as_str()) {
        ("all", "granted") => Some(true),
        // Whom these keep out may be everybody but one.
        ("not", "all") => Some(false).filter(|_| word(2) == "granted"),
        ("not", "env" | "expr") => Some(false),
        ("not", _) => None,
        _ => Some(false),
    }
}

/// Tells whether a section holds one of these, be it for some methods only.
fn holds(inner: &[Directive], names: &[&str]) -> bool {
    let is_one = |directive: &Directive| names.iter().any(|name| directive.is(name));
    inner.iter().any(|directive| is_one(directive) || is_limit(directive) && holds(&directive.inner, names))
}

/// What Order, Allow, Deny and Satisfy in a section come to.
fn by_order(inner: &[&Directive]) -> ByOrder {
    let named = |name: &'static str| inner.iter().filter(move |directive| directive.is(name));
    let allows_all =
        named("Allow").any(|allow| allow.words().iter().any(|word| word.eq_ignore_ascii_case("all")));
    let last = |name| named(name).next_back().map(|last| last.words().concat().to_ascii_lowercase());
    // What is not allowed is denied only in these orders, in which Deny has the last word, too.
    let denies = matches!(last("Order").as_deref(), Some("allow,deny" | "mutual-failure"));
    let has_no_deny = named("Deny").next().is_none();
    ByOrder {
        lets_all_in: if denies { has_no_deny && allows_all } else { has_no_deny || allows_all },
        is_enough: last("Satisfy").as_deref() == Some("any"),
    }
}
