//! Links inside of the project: each leads to a file, and to a heading in it.

use std::path::{Component, Path, PathBuf};

use crate::files::{self, Page};

/// Text without the fenced blocks of code, and these, without their fences.
pub fn fenced(text: &str) -> (String, Vec<String>) {
    let (mut prose, mut blocks, mut open) = (String::new(), Vec::new(), None::<String>);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        open = match (open, is_fence) {
            (None, true) => Some(String::new()),
            (Some(block), true) => {
                blocks.push(block);
                None
            }
            (Some(block), false) => Some(block + line + "\n"),
            (None, false) => {
                prose.push_str(line);
                prose.push('\n');
                None
            }
        };
    }
    (prose, blocks)
}

/// Prose without `code`.
fn without_code(prose: &str) -> String {
    prose
        .split("\n\n")
        .map(|paragraph| paragraph.split('`').step_by(2).collect::<String>() + "\n\n")
        .collect()
}

/// The targets of all links and pictures of a page, in order; those of pictures in HTML come last.
pub fn targets(text: &str) -> impl Iterator<Item = String> {
    let prose = without_code(&fenced(text).0);
    let links = prose.split("](").skip(1).filter_map(|behind| behind.split([')', ' ']).next());
    let pictures = prose.split("<img src=\"").skip(1).filter_map(|behind| behind.split('"').next());
    let found: Vec<_> = links.chain(pictures).map(str::to_owned).collect();
    found.into_iter()
}

/// The anchors of a page, as mdBook and GitHub make them.
fn anchors(text: &str) -> Vec<String> {
    let prose = fenced(text).0;
    let titles = prose.lines().filter(|line| line.starts_with('#'));
    let mut found: Vec<String> = Vec::new();
    for title in titles.map(|title| anchor(title.trim_start_matches('#').trim())) {
        let same = found.iter().filter(|known| **known == title).count();
        found.push(if same == 0 { title } else { format!("{title}-{same}") });
    }
    found
}

fn anchor(title: &str) -> String {
    let kept = |letter: char| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    };
    title.to_lowercase().chars().filter_map(kept).collect()
}

/// A path without `.` and `..`; `None` above its begin.
fn clean(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => clean.pop().then_some(())?,
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    Some(clean)
}

/// Why a link of that page leads nowhere.
fn complaint(page: &Page, target: &str) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let from = Path::new(&page.name);
    let Some(to) = clean(&if path.is_empty() { from.to_owned() } else { from.parent()?.join(path) }) else {
        return Some("leads out of the project".to_owned());
    };
    if from.starts_with("docs/book/src") && !to.starts_with("docs/book/src") {
        return Some("leads out of the book, which is read without the project".to_owned());
    }
    let file = files::project().join(&to);
    if !file.exists() {
        return Some("there is no such file".to_owned());
    }
    let is_missing =
        || !anchors(&files::page(&to.display().to_string()).text).iter().any(|known| known == fragment);
    (!fragment.is_empty() && is_missing()).then(|| "there is no such heading".to_owned())
}

#[test]
fn every_link_leads_somewhere() {
    let (mut followed, mut wrong) = (0, Vec::new());
    for page in files::markdown() {
        for target in targets(&page.text) {
            followed += 1;
            wrong.extend(complaint(&page, &target).map(|why| format!("{}: {target}: {why}", page.name)));
        }
    }
    assert!(followed > 60, "only {followed} links were found: this test reads nothing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_are_read_out_of_prose() {
    let text =
        "# A `b` c, D\n[x](y.md#z) `[no](no.md)`\n```sh\n[no](no.md)\n```\n<img src=\"q.png\">\n![p](p.png \"t\")\n## A b c D\n";
    assert_eq!(targets(text).collect::<Vec<_>>(), ["y.md#z", "p.png", "q.png"]);
    assert_eq!(anchors(text), ["a-b-c-d", "a-b-c-d-1"]);
    assert_eq!(clean(Path::new("a/../b/./c")), Some("b/c".into()));
    assert_eq!(clean(Path::new("a/../../b")), None);
}
