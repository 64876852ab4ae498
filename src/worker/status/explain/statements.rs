//! What is told, in sentences: the format txt, and what the page says above its tables.

use std::fmt::{self, Display, Formatter};

use super::{Balance, Candidate, ChosenBy, Explained, SessionTold, Target, TargetKind};
use crate::config::settings::WorkerWords;
use crate::mapping::{PassedOver, Verdict, Why};
use crate::text::Counted;
use crate::worker::lb::Lead;

impl ChosenBy {
    /// A word for programs.
    pub(in crate::worker::status) fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Name => "name",
            Self::NameElsewhere => "name_elsewhere",
            Self::Default | Self::First => "default",
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Page => "where this page was asked for",
            Self::Name => "which has this name",
            Self::NameElsewhere => "which has this name, at another address or port than this page",
            Self::Default => "which is the first at this address and port, as no other has this name",
            Self::First => "which is the first at this port, as no host was asked for",
        }
    }
}

impl Explained {
    /// A word for programs.
    pub(in crate::worker::status) fn word(&self) -> &'static str {
        match self.outcome.as_ref().map(|explanation| &explanation.verdict) {
            Err(_) => "refused",
            Ok(Verdict::Taken(_)) => "taken",
            Ok(Verdict::Excluded { .. }) => "excluded",
            Ok(Verdict::Disabled { .. }) => "disabled",
            Ok(Verdict::Unmatched) => "unmatched",
        }
    }

    /// What becomes of the URI.
    pub(in crate::worker::status) fn verdict(&self) -> String {
        let explanation = match &self.outcome {
            Ok(explanation) => explanation,
            Err(refusal) => return format!("httpd answers it: {refusal}"),
        };
        match &explanation.verdict {
            Verdict::Taken(rule) => format!("worker {} takes it, by rule {}", rule.worker, rule.in_full()),
            Verdict::Excluded { mount, by } => format!(
                "httpd serves it itself: rule {} would take it, but {} excludes it",
                mount.in_full(),
                by.in_full()
            ),
            Verdict::Disabled { mount, by } if mount == by => {
                format!("httpd serves it itself: rule {} is disabled", mount.in_full())
            }
            Verdict::Disabled { mount, by } => {
                format!("httpd serves it itself: rule {} is disabled by {}", mount.in_full(), by.in_full())
            }
            Verdict::Unmatched if explanation.not_matching == 0 && explanation.matching == 0 => {
                "httpd serves it itself: this virtual host has no rules".to_owned()
            }
            Verdict::Unmatched => "httpd serves it itself: no rule matches".to_owned(),
        }
    }

    /// The virtual host, and why it.
    pub(in crate::worker::status) fn host(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let ignored = self.ignored_port.map(|port| {
            format!("; httpd does not listen on port {port}, so this is told for the port of this page")
        });
        format!("{}{place}, {}{}", self.server, self.chosen_by.reason(), ignored.unwrap_or_default())
    }

    /// Rules that were passed over, and are not told.
    pub(in crate::worker::status) fn left_out(&self) -> LeftOut {
        let Ok(explanation) = &self.outcome else { return LeftOut::default() };
        let near = |passed: &&PassedOver| matches!(passed.why, Why::NoMatch(_));
        let near = explanation.passed_over.iter().filter(near).count();
        LeftOut {
            matching: explanation.matching - (explanation.passed_over.len() - near),
            not_matching: explanation.not_matching - near,
        }
    }

    /// All of it, each with what it is about.
    pub(in crate::worker::status) fn statements(&self) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        if let Some(clean) = &self.clean {
            told.push(("URI", format!("{} is looked up as {clean}", self.uri)));
        } else {
            told.push(("URI", self.uri.clone()));
        }
        told.extend(self.host.iter().map(|host| ("Host", host.clone())));
        told.push(("Virtual host", self.host()));
        told.push(("Verdict", self.verdict()));
        told.extend(self.objection.map(|objection| ("But", objection.to_owned())));
        told.extend(self.target.iter().flat_map(Target::statements));
        let passed_over = self.outcome.iter().flat_map(|explanation| &explanation.passed_over);
        told.extend(
            passed_over.map(|passed| ("Passed over", format!("{}: {}", passed.rule.in_full(), passed.why))),
        );
        told.extend(self.left_out().to_text().map(|text| ("Left out", text)));
        told
    }
}

/// Rules that are counted, and not told.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::worker::status) struct LeftOut {
    pub(in crate::worker::status) matching: usize,
    pub(in crate::worker::status) not_matching: usize,
}

impl LeftOut {
    /// How many there are, if there are any.
    pub(in crate::worker::status) fn to_text(self) -> Option<String> {
        let counted = |number: usize| Counted(number as u64, "rule");
        match (self.matching, self.not_matching) {
            (0, 0) => None,
            (0, far) => Some(format!("{} whose pattern does not match", counted(far))),
            (near, 0) => Some(format!("{} whose pattern matches", counted(near))),
            (near, far) => Some(format!(
                "{} whose pattern matches, and {} whose pattern does not",
                counted(near),
                counted(far)
            )),
        }
    }
}

impl Target {
    /// A word for programs.
    pub(in crate::worker::status) fn word(&self) -> &'static str {
        match self.kind {
            TargetKind::Unknown => "unknown",
            TargetKind::Alone(_) => "ajp13",
            TargetKind::Balancer(_) => "lb",
            TargetKind::Status => "status",
        }
    }

    /// What it is.
    pub(in crate::worker::status) fn words(&self) -> String {
        let words = match &self.kind {
            TargetKind::Unknown => WorkerWords::Unknown,
            TargetKind::Alone(address) => WorkerWords::Tomcat(address),
            TargetKind::Status => WorkerWords::Status,
            TargetKind::Balancer(balance) => WorkerWords::Balancer(balance.method),
        };
        words.to_string()
    }

    fn statements(&self) -> Vec<(&'static str, String)> {
        let mut told = vec![("Worker", format!("{} {}", self.name, self.words()))];
        if let TargetKind::Balancer(balance) = &self.kind {
            told.push(("Without session", balance.order()));
            told.extend(balance.asked.iter().map(|member| ("Asked", member.to_string())));
            told.extend(
                balance.others.iter().map(|(member, why)| ("Not asked", format!("{member}: it {why}"))),
            );
            told.extend(balance.session_words().map(|text| ("Session", text)));
        }
        told
    }
}

impl Balance {
    /// Who is asked for a request without a session.
    pub(in crate::worker::status) fn order(&self) -> String {
        let names: Vec<_> = self.asked.iter().map(|member| member.name()).collect();
        let round = match self.per_round {
            few if few < names.len() => format!(", {few} of them at most before it pauses"),
            _ => String::new(),
        };
        match (names.is_empty(), self.forced) {
            (true, _) => "nobody can be asked: 503".to_owned(),
            (false, false) => format!("{}{round}", names.join(", then ")),
            (false, true) => format!(
                "no member is usable, so that those in error are tried: {}{round}",
                names.join(", then ")
            ),
        }
    }

    /// Where the session leads.
    pub(in crate::worker::status) fn session_words(&self) -> Option<String> {
        match &self.session {
            Some(session) => Some(session.words()),
            None if self.ignores_session => {
                Some("is not looked at (sticky_session, or sticky_ignore of the rule)".to_owned())
            }
            None => None,
        }
    }
}

impl Lead {
    /// A word for programs.
    pub(in crate::worker::status) fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Domain => "domain",
            Self::Redirect => "redirect",
            Self::Any => "any",
            Self::Lost => "lost",
            Self::Nobody => "nobody",
        }
    }
}

impl SessionTold {
    fn words(&self) -> String {
        let routes = match self.routes.as_slice() {
            [] => "without route".to_owned(),
            routes => format!("of route {}", routes.join(", ")),
        };
        let own = match &self.own {
            Some((own, Some(why))) => format!(", as {own} {why}"),
            None if self.lead == Lead::Any => ", as no member has this route".to_owned(),
            Some((_, None)) | None => String::new(),
        };
        let order = self.asked.join(", then ");
        let leads = match self.lead {
            Lead::Own => format!("leads to its member: {order}"),
            Lead::Domain => format!("leads to a member of its domain{own}: {order}"),
            Lead::Redirect => format!("leads to where it is redirected{own}: {order}"),
            Lead::Any => format!("leads where requests without session go{own}: {order}"),
            Lead::Lost => format!("gets 503, as sticky_session_force is set{own}"),
            Lead::Nobody => format!("gets 503, as nobody can be asked{own}"),
        };
        format!("{routes} {leads}")
    }
}

impl Display for Candidate {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}, {}, load {}", self.settings.in_full(&self.address), self.state, self.load)
    }
}
