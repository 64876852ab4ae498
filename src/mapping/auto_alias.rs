//! JkAutoAlias: unmapped URIs below a directory that holds web applications.
//!
//! Rules: "uri-mapping, section 10". The file system is asked through a closure.

use memchr::memchr;

/// What JkAutoAlias makes of an unmapped URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoAlias {
    /// The first segment is no web application: nothing changes.
    NotApplicable,
    /// Inside WEB-INF or META-INF of a web application: 404.
    Hidden,
    /// A packed web application: 403.
    Archive,
    /// Static content of a web application: the file is the directory followed by the URI.
    Content,
}

/// Decides about a normalised URI; `is_dir` tells whether its first segment, handed over with its `/`, names a
/// directory below JkAutoAlias.
pub fn auto_alias(uri: &[u8], is_dir: impl FnOnce(&[u8]) -> bool) -> AutoAlias {
    if uri.len() < 2 || uri[0] != b'/' {
        return AutoAlias::NotApplicable;
    }
    let end = memchr(b'/', &uri[1..]).map_or(uri.len(), |length| length + 1);
    let (context, below) = uri.split_at(end);
    if below.split(|octet| *octet == b'/').nth(1).is_some_and(is_hidden) {
        AutoAlias::Hidden
    } else if is_dir(context) {
        AutoAlias::Content
    } else if is_archive(context) {
        AutoAlias::Archive
    } else {
        AutoAlias::NotApplicable
    }
}

fn is_hidden(child: &[u8]) -> bool {
    child.eq_ignore_ascii_case(b"WEB-INF") || child.eq_ignore_ascii_case(b"META-INF")
}

fn is_archive(context: &[u8]) -> bool {
    context.len() > 4 && context[context.len() - 4..].eq_ignore_ascii_case(b".war")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        use AutoAlias::{Archive, Content, Hidden, NotApplicable};
        let cases: &[(&str, AutoAlias)] = &[
            ("/", NotApplicable),
            ("*", NotApplicable),
            ("", NotApplicable),
            ("/app", Content),
            ("/app/", Content),
            ("/app/a b/c.html", Content),
            ("/app/WEB-INF", Hidden),
            ("/app/web-inf/web.xml", Hidden),
            ("/app/Meta-Inf/", Hidden),
            ("/app/sub/WEB-INF/x", Content),
            ("/app/WEB-INFO", Content),
            ("/none/WEB-INF", Hidden),
            ("/none/x", NotApplicable),
            ("/none.war", Archive),
            ("/none.WAR/x", Archive),
            ("/.war", Archive),
            ("/war", NotApplicable),
            ("/app.war", Content),
        ];
        let is_dir = |context: &[u8]| matches!(context, b"/app" | b"/app.war");
        for (uri, expected) in cases {
            assert_eq!(auto_alias(uri.as_bytes(), is_dir), *expected, "{uri}");
        }
    }
}
