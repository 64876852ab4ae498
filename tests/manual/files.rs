//! The files of the project that are text for people.

use std::fs;
use std::path::{Path, PathBuf};

/// A file: its path from the project's directory on, and its text.
pub struct Page {
    pub name: String,
    pub text: String,
}

pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file.
pub fn page(name: &str) -> Page {
    let text = fs::read_to_string(project().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Page { name: name.to_owned(), text }
}

/// The files below a directory with that extension, or all of them, in the order of their names.
pub fn below(directory: &str, extension: &str) -> Vec<Page> {
    let mut paths = Vec::new();
    collect(&project().join(directory), &mut paths);
    paths.sort();
    let wanted =
        |path: &&PathBuf| extension.is_empty() || path.extension().is_some_and(|found| found == extension);
    let name = |path: &PathBuf| path.strip_prefix(project()).expect("below it").display().to_string();
    paths.iter().filter(wanted).map(|path| page(&name(path))).collect()
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("a directory of the project").path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// All Markdown of the project but what is built or fetched.
pub fn markdown() -> Vec<Page> {
    let top = fs::read_dir(project()).expect("the project").filter_map(Result::ok);
    let top = top.filter_map(|entry| entry.file_name().into_string().ok());
    let mut pages: Vec<Page> = top.filter(|name| name.ends_with(".md")).map(|name| page(&name)).collect();
    pages.sort_by(|one, other| one.name.cmp(&other.name));
    let directories = ["docs", "conf-examples", "benches", "fuzz", "packaging"];
    let there = directories.into_iter().filter(|directory| project().join(directory).is_dir());
    pages.extend(there.flat_map(|directory| below(directory, "md")));
    pages
}
