//! JkRequestLogFormat: one line per request that the handler took.
//!
//! Tokens: "directives, section 5.1".

use std::borrow::Cow;

use super::host::VirtualHost;
use super::record::RequestRecord;
use super::Verdict;
use crate::ffi::request::Request;

/// A format, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogFormat(Vec<Item>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(Vec<u8>),
    Token(u8),
}

/// The letters behind `%`.
const TOKENS: &[u8] = b"bBHmqprsTUvVwR";

impl LogFormat {
    /// Parses a format.
    ///
    /// # Errors
    /// A complaint that names the wrong token, its position, and the tokens there are.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut literal = Vec::new();
        let mut octets = text.iter().copied().enumerate();
        while let Some((position, octet)) = octets.next() {
            match octet {
                b'%' => {
                    let token = octets.next().map(|(_, token)| token).filter(|token| TOKENS.contains(token));
                    let token = token.ok_or_else(|| unknown_token(text, position))?;
                    if !literal.is_empty() {
                        items.push(Item::Literal(std::mem::take(&mut literal)));
                    }
                    items.push(Item::Token(token));
                }
                b'\\' => literal.extend_from_slice(&escape(octets.next().map(|(_, octet)| octet))),
                _ => literal.push(octet),
            }
        }
        if !literal.is_empty() {
            items.push(Item::Literal(literal));
        }
        Ok(Self(items))
    }

    fn line(&self, request: Request<'_>) -> Vec<u8> {
        let mut line = Vec::with_capacity(128);
        for item in &self.0 {
            match item {
                Item::Literal(text) => line.extend_from_slice(text),
                Item::Token(token) => append_visible(&mut line, &value(*token, request)),
            }
        }
        line
    }
}

fn unknown_token(text: &[u8], position: usize) -> String {
    let end = text.len().min(position + 2);
    let token = String::from_utf8_lossy(&text[position..end]);
    let known: Vec<_> = TOKENS.iter().map(|token| format!("%{}", *token as char)).collect();
    format!("unknown token {token} at octet {}, expected one of {}", position + 1, known.join(" "))
}

/// The request that our handler took: this one, or the one it was started over as.
fn handled(request: Request<'_>) -> Option<Request<'_>> {
    let record = RequestRecord::find(request)?;
    match record.started_over.get() {
        Some(_) => handled(request.next()?),
        None => record.is_handled().then_some(request),
    }
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

/// Values come from clients: what could pass for another line or a terminal command is made visible.
fn append_visible(line: &mut Vec<u8>, value: &[u8]) {
    line.extend(value.iter().map(|octet| if octet.is_ascii_control() { b'?' } else { *octet }));
}

fn value(token: u8, request: Request<'_>) -> Cow<'_, [u8]> {
    let note = |name| request.notes().get(name).map(Cow::Borrowed);
    let text = |text: Option<_>| text.map(Cow::Borrowed);
    let number = |number: u64| Cow::Owned(number.to_string().into_bytes());
    let found = match token {
        b'b' => request.has_sent_body().then(|| number(request.bytes_sent())),
        b'B' => Some(number(request.bytes_sent())),
        b'H' => text(Some(request.protocol())),
        b'm' => text(Some(request.method())),
        b'q' => Some(Cow::Owned(request.args().map_or_else(Vec::new, |args| [b"?", args].concat()))),
        b'p' => Some(number(u64::from(request.canonical_port()))),
        b'r' => request.request_line().map(mask_password),
        b's' => Some(number(u64::from(request.status()))),
        b'T' => note(c"JK_REQUEST_DURATION"),
        b'U' => text(request.uri()),
        b'v' => text(request.server().hostname()),
        b'V' => text(request.server_name()),
        b'w' => note(c"JK_WORKER_NAME"),
        b'R' => note(c"JK_WORKER_ROUTE"),
        _ => None,
    };
    found.unwrap_or(Cow::Borrowed(b"-"))
}

/// Masks the password of an absolute URI in a request line: `GET http://user:password@host/ HTTP/1.1`.
fn mask_password(line: &[u8]) -> Cow<'_, [u8]> {
    let masked = || {
        let scheme = memchr::memmem::find(line, b"://")? + 3;
        let authority_end = scheme + line[scheme..].iter().position(|octet| b"/ ?".contains(octet))?;
        let at = scheme + memchr::memrchr(b'@', &line[scheme..authority_end])?;
        let colon = scheme + memchr::memchr(b':', &line[scheme..at])?;
        Some([&line[..=colon], b"XXXXXXXX", &line[at..]].concat())
    };
    masked().map_or(Cow::Borrowed(line), Cow::Owned)
}

/// Writes the request log, at any JkLogLevel, before other modules write theirs.
pub(crate) fn log_transaction(request: Request<'_>) -> Verdict {
    let Some(host) = VirtualHost::of(request) else { return Verdict::Declined };
    // Of a request that was denied, nothing but the clean URI was seen yet.
    RequestRecord::find(request).into_iter().for_each(|record| record.show_arrival(request));
    match (&host.request_log, handled(request)) {
        (Some(format), Some(handled)) => {
            host.log.write_request_line(&format.line(handled));
            Verdict::Ok
        }
        _ => Verdict::Declined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_literals_and_tokens() {
        let format = LogFormat::parse(br"%w\t%s \x\\ done\n").unwrap();
        let literal = |text: &[u8]| Item::Literal(text.to_vec());
        let expected = [Item::Token(b'w'), literal(b"\t"), Item::Token(b's'), literal(b" \\x\\ done\n")];
        assert_eq!(format.0, expected);
    }

    #[test]
    fn unknown_tokens_are_named_with_their_position() {
        let complaint = LogFormat::parse(b"%w %Z").unwrap_err();
        assert!(complaint.starts_with("unknown token %Z at octet 4, expected one of %b %B"), "{complaint}");
        assert!(LogFormat::parse(b"100%").is_err());
    }

    #[test]
    fn passwords_are_masked() {
        let masked = mask_password(b"GET http://me:secret@host/a@b HTTP/1.1");
        assert_eq!(masked.as_ref(), b"GET http://me:XXXXXXXX@host/a@b HTTP/1.1");
        assert_eq!(mask_password(b"GET /a:b@c HTTP/1.1").as_ref(), b"GET /a:b@c HTTP/1.1");
    }
}
