//! The fenced blocks of README and of the book.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::paths;

/// A fenced block.
pub struct Snippet {
    /// File and line.
    pub place: String,
    /// The first word behind the fence.
    pub language: String,
    /// The words behind the first, which stand behind commas.
    pub options: Vec<String>,
    /// What it shows, without the indentation of its fence.
    pub text: String,
}

/// All of them, in the order of files and lines.
pub fn all() -> Vec<Snippet> {
    let mut pages = vec![PathBuf::from("README.md"), PathBuf::from("README.ko.md")];
    pages.extend(below(Path::new("docs/book/src")));
    pages.iter().flat_map(|page| of_page(page)).collect()
}

fn below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(paths::project().join(directory)).expect("the book");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("a file").file_name()).collect();
    names.sort();
    let pages = names.into_iter().flat_map(|name| {
        let path = directory.join(name);
        match paths::project().join(&path).is_dir() {
            true => below(&path),
            false => vec![path],
        }
    });
    pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

fn of_page(page: &Path) -> Vec<Snippet> {
    let text = fs::read_to_string(paths::project().join(page)).expect("a page");
    let (mut found, mut open) = (Vec::new(), None::<(Snippet, usize)>);
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, Some(words)) => {
                let mut words = words.split(',').map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let place = format!("{}:{}", page.display(), index + 1);
                let snippet = Snippet { place, language, options: words.collect(), text: String::new() };
                Some((snippet, line.len() - line.trim_start().len()))
            }
            (Some((snippet, _)), Some(_)) => {
                found.push(snippet);
                None
            }
            (Some((mut snippet, indent)), None) => {
                snippet.text += line.get(indent..).unwrap_or_default();
                snippet.text.push('\n');
                Some((snippet, indent))
            }
            (None, None) => None,
        };
    }
    assert!(open.is_none(), "{}: a fence is not closed", page.display());
    found
}
