//! Whether httpd answers a URI by a redirect or a refusal, before it comes to a worker.
//!
//! In doubt it does: what is matched by a regular expression and may be asked for in another way counts as answered.

use super::location::Place;
use super::{Directive, Reach, RegexMatch};

/// Tells whether one of the directives outside of sections answers URIs of `reach`; those that rewrite count with
/// `with_rewriting`.
pub(super) fn takes(
    directives: &[Directive],
    reach: &Reach,
    matches: RegexMatch<'_>,
    with_rewriting: bool,
) -> bool {
    let is_about = |pattern: &str| pattern.starts_with('!') || reach.any(|uri| matches(pattern, uri));
    directives.iter().any(|directive| redirects(directive, reach, matches))
        || with_rewriting && rewrites(directives, &is_about, reach, matches)
}

/// Tells the same of what stands in a section, where a rule sees another text than the URI.
pub(super) fn takes_in_section(directives: &[Directive], reach: &Reach, matches: RegexMatch<'_>) -> bool {
    directives.iter().any(|directive| redirects(directive, reach, matches))
        || rewrites(directives, &|_| true, reach, matches)
}

/// Tells whether a directive of mod_alias takes the URIs.
fn redirects(directive: &Directive, reach: &Reach, matches: RegexMatch<'_>) -> bool {
    let words = directive.words();
    let has_status = words.first().is_some_and(|word| is_status(word));
    let from = words.get(usize::from(has_status)).map(String::as_str);
    match directive.name.to_ascii_lowercase().as_str() {
        "redirect" | "redirectpermanent" | "redirecttemp" => {
            match from.filter(|from| from.starts_with('/')) {
                Some(from) => Place::Path(from.to_owned()).covers(reach, matches),
                // In a section it may stand without a path, and takes all that the section is about.
                None => true,
            }
        }
        "redirectmatch" => from.is_some_and(|pattern| reach.any(|uri| matches(pattern, uri))),
        _ => false,
    }
}

fn is_status(word: &str) -> bool {
    ["permanent", "temp", "seeother", "gone"].iter().any(|name| name.eq_ignore_ascii_case(word))
        || word.bytes().all(|octet| octet.is_ascii_digit())
}

/// Tells whether a RewriteRule refuses or redirects the URIs.
fn rewrites(
    directives: &[Directive],
    is_about: &dyn Fn(&str) -> bool,
    reach: &Reach,
    matches: RegexMatch<'_>,
) -> bool {
    let mut conditions = Vec::new();
    for directive in directives {
        if directive.is("RewriteCond") {
            conditions.push(directive.words());
        } else if directive.is("RewriteRule") {
            let words = directive.words();
            let is_met = is_met(&conditions, reach, matches);
            if is_met && answers(&words) && words.first().is_some_and(|pattern| is_about(pattern)) {
                return true;
            }
            conditions.clear();
        }
    }
    false
}

/// Tells whether conditions may hold for all who must not come through.
fn is_met(conditions: &[Vec<String>], reach: &Reach, matches: RegexMatch<'_>) -> bool {
    let word = |words: &[String], index: usize| words.get(index).cloned().unwrap_or_default();
    let is_or =
        |words: &Vec<String>| flags(&word(words, 2)).iter().any(|flag| flag == "or" || flag == "ornext");
    let may_hold = |words: &Vec<String>| match word(words, 0).to_ascii_lowercase().as_str() {
        // Everybody says what suits.
        "%{http_host}" | "%{server_name}" | "%{http:host}" | "%{http:x-forwarded-proto}" => false,
        "%{request_uri}" => {
            let pattern = word(words, 1);
            let (is_not, pattern) =
                pattern.strip_prefix('!').map_or((false, pattern.as_str()), |rest| (true, rest));
            pattern.starts_with(['=', '<', '>', '-']) || reach.any(|uri| matches(pattern, uri) != is_not)
        }
        _ => true,
    };
    conditions.iter().any(is_or) || conditions.iter().all(may_hold)
}

/// Tells whether a RewriteRule ends in an answer: by its flags, or as it leads to another server.
fn answers(words: &[String]) -> bool {
    let flags = words.get(2).map(|text| flags(text)).unwrap_or_default();
    let ends = |flag: &String| {
        let name = flag.split('=').next().unwrap_or_default();
        matches!(name, "f" | "forbidden" | "g" | "gone" | "r" | "redirect" | "p" | "proxy")
    };
    flags.iter().any(ends) || words.get(1).is_some_and(|to| to.contains("://"))
}

/// Flags in brackets, in small letters.
fn flags(text: &str) -> Vec<String> {
    let flags = text.trim_matches(['[', ']']).split(',');
    flags.map(|flag| flag.trim().to_ascii_lowercase()).collect()
}
