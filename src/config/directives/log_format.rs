//! JkRequestLogFormat, as it is written.
//!
//! Tokens: "directives, section 5.1".

/// A format, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFormat(Vec<LogItem>);

/// A piece of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogItem {
    /// Stands in every line as it is.
    Literal(Vec<u8>),
    /// The letter behind `%`.
    Token(u8),
}

/// The letters behind `%`.
const TOKENS: &[u8] = b"bBHmqprsTUvVwR";

impl LogFormat {
    /// Parses a format.
    ///
    /// # Errors
    /// A complaint that names the wrong token, its position, and the tokens there are.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut literal = Vec::new();
        let mut octets = text.iter().copied().enumerate();
        while let Some((position, octet)) = octets.next() {
            match octet {
                b'%' => {
                    let token = octets.next().map(|(_, token)| token).filter(|token| TOKENS.contains(token));
                    let token = token.ok_or_else(|| unknown_token(text, position))?;
                    if !literal.is_empty() {
                        items.push(LogItem::Literal(std::mem::take(&mut literal)));
                    }
                    items.push(LogItem::Token(token));
                }
                b'\\' => literal.extend_from_slice(&escape(octets.next().map(|(_, octet)| octet))),
                _ => literal.push(octet),
            }
        }
        if !literal.is_empty() {
            items.push(LogItem::Literal(literal));
        }
        Ok(Self(items))
    }

    /// Its pieces in their order.
    pub fn items(&self) -> &[LogItem] {
        &self.0
    }
}

fn unknown_token(text: &[u8], position: usize) -> String {
    let end = text.len().min(position + 2);
    let token = String::from_utf8_lossy(&text[position..end]);
    let known: Vec<_> = TOKENS.iter().map(|token| format!("%{}", *token as char)).collect();
    format!("unknown token {token} at octet {}, expected one of {}", position + 1, known.join(" "))
}

/// `\n`, `\t` and `\\` are escapes; any other character stays with its backslash.
fn escape(octet: Option<u8>) -> Vec<u8> {
    match octet {
        Some(b'n') => b"\n".to_vec(),
        Some(b't') => b"\t".to_vec(),
        Some(b'\\') | None => b"\\".to_vec(),
        Some(other) => vec![b'\\', other],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_literals_and_tokens() {
        let format = LogFormat::parse(br"%w\t%s \x\\ done\n").unwrap();
        let literal = |text: &[u8]| LogItem::Literal(text.to_vec());
        let expected =
            [LogItem::Token(b'w'), literal(b"\t"), LogItem::Token(b's'), literal(b" \\x\\ done\n")];
        assert_eq!(format.0, expected);
    }

    #[test]
    fn unknown_tokens_are_named_with_their_position() {
        let complaint = LogFormat::parse(b"%w %Z").unwrap_err();
        assert!(complaint.starts_with("unknown token %Z at octet 4, expected one of %b %B"), "{complaint}");
        assert!(LogFormat::parse(b"100%").is_err());
    }
}
