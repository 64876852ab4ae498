//! The books that the code cites: each citation in a comment leads to a section or a row that exists.
//!
//! A citation is a quoted text in a comment that begins with the name of a book, a file of docs/ or docs/reference:
//! "connections, section 6", "load-balancer, sections 5.1 to 5.4 and 8", "decisions, row 12" (row 12 of its table),
//! or the book alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The numbers of a book's sections, or of the rows of its table.
type Books = BTreeMap<String, BTreeSet<String>>;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(directory: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, extensions, found);
        } else if path.extension().is_some_and(|known| extensions.iter().any(|wanted| known == *wanted)) {
            found.push(path);
        }
    }
}

fn books() -> Books {
    let mut paths = Vec::new();
    files(&project().join("docs/reference"), &["md"], &mut paths);
    paths.extend(["docs/decisions.md", "docs/promises.md"].map(|book| project().join(book)));
    paths
        .iter()
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                places(&fs::read_to_string(path).unwrap()),
            )
        })
        .collect()
}

/// `## 5 Title` and `### 5.1 Title` are sections, `| 12 | ...` is a row.
fn places(text: &str) -> BTreeSet<String> {
    let number = |line: &str| {
        let section = line.starts_with("##").then(|| line.trim_start_matches('#').trim_start());
        let first = section.or_else(|| line.strip_prefix("| ")).and_then(|rest| rest.split(' ').next())?;
        first.starts_with(|c: char| c.is_ascii_digit()).then(|| first.to_owned())
    };
    text.lines().filter_map(number).collect()
}

/// The comments of a source, each with the number of its first line; lines that follow each other are one.
fn comments(source: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in source.lines().enumerate() {
        let line = line.trim_start();
        let comment = line.strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!']));
        match (comment, open, found.last_mut()) {
            (Some(text), true, Some((_, whole))) => whole.push_str(text),
            (Some(text), _, _) => found.push((index + 1, text.to_owned())),
            (None, _, _) => {}
        }
        open = comment.is_some();
    }
    found
}

/// The citations of a comment: book, and the places in it as written.
fn citations<'a>(comment: &'a str, books: &Books) -> Vec<(&'a str, &'a str)> {
    let quoted = comment.split('"').skip(1).step_by(2);
    quoted
        .filter_map(|text| {
            let (book, place) = text.split_once(", ").unwrap_or((text, ""));
            books.contains_key(book).then_some((book, place))
        })
        .collect()
}

/// The numbers that `sections 5.1 to 5.4 and 8` or `row 12` names: the ends of ranges. `None` if it is not of that form.
fn numbers(place: &str) -> Option<Vec<&str>> {
    let (word, list) = place.split_once(' ')?;
    let numbers: Vec<&str> =
        list.split([',', ' ']).filter(|word| !matches!(*word, "" | "and" | "to")).collect();
    let of_several = matches!(word, "sections" | "rows");
    let right =
        (of_several && numbers.len() > 1) || (matches!(word, "section" | "row") && numbers.len() == 1);
    right.then_some(numbers)
}

/// A citation whose place stands outside of the quotes would lead nowhere unnoticed.
fn half_quoted(comment: &str, books: &Books) -> Option<String> {
    let mut pieces = comment.split('"').skip(1);
    while let (Some(book), Some(behind)) = (pieces.next(), pieces.next()) {
        if books.contains_key(book) && [", row", ", section"].iter().any(|word| behind.starts_with(word)) {
            return Some(format!("\"{book}\"{}...: the place belongs into the quotes", &behind[..5]));
        }
    }
    None
}

/// What is wrong with a citation.
fn complaint(book: &str, place: &str, books: &Books) -> Option<String> {
    if place.is_empty() {
        return None;
    }
    let Some(numbers) = numbers(place) else {
        return Some(format!("\"{book}, {place}\": expected section or row, and numbers"));
    };
    let missing = numbers.iter().find(|number| !books[book].contains(**number))?;
    Some(format!("\"{book}, {place}\": {book} has no {missing}"))
}

#[test]
fn every_citation_leads_somewhere() {
    let books = books();
    let mut paths = Vec::new();
    ["src", "tests", "include", "benches"]
        .iter()
        .for_each(|room| files(&project().join(room), &["rs", "h", "c"], &mut paths));
    let (mut cited, mut wrong) = (0, Vec::new());
    for path in paths {
        for (line, comment) in comments(&fs::read_to_string(&path).unwrap()) {
            let found = citations(&comment, &books);
            cited += found.len();
            let wrongs = half_quoted(&comment, &books)
                .into_iter()
                .chain(found.iter().filter_map(|(book, place)| complaint(book, place, &books)));
            wrong.extend(
                wrongs.map(|text| {
                    format!("{}:{line}: {text}", path.strip_prefix(project()).unwrap().display())
                }),
            );
        }
    }
    assert!(cited > 50, "only {cited} citations were found: this test reads nothing");
    assert!(wrong.is_empty(), "citations that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn reasons_name_promises_of_httpd_that_are_written_down() {
    let ground = fs::read_to_string(project().join("src/ffi/mod.rs")).unwrap();
    let mut paths = Vec::new();
    files(&project().join("src"), &["rs"], &mut paths);
    let comments: Vec<_> =
        paths.iter().flat_map(|path| comments(&fs::read_to_string(path).unwrap())).collect();
    let named = comments.iter().flat_map(|(_, text)| text.split("(ffi, \"").skip(1));
    let named: Vec<_> = named.filter_map(|behind| behind.split('"').next()).collect();
    assert!(named.len() > 20, "only {} were found: this test reads nothing", named.len());
    let missing: Vec<_> = named.iter().filter(|name| !ground.contains(&format!("**{name}**:"))).collect();
    assert!(missing.is_empty(), "promises that src/ffi/mod.rs does not tell: {missing:?}");
}

#[test]
fn citations_are_read_out_of_comments() {
    let books = Books::from([("pool".to_owned(), places("# Pools\n\n## 1 One\n### 1.2 Two\n| 7 | x |\n"))]);
    let source = "let a = \"pool, section 9\"; \n/// Says \"pool, sections 1\n/// and 1.2\", \"others\".\nfn x() {}\n// \"pool, section 3\"\n";
    let comments = comments(source);
    let found: Vec<_> = comments.iter().flat_map(|(_, comment)| citations(comment, &books)).collect();
    assert_eq!(found, [("pool", "sections 1 and 1.2"), ("pool", "section 3")]);
    let complaints: Vec<_> =
        found.iter().filter_map(|(book, place)| complaint(book, place, &books)).collect();
    assert_eq!(complaints, ["\"pool, section 3\": pool has no 3"]);
    assert_eq!(complaint("pool", "row 7", &books), None);
    assert!(complaint("pool", "One", &books).is_some());
    assert!(half_quoted("says \"pool\", row 7", &books).is_some());
    assert!(half_quoted("says \"pool, row 7\", row upon row", &books).is_none());
}
