//! JkRequestLogFormat: one line per request that the handler took.
//!
//! Tokens: "directives, section 5.1".

use crate::config::directives::{LogFormat, LogItem};
use std::borrow::Cow;

use super::record::RequestRecord;
use crate::ffi::request::Request;
use crate::log::TakeFact;
use crate::service::server::host::VirtualHost;
use crate::service::verdict::Verdict;
use crate::text::Shown;

fn line(format: &LogFormat, request: Request<'_>) -> Vec<u8> {
    let mut line = Vec::with_capacity(128);
    for item in format.items() {
        match item {
            LogItem::Literal(text) => line.extend_from_slice(text),
            LogItem::Token(token) => append_visible(&mut line, &value(*token, request)),
        }
    }
    line
}

/// Tells what the tokens of the format stand for by their names, each once, and leaves out what is not known.
fn tell(format: &LogFormat, request: Request<'_>, take: TakeFact<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for item in format.items() {
        let LogItem::Token(token) = item else { continue };
        let (name, value) = (token_name(*token), value(*token, request));
        if !told.contains(&name) && *value != *b"-" && !value.is_empty() {
            told.push(name);
            take(name, &value);
        }
    }
}

/// What a token stands for. Both spellings of the number of octets are one.
fn token_name(token: u8) -> &'static str {
    match token {
        b'b' | b'B' => "bytes",
        b'H' => "protocol",
        b'm' => "method",
        b'q' => "query",
        b'p' => "port",
        b'r' => "request",
        b's' => "status",
        b'T' => "duration",
        b'U' => "uri",
        b'v' => "canonical_name",
        b'V' => "server_name",
        b'R' => "route",
        _ => "worker",
    }
}

/// The request that our handler took: this one, or the one it was started over as.
fn handled(request: Request<'_>) -> Option<Request<'_>> {
    let record = RequestRecord::find(request)?;
    match record.started_over.get() {
        Some(_) => handled(request.next()?),
        None => record.is_handled().then_some(request),
    }
}

/// Values come from clients: what could pass for another line or a terminal command is made visible, and what would
/// leave no room for the tokens behind it is cut.
fn append_visible(line: &mut Vec<u8>, value: &[u8]) {
    let shown = Shown::subject(value);
    line.extend(shown.quoted().iter().map(|octet| if octet.is_ascii_control() { b'?' } else { *octet }));
    line.extend_from_slice(shown.rest().as_bytes());
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
            host.log.write_request_line(&line(format, handled), |take| tell(format, handled, take));
            Verdict::Ok
        }
        _ => Verdict::Declined,
    }
}

#[cfg(test)]
mod tests {
    use super::mask_password;

    #[test]
    fn passwords_are_masked() {
        let masked = mask_password(b"GET http://me:secret@host/a@b HTTP/1.1");
        assert_eq!(masked.as_ref(), b"GET http://me:XXXXXXXX@host/a@b HTTP/1.1");
        assert_eq!(mask_password(b"GET /a:b@c HTTP/1.1").as_ref(), b"GET /a:b@c HTTP/1.1");
    }
}
