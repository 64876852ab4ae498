//! What protects a URI, and what only looks so.

mod away;

use super::*;

/// Reads a configuration in which nothing goes on over several lines.
pub(in super::super) fn read(text: &str) -> Vec<Directive> {
    let mut open = vec![Vec::new()];
    let mut sections = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty()) {
        let (name, arguments) = line.split_once(' ').unwrap_or((line.trim_end_matches('>'), ""));
        let directive = Directive {
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            origin: Origin::new(&"httpd.conf".into(), number),
            inner: Vec::new(),
        };
        if name.starts_with("</") {
            let inner = open.pop().expect("a section");
            let section: Directive = sections.pop().expect("a section");
            open.last_mut().expect("what is around").push(Directive { inner, ..section });
        } else if name.starts_with('<') {
            sections.push(directive);
            open.push(Vec::new());
        } else {
            open.last_mut().expect("a section").push(directive);
        }
    }
    open.remove(0)
}

/// Simple regular expressions: `^` and `$`, what takes all that follows, and else text.
pub(in super::super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern =
        ["(.*)$", "(.*)", ".*", "/?"].iter().fold(pattern.to_owned(), |left, all| left.replace(all, ""));
    let pattern = pattern.as_str();
    let (start, pattern) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
    let (end, pattern) = pattern.strip_suffix('$').map_or((false, pattern), |rest| (true, rest));
    match (start, end) {
        (true, true) => text == pattern,
        (true, false) => text.starts_with(pattern),
        (false, true) => text.ends_with(pattern),
        (false, false) => text.contains(pattern),
    }
}

fn is_protected(pattern: &str, main: &str, host: &str) -> bool {
    is_closed(pattern, main, Some(host), UpdateMethods::Any, false)
}

fn is_closed(
    pattern: &str,
    main: &str,
    host: Option<&str>,
    changed_by: UpdateMethods,
    by_handler: bool,
) -> bool {
    let (main, host) = (read(main), host.map(read));
    let layers = std::iter::once(main.as_slice()).chain(host.as_deref());
    let scope = Scope { layers: layers.collect(), matches: &matches };
    let reach = Reach::of_pattern(pattern);
    scope.protects(&Page { reach: &reach, mounted: None, by_handler, changed_by })
}

fn section(text: &str) -> String {
    format!("<Location /jk>\n{text}\n</Location>")
}

#[test]
fn restrictions_protect() {
    for text in [
        "Require local",
        "Require ip 10.0.0.0/8",
        "Require all denied",
        "AuthType Basic\nRequire valid-user",
        "require user admin",
        "Require env from_inside",
        "<RequireAny>\nRequire local\nRequire valid-user\n</RequireAny>",
        "<RequireAll>\nRequire all granted\nRequire ip 10.0.0.1\n</RequireAll>",
        "<RequireAll>\nRequire all granted\nRequire not env outside\n</RequireAll>",
        "<RequireAll>\nRequire ip 10\nRequire not ip 10.0.0.1\n</RequireAll>",
        "Order allow,deny\nAllow from 10.1\nRequire valid-user\nSatisfy Any",
        "Deny from all\nSatisfy any",
        "Order deny,allow\nDeny from all\nAllow from 127.0.0.1",
        "Order Deny,Allow\nDeny from all",
        "Order allow,deny\nAllow from 10.1",
        "Order allow, deny",
        "AuthType Kerberos",
        "SSLVerifyClient require",
        "SSLRequire %{SSL_CLIENT_S_DN_O} eq \"x\"",
        "<If \"%{REMOTE_ADDR} != '127.0.0.1'\">\nRequire all denied\n</If>",
        "<Limit GET POST>\nRequire local\n</Limit>\n<LimitExcept GET POST>\nRequire all denied\n</LimitExcept>",
        "Require local\n<Limit>\nRequire all granted\n</Limit>",
        "RewriteRule . - [L,F]",
        "Redirect 403 /",
        "Redirect permanent / https://www.example.org/",
        "Redirect 303 https://www.example.org/",
        "AuthMerging Off\nRequire ip 10.0.0.1",
    ] {
        assert!(is_protected("/jk/*", &section(text), ""), "{text}");
        assert!(is_protected("/jk", "", &section(text)), "{text}");
    }
}

#[test]
fn what_lets_everybody_in_does_not() {
    for text in [
        "",
        "Require all granted",
        "require ALL Granted",
        "<RequireAny>\nRequire all granted\nRequire ip 10.0.0.1\n</RequireAny>",
        "Require ip 10.0.0.1\nRequire all granted",
        "<RequireAll>\nRequire all granted\n</RequireAll>",
        "Order allow,deny\nAllow from all",
        "Order deny,allow\nAllow from 127.0.0.1",
        "Allow from all",
        "AuthType None\nRequire all granted",
        "SSLVerifyClient optional",
        "RewriteRule ^/x$ /y [L]",
        "Redirect permanent /old https://www.example.org/",
        "<RequireAll>\nRequire all granted\nRequire not ip 10.0.0.1\n</RequireAll>",
        "Order allow,deny\nAllow from all\nRequire valid-user\nSatisfy Any",
        "AuthType Basic\nRequire valid-user\nSatisfy any",
        "Deny from all\nRequire all granted\nSatisfy Any",
        "Order deny,allow\nDeny from all\nAllow from all",
        "<LimitExcept OPTIONS>\nRequire ip 10.0.0.1\n</LimitExcept>",
        "<Limit POST>\nRequire valid-user\n</Limit>",
        "<Limit GET POST>\nRequire ip 10.0.0.1\n</Limit>",
        "<Limit GET>\nOrder deny,allow\nDeny from all\n</Limit>",
        "Require local\n<Limit GET>\nRequire all granted\n</Limit>",
        "<If \"%{HTTPS} == 'on'\">\nRequire all granted\n</If>",
    ] {
        assert!(!is_protected("/jk/*", &section(text), ""), "{text}");
        assert!(!is_protected("/jk", "", &section(text)), "{text}");
    }
}

#[test]
fn a_section_protects_what_it_is_about() {
    let with = |location: &str, pattern: &str| {
        let text = format!("<{location}>\nRequire local\n</Location>");
        is_protected(pattern, &text, "")
    };
    for (location, pattern) in [
        ("Location /", "/jk"),
        ("Location \"/\"", "*.status"),
        ("Location /jk", "/jk"),
        ("Location '/jk'", "/jk/*"),
        ("location /jk/", "/jk/"),
        ("Location /jk/", "/jk/*"),
        ("Location /a", "/a/jk"),
        ("Location /jk*", "/jk*"),
        ("Location \"/*/status\"", "/a/status"),
        ("Location ~ ^/jk", "/jk*"),
        ("LocationMatch ^/jk", "/jk/*"),
        ("LocationMatch \"status$\"", "/a-status"),
    ] {
        assert!(with(location, pattern), "{location} {pattern}");
    }
    for (location, pattern) in [
        ("Location /jk/", "/jk"),
        ("Location /jk", "/jk*"),
        ("Location /jk", "/jkx"),
        ("Location /JK", "/jk"),
        ("Location /jk/a", "/jk/*"),
        ("Location /jk/?", "/jk/*"),
        ("LocationMatch ^/jk/$", "/jk/*"),
        ("Directory /", "/jk"),
        ("Files jk", "/jk"),
    ] {
        assert!(!with(location, pattern), "{location} {pattern}");
    }
}

#[test]
fn later_sections_have_the_last_word() {
    let closed = section("Require local");
    let open = section("Require all granted");
    assert!(!is_protected("/jk", &format!("{closed}\n{open}"), ""));
    assert!(is_protected("/jk", &format!("{open}\n{closed}"), ""));
    assert!(!is_protected("/jk", &closed, &open));
    assert!(is_protected("/jk", &open, &closed));
    assert!(is_protected("/jk", &closed, &section("AuthMerging And\nRequire all granted")));
    assert!(!is_protected("/jk", &closed, &section("AuthMerging Or\nRequire all granted")));
    assert!(!is_protected(
        "/jk",
        &section("Order deny,allow\nDeny from all"),
        &section("Order allow,deny\nAllow from all")
    ));
    assert!(is_protected("/jk", &section("Order deny,allow\nDeny from all"), &open), "both have to let in");
    assert!(!is_protected("/jk", &section("AuthType Basic"), &section("AuthType None")));
}

#[test]
fn what_stands_outside_of_sections_counts_for_all() {
    for text in [
        "SSLVerifyClient require",
        "RewriteRule ^/jk - [F]",
        "RewriteRule !^/public - [F]",
        "Redirect 403 /jk",
        "RedirectMatch gone ^/jk",
        "<If \"-R '10.0.0.0/8'\">\nRequire all denied\n</If>",
    ] {
        let in_main = is_closed("/jk/*", text, None, UpdateMethods::Any, false);
        assert!(in_main && is_protected("/jk/*", "", text), "{text}");
    }
    for text in [
        "RewriteRule ^/other - [F]",
        "Redirect 403 /other",
        "RedirectMatch 404 ^/other",
        "SSLVerifyClient none",
    ] {
        assert!(!is_protected("/jk/*", text, ""), "{text}");
    }
}

#[test]
fn the_section_of_a_mount_applies_to_it() {
    let main = read("<LocationMatch ^/nothing$>\nRequire local\nJkMount st\n</LocationMatch>");
    let scope = Scope { layers: vec![&main], matches: &matches };
    let reach = Reach::of_pattern("/jk");
    let protects = |line: u32| {
        let mounted = Origin::new(&"httpd.conf".into(), line);
        let changed_by = UpdateMethods::Any;
        scope.protects(&Page { reach: &reach, mounted: Some(&mounted), by_handler: false, changed_by })
    };
    assert!(protects(3) && !protects(9));
}

#[test]
fn arguments_are_split_as_httpd_does() {
    let words = |text: &str| Directive { arguments: text.to_owned(), ..read("Require x").remove(0) }.words();
    assert_eq!(words(" a  'b c' \"d \\\" e\" f\\g "), ["a", "b c", "d \" e", "f\\g"]);
    assert_eq!(read("<Location  \"/a b\" >\n</Location>")[0].words(), ["/a b"]);
    assert_eq!(read("<Location /a>\n</Location>")[0].words(), ["/a"]);
}

#[test]
fn an_example_covers_what_is_mounted() {
    for (pattern, expected) in [
        ("/jk", ("Location", "/jk")),
        ("/jk/", ("Location", "/jk")),
        ("/jk/*", ("Location", "/jk")),
        ("/jk*", ("LocationMatch", "^/jk")),
        ("/*", ("Location", "/")),
        ("*.st", ("Location", "/")),
    ] {
        let reach = Reach::of_pattern(pattern);
        let (name, place) = reach.section();
        assert_eq!((name, place.as_str()), expected);
        assert!(
            is_protected(pattern, &format!("<{name} {place}>\nRequire local\n</{name}>"), ""),
            "{pattern}"
        );
    }
}
