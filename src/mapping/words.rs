//! Rules in words, for the status page and for what httpd dumps of its configuration.

use std::fmt::{self, Display, Formatter};

use super::{Near, Precedence, Rule, RuleKind, RuleOptions, Source, Why};
use crate::config::settings::Activation;

impl Source {
    /// In the words of the original ("status-worker, section 5.1").
    pub fn words(self) -> &'static str {
        match self {
            Self::WorkerDefinition => "worker definition",
            Self::JkMount => "JkMount",
            Self::File => "uriworkermap",
        }
    }
}

impl Rule {
    /// What it does and how its pattern matches, in the words of the original.
    pub fn type_words(&self) -> String {
        let disabled = if self.disabled { "Disabled " } else { "" };
        let unmount = if self.kind == RuleKind::Exclusion { "Unmount " } else { "" };
        let matching = if self.pattern.is_exact() { "Exact" } else { "Wildchar" };
        format!("{disabled}{unmount}{matching}")
    }

    /// All of it on one line.
    pub fn in_full(&self) -> impl Display + '_ {
        InFull(self)
    }
}

struct InFull<'r>(&'r Rule);

impl Display for InFull<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Rule { source, origin, options, .. } = self.0;
        write!(out, "{} ({}, {}", self.0, self.0.type_words(), source.words())?;
        if let Some(origin) = origin {
            write!(out, ", {origin}")?;
        }
        if *options != RuleOptions::default() {
            write!(out, ", {options}")?;
        }
        out.write_str(")")
    }
}

impl Display for Why {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch(near) => {
                write!(out, "its pattern does not match{}", near.words())
            }
            Self::Later(Precedence::Slashes) => out.write_str("comes later, as it has fewer slashes"),
            Self::Later(Precedence::Length) => {
                out.write_str("comes later, as it has as many slashes and is shorter")
            }
            Self::Later(Precedence::Source) => out.write_str(
                "comes later, as of equal rules those of the map file come first, then JkMount, then those of workers",
            ),
            Self::Later(Precedence::Definition) => {
                out.write_str("comes later, as of equal rules the one that was defined first counts")
            }
            Self::SwitchesOff => out.write_str("is disabled"),
            Self::SwitchedOff(by) => write!(out, "is disabled by {}", by.in_full()),
            Self::OtherWorker => out.write_str("excludes another worker"),
            Self::AlsoExcludes => out.write_str("excludes the URI as well"),
            Self::NothingToExclude => out.write_str("excludes the URI, which no rule takes"),
        }
    }
}

impl Near {
    fn words(self) -> &'static str {
        match self {
            Self::Far => "",
            Self::Case => ": the case of letters differs",
            Self::WithSlash => ": the URI lacks / at its end; a rule /path|/* takes the path itself, too",
            Self::WithoutSlash => ": the URI ends with /",
            Self::Parameter => ": path parameters (;) are not looked at",
        }
    }
}

/// As they can be written behind a worker ("uri-mapping, section 3").
impl Display for RuleOptions {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(timeout) = self.reply_timeout {
            parts.push(format!("reply_timeout={}", timeout.unwrap_or_default().as_millis()));
        }
        let switches = [("sticky_ignore", self.sticky_ignore), ("stateless", self.stateless)];
        parts.extend(switches.iter().filter(|(_, on)| *on).map(|(name, _)| format!("{name}=1")));
        parts.extend(Activation::ALL.iter().filter_map(|activation| self.list(*activation)));
        if !self.fail_on_status.is_empty() {
            parts.push(format!("fail_on_status={}", self.statuses()));
        }
        parts.extend(self.use_server_errors.map(|status| format!("use_server_errors={status}")));
        let texts = [
            ("session_cookie", self.session_cookie.as_deref()),
            // Its `;` would end it.
            ("session_path", self.session_path.as_deref().map(|path| path.trim_start_matches(';'))),
            ("session_cookie_path", self.session_cookie_path.as_deref()),
        ];
        parts.extend(texts.iter().filter_map(|(name, text)| Some(format!("{name}={}", (*text)?))));
        if self.set_session_cookie {
            parts.push("set_session_cookie=1".to_owned());
        }
        out.write_str(&parts.join(";"))
    }
}

impl RuleOptions {
    /// The members that it makes so, with commas.
    pub fn members(&self, activation: Activation) -> String {
        let named = self.activations.iter().filter(|entry| entry.activation == activation);
        named.map(|entry| entry.member.as_str()).collect::<Vec<_>>().join(",")
    }

    fn list(&self, activation: Activation) -> Option<String> {
        let name = match activation {
            Activation::Active => "active",
            Activation::Disabled => "disabled",
            Activation::Stopped => "stopped",
        };
        Some(self.members(activation))
            .filter(|members| !members.is_empty())
            .map(|list| format!("{name}={list}"))
    }

    /// The statuses that count as failures, with commas.
    pub fn statuses(&self) -> String {
        let status = self.fail_on_status.iter().map(|entry| {
            let minus = if entry.soft { "-" } else { "" };
            format!("{minus}{}", entry.status)
        });
        status.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Report};
    use crate::mapping::parse_worker;

    fn line(pattern: &str, worker: &str) -> Rule {
        let origin = Origin::new(&"conf/map".into(), 7);
        Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut Report::default())
            .unwrap()
            .remove(0)
    }

    #[test]
    fn a_rule_is_told_with_type_place_and_extensions() {
        let told = |pattern: &str, worker: &str| line(pattern, worker).in_full().to_string();
        assert_eq!(told("/a", "w"), "/a=w (Exact, uriworkermap, conf/map:7)");
        assert_eq!(told("!-*.gif", "*"), "-!*.gif=* (Disabled Unmount Wildchar, uriworkermap, conf/map:7)");
        assert_eq!(
            told("/a/*", "lb;stopped=b c;active=a;reply_timeout=0"),
            "/a/*=lb (Wildchar, uriworkermap, conf/map:7, reply_timeout=0;active=a;stopped=b,c)"
        );
        let own = Rule::worker_mount(b"/x", "w", None).unwrap();
        assert_eq!(own.in_full().to_string(), "/x=w (Exact, worker definition)");
    }

    #[test]
    fn extensions_are_told_as_they_are_written() {
        let all = "reply_timeout=60000;sticky_ignore=1;stateless=1;active=a,b;disabled=c;stopped=d;\
                   fail_on_status=-404,500;use_server_errors=400;session_cookie=SID;session_path=sid;\
                   session_cookie_path=/app;set_session_cookie=1";
        assert_eq!(line("/x", &format!("lb;{all}")).options.to_string(), all);
        assert_eq!(RuleOptions::default().to_string(), "");
    }

    proptest::proptest! {
        #[test]
        fn what_is_told_means_the_same(text in "(;(active|stopped|reply_timeout|stateless|session_path|fail_on_status|session_cookie)=[a-c0-9,]{1,4}){0,5}") {
            let read = |text: &str| {
                let mut report = Report::default();
                parse_worker(text.as_bytes(), &Origin::new(&"map".into(), 1), &mut report).1
            };
            let options = read(&format!("lb{text}"));
            proptest::prop_assert_eq!(read(&format!("lb;{options}")), options);
        }
    }
}
