//! How a URI pattern begins: with prefixes in files, then with `/`, or in files with a wildcard. Whoever reads one asks
//! here. Rules: "uri-mapping, section 2" and "decisions, row 3".

/// Splits a pattern of a file into its prefixes, `!` and `-` in any combination, and the rest.
pub(crate) fn split_prefixes(text: &[u8]) -> (&[u8], &[u8]) {
    let length = text.iter().take_while(|octet| matches!(octet, b'-' | b'!')).count();
    text.split_at(length)
}

/// Tells whether a pattern begins as JkMount and JkUnMount take it.
pub(crate) fn begins_as_path(pattern: &[u8]) -> bool {
    pattern.first() == Some(&b'/')
}

/// Tells whether a pattern begins as files take it, behind the prefixes.
pub(crate) fn begins_as_path_or_wildcard(pattern: &[u8]) -> bool {
    matches!(pattern.first(), Some(b'/' | b'*' | b'?'))
}
