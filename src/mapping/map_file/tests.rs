//! Tables of map file lines, right and wrong.

use super::*;
use crate::config::diagnostic::MAX_KEPT;
use crate::config::Severity;

fn parse_text(text: &[u8]) -> (Vec<String>, Vec<String>, bool) {
    let mut report = Report::limited();
    let known = |key: &[u8]| key.ends_with(b".host");
    let rules = parse(text, &"map".into(), known, &mut report);
    let report = report.closed(&"map".into());
    let shown = |severity| if severity == Severity::Error { "error" } else { "warning" };
    (
        rules.iter().map(ToString::to_string).collect(),
        report.iter().map(|complaint| format!("{} {complaint}", shown(complaint.severity))).collect(),
        report.has_errors(),
    )
}

fn accepted(text: &str) -> Vec<String> {
    let (rules, complaints, _) = parse_text(text.as_bytes());
    assert!(complaints.is_empty(), "{complaints:?}");
    rules
}

fn complaint(text: &str) -> (Vec<String>, String) {
    let (rules, mut complaints, _) = parse_text(text.as_bytes());
    assert_eq!(complaints.len(), 1, "{text:?}: {complaints:?}");
    (rules, complaints.remove(0))
}

#[test]
fn plain_files() {
    assert_eq!(accepted("/*=balancer"), ["/*=balancer"]);
    assert_eq!(accepted(""), [] as [&str; 0]);
    assert_eq!(accepted("# nothing\r\n\r\n"), [] as [&str; 0]);
    assert_eq!(
        accepted("\u{FEFF} /a|/* = w ; # comment\r\n!*.html=*\n-/x=w\n*.jsp=w;stateless=1\n"),
        ["/a=w ", "/a/*=w ", "!*.html=*", "-/x=w", "*.jsp=w"]
    );
}

#[test]
fn macros_come_from_earlier_keys_and_the_environment() {
    assert_eq!(accepted("lb=balancer\n/a=$(lb);stateless=1\n/b=$(/a)\n"), ["/a=balancer", "/b=balancer"]);
    let path = std::env::var("PATH").unwrap();
    assert_eq!(accepted("/a=$(PATH)\n"), [format!("/a={path}")]);
    let (rules, text) = complaint("/a=$(lb)\n");
    assert_eq!(rules, ["/a=$(lb)"]);
    assert_eq!(text, "warning map:1: $(lb) is neither an earlier key nor in the environment");
}

#[test]
fn complaints_name_line_and_word() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("/a=w1\n/b=w\n/a=w2\n", &["/a=w2", "/b=w"], "warning map:3: /a=w2 replaces /a=w1 of map:1; only the last counts, several workers share the work as \
             members of a balancer"),
        ("/a=w\nnonsense\n", &["/a=w"], "warning map:2: 'nonsense' is ignored, expected pattern=worker"),
        ("/a=w\n/b=\n", &["/a=w"], "warning map:2: '/b=' is ignored, expected pattern=worker"),
        ("/a=w#1\n", &["/a=w"], "warning map:1: '/a': everything from # on is a comment"),
        ("/a=w\nx=y\n", &["/a=w"], "warning map:2: x is ignored: no URI pattern, and not used as a macro"),
        (
            "/a=w\nworker.w.host=h\n",
            &["/a=w"],
            "warning map:2: a worker property has no effect here, it belongs into the workers file; the line is ignored",
        ),
        (
            "/a=w\nworker.w.host=h\nworker.x.host=i\n",
            &["/a=w"],
            "warning map:2: a worker property has no effect here, it belongs into the workers file; this line and \
             one more of the kind are ignored",
        ),
        (
            "; rules\n/a=w\n//a=w\n;/b=w\n",
            &["/a=w"],
            "warning map:1: ; starts no comment, only # does; this line and 2 more of the kind are ignored",
        ),
        (
            "/a=w\nJkMount /b w\n",
            &["/a=w"],
            "warning map:2: a directive of httpd has no effect here, it belongs into httpd's configuration; the line \
             is ignored",
        ),
        ("/a=w;x=1\n", &["/a=w"], "warning map:1: rule extension x is unknown and ignored"),
        (
            "/a=w\nworker.w.hots=h\n",
            &["/a=w"],
            "error map:2: worker.w.hots is neither a URI pattern nor a worker property",
        ),
        (
            "/a=w\napp/*=w\n",
            &["/a=w"],
            "error map:2: URI pattern 'app/*' must start with /, * or ?, after any prefixes ! and -",
        ),
        (
            "/a=w\n!x=w\n",
            &["/a=w"],
            "error map:2: URI pattern 'x' must start with /, * or ?, after any prefixes ! and -",
        ),
        ("/a=w\n/b", &["/a=w"], "error map:2: the last line breaks off: '/b', expected pattern=worker"),
        ("/a=w\n/b=", &["/a=w"], "error map:2: the last line breaks off: '/b=', expected pattern=worker"),
        ("/a=w\n/b=w\0\n/c=w\n", &["/a=w", "/c=w"], "error map:2: octet 0x00 in a map file"),
        ("/a=w\n/b=w\0", &["/a=w"], "error map:2: octet 0x00 in a map file"),
        ("/a=w\n\x1b[0m\n", &["/a=w"], "error map:2: octet 0x1b in a map file"),
    ];
    for (text, rules, expected) in cases {
        let found = complaint(text);
        assert_eq!(
            (found.0, found.1.as_str()),
            (rules.iter().map(ToString::to_string).collect(), *expected),
            "{text:?}"
        );
    }
}

#[test]
fn text_that_is_no_map_file_is_an_error() {
    let (rules, complaints, failed) = parse_text(b"hello\nworld\n");
    assert!(failed && rules.is_empty());
    assert_eq!(complaints[2], "error map: no line is a rule, expected pattern=worker");
}

#[test]
fn the_number_of_complaints_is_bounded() {
    let (rules, complaints, failed) = parse_text(&b"/a=w;x=1\n".repeat(1000));
    assert!(!failed && rules.len() == 1);
    assert_eq!(complaints.len(), MAX_KEPT + 1);
    assert_eq!(complaints[MAX_KEPT], format!("warning map: {} further warnings", 1000 - MAX_KEPT));
}

#[test]
fn wrong_lines_cost_their_own_rules_however_many_they_are() {
    let text = [b"/a=w\n", b"app/*=w\n\0\n".repeat(1000).as_slice(), b"/b\xE9=w\n/c=\xE9\n/d=w\n"].concat();
    let (rules, complaints, failed) = parse_text(&text);
    assert!(failed);
    assert_eq!(rules, ["/a=w", "/b\u{FFFD}=w", "/c=\u{FFFD}", "/d=w"]);
    assert_eq!(complaints[MAX_KEPT], format!("error map: {} further errors", 2000 - MAX_KEPT));
}

#[test]
fn long_lines_are_read_whole() {
    let pattern = format!("/{}", "x".repeat(200_000));
    assert_eq!(accepted(&format!("{pattern}=w\n")), [format!("{pattern}=w")]);
}

proptest::proptest! {
    #[test]
    fn never_panics(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        parse_text(&text);
    }

    #[test]
    fn never_panics_on_likely_text(text in "[-/*?|!#=;$()a.\n ]{0,60}") {
        parse_text(text.as_bytes());
    }
}
