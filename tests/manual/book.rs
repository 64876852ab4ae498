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

/// What a page is made of, in order: a letter for each heading, item, row, paragraph and block of code.
fn shape(text: &str) -> String {
    let kind = |line: &str| {
        let line = line.trim_start();
        let first = line.chars().next()?;
        let is_step = first.is_ascii_digit() && line.contains(". ");
        Some(match first {
            '#' | '-' | '|' | '!' => first,
            _ if is_step => '1',
            _ => 'p',
        })
    };
    let (prose, blocks) = fenced(text);
    let mut shape = String::new();
    let mut before = None;
    for line in prose.lines() {
        let found = kind(line);
        // A paragraph and an item may have several lines.
        let goes_on = found == Some('p') && before.is_some_and(|before| before != '#');
        shape.extend(found.filter(|_| !goes_on));
        before = found;
    }
    format!("{shape}, {} blocks", blocks.len())
}

/// The pages that a page leads to, whichever translation.
fn leads_to(text: &str) -> BTreeSet<String> {
    targets(text).map(|target| target.trim_start_matches("../").to_owned()).collect()
}

#[test]
fn korean_pages_have_all_that_english_ones_have() {
    for page in TRANSLATED {
        let [english, korean] =
            ["", "ko/"].map(|folder| files::page(&format!("{SOURCES}/{folder}{page}")).text);
        assert_eq!(shape(&korean), shape(&english), "{page}");
        assert_eq!(leads_to(&korean), leads_to(&english), "{page}");
    }
    assert_eq!(shape("# A\n\nb\nc\n\n- d\n  e\n- f\n\n| g |\n```sh\n# h\n```\n1. i\n"), "#p--|1, 1 blocks");
}

#[test]
fn korean_pages_show_the_same_code() {
    for page in TRANSLATED {
        let (english, korean) = (code(&format!("{SOURCES}/{page}")), code(&format!("{SOURCES}/ko/{page}")));
        assert!(!english.is_empty(), "{page} shows nothing");
        assert_eq!(english, korean, "{page}");
    }
}
