//! What a build for tests says of its shared memory with each answer (`src/service/server/test_points.rs`), and how it
//! is told to change it.

use std::collections::BTreeMap;

use super::client::Reply;
use super::pinned::Pinned;
use super::site::Site;

/// Has `site` send the report along with each answer.
pub fn in_answers(site: Site) -> Site {
    site.load("headers").conf("Header always set X-Report \"%{JK_TEST_REPORT}e\"")
}

/// The parts of a report, each of which begins with what it is about.
#[derive(Clone, Debug)]
pub struct Report {
    parts: Vec<BTreeMap<String, String>>,
}

impl Report {
    /// The report that came with an answer, if one did.
    pub fn find(reply: &Reply) -> Option<Self> {
        let text = reply.header("x-report").filter(|text| text.contains("process="))?;
        let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let part = |text: &str| text.split(' ').filter_map(pair).collect();
        Some(Self { parts: text.split(';').map(part).collect() })
    }

    /// As [`Report::find`]; panics without one.
    pub fn of(reply: &Reply) -> Self {
        Self::find(reply).unwrap_or_else(|| panic!("{} without a report: {}", reply.status, reply.text()))
    }

    /// The process that served the request.
    pub fn process(&self) -> u32 {
        self.parts.iter().find_map(|part| part.get("process")?.parse().ok()).expect("a process")
    }

    /// What it says of `kind` (lb, member or worker) `name` under `word`.
    pub fn text(&self, kind: &str, name: &str, word: &str) -> &str {
        let found = self.parts.iter().find(|part| part.get(kind).is_some_and(|found| found == name));
        let value = found.and_then(|part| part.get(word));
        value.unwrap_or_else(|| panic!("no {word} of {kind} {name} in {:?}", self.parts))
    }

    /// As [`Report::text`], a number.
    pub fn number(&self, kind: &str, name: &str, word: &str) -> u64 {
        let text = self.text(kind, name, word);
        text.parse().unwrap_or_else(|_| panic!("{word} of {kind} {name} is {text}"))
    }

    /// All that is called `word`, by kind and name.
    pub fn all(&self, word: &str) -> Vec<(String, u64)> {
        let kinds = ["lb", "member", "worker"];
        let named = |part: &BTreeMap<String, String>| {
            let kind = kinds.into_iter().find(|kind| part.contains_key(*kind))?;
            Some((format!("{kind} {}", part[kind]), part.get(word)?.parse().ok()?))
        };
        self.parts.iter().filter_map(named).collect()
    }
}

/// Has the child behind `connection` make a change before it serves GET `path`.
pub fn change(connection: &mut Pinned, path: &str, change: &str) -> Reply {
    connection.get(path, &[("Jk-Test-Change", change)])
}
