//! Reads the page as a browser would, and complains where that would have to guess.

use std::collections::BTreeSet;

/// Names and values.
pub(super) type Attributes = Vec<(String, String)>;

/// The tags of a page: whether they close, their name, and attributes.
pub(super) fn tags(page: &str) -> Vec<(bool, String, Attributes)> {
    let mut found = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    while let Some(open) = rest.find('<') {
        let text = &rest[..open];
        assert!(!text.contains('>'), "a bare > in {text:?}");
        let end = open + rest[open..].find('>').expect("a tag ends");
        let tag = &rest[open + 1..end];
        rest = &rest[end + 1..];
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        found.push((closes, name.to_owned(), self::attributes(attributes)));
        if !closes && ["style", "script"].contains(&name) {
            rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
        }
    }
    found
}

fn attributes(text: &str) -> Attributes {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        assert!(
            name.bytes().all(|octet| octet.is_ascii_alphabetic() || octet == b'-'),
            "{name:?} in {text:?}"
        );
        let (value, tail) = match tail.strip_prefix("=\"") {
            Some(value) => value.split_once('"').expect("the value ends"),
            None => ("", tail),
        };
        found.push((name.to_owned(), value.to_owned()));
        rest = tail.trim_start();
    }
    found
}

/// Fails where elements are not closed in order, ids or attributes come twice, or something names an id that is not there.
pub(super) fn check(page: &str) {
    const VOID: [&str; 4] = ["meta", "link", "input", "wbr"];
    let (mut open, mut ids, mut named) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (closes, name, attributes) in tags(page) {
        if closes {
            assert_eq!(open.pop(), Some(name.clone()), "</{name}> in {page}");
            continue;
        }
        let names: BTreeSet<_> = attributes.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), attributes.len(), "attributes of {name}: {attributes:?}");
        assert!(!names.iter().any(|name| name.starts_with("on") || *name == "style"), "{attributes:?}");
        for (attribute, value) in attributes {
            match attribute.as_str() {
                "id" => assert!(!value.contains(' ') && ids.insert(value.clone()), "id {value}"),
                "for" | "aria-labelledby" => drop(named.insert(value)),
                "href" | "action" if value.starts_with('#') => drop(named.insert(value[1..].to_owned())),
                _ => {}
            }
        }
        if !VOID.contains(&name.as_str()) && name != "rect" {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<String>::new());
    assert_eq!(named.difference(&ids).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// The values of `attribute` in the page.
pub(super) fn values(page: &str, attribute: &str) -> Vec<String> {
    let all = tags(page).into_iter().flat_map(|(_, _, attributes)| attributes);
    all.filter(|(name, _)| name == attribute).map(|(_, value)| value.replace("&amp;", "&")).collect()
}
