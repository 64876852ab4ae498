//! Lines and words of httpd's files.

/// A line as httpd counts it: several in the file, if backslashes join them.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of its last line in the file, from 1.
    pub number: u32,
    /// Without blanks around it.
    pub text: String,
}

/// The lines of a file, without empty ones and comments.
pub fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut joined = String::new();
    let mut numbered = (1..).zip(text.lines()).peekable();
    while let Some((number, line)) = numbered.next() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.strip_suffix('\\') {
            // Two backslashes are one that joins nothing.
            Some(start) if !start.ends_with('\\') && numbered.peek().is_some() => joined.push_str(start),
            _ => {
                joined.push_str(line);
                let text = joined.trim();
                if !text.is_empty() && !text.starts_with('#') {
                    found.push(Line { number, text: text.to_owned() });
                }
                joined.clear();
            }
        }
    }
    found
}

/// The first word of `text` without its quotes, and what is behind it and its blanks.
pub fn word(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let mut letters = text.char_indices();
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    if quote.is_some() {
        letters.next();
    }
    let mut word = String::new();
    while let Some((place, letter)) = letters.next() {
        let next = text[place + letter.len_utf8()..].chars().next();
        match (letter, quote) {
            (letter, Some(quote)) if letter == quote => {
                return (word, text[place + letter.len_utf8()..].trim_start());
            }
            ('\\', Some(quote)) if next == Some(quote) || next == Some('\\') => {
                word.extend(letters.next().map(|(_, escaped)| escaped));
            }
            (letter, None) if letter.is_ascii_whitespace() => return (word, text[place..].trim_start()),
            (letter, _) => word.push(letter),
        }
    }
    (word, "")
}

/// All words of `text`.
pub fn words(mut text: &str) -> Vec<String> {
    let mut found = Vec::new();
    while !text.trim_start().is_empty() {
        let (word, rest) = word(text);
        found.push(word);
        text = rest;
    }
    found
}

/// Replaces `${NAME}` by what `look_up` knows; what it doesn't know stays.
pub fn expand(text: &str, look_up: impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let end = start + length + 1;
        expanded.push_str(&rest[..start]);
        match look_up(&rest[start + 2..end - 1]) {
            Some(value) => expanded.push_str(&value),
            None => expanded.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_counted_as_httpd_does() {
        let found = lines("# no\n\n  A b \\\n  c\r\nD\\\\\n E\\");
        let found: Vec<_> = found.iter().map(|line| (line.number, line.text.as_str())).collect();
        assert_eq!(found, [(4, "A b   c"), (5, "D\\\\"), (6, "E\\")]);
    }

    #[test]
    fn words_lose_quotes_and_escapes() {
        assert_eq!(words(r#"a "b c" 'd "e' "f\"g\\h\i" j"k"#), ["a", "b c", "d \"e", r#"f"g\h\i"#, "j\"k"]);
        assert_eq!(word("\"\" x"), (String::new(), "x"));
        assert_eq!(words("  "), [""; 0]);
    }

    #[test]
    fn variables_that_are_unknown_stay() {
        let known = |name: &str| (name == "A").then(|| "1".to_owned());
        assert_eq!(expand("${A}/${B}/${A", known), "1/${B}/${A");
    }
}
