//! Parses what stands behind a pattern: `worker;name=value;...`.
//!
//! Names are exact and nothing is trimmed; numbers are read as C's `atoi` reads them. What the original lets pass
//! silently is a warning here, with the same effect. Rules: "uri-mapping, section 3".

use std::time::Duration;

use bstr::ByteSlice;

use super::{ActivationRule, RuleOptions};
use crate::config::diagnostic::did_you_mean;
use crate::config::properties::list_items;
use crate::config::settings::{Activation, FailStatus};
use crate::config::{Origin, Report, Severity};
use crate::text::LeadingNumber;

/// Parses the worker name, which ends at the first `;`, and the extensions behind it.
///
/// The same grammar holds for the environment variable JK_WORKER_NAME. Nothing fails: complaints are warnings.
pub fn parse_worker(text: &[u8], origin: &Origin, report: &mut Report) -> (String, RuleOptions) {
    let mut tokens = text.split(|octet| *octet == b';');
    let worker = tokens.next().unwrap_or_default().to_str_lossy().into_owned();
    let mut parser = Parser { origin, report, options: RuleOptions::default(), lists: Default::default() };
    let mut tokens = tokens.filter(|token| !token.is_empty());
    while let Some(token) = tokens.next() {
        let (name, value) = token.split_once_str("=").map_or((token, None), |(n, v)| (n, Some(v)));
        let Some((extension, value)) = find(name).zip(value) else {
            parser.unknown(token, value.is_some());
            continue;
        };
        let mut value = Value { name: extension.name, text: value };
        // `session_path=;jsessionid`: the semicolon has split the value off, so the next piece is the value.
        if extension.name == "session_path" && value.text.is_empty() && parser.options.session_path.is_none()
        {
            value.text = tokens.next().unwrap_or_default();
        }
        (extension.set)(&mut parser, value);
    }
    (worker, parser.finish())
}

/// An extension of a rule: `;name=value` behind its worker.
pub struct Extension {
    /// As it is written, in this case.
    pub name: &'static str,
    /// How its value is written, in the manual.
    pub value: &'static str,
    /// What it does, in a line of the manual.
    pub about: &'static str,
    set: fn(&mut Parser<'_>, Value<'_>),
}

#[derive(Clone, Copy)]
struct Value<'a> {
    name: &'static str,
    text: &'a [u8],
}

/// All extensions of rules.
pub const EXTENSIONS: [Extension; 12] = [
    extension(
        "reply_timeout",
        "milliseconds",
        "Longest wait for the next packet of an answer, in place of the worker's; 0 is no limit.",
        |parser, value| parser.reply_timeout(value),
    ),
    extension("sticky_ignore", "0|1", "Session ids are not looked at.", |parser, value| {
        parser.options.sticky_ignore = parser.flag(value)
    }),
    extension("stateless", "0|1", "Members take turns, and no session is counted.", |parser, value| {
        parser.options.stateless = parser.flag(value)
    }),
    extension("active", "members", "These members are active for requests of this rule.", |parser, value| {
        parser.members(Activation::Active, value)
    }),
    extension(
        "disabled",
        "members",
        "These members are disabled for requests of this rule.",
        |parser, value| parser.members(Activation::Disabled, value),
    ),
    extension(
        "stopped",
        "members",
        "These members are stopped for requests of this rule.",
        |parser, value| parser.members(Activation::Stopped, value),
    ),
    extension(
        "fail_on_status",
        "statuses",
        "As fail_on_status of the worker, in place of it.",
        |parser, value| parser.fail_on_status(value),
    ),
    extension(
        "use_server_errors",
        "status",
        "From this HTTP status on, httpd's error page takes the place of Tomcat's.",
        |parser, value| parser.use_server_errors(value),
    ),
    extension(
        "session_cookie",
        "name",
        "Cookie with the session id, in place of the balancer's.",
        |parser, value| parser.session_cookie(value),
    ),
    extension(
        "session_path",
        "name",
        "Path parameter with the session id, in place of the balancer's.",
        |parser, value| parser.session_path(value),
    ),
    extension("set_session_cookie", "0|1", "The balancer sends a cookie with the route.", |parser, value| {
        parser.set_session_cookie(value)
    }),
    extension(
        "session_cookie_path",
        "path",
        "Path of that cookie, in place of the balancer's.",
        |parser, value| parser.session_cookie_path(value),
    ),
];

const fn extension(
    name: &'static str,
    value: &'static str,
    about: &'static str,
    set: fn(&mut Parser<'_>, Value<'_>),
) -> Extension {
    Extension { name, value, about, set }
}

fn find(name: &[u8]) -> Option<&'static Extension> {
    EXTENSIONS.iter().find(|extension| extension.name.as_bytes() == name)
}

struct Parser<'a> {
    origin: &'a Origin,
    report: &'a mut Report,
    options: RuleOptions,
    lists: [Option<Vec<String>>; 3],
}

impl Parser<'_> {
    fn warn(&mut self, text: impl FnOnce() -> String) {
        self.report.add(Severity::Warning, Some(self.origin), || format!("rule extension {}", text()));
    }

    fn unknown(&mut self, token: &[u8], has_value: bool) {
        let name = token.split_once_str("=").map_or(token, |(name, _)| name);
        let shown = name.to_str_lossy();
        if !has_value && find(name).is_some() {
            return self.warn(|| format!("{shown} has no value and is ignored, expected {shown}=..."));
        }
        self.warn(|| {
            let hint = did_you_mean(&shown, EXTENSIONS.iter().map(|extension| extension.name));
            format!("{shown} is unknown and ignored{hint}")
        });
    }

    /// Reads a number as `atoi` does: garbage is 0, what follows the digits is ignored.
    fn number(&mut self, value: Value<'_>) -> i32 {
        let found = LeadingNumber::of(value.text);
        let number = found.clamped();
        if !found.is_whole() || i64::from(number) != found.value {
            let text = value.text.to_str_lossy();
            self.warn(|| format!("{}={text}: expected a number, taken as {number}", value.name));
        }
        number
    }

    fn flag(&mut self, value: Value<'_>) -> bool {
        self.number(value) != 0
    }

    /// Tells whether `value` may be taken; the second value of a name that is allowed once may not.
    fn first(&mut self, value: Value<'_>, taken: bool) -> bool {
        if taken {
            let text = value.text.to_str_lossy();
            self.warn(|| format!("{} is allowed once, {text} is ignored", value.name));
        }
        !taken
    }

    fn text(&mut self, value: Value<'_>, taken: bool) -> Option<String> {
        if !self.first(value, taken) {
            return None;
        }
        if value.text.is_empty() {
            self.warn(|| format!("{} has no value and is ignored", value.name));
            return None;
        }
        Some(value.text.to_str_lossy().into_owned())
    }

    fn reply_timeout(&mut self, value: Value<'_>) {
        let milliseconds = self.number(value);
        self.options.reply_timeout = match u64::try_from(milliseconds) {
            Ok(0) => Some(None),
            Ok(positive) => Some(Some(Duration::from_millis(positive))),
            Err(_) => {
                self.warn(|| format!("reply_timeout={milliseconds}: expected 0 or more, ignored"));
                None
            }
        };
    }

    fn members(&mut self, activation: Activation, value: Value<'_>) {
        if self.first(value, self.lists[activation as usize].is_some()) {
            let names = list_items(value.text).map(|item| item.to_str_lossy().into_owned());
            self.lists[activation as usize] = Some(names.collect());
        }
    }

    fn fail_on_status(&mut self, value: Value<'_>) {
        if !self.first(value, !self.options.fail_on_status.is_empty()) {
            return;
        }
        for item in list_items(value.text) {
            let number = self.number(Value { text: item, ..value });
            match u16::try_from(number.unsigned_abs()) {
                Ok(status @ 100..=999) => {
                    self.options.fail_on_status.push(FailStatus { status, soft: number < 0 });
                }
                _ => self.warn(|| format!("fail_on_status: {number} is no HTTP status and is ignored")),
            }
        }
    }

    fn use_server_errors(&mut self, value: Value<'_>) {
        let status = self.number(value);
        self.options.use_server_errors = (status > 0).then(|| u16::try_from(status).unwrap_or(u16::MAX));
    }

    fn session_cookie(&mut self, value: Value<'_>) {
        let name = self.text(value, self.options.session_cookie.is_some());
        self.options.session_cookie = self.options.session_cookie.take().or(name);
    }

    fn session_path(&mut self, value: Value<'_>) {
        let name = self.text(value, self.options.session_path.is_some());
        let name = name.map(|name| if name.starts_with(';') { name } else { format!(";{name}") });
        self.options.session_path = self.options.session_path.take().or(name);
    }

    fn set_session_cookie(&mut self, value: Value<'_>) {
        if self.first(value, self.options.set_session_cookie) {
            self.options.set_session_cookie = self.flag(value);
        }
    }

    fn session_cookie_path(&mut self, value: Value<'_>) {
        let path = self.text(value, self.options.session_cookie_path.is_some());
        self.options.session_cookie_path = self.options.session_cookie_path.take().or(path);
    }

    /// Puts the activation lists together in the order of their effect: active, disabled, stopped.
    fn finish(mut self) -> RuleOptions {
        const ORDER: [(Activation, &str); 3] = [
            (Activation::Active, "active"),
            (Activation::Disabled, "disabled"),
            (Activation::Stopped, "stopped"),
        ];
        for ((activation, name), members) in ORDER.into_iter().zip(std::mem::take(&mut self.lists)) {
            for member in members.into_iter().flatten() {
                if let Some(earlier) = self.options.activations.iter().find(|rule| rule.member == member) {
                    let earlier = ORDER[earlier.activation as usize].1;
                    self.warn(|| format!("{name} replaces {earlier} for member {member}"));
                }
                self.options.activations.push(ActivationRule { member, activation });
            }
        }
        self.options
    }
}

#[cfg(test)]
mod tests;
