//! Addresses of the outer world: which there are, and that they are written as addresses are. No test follows them.
//!
//! `cargo test --test manual addresses -- --nocapture` prints them, to be followed by hand.

use std::collections::BTreeMap;

use crate::files::{self, Page};

/// Hosts that this project sends people to.
const KNOWN: [&str; 7] = [
    "json-schema.org",
    "prometheus.io",
    "rust-lang.github.io",
    "rustup.rs",
    "tomcat.apache.org",
    "www.apache.org",
    "www.debian.org",
];

/// Addresses without TLS, as others have published them.
const PLAIN: [&str; 2] = ["http://tomcat.apache.org", "http://www.apache.org/licenses/LICENSE-2.0"];

/// All addresses of a text: up to a blank, a quote, or what closes a link.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let ends = |letter: char| letter.is_whitespace() || "\"'`<>|)]},".contains(letter);
    text.match_indices("://").filter_map(move |(at, _)| {
        let scheme = ["https", "http"].into_iter().find(|scheme| text[..at].ends_with(scheme))?;
        let address = &text[at - scheme.len()..];
        let address = &address[..address.find(ends).unwrap_or(address.len())];
        // A sentence, or the text of a man page, goes on behind it.
        Some(address.trim_end_matches(['.', ':', ';', '\\']))
    })
}

/// The host of an address, without user and port.
fn host(address: &str) -> &str {
    let behind = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

/// Tells whether a host is an example, or the reader's own (RFC 2606): a name with no point, an address, `*.example.*`.
fn is_example(host: &str) -> bool {
    let labels: Vec<_> = host.split('.').collect();
    let is_number = labels.iter().all(|label| label.bytes().all(|octet| octet.is_ascii_digit()));
    labels.len() == 1 || is_number || labels.contains(&"example") || labels.contains(&"test")
}

/// What is wrong with an address (RFC 3986).
fn complaint(address: &str) -> Option<&'static str> {
    let is_of_address =
        |letter: char| letter.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(letter);
    if !address.chars().all(is_of_address) || address.contains("..") {
        Some("is no address")
    } else if !KNOWN.contains(&host(address)) {
        Some("leads to a host that is not among those that are known (tests/manual/addresses.rs)")
    } else if address.starts_with("http:") && !PLAIN.contains(&address) {
        Some("has no TLS")
    } else {
        None
    }
}

/// What people read, and what brings them there.
fn texts() -> Vec<Page> {
    let others = [("docs/man", ""), ("docs", "json"), ("apxs", ""), ("packaging", "")];
    let others = others.into_iter().filter(|(folder, _)| files::project().join(folder).is_dir());
    files::markdown()
        .into_iter()
        .chain(others.flat_map(|(folder, kind)| files::below(folder, kind)))
        .collect()
}

#[test]
fn addresses_of_others_are_addresses_and_lead_to_known_hosts() {
    let texts = texts();
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for page in &texts {
        for address in addresses(&page.text).filter(|address| !is_example(host(address))) {
            found.entry(address).or_default().push(&page.name);
        }
    }
    found.keys().for_each(|address| println!("{address}"));
    let wrong: Vec<_> = found
        .iter()
        .filter_map(|(address, pages)| Some(format!("{address} {}: {pages:?}", complaint(address)?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused: Vec<_> =
        KNOWN.iter().filter(|known| !found.keys().any(|found| host(found) == **known)).collect();
    assert!(unused.is_empty(), "nothing leads to {unused:?} any more");
}

#[test]
fn addresses_are_read_out_of_text() {
    let text = "[a](https://rustup.rs), <http://u@host:80/x>. `https://a.example.org/b?c=d`; x://y httpx://z https://e.org.";
    let found: Vec<_> = addresses(text).collect();
    assert_eq!(
        found,
        ["https://rustup.rs", "http://u@host:80/x", "https://a.example.org/b?c=d", "https://e.org"]
    );
    assert_eq!(
        found.iter().map(|found| host(found)).collect::<Vec<_>>(),
        ["rustup.rs", "host", "a.example.org", "e.org"]
    );
    assert!(
        ["host", "127.0.0.1", "www.example.org", "one.test"].into_iter().all(is_example)
            && !is_example("e.org")
    );
    for (address, is_right) in [
        ("https://rustup.rs/x", true),
        ("http://tomcat.apache.org", true),
        ("http://tomcat.apache.org/x", false),
        ("https://rustup.rs/ä", false),
        ("https://rustup.sr", false),
        ("https://prometheus..io", false),
    ] {
        assert_eq!(complaint(address).is_none(), is_right, "{address}");
    }
}
