//! The manual: man pages below docs/man and the book below docs/book.
//!
//! Their tables are made of the tables in the code, and a test fails when they differ; `make manual`, which sets
//! `WRITE_MANUAL=1`, writes them anew. Links are followed, man pages are rendered, messages are looked for in the code.
//! What the book shows as configuration is loaded by the suite `manual` of tests/httpd.

mod addresses;
mod blocks;
mod book;
mod files;
mod links;
mod markdown;
mod mdoc;
mod messages;
mod pages;
mod properties;
mod readme;

use std::collections::BTreeSet;
use std::env;
use std::fs;

use mod_jk::config::directives::DIRECTIVES;
use mod_jk::config::workers::spec::Standing;
use mod_jk::config::workers::table::TABLE;
use mod_jk::mapping::EXTENSIONS;

/// A page and what makes its tables: their text by name, `None` for a name that is none.
type Maker = fn(&str) -> Option<String>;

/// Every page with tables.
fn pages() -> Vec<(files::Page, Maker)> {
    let markdown =
        files::below("docs/book/src", "md").into_iter().map(|page| (page, markdown::table as Maker));
    // jkctl(1) is made by jkctl, and tested there.
    let man = files::below("docs/man", "").into_iter().filter(|page| !page.name.ends_with("/jkctl.1"));
    let man = man.map(|page| (page, mdoc::table as Maker));
    markdown.chain(man).collect()
}

#[test]
fn tables_are_those_of_the_code() {
    let write = env::var_os("WRITE_MANUAL").is_some();
    let mut stale = Vec::new();
    for (page, make) in pages() {
        let made = blocks::fill(&page.text, make).unwrap_or_else(|error| panic!("{}: {error}", page.name));
        if made != page.text {
            stale.push(page.name.clone());
        }
        if write && made != page.text {
            fs::write(files::project().join(&page.name), made).expect("a file of the project");
        }
    }
    assert!(write || stale.is_empty(), "{stale:?} differ from the tables in the code: make manual");
}

/// The names of all tables of the pages whose name holds `of`.
fn tables(of: &str) -> BTreeSet<String> {
    let pages = pages().into_iter().filter(|(page, _)| page.name.contains(of));
    pages.flat_map(|(page, _)| blocks::names(&page.text).collect::<Vec<_>>()).collect()
}

#[test]
fn nothing_is_left_out_of_the_reference() {
    let book = tables("docs/book/");
    let missing: Vec<_> = DIRECTIVES
        .iter()
        .map(|row| format!("directive {}", row.name.to_str().expect("a name")))
        .chain(properties::GROUPS.iter().map(|group| format!("properties {}", group.name)))
        .chain(["options", "extensions", "old properties"].map(str::to_owned))
        .filter(|name| !book.contains(name))
        .collect();
    assert!(missing.is_empty(), "the book has no table {missing:?}");
    let man = tables("docs/man/");
    for name in ["directives", "options", "extensions", "old properties"] {
        assert!(man.contains(name), "no man page has the table {name}");
    }
    let grouped: BTreeSet<_> =
        properties::GROUPS.iter().flat_map(|group| group.rows()).map(|spec| spec.name).collect();
    let current: BTreeSet<_> =
        TABLE.iter().filter(|spec| spec.standing == Standing::Current).map(|spec| spec.name).collect();
    assert_eq!(grouped, current);
}

#[test]
fn every_row_says_what_it_is_for() {
    let current = TABLE.iter().filter(|spec| spec.standing == Standing::Current);
    for (name, about) in
        current.map(|spec| (spec.name, spec.about)).chain(EXTENSIONS.iter().map(|row| (row.name, row.about)))
    {
        assert!(about.ends_with('.') && about.len() > 8, "{name}: {about}");
    }
    assert!(TABLE.iter().filter(|spec| spec.standing != Standing::Current).all(|spec| spec.about.is_empty()));
}
