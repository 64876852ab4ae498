//! What the browser may do with the page: nothing but what the page itself brings.

use std::borrow::Cow;

use super::digest::sha256;
use crate::worker::status::page::Page;

/// The built-in look.
pub(super) const STYLE: &str = include_str!("style.css");
/// What makes the page more comfortable; it works without.
pub(super) const SCRIPT: &str = include_str!("script.js");

const STYLE_DIGEST: [u8; 44] = sha256(STYLE.as_bytes());
const SCRIPT_DIGEST: [u8; 44] = sha256(SCRIPT.as_bytes());

/// Headers of the page.
pub(in crate::worker::status) fn headers(page: &Page<'_>) -> Vec<(&'static str, Cow<'static, str>)> {
    vec![
        ("Cache-Control", "no-store, no-cache".into()),
        ("Content-Security-Policy", policy(page.settings.css.as_deref()).into()),
        ("X-Content-Type-Options", "nosniff".into()),
        // Its own forms are to tell where they come from, other sites are not to learn who asked them.
        ("Referrer-Policy", "same-origin".into()),
    ]
}

/// The policy; a style sheet of the administrator's comes from `css`, and brings its images and fonts from there.
fn policy(css: Option<&str>) -> String {
    let hash = |digest: &[u8; 44]| format!("'sha256-{}'", String::from_utf8_lossy(digest));
    let script = hash(&SCRIPT_DIGEST);
    let look = match css {
        None => format!("style-src {}", hash(&STYLE_DIGEST)),
        Some(css) => {
            let place = origin(css);
            format!("style-src {place}; img-src {place} data:; font-src {place}")
        }
    };
    format!(
        "default-src 'none'; {look}; script-src {script}; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Where the address of a style sheet leads to, in terms of the policy.
fn origin(css: &str) -> &str {
    let authority = css.find("//").filter(|at| matches!(&css[..*at], "" | "http:" | "https:"));
    let Some(begin) = authority.map(|at| at + 2) else { return "'self'" };
    let length = css[begin..].find(['/', '?', '#']).unwrap_or(css.len() - begin);
    let host = &css[begin..begin + length];
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-:[]".contains(&octet);
    match (host.bytes().all(is_plain) && !host.is_empty(), begin) {
        (false, _) => "'self'",
        (true, 2) => host,
        (true, _) => &css[..begin + length],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_may_come_from_where_it_is_said_to_be() {
        for (css, expected) in [
            ("/css/jk.css", "'self'"),
            ("jk.css", "'self'"),
            ("jk.css?x=//a", "'self'"),
            ("https://cdn.example:8443/a//b.css", "https://cdn.example:8443"),
            ("//cdn.example/a.css", "cdn.example"),
            ("https://a; script-src *", "'self'"),
            ("https://", "'self'"),
            ("data:text/css,//", "'self'"),
        ] {
            assert_eq!(origin(css), expected, "{css}");
        }
    }

    #[test]
    fn only_what_the_page_brings_runs() {
        let policy = policy(None);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    }
}
