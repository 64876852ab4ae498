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

struct Extension {
    name: &'static str,
    set: fn(&mut Parser<'_>, Value<'_>),
}

#[derive(Clone, Copy)]
struct Value<'a> {
    name: &'static str,
    text: &'a [u8],
}

const EXTENSIONS: [Extension; 12] = [
    Extension { name: "reply_timeout", set: |parser, value| parser.reply_timeout(value) },
    Extension {
        name: "sticky_ignore",
        set: |parser, value| parser.options.sticky_ignore = parser.flag(value),
    },
    Extension { name: "stateless", set: |parser, value| parser.options.stateless = parser.flag(value) },
    Extension { name: "active", set: |parser, value| parser.members(Activation::Active, value) },
    Extension { name: "disabled", set: |parser, value| parser.members(Activation::Disabled, value) },
    Extension { name: "stopped", set: |parser, value| parser.members(Activation::Stopped, value) },
    Extension { name: "fail_on_status", set: |parser, value| parser.fail_on_status(value) },
    Extension { name: "use_server_errors", set: |parser, value| parser.use_server_errors(value) },
    Extension { name: "session_cookie", set: |parser, value| parser.session_cookie(value) },
    Extension { name: "session_path", set: |parser, value| parser.session_path(value) },
    Extension { name: "set_session_cookie", set: |parser, value| parser.set_session_cookie(value) },
    Extension { name: "session_cookie_path", set: |parser, value| parser.session_cookie_path(value) },
];

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
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, RuleOptions, Vec<String>) {
        let mut report = Report::default();
        let (worker, options) = parse_worker(text.as_bytes(), &Origin::new(&"map".into(), 1), &mut report);
        (worker, options, report.iter().map(|complaint| complaint.message.clone()).collect())
    }

    fn options(text: &str) -> RuleOptions {
        let (_, options, complaints) = parse(&format!("lb;{text}"));
        assert!(complaints.is_empty(), "{text}: {complaints:?}");
        options
    }

    fn complaint(text: &str) -> (RuleOptions, String) {
        let (_, options, mut complaints) = parse(&format!("lb;{text}"));
        assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
        (options, complaints.remove(0))
    }

    #[test]
    fn worker_alone_has_no_options() {
        for (text, worker) in [("w1", "w1"), ("w1;", "w1"), ("w1 ", "w1 "), ("", ""), (";w1", ""), ("*", "*")]
        {
            let (name, options, _) = parse(text);
            assert_eq!((name.as_str(), options), (worker, RuleOptions::default()), "{text}");
        }
    }

    #[test]
    fn each_extension_has_its_type() {
        let all = options(
            "reply_timeout=60000;sticky_ignore=1;stateless=2;fail_on_status=-404,500 503;use_server_errors=400;\
             session_cookie=SID;session_path=;sid;set_session_cookie=1;session_cookie_path=/app",
        );
        let status = |status, soft| FailStatus { status, soft };
        let expected = RuleOptions {
            reply_timeout: Some(Some(Duration::from_secs(60))),
            sticky_ignore: true,
            stateless: true,
            activations: Vec::new(),
            fail_on_status: vec![status(404, true), status(500, false), status(503, false)],
            use_server_errors: Some(400),
            session_cookie: Some("SID".into()),
            session_path: Some(";sid".into()),
            set_session_cookie: true,
            session_cookie_path: Some("/app".into()),
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn reply_timeout_zero_is_no_limit_and_negative_is_not_set() {
        assert_eq!(options("reply_timeout=0").reply_timeout, Some(None));
        assert_eq!(complaint("reply_timeout=-1").0.reply_timeout, None);
        assert_eq!(
            options("reply_timeout=5;reply_timeout=7").reply_timeout,
            Some(Some(Duration::from_millis(7)))
        );
    }

    #[test]
    fn activations_take_effect_in_fixed_order() {
        let rules = options("stopped=c;active=a b,,d;disabled=e").activations;
        let shown: Vec<_> = rules.iter().map(|rule| (rule.member.as_str(), rule.activation.code())).collect();
        assert_eq!(shown, [("a", "ACT"), ("b", "ACT"), ("d", "ACT"), ("e", "DIS"), ("c", "STP")]);
    }

    #[test]
    fn later_activation_replaces_earlier_with_a_warning() {
        let (options, text) = complaint("stopped=m;active=m");
        assert_eq!(options.activations.last().unwrap().activation, Activation::Stopped);
        assert_eq!(text, "rule extension stopped replaces active for member m");
    }

    #[test]
    fn session_path_takes_the_next_piece() {
        assert_eq!(options("session_path=sid;stateless=1").session_path.unwrap(), ";sid");
        let quirk = options("session_path=;stateless=1");
        assert_eq!((quirk.session_path.unwrap().as_str(), quirk.stateless), (";stateless=1", false));
        let (missing, text) = complaint("session_path=");
        assert_eq!(missing.session_path, None);
        assert_eq!(text, "rule extension session_path has no value and is ignored");
    }

    #[test]
    fn complaints_name_the_word_and_keep_the_effect_of_the_original() {
        let cases: &[(&str, &str)] = &[
            ("replytimeout=5", "replytimeout is unknown and ignored, did you mean reply_timeout?"),
            ("Stateless=1", "Stateless is unknown and ignored, did you mean stateless?"),
            (" stateless=1", " stateless is unknown and ignored, did you mean stateless?"),
            ("stateless", "stateless has no value and is ignored, expected stateless=..."),
            ("sticky_ignore=yes", "sticky_ignore=yes: expected a number, taken as 0"),
            ("reply_timeout=5s", "reply_timeout=5s: expected a number, taken as 5"),
            (
                "reply_timeout=99999999999",
                "reply_timeout=99999999999: expected a number, taken as 2147483647",
            ),
            ("reply_timeout=-5", "reply_timeout=-5: expected 0 or more, ignored"),
            ("stopped=a;stopped=b", "stopped is allowed once, b is ignored"),
            ("session_cookie=a;session_cookie=b", "session_cookie is allowed once, b is ignored"),
            ("set_session_cookie=1;set_session_cookie=0", "set_session_cookie is allowed once, 0 is ignored"),
            ("fail_on_status=500;fail_on_status=503", "fail_on_status is allowed once, 503 is ignored"),
            ("fail_on_status=99999", "fail_on_status: 99999 is no HTTP status and is ignored"),
        ];
        for (text, expected) in cases {
            assert_eq!(complaint(text).1, format!("rule extension {expected}"), "{text}");
        }
        assert!(!complaint("sticky_ignore=yes").0.sticky_ignore);
        assert_eq!(complaint("session_cookie=a;session_cookie=b").0.session_cookie.unwrap(), "a");
        assert!(complaint("set_session_cookie=1;set_session_cookie=0").0.set_session_cookie);
        assert!(options("set_session_cookie=0;set_session_cookie=1").set_session_cookie);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let mut report = Report::default();
            parse_worker(&text, &Origin::new(&"map".into(), 1), &mut report);
        }

        #[test]
        fn number_agrees_with_the_standard_parser(number in proptest::prelude::any::<i32>()) {
            let text = number.to_string();
            proptest::prop_assert_eq!(LeadingNumber::of(text.as_bytes()).clamped(), number);
        }
    }
}
