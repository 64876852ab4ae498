//! Tables of "uri-mapping, section 5", the original's four passes as a model, and past vulnerabilities.

use bstr::ByteSlice;
use proptest::prelude::*;

use super::*;

/// The original's order of work, pass by pass, on strings.
fn four_passes(uri: &str) -> Result<String, UriError> {
    let mut path = String::new();
    for (index, segment) in uri.split('/').enumerate() {
        path.push_str(if index > 0 { "/" } else { "" });
        path.push_str(segment.split(';').next().unwrap_or_default());
    }
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    while path.contains("/./") {
        path = path.replace("/./", "/");
    }
    if path.ends_with("/.") {
        path.pop();
    }
    if path.ends_with("/..") {
        path.push('/');
    }
    while let Some(dots) = path.find("/../") {
        let parent = path[..dots].rfind('/').ok_or(UriError::AboveRoot)?;
        path.replace_range(parent..dots + 3, "");
    }
    Ok(path)
}

fn normalised(uri: &str) -> Result<String, UriError> {
    normalise(uri.as_bytes()).map(|clean| clean.to_str_lossy().into_owned())
}

#[test]
fn table() {
    let cases: &[(&str, &str)] = &[
        ("/", "/"),
        ("*", "*"),
        ("/app/x", "/app/x"),
        ("/app/x;jsessionid=a.r1", "/app/x"),
        ("/app;a=1/x;b=2;c", "/app/x"),
        ("/;x", "/"),
        ("/app/..;/x", "/x"),
        ("/app/static;x/a", "/app/static/a"),
        ("/v/..;/deny/x", "/deny/x"),
        ("/a//b///c", "/a/b/c"),
        ("//", "/"),
        ("/./a/./b/.", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("/a/..", "/"),
        ("/a/b/../../c", "/c"),
        ("/a//../b", "/b"),
        ("/a/;x/../b", "/b"),
        ("/...", "/..."),
        ("/..a/.b", "/..a/.b"),
        ("/a/ b", "/a/ b"),
    ];
    for (uri, expected) in cases {
        assert_eq!(normalised(uri).as_deref(), Ok(*expected), "{uri}");
    }
}

#[test]
fn refusals() {
    let cases = [
        ("", UriError::NotAbsolute),
        ("app", UriError::NotAbsolute),
        ("**", UriError::NotAbsolute),
        ("*/", UriError::NotAbsolute),
        ("/..", UriError::AboveRoot),
        ("/../x", UriError::AboveRoot),
        ("/..;/x", UriError::AboveRoot),
        ("/a/../../b", UriError::AboveRoot),
        ("/app/x/..;/..;/..;/z", UriError::AboveRoot),
        ("/./..", UriError::AboveRoot),
        ("//..", UriError::AboveRoot),
    ];
    for (uri, expected) in cases {
        assert_eq!(normalised(uri), Err(expected), "{uri}");
    }
}

#[test]
fn clean_uris_are_borrowed() {
    for uri in ["/", "/a", "/a/", "/a/b.c/..d"] {
        assert!(matches!(normalise(uri.as_bytes()), Ok(Cow::Borrowed(_))), "{uri}");
    }
    assert!(matches!(normalise(b"/a//"), Ok(Cow::Owned(_))));
}

/// Exclusions were bypassed by doubled slashes.
#[test]
fn cve_2014_8111() {
    assert_eq!(normalised("/app//static///x").unwrap(), "/app/static/x");
}

/// Path parameters hid a segment from the rules.
#[test]
fn cve_2018_1323() {
    assert_eq!(normalised("/app/static;x=1/secret").unwrap(), "/app/static/secret");
}

/// `/jkstatus;` and `..;` reached what `<Location>` and rules protect.
#[test]
fn cve_2018_11759() {
    assert_eq!(normalised("/jkstatus;").unwrap(), "/jkstatus");
    assert_eq!(normalised("/public/..;/jkstatus").unwrap(), "/jkstatus");
    assert_eq!(normalised("/..;/manager"), Err(UriError::AboveRoot));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn agrees_with_the_four_passes(path in "[/.;ab]{0,12}") {
        let uri = format!("/{path}");
        prop_assert_eq!(normalised(&uri), four_passes(&uri), "{}", uri);
    }

    #[test]
    fn a_second_pass_changes_nothing(path in "[/.;ab]{0,12}") {
        if let Ok(once) = normalised(&format!("/{path}")) {
            prop_assert!(matches!(normalise(once.as_bytes()), Ok(Cow::Borrowed(_))));
        }
    }
}
