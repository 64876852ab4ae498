//! The book as mdBook takes it, without mdBook.

use std::collections::BTreeSet;

use crate::files;
use crate::links::{fenced, targets};

const SOURCES: &str = "docs/book/src";

/// The pages that have to be the same in Korean, but for their words.
const TRANSLATED: [&str; 2] = ["five-minutes.md", "deployment.md"];

#[test]
fn the_table_of_contents_names_every_page_once() {
    let summary = files::page(&format!("{SOURCES}/SUMMARY.md"));
    let named: Vec<_> = targets(&summary.text).map(|target| format!("{SOURCES}/{target}")).collect();
    let once: BTreeSet<_> = named.iter().cloned().collect();
    assert_eq!(once.len(), named.len(), "a page is named twice");
    let there: BTreeSet<_> = files::below(SOURCES, "md").into_iter().map(|page| page.name).collect();
    let expected = there.into_iter().filter(|name| *name != summary.name).collect();
    assert_eq!(once, expected);
}

#[test]
fn every_page_has_one_title() {
    let pages = files::below(SOURCES, "md").into_iter().filter(|page| !page.name.ends_with("/SUMMARY.md"));
    for page in pages {
        let text = fenced(&page.text).0;
        assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1, "{}", page.name);
    }
}

/// The code of a page, without comments.
fn code(name: &str) -> Vec<String> {
    let blocks = fenced(&files::page(name).text).1;
    let is_code = |line: &&str| !line.trim_start().starts_with('#');
    let bare = |block: &String| {
        block
            .lines()
            .filter(is_code)
            .map(|line| line.split("  #").next().unwrap_or_default().trim_end().to_owned() + "\n")
            .collect()
    };
    blocks.iter().map(bare).collect()
}

#[test]
fn korean_pages_show_the_same_code() {
    for page in TRANSLATED {
        let (english, korean) = (code(&format!("{SOURCES}/{page}")), code(&format!("{SOURCES}/ko/{page}")));
        assert!(!english.is_empty(), "{page} shows nothing");
        assert_eq!(english, korean, "{page}");
    }
}
